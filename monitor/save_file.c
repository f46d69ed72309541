/* A file that is there completely or not at all: temporary file, fsync, rename, fsync of the
 * folder. What a rename would take the name from, a device or a FIFO, is written into instead. */
#include "monitor/save_file.h"

#include "monitor/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int save_write(int fd, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        if (stop_was_asked()) /* also between two halves: a signal cuts a long write short */
            return -EINTR;
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        bytes += n;
        length -= (size_t)n;
    }
    return 0;
}

static int fail(int rc, const char *what, const char *path, char *reason, size_t reason_size)
{
    snprintf(reason, reason_size, "%s: %s: %s", path, what, strerror(-rc));
    return rc;
}

/* The mode that open() would have given: mkostemp() gives 0600. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(077);
    umask(mask);
    return 0666 & ~mask;
}

/* Not a disk: a picture over its first blocks is nobody's wish. */
static bool is_to_write_into(const struct stat *status)
{
    return S_ISCHR(status->st_mode) || S_ISFIFO(status->st_mode);
}

static int write_whole(int fd, const uint8_t *bytes, size_t length)
{
    int rc = save_write(fd, bytes, length);
    if (rc == 0 && fchmod(fd, usual_mode()) < 0)
        rc = -errno;
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    return rc;
}

/* The name is on the disk only when its folder is. */
static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fsync(fd) < 0 && errno != EINVAL ? -errno : 0; /* EINVAL: a file system that cannot */
    close(fd);
    return rc;
}

/* A device or a FIFO: whoever stands behind it gets the bytes, and the name stays theirs. */
static int write_into(const char *path, const uint8_t *bytes, size_t length)
{
    struct stat status;
    int rc = -EEXIST; /* it has become something else meanwhile */
    int fd;

    do
        fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR && !stop_was_asked()); /* a FIFO waits for its reader */
    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && is_to_write_into(&status))
        rc = save_write(fd, bytes, length);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    return rc;
}

int save_file(const char *path, const uint8_t *bytes, size_t length, char *reason,
              size_t reason_size)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char folder[4096], temporary[4096 + 300];
    struct stat status;
    int rc;

    int n = slash ? snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path)
                  : snprintf(folder, sizeof folder, "./");
    if (n < 0 || (size_t)n >= sizeof folder || strlen(name) > 240)
        return fail(-ENAMETOOLONG, "cannot be written", path, reason, reason_size);
    if (!*name)
        return fail(-EISDIR, "cannot be written", path, reason, reason_size);
    bool is_there = lstat(path, &status) == 0;
    if (!is_there && errno != ENOENT) /* nothing is replaced unseen */
        return fail(-errno, "cannot be written", path, reason, reason_size);
    if (is_there && is_to_write_into(&status)) {
        rc = write_into(path, bytes, length);
        return rc < 0 ? fail(rc, "cannot be written", path, reason, reason_size) : 0;
    }
    if (is_there && !S_ISREG(status.st_mode)) {
        snprintf(reason, reason_size,
                 "%s is there and is no ordinary file; expected a file's name, or - for stdout",
                 path);
        return -EEXIST;
    }
    snprintf(temporary, sizeof temporary, "%s.%s.XXXXXX", folder, name);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail(-errno, "cannot be written", path, reason, reason_size);
    rc = write_whole(fd, bytes, length);
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    if (rc == 0 && rename(temporary, path) < 0)
        rc = -errno;
    if (rc < 0) {
        unlink(temporary);
        return fail(rc, "cannot be written", path, reason, reason_size);
    }
    rc = sync_folder(folder);
    return rc < 0
               ? fail(rc, "written, but its folder could not be synced", path, reason, reason_size)
               : 0;
}
