#include "capture/path_watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    EVENTS = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF,
    READS_MAX = 64, /* a folder in which much happens is no reason to stay here */
};

int fr_path_watch_open(struct fr_path_watch *watch)
{
    *watch = (struct fr_path_watch){.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .wd = -1};
    return watch->fd < 0 ? -errno : 0;
}

void fr_path_watch_clear(struct fr_path_watch *watch)
{
    if (watch->wd >= 0)
        inotify_rm_watch(watch->fd, watch->wd);
    watch->wd = -1;
    watch->name[0] = '\0';
}

/* Cuts the last component off `path`, which is what remains above it: "." or "/" at last. Returns
 * the component, or NULL when nothing is left to cut. */
static const char *cut_last(char *path)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash || slash[1] == '\0')
        return NULL;
    *slash = '\0';
    return slash + 1;
}

void fr_path_watch_set(struct fr_path_watch *watch, const char *path)
{
    char folder[PATH_MAX];
    fr_path_watch_clear(watch);
    int n = snprintf(folder, sizeof folder, "%s%s", path[0] == '/' ? "" : "./", path);
    if (n < 0 || (size_t)n >= sizeof folder)
        return;
    for (const char *name; (name = cut_last(folder)) != NULL;) {
        if (strlen(name) >= sizeof watch->name)
            return;
        strcpy(watch->name, name);
        watch->wd = inotify_add_watch(watch->fd, folder[0] ? folder : "/", EVENTS);
        if (watch->wd >= 0)
            return;
    }
    watch->name[0] = '\0';
}

bool fr_path_watch_take(struct fr_path_watch *watch)
{
    _Alignas(struct inotify_event) char buf[4096];
    bool is_ours = false;
    for (int i = 0; i < READS_MAX; i++) {
        ssize_t n = read(watch->fd, buf, sizeof buf);
        if (n <= 0)
            break;
        const struct inotify_event *event;
        for (char *at = buf; at < buf + n; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)(const void *)at;
            if (event->mask & IN_Q_OVERFLOW)
                is_ours = true;
            else if (event->wd == watch->wd)
                is_ours |= event->mask & (IN_DELETE_SELF | IN_MOVE_SELF) ||
                           (event->len > 0 && strcmp(event->name, watch->name) == 0);
        }
    }
    return is_ours;
}

void fr_path_watch_close(struct fr_path_watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    *watch = (struct fr_path_watch){.fd = -1, .wd = -1};
}
