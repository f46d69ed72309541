/* Less than the whole picture, for less work: the same samples that plain libjpeg gives. */
#include "jpeg_bench.h"
#include "unit.h"

#include <errno.h>

static const uint32_t sizes[][2] = {{64, 48}, {33, 33},  {1, 1},    {16, 16}, {17, 1},
                                    {1, 17},  {642, 45}, {130, 70}, {8, 200}, {1366, 21}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static const uint32_t scales[] = {1, 2, 4};

/* Decodes at 1/scale and compares each sample with libjpeg's own of that component, brought to the
 * plane's sampling where that is another. */
static void check_scaled(const struct make_jpeg *want, uint32_t scale, uint32_t fourcc,
                         uint32_t stride)
{
    struct made_jpeg made = make_jpeg(want);
    bool is_luma_only = fourcc == FR_FOURCC_GREY;
    struct raw_planes raw = raw_decode_scaled(made.bytes, made.length, is_luma_only ? 1 : 3, scale);
    const struct fr_jpeg_agreed agreed = {want->width, want->height, scale};
    uint32_t width = fr_jpeg_scaled_px(want->width, scale);
    uint32_t height = fr_jpeg_scaled_px(want->height, scale);
    struct bench b = bench_new(fourcc, width, height, stride);

    int rc =
        fr_jpeg_decode_agreed(b.decoder, made.bytes, made.length, &agreed, &b.geometry, b.slot);
    ck_assert_msg(rc == 0, "%d: %s", rc, fr_jpeg_decoder_reason(b.decoder));
    ck_assert_uint_eq(fr_jpeg_decoder_warnings(b.decoder), 0);
    ck_assert_uint_eq(raw.width[0], width);
    ck_assert_uint_eq(raw.height[0], height);
    check_same(&b, &raw, 1);
    uint32_t plane_v = fourcc == FR_FOURCC_422P ? 1 : 2;
    for (int c = 1; c < raw.components; c++)
        for (uint32_t y = 0; y < (height + plane_v - 1) / plane_v; y++) {
            const uint8_t *row = plane_row(&b, c == 1 ? FR_PLANE_U : FR_PLANE_V, y);
            for (uint32_t x = 0; x < (width + 1) / 2; x++) {
                uint8_t wanted =
                    resampled(&raw, c, x, y, (uint32_t)want->h, (uint32_t)want->v, 2, plane_v);
                if (row[x] != wanted)
                    ck_abort_msg("%ux%u by %u, %dx%d: component %d at %u,%u: %u instead of %u",
                                 want->width, want->height, scale, want->h, want->v, c, x, y,
                                 row[x], wanted);
            }
        }
    bench_free(&b);
    raw_free(&raw);
    free(made.bytes);
}

START_TEST(scaled_pictures_are_those_of_libjpeg_component_by_component)
{
    for (int i = 0; i < N_SIZES; i++)
        for (int s = 0; s < 3; s++) {
            uint32_t w = sizes[i][0], h = sizes[i][1];
            check_scaled(&(struct make_jpeg){w, h, .h = 2, .v = 2}, scales[s], FR_FOURCC_YU12, 0);
            check_scaled(&(struct make_jpeg){w, h, .h = 2, .v = 2}, scales[s], FR_FOURCC_YV12, 0);
            check_scaled(&(struct make_jpeg){w, h, .h = 2, .v = 1}, scales[s], FR_FOURCC_422P, 0);
        }
}
END_TEST

START_TEST(a_stride_without_room_for_whole_blocks_gives_the_same_scaled)
{
    for (int i = 0; i < N_SIZES; i++)
        for (int s = 1; s < 3; s++) {
            uint32_t w = sizes[i][0], h = sizes[i][1];
            uint32_t tight = (fr_jpeg_scaled_px(w, scales[s]) + 1) / 2 * 2;
            check_scaled(&(struct make_jpeg){w, h, .h = 2, .v = 2}, scales[s], FR_FOURCC_YU12,
                         tight);
            check_scaled(&(struct make_jpeg){w, h, .h = 2, .v = 1}, scales[s], FR_FOURCC_422P,
                         tight);
        }
}
END_TEST

START_TEST(other_sampling_is_averaged_or_repeated_scaled)
{
    static const int subs[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}, {4, 2}};
    for (int i = 0; i < N_SIZES; i++)
        for (size_t k = 0; k < sizeof subs / sizeof *subs; k++)
            for (int s = 1; s < 3; s++) {
                const struct make_jpeg want = {sizes[i][0], sizes[i][1], .h = subs[k][0],
                                               .v = subs[k][1]};
                check_scaled(&want, scales[s], FR_FOURCC_YU12, 0);
                check_scaled(&want, scales[s], FR_FOURCC_422P, 0);
            }
}
END_TEST

START_TEST(luma_alone_can_be_scaled_from_any_sampling)
{
    for (int i = 0; i < N_SIZES; i++)
        for (int h = 1; h <= 4; h++)
            for (int v = 1; v <= 4; v++)
                for (int s = 1; s < 3 && h * v <= 8; s++) /* ten blocks a MCU at most */
                    check_scaled(&(struct make_jpeg){sizes[i][0], sizes[i][1], .h = h, .v = v},
                                 scales[s], FR_FOURCC_GREY, 0);
}
END_TEST

START_TEST(restart_markers_and_separate_scans_make_no_difference_scaled)
{
    for (int s = 1; s < 3; s++) {
        check_scaled(&(struct make_jpeg){100, 90, .h = 2, .v = 2, .restart_rows = 1}, scales[s],
                     FR_FOURCC_YU12, 0);
        check_scaled(&(struct make_jpeg){100, 90, .h = 2, .v = 2, .n_scans = 3}, scales[s],
                     FR_FOURCC_YU12, 0);
        check_scaled(&(struct make_jpeg){100, 90, .h = 2, .v = 1, .n_scans = 3}, scales[s],
                     FR_FOURCC_GREY, 0);
    }
}
END_TEST

START_TEST(C7_another_size_than_the_agreed_one_is_refused_at_every_scale)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){66, 50, .h = 2, .v = 2});
    struct bench b = bench_new(FR_FOURCC_YU12, 33, 25, 0);
    const struct fr_jpeg_agreed right = {66, 50, 2};

    ck_assert_int_eq(
        fr_jpeg_decode_agreed(b.decoder, made.bytes, made.length, &right, &b.geometry, b.slot), 0);
    /* 65 by 49 would come out at the same size: what counts is what was agreed. */
    static const struct {
        struct fr_jpeg_agreed agreed;
        int rc;
    } cases[] = {{{65, 49, 2}, -ERANGE}, {{66, 49, 2}, -ERANGE}, {{33, 25, 1}, -ERANGE},
                 {{66, 50, 1}, -EINVAL}, {{66, 50, 4}, -EINVAL}, {{66, 50, 3}, -EINVAL},
                 {{66, 50, 0}, -EINVAL}, {{99, 75, 3}, -EINVAL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(b.slot, FILL, b.geometry.slot_bytes);
        ck_assert_int_eq(fr_jpeg_decode_agreed(b.decoder, made.bytes, made.length, &cases[i].agreed,
                                               &b.geometry, b.slot),
                         cases[i].rc);
        ck_assert_str_ne(fr_jpeg_decoder_reason(b.decoder), "");
        ck_assert(is_filled(b.slot, b.geometry.slot_bytes));
    }
    bench_free(&b);
    free(made.bytes);
}
END_TEST

START_TEST(the_decoder_tells_how_a_picture_is_sampled)
{
    static const struct {
        int h, v;
        uint32_t native;
    } cases[] = {{2, 2, FR_FOURCC_YU12}, {2, 1, FR_FOURCC_422P}, {1, 1, FR_FOURCC_422P}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made_jpeg made =
            make_jpeg(&(struct make_jpeg){40, 40, .h = cases[i].h, .v = cases[i].v});
        struct bench b = bench_new(FR_FOURCC_GREY, 40, 40, 0);
        fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot);
        ck_assert_uint_eq(fr_jpeg_native_fourcc(fr_jpeg_decoder_info(b.decoder)), cases[i].native);
        fr_jpeg_decode(b.decoder, (const uint8_t *)"<html>", 6, &b.geometry, b.slot);
        ck_assert_uint_eq(fr_jpeg_native_fourcc(fr_jpeg_decoder_info(b.decoder)), 0);
        bench_free(&b);
        free(made.bytes);
    }
}
END_TEST

UNIT_MAIN("jpeg_modes", scaled_pictures_are_those_of_libjpeg_component_by_component,
          a_stride_without_room_for_whole_blocks_gives_the_same_scaled,
          other_sampling_is_averaged_or_repeated_scaled, luma_alone_can_be_scaled_from_any_sampling,
          restart_markers_and_separate_scans_make_no_difference_scaled,
          C7_another_size_than_the_agreed_one_is_refused_at_every_scale,
          the_decoder_tells_how_a_picture_is_sampled)
