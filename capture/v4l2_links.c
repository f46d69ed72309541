/* Looking through udev's links. */
#include "capture/v4l2_links.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The link in folder/kind that leads to the device, the first by name when there are several. */
static void find(const char *folder, const char *kind, const struct stat *device,
                 char link[FR_SOURCE_LINK_MAX])
{
    char path[PATH_MAX];
    *link = 0;
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    DIR *dir = opendir(path);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat st;
        int n = snprintf(path, sizeof path, "%s/%s/%s", folder, kind, entry->d_name);
        if (entry->d_name[0] == '.' || n < 0 || n >= FR_SOURCE_LINK_MAX || stat(path, &st) < 0)
            continue;
        if (st.st_mode == device->st_mode && st.st_rdev == device->st_rdev &&
            (!*link || strcmp(path, link) < 0))
            snprintf(link, FR_SOURCE_LINK_MAX, "%.*s", FR_SOURCE_LINK_MAX - 1, path);
    }
    closedir(dir);
}

void fr_v4l2_links_find(const char *folder, const char *path, bool has_serial,
                        struct fr_source_links *ret_links)
{
    struct stat st;
    *ret_links = (struct fr_source_links){0};
    if (lstat(path, &st) < 0 || S_ISLNK(st.st_mode))
        return;
    char by_id[FR_SOURCE_LINK_MAX], by_path[FR_SOURCE_LINK_MAX];
    find(folder, "by-id", &st, by_id);
    find(folder, "by-path", &st, by_path);
    const char *const first = has_serial ? by_id : by_path, *const second =
                                                                has_serial ? by_path : by_id;
    strcpy(ret_links->path[0], *first ? first : second);
    strcpy(ret_links->path[1], *first ? second : "");
}

bool fr_v4l2_links_has_serial(const char *path)
{
    char name[128];
    struct stat st;
    if (stat(path, &st) < 0 || !S_ISCHR(st.st_mode))
        return false;
    /* The node's device is an interface of a USB device. */
    snprintf(name, sizeof name, "/sys/dev/char/%u:%u/device/../serial", major(st.st_rdev),
             minor(st.st_rdev));
    return access(name, F_OK) == 0;
}

int fr_v4l2_links_follow(const struct fr_source_links *links, const char *path, char *ret_path,
                         size_t size, char reason[FR_SOURCE_REASON_MAX])
{
    char real[PATH_MAX];
    if (!links || !*links->path[0]) {
        if (strlen(path) >= size) {
            snprintf(reason, FR_SOURCE_REASON_MAX, "%.64s… is too long for a device", path);
            return -EINVAL;
        }
        strcpy(ret_path, path);
        return 0;
    }
    for (int i = 0; i < FR_SOURCE_LINKS; i++) {
        if (!*links->path[i] || !realpath(links->path[i], real) || strlen(real) >= size)
            continue;
        strcpy(ret_path, real);
        return 0;
    }
    snprintf(reason, FR_SOURCE_REASON_MAX,
             "the camera that was %s is not there (%s); plug it in again, or restart this program "
             "to take another one",
             path, links->path[0]);
    return -ENOENT;
}
