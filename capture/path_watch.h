/* Tells when something happens to a path that may not exist yet (inotify), so that a camera that
 * is plugged in, or whose permissions udev has just set, is tried at once and not when the next
 * try is due. A hint and no more: whoever waits tries now and then as well.
 *
 * Watched is the deepest folder of the path that exists, for the name that comes next in it.
 */
#pragma once

#include <stdbool.h>

struct fr_path_watch {
    int fd; /* -1: none */
    int wd;
    char name[256];
};

/* A descriptor to poll for reading, with nothing watched yet. -EMFILE, -ENOMEM. */
int fr_path_watch_open(struct fr_path_watch *watch);

/* Watches `path` instead of what was watched before. A path that cannot be watched is not. */
void fr_path_watch_set(struct fr_path_watch *watch, const char *path);

/* Watches nothing. */
void fr_path_watch_clear(struct fr_path_watch *watch);

/* Takes what is there to read; true when some of it was about the path. Does not block. */
bool fr_path_watch_take(struct fr_path_watch *watch);

/* Takes one that was not opened, when its fd is -1. */
void fr_path_watch_close(struct fr_path_watch *watch);
