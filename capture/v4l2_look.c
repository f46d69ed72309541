#include "capture/v4l2_look.h"

#include <errno.h>
#include <stdio.h>

static bool is_grey(uint32_t fourcc)
{
    return fourcc == V4L2_PIX_FMT_GREY || fourcc == V4L2_PIX_FMT_Y16 ||
           fourcc == V4L2_PIX_FMT_Y16_BE || fourcc == V4L2_PIX_FMT_Y10BPACK;
}

struct fr_colorimetry fr_v4l2_look_colours(const struct fr_v4l2_pix *pix)
{
    uint32_t space = pix->colorspace, encoding = pix->ycbcr_enc;
    uint32_t range = pix->quantization, transfer = pix->xfer_func;

    if (space == V4L2_COLORSPACE_DEFAULT || space > UINT8_MAX)
        return (struct fr_colorimetry){0};
    if (encoding == V4L2_YCBCR_ENC_DEFAULT || encoding > UINT8_MAX)
        encoding = V4L2_MAP_YCBCR_ENC_DEFAULT(space);
    if (range == V4L2_QUANTIZATION_DEFAULT || range > UINT8_MAX)
        range = V4L2_MAP_QUANTIZATION_DEFAULT(is_grey(pix->fourcc), space, encoding);
    if (transfer == V4L2_XFER_FUNC_DEFAULT || transfer > UINT8_MAX)
        transfer = V4L2_MAP_XFER_FUNC_DEFAULT(space);
    return (struct fr_colorimetry){
        .primaries = (uint8_t)space,
        .transfer = (uint8_t)transfer,
        .matrix = (uint8_t)encoding,
        .range = (uint8_t)range,
    };
}

int fr_v4l2_look_field(uint32_t field, uint32_t *ret_field, char reason[FR_SOURCE_REASON_MAX])
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
