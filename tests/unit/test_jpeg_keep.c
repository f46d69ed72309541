/* The camera's JPEG kept: its own bytes, and what a browser wants beside them. */
#include "common/media/jpeg_keep.h"
#include "jpeg_bench.h"
#include "unit.h"

/* Keeps it, and checks that what is kept is whole, stands alone and has the same samples. Returns
 * its length. */
static size_t check_kept(const uint8_t *bytes, size_t length)
{
    struct fr_jpeg_info info, kept_info;
    size_t room = length + FR_JPEG_KEEP_EXTRA;
    uint8_t *kept = malloc(room), *exact;

    ck_assert_int_eq(fr_jpeg_probe(bytes, length, &info), 0);
    size_t n = fr_jpeg_keep(bytes, length, &info, kept, room);
    ck_assert_uint_gt(n, 0);
    ck_assert_int_eq(fr_jpeg_probe(kept, n, &kept_info), 0);
    ck_assert_uint_eq(kept_info.start_bytes, 0);
    ck_assert(kept_info.has_huffman_tables);
    ck_assert_uint_eq(kept[n - 2], 0xff);
    ck_assert_uint_eq(kept[n - 1], 0xd9);

    struct raw_planes raw = raw_decode(bytes + info.start_bytes, length - info.start_bytes);
    struct raw_planes again = raw_decode(kept, n);
    ck_assert_int_eq(raw.components, again.components);
    for (int c = 0; c < raw.components; c++)
        for (uint32_t y = 0; y < raw.height[c]; y++)
            ck_assert_mem_eq(raw.plane[c] + (size_t)y * raw.stride[c],
                             again.plane[c] + (size_t)y * again.stride[c], raw.width[c]);
    raw_free(&raw);
    raw_free(&again);

    /* As much room as it takes is enough, and a byte less is not; then nothing is written. */
    exact = malloc(n);
    memset(exact, FILL, n);
    ck_assert_uint_eq(fr_jpeg_keep(bytes, length, &info, exact, n - 1), 0);
    ck_assert(is_filled(exact, n));
    ck_assert_uint_eq(fr_jpeg_keep(bytes, length, &info, exact, n), n);
    ck_assert_mem_eq(exact, kept, n);
    free(exact);
    free(kept);
    return n;
}

START_TEST(a_kept_jpeg_is_the_cameras_own)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){90, 70, .h = 2, .v = 1});
    uint8_t *kept = malloc(made.length);
    struct fr_jpeg_info info;
    ck_assert_int_eq(fr_jpeg_probe(made.bytes, made.length, &info), 0);
    ck_assert_uint_eq(fr_jpeg_keep(made.bytes, made.length, &info, kept, made.length), made.length);
    ck_assert_mem_eq(kept, made.bytes, made.length);
    free(kept);
    free(made.bytes);
}
END_TEST

START_TEST(a_kept_jpeg_lacks_nothing_that_a_browser_wants)
{
    struct made_jpeg bare =
        make_jpeg(&(struct make_jpeg){90, 70, .h = 2, .v = 2, .has_no_tables = true});
    size_t n = check_kept(bare.bytes, bare.length);
    ck_assert_uint_eq(n, bare.length + FR_JPEG_KEEP_EXTRA - 2);
    /* without EOI */
    ck_assert_uint_eq(check_kept(bare.bytes, bare.length - 2), n);
    /* restart markers, several scans */
    struct made_jpeg other = make_jpeg(&(struct make_jpeg){
        90, 70, .h = 2, .v = 2, .has_no_tables = true, .restart_rows = 1, .n_scans = 3});
    check_kept(other.bytes, other.length);
    free(other.bytes);
    free(bare.bytes);
}
END_TEST

START_TEST(stale_bytes_and_garbage_are_not_kept)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){90, 70, .h = 2, .v = 1});
    enum { BEFORE = 7, BEHIND = 3000 };
    size_t length = BEFORE + made.length + BEHIND;
    uint8_t *bytes = malloc(length);
    memset(bytes, 0x3c, BEFORE);
    memcpy(bytes + BEFORE, made.bytes, made.length);
    /* the middle of another frame, as a driver's buffer has it */
    memcpy(bytes + BEFORE + made.length, made.bytes + made.length - BEHIND, BEHIND);
    ck_assert_uint_eq(check_kept(bytes, length), made.length);
    free(bytes);
    free(made.bytes);
}
END_TEST

START_TEST(what_has_no_scan_is_not_kept)
{
    struct made_jpeg made = make_jpeg(&(struct make_jpeg){90, 70, .h = 2, .v = 1});
    struct fr_jpeg_info info;
    uint8_t *kept = malloc(made.length);
    ck_assert_int_eq(fr_jpeg_probe(made.bytes, made.length, &info), 0);
    size_t scan = info.scan_bytes;
    ck_assert_uint_eq(made.bytes[scan], 0xff);
    ck_assert_uint_eq(made.bytes[scan + 1], 0xda);
    ck_assert_int_eq(fr_jpeg_probe(made.bytes, scan, &info), 0);
    ck_assert_uint_eq(fr_jpeg_keep(made.bytes, scan, &info, kept, made.length), 0);
    free(kept);
    free(made.bytes);
}
END_TEST

UNIT_MAIN("jpeg_keep", a_kept_jpeg_is_the_cameras_own,
          a_kept_jpeg_lacks_nothing_that_a_browser_wants, stale_bytes_and_garbage_are_not_kept,
          what_has_no_scan_is_not_kept)
