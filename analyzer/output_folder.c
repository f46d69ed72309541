#include "analyzer/output_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fr_output_folder_open(struct fr_output_folder *folder, const char *path, const char *what,
                          char *reason, size_t reason_size)
{
    int fd = -1;
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int r = -errno;
        snprintf(reason, reason_size, "folder for %s %s: %s", what, path, strerror(-r));
        return r;
    }
    *folder = (struct fr_output_folder){.path = path, .fd = fd};
    return 0;
}

void fr_output_folder_close(struct fr_output_folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    folder->fd = -1;
}

static int write_all(int fd, const uint8_t *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

static int write_at(int folder_fd, const char *name, const void *bytes, size_t n_bytes)
{
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int r = fd < 0 ? -errno : write_all(fd, bytes, n_bytes);
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

int fr_output_folder_write(const struct fr_output_folder *folder, uint64_t idx, const char *suffix,
                           const void *bytes, size_t n_bytes, char *reason, size_t reason_size)
{
    char name[40];
    snprintf(name, sizeof name, "%06" PRIu64 ".%s", idx, suffix);
    int r = write_at(folder->fd, name, bytes, n_bytes);
    if (r < 0)
        snprintf(reason, reason_size, "%s/%s: %s", folder->path, name, strerror(-r));
    return r;
}

int fr_output_file_write(const char *path, const void *bytes, size_t n_bytes, char *reason,
                         size_t reason_size)
{
    int r = write_at(AT_FDCWD, path, bytes, n_bytes);
    if (r < 0)
        snprintf(reason, reason_size, "%s: %s", path, strerror(-r));
    return r;
}
