/* What the kinds of recordings share; included by the recording*.c files alone. */
#pragma once

#include "common/media/jpeg_decode.h"
#include "common/media/recording.h"

#include <sys/types.h>

/* A file read piece by piece: `bytes + begin` is what has been read and is not used up yet. */
struct file_window {
    int fd;
    uint8_t *bytes;
    size_t capacity;
    size_t begin;
    size_t end;
    bool is_end; /* of the file */
};

static inline const uint8_t *window_bytes(const struct file_window *w)
{
    return w->bytes ? w->bytes + w->begin : NULL;
}

static inline size_t window_length(const struct file_window *w)
{
    return w->end - w->begin;
}

/* Reads more behind what there is. The window never holds more than `max` bytes: -EFBIG. At the end
 * of the file sets is_end. 0 or negative as read(). */
int window_fill(struct file_window *w, size_t max);
/* Uses up n bytes, which must be there. */
void window_skip(struct file_window *w, size_t n);
/* Forgets what it holds and goes to the file's beginning. Takes the fd when it has none. */
int window_rewind(struct file_window *w);
/* Closes the file; keeps the memory for another one. */
void window_close(struct file_window *w);
/* Closes and frees. Takes a zeroed one with fd -1. */
void window_fini(struct file_window *w);

struct recording_ops {
    /* Takes the file or folder, which is the recording's from now on, and fills in info. */
    int (*open)(struct fr_recording *recording, int fd);
    int (*next)(struct fr_recording *recording, const struct fr_geometry *geometry, uint8_t *slot,
                struct fr_recording_frame *ret_frame);
    int (*rewind)(struct fr_recording *recording);
    void (*close)(struct fr_recording *recording); /* takes one whose open failed */
};

extern const struct recording_ops recording_folder_ops;
extern const struct recording_ops recording_stream_ops;
extern const struct recording_ops recording_y4m_ops;

struct fr_recording {
    const struct recording_ops *ops;
    struct fr_recording_info info;
    char *path;
    char reason[320];
    uint64_t next_idx;
    struct file_window window;       /* the file, or the folder's current file */
    struct fr_jpeg_decoder *decoder; /* JPEG only */
    bool is_luma_only;               /* JPEG whose chroma cannot be had */
    void *own;                       /* the kind's own */
};

/* Keeps the line for fr_recording_reason(); returns rc. */
int recording_fail(struct fr_recording *recording, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How many pictures are looked at for a usable one before a recording is given up. */
enum { RECORDING_TRIES = 100 };

/* Fills info.format from the header of a picture. 0, or -EBADMSG, -ENOTSUP with the reason kept. */
int recording_use_header(struct fr_recording *recording, const uint8_t *bytes, size_t length);

/* Decodes one picture; the same for both kinds of JPEG recordings. */
int recording_decode(struct fr_recording *recording, const uint8_t *bytes, size_t length,
                     const struct fr_geometry *geometry, uint8_t *slot);
