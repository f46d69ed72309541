/* Recordings: folders of pictures, and what is no recording. */
#include "tests/unit/make_recording.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(a_folder_of_jpegs_comes_in_natural_order)
{
    static const char *const names[] = {"img1.jpg", "img2.JPEG", "img10.jpg", "img100.jpg"};
    const char *path = in_folder("jpegs");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    for (uint32_t i = 4; i-- > 0;) {
        char name[64];
        struct made_jpeg made = picture(i);
        snprintf(name, sizeof name, "jpegs/%s", names[i]);
        append(in_folder(name), made.bytes, made.length);
        free(made.bytes);
    }
    append(in_folder("jpegs/readme.txt"), "no picture", 10);
    append(in_folder("jpegs/.hidden.jpg"), "no picture", 10);
    append(in_folder("jpegs/img3.jpg"), "broken", 6);
    ck_assert_int_eq(mkfifo(in_folder("jpegs/img4.jpg"), 0600), 0);

    struct fr_recording *recording = open_ok(path);
    ck_assert_int_eq(fr_recording_info(recording)->kind, FR_RECORDING_JPEG_FOLDER);
    ck_assert_uint_eq(fr_recording_info(recording)->frames, 6);
    for (int round = 0; round < 2; round++) {
        check_next_is(recording, 0, 0);
        check_next_is(recording, 1, 1);
        check_next_fails(recording, -EBADMSG, "img3.jpg");
        check_next_fails(recording, -EBADMSG, "img4.jpg");
        check_next_is(recording, 2, 4);
        check_next_is(recording, 3, 5);
        check_next_fails(recording, -ENODATA, "");
        ck_assert_int_eq(fr_recording_rewind(recording), 0);
    }
    fr_recording_close(recording);
}
END_TEST

START_TEST(a_folder_with_input_mjpeg_is_that_stream)
{
    ck_assert_int_eq(mkdir(in_folder("scene"), 0700), 0);
    struct made_jpeg made = picture(9);
    append(in_folder("scene/input.mjpeg"), made.bytes, made.length);
    append(in_folder("scene/0.jpg"), "not this one", 12);
    struct fr_recording *recording = open_ok(in_folder("scene"));
    check_next_is(recording, 9, 0);
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    free(made.bytes);
}
END_TEST

START_TEST(what_is_no_recording_is_refused_with_a_reason)
{
    struct made_jpeg slow = make_jpeg(&(struct make_jpeg){W, H, .is_progressive = true});
    check_refused(in_folder("absent"), -ENOENT, "absent: No such file");
    append(in_folder("empty"), "", 0);
    check_refused(in_folder("empty"), -ENODATA, "empty file");
    append(in_folder("text"), "hello, world, this is no picture\n", 33);
    check_refused(in_folder("text"), -EBADMSG, "neither JPEG nor Y4M");
    append(in_folder("zipped"), "\x1f\x8b\x08 and so on", 12);
    check_refused(in_folder("zipped"), -ENOTSUP, "gunzip");
    append(in_folder("slow.jpg"), slow.bytes, slow.length);
    check_refused(in_folder("slow.jpg"), -ENOTSUP, "progressive");
    append(in_folder("deep.y4m"), "YUV4MPEG2 W8 H8 C444\n", 21);
    check_refused(in_folder("deep.y4m"), -ENOTSUP, "C444");
    append(in_folder("none.y4m"), "YUV4MPEG2 W8 H8\n", 16);
    check_refused(in_folder("none.y4m"), -ENODATA, "without a frame");
    ck_assert_int_eq(mkdir(in_folder("nothing"), 0700), 0);
    check_refused(in_folder("nothing"), -ENODATA, "without *.jpg");
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    check_refused(in_folder("fifo"), -EBADMSG, "neither a file nor a folder");
    fr_recording_close(NULL);
    free(slow.bytes);
}
END_TEST

START_TEST(a_geometry_that_does_not_fit_is_refused_and_uses_up_no_frame)
{
    struct made_jpeg made = picture(1);
    append(in_folder("film"), made.bytes, made.length); /* a stream */
    ck_assert_int_eq(mkdir(in_folder("folder"), 0700), 0);
    append(in_folder("folder/one.jpg"), made.bytes, made.length);
    static const char *const paths[] = {"film", "folder"};
    for (unsigned i = 0; i < 2; i++) {
        struct fr_recording *recording = open_ok(in_folder(paths[i]));
        static uint8_t slot[1 << 16];
        struct fr_recording_frame frame;
        struct fr_geometry geometry = geometry_of(FR_FOURCC_YU12, W + 2, H);
        ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), -EINVAL);
        geometry = geometry_of(FR_FOURCC_NV12, W, H);
        ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), -ENOTSUP);
        check_next_is(recording, 1, 0); /* no frame was used up by asking */
        check_next_fails(recording, -ENODATA, "");
        fr_recording_close(recording);
    }
    free(made.bytes);
}
END_TEST

START_TEST(a_folder_is_known_by_its_first_picture_that_can_be_read)
{
    struct made_jpeg good = picture(3),
                     slow = make_jpeg(&(struct make_jpeg){W, H, .is_progressive = true});
    const char *path = in_folder("mixed");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    append(in_folder("mixed/0.jpg"), "no picture", 10);
    check_refused(path, -EBADMSG, "no JPEG header");
    append(in_folder("mixed/1.jpg"), slow.bytes, slow.length);
    check_refused(path, -ENOTSUP, "progressive");
    append(in_folder("mixed/2.jpg"), good.bytes, good.length);
    struct fr_recording *recording = open_ok(path);
    check_next_fails(recording, -EBADMSG, "0.jpg");
    check_next_fails(recording, -EBADMSG, "1.jpg");
    check_next_is(recording, 3, 2);
    fr_recording_close(recording);
    free(good.bytes);
    free(slow.bytes);
}
END_TEST

START_TEST(a_folder_is_given_up_after_a_hundred_pictures_and_may_hold_any_number)
{
    enum { NUMBER = 300 };
    struct made_jpeg good = picture(4);
    char name[64];
    ck_assert_int_eq(mkdir(in_folder("many"), 0700), 0);
    append(in_folder("many/0.jpg"), "no picture", 10);
    for (int i = 1; i < NUMBER; i++) {
        snprintf(name, sizeof name, "many/%d.jpg", i);
        ck_assert_int_eq(link(in_folder("many/0.jpg"), in_folder(name)), 0);
    }
    append(in_folder("many/300.jpg"), good.bytes, good.length);
    check_refused(in_folder("many"), -EBADMSG, "no JPEG header");
    for (int i = 0; i < NUMBER; i++) {
        snprintf(name, sizeof name, "many/%d.jpg", i);
        ck_assert_int_eq(unlink(in_folder(name)), 0);
        ck_assert_int_eq(link(in_folder("many/300.jpg"), in_folder(name)), 0);
    }
    struct fr_recording *recording = open_ok(in_folder("many"));
    ck_assert_uint_eq(fr_recording_info(recording)->frames, NUMBER + 1);
    for (uint32_t i = 0; i <= NUMBER; i += 100)
        check_next_is(recording, 4, i / 100);
    fr_recording_close(recording);
    free(good.bytes);
}
END_TEST

START_TEST(a_picture_whose_chroma_cannot_be_had_is_delivered_as_grey)
{
    struct made_jpeg made = make_jpeg(
        &(struct make_jpeg){W, H, .h = 4, .v = 1, .chroma_h = 2, .chroma_v = 1, .seed = 5});
    struct made_jpeg odd = make_jpeg(&(struct make_jpeg){W, H, .h = 1, .v = 4, .seed = 5});
    static uint8_t slot[1 << 16];
    struct fr_recording_frame frame;
    append(in_folder("half.jpg"), made.bytes, made.length);
    struct fr_recording *recording = open_ok(in_folder("half.jpg"));
    ck_assert_uint_eq(fr_recording_info(recording)->format.fourcc, FR_FOURCC_422P);
    fr_recording_close(recording);
    append(in_folder("odd.jpg"), odd.bytes, odd.length);
    recording = open_ok(in_folder("odd.jpg"));
    ck_assert_uint_eq(fr_recording_info(recording)->format.fourcc, FR_FOURCC_GREY);
    ck_assert(!fr_recording_delivers(recording, FR_FOURCC_YU12));
    ck_assert(fr_recording_delivers(recording, FR_FOURCC_GREY));
    check_next_fails(recording, -ENOTSUP, "GREY only");
    struct fr_geometry geometry = geometry_of(FR_FOURCC_GREY, W, H);
    ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), 0);
    fr_recording_close(recording);
    free(made.bytes);
    free(odd.bytes);
}
END_TEST

UNIT_MAIN("recording", a_folder_of_jpegs_comes_in_natural_order,
          a_folder_with_input_mjpeg_is_that_stream, what_is_no_recording_is_refused_with_a_reason,
          a_geometry_that_does_not_fit_is_refused_and_uses_up_no_frame,
          a_folder_is_known_by_its_first_picture_that_can_be_read,
          a_folder_is_given_up_after_a_hundred_pictures_and_may_hold_any_number,
          a_picture_whose_chroma_cannot_be_had_is_delivered_as_grey)
