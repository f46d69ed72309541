/* Motion of the whole picture or of a zone: from frames that move to a start and an end. */
#include "analyzer/events_private.h"

#include <string.h>

static void name_zone(struct fr_event *event, const struct fr_motion *motion)
{
    memcpy(event->zone, motion->zone.name, sizeof event->zone);
}

void fr_events_end_motion(struct fr_events *events, struct fr_motion *motion,
                          enum fr_event_reason reason, int64_t now_mono_ns)
{
    if (motion->is_moving) {
        struct fr_event event = motion->peak;
        event.kind = FR_EVENT_MOTION_END;
        event.reason = reason;
        event.serial = motion->serial;
        event.frame = events->last_frame;
        event.decided_mono_ns = now_mono_ns;
        event.began_mono_ns = motion->began_mono_ns;
        event.duration_ns = motion->last_motion_mono_ns - motion->began_mono_ns;
        event.n_frames = motion->n_frames;
        name_zone(&event, motion);
        fr_events_tell(events, &event);
    }
    motion->is_moving = false;
    motion->moving_ns = 0;
    motion->n_frames = 0;
    motion->peak = (struct fr_event){0};
}

/* A frame with motion, from which an event has begun or may yet begin. */
static void note(struct fr_motion *motion, const struct fr_frame_id *frame,
                 const struct fr_detection *detection)
{
    if (!motion->n_frames++)
        motion->began_mono_ns = frame->captured_mono_ns;
    motion->last_motion_mono_ns = frame->captured_mono_ns;
    if (motion->n_frames == 1 || detection->share > motion->peak.share) {
        fr_events_show_picture(&motion->peak, detection);
        double frame_px = (double)frame->width_px * frame->height_px;
        motion->peak.peak_area_px = (uint64_t)(detection->share * frame_px + 0.5);
        motion->peak.peak_frame = *frame;
    }
}

static void begin(struct fr_events *events, struct fr_motion *motion,
                  const struct fr_frame_id *frame, const struct fr_detection *detection)
{
    struct fr_event event = {.kind = FR_EVENT_MOTION_START,
                             .serial = ++events->last_serial,
                             .frame = *frame,
                             .decided_mono_ns = frame->captured_mono_ns,
                             .began_mono_ns = motion->began_mono_ns};
    motion->is_moving = true;
    motion->serial = event.serial;
    name_zone(&event, motion);
    fr_events_show_picture(&event, detection);
    fr_events_tell(events, &event);
}

void fr_events_follow_motion(struct fr_events *events, struct fr_motion *motion, int64_t elapsed_ns,
                             const struct fr_frame_id *frame, const struct fr_detection *detection)
{
    const struct fr_event_settings *settings = &motion->zone.settings;
    bool moves = detection->n_objects && !detection->is_settling && !detection->is_expected;

    /* A change of light that became motion's beginning was none. */
    if (detection->is_light_change && !motion->is_moving)
        fr_events_end_motion(events, motion, FR_EVENT_REASON_NONE, frame->captured_mono_ns);
    if (moves)
        note(motion, frame, detection);
    if (motion->is_moving) {
        if (frame->captured_mono_ns - motion->last_motion_mono_ns >= settings->end_ns)
            fr_events_end_motion(events, motion, FR_EVENT_REASON_QUIET, frame->captured_mono_ns);
    } else if (moves) {
        motion->moving_ns += elapsed_ns;
        if (motion->moving_ns >= settings->start_ns)
            begin(events, motion, frame, detection);
    } else if (motion->n_frames && !detection->is_settling) {
        motion->moving_ns -= elapsed_ns;
        if (motion->moving_ns <= 0)
            fr_events_end_motion(events, motion, FR_EVENT_REASON_NONE, frame->captured_mono_ns);
    }
}
