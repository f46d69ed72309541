/* What a driver answered, checked: sizes, stride, field, colours. No system call. */
#include "capture/v4l2_format.h"

#include "common/media/jpeg_decode.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>

/* A JPEG cannot be shorter: SOI, one table of each kind, frame and scan headers, EOI. */
enum { JPEG_BYTES_MIN = 107 };
/* What a driver may want for a buffer beyond the picture itself. */
#define SLACK_BYTES (UINT64_C(16) << 20)

/* The driver's colorimetry with its defaults put in. Values that do not fit are "not told". Grey has
 * the full range by default, as RGB has: the kernel's test pattern generator takes it so, and cameras
 * that give it (infrared) use it all. */
static struct fr_colorimetry take_colorimetry(const struct v4l2_pix_format *pix)
{
    uint32_t space = pix->colorspace, encoding = pix->ycbcr_enc;
    uint32_t range = pix->quantization, transfer = pix->xfer_func;

    if (space == V4L2_COLORSPACE_DEFAULT || space > UINT8_MAX)
        return (struct fr_colorimetry){0};
    if (encoding == V4L2_YCBCR_ENC_DEFAULT || encoding > UINT8_MAX)
        encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(space);
    if (range == V4L2_QUANTIZATION_DEFAULT || range > UINT8_MAX)
        range =
            V4L2_MAP_QUANTIZATION_DEFAULT(pix->pixelformat == V4L2_PIX_FMT_GREY, space, encoding);
    if (transfer == V4L2_XFER_FUNC_DEFAULT || transfer > UINT8_MAX)
        transfer = V4L2_MAP_XFER_FUNC_DEFAULT(space);
    return (struct fr_colorimetry){
        .primaries = (uint8_t)space,
        .transfer = (uint8_t)transfer,
        .matrix = (uint8_t)encoding,
        .range = (uint8_t)range,
    };
}

static int take_field(uint32_t field, uint32_t *ret_field, char reason[FR_SOURCE_REASON_MAX])
{
    switch (field) {
    case V4L2_FIELD_ANY: /* not an answer, but some drivers give it */
    case V4L2_FIELD_NONE:
        *ret_field = V4L2_FIELD_NONE;
        return 0;
    case V4L2_FIELD_TOP:
    case V4L2_FIELD_BOTTOM:
    case V4L2_FIELD_INTERLACED:
    case V4L2_FIELD_INTERLACED_TB:
    case V4L2_FIELD_INTERLACED_BT:
        *ret_field = field;
        return 0;
    case V4L2_FIELD_SEQ_TB:
    case V4L2_FIELD_SEQ_BT:
    case V4L2_FIELD_ALTERNATE:
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver gives the two fields of a picture %s, which framering does not put "
                 "together; choose a progressive input",
                 field == V4L2_FIELD_ALTERNATE ? "in buffers of their own" : "one after the other");
        return -EINVAL;
    default:
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with the unknown field order %u", field);
        return -EPROTO;
    }
}

/* Bytes from the first to the last pixel: the padding behind the last row need not be filled. */
static uint64_t picture_bytes(const struct fr_geometry *given, const struct fr_geometry *tight)
{
    unsigned last = given->n_planes - 1;
    return given->slot_bytes - given->planes[last].stride_bytes + tight->planes[last].stride_bytes;
}

/* The geometry with no padding at all. */
static int init_tight(const struct fr_format *format, struct fr_geometry *ret_geometry)
{
    uint32_t pixel_bytes =
        format->fourcc == FR_FOURCC_YUYV || format->fourcc == FR_FOURCC_UYVY ? 2 : 1;
    /* Chroma of half the width needs an even luma stride. */
    uint32_t width_px = format->width_px;
    if (format->fourcc != FR_FOURCC_GREY)
        width_px += width_px % 2;
    return fr_geometry_init_stride(format, width_px * pixel_bytes, ret_geometry);
}

static int take_raw(const struct v4l2_pix_format *pix, struct fr_v4l2_agreed *agreed,
                    char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_geometry *tight = &agreed->tight;
    char name[5];
    int rc = init_tight(&agreed->format, &agreed->tight);
    if (rc == 0) {
        agreed->stride_bytes =
            pix->bytesperline ? pix->bytesperline : tight->planes[0].stride_bytes;
        rc = fr_geometry_init_stride(&agreed->format, agreed->stride_bytes, &agreed->given);
    }
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with %s, %ux%u and %u bytes a row, which do not go together",
                 fr_fourcc_name(pix->pixelformat, name), pix->width, pix->height,
                 pix->bytesperline);
        return -EPROTO;
    }
    agreed->min_bytes = picture_bytes(&agreed->given, tight);
    return 0;
}

static int take_mjpeg(const struct v4l2_pix_format *pix, uint32_t wanted_fourcc,
                      struct fr_v4l2_agreed *agreed, char reason[FR_SOURCE_REASON_MAX])
{
    agreed->format.fourcc = wanted_fourcc ? wanted_fourcc : FR_FOURCC_YU12;
    agreed->format.colorimetry = fr_jpeg_colorimetry;
    agreed->stride_bytes = 0;
    agreed->min_bytes = JPEG_BYTES_MIN;
    int rc = fr_geometry_init(&agreed->format, &agreed->given);
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with a picture of %ux%u; expected sides of 1 to %u",
                 pix->width, pix->height, FR_SIDE_MAX);
        return -EPROTO;
    }
    return 0;
}

int fr_v4l2_format_take(const struct v4l2_pix_format *answered, uint32_t wanted_fourcc,
                        uint32_t rate_num, uint32_t rate_den, struct fr_v4l2_agreed *ret_agreed,
                        char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_agreed agreed = {
        .fourcc =
            answered->pixelformat == V4L2_PIX_FMT_JPEG ? FR_FOURCC_MJPG : answered->pixelformat,
        .image_bytes = answered->sizeimage,
        .format = {.fourcc = answered->pixelformat,
                   .width_px = answered->width,
                   .height_px = answered->height,
                   .colorimetry = take_colorimetry(answered),
                   .rate_num = rate_den ? rate_num : 0,
                   .rate_den = rate_num ? rate_den : 0},
    };
    int rc = take_field(answered->field, &agreed.format.field, reason);
    if (rc < 0)
        return rc;
    rc = agreed.fourcc == FR_FOURCC_MJPG ? take_mjpeg(answered, wanted_fourcc, &agreed, reason)
                                         : take_raw(answered, &agreed, reason);
    if (rc < 0)
        return rc;

    uint64_t image_bytes_max =
        (uint64_t)answered->width * answered->height * 4 + agreed.given.slot_bytes + SLACK_BYTES;
    if (agreed.image_bytes < agreed.min_bytes || agreed.image_bytes > image_bytes_max) {
        char name[5];
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver wants %u bytes for a buffer of %ux%u %s; expected %llu to %llu",
                 agreed.image_bytes, answered->width, answered->height,
                 fr_fourcc_name(answered->pixelformat, name), (unsigned long long)agreed.min_bytes,
                 (unsigned long long)image_bytes_max);
        return -EPROTO;
    }
    *ret_agreed = agreed;
    return 0;
}
