/* The file around its text: may it be trusted, and can it be read. */
#include "config/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No configuration of ours comes near it; a device or a log given by mistake goes beyond. */
enum { FILE_BYTES_MAX = 256 * 1024 };

/* Whoever can write the file decides what root's services do. */
static int check_file(const struct stat *st, const char *path, char *reason, size_t reason_size)
{
    if (!S_ISREG(st->st_mode)) {
        snprintf(reason, reason_size, "%s: not a regular file; expected a configuration file",
                 path);
        return -EINVAL;
    }
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        snprintf(reason, reason_size,
                 "%s: belongs to user %u; expected root or user %u (chown root %s)", path,
                 (unsigned)st->st_uid, (unsigned)geteuid(), path);
        return -EPERM;
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        snprintf(reason, reason_size,
                 "%s: its mode %04o lets others write it; expected nobody but its owner to "
                 "(chmod go-w %s)",
                 path, (unsigned)st->st_mode & 07777, path);
        return -EPERM;
    }
    if (st->st_size > FILE_BYTES_MAX) {
        snprintf(reason, reason_size, "%s: %lld bytes; expected a configuration file of at most %d",
                 path, (long long)st->st_size, FILE_BYTES_MAX);
        return -EINVAL;
    }
    return 0;
}

int fr_settings_load(const struct fr_settings_table *table, void *settings, const char *path,
                     char *reason, size_t reason_size)
{
    struct stat st;
    char *text = NULL;
    size_t n = 0;
    ssize_t got = 0;
    int r;

    /* O_NONBLOCK: a FIFO by that name must not hold us up before it is refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0)
        goto failed;
    r = check_file(&st, path, reason, reason_size);
    if (r < 0)
        goto out;
    text = malloc(FILE_BYTES_MAX + 1);
    if (!text)
        goto failed;
    while (n <= FILE_BYTES_MAX && (got = read(fd, text + n, FILE_BYTES_MAX + 1 - n)) > 0)
        n += (size_t)got;
    if (got < 0)
        goto failed;
    if (n > FILE_BYTES_MAX) { /* it has grown since it was checked */
        snprintf(reason, reason_size, "%s: more than %d bytes; expected a configuration file", path,
                 FILE_BYTES_MAX);
        r = -EINVAL;
        goto out;
    }
    r = fr_settings_load_text(table, settings, path, text, n, reason, reason_size);
    goto out;
failed:
    r = -errno;
    snprintf(reason, reason_size, "%s: %s", path, strerror(-r));
out:
    free(text);
    if (fd >= 0)
        close(fd);
    return r;
}
