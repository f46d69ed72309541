/* One turn of the V4L2 source: what the driver has filled goes into the ring, and the driver gets
 * something to fill. */
#include "capture/v4l2_picture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { BAD_IN_A_ROW_MAX = 100 }; /* then the camera is opened anew, which mends many */

static int explain_loss(const struct fr_source *source, int rc, char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_device *device = &source->device;
    if (rc == -ENODEV || rc == -ENXIO)
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s) is gone: unplugged, or its driver unloaded",
                 device->path, device->card);
    else if (rc == -EPROTO)
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver of %s (%s) handed back a buffer that it did not have", device->path,
                 device->card);
    else
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s) broke off: %s", device->path, device->card,
                 strerror(-rc));
    return rc == -ENODATA || rc == -EIDRM || rc == -EAGAIN ? -EIO : rc;
}

/* Remembers whether pictures come at all. 0, or -EIO after too many bad ones in a row. */
static int note_bad(struct fr_source *source, const char *why, char reason[FR_SOURCE_REASON_MAX])
{
    fr_v4l2_buffers_lost(&source->stream.books);
    if (++source->bad_in_a_row < BAD_IN_A_ROW_MAX)
        return 0;
    snprintf(reason, FR_SOURCE_REASON_MAX,
             "the last %u pictures of %s (%s) were all unusable, the last of them: %s",
             source->bad_in_a_row, source->device.path, source->device.card, why);
    return -EIO;
}

/* Publishes the slot. 1, or an error of the ring. */
static int publish(struct fr_source *source, struct fr_writer *writer, uint32_t slot,
                   const struct fr_frame_meta *meta, char reason[FR_SOURCE_REASON_MAX])
{
    int rc = fr_writer_publish(writer, slot, meta);
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "publishing failed: %s", fr_writer_reason(writer));
        return rc;
    }
    source->bad_in_a_row = 0;
    return 1;
}

/* A buffer that is a slot. */
static int publish_slot(struct fr_source *source, struct fr_writer *writer,
                        const struct fr_v4l2_judgement *judged, char reason[FR_SOURCE_REASON_MAX])
{
    fr_v4l2_picture_settle(source, judged, fr_writer_slot(writer, judged->index));
    return publish(source, writer, judged->index, &judged->meta, reason);
}

/* A buffer of the driver's: copied or decoded, given back at once, and only then published. */
static int publish_copy(struct fr_source *source, struct fr_writer *writer,
                        const struct fr_v4l2_judgement *judged, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_frame_meta meta = judged->meta;
    const char *why = NULL;
    uint32_t slot = 0;
    unsigned drop = FR_DROP_REASONS;
    int rc;

    if (fr_writer_take(writer, &slot) < 0) {
        drop = FR_DROP_STARVED;
        fr_writer_count_drop(writer, drop, 1);
        fr_v4l2_buffers_lost(&source->stream.books);
    } else if ((rc = fr_v4l2_picture_fill(source, judged, fr_writer_slot(writer, slot), &meta,
                                          &why)) < 0) {
        drop = rc == -EAGAIN ? FR_DROP_REASONS : FR_DROP_UNDECODABLE;
        fr_writer_discard(writer, slot, drop);
        if (rc == -EAGAIN) { /* nothing was lost but this one picture, which has no slot yet */
            snprintf(reason, FR_SOURCE_REASON_MAX, "%s", why);
            return rc;
        }
    }
    rc = fr_v4l2_stream_queue(&source->stream, judged->index, NULL);
    if (drop == FR_DROP_REASONS) {
        int n = publish(source, writer, slot, &meta, reason);
        return n < 0 || rc == 0 ? n : explain_loss(source, rc, reason);
    }
    if (rc < 0)
        return explain_loss(source, rc, reason);
    return drop == FR_DROP_STARVED ? 0 : note_bad(source, why, reason);
}

/* A buffer that is not to be published: counted, and the driver's again (a slot with the next ones
 * that are queued). */
static int give_back(struct fr_source *source, struct fr_writer *writer, uint32_t index,
                     unsigned drop, char reason[FR_SOURCE_REASON_MAX])
{
    if (source->copy_path == FR_PATH_USERPTR) {
        fr_writer_discard(writer, index, drop);
        return 0;
    }
    fr_writer_count_drop(writer, drop, 1);
    int rc = fr_v4l2_stream_queue(&source->stream, index, NULL);
    return rc < 0 ? explain_loss(source, rc, reason) : 0;
}

/* Takes all buffers that are ready, but no more than there are: the loop has other things to do.
 * When we are behind, which is when several are ready, the newest good one wins, and those before
 * it are given back unpublished: whoever watches wants to see what is, not what was. 0 or an error;
 * *ret_newest is there when *ret_has_newest says so, with either. */
static int take_newest(struct fr_source *source, struct fr_writer *writer,
                       struct fr_v4l2_judgement *ret_newest, bool *ret_has_newest,
                       char reason[FR_SOURCE_REASON_MAX])
{
    int rc = 0;
    *ret_has_newest = false;
    for (uint32_t i = 0; rc == 0 && i < source->stream.books.limits.n_buffers; i++) {
        struct fr_v4l2_judgement judged;
        rc = fr_v4l2_stream_dequeue(&source->stream, &judged);
        if (rc == -EAGAIN)
            return 0;
        if (rc < 0)
            return explain_loss(source, rc, reason);
        if (judged.lost)
            fr_writer_count_drop(writer, FR_DROP_SOURCE, judged.lost);
        if (judged.verdict == FR_V4L2_OVERTAKEN) {
            rc = give_back(source, writer, judged.index, judged.reason, reason);
            continue;
        }
        if (judged.verdict == FR_V4L2_BAD) {
            rc = give_back(source, writer, judged.index, judged.reason, reason);
            if (rc == 0)
                rc = note_bad(source, fr_drop_reason_name(judged.reason), reason);
            continue;
        }
        if (!fr_rate_limit_passes(&source->rate_limit, judged.meta.captured_mono_ns)) {
            fr_v4l2_buffers_lost(&source->stream.books);
            rc = give_back(source, writer, judged.index, FR_DROP_LATE, reason);
            continue;
        }
        if (*ret_has_newest) {
            rc = give_back(source, writer, ret_newest->index, FR_DROP_LATE, reason);
            judged.meta.flags |= FR_FRAME_AFTER_GAP;
        }
        *ret_newest = judged;
        *ret_has_newest = true;
    }
    return rc;
}

int fr_v4l2_step(struct fr_source *source, struct fr_writer *writer,
                 char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_judgement newest;
    if (source->has_events && fr_v4l2_input_has_changed(&source->device)) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): the picture of input %s has changed",
                 source->device.path, source->device.card, source->input.name);
        return -ESTALE;
    }
    bool has_newest, is_zero_copy = source->copy_path == FR_PATH_USERPTR;
    int error = take_newest(source, writer, &newest, &has_newest, reason);
    /* A good picture is one even when the camera is pulled out behind it. But nothing is believed
     * of a driver whose books are wrong. */
    int n = 0;
    if (has_newest && error != -EPROTO) {
        char why[FR_SOURCE_REASON_MAX] = "";
        n = is_zero_copy ? publish_slot(source, writer, &newest, error ? why : reason)
                         : publish_copy(source, writer, &newest, error ? why : reason);
    }
    if (error < 0 || n < 0)
        return error < 0 ? error : n;
    if (!is_zero_copy)
        return n;
    int rc = fr_v4l2_queue_slots(source, writer);
    if (rc < 0)
        return explain_loss(source, rc, reason);
    /* Cannot be while the writer keeps its hand; but if it is, it is the readers' doing, not the
     * camera's. */
    if (!source->stream.books.queued)
        fr_writer_count_drop(writer, FR_DROP_STARVED, 1);
    return n;
}
