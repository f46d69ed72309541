/* Row C8: a camera is found again by what it is and where it is, not by its number. Device nodes of
 * this machine stand for cameras. */
#include "capture/v4l2_links.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[UNIT_FOLDER_MAX];
static char reason[FR_SOURCE_REASON_MAX];

static void in_folder(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
}

static void make_link(const char *name, const char *target)
{
    char path[128];
    in_folder(name, path);
    unlink(path);
    if (target)
        ck_assert_int_eq(symlink(target, path), 0);
}

static struct fr_source_links links_of(const char *path, bool has_serial)
{
    struct fr_source_links links;
    memset(&links, 'x', sizeof links);
    fr_v4l2_links_find(folder, path, has_serial, &links);
    return links;
}

static void same(const char *path, const char *name)
{
    char expected[128] = "";
    if (name)
        in_folder(name, expected);
    ck_assert_str_eq(path, expected);
}

static void set_up(void)
{
    char path[128];
    unit_folder(folder);
    in_folder("by-id", path);
    mkdir(path, 0755);
    in_folder("by-path", path);
    mkdir(path, 0755);
    make_link("by-id/b-cam", "/dev/null");
    make_link("by-id/a-cam", "/dev/null");
    make_link("by-id/other", "/dev/zero");
    make_link("by-id/dangling", "/dev/none");
    make_link("by-path/port-1", "/dev/null");
}

START_TEST(the_surest_link_comes_first)
{
    set_up();
    struct fr_source_links links = links_of("/dev/null", true);
    same(links.path[0], "by-id/a-cam");
    same(links.path[1], "by-path/port-1");
    links = links_of("/dev/null", false);
    same(links.path[0], "by-path/port-1");
    same(links.path[1], "by-id/a-cam");
    links = links_of("/dev/zero", false);
    same(links.path[0], "by-id/other");
    same(links.path[1], NULL);
    links = links_of("/dev/full", true);
    same(links.path[0], NULL);
    same(links.path[1], NULL);
}
END_TEST

START_TEST(a_path_that_is_a_link_itself_is_kept_as_it_is)
{
    char path[128];
    set_up();
    in_folder("by-id/a-cam", path);
    same(links_of(path, true).path[0], NULL);
    same(links_of("/dev/none", true).path[0], NULL);
}
END_TEST

START_TEST(C8_a_camera_with_another_number_is_found_by_its_links)
{
    char path[64];
    set_up();
    struct fr_source_links links = links_of("/dev/null", true);
    ck_assert_int_eq(fr_v4l2_links_follow(&links, "/dev/null", path, sizeof path, reason), 0);
    ck_assert_str_eq(path, "/dev/null");
    make_link("by-id/a-cam", "/dev/full"); /* it came back with another number */
    ck_assert_int_eq(fr_v4l2_links_follow(&links, "/dev/null", path, sizeof path, reason), 0);
    ck_assert_str_eq(path, "/dev/full");
    make_link("by-id/a-cam", NULL); /* known by where it is plugged in only */
    make_link("by-path/port-1", "/dev/zero");
    ck_assert_int_eq(fr_v4l2_links_follow(&links, "/dev/null", path, sizeof path, reason), 0);
    ck_assert_str_eq(path, "/dev/zero");
}
END_TEST

START_TEST(C8_another_camera_with_its_number_is_not_taken_for_it)
{
    char path[64] = "untouched";
    set_up();
    struct fr_source_links links = links_of("/dev/null", true);
    make_link("by-id/a-cam", NULL);
    make_link("by-path/port-1", NULL);
    ck_assert_int_eq(fr_v4l2_links_follow(&links, "/dev/null", path, sizeof path, reason), -ENOENT);
    ck_assert_str_eq(path, "untouched");
    ck_assert_ptr_nonnull(strstr(reason, "the camera that was /dev/null is not there"));
}
END_TEST

START_TEST(a_camera_without_links_goes_by_its_number)
{
    struct fr_source_links none = {0};
    char path[16];
    ck_assert_int_eq(fr_v4l2_links_follow(NULL, "/dev/video0", path, sizeof path, reason), 0);
    ck_assert_str_eq(path, "/dev/video0");
    ck_assert_int_eq(fr_v4l2_links_follow(&none, "/dev/video0", path, sizeof path, reason), 0);
    ck_assert_int_eq(fr_v4l2_links_follow(NULL, "/dev/0123456789", path, sizeof path, reason), 0);
    ck_assert_int_eq(fr_v4l2_links_follow(NULL, "/dev/0123456789a", path, sizeof path, reason),
                     -EINVAL);
}
END_TEST

UNIT_MAIN("v4l2_links", the_surest_link_comes_first, a_path_that_is_a_link_itself_is_kept_as_it_is,
          C8_a_camera_with_another_number_is_found_by_its_links,
          C8_another_camera_with_its_number_is_not_taken_for_it,
          a_camera_without_links_goes_by_its_number)
