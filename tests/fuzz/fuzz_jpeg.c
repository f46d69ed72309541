/* Bytes from a camera: probe, split and decode them into exactly sized memory, in every format. */
#include "common/media/jpeg_decode.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
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
    for (size_t i = 0; i < 2 * sizeof fourccs / sizeof *fourccs; i++) {
        struct fr_format format = {
            .fourcc = fourccs[i / 2], .width_px = info.width_px, .height_px = info.height_px};
        struct fr_geometry geometry;
        /* once with our strides, once with the tightest a driver could have */
        int rc = i % 2 ? fr_geometry_init_stride(&format, (info.width_px + 1) / 2 * 2, &geometry)
                       : fr_geometry_init(&format, &geometry);
        if (rc < 0)
            abort();
        uint8_t *slot = malloc(geometry.slot_bytes);
        fr_jpeg_decode(decoder, data, size, &geometry, slot);
        free(slot);
    }
    return 0;
}
