/* A file read piece by piece. */
#include "common/media/recording_kinds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 << 10 };

int window_fill(struct file_window *w, size_t max)
{
    if (w->is_end)
        return 0;
    if (window_length(w) >= max)
        return -EFBIG;
    if (w->begin) {
        memmove(w->bytes, w->bytes + w->begin, window_length(w));
        w->end -= w->begin;
        w->begin = 0;
    }
    if (w->capacity - w->end < PIECE_BYTES) {
        /* Doubling, so that a long picture is not moved at every piece. */
        size_t capacity =
            w->end + PIECE_BYTES > 2 * w->capacity ? w->end + PIECE_BYTES : 2 * w->capacity;
        uint8_t *bytes = realloc(w->bytes, capacity);
        if (!bytes)
            return -ENOMEM;
        w->bytes = bytes;
        w->capacity = capacity;
    }
    ssize_t n;
    do
        n = read(w->fd, w->bytes + w->end, PIECE_BYTES);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0)
        w->is_end = true;
    w->end += (size_t)n;
    return 0;
}

void window_skip(struct file_window *w, size_t n)
{
    w->begin += n;
}

int window_rewind(struct file_window *w)
{
    w->begin = w->end = 0;
    w->is_end = false;
    return lseek(w->fd, 0, SEEK_SET) < 0 ? -errno : 0;
}

void window_close(struct file_window *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
    w->begin = w->end = 0;
    w->is_end = false;
}

void window_fini(struct file_window *w)
{
    window_close(w);
    free(w->bytes);
    w->bytes = NULL;
    w->capacity = 0;
}
