/* Recordings of concatenated JPEGs: each is found, and damage costs a picture, no more. */
#include "tests/unit/make_recording.h"

#include <errno.h>

START_TEST(concatenated_jpegs_come_one_by_one_and_again_after_a_rewind)
{
    const char *path = in_folder("stream.bin"); /* content decides, not the name */
    for (uint32_t i = 0; i < 40; i++) {
        struct made_jpeg made = picture(i);
        append(path, made.bytes, made.length);
        free(made.bytes);
    }
    struct fr_recording *recording = open_ok(path);
    const struct fr_recording_info *info = fr_recording_info(recording);
    ck_assert_int_eq(info->kind, FR_RECORDING_JPEG_STREAM);
    ck_assert_uint_eq(info->format.fourcc, FR_FOURCC_YU12);
    ck_assert_uint_eq(info->format.width_px, W);
    ck_assert_uint_eq(info->format.height_px, H);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 40; i++)
            check_next_is(recording, i, i);
        check_next_fails(recording, -ENODATA, "");
        check_next_fails(recording, -ENODATA, "");
        ck_assert_int_eq(fr_recording_rewind(recording), 0);
    }
    fr_recording_close(recording);
}
END_TEST

START_TEST(a_damaged_picture_costs_itself_alone)
{
    const char *path = in_folder("stream.mjpeg");
    struct made_jpeg a = picture(1), b = picture(2), c = picture(3);
    struct made_jpeg large = make_jpeg(&(struct make_jpeg){W + 2, H, .h = 2, .v = 2});
    struct made_jpeg slow = make_jpeg(&(struct make_jpeg){W, H, .is_progressive = true});

    append(path, "noise\xff\xd8noise\0\0", 14);
    append(path, a.bytes, a.length);
    append(path, b.bytes, b.length / 2); /* cut short, the next one begins */
    append(path, c.bytes, c.length);
    append(path, large.bytes, large.length);
    append(path, "\0\0\0", 3);
    append(path, slow.bytes, slow.length);
    append(path, b.bytes, b.length);
    append(path, c.bytes, c.length - 100); /* cut short by the end of the file */
    struct fr_recording *recording = open_ok(path);
    check_next_is(recording, 1, 0);
    check_next_fails(recording, -EBADMSG, "frame 1");
    check_next_is(recording, 3, 2);
    check_next_fails(recording, -EBADMSG, "72x50 instead of 70x50");
    check_next_fails(recording, -EBADMSG, "progressive");
    check_next_is(recording, 2, 5);
    check_next_fails(recording, -EBADMSG, "frame 6");
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    free(a.bytes);
    free(b.bytes);
    free(c.bytes);
    free(large.bytes);
    free(slow.bytes);
}
END_TEST

/* An APP segment with a whole picture in it (a thumbnail), and a comment with FF D9. */
START_TEST(a_thumbnail_or_an_EOI_inside_a_segment_is_not_the_pictures_end)
{
    const char *path = in_folder("stream.mjpeg");
    struct made_jpeg thumbnail = make_jpeg(&(struct make_jpeg){16, 16, .h = 2, .v = 2});
    for (uint32_t i = 0; i < 5; i++) {
        struct made_jpeg made = picture(i);
        size_t length = 2 + thumbnail.length;
        uint8_t app[4] = {0xff, 0xe1, (uint8_t)(length >> 8), (uint8_t)length};
        append(path, made.bytes, 2);
        append(path, app, 4);
        append(path, thumbnail.bytes, thumbnail.length);
        append(path, "\xff\xfe\0\6\xff\xd9\xff\xd8", 8);
        append(path, made.bytes + 2, made.length - 2);
        free(made.bytes);
    }
    free(thumbnail.bytes);
    struct fr_recording *recording = open_ok(path);
    for (uint32_t i = 0; i < 5; i++)
        check_next_is(recording, i, i);
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
}
END_TEST

START_TEST(the_splitter_gives_the_same_whatever_the_pieces)
{
    uint8_t *stream = NULL;
    size_t length = 0, starts[6], lengths[6];
    for (uint32_t i = 0; i < 6; i++) {
        struct made_jpeg made =
            make_jpeg(&(struct make_jpeg){W, H, .h = 2, .v = 1, .seed = i,
                                          .restart_rows = (int)i % 2, .n_scans = i == 3 ? 3 : 0});
        stream = realloc(stream, length + made.length + 3);
        memcpy(stream + length, "\xff\0x", 3);
        starts[i] = length + 3;
        lengths[i] = made.length;
        memcpy(stream + length + 3, made.bytes, made.length);
        length += made.length + 3;
        free(made.bytes);
    }
    for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
        struct fr_jpeg_split split = {0};
        size_t have = 0, gone = 0, n = 0, start, size;
        for (;;) {
            /* an exact copy, so that a sanitizer sees a read beyond what was given */
            uint8_t *window = malloc(have - gone ? have - gone : 1);
            memcpy(window, stream + gone, have - gone);
            while (fr_jpeg_split(&split, window, have - gone, have == length, &start, &size)) {
                ck_assert_uint_lt(n, 6);
                ck_assert_uint_eq(gone + start, starts[n]);
                ck_assert_uint_eq(size, lengths[n]);
                n++;
            }
            free(window);
            gone += fr_jpeg_split_discard(&split);
            ck_assert_uint_le(gone, have);
            if (have == length)
                break;
            have = have + piece < length ? have + piece : length;
        }
        ck_assert_uint_eq(n, 6);
    }
    free(stream);
}
END_TEST

START_TEST(the_splitter_bounds_a_picture_that_never_ends)
{
    /* SOI, then restart markers without end: given up, and the picture behind it is found. */
    enum { ENDLESS = 70 << 20 };
    const char *path = in_folder("endless.mjpeg");
    FILE *file = fopen(path, "wb");
    struct made_jpeg made = picture(7);
    static uint8_t piece[1 << 20];
    memset(piece, 0x11, sizeof piece);
    fwrite(made.bytes, 1, made.length, file);
    fwrite("\xff\xd8\xff\xe0\0\2", 1, 6, file);
    for (int i = 0; i < ENDLESS / (int)sizeof piece; i++)
        fwrite(piece, 1, sizeof piece, file);
    fwrite(made.bytes, 1, made.length, file);
    fclose(file);
    struct fr_recording *recording = open_ok(path);
    check_next_is(recording, 7, 0);
    check_next_fails(recording, -EBADMSG, "more than");
    check_next_is(recording, 7, 2);
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    free(made.bytes);
}
END_TEST

UNIT_MAIN("recording_jpegs", concatenated_jpegs_come_one_by_one_and_again_after_a_rewind,
          a_damaged_picture_costs_itself_alone,
          a_thumbnail_or_an_EOI_inside_a_segment_is_not_the_pictures_end,
          the_splitter_gives_the_same_whatever_the_pieces,
          the_splitter_bounds_a_picture_that_never_ends)
