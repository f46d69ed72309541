/* Which configured camera a device is. Device nodes of this machine stand for cameras. */
#include "capture/camera_of.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[UNIT_FOLDER_MAX];
static char name[FR_CAMERA_NAME_MAX + 1], notes[FR_CAMERA_OF_NOTES_MAX];

static void file_of(const char *file, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *out = fopen(path, "we");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    ck_assert_int_eq(fchmod(fileno(out), 0644), 0);
    fclose(out);
}

static int camera_of(const char *paths)
{
    strcpy(name, "untouched");
    return fr_camera_of(folder, paths, name, notes);
}

START_TEST(a_camera_is_found_by_its_number_its_links_and_other_paths_to_it)
{
    char link[64], text[128];
    unit_folder(folder);
    snprintf(link, sizeof link, "%s/mine", folder);
    ck_assert_int_eq(symlink("/dev/zero", link), 0);
    snprintf(text, sizeof text, "[capture]\nsource = v4l2:%s\n", link);
    file_of("door.conf", "[capture]\nsource = v4l2:/dev/null\n");
    file_of("yard.conf", "[capture]\nsource = v4l2:/dev/v4l/by-id/usb-cam-video-index0\n");
    file_of("hall.conf", text);
    file_of("default.conf", "");
    file_of("film.conf", "[capture]\nsource = replay:/dev/full\n");

    ck_assert_int_eq(camera_of("/dev/null"), 0);
    ck_assert_str_eq(name, "door");
    ck_assert_str_eq(notes, "");
    ck_assert_int_eq(camera_of("/dev/video9 v4l/by-path/x v4l/by-id/usb-cam-video-index0"), 0);
    ck_assert_str_eq(name, "yard"); /* though the link is not made yet */
    ck_assert_int_eq(camera_of("/dev/video9  /dev/v4l/by-id/usb-cam-video-index0 "), 0);
    ck_assert_str_eq(name, "yard");
    ck_assert_int_eq(camera_of("/dev/zero "), 0);
    ck_assert_str_eq(name, "hall");
    ck_assert_int_eq(camera_of("/dev/video0"), 0);
    ck_assert_str_eq(name, "default");
    ck_assert_int_eq(camera_of("/dev/full"), -ENOENT);
    ck_assert_int_eq(camera_of(""), -ENOENT);
    ck_assert_str_eq(name, "untouched");
}
END_TEST

START_TEST(F12_files_whose_names_are_no_camera_names_start_nothing)
{
    static const char *const files[] = {"a b.conf", "$(reboot).conf", "-x.conf",   ".hidden.conf",
                                        ".conf",    "x.conf.bak",     "x.conf\n",  "x@y.conf",
                                        "x;y.conf", "x%I.conf",       "no-ending", "\xc3\xa4.conf"};
    unit_folder(folder);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        file_of(files[i], "[capture]\nsource = v4l2:/dev/null\n");
    ck_assert_int_eq(camera_of("/dev/null"), -ENOENT);
    file_of("front-door_2.b.conf", "[capture]\nsource = v4l2:/dev/null\n");
    ck_assert_int_eq(camera_of("/dev/null"), 0);
    ck_assert_str_eq(name, "front-door_2.b");
}
END_TEST

START_TEST(a_wrong_file_is_told_and_does_not_hide_the_others)
{
    char path[64];
    unit_folder(folder);
    file_of("a.conf", "[capture]\nsource = v4l2:/dev/null\nslots = many\n");
    file_of("b.conf", "[capture]\nsource = v4l2:/dev/null\n");
    file_of("c.conf", "[capture]\nsource = v4l2:/dev/null\n");
    snprintf(path, sizeof path, "%s/b.conf", folder);
    ck_assert_int_eq(chmod(path, 0666), 0); /* anybody's */
    ck_assert_int_eq(camera_of("/dev/null"), 0);
    ck_assert_str_eq(name, "c");
    ck_assert_ptr_nonnull(strstr(notes, "/a.conf:3: slots: "));
    ck_assert_ptr_nonnull(strstr(notes, "/b.conf: its mode 0666"));
}
END_TEST

START_TEST(of_two_files_for_one_camera_the_first_counts_and_the_other_is_told)
{
    unit_folder(folder);
    file_of("b.conf", "[capture]\nsource = v4l2:/dev/null\n");
    file_of("a.conf", "[capture]\nsource = v4l2:/dev/null\n");
    ck_assert_int_eq(camera_of("/dev/null"), 0);
    ck_assert_str_eq(name, "a");
    ck_assert_ptr_nonnull(strstr(notes, "/b.conf: is the same camera as a\n"));
}
END_TEST

START_TEST(no_folder_is_no_camera)
{
    unit_folder(folder);
    ck_assert_int_eq(camera_of("/dev/null"), -ENOENT);
}
END_TEST

UNIT_MAIN("camera_of", a_camera_is_found_by_its_number_its_links_and_other_paths_to_it,
          F12_files_whose_names_are_no_camera_names_start_nothing,
          a_wrong_file_is_told_and_does_not_hide_the_others,
          of_two_files_for_one_camera_the_first_counts_and_the_other_is_told,
          no_folder_is_no_camera)
