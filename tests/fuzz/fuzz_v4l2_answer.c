/* Whatever a driver answers, through whichever API: what was agreed is sound, and a copy by it
 * stays within the buffer and the slot. */
#include "capture/v4l2_copy.h"
#include "capture/v4l2_format.h"

#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pictures beyond this are not copied: the fuzzer has better things to do. */
enum { COPY_BYTES_MAX = 1 << 20 };

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void copy(const struct fr_v4l2_agreed *agreed)
{
    struct fr_geometry slot_geometry;
    require(fr_geometry_init(&agreed->format, &slot_geometry) == 0);
    if (slot_geometry.slot_bytes > COPY_BYTES_MAX)
        return;
    for (uint32_t i = 0; i < agreed->n_parts; i++)
        if (agreed->parts[i].min_bytes > COPY_BYTES_MAX)
            return;
    /* Exact sizes: a byte too many is seen. */
    uint8_t *parts[FR_V4L2_PARTS_MAX] = {0}, *slot = malloc(slot_geometry.slot_bytes);
    const uint8_t *planes[FR_PLANES_MAX] = {0};
    for (uint32_t i = 0; i < agreed->n_parts; i++)
        require((parts[i] = calloc(1, agreed->parts[i].min_bytes)) != NULL);
    for (uint32_t i = 0; i < agreed->given.n_planes; i++) {
        uint32_t part = agreed->n_parts == 1 ? 0 : agreed->layout->part_of[i];
        require(part < agreed->n_parts);
        planes[i] =
            parts[part] + agreed->given.planes[i].offset_bytes - agreed->parts[part].offset_bytes;
    }
    require(slot != NULL);
    fr_v4l2_copy(&agreed->tight, &agreed->given, planes, &slot_geometry, slot);
    for (uint32_t i = 0; i < agreed->n_parts; i++)
        free(parts[i]);
    free(slot);
}

/* A part has room for a picture, within the slot, and none of the next one's. */
static void check_part(const struct fr_v4l2_agreed *agreed, uint32_t i)
{
    const struct fr_v4l2_part *part = &agreed->parts[i];
    require(part->min_bytes > 0 && part->min_bytes <= part->image_bytes);
    if (agreed->layout->how != FR_V4L2_AS_IS)
        return;
    uint64_t end = i + 1 < agreed->n_parts ? part[1].offset_bytes : agreed->given.slot_bytes;
    require(part->offset_bytes + part->image_bytes <= end);
}

/* The converter reads all rows, and writes a picture without padding. */
static void check_converted(const struct fr_v4l2_agreed *agreed)
{
    const struct fr_v4l2_layout *layout = agreed->layout;
    uint64_t width = agreed->format.width_px, height = agreed->format.height_px;
    uint64_t row_bytes = width * layout->row_bits / 8, rows = height * layout->halves / 2;
    require(agreed->format.fourcc == FR_FOURCC_YU12 || agreed->format.fourcc == FR_FOURCC_YV12);
    require(agreed->given.slot_bytes == width * height * 3 / 2);
    require(agreed->parts[0].stride_bytes >= row_bytes);
    if (layout->row_bits)
        require(agreed->parts[0].min_bytes ==
                agreed->parts[0].stride_bytes * (rows - 1) + row_bytes);
}

static void take_format(const struct v4l2_format *format, uint32_t wanted, uint32_t rate_num,
                        uint32_t rate_den)
{
    struct fr_v4l2_agreed agreed;
    char reason[FR_SOURCE_REASON_MAX] = "";
    int rc = fr_v4l2_format_take(format, wanted, rate_num, rate_den, &agreed, reason);
    if (rc < 0) {
        require(*reason);
        return;
    }
    require(fr_geometry_check(&agreed.given) == 0);
    require(agreed.n_parts >= 1 && agreed.n_parts <= FR_V4L2_PARTS_MAX);
    for (uint32_t i = 0; i < agreed.n_parts; i++)
        check_part(&agreed, i);
    require((agreed.format.rate_num == 0) == (agreed.format.rate_den == 0));
    if (agreed.layout->how == FR_V4L2_AS_IS)
        copy(&agreed);
    if (agreed.layout->how == FR_V4L2_CONVERTED)
        check_converted(&agreed);
}

/* The fuzzer would spend its life on finding small sizes. */
static void shrink(struct v4l2_format *format, bool has_small_images)
{
    if (format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE) {
        struct v4l2_pix_format *pix = &format->fmt.pix;
        pix->width %= 600;
        pix->height %= 600;
        pix->bytesperline %= 4096;
        pix->field %= 12;
        if (has_small_images)
            pix->sizeimage %= 1 << 21;
        return;
    }
    struct v4l2_pix_format_mplane *pix = &format->fmt.pix_mp;
    pix->width %= 600;
    pix->height %= 600;
    pix->field %= 12;
    for (int i = 0; i < FR_V4L2_PARTS_MAX; i++) {
        pix->plane_fmt[i].bytesperline %= 4096;
        if (has_small_images)
            pix->plane_fmt[i].sizeimage %= 1 << 21;
    }
}

/* Nor on finding sizes that are even, with room for them. */
static void round_up(struct v4l2_format *format)
{
    bool is_multi = format->type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
    struct v4l2_pix_format *pix = &format->fmt.pix; /* begins as the other one does */
    pix->width = pix->width / 16 * 16 + 16;
    pix->height = pix->height / 2 * 2 + 16;
    if (!is_multi)
        pix->sizeimage |= UINT32_C(1) << 20;
    for (int i = 0; is_multi && i < FR_V4L2_PARTS_MAX; i++)
        format->fmt.pix_mp.plane_fmt[i].sizeimage |= UINT32_C(1) << 20;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct v4l2_format format = {0};
    uint8_t how[4];
    if (size < sizeof how)
        return 0;
    memcpy(how, data, sizeof how);
    data += sizeof how;
    size -= sizeof how;
    format.type = how[1] & 4 ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
    memcpy(&format.fmt, data, size < sizeof format.fmt ? size : sizeof format.fmt);
    /* Nor on finding a fourcc, which both APIs have in the same place, and its number of planes. */
    const struct fr_v4l2_layout *layout = &fr_v4l2_layouts[how[0] % FR_V4L2_N_LAYOUTS];
    if (how[0] < 250)
        format.fmt.pix.pixelformat = layout->fourcc;
    if (how[0] < 250 && how[1] & 4)
        format.fmt.pix_mp.num_planes = layout->n_parts;
    if (how[1] & 1)
        shrink(&format, how[1] & 2);
    if (how[1] & 16)
        round_up(&format);
    take_format(&format, how[1] & 8 ? fr_v4l2_layouts[how[2] % FR_V4L2_N_LAYOUTS].ring_fourcc : 0,
                how[2], how[3]);
    return 0;
}
