/* The planes of a frame as Y4M planes. */
#include "common/media/frame_convert.h"

#include "common/media/frame_rows.h"

#include <errno.h>
#include <stdio.h>

#include <linux/videodev2.h>

int fr_frame_y4m_header(const struct fr_format *format, struct fr_y4m_header *ret_header,
                        char *reason, size_t reason_size)
{
    struct fr_y4m_header header = {
        .width_px = format->width_px,
        .height_px = format->height_px,
        .rate_num = format->rate_num && format->rate_den ? format->rate_num : 0,
        .rate_den = format->rate_num && format->rate_den ? format->rate_den : 0,
        .field = format->field,
        .range = format->colorimetry.range,
    };

    switch (format->fourcc) {
    case FR_FOURCC_GREY:
        header.chroma = FR_Y4M_MONO;
        break;
    case FR_FOURCC_NV12:
    case FR_FOURCC_NV21:
    case FR_FOURCC_YU12:
    case FR_FOURCC_YV12:
        /* Full range is JPEG's world, and so is its siting; limited range is MPEG's. */
        header.chroma =
            header.range == V4L2_QUANTIZATION_LIM_RANGE ? FR_Y4M_420MPEG2 : FR_Y4M_420JPEG;
        break;
    case FR_FOURCC_422P:
    case FR_FOURCC_YUYV:
    case FR_FOURCC_UYVY:
        header.chroma = FR_Y4M_422;
        break;
    default:
        if (reason && reason_size) {
            char name[5];
            snprintf(reason, reason_size, "Y4M cannot carry %s",
                     fr_fourcc_name(format->fourcc, name));
        }
        return -ENOTSUP;
    }
    *ret_header = header;
    return 0;
}

int fr_frame_to_y4m(const struct fr_frame *frame, uint8_t *bytes, size_t size)
{
    struct fr_y4m_header header;
    struct fr_frame_rows rows;

    int rc = fr_frame_y4m_header(&frame->format, &header, NULL, 0);
    if (rc == 0)
        rc = fr_frame_rows_init(frame, &rows);
    if (rc < 0)
        return rc;
    if (size < fr_y4m_frame_bytes(&header))
        return -ENOSPC;
    for (unsigned c = 0; c < 3; c++)
        for (uint32_t y = 0; y < fr_frame_rows_height_px(&rows, c); y++) {
            fr_frame_rows_copy(&rows, c, y, bytes);
            bytes += fr_frame_rows_width_px(&rows, c);
        }
    return 0;
}
