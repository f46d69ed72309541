/* A recording that is one file of concatenated JPEGs. */
#include "common/media/recording_kinds.h"

#include <errno.h>
#include <stdlib.h>

/* Puts the next picture at the window's beginning. 0; -ENODATA: the end; -EBADMSG: a picture that
 * is too long was given up; others as read(). */
static int find_picture(struct fr_recording *recording, size_t *ret_length)
{
    struct file_window *w = &recording->window;
    struct fr_jpeg_split split = {0};
    size_t start;

    for (;;) {
        if (fr_jpeg_split(&split, window_bytes(w), window_length(w), w->is_end, &start,
                          ret_length)) {
            window_skip(w, start);
            return 0;
        }
        window_skip(w, fr_jpeg_split_discard(&split));
        if (w->is_end)
            return -ENODATA;
        int rc = window_fill(w, FR_RECORDING_JPEG_MAX);
        if (rc == -EFBIG) {
            fr_jpeg_split_give_up(&split);
            window_skip(w, fr_jpeg_split_discard(&split));
            return recording_fail(recording, -EBADMSG, "a JPEG of more than %u bytes",
                                  FR_RECORDING_JPEG_MAX);
        }
        if (rc < 0)
            return recording_fail(recording, rc, "cannot be read");
    }
}

static int stream_open(struct fr_recording *recording, int fd)
{
    recording->window.fd = fd;
    recording->info.kind = FR_RECORDING_JPEG_STREAM;
    int rc = fr_jpeg_decoder_new(&recording->decoder);
    if (rc < 0)
        return recording_fail(recording, rc, "no memory");
    int found = -ENODATA;
    for (int i = 0; i < RECORDING_TRIES; i++) {
        size_t length;
        rc = find_picture(recording, &length);
        if (rc == -ENODATA)
            break;
        if (rc == 0) {
            rc = recording_use_header(recording, window_bytes(&recording->window), length);
            window_skip(&recording->window, length);
        }
        if (rc == 0)
            return window_rewind(&recording->window);
        if (rc != -EBADMSG && rc != -ENOTSUP)
            return rc;
        found = rc; /* the reason is kept: it is that of the last one */
    }
    if (found == -ENODATA)
        return recording_fail(recording, -EBADMSG,
                              "neither JPEG nor Y4M; expected concatenated JPEGs or a Y4M file");
    return found;
}

static int stream_next(struct fr_recording *recording, const struct fr_geometry *geometry,
                       uint8_t *slot, struct fr_recording_frame *ret_frame)
{
    size_t length;
    int rc = find_picture(recording, &length);
    if (rc < 0)
        return rc;
    rc = recording_decode(recording, window_bytes(&recording->window), length, geometry, slot);
    window_skip(&recording->window, length);
    if (rc == 0)
        ret_frame->bytes = length;
    return rc;
}

static int stream_rewind(struct fr_recording *recording)
{
    return window_rewind(&recording->window);
}

static void stream_close(struct fr_recording *recording)
{
    (void)recording; /* the window is closed by recording.c */
}

const struct recording_ops recording_stream_ops = {stream_open, stream_next, stream_rewind,
                                                   stream_close};
