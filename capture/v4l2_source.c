/* The source "v4l2:": pictures from a camera's driver into the ring.
 *
 * Four ways, each chosen by what camera and driver can do, none of them assumed to work.
 *
 * USERPTR: the slots themselves are the driver's buffers; buffer index = slot index. A slot is
 * taken from the writer before it is queued and stays taken until it is published, so the driver
 * never writes into a slot that a reader may have. No copy.
 *
 * The others have the driver's own buffers. MMAP: one copy, row by row, into a slot. MJPEG: decoded
 * into a slot. CONVERTED: made into YU12 by libv4l2, where framering does not know the format.
 *
 * open() offers USERPTR for raw formats that we need not turn; when the driver turns out to refuse
 * it, start() returns -EAGAIN with the offer of MMAP.
 *
 * Every error of the driver ends in one of two states: the frame is dropped and counted, or step()
 * fails, which means stop, free and open again. Nothing here waits and nothing is retried in place.
 */
#include "capture/v4l2_picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum {
    HAND_ZERO_COPY = 3,
    HAND_COPY = 2,
};

void fr_v4l2_fill_offer(const struct fr_source *source, struct fr_source_offer *ret_offer)
{
    char name[8];
    uint32_t hand = HAND_COPY;
    /* A driver that wants n buffers queued before it begins has to have them while it runs, too. */
    if (source->copy_path == FR_PATH_USERPTR)
        hand = source->agreed.min_buffers < HAND_ZERO_COPY ? HAND_ZERO_COPY
                                                           : source->agreed.min_buffers + 1;
    *ret_offer = (struct fr_source_offer){
        .geometry = source->finish->slot, .copy_path = source->copy_path, .hand = hand};
    if (source->copy_path == FR_PATH_MJPEG)
        ret_offer->decoded_fourcc = source->agreed.format.fourcc;
    snprintf(ret_offer->notes, sizeof ret_offer->notes, "%s", source->notes);
    ret_offer->links = source->links;
    snprintf(ret_offer->label, sizeof ret_offer->label, "%s (driver %s, %.40s, %s)",
             source->device.card, source->device.driver, source->device.path,
             fr_v4l2_format_name(source->agreed.layout->fourcc, name));
}

static void v4l2_free(struct fr_source *source)
{
    if (!source)
        return;
    fr_v4l2_stream_fini(&source->stream);
    fr_v4l2_turn_undo(source->device.fd, &source->turn);
    fr_v4l2_device_close(&source->device);
    fr_jpeg_decoder_free(source->decoder);
    fr_v4l2_converter_free(source->converter);
    fr_frame_finish_free(source->finish);
    free(source);
}

static int v4l2_open(const struct fr_source_request *request, struct fr_source **ret_source,
                     struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_source *source = calloc(1, sizeof *source);
    if (!source) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "out of memory");
        return -ENOMEM;
    }
    struct fr_source_request rest = *request; /* what the device itself does not do */
    struct fr_turn turn;
    int rc = fr_frame_finish_wish(request, &turn, reason);
    if (rc < 0)
        goto fail;
    rc = fr_v4l2_open_device(source, request, reason);
    if (rc < 0)
        goto fail;
    rc = fr_v4l2_device_check_camera(&source->device, reason);
    if (rc < 0)
        goto fail;
    rc = fr_v4l2_set_up(source, &rest, reason);
    if (rc == -ENOLINK && source->has_events) { /* which tell when there is a picture */
        *ret_source = source;
        return rc;
    }
    if (rc < 0)
        goto fail;
    rc = fr_v4l2_format_negotiate(&source->device, &rest, &source->agreed, reason);
    if (rc < 0)
        goto fail;
    rc = fr_v4l2_picture_plan(source, &rest, reason);
    if (rc < 0)
        goto fail;
    fr_v4l2_fill_offer(source, ret_offer);
    *ret_source = source;
    return 0;
fail:
    v4l2_free(source);
    return rc;
}

static int v4l2_poll_fd(const struct fr_source *source, uint32_t *ret_events)
{
    /* A queue without buffers is ready with an error: before start() nothing but events count. */
    *ret_events = source->stream.is_on ? EPOLLIN : 0;
    if (source->has_events)
        *ret_events |= EPOLLPRI;
    return source->device.fd;
}

static uint64_t v4l2_oddities(const struct fr_source *source, const char **ret_text)
{
    *ret_text = source->odd;
    return source->n_odd;
}

static void v4l2_stop(struct fr_source *source)
{
    fr_v4l2_stream_fini(&source->stream);
}

const struct fr_source_ops fr_source_v4l2 = {
    .scheme = "v4l2",
    .open = v4l2_open,
    .start = fr_v4l2_start,
    .poll_fd = v4l2_poll_fd,
    .step = fr_v4l2_step,
    .reconfigure = fr_v4l2_reconfigure,
    .oddities = v4l2_oddities,
    .stop = v4l2_stop,
    .free = v4l2_free,
};
