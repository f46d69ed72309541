#include "capture/v4l2_layout.h"

#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

/* In the kernel's order of the bytes, which is the reverse of the name's. */
#define RGB(name, bits)                                                                            \
    {                                                                                              \
        V4L2_PIX_FMT_##name, FR_FOURCC_YU12, 1, {0}, FR_V4L2_CONVERTED, bits, 2, true              \
    }
#define YUV(name, bits, halves)                                                                    \
    {                                                                                              \
        V4L2_PIX_FMT_##name, FR_FOURCC_YU12, 1, {0}, FR_V4L2_CONVERTED, bits, halves, false        \
    }
#define BAYER(bits, name)                                                                          \
    RGB(SBGGR##name, bits), RGB(SGBRG##name, bits), RGB(SGRBG##name, bits), RGB(SRGGB##name, bits)
#define MAKERS(name, is_rgb)                                                                       \
    {                                                                                              \
        V4L2_PIX_FMT_##name, FR_FOURCC_YU12, 1, {0}, FR_V4L2_CONVERTED, 0, 0, is_rgb               \
    }

/* What is converted is what libv4lconvert 1.22 was seen to convert without leaving the memory that
 * it was given (tests/unit/test_v4l2_convert.c). RGBP, HSV3, HSV4 and VT12 (NV12_16L16) are missing
 * because it does not; OV511 and OV518 because it starts programs for them. */
const struct fr_v4l2_layout fr_v4l2_layouts[FR_V4L2_N_LAYOUTS] = {
    {FR_FOURCC_NV12, FR_FOURCC_NV12, 1, {0}, 0, 0, 0, 0},
    {V4L2_PIX_FMT_NV12M, FR_FOURCC_NV12, 2, {0, 1}, 0, 0, 0, 0},
    {FR_FOURCC_YU12, FR_FOURCC_YU12, 1, {0}, 0, 0, 0, 0},
    {V4L2_PIX_FMT_YUV420M, FR_FOURCC_YU12, 3, {0, 1, 2}, 0, 0, 0, 0},
    {FR_FOURCC_NV21, FR_FOURCC_NV21, 1, {0}, 0, 0, 0, 0},
    {V4L2_PIX_FMT_NV21M, FR_FOURCC_NV21, 2, {0, 1}, 0, 0, 0, 0},
    {FR_FOURCC_YV12, FR_FOURCC_YV12, 1, {0}, 0, 0, 0, 0},
    {V4L2_PIX_FMT_YVU420M, FR_FOURCC_YV12, 3, {0, 1, 2}, 0, 0, 0, 0},
    {FR_FOURCC_422P, FR_FOURCC_422P, 1, {0}, 0, 0, 0, 0},
    {V4L2_PIX_FMT_YUV422M, FR_FOURCC_422P, 3, {0, 1, 2}, 0, 0, 0, 0},
    {V4L2_PIX_FMT_YVU422M, FR_FOURCC_422P, 3, {0, 2, 1}, 0, 0, 0, 0}, /* Y, Cr, Cb */
    {FR_FOURCC_YUYV, FR_FOURCC_YUYV, 1, {0}, 0, 0, 0, 0},
    {FR_FOURCC_UYVY, FR_FOURCC_UYVY, 1, {0}, 0, 0, 0, 0},
    {FR_FOURCC_GREY, FR_FOURCC_GREY, 1, {0}, 0, 0, 0, 0},
    {FR_FOURCC_MJPG, FR_FOURCC_422P, 1, {0}, FR_V4L2_JPEG, 0, 0, 0},

    YUV(YVYU, 16, 2),
    YUV(NV16, 8, 4),
    YUV(NV61, 8, 4),
    YUV(M420, 8, 3),
    RGB(RGB24, 24),
    RGB(BGR24, 24),
    RGB(XRGB32, 32),
    RGB(XBGR32, 32),
    RGB(ARGB32, 32),
    RGB(ABGR32, 32),
    RGB(RGB32, 32),
    RGB(BGR32, 32),
    BAYER(8, 8),
    BAYER(10, 10P),
    BAYER(16, 10),
    BAYER(16, 16),
    YUV(Y16, 16, 2),
    YUV(Y16_BE, 16, 2),
    YUV(Y10BPACK, 10, 2),

    MAKERS(SN9C20X_I420, false),
    MAKERS(SPCA501, false),
    MAKERS(SPCA505, false),
    MAKERS(SPCA508, false),
    MAKERS(KONICA420, false),
    MAKERS(PJPG, false),
    MAKERS(STV0680, true),
    MAKERS(PAC207, true),
    MAKERS(SN9C10X, true),
    MAKERS(SN9C2028, true),
    MAKERS(SPCA561, true),
    MAKERS(MR97310A, true),
    MAKERS(SQ905C, true),
    MAKERS(JL2005BCD, true),
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

const char *fr_v4l2_format_name(uint32_t fourcc, char buf[8])
{
    const uint32_t big_endian = UINT32_C(1) << 31;
    fr_fourcc_name(fourcc & ~big_endian, buf);
    for (size_t n = strlen(buf); n && buf[n - 1] == ' ';)
        buf[--n] = 0;
    if (fourcc & big_endian)
        strcat(buf, "-BE");
    return buf;
}
