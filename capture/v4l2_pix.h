/* One view of a format, whichever of V4L2's two APIs it came through. */
#pragma once

#include <linux/videodev2.h>
#include <stdint.h>

/* As a driver answered: nothing here was checked but that n_parts does not lead outside `parts`. */
struct fr_v4l2_pix {
    uint32_t fourcc, width_px, height_px, field;
    uint32_t colorspace, ycbcr_enc, quantization, xfer_func;
    uint32_t n_parts; /* single-plane API: 1; 0 when the driver told none or too many */
    struct {
        uint32_t stride_bytes, image_bytes;
    } parts[VIDEO_MAX_PLANES];
};

/* Reads it out of `format`, whose `type` says which API's it is. Pure. */
void fr_v4l2_pix_read(const struct v4l2_format *format, struct fr_v4l2_pix *ret_pix);

/* Fills in what VIDIOC_TRY_FMT and VIDIOC_S_FMT are asked. Pure. */
void fr_v4l2_pix_wish(struct v4l2_format *format, uint32_t type, uint32_t fourcc, uint32_t width_px,
                      uint32_t height_px);
