/* A recording that is a folder of JPEG files. */
#include "common/media/recording_kinds.h"

#include "common/media/natural_order.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* The names alone are kept: about 16 bytes a frame. */
struct folder {
    DIR *dir;
    char **names;
    size_t n_names;
    size_t next;
};

static bool is_jpeg_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && name[0] != '.' && (!strcasecmp(dot, ".jpg") || !strcasecmp(dot, ".jpeg"));
}

static int compare_names(const void *a, const void *b)
{
    return fr_natural_compare(*(char *const *)a, *(char *const *)b);
}

static int read_names(struct folder *folder)
{
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder->dir);
        if (!entry)
            break;
        if (!is_jpeg_name(entry->d_name))
            continue;
        if (folder->n_names == capacity) {
            capacity = capacity ? 2 * capacity : 256;
            char **names = reallocarray(folder->names, capacity, sizeof *names);
            if (!names)
                return -ENOMEM;
            folder->names = names;
        }
        folder->names[folder->n_names] = strdup(entry->d_name);
        if (!folder->names[folder->n_names])
            return -ENOMEM;
        folder->n_names++;
    }
    if (errno)
        return -errno;
    if (folder->n_names)
        qsort(folder->names, folder->n_names, sizeof *folder->names, compare_names);
    return 0;
}

/* Reads the next file into the window. 0; -ENODATA: there is none; -EBADMSG: this one cannot be
 * read; others are failures of ours. */
static int load_next(struct fr_recording *recording)
{
    struct folder *folder = recording->own;
    struct file_window *w = &recording->window;
    struct stat status;

    if (folder->next >= folder->n_names)
        return -ENODATA;
    const char *name = folder->names[folder->next++];
    window_close(w);
    /* O_NONBLOCK: somebody may have put a FIFO there. */
    w->fd = openat(dirfd(folder->dir), name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (w->fd < 0) {
        int rc = -errno;
        bool is_ours = rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
        return recording_fail(recording, is_ours ? rc : -EBADMSG, "%s: %s", name, strerror(-rc));
    }
    if (fstat(w->fd, &status) < 0 || !S_ISREG(status.st_mode))
        return recording_fail(recording, -EBADMSG, "%s: not a file", name);
    while (!w->is_end) {
        int rc = window_fill(w, FR_RECORDING_JPEG_MAX);
        if (rc == -ENOMEM)
            return recording_fail(recording, rc, "%s: no memory to read it", name);
        if (rc < 0)
            return recording_fail(recording, -EBADMSG, "%s: %s", name, strerror(-rc));
    }
    return 0;
}

static int folder_open(struct fr_recording *recording, int fd)
{
    struct folder *folder = calloc(1, sizeof *folder);
    recording->own = folder;
    recording->info.kind = FR_RECORDING_JPEG_FOLDER;
    DIR *dir = folder ? fdopendir(fd) : NULL;
    if (!dir) {
        int rc = folder ? -errno : -ENOMEM;
        close(fd);
        return recording_fail(recording, rc, "%s", strerror(-rc));
    }
    folder->dir = dir;
    int rc = fr_jpeg_decoder_new(&recording->decoder);
    if (rc == 0)
        rc = read_names(folder);
    if (rc < 0)
        return recording_fail(recording, rc, "%s", strerror(-rc));
    if (!folder->n_names)
        return recording_fail(
            recording, -ENODATA,
            "a folder without *.jpg or *.jpeg, input.mjpeg or input.y4m; expected one of these");

    int found = -EBADMSG;
    for (int i = 0; i < RECORDING_TRIES; i++) {
        rc = load_next(recording);
        if (rc == -ENODATA)
            break;
        if (rc == 0)
            rc = recording_use_header(recording, window_bytes(&recording->window),
                                      window_length(&recording->window));
        if (rc == 0) {
            recording->info.frames = folder->n_names;
            folder->next = 0;
            return 0;
        }
        if (rc != -EBADMSG && rc != -ENOTSUP)
            return rc;
        found = rc;
    }
    return found;
}

static int folder_next(struct fr_recording *recording, const struct fr_geometry *geometry,
                       uint8_t *slot, struct fr_recording_frame *ret_frame)
{
    const struct folder *folder = recording->own;
    int rc = load_next(recording);
    if (rc < 0)
        return rc;
    rc = recording_decode(recording, window_bytes(&recording->window),
                          window_length(&recording->window), geometry, slot);
    if (rc == -EBADMSG)
        return recording_fail(recording, rc, "%s: %s", folder->names[folder->next - 1],
                              fr_jpeg_decoder_reason(recording->decoder));
    if (rc == 0)
        ret_frame->bytes = window_length(&recording->window);
    return rc;
}

static int folder_rewind(struct fr_recording *recording)
{
    struct folder *folder = recording->own;
    folder->next = 0;
    return 0;
}

static void folder_close(struct fr_recording *recording)
{
    struct folder *folder = recording->own;
    if (!folder)
        return;
    for (size_t i = 0; i < folder->n_names; i++)
        free(folder->names[i]);
    free(folder->names);
    if (folder->dir)
        closedir(folder->dir);
    free(folder);
}

const struct recording_ops recording_folder_ops = {folder_open, folder_next, folder_rewind,
                                                   folder_close};
