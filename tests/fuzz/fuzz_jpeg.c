/* Bytes from a camera: probe, split, keep and decode them into exactly sized memory, in every
 * format and at every scale. */
#include "common/media/jpeg_decode.h"
#include "common/media/jpeg_keep.h"

#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 512u /* larger pictures only cost the fuzzer time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void split_all(const uint8_t *data, size_t size)
{
    struct fr_jpeg_split split = {0};
    size_t start, length, end = 0;
    while (fr_jpeg_split(&split, data, size, true, &start, &length)) {
        if (start < end || start > size || length > size - start || length == 0)
            abort();
        end = start + length;
    }
}

/* What is kept is a picture again, and keeps as it is. */
static void keep(const uint8_t *data, size_t size, const struct fr_jpeg_info *info)
{
    size_t room = size + FR_JPEG_KEEP_EXTRA;
    uint8_t *kept = malloc(room), *again = malloc(room);
    struct fr_jpeg_info kept_info;
    size_t n = fr_jpeg_keep(data, size, info, kept, room);
    if (n > room || (info->has_picture && n == 0))
        abort();
    if (n && (fr_jpeg_probe(kept, n, &kept_info) < 0 || !kept_info.has_picture ||
              kept_info.width_px != info->width_px || kept_info.sampling != info->sampling ||
              fr_jpeg_keep(kept, n, &kept_info, again, n) != n || memcmp(kept, again, n)))
        abort();
    free(kept);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t scales[] = {1, 2, 4};
    static const uint32_t fourccs[] = {FR_FOURCC_GREY, FR_FOURCC_YU12, FR_FOURCC_YV12,
                                       FR_FOURCC_422P};
    static struct fr_jpeg_decoder *decoder;
    struct fr_jpeg_info info;

    if (!decoder && fr_jpeg_decoder_new(&decoder) < 0)
        abort();
    split_all(data, size);
    if (fr_jpeg_probe(data, size, &info) < 0)
        return 0;
    if (info.width_px > SIDE_MAX || info.height_px > SIDE_MAX)
        return 0;
    keep(data, size, &info);
    /* The last byte stands behind EOI in most pictures: it is free to choose. */
    const struct fr_jpeg_agreed agreed = {info.width_px, info.height_px,
                                          scales[data[size - 1] % 3]};
    uint32_t width = fr_jpeg_scaled_px(info.width_px, agreed.scale);
    for (size_t i = 0; i < 2 * sizeof fourccs / sizeof *fourccs; i++) {
        struct fr_format format = {.fourcc = fourccs[i / 2],
                                   .width_px = width,
                                   .height_px = fr_jpeg_scaled_px(info.height_px, agreed.scale)};
        struct fr_geometry geometry;
        /* once with our strides, once with the tightest a driver could have */
        int rc = i % 2 ? fr_geometry_init_stride(&format, (width + 1) / 2 * 2, &geometry)
                       : fr_geometry_init(&format, &geometry);
        if (rc < 0)
            abort();
        uint8_t *slot = malloc(geometry.slot_bytes);
        fr_jpeg_decode_agreed(decoder, data, size, &agreed, &geometry, slot);
        free(slot);
    }
    return 0;
}
