/* Y4M: what is written is read back, what is broken is refused, and frames keep their values. */
#include "common/media/frame_convert.h"
#include "common/media/y4m.h"
#include "make_frame.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>

#include <linux/videodev2.h>

static int parse(const char *text, struct fr_y4m_header *header, char *reason)
{
    size_t used = 0, length = strlen(text);
    /* an exact copy, so that a sanitizer sees a read beyond it */
    uint8_t *bytes = malloc(length ? length : 1);
    memcpy(bytes, text, length);
    reason[0] = 0;
    int rc = fr_y4m_parse_header(bytes, length, header, &used, reason, 200);
    if (rc == 0)
        ck_assert_uint_eq(used, strcspn(text, "\n") + 1);
    free(bytes);
    return rc;
}

START_TEST(a_header_that_was_written_is_read_back)
{
    for (int chroma = FR_Y4M_MONO; chroma <= FR_Y4M_422; chroma++)
        for (uint8_t range = 0; range <= 2; range++)
            for (uint32_t rate = 0; rate <= 30; rate += 30) {
                struct fr_y4m_header in = {.width_px = 641,
                                           .height_px = FR_SIDE_MAX,
                                           .rate_num = rate,
                                           .rate_den = rate ? 1 : 0,
                                           .field =
                                               range ? V4L2_FIELD_NONE : V4L2_FIELD_INTERLACED_TB,
                                           .range = range,
                                           .chroma = (enum fr_y4m_chroma)chroma};
                struct fr_y4m_header out;
                char line[FR_Y4M_LINE_MAX], reason[200];
                int length = fr_y4m_write_header(&in, line, sizeof line);
                ck_assert_int_gt(length, 0);
                ck_assert_uint_eq(strlen(line), (size_t)length);
                ck_assert_msg(parse(line, &out, reason) == 0, "%s: %s", line, reason);
                ck_assert_uint_eq(out.width_px, in.width_px);
                ck_assert_uint_eq(out.height_px, in.height_px);
                ck_assert_uint_eq(out.rate_num, in.rate_num);
                ck_assert_uint_eq(out.rate_den, in.rate_den);
                ck_assert_uint_eq(out.field, in.field);
                ck_assert_uint_eq(out.range, in.range);
                ck_assert_int_eq(out.chroma, in.chroma);
                ck_assert_int_eq(fr_y4m_write_header(&in, line, (size_t)length), -ENOSPC);
            }
}
END_TEST

START_TEST(a_header_without_a_chroma_word_is_420jpeg)
{
    struct fr_y4m_header header;
    char reason[200];
    ck_assert_int_eq(parse("YUV4MPEG2 W4 H2 F25:1\nFRAME", &header, reason), 0);
    ck_assert_int_eq(header.chroma, FR_Y4M_420JPEG);
    ck_assert_uint_eq(fr_y4m_frame_bytes(&header), 12);
    ck_assert_int_eq(parse("YUV4MPEG2  H3 W5  XYSCSS=420 XANY A0:0 F0:0 I? \n", &header, reason),
                     0);
    ck_assert_uint_eq(header.rate_num, 0);
    ck_assert_uint_eq(header.rate_den, 0);
    ck_assert_uint_eq(fr_y4m_frame_bytes(&header), 15 + 2 * 3 * 2);
}
END_TEST

START_TEST(an_incomplete_header_asks_for_more)
{
    const char *line = "YUV4MPEG2 W640 H480 F25:1 Ip C420jpeg\n";
    struct fr_y4m_header header;
    char reason[200], part[64];
    for (size_t n = 0; n < strlen(line); n++) {
        memcpy(part, line, n);
        part[n] = 0;
        ck_assert_int_eq(parse(part, &header, reason), -EAGAIN);
    }
    ck_assert_int_eq(parse(line, &header, reason), 0);
}
END_TEST

START_TEST(a_broken_header_is_refused_with_the_word_that_broke_it)
{
    static const struct {
        const char *line;
        int rc;
        const char *word;
    } cases[] = {
        {"YUV4MPEG3 W1 H1\n", -EBADMSG, "not Y4M"},
        {"yuv4mpeg2 W1 H1\n", -EBADMSG, "not Y4M"},
        {"YUV4MPEG2W1 H1\n", -EBADMSG, "not Y4M"},
        {"YUV4MPEG2\n", -EBADMSG, "without width"},
        {"YUV4MPEG2 W1\n", -EBADMSG, "without width"},
        {"YUV4MPEG2 W0 H1\n", -EBADMSG, "without width"},
        {"YUV4MPEG2 W H1\n", -EBADMSG, "\"W\""},
        {"YUV4MPEG2 W-1 H1\n", -EBADMSG, "W-1"},
        {"YUV4MPEG2 W+1 H1\n", -EBADMSG, "W+1"},
        {"YUV4MPEG2 W16385 H1\n", -EBADMSG, "W16385"},
        {"YUV4MPEG2 W99999999999999999999999 H1\n", -EBADMSG, "W999"},
        {"YUV4MPEG2 W1x H1\n", -EBADMSG, "W1x"},
        {"YUV4MPEG2 W1 H1 F25\n", -EBADMSG, "F25"},
        {"YUV4MPEG2 W1 H1 F25:\n", -EBADMSG, "F25:"},
        {"YUV4MPEG2 W1 H1 F:1\n", -EBADMSG, "F:1"},
        {"YUV4MPEG2 W1 H1 F4294967296:1\n", -EBADMSG, "F4294967296:1"},
        {"YUV4MPEG2 W1 H1 Iq\n", -EBADMSG, "Iq"},
        {"YUV4MPEG2 W1 H1 Ipp\n", -EBADMSG, "Ipp"},
        {"YUV4MPEG2 W1 H1 Q\xff~\n", -EBADMSG, "Q?~"},
        {"YUV4MPEG2 W1 H1 Im\n", -ENOTSUP, "Im"},
        {"YUV4MPEG2 W1 H1 C444\n", -ENOTSUP, "C444"},
        {"YUV4MPEG2 W1 H1 C444alpha\n", -ENOTSUP, "C444alpha"},
        {"YUV4MPEG2 W1 H1 C420p10\n", -ENOTSUP, "C420p10"},
        {"YUV4MPEG2 W1 H1 C422p12\n", -ENOTSUP, "C422p12"},
        {"YUV4MPEG2 W1 H1 Cmono16\n", -ENOTSUP, "Cmono16"},
        {"YUV4MPEG2 W1 H1 C411\n", -ENOTSUP, "C411"},
        {"YUV4MPEG2 W1 H1 Q7\n", -EBADMSG, "Q7"},
        {"YUV4MPEG2 W1 H1 \x1b[2J\n", -EBADMSG, "?[2J"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_y4m_header header;
        char reason[200];
        ck_assert_msg(parse(cases[i].line, &header, reason) == cases[i].rc, "%s", cases[i].line);
        ck_assert_msg(strstr(reason, cases[i].word), "%s: \"%s\" lacks \"%s\"", cases[i].line,
                      reason, cases[i].word);
    }
}
END_TEST

START_TEST(a_line_without_end_is_refused)
{
    char text[2 * FR_Y4M_LINE_MAX], reason[200];
    struct fr_y4m_header header;
    size_t used;
    memset(text, ' ', sizeof text);
    memcpy(text, "YUV4MPEG2", 9);
    ck_assert_int_eq(fr_y4m_parse_header((uint8_t *)text, FR_Y4M_LINE_MAX - 1, &header, &used,
                                         reason, sizeof reason),
                     -EAGAIN);
    ck_assert_int_eq(
        fr_y4m_parse_header((uint8_t *)text, sizeof text, &header, &used, reason, sizeof reason),
        -EBADMSG);
    memcpy(text, "FRAME    ", 9);
    ck_assert_int_eq(fr_y4m_parse_frame((uint8_t *)text, sizeof text, &used), -EBADMSG);
}
END_TEST

START_TEST(frame_lines_are_found_with_and_without_parameters)
{
    size_t used;
    ck_assert_int_eq(fr_y4m_parse_frame((const uint8_t *)"FRAME\n\1\2", 8, &used), 0);
    ck_assert_uint_eq(used, 6);
    ck_assert_int_eq(fr_y4m_parse_frame((const uint8_t *)"FRAME Ixyz XQ\n", 14, &used), 0);
    ck_assert_uint_eq(used, 14);
    for (size_t n = 0; n < 6; n++)
        ck_assert_int_eq(fr_y4m_parse_frame((const uint8_t *)"FRAME\n", n, &used), -EAGAIN);
    ck_assert_int_eq(fr_y4m_parse_frame((const uint8_t *)"FRAMES\n", 7, &used), -EBADMSG);
    ck_assert_int_eq(fr_y4m_parse_frame((const uint8_t *)"frame\n", 6, &used), -EBADMSG);
}
END_TEST

START_TEST(every_fourcc_of_the_ring_reaches_y4m_with_the_same_values)
{
    static const uint32_t sizes[][2] = {{64, 48}, {34, 21}, {2, 1}, {33, 17}};
    for (int f = 0; f < N_RING_FOURCCS; f++)
        for (size_t s = 0; s < 4; s++) {
            uint32_t w = sizes[s][0], h = sizes[s][1], fourcc = ring_fourccs[f];
            if (w % 2 && (fourcc == FR_FOURCC_YUYV || fourcc == FR_FOURCC_UYVY))
                continue;
            uint8_t *memory;
            struct fr_frame frame = make_frame(fourcc, w, h, &memory);
            struct fr_y4m_header header;
            ck_assert_int_eq(fr_frame_y4m_header(&frame.format, &header, NULL, 0), 0);
            size_t size = fr_y4m_frame_bytes(&header);
            uint8_t *bytes = malloc(size), *at = bytes;
            ck_assert_int_eq(fr_frame_to_y4m(&frame, bytes, size - 1), -ENOSPC);
            ck_assert_int_eq(fr_frame_to_y4m(&frame, bytes, size), 0);
            uint32_t c_w = (w + 1) / 2, c_h = (h + fourcc_v_sub(fourcc) - 1) / fourcc_v_sub(fourcc);
            for (unsigned c = 0; c < (fourcc_has_chroma(fourcc) ? 3 : 1); c++)
                for (uint32_t y = 0; y < (c ? c_h : h); y++)
                    for (uint32_t x = 0; x < (c ? c_w : w); x++)
                        ck_assert_uint_eq(*at++, frame_sample(c, x, y));
            ck_assert_uint_eq((size_t)(at - bytes), size);
            free(bytes);
            free(memory);
        }
}
END_TEST

START_TEST(colorimetry_and_field_reach_the_header)
{
    struct fr_format format = {.fourcc = FR_FOURCC_NV12,
                               .width_px = 64,
                               .height_px = 48,
                               .field = V4L2_FIELD_NONE,
                               .rate_num = 30,
                               .rate_den = 1};
    static const char *const expected[] = {
        "YUV4MPEG2 W64 H48 F30:1 Ip A1:1 C420jpeg\n",
        "YUV4MPEG2 W64 H48 F30:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n",
        "YUV4MPEG2 W64 H48 F30:1 Ip A1:1 C420mpeg2 XCOLORRANGE=LIMITED\n"};
    for (uint8_t range = 0; range < 3; range++) {
        struct fr_y4m_header header;
        char line[FR_Y4M_LINE_MAX];
        format.colorimetry.range = range;
        ck_assert_int_eq(fr_frame_y4m_header(&format, &header, NULL, 0), 0);
        ck_assert_int_gt(fr_y4m_write_header(&header, line, sizeof line), 0);
        ck_assert_str_eq(line, expected[range]);
    }
}
END_TEST

START_TEST(each_field_order_has_its_letter)
{
    static const struct {
        uint32_t field;
        const char *letter;
    } fields[] = {{V4L2_FIELD_ANY, " I? "},
                  {V4L2_FIELD_NONE, " Ip "},
                  {V4L2_FIELD_INTERLACED_TB, " It "},
                  {V4L2_FIELD_INTERLACED_BT, " Ib "}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct fr_y4m_header in = {.width_px = 8, .height_px = 8}, out;
        char line[FR_Y4M_LINE_MAX], reason[200];
        in.field = (__typeof__(in.field))fields[i].field;
        ck_assert_int_gt(fr_y4m_write_header(&in, line, sizeof line), 0);
        ck_assert_msg(strstr(line, fields[i].letter), "%s", line);
        ck_assert_int_eq(parse(line, &out, reason), 0);
        ck_assert_uint_eq(out.field, fields[i].field);
    }
}
END_TEST

/* 0:0 is "not told"; with one of them 0 it is no rate either. */
START_TEST(a_rate_with_a_nought_in_it_is_none)
{
    static const char *const rates[] = {"0:0", "25:0", "0:1"};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct fr_y4m_header header;
        char line[64], reason[200];
        snprintf(line, sizeof line, "YUV4MPEG2 W1 H1 F%s\n", rates[i]);
        ck_assert_int_eq(parse(line, &header, reason), 0);
        ck_assert_uint_eq(header.rate_num, 0);
        ck_assert_uint_eq(header.rate_den, 0);
    }
}
END_TEST

START_TEST(another_fourcc_is_refused_by_name)
{
    struct fr_format format = {
        .fourcc = FR_FOURCC('R', 'G', 'B', '3'), .width_px = 8, .height_px = 8};
    struct fr_frame frame = {.format = format};
    struct fr_y4m_header header;
    char reason[100];
    uint8_t bytes[8];
    ck_assert_int_eq(fr_frame_y4m_header(&format, &header, reason, sizeof reason), -ENOTSUP);
    ck_assert_str_eq(reason, "Y4M cannot carry RGB3");
    ck_assert_int_eq(fr_frame_to_y4m(&frame, bytes, sizeof bytes), -ENOTSUP);
}
END_TEST

START_TEST(planes_that_are_too_small_are_refused)
{
    for (int f = 0; f < N_RING_FOURCCS; f++) {
        uint8_t *memory, bytes[64 * 48 * 2];
        struct fr_frame frame = make_frame(ring_fourccs[f], 64, 48, &memory);
        for (unsigned p = 0; p < frame.n_planes; p++) {
            struct fr_frame bad = frame;
            bad.planes[p].size_bytes -= bad.planes[p].stride_bytes;
            ck_assert_int_eq(fr_frame_to_y4m(&bad, bytes, sizeof bytes), -EINVAL);
            bad = frame;
            bad.planes[p].stride_bytes = 1;
            ck_assert_int_eq(fr_frame_to_y4m(&bad, bytes, sizeof bytes), -EINVAL);
            bad = frame;
            bad.planes[p].kind = FR_PLANE_JPEG;
            ck_assert_int_eq(fr_frame_to_y4m(&bad, bytes, sizeof bytes), -EINVAL);
        }
        free(memory);
    }
}
END_TEST

UNIT_MAIN("y4m", a_header_that_was_written_is_read_back, a_header_without_a_chroma_word_is_420jpeg,
          an_incomplete_header_asks_for_more,
          a_broken_header_is_refused_with_the_word_that_broke_it, a_line_without_end_is_refused,
          frame_lines_are_found_with_and_without_parameters,
          every_fourcc_of_the_ring_reaches_y4m_with_the_same_values,
          colorimetry_and_field_reach_the_header, another_fourcc_is_refused_by_name,
          planes_that_are_too_small_are_refused, each_field_order_has_its_letter,
          a_rate_with_a_nought_in_it_is_none)
