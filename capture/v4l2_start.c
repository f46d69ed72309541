/* Starting the V4L2 source: buffers, then the stream; and finding out that a driver does not take
 * our memory, which no driver tells before it is tried. */
#include "capture/v4l2_picture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MMAP_BUFFERS = 4 };

int fr_v4l2_queue_slots(struct fr_source *source, struct fr_writer *writer)
{
    uint32_t slot;
    while (fr_writer_take(writer, &slot) == 0) {
        int rc = fr_v4l2_stream_queue(&source->stream, slot, fr_writer_slot(writer, slot));
        if (rc < 0) {
            fr_writer_discard(writer, slot, FR_DROP_REASONS);
            return rc;
        }
    }
    return 0;
}

/* Errors that say "not with this memory" rather than "not this camera". */
static bool blames_memory(int rc)
{
    return rc == -EINVAL || rc == -EFAULT || rc == -ENOMEM || rc == -EIO || rc == -EPERM ||
           rc == -EOPNOTSUPP;
}

static int explain_start(const struct fr_source *source, int rc, const char *what,
                         char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_device *device = &source->device;
    if (rc == -ENOSPC)
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) gets no bandwidth on its USB bus; ask for a smaller size or rate or for "
                 "MJPG, or plug it into another port",
                 device->path, device->card);
    else
        fr_v4l2_device_failed(device, rc, what, reason);
    return rc == -EAGAIN ? -EIO : rc;
}

static uint32_t count_slots(const struct fr_writer *writer)
{
    uint32_t n = 0;
    while (n < FR_SLOTS_MAX && fr_writer_slot(writer, n))
        n++;
    return n;
}

static int start_zero_copy(struct fr_source *source, struct fr_writer *writer,
                           char reason[FR_SOURCE_REASON_MAX])
{
    size_t room = fr_v4l2_picture_room(source, fr_writer_slot_bytes(writer));
    int rc = fr_v4l2_stream_init_userptr(&source->stream, &source->device, &source->agreed,
                                         count_slots(writer), room, reason);
    if (rc < 0)
        return rc;
    const char *what = "queueing our own memory (USERPTR)";
    rc = fr_v4l2_queue_slots(source, writer);
    if (rc == 0) {
        what = "starting the stream";
        rc = fr_v4l2_stream_on(&source->stream);
    }
    if (rc == 0)
        return 0;
    bool is_memory = blames_memory(rc);
    rc = explain_start(source, rc, what, reason);
    fr_v4l2_stream_fini(&source->stream);
    return is_memory ? -EAGAIN : rc;
}

static int start_copy(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX])
{
    uint32_t n = source->agreed.min_buffers + 2 > MMAP_BUFFERS ? source->agreed.min_buffers + 2
                                                               : MMAP_BUFFERS;
    int rc = fr_v4l2_stream_init_mmap(&source->stream, &source->device, &source->agreed, n, reason);
    if (rc < 0)
        return rc == -EAGAIN ? -EIO : rc;
    rc = fr_v4l2_stream_on(&source->stream);
    if (rc < 0) {
        rc = explain_start(source, rc, "starting the stream", reason);
        fr_v4l2_stream_fini(&source->stream);
    }
    return rc;
}

/* Not as it was: another way of copying, or another format. Returns -EAGAIN, or why neither can
 * be. */
static int offer_anew(struct fr_source *source, int rc, const char *why,
                      struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX])
{
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s", why);
        return rc;
    }
    fr_v4l2_fill_offer(source, ret_offer);
    return -EAGAIN;
}

int fr_v4l2_start(struct fr_source *source, struct fr_writer *writer,
                  struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX])
{
    char why[FR_SOURCE_REASON_MAX] = "";
    int rc;
    source->bad_in_a_row = 0;
    if (source->has_other_offer) {
        char name[5];
        source->has_other_offer = false;
        snprintf(reason, FR_SOURCE_REASON_MAX, "the pictures of %s (%s) are %s",
                 source->device.path, source->device.card,
                 fr_fourcc_name(source->agreed.format.fourcc, name));
        rc = fr_v4l2_picture_use_decoder(source, why);
        return offer_anew(source, rc, why, ret_offer, reason);
    }
    fr_rate_limit_init(&source->rate_limit, source->agreed.format.rate_num,
                       source->agreed.format.rate_den);
    if (source->copy_path != FR_PATH_USERPTR)
        return start_copy(source, reason);
    rc = start_zero_copy(source, writer, reason);
    if (rc != -EAGAIN)
        return rc;
    rc = fr_v4l2_picture_use_copy(source, why);
    return offer_anew(source, rc, why, ret_offer, reason);
}
