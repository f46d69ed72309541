/* A driver's answer to S_FMT, checked before anything is built on it. */
#include "capture/v4l2_copy.h"
#include "capture/v4l2_format.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/videodev2.h>

static char reason[FR_SOURCE_REASON_MAX];

static struct v4l2_pix_format answer(uint32_t fourcc, uint32_t width, uint32_t height,
                                     uint32_t stride, uint32_t size)
{
    return (struct v4l2_pix_format){.pixelformat = fourcc,
                                    .width = width,
                                    .height = height,
                                    .bytesperline = stride,
                                    .sizeimage = size,
                                    .field = V4L2_FIELD_NONE};
}

static const struct v4l2_format *single(const struct v4l2_pix_format *pix)
{
    static struct v4l2_format format;
    format = (struct v4l2_format){.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .fmt.pix = *pix};
    return &format;
}

static int take(struct v4l2_pix_format pix, struct fr_v4l2_agreed *ret_agreed)
{
    *reason = 0;
    int rc = fr_v4l2_format_take(single(&pix), 0, 30, 1, ret_agreed, reason);
    ck_assert_msg((rc == 0) == (*reason == 0), "%d: %s", rc, reason);
    return rc;
}

START_TEST(every_raw_format_needs_exactly_its_own_bytes)
{
    static const struct {
        uint32_t fourcc, stride, bytes;
    } cases[] = {
        {FR_FOURCC_GREY, 640, 640 * 360},         {FR_FOURCC_NV12, 640, 640 * 360 * 3 / 2},
        {FR_FOURCC_NV21, 640, 640 * 360 * 3 / 2}, {FR_FOURCC_YU12, 640, 640 * 360 * 3 / 2},
        {FR_FOURCC_YV12, 640, 640 * 360 * 3 / 2}, {FR_FOURCC_422P, 640, 640 * 360 * 2},
        {FR_FOURCC_YUYV, 1280, 640 * 360 * 2},    {FR_FOURCC_UYVY, 1280, 640 * 360 * 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_v4l2_agreed agreed;
        /* 0 bytes a row: the driver does not tell. */
        for (int told = 0; told < 2; told++) {
            struct v4l2_pix_format pix =
                answer(cases[i].fourcc, 640, 360, told ? cases[i].stride : 0, cases[i].bytes);
            ck_assert_int_eq(take(pix, &agreed), 0);
            ck_assert_uint_eq(agreed.parts[0].min_bytes, cases[i].bytes);
            ck_assert_uint_eq(agreed.parts[0].stride_bytes, cases[i].stride);
            ck_assert_uint_eq(agreed.given.slot_bytes, cases[i].bytes);
            pix.sizeimage--;
            ck_assert_int_eq(take(pix, &agreed), -EPROTO);
        }
    }
}
END_TEST

START_TEST(padding_behind_the_last_row_need_not_be_filled)
{
    struct fr_v4l2_agreed agreed;
    ck_assert_int_eq(take(answer(FR_FOURCC_GREY, 600, 10, 640, 6400), &agreed), 0);
    ck_assert_uint_eq(agreed.parts[0].min_bytes, 640 * 9 + 600);
    ck_assert_int_eq(take(answer(FR_FOURCC_YU12, 600, 10, 640, 9600), &agreed), 0);
    ck_assert_uint_eq(agreed.parts[0].min_bytes, 9600 - 320 + 300);
}
END_TEST

START_TEST(answers_that_make_no_sense_are_refused)
{
    const struct v4l2_pix_format cases[] = {
        answer(FR_FOURCC_YUYV, 0, 480, 0, 614400),
        answer(FR_FOURCC_YUYV, 640, 0, 0, 614400),
        answer(FR_FOURCC_YUYV, 641, 480, 0, 700000),
        answer(FR_FOURCC_YUYV, FR_SIDE_MAX + 2, 2, 0, 1000000),
        answer(FR_FOURCC_YUYV, UINT32_MAX, UINT32_MAX, 0, UINT32_MAX),
        answer(FR_FOURCC_YUYV, 640, 480, 1279, 614400), /* a row does not fit */
        answer(FR_FOURCC_YUYV, 640, 480, UINT32_MAX, UINT32_MAX),
        answer(FR_FOURCC_YUYV, 640, 480, 1280, 0),
        answer(FR_FOURCC_YUYV, 640, 480, 1280, UINT32_MAX), /* would ask for a ring of 32 GB */
        answer(V4L2_PIX_FMT_RGB565, 640, 480, 1280, 614400),
        answer(V4L2_PIX_FMT_RGB24, 640, 480, 1919, 921600),
        answer(V4L2_PIX_FMT_RGB24, 640, 480, 1920, 921599),
        answer(V4L2_PIX_FMT_PAC207, 640, 480, 0, 15),
        answer(V4L2_PIX_FMT_MJPEG, 0, 0, 0, 614400),
        answer(V4L2_PIX_FMT_MJPEG, 640, 480, 0, 0),
        answer(V4L2_PIX_FMT_MJPEG, 640, 480, 0, UINT32_MAX),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_v4l2_agreed agreed;
        ck_assert_msg(take(cases[i], &agreed) == -EPROTO, "case %zu", i);
    }
}
END_TEST

START_TEST(field_orders_that_are_not_one_picture_are_refused_by_name)
{
    struct fr_v4l2_agreed agreed;
    struct v4l2_pix_format pix = answer(FR_FOURCC_GREY, 64, 48, 64, 64 * 48);
    for (uint32_t field = 0; field < 12; field++) {
        pix.field = field;
        int rc = take(pix, &agreed);
        bool is_split = field == V4L2_FIELD_SEQ_TB || field == V4L2_FIELD_SEQ_BT ||
                        field == V4L2_FIELD_ALTERNATE;
        ck_assert_int_eq(rc, is_split ? -EINVAL : field > V4L2_FIELD_INTERLACED_BT ? -EPROTO : 0);
        if (rc == 0)
            ck_assert_uint_eq(agreed.format.field, field ? field : V4L2_FIELD_NONE);
    }
}
END_TEST

START_TEST(colours_are_told_with_the_defaults_put_in)
{
    struct fr_v4l2_agreed agreed;
    struct v4l2_pix_format pix = answer(FR_FOURCC_YUYV, 64, 48, 128, 128 * 48);
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.colorimetry.primaries, 0);
    ck_assert_uint_eq(agreed.format.colorimetry.range, 0);

    pix.colorspace = V4L2_COLORSPACE_REC709;
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.colorimetry.primaries, V4L2_COLORSPACE_REC709);
    ck_assert_uint_eq(agreed.format.colorimetry.matrix, V4L2_YCBCR_ENC_709);
    ck_assert_uint_eq(agreed.format.colorimetry.transfer, V4L2_XFER_FUNC_709);
    ck_assert_uint_eq(agreed.format.colorimetry.range, V4L2_QUANTIZATION_LIM_RANGE);

    pix = answer(FR_FOURCC_GREY, 64, 48, 64, 64 * 48);
    pix.colorspace = V4L2_COLORSPACE_SRGB;
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.colorimetry.range, V4L2_QUANTIZATION_FULL_RANGE);
    pix.pixelformat = FR_FOURCC_YU12;
    pix.sizeimage = 64 * 48 * 3 / 2;
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.colorimetry.range, V4L2_QUANTIZATION_LIM_RANGE);
    pix.quantization = V4L2_QUANTIZATION_FULL_RANGE;
    pix.ycbcr_enc = 4711; /* does not fit: as if not told */
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.colorimetry.matrix, V4L2_YCBCR_ENC_601);
    ck_assert_uint_eq(agreed.format.colorimetry.range, V4L2_QUANTIZATION_FULL_RANGE);
    pix.colorspace = UINT32_MAX;
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.colorimetry.primaries, 0);
}
END_TEST

START_TEST(a_jpeg_camera_is_read_as_what_was_asked_for)
{
    struct fr_v4l2_agreed agreed;
    struct v4l2_pix_format pix = answer(V4L2_PIX_FMT_MJPEG, 640, 480, 0, 614400);
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.layout->fourcc, FR_FOURCC_MJPG);
    ck_assert_uint_eq(agreed.format.fourcc, FR_FOURCC_422P); /* as most cameras have it */
    ck_assert_uint_eq(agreed.given.slot_bytes, 640 * 480 * 2);
    ck_assert_int_eq(fr_v4l2_format_take(single(&pix), FR_FOURCC_GREY, 0, 0, &agreed, reason), 0);
    ck_assert_uint_eq(agreed.format.fourcc, FR_FOURCC_GREY);
    /* Some drivers call the same thing JPEG. */
    pix.pixelformat = V4L2_PIX_FMT_JPEG;
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.layout->fourcc, FR_FOURCC_MJPG);
}
END_TEST

/* The multi-planar API. */
static struct v4l2_format parts_answer(uint32_t fourcc, uint32_t width, uint32_t height,
                                       uint8_t n_parts)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE};
    format.fmt.pix_mp = (struct v4l2_pix_format_mplane){.pixelformat = fourcc,
                                                        .width = width,
                                                        .height = height,
                                                        .field = V4L2_FIELD_NONE,
                                                        .num_planes = n_parts};
    return format;
}

static void set_part(struct v4l2_format *format, unsigned part, uint32_t stride, uint32_t size)
{
    format->fmt.pix_mp.plane_fmt[part].bytesperline = stride;
    format->fmt.pix_mp.plane_fmt[part].sizeimage = size;
}

static int take_multi(const struct v4l2_format *format, struct fr_v4l2_agreed *ret_agreed)
{
    *reason = 0;
    int rc = fr_v4l2_format_take(format, 0, 30, 1, ret_agreed, reason);
    ck_assert_msg((rc == 0) == (*reason == 0), "%d: %s", rc, reason);
    return rc;
}

START_TEST(both_apis_agree_on_formats_of_one_part)
{
    struct v4l2_format format = parts_answer(FR_FOURCC_NV12, 640, 360, 1);
    struct fr_v4l2_agreed multi, one;
    set_part(&format, 0, 672, 672 * 540 + 100);
    ck_assert_int_eq(take_multi(&format, &multi), 0);
    ck_assert_int_eq(take(answer(FR_FOURCC_NV12, 640, 360, 672, 672 * 540 + 100), &one), 0);
    ck_assert_mem_eq(&multi, &one, sizeof one);
}
END_TEST

START_TEST(parts_have_strides_and_sizes_of_their_own)
{
    struct v4l2_format format = parts_answer(V4L2_PIX_FMT_YVU420M, 600, 10, 3);
    struct fr_v4l2_agreed agreed;
    set_part(&format, 0, 640, 6400);
    set_part(&format, 1, 384, 5000);
    set_part(&format, 2, 0, 300 * 5); /* not told: the tightest */
    ck_assert_int_eq(take_multi(&format, &agreed), 0);
    ck_assert_uint_eq(agreed.format.fourcc, FR_FOURCC_YV12);
    ck_assert_uint_eq(agreed.n_parts, 3);
    static const uint64_t offsets[] = {0, 8192, 16384}, min_bytes[] = {6360, 384 * 4 + 300, 1500};
    static const uint32_t strides[] = {640, 384, 300};
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(agreed.parts[i].offset_bytes, offsets[i]);
        ck_assert_uint_eq(agreed.parts[i].min_bytes, min_bytes[i]);
        ck_assert_uint_eq(agreed.given.planes[i].offset_bytes, offsets[i]);
        ck_assert_uint_eq(agreed.given.planes[i].stride_bytes, strides[i]);
    }
    ck_assert_uint_eq(agreed.given.slot_bytes, 16384 + 1500);

    /* Y, Cr, Cb become Y, Cb, Cr. */
    format = parts_answer(V4L2_PIX_FMT_YVU422M, 64, 10, 3);
    set_part(&format, 0, 64, 640);
    set_part(&format, 1, 32, 320);
    set_part(&format, 2, 48, 480);
    ck_assert_int_eq(take_multi(&format, &agreed), 0);
    ck_assert_uint_eq(agreed.given.planes[1].kind, FR_PLANE_U);
    ck_assert_uint_eq(agreed.given.planes[1].offset_bytes, agreed.parts[2].offset_bytes);
    ck_assert_uint_eq(agreed.given.planes[1].stride_bytes, 48);
    ck_assert_uint_eq(agreed.given.planes[2].offset_bytes, agreed.parts[1].offset_bytes);
}
END_TEST

START_TEST(parts_that_make_no_sense_are_refused)
{
    static const struct {
        uint32_t fourcc;
        uint8_t n_parts;
        uint32_t second_stride, second_size;
    } cases[] = {
        {V4L2_PIX_FMT_NV12M, 1, 64, 4000},
        {V4L2_PIX_FMT_NV12M, 3, 64, 4000},
        {V4L2_PIX_FMT_NV12M, 0, 64, 4000},
        {V4L2_PIX_FMT_NV12M, 255, 64, 4000},
        {V4L2_PIX_FMT_NV12M, 2, 63, 4000},
        {V4L2_PIX_FMT_NV12M, 2, UINT32_MAX, 4000},
        {V4L2_PIX_FMT_NV12M, 2, 64, 64 * 24 - 1},
        {V4L2_PIX_FMT_NV12M, 2, 64, UINT32_MAX},
        {V4L2_PIX_FMT_NV12M, 2, 64, 0},
        {FR_FOURCC_NV12, 2, 64, 4000}, /* it has one part */
        {V4L2_PIX_FMT_NV16M, 2, 64, 4000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct v4l2_format format = parts_answer(cases[i].fourcc, 64, 48, cases[i].n_parts);
        struct fr_v4l2_agreed agreed;
        set_part(&format, 0, 64, 5000);
        set_part(&format, 1, cases[i].second_stride, cases[i].second_size);
        ck_assert_msg(take_multi(&format, &agreed) == -EPROTO, "case %zu", i);
    }
    /* Each is possible, all together are more than a slot can have. */
    struct v4l2_format format = parts_answer(V4L2_PIX_FMT_YUV420M, FR_SIDE_MAX, FR_SIDE_MAX, 3);
    struct fr_v4l2_agreed agreed;
    for (unsigned i = 0; i < 3; i++)
        set_part(&format, i, 16 * FR_SIDE_MAX, UINT32_MAX);
    ck_assert_int_eq(take_multi(&format, &agreed), -EPROTO);
}
END_TEST

START_TEST(what_libv4l2_converts_becomes_YU12_or_YV12_with_the_colours_that_it_makes)
{
    struct fr_v4l2_agreed agreed;
    struct v4l2_pix_format pix = answer(V4L2_PIX_FMT_RGB24, 640, 480, 2000, 2000 * 480);
    pix.colorspace = V4L2_COLORSPACE_SRGB;
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.fourcc, FR_FOURCC_YU12);
    ck_assert_uint_eq(agreed.given.slot_bytes, 640 * 480 * 3 / 2);
    ck_assert_uint_eq(agreed.parts[0].min_bytes, 2000 * 479 + 1920);
    ck_assert_uint_eq(agreed.format.colorimetry.matrix, V4L2_YCBCR_ENC_601);
    ck_assert_uint_eq(agreed.format.colorimetry.range, V4L2_QUANTIZATION_LIM_RANGE);
    ck_assert_int_eq(fr_v4l2_format_take(single(&pix), FR_FOURCC_YV12, 0, 0, &agreed, reason), 0);
    ck_assert_uint_eq(agreed.format.fourcc, FR_FOURCC_YV12);

    pix = answer(V4L2_PIX_FMT_Y16, 640, 480, 0, 614400);
    pix.colorspace = V4L2_COLORSPACE_SRGB;
    ck_assert_int_eq(take(pix, &agreed), 0);
    ck_assert_uint_eq(agreed.format.colorimetry.range, V4L2_QUANTIZATION_FULL_RANGE);
    ck_assert_int_eq(take(answer(V4L2_PIX_FMT_NV16, 640, 480, 640, 614400), &agreed), 0);
    ck_assert_uint_eq(agreed.parts[0].min_bytes, 614400);
    ck_assert_int_eq(take(answer(V4L2_PIX_FMT_PAC207, 352, 288, 0, 100000), &agreed), 0);
    ck_assert_uint_eq(agreed.parts[0].stride_bytes, 0);
}
END_TEST

START_TEST(sizes_that_libv4l2_does_not_convert_are_refused_in_words)
{
    static const struct {
        uint32_t fourcc, width, height;
    } cases[] = {{V4L2_PIX_FMT_RGB24, 641, 480},
                 {V4L2_PIX_FMT_RGB24, 640, 481},
                 {V4L2_PIX_FMT_RGB24, 14, 480},
                 {V4L2_PIX_FMT_RGB24, 640, 14},
                 {V4L2_PIX_FMT_SBGGR10P, 642, 480}, /* ends within a byte */
                 {V4L2_PIX_FMT_RGB24, 0, 0},
                 {V4L2_PIX_FMT_RGB24, UINT32_MAX, 480},
                 {V4L2_PIX_FMT_PAC207, FR_SIDE_MAX + 2, 288}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_v4l2_agreed agreed;
        ck_assert_int_eq(
            take(answer(cases[i].fourcc, cases[i].width, cases[i].height, 0, 10000000), &agreed),
            -EINVAL);
        ck_assert_ptr_nonnull(strstr(reason, "libv4l2 does not convert"));
    }
}
END_TEST

START_TEST(formats_are_named_as_V4L2_names_them)
{
    char name[8];
    ck_assert_str_eq(fr_v4l2_format_name(V4L2_PIX_FMT_YUYV, name), "YUYV");
    ck_assert_str_eq(fr_v4l2_format_name(V4L2_PIX_FMT_Y16, name), "Y16");
    ck_assert_str_eq(fr_v4l2_format_name(V4L2_PIX_FMT_Y16_BE, name), "Y16-BE");
    ck_assert_str_eq(fr_v4l2_format_name(V4L2_PIX_FMT_ARGB555X, name), "AR15-BE");
    ck_assert_str_eq(fr_v4l2_format_name(0, name), "????");
    ck_assert_str_eq(fr_v4l2_format_name(FR_FOURCC(' ', ' ', ' ', ' '), name), "");
}
END_TEST

START_TEST(half_a_rate_is_no_rate)
{
    struct fr_v4l2_agreed agreed;
    struct v4l2_pix_format pix = answer(FR_FOURCC_GREY, 64, 48, 64, 64 * 48);
    ck_assert_int_eq(fr_v4l2_format_take(single(&pix), 0, 30, 0, &agreed, reason), 0);
    ck_assert_uint_eq(agreed.format.rate_num, 0);
    ck_assert_int_eq(fr_v4l2_format_take(single(&pix), 0, 0, 1, &agreed, reason), 0);
    ck_assert_uint_eq(agreed.format.rate_den, 0);
    ck_assert_int_eq(fr_v4l2_format_take(single(&pix), 0, 30000, 1001, &agreed, reason), 0);
    ck_assert_uint_eq(agreed.format.rate_num, 30000);
    ck_assert_uint_eq(agreed.format.rate_den, 1001);
}
END_TEST

/* The buffer has exactly min_bytes and the slot exactly slot_bytes, so that the address sanitizer
 * sees a byte too many. */
START_TEST(a_copy_reads_the_picture_and_nothing_behind_it)
{
    static const uint32_t fourccs[] = {FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21,
                                       FR_FOURCC_YU12, FR_FOURCC_YV12, FR_FOURCC_422P,
                                       FR_FOURCC_YUYV, FR_FOURCC_UYVY};
    static const uint32_t widths[] = {1, 2, 63, 64, 65, 66, 100, 128};
    for (size_t f = 0; f < sizeof fourccs / sizeof *fourccs; f++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (uint32_t padding = 0; padding <= 96; padding += 32) {
                uint32_t width = widths[w], height = 5;
                bool is_packed = fourccs[f] == FR_FOURCC_YUYV || fourccs[f] == FR_FOURCC_UYVY;
                if (is_packed && width % 2)
                    continue;
                struct v4l2_pix_format pix =
                    answer(fourccs[f], width, height,
                           (width + width % 2) * (is_packed ? 2 : 1) + padding, 100000);
                struct fr_v4l2_agreed agreed;
                struct fr_geometry target;
                ck_assert_int_eq(take(pix, &agreed), 0);
                ck_assert_int_eq(fr_geometry_init(&agreed.format, &target), 0);
                uint8_t *bytes = malloc(agreed.parts[0].min_bytes);
                const uint8_t *planes[FR_PLANES_MAX] = {0};
                uint8_t *slot = calloc(1, target.slot_bytes);
                for (size_t i = 0; i < agreed.parts[0].min_bytes; i++)
                    bytes[i] = (uint8_t)(1 + i % 251);
                for (uint32_t p = 0; p < agreed.given.n_planes; p++)
                    planes[p] = bytes + agreed.given.planes[p].offset_bytes;
                fr_v4l2_copy(&agreed.tight, &agreed.given, planes, &target, slot);
                for (uint32_t p = 0; p < agreed.tight.n_planes; p++)
                    for (uint32_t y = 0; y < agreed.tight.planes[p].rows; y++) {
                        const struct fr_plane_layout *in = &agreed.given.planes[p];
                        const struct fr_plane_layout *out = &target.planes[p];
                        ck_assert_mem_eq(slot + out->offset_bytes + y * out->stride_bytes,
                                         bytes + in->offset_bytes + y * in->stride_bytes,
                                         agreed.tight.planes[p].stride_bytes);
                    }
                free(bytes);
                free(slot);
            }
}
END_TEST

UNIT_MAIN("v4l2_answer", every_raw_format_needs_exactly_its_own_bytes,
          padding_behind_the_last_row_need_not_be_filled, answers_that_make_no_sense_are_refused,
          field_orders_that_are_not_one_picture_are_refused_by_name,
          colours_are_told_with_the_defaults_put_in, a_jpeg_camera_is_read_as_what_was_asked_for,
          both_apis_agree_on_formats_of_one_part, parts_have_strides_and_sizes_of_their_own,
          parts_that_make_no_sense_are_refused,
          what_libv4l2_converts_becomes_YU12_or_YV12_with_the_colours_that_it_makes,
          sizes_that_libv4l2_does_not_convert_are_refused_in_words,
          formats_are_named_as_V4L2_names_them, half_a_rate_is_no_rate,
          a_copy_reads_the_picture_and_nothing_behind_it)
