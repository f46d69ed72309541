/* Recorded footage as a camera: every frame of the recording, decoded straight into a slot.
 *
 * At the recording's rate (or another one that was asked for) or as fast as it can be decoded, once
 * or over and over. No frame is left out for being late, see pacer.h; a frame that cannot be
 * decoded is counted (FR_DROP_UNDECODABLE), takes its time in the schedule, and flags the next one
 * as coming after a gap. At the recording's rate the end comes when the last frame's time is over.
 *
 * `source_sequence` counts the frames of the recording from 0, bad ones included, and goes on
 * counting when it begins again. Frames also go on over a new epoch: only freeing the source loses
 * the place.
 */
#include "capture/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "capture/frame_finish.h"
#include "capture/frame_time.h"
#include "capture/pacer.h"
#include "common/media/recording.h"

enum { DEFAULT_RATE = 25 };

/* A recording has a first frame that matters, as a camera has not: at its own pace, readers that
 * wait for the ring get so long to attach before it comes. */
#define LEAD_IN_NS (250 * FR_NS_PER_MS)

struct fr_source {
    struct fr_recording *recording;
    struct fr_frame_finish *finish;
    struct fr_pace pace; /* pace.frame counts frames delivered or found bad */
    int timer_fd;
    bool is_fast;
    bool is_looping;
    bool is_after_gap;
    bool has_good_frame; /* since the beginning, or the last time it began again */
};

static void replay_free(struct fr_source *source)
{
    if (!source)
        return;
    if (source->timer_fd >= 0)
        close(source->timer_fd);
    fr_recording_close(source->recording);
    fr_frame_finish_free(source->finish);
    free(source);
}

static int choose_geometry(const struct fr_source_request *request,
                           const struct fr_recording *recording, struct fr_geometry *ret_geometry,
                           char *reason)
{
    struct fr_format format = fr_recording_info(recording)->format;
    char name[5];
    if ((request->width_px && request->width_px != format.width_px) ||
        (request->height_px && request->height_px != format.height_px)) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "replay: %s is %ux%u, and a recording is not scaled: expected that size, or none",
                 request->spec, format.width_px, format.height_px);
        return -EINVAL;
    }
    if (request->fourcc)
        format.fourcc = request->fourcc;
    if (!fr_recording_delivers(recording, format.fourcc)) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "replay: %s cannot be had as %s: expected %s, or no format", request->spec,
                 fr_fourcc_name(format.fourcc, name), fr_recording_choices(recording));
        return -EINVAL;
    }
    if (request->rate_num) {
        format.rate_num = request->rate_num;
        format.rate_den = request->rate_den ? request->rate_den : 1;
    } else if (format.rate_num == 0 || format.rate_den == 0) {
        format.rate_num = DEFAULT_RATE;
        format.rate_den = 1;
    }
    int r = fr_geometry_init(&format, ret_geometry);
    if (r < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "replay: %s: a ring cannot hold %ux%u in %s: expected sides up to %u, and an even "
                 "width where two pixels share their colour",
                 request->spec, format.width_px, format.height_px,
                 fr_fourcc_name(format.fourcc, name), FR_SIDE_MAX);
        return -EINVAL;
    }
    return 0;
}

/* A file that is there and is no recording will not become one by waiting. */
static int open_recording(const char *path, struct fr_recording **ret_recording, char *reason)
{
    char why[FR_SOURCE_REASON_MAX - 16] = "";
    if (!path || !*path) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "replay: no path: expected replay:PATH, a folder of JPEGs, a file of concatenated "
                 "JPEGs, or a Y4M file");
        return -EINVAL;
    }
    int r = fr_recording_open(path, ret_recording, why, sizeof why);
    if (r == 0)
        return 0;
    snprintf(reason, FR_SOURCE_REASON_MAX, "replay: %s", why);
    return r == -EBADMSG || r == -ENOTSUP || r == -ENODATA ? -EINVAL : r;
}

static int replay_open(const struct fr_source_request *request, struct fr_source **ret_source,
                       struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_source_offer offer = {.copy_path = FR_PATH_REPLAY, .hand = 2};
    struct fr_geometry picture;
    struct fr_turn turn;
    struct fr_source *source = calloc(1, sizeof *source);
    if (!source) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "replay: out of memory");
        return -ENOMEM;
    }
    source->timer_fd = -1;
    int r = open_recording(request->spec, &source->recording, reason);
    if (r < 0)
        goto fail;
    r = choose_geometry(request, source->recording, &picture, reason);
    if (r == 0)
        r = fr_frame_finish_wish(request, &turn, reason);
    if (r == 0)
        r = fr_frame_finish_new(request, turn, &picture, 0, &source->finish, reason);
    if (r == 0)
        r = fr_frame_finish_scratch(source->finish, reason);
    if (r < 0)
        goto fail;
    offer.geometry = source->finish->slot;
    r = source->timer_fd = fr_pace_timer_open();
    if (r < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "replay: timer: %s", strerror(-r));
        goto fail;
    }
    snprintf(offer.label, sizeof offer.label, "recording %.100s", request->spec);
    source->pace.rate_num = offer.geometry.format.rate_num;
    source->pace.rate_den = offer.geometry.format.rate_den;
    source->is_fast = request->is_fast;
    source->is_looping = request->is_looping;
    *ret_source = source;
    *ret_offer = offer;
    return 0;
fail:
    replay_free(source);
    return r;
}

static int replay_start(struct fr_source *source, struct fr_writer *writer,
                        struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX])
{
    (void)writer;
    (void)ret_offer;
    int64_t first = fr_now_mono_ns() + (source->is_fast ? 0 : LEAD_IN_NS);
    fr_pace_start(&source->pace, source->pace.frame, first);
    int r = fr_pace_timer_arm(source->timer_fd, first);
    if (r < 0)
        snprintf(reason, FR_SOURCE_REASON_MAX, "replay: timer: %s", strerror(-r));
    return r;
}

static int replay_poll_fd(const struct fr_source *source, uint32_t *ret_events)
{
    *ret_events = EPOLLIN;
    return source->timer_fd;
}

/* The next frame, from the beginning again when it loops. */
static int decode_next(struct fr_source *source, uint8_t *slot,
                       struct fr_recording_frame *ret_frame)
{
    const struct fr_geometry *picture = &source->finish->picture;
    uint8_t *target = fr_frame_finish_target(source->finish, slot);
    int r = fr_recording_next(source->recording, picture, target, ret_frame);
    if (r != -ENODATA || !source->is_looping)
        return r;
    if (!source->has_good_frame)
        return -EBADF; /* a whole round without a picture: going on would spin */
    source->has_good_frame = false;
    r = fr_recording_rewind(source->recording);
    if (r == 0)
        r = fr_recording_next(source->recording, picture, target, ret_frame);
    return r;
}

/* Decodes into the slot and publishes it, or discards it: 1, 0 or an error. */
static int deliver(struct fr_source *source, struct fr_writer *writer, uint32_t slot_idx,
                   int64_t now, char *reason)
{
    struct fr_recording_frame frame = {0};
    uint8_t *slot = fr_writer_slot(writer, slot_idx);
    int r = decode_next(source, slot, &frame);
    if (r == -EBADMSG) {
        source->is_after_gap = true;
        return fr_writer_discard(writer, slot_idx, FR_DROP_UNDECODABLE);
    }
    if (r < 0) {
        fr_writer_discard(writer, slot_idx, FR_DROP_REASONS);
        if (r == -EBADF)
            snprintf(reason, FR_SOURCE_REASON_MAX,
                     "replay: no frame of the recording can be decoded any more");
        else if (r != -ENODATA)
            snprintf(reason, FR_SOURCE_REASON_MAX, "replay: %s",
                     fr_recording_reason(source->recording));
        return r;
    }
    fr_frame_finish(source->finish, slot);
    int64_t due = fr_pace_due_ns(&source->pace);
    const struct fr_frame_meta meta = {
        .captured_mono_ns = source->is_fast || due > now ? now : due,
        .source_sequence = (uint32_t)source->pace.frame,
        .flags = source->is_after_gap ? FR_FRAME_AFTER_GAP : 0,
    };
    r = fr_writer_publish(writer, slot_idx, &meta);
    if (r < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "replay: the frame cannot be published: %s",
                 strerror(-r));
        return r;
    }
    source->is_after_gap = false;
    source->has_good_frame = true;
    return 1;
}

static int replay_step(struct fr_source *source, struct fr_writer *writer,
                       char reason[FR_SOURCE_REASON_MAX])
{
    /* Fast: the expiry is left where it is, and the descriptor stays readable. */
    if (!source->is_fast && !fr_pace_timer_take(source->timer_fd))
        return 0;
    int64_t now = fr_now_mono_ns();
    uint32_t slot_idx = 0;
    int r = fr_writer_take(writer, &slot_idx);
    if (r == 0)
        r = deliver(source, writer, slot_idx, now, reason);
    else if (r != -EAGAIN)
        snprintf(reason, FR_SOURCE_REASON_MAX, "replay: no slot to decode into: %s", strerror(-r));
    if (r == -EAGAIN) { /* nothing was read: the same frame again, a period later */
        fr_writer_count_drop(writer, FR_DROP_STARVED, 1);
        fr_pace_timer_arm(source->timer_fd,
                          now + fr_frame_time_ns(1, source->pace.rate_num, source->pace.rate_den));
        return 0;
    }
    if (r < 0)
        return r;
    if (source->is_fast)
        source->pace.frame++;
    else
        fr_pace_timer_arm(source->timer_fd, fr_pace_catch_up(&source->pace, now));
    return r;
}

static void replay_stop(struct fr_source *source)
{
    (void)source; /* nothing is under way between two steps */
}

const struct fr_source_ops fr_source_replay = {
    .scheme = "replay",
    .open = replay_open,
    .start = replay_start,
    .poll_fd = replay_poll_fd,
    .step = replay_step,
    .stop = replay_stop,
    .free = replay_free,
};
