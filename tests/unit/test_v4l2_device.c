/* Paths that are no camera: row C15 of the fault list, and words that help. */
#include "capture/v4l2_device.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char reason[FR_SOURCE_REASON_MAX];

static int refused(const char *path)
{
    struct fr_v4l2_device device;
    *reason = 0;
    int rc = fr_v4l2_device_open(path, &device, reason);
    ck_assert_int_lt(rc, 0);
    ck_assert_str_ne(reason, "");
    return rc;
}

static void says(const char *words)
{
    ck_assert_msg(strstr(reason, words) != NULL, "'%s' is not in: %s", words, reason);
}

START_TEST(C15_a_fifo_a_file_a_folder_and_a_link_to_a_file_are_refused_without_opening_them)
{
    char folder[UNIT_FOLDER_MAX], fifo[80], file[80], link[80];
    unit_folder(folder);
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    snprintf(file, sizeof file, "%s/file", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    fclose(fopen(file, "w"));
    ck_assert_int_eq(symlink(file, link), 0);

    ck_assert_int_eq(refused(fifo), -EINVAL);
    says("is a FIFO");
    ck_assert_int_eq(refused(file), -EINVAL);
    says("is a file");
    ck_assert_int_eq(refused(link), -EINVAL);
    says("is a file");
    ck_assert_int_eq(refused(folder), -EINVAL);
    says("is a folder");
    says("/dev/video0");
}
END_TEST

START_TEST(C15_a_device_that_is_no_video_device_is_refused)
{
    ck_assert_int_eq(refused("/dev/null"), -EINVAL);
    says("not a video device");
}
END_TEST

START_TEST(a_device_that_is_not_there_is_told_so)
{
    ck_assert_int_eq(refused("/dev/video4711"), -ENOENT);
    says("/dev/video4711");
    says("--list");
    ck_assert_int_eq(refused("/dev/null/video0"), -ENOENT);
}
END_TEST

START_TEST(a_path_that_is_missing_or_endless_is_refused)
{
    char endless[4000];
    memset(endless, '/', sizeof endless);
    endless[sizeof endless - 1] = 0;
    ck_assert_int_eq(refused(""), -EINVAL);
    ck_assert_int_eq(refused(NULL), -EINVAL);
    ck_assert_int_eq(refused(endless), -EINVAL);
}
END_TEST

START_TEST(closing_takes_anything)
{
    struct fr_v4l2_device device = {0};
    fr_v4l2_device_close(NULL);
    fr_v4l2_device_close(&device);
    ck_assert_int_eq(dup2(0, 0), 0); /* descriptor 0 was left alone */
}
END_TEST

START_TEST(nodes_that_give_no_pictures_are_refused_by_what_they_are)
{
    static const struct {
        uint32_t capabilities;
        const char *words;
    } cases[] = {
        {V4L2_CAP_META_CAPTURE | V4L2_CAP_STREAMING, "is the metadata node of Cam"},
        {V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_READWRITE, "cannot stream"},
        {V4L2_CAP_VIDEO_M2M_MPLANE | V4L2_CAP_STREAMING, "a converter"},
        {V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_STREAMING, "a video output"},
        {V4L2_CAP_VIDEO_M2M | V4L2_CAP_STREAMING, "a converter"},
        {V4L2_CAP_VBI_CAPTURE, "teletext"},
        {V4L2_CAP_RADIO, "a radio"},
        {V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_READWRITE, "cannot stream"},
        {0, "not a camera"},
    };
    struct fr_v4l2_device device = {.fd = -1, .path = "/dev/video9", .card = "Cam", .bus = "none"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        device.capabilities = cases[i].capabilities;
        ck_assert_int_eq(fr_v4l2_device_check_camera(&device, reason), -EINVAL);
        says(cases[i].words);
        says("/dev/video9");
    }
    device.capabilities = V4L2_CAP_VIDEO_CAPTURE_MPLANE | V4L2_CAP_STREAMING;
    ck_assert_int_eq(fr_v4l2_device_check_camera(&device, reason), 0);
    device.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    ck_assert_int_eq(fr_v4l2_device_check_camera(&device, reason), 0);
}
END_TEST

START_TEST(names_from_a_driver_cannot_write_to_a_terminal)
{
    char text[8];
    fr_v4l2_text(text, sizeof text, "a\x1b[2J\n\xff", 7);
    ck_assert_str_eq(text, "a?[2J??");
    fr_v4l2_text(text, sizeof text, "longer than it", 14);
    ck_assert_str_eq(text, "longer ");
    fr_v4l2_text(text, sizeof text, "not ended", 3);
    ck_assert_str_eq(text, "not");
}
END_TEST

UNIT_MAIN("v4l2_device",
          C15_a_fifo_a_file_a_folder_and_a_link_to_a_file_are_refused_without_opening_them,
          C15_a_device_that_is_no_video_device_is_refused, a_device_that_is_not_there_is_told_so,
          a_path_that_is_missing_or_endless_is_refused, closing_takes_anything,
          nodes_that_give_no_pictures_are_refused_by_what_they_are,
          names_from_a_driver_cannot_write_to_a_terminal)
