#include "capture/v4l2_layout.h"

#include <linux/videodev2.h>

const struct fr_v4l2_layout fr_v4l2_layouts[FR_V4L2_N_LAYOUTS] = {
    {FR_FOURCC_NV12, FR_FOURCC_NV12, 1, {0}},
    {V4L2_PIX_FMT_NV12M, FR_FOURCC_NV12, 2, {0, 1}},
    {FR_FOURCC_YU12, FR_FOURCC_YU12, 1, {0}},
    {V4L2_PIX_FMT_YUV420M, FR_FOURCC_YU12, 3, {0, 1, 2}},
    {FR_FOURCC_NV21, FR_FOURCC_NV21, 1, {0}},
    {V4L2_PIX_FMT_NV21M, FR_FOURCC_NV21, 2, {0, 1}},
    {FR_FOURCC_YV12, FR_FOURCC_YV12, 1, {0}},
    {V4L2_PIX_FMT_YVU420M, FR_FOURCC_YV12, 3, {0, 1, 2}},
    {FR_FOURCC_422P, FR_FOURCC_422P, 1, {0}},
    {V4L2_PIX_FMT_YUV422M, FR_FOURCC_422P, 3, {0, 1, 2}},
    {V4L2_PIX_FMT_YVU422M, FR_FOURCC_422P, 3, {0, 2, 1}}, /* Y, Cr, Cb; in the ring Y, Cb, Cr */
    {FR_FOURCC_YUYV, FR_FOURCC_YUYV, 1, {0}},
    {FR_FOURCC_UYVY, FR_FOURCC_UYVY, 1, {0}},
    {FR_FOURCC_GREY, FR_FOURCC_GREY, 1, {0}},
    {FR_FOURCC_MJPG, FR_FOURCC_422P, 1, {0}},
};

const struct fr_v4l2_layout *fr_v4l2_layout_find(uint32_t fourcc)
{
    if (fourcc == V4L2_PIX_FMT_JPEG)
        fourcc = FR_FOURCC_MJPG;
    for (unsigned i = 0; i < FR_V4L2_N_LAYOUTS; i++)
        if (fr_v4l2_layouts[i].fourcc == fourcc)
            return &fr_v4l2_layouts[i];
    return NULL;
}
