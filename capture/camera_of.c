/* Reading every camera's file for its source. */
#include "capture/camera_of.h"

#include "capture/append.h"
#include "config/capture_settings.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The camera's name in NAME.conf; false when it is no such file. */
static bool take_name(const char *file, char name[FR_CAMERA_NAME_MAX + 1])
{
    static const char ending[] = ".conf";
    size_t n = strlen(file);
    if (n <= sizeof ending - 1 || strcmp(file + n - (sizeof ending - 1), ending) != 0)
        return false;
    n -= sizeof ending - 1;
    if (n > FR_CAMERA_NAME_MAX)
        return false;
    memcpy(name, file, n);
    name[n] = 0;
    return fr_camera_name_ok(name);
}

static int has_name(const struct dirent *entry)
{
    char name[FR_CAMERA_NAME_MAX + 1];
    return take_name(entry->d_name, name);
}

static bool is_same_node(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISCHR(first.st_mode) &&
           S_ISCHR(second.st_mode) && first.st_rdev == second.st_rdev;
}

static bool is_path(const char *path, const char *wanted)
{
    if (strcmp(path, wanted) == 0 || is_same_node(path, wanted))
        return true;
    return strncmp(path, "/dev/", 5) == 0 && *wanted != '/' && strcmp(path + 5, wanted) == 0;
}

static bool is_wanted(const char *paths, const char *source)
{
    if (strncmp(source, "v4l2:", 5) != 0)
        return false;
    while (*paths) {
        char wanted[PATH_MAX];
        size_t n = strcspn(paths, " ");
        if (n > 0 && n < sizeof wanted) {
            memcpy(wanted, paths, n);
            wanted[n] = 0;
            if (is_path(source + 5, wanted))
                return true;
        }
        paths += n + (paths[n] == ' ');
    }
    return false;
}

/* 0: it is that camera's; else why not. */
static int look(const char *path, const char *paths, char notes[FR_CAMERA_OF_NOTES_MAX])
{
    struct fr_capture_settings settings;
    char reason[FR_SETTINGS_REASON_MAX];
    int r = fr_settings_defaults(&fr_capture_table, &settings);
    if (r == 0)
        r = fr_settings_load(&fr_capture_table, &settings, path, reason, sizeof reason);
    if (r < 0) {
        fr_append(notes, FR_CAMERA_OF_NOTES_MAX, "%s\n", reason);
        return r;
    }
    return is_wanted(paths, settings.source) ? 0 : -ENOENT;
}

int fr_camera_of(const char *folder, const char *paths, char ret_name[FR_CAMERA_NAME_MAX + 1],
                 char notes[FR_CAMERA_OF_NOTES_MAX])
{
    struct dirent **entries;
    bool is_found = false;
    int n = scandir(folder, &entries, has_name, alphasort);
    *notes = 0;
    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        int length = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (length > 0 && (size_t)length < sizeof path && look(path, paths, notes) == 0) {
            if (is_found)
                fr_append(notes, FR_CAMERA_OF_NOTES_MAX, "%s: is the same camera as %s\n", path,
                          ret_name);
            else
                take_name(entries[i]->d_name, ret_name);
            is_found = true;
        }
        free(entries[i]);
    }
    free(entries);
    return is_found ? 0 : -ENOENT;
}
