/* /dev/videoN in the order of N. */
#include "capture/v4l2_nodes.h"

#include "capture/v4l2_device.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* N of "videoN", or -1. */
static long node_number(const char *name)
{
    if (strncmp(name, "video", 5) != 0 || name[5] < '0' || name[5] > '9')
        return -1;
    char *end;
    long number = strtol(name + 5, &end, 10);
    return *end || number > 1000000 ? -1 : number;
}

static int is_node(const struct dirent *entry)
{
    return node_number(entry->d_name) >= 0;
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
    long first = node_number((*a)->d_name), second = node_number((*b)->d_name);
    return (first > second) - (first < second);
}

int fr_v4l2_nodes_each(int (*each)(const char *path, void *userdata), void *userdata)
{
    struct dirent **entries;
    int n = scandir("/dev", &entries, is_node, by_number);
    if (n < 0)
        return -errno;
    int rc = 0;
    for (int i = 0; i < n; i++) {
        char path[FR_V4L2_PATH_MAX];
        snprintf(path, sizeof path, "/dev/%.*s", (int)sizeof path - 6, entries[i]->d_name);
        if (rc == 0)
            rc = each(path, userdata);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

struct wanted {
    const char *bus;
    char *path;
    size_t size;
};

static int match(const char *path, void *userdata)
{
    struct wanted *wanted = userdata;
    struct fr_v4l2_device device;
    char reason[FR_SOURCE_REASON_MAX];

    if (fr_v4l2_device_open(path, &device, reason) < 0)
        return 0;
    bool is_it = fr_v4l2_device_has_pictures(&device) && strcmp(device.bus, wanted->bus) == 0;
    fr_v4l2_device_close(&device);
    if (!is_it || strlen(path) >= wanted->size)
        return 0;
    strcpy(wanted->path, path);
    return 1;
}

int fr_v4l2_nodes_find(const char *bus, char *ret_path, size_t size)
{
    struct wanted wanted = {bus, ret_path, size};
    return fr_v4l2_nodes_each(match, &wanted) == 1 ? 0 : -ENOENT;
}
