#include "capture/v4l2_pix.h"

static void read_single(const struct v4l2_pix_format *pix, struct fr_v4l2_pix *ret_pix)
{
    *ret_pix = (struct fr_v4l2_pix){
        .fourcc = pix->pixelformat,
        .width_px = pix->width,
        .height_px = pix->height,
        .field = pix->field,
        .colorspace = pix->colorspace,
        .ycbcr_enc = pix->ycbcr_enc,
        .quantization = pix->quantization,
        .xfer_func = pix->xfer_func,
        .n_parts = 1,
        .parts = {{pix->bytesperline, pix->sizeimage}},
    };
}

static void read_multi(const struct v4l2_pix_format_mplane *pix, struct fr_v4l2_pix *ret_pix)
{
    *ret_pix = (struct fr_v4l2_pix){
        .fourcc = pix->pixelformat,
        .width_px = pix->width,
        .height_px = pix->height,
        .field = pix->field,
        .colorspace = pix->colorspace,
        .ycbcr_enc = pix->ycbcr_enc,
        .quantization = pix->quantization,
        .xfer_func = pix->xfer_func,
        .n_parts = pix->num_planes <= VIDEO_MAX_PLANES ? pix->num_planes : 0,
    };
    for (uint32_t i = 0; i < ret_pix->n_parts; i++) {
        ret_pix->parts[i].stride_bytes = pix->plane_fmt[i].bytesperline;
        ret_pix->parts[i].image_bytes = pix->plane_fmt[i].sizeimage;
    }
}

void fr_v4l2_pix_read(const struct v4l2_format *format, struct fr_v4l2_pix *ret_pix)
{
    if (format->type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)
        read_multi(&format->fmt.pix_mp, ret_pix);
    else
        read_single(&format->fmt.pix, ret_pix);
}

void fr_v4l2_pix_wish(struct v4l2_format *format, uint32_t type, uint32_t fourcc, uint32_t width_px,
                      uint32_t height_px)
{
    *format = (struct v4l2_format){.type = type};
    if (type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE) {
        format->fmt.pix_mp.width = width_px;
        format->fmt.pix_mp.height = height_px;
        format->fmt.pix_mp.pixelformat = fourcc;
        format->fmt.pix_mp.field = V4L2_FIELD_NONE;
    } else {
        format->fmt.pix.width = width_px;
        format->fmt.pix.height = height_px;
        format->fmt.pix.pixelformat = fourcc;
        format->fmt.pix.field = V4L2_FIELD_NONE;
    }
}
