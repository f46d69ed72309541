#include "analyzer/mask_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fr_mask_files {
    const char *folder;
    int folder_fd;
    uint32_t width_px, height_px;
    size_t header_bytes, file_bytes;
    uint8_t *file; /* header and pixels, as they are written */
};

int fr_mask_files_new(const char *folder, uint32_t width_px, uint32_t height_px,
                      struct fr_mask_files **ret_files, char *reason, size_t reason_size)
{
    char header[64];
    struct fr_mask_files *files = calloc(1, sizeof *files);
    if (!files)
        return -ENOMEM;
    *files = (struct fr_mask_files){
        .folder = folder, .folder_fd = -1, .width_px = width_px, .height_px = height_px};
    files->header_bytes = (size_t)snprintf(
        header, sizeof header, "P5\n%" PRIu32 " %" PRIu32 "\n255\n", width_px, height_px);
    files->file_bytes = files->header_bytes + (size_t)width_px * height_px;

    int r = -ENOMEM;
    files->file = malloc(files->file_bytes);
    if (!files->file)
        goto fail;
    memcpy(files->file, header, files->header_bytes);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        r = -errno;
    else if ((files->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        r = -errno;
    else
        r = 0;
    if (r == 0) {
        *ret_files = files;
        return 0;
    }
fail:
    snprintf(reason, reason_size, "folder for masks %s: %s", folder, strerror(-r));
    fr_mask_files_free(files);
    return r;
}

void fr_mask_files_free(struct fr_mask_files *files)
{
    if (!files)
        return;
    if (files->folder_fd >= 0)
        close(files->folder_fd);
    free(files->file);
    free(files);
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

int fr_mask_files_write(struct fr_mask_files *files, uint64_t idx,
                        const struct fr_detector *detector, char *reason, size_t reason_size)
{
    char name[32];
    uint8_t *pixels = files->file + files->header_bytes;
    snprintf(name, sizeof name, "%06" PRIu64 ".pgm", idx);
    if (!detector || fr_detector_expand_mask(detector, pixels, files->width_px, 255) < 0)
        memset(pixels, 0, files->file_bytes - files->header_bytes);

    int fd = openat(files->folder_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int r = fd < 0 ? -errno : write_all(fd, files->file, files->file_bytes);
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    if (r < 0)
        snprintf(reason, reason_size, "%s/%s: %s", files->folder, name, strerror(-r));
    return r;
}
