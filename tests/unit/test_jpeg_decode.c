/* JPEG into planes: the same samples that plain libjpeg gives, and nothing outside the planes. */
#include "common/media/jpeg_decode.h"
#include "jpeg_bench.h"
#include "unit.h"

#include <errno.h>
#include <time.h>

static void check_decodes_as_libjpeg(const struct make_jpeg *want, uint32_t fourcc, uint32_t stride)
{
    struct made_jpeg made = make_jpeg(want);
    struct raw_planes raw = raw_decode(made.bytes, made.length);
    struct bench b = bench_new(fourcc, want->width, want->height, stride);

    int rc = fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot);
    ck_assert_msg(rc == 0, "%d: %s", rc, fr_jpeg_decoder_reason(b.decoder));
    ck_assert_uint_eq(fr_jpeg_decoder_warnings(b.decoder), 0);
    check_same(&b, &raw, fourcc == FR_FOURCC_GREY ? 1 : raw.components);
    bench_free(&b);
    raw_free(&raw);
    free(made.bytes);
}

static const uint32_t sizes[][2] = {{64, 48}, {33, 33},  {1, 1},    {16, 16}, {17, 1},
                                    {1, 17},  {640, 48}, {130, 70}, {8, 200}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

START_TEST(matching_sampling_gives_the_planes_of_libjpeg)
{
    for (int i = 0; i < N_SIZES; i++) {
        uint32_t w = sizes[i][0], h = sizes[i][1];
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .h = 2, .v = 2}, FR_FOURCC_YU12, 0);
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .h = 2, .v = 2}, FR_FOURCC_YV12, 0);
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .h = 2, .v = 1}, FR_FOURCC_422P, 0);
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .components = 1}, FR_FOURCC_GREY, 0);
        /* 4:2:2 written with other factors, as some cameras do */
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .h = 2, .v = 2, .chroma_v = 2},
                                 FR_FOURCC_422P, 0);
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .components = 1, .h = 2, .v = 2},
                                 FR_FOURCC_GREY, 0);
    }
}
END_TEST

START_TEST(a_stride_without_room_for_whole_blocks_gives_the_same)
{
    for (int i = 0; i < N_SIZES; i++) {
        uint32_t w = sizes[i][0], h = sizes[i][1], tight = (w + 1) / 2 * 2;
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .h = 2, .v = 2}, FR_FOURCC_YU12, tight);
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .h = 2, .v = 1}, FR_FOURCC_422P, tight);
        check_decodes_as_libjpeg(&(struct make_jpeg){w, h, .components = 1}, FR_FOURCC_GREY, w);
    }
}
END_TEST

START_TEST(luma_alone_comes_from_any_sampling)
{
    for (int i = 0; i < N_SIZES; i++)
        for (int h = 1; h <= 4; h++)
            for (int v = 1; v <= 4; v++)
                if (h * v <= 8) /* ten blocks a MCU at most */
                    check_decodes_as_libjpeg(
                        &(struct make_jpeg){sizes[i][0], sizes[i][1], .h = h, .v = v},
                        FR_FOURCC_GREY, 0);
}
END_TEST

START_TEST(restart_markers_and_separate_scans_make_no_difference)
{
    check_decodes_as_libjpeg(&(struct make_jpeg){100, 90, .h = 2, .v = 2, .restart_rows = 1},
                             FR_FOURCC_YU12, 0);
    check_decodes_as_libjpeg(&(struct make_jpeg){100, 90, .h = 2, .v = 2, .n_scans = 3},
                             FR_FOURCC_YU12, 0);
    check_decodes_as_libjpeg(&(struct make_jpeg){100, 90, .h = 2, .v = 1, .n_scans = 3},
                             FR_FOURCC_422P, 0);
    check_decodes_as_libjpeg(&(struct make_jpeg){100, 90, .h = 2, .v = 1, .n_scans = 3},
                             FR_FOURCC_GREY, 0);
}
END_TEST

static void check_converts(uint32_t width, uint32_t height, uint32_t h_sub, uint32_t v_sub,
                           uint32_t fourcc)
{
    struct made_jpeg made =
        make_jpeg(&(struct make_jpeg){width, height, .h = (int)h_sub, .v = (int)v_sub});
    struct raw_planes raw = raw_decode(made.bytes, made.length);
    struct bench b = bench_new(fourcc, width, height, 0);
    uint32_t plane_v = fourcc == FR_FOURCC_422P ? 1 : 2;

    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot), 0);
    check_same(&b, &raw, 1);
    for (int c = 1; c < 3; c++)
        for (uint32_t y = 0; y < (height + plane_v - 1) / plane_v; y++) {
            const uint8_t *row = plane_row(&b, c == 1 ? FR_PLANE_U : FR_PLANE_V, y);
            for (uint32_t x = 0; x < (width + 1) / 2; x++)
                if (row[x] != resampled(&raw, c, x, y, h_sub, v_sub, 2, plane_v))
                    ck_abort_msg("%ux%u from %ux%u component %d at %u,%u: %u", width, height, h_sub,
                                 v_sub, c, x, y, row[x]);
        }
    bench_free(&b);
    raw_free(&raw);
    free(made.bytes);
}

START_TEST(other_sampling_is_averaged_or_repeated)
{
    static const uint32_t subs[][2] = {{1, 1}, {2, 1}, {2, 2}, {1, 2}, {4, 1}, {4, 2}};
    for (int i = 0; i < N_SIZES; i++)
        for (size_t s = 0; s < sizeof subs / sizeof *subs; s++) {
            check_converts(sizes[i][0], sizes[i][1], subs[s][0], subs[s][1], FR_FOURCC_YU12);
            check_converts(sizes[i][0], sizes[i][1], subs[s][0], subs[s][1], FR_FOURCC_YV12);
            check_converts(sizes[i][0], sizes[i][1], subs[s][0], subs[s][1], FR_FOURCC_422P);
        }
}
END_TEST

START_TEST(a_grey_picture_has_neutral_chroma)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){50, 30, .components = 1});
    struct bench b = bench_new(FR_FOURCC_YU12, 50, 30, 0);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot), 0);
    for (uint32_t y = 0; y < 15; y++)
        for (uint32_t x = 0; x < 25; x++) {
            ck_assert_uint_eq(plane_row(&b, FR_PLANE_U, y)[x], 128);
            ck_assert_uint_eq(plane_row(&b, FR_PLANE_V, y)[x], 128);
        }
    bench_free(&b);
    free(made.bytes);
}
END_TEST

START_TEST(C5_no_huffman_tables_means_the_standard_ones)
{
    struct make_jpeg want = {100, 60, .h = 2, .v = 1};
    struct made_jpeg whole = make_jpeg(&want);
    want.has_no_tables = true;
    struct made_jpeg bare = make_jpeg(&want);
    struct raw_planes raw = raw_decode(whole.bytes, whole.length);
    struct bench b = bench_new(FR_FOURCC_422P, 100, 60, 0);
    struct fr_jpeg_info info;

    ck_assert_uint_lt(bare.length, whole.length - 400);
    ck_assert_int_eq(fr_jpeg_probe(bare.bytes, bare.length, &info), 0);
    ck_assert(!info.has_huffman_tables);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, bare.bytes, bare.length, &b.geometry, b.slot), 0);
    check_same(&b, &raw, 3);
    bench_free(&b);
    raw_free(&raw);
    free(whole.bytes);
    free(bare.bytes);
}
END_TEST

START_TEST(a_picture_does_not_depend_on_the_one_before)
{
    struct make_jpeg want = {64, 64, .h = 2, .v = 2, .has_no_tables = true};
    struct made_jpeg bare = make_jpeg(&want);
    want.has_no_tables = false;
    struct made_jpeg other = make_jpeg(&want);
    struct bench b = bench_new(FR_FOURCC_YU12, 64, 64, 0);
    struct raw_planes raw = raw_decode(bare.bytes, bare.length);

    /* Swap two symbols of the first table of `other`: its tables are not the standard ones then,
     * and the bare picture behind it must not be decoded by them. */
    uint8_t *dht = NULL;
    for (size_t i = 0; i + 30 < other.length; i++)
        if (other.bytes[i] == 0xff && other.bytes[i + 1] == 0xc4) {
            dht = other.bytes + i;
            break;
        }
    ck_assert_ptr_nonnull(dht);
    uint8_t swap = dht[21];
    dht[21] = dht[22];
    dht[22] = swap;
    fr_jpeg_decode(b.decoder, other.bytes, other.length, &b.geometry, b.slot);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, bare.bytes, bare.length, &b.geometry, b.slot), 0);
    check_same(&b, &raw, 3);
    bench_free(&b);
    raw_free(&raw);
    free(bare.bytes);
    free(other.bytes);
}
END_TEST

START_TEST(garbage_before_and_behind_is_passed_over)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){70, 50, .h = 2, .v = 2});
    struct raw_planes raw = raw_decode(made.bytes, made.length);
    struct bench b = bench_new(FR_FOURCC_YU12, 70, 50, 0);
    size_t before = 300, behind = 5000, length = before + made.length + behind;
    uint8_t *bytes = malloc(length);

    memset(bytes, 0xff, before); /* fill bytes: the worst kind */
    memset(bytes, 0, before - 1);
    memcpy(bytes + before, made.bytes, made.length);
    memset(bytes + before + made.length, 0xd8, behind);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, bytes, length, &b.geometry, b.slot), 0);
    check_same(&b, &raw, 3);

    /* and without its EOI */
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length - 2, &b.geometry, b.slot),
                     0);
    check_same(&b, &raw, 3);
    free(bytes);
    bench_free(&b);
    raw_free(&raw);
    free(made.bytes);
}
END_TEST

START_TEST(C6_extraneous_bytes_are_decoded_and_counted)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){70, 50, .h = 2, .v = 2});
    struct raw_planes raw = raw_decode(made.bytes, made.length);
    struct bench b = bench_new(FR_FOURCC_YU12, 70, 50, 0);
    uint8_t *bytes = malloc(made.length + 8);

    /* behind the JFIF segment: 2 of SOI, 2 + 16 of APP0 */
    memcpy(bytes, made.bytes, 20);
    memset(bytes + 20, 0x11, 8);
    memcpy(bytes + 28, made.bytes + 20, made.length - 20);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, bytes, made.length + 8, &b.geometry, b.slot), 0);
    ck_assert_uint_eq(fr_jpeg_decoder_warnings(b.decoder), 1);
    ck_assert_msg(strstr(fr_jpeg_decoder_reason(b.decoder), "extraneous"), "%s",
                  fr_jpeg_decoder_reason(b.decoder));
    check_same(&b, &raw, 3);
    free(bytes);
    bench_free(&b);
    raw_free(&raw);
    free(made.bytes);
}
END_TEST

START_TEST(C5_every_truncation_is_told)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){40, 40, .h = 2, .v = 2});
    struct bench b = bench_new(FR_FOURCC_YU12, 40, 40, 0);
    size_t incomplete = 0;

    for (size_t length = 0; length + 3 < made.length; length++) {
        /* exact heap buffers, so that a sanitizer sees a read beyond them */
        uint8_t *bytes = malloc(length ? length : 1);
        memcpy(bytes, made.bytes, length);
        int rc = fr_jpeg_decode(b.decoder, bytes, length, &b.geometry, b.slot);
        ck_assert_msg(rc == -EBADMSG || rc == -ENODATA, "%d at %zu of %lu", rc, length,
                      made.length);
        ck_assert_str_ne(fr_jpeg_decoder_reason(b.decoder), "");
        incomplete += rc == -ENODATA;
        free(bytes);
    }
    ck_assert_uint_gt(incomplete, 100);
    bench_free(&b);
    free(made.bytes);
}
END_TEST

static void check_refused(const struct make_jpeg *want, int expected, const char *word)
{
    struct made_jpeg made = make_jpeg(want);
    struct bench b = bench_new(FR_FOURCC_YU12, 64, 64, 0);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot),
                     expected);
    ck_assert_msg(strstr(fr_jpeg_decoder_reason(b.decoder), word), "%s lacks %s",
                  fr_jpeg_decoder_reason(b.decoder), word);
    for (uint64_t i = 0; i < b.geometry.slot_bytes; i++)
        ck_assert_uint_eq(b.slot[i], FILL);
    bench_free(&b);
    free(made.bytes);
}

START_TEST(C7_what_costs_time_is_refused_from_the_header)
{
    check_refused(&(struct make_jpeg){64, 64, .is_progressive = true}, -ENOTSUP, "progressive");
    check_refused(&(struct make_jpeg){64, 64, .is_arithmetic = true}, -ENOTSUP, "arithmetic");
    check_refused(&(struct make_jpeg){64, 64, .components = 4}, -ENOTSUP, "CMYK");
    check_refused(&(struct make_jpeg){64, 64, .is_rgb = true}, -ENOTSUP, "RGB");
    check_refused(&(struct make_jpeg){64, 63, .h = 2}, -ERANGE, "64x63 instead of 64x64");
    check_refused(&(struct make_jpeg){64, 64, .h = 1, .chroma_h = 2}, -ENOTSUP, "luma");
    check_refused(&(struct make_jpeg){64, 64, .h = 3}, -ENOTSUP, "sampling");
}
END_TEST

/* Patches the frame header's code, or its precision. */
static void check_patched(uint8_t code, uint8_t precision, const char *word)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){64, 64, .h = 2, .v = 2});
    struct bench b = bench_new(FR_FOURCC_YU12, 64, 64, 0);
    for (size_t i = 0; i + 4 < made.length; i++)
        if (made.bytes[i] == 0xff && made.bytes[i + 1] == 0xc0) {
            made.bytes[i + 1] = code;
            made.bytes[i + 4] = precision;
            break;
        }
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot),
                     -ENOTSUP);
    ck_assert_msg(strstr(fr_jpeg_decoder_reason(b.decoder), word), "%s lacks %s",
                  fr_jpeg_decoder_reason(b.decoder), word);
    bench_free(&b);
    free(made.bytes);
}

START_TEST(C7_other_processes_and_depths_are_refused)
{
    check_patched(0xc1, 12, "8 bits");
    check_patched(0xc0, 16, "8 bits");
    check_patched(0xc2, 8, "progressive");
    check_patched(0xc3, 8, "lossless");
    check_patched(0xc5, 8, "hierarchical");
    check_patched(0xc9, 8, "arithmetic");
    check_patched(0xcb, 8, "lossless");
}
END_TEST

START_TEST(C7_repeated_scans_end_in_an_error_and_soon)
{
    /* 3,000 scans. libjpeg's encoder refuses to write such a thing, so those of a picture with
     * three are repeated by hand. */
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){1600, 1200, .n_scans = 3, .quality = 10});
    struct bench b = bench_new(FR_FOURCC_422P, 1600, 1200, 0);
    size_t first_scan = 0;
    for (size_t i = 2; i + 4 < made.length;) {
        ck_assert_uint_eq(made.bytes[i], 0xff);
        first_scan = i;
        if (made.bytes[i + 1] == 0xda)
            break;
        i += 2 + ((size_t)made.bytes[i + 2] << 8) + made.bytes[i + 3];
    }
    size_t scans = made.length - 2 - first_scan, times = 1000;
    uint8_t *bytes = malloc(first_scan + scans * times + 2);
    memcpy(bytes, made.bytes, first_scan);
    for (size_t i = 0; i < times; i++)
        memcpy(bytes + first_scan + i * scans, made.bytes + first_scan, scans);
    memcpy(bytes + first_scan + times * scans, "\xff\xd9", 2);

    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot), 0);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double once_s =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    ck_assert_int_eq(
        fr_jpeg_decode(b.decoder, bytes, first_scan + scans * times + 2, &b.geometry, b.slot),
        -EBADMSG);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    double hostile_s =
        (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    /* As long as a good picture of its size, which fits into a period or nobody would ask for
     * it. */
    ck_assert_msg(hostile_s < 3 * once_s, "%f s, once %f s", hostile_s, once_s);
    ck_assert_str_eq(fr_jpeg_decoder_reason(b.decoder), "more scans than components");
    free(bytes);
    bench_free(&b);
    free(made.bytes);
}
END_TEST

START_TEST(a_geometry_or_fourcc_that_does_not_fit_is_refused)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){64, 64, .h = 2, .v = 2});
    struct bench b = bench_new(FR_FOURCC_YU12, 64, 64, 0);
    struct fr_geometry bad = b.geometry;

    bad.planes[2].offset_bytes = bad.slot_bytes;
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length, &bad, b.slot), -EINVAL);
    bench_free(&b);
    b = bench_new(FR_FOURCC_NV12, 64, 64, 0);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, made.bytes, made.length, &b.geometry, b.slot),
                     -ENOTSUP);
    bench_free(&b);
    free(made.bytes);
}
END_TEST

START_TEST(text_is_no_picture)
{
    static const uint8_t html[] = "<html><body>401 Unauthorized</body></html>";
    struct bench b = bench_new(FR_FOURCC_YU12, 64, 64, 0);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, html, sizeof html, &b.geometry, b.slot), -EBADMSG);
    ck_assert_int_eq(fr_jpeg_decode(b.decoder, html, 0, &b.geometry, b.slot), -EBADMSG);
    bench_free(&b);
    fr_jpeg_decoder_free(NULL);
}
END_TEST

UNIT_MAIN("jpeg_decode", matching_sampling_gives_the_planes_of_libjpeg,
          a_stride_without_room_for_whole_blocks_gives_the_same, luma_alone_comes_from_any_sampling,
          restart_markers_and_separate_scans_make_no_difference,
          other_sampling_is_averaged_or_repeated, a_grey_picture_has_neutral_chroma,
          C5_no_huffman_tables_means_the_standard_ones, a_picture_does_not_depend_on_the_one_before,
          garbage_before_and_behind_is_passed_over, C6_extraneous_bytes_are_decoded_and_counted,
          C5_every_truncation_is_told, C7_what_costs_time_is_refused_from_the_header,
          C7_other_processes_and_depths_are_refused, C7_repeated_scans_end_in_an_error_and_soon,
          a_geometry_or_fourcc_that_does_not_fit_is_refused, text_is_no_picture)
