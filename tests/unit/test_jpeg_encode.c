/* Frames as JPEG: their own sampling, their own samples. */
#include "common/media/jpeg_encode.h"

#include "common/media/jpeg_markers.h"
#include "make_frame.h"
#include "make_jpeg.h"
#include "unit.h"

#include <errno.h>

#include <linux/videodev2.h>

static const uint32_t sizes[][2] = {{64, 48}, {34, 21}, {2, 1}, {200, 2}, {33, 17}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static bool has_size(uint32_t fourcc, uint32_t width)
{
    return width % 2 == 0 || (fourcc != FR_FOURCC_YUYV && fourcc != FR_FOURCC_UYVY);
}

/* libjpeg's own encoding of the same samples, given to it as raw planes of whole blocks. */
static struct made_jpeg encode_plainly(uint32_t fourcc, uint32_t width, uint32_t height,
                                       int quality)
{
    struct jpeg_compress_struct cinfo = {0};
    struct jpeg_error_mgr errors;
    struct made_jpeg made = {0};
    bool has_chroma = fourcc_has_chroma(fourcc);
    uint32_t h_sub = has_chroma ? 2 : 1, v_sub = has_chroma ? fourcc_v_sub(fourcc) : 1;

    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &made.bytes, &made.length);
    cinfo.image_width = width;
    cinfo.image_height = height;
    cinfo.input_components = has_chroma ? 3 : 1;
    cinfo.in_color_space = has_chroma ? JCS_YCbCr : JCS_GRAYSCALE;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, quality, TRUE);
    cinfo.raw_data_in = TRUE;
    cinfo.comp_info[0].h_samp_factor = (int)h_sub;
    cinfo.comp_info[0].v_samp_factor = (int)v_sub;
    jpeg_start_compress(&cinfo, TRUE);
    static uint8_t samples[3][16][256];
    JSAMPROW rows[3][16];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
    while (cinfo.next_scanline < height) {
        for (unsigned c = 0; c < (has_chroma ? 3u : 1u); c++) {
            uint32_t w = c ? (width + 1) / 2 : width;
            uint32_t h = c ? (height + v_sub - 1) / v_sub : height;
            for (uint32_t r = 0; r < 16; r++) {
                uint32_t y = cinfo.next_scanline / (c ? v_sub : 1) + r;
                for (uint32_t x = 0; x < 256; x++)
                    samples[c][r][x] = frame_sample(c, x < w ? x : w - 1, y < h ? y : h - 1);
                rows[c][r] = samples[c][r];
            }
        }
        jpeg_write_raw_data(&cinfo, planes, v_sub * 8);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return made;
}

START_TEST(every_fourcc_gives_the_bytes_that_libjpeg_gives_for_its_planes)
{
    for (int f = 0; f < N_RING_FOURCCS; f++)
        for (int s = 0; s < N_SIZES; s++) {
            uint32_t fourcc = ring_fourccs[f], w = sizes[s][0], h = sizes[s][1];
            if (!has_size(fourcc, w))
                continue;
            uint8_t *memory, *bytes;
            size_t length;
            struct fr_frame frame = make_frame(fourcc, w, h, &memory);
            ck_assert_int_eq(fr_jpeg_encode(&frame, 90, &bytes, &length), 0);
            struct made_jpeg expected = encode_plainly(fourcc, w, h, 90);
            ck_assert_uint_eq(length, expected.length);
            ck_assert_mem_eq(bytes, expected.bytes, length);
            free(expected.bytes);
            free(bytes);
            free(memory);
        }
}
END_TEST

START_TEST(the_picture_keeps_sampling_and_samples)
{
    for (int f = 0; f < N_RING_FOURCCS; f++) {
        uint32_t fourcc = ring_fourccs[f];
        uint8_t *memory, *bytes;
        size_t length;
        struct fr_jpeg_info info;
        struct fr_frame frame = make_frame(fourcc, 64, 48, &memory);
        ck_assert_int_eq(fr_jpeg_encode(&frame, 100, &bytes, &length), 0);
        ck_assert_int_eq(fr_jpeg_probe(bytes, length, &info), 0);
        ck_assert_uint_eq(fr_jpeg_native_fourcc(&info), !fourcc_has_chroma(fourcc) ? FR_FOURCC_GREY
                                                        : fourcc_v_sub(fourcc) == 2
                                                            ? FR_FOURCC_YU12
                                                            : FR_FOURCC_422P);
        struct raw_planes raw = raw_decode(bytes, length);
        for (int c = 0; c < raw.components; c++)
            for (uint32_t y = 0; y < raw.height[c]; y++)
                for (uint32_t x = 0; x < raw.width[c]; x++)
                    ck_assert_int_le(
                        abs(raw.plane[c][y * raw.stride[c] + x] - frame_sample((unsigned)c, x, y)),
                        4);
        raw_free(&raw);
        free(bytes);
        free(memory);
    }
}
END_TEST

static void check_flat(uint8_t luma, uint8_t chroma, uint8_t range, uint8_t want_luma,
                       uint8_t want_chroma)
{
    uint8_t *memory, *bytes;
    size_t length;
    struct fr_frame frame = make_frame(FR_FOURCC_YU12, 64, 64, &memory);
    memset(memory, luma, 64 * 64);
    memset(memory + 64 * 64, chroma, 2 * 64 * 32); /* strides are multiples of 64 */
    frame.format.colorimetry.range = range;
    ck_assert_int_eq(fr_jpeg_encode(&frame, 100, &bytes, &length), 0);
    struct raw_planes raw = raw_decode(bytes, length);
    ck_assert_uint_eq(raw.plane[0][0], want_luma);
    ck_assert_uint_eq(raw.plane[1][0], want_chroma);
    ck_assert_uint_eq(raw.plane[2][0], want_chroma);
    raw_free(&raw);
    free(bytes);
    free(memory);
}

START_TEST(limited_range_is_stretched_and_nothing_else_is)
{
    check_flat(16, 128, V4L2_QUANTIZATION_LIM_RANGE, 0, 128);
    check_flat(235, 240, V4L2_QUANTIZATION_LIM_RANGE, 255, 255);
    check_flat(125, 16, V4L2_QUANTIZATION_LIM_RANGE, 127, 0); /* 126.9 and 0.5 */
    check_flat(5, 5, V4L2_QUANTIZATION_LIM_RANGE, 0, 0);
    check_flat(16, 240, V4L2_QUANTIZATION_FULL_RANGE, 16, 240);
    check_flat(235, 16, V4L2_QUANTIZATION_DEFAULT, 235, 16);
}
END_TEST

START_TEST(what_cannot_be_encoded_is_refused)
{
    uint8_t *memory, *bytes = NULL;
    size_t length;
    struct fr_frame frame = make_frame(FR_FOURCC_YU12, 64, 48, &memory);
    ck_assert_int_eq(fr_jpeg_encode(&frame, 0, &bytes, &length), -EINVAL);
    ck_assert_int_eq(fr_jpeg_encode(&frame, 101, &bytes, &length), -EINVAL);
    frame.planes[1].size_bytes = 10;
    ck_assert_int_eq(fr_jpeg_encode(&frame, 90, &bytes, &length), -EINVAL);
    frame.format.fourcc = FR_FOURCC('R', 'G', 'B', '3');
    ck_assert_int_eq(fr_jpeg_encode(&frame, 90, &bytes, &length), -ENOTSUP);
    ck_assert_ptr_null(bytes);
    free(memory);
}
END_TEST

UNIT_MAIN("jpeg_encode", every_fourcc_gives_the_bytes_that_libjpeg_gives_for_its_planes,
          the_picture_keeps_sampling_and_samples, limited_range_is_stretched_and_nothing_else_is,
          what_cannot_be_encoded_is_refused)
