#include "analyzer/events.h"

static const int64_t NS_PER_S = 1000000000;

const char *fr_event_kind_name(enum fr_event_kind kind)
{
    static const char *const names[] = {
        [FR_EVENT_MOTION_START] = "motion_start", [FR_EVENT_MOTION_END] = "motion_end",
        [FR_EVENT_LIGHT_CHANGE] = "light_change", [FR_EVENT_SIGNAL_LOST] = "signal_lost",
        [FR_EVENT_SIGNAL_BACK] = "signal_back",
    };
    return names[kind];
}

const char *fr_event_reason_name(enum fr_event_reason reason)
{
    static const char *const names[] = {
        [FR_EVENT_REASON_NONE] = "",
        [FR_EVENT_REASON_QUIET] = "quiet",
        [FR_EVENT_REASON_NO_SIGNAL] = "signal_lost",
        [FR_EVENT_REASON_STOPPED] = "stopped",
        [FR_EVENT_REASON_NO_WRITER] = "no_writer",
        [FR_EVENT_REASON_NO_FRAMES] = "no_frames",
        [FR_EVENT_REASON_UNREADABLE] = "unreadable",
    };
    return names[reason];
}

void fr_events_init(struct fr_events *events, const struct fr_event_settings *settings,
                    int64_t now_mono_ns, fr_event_listener *listener, void *userdata)
{
    *events = (struct fr_events){.settings = *settings,
                                 .listener = listener,
                                 .userdata = userdata,
                                 .has_signal = true,
                                 .lost_mono_ns = now_mono_ns};
}

void fr_events_set(struct fr_events *events, const struct fr_event_settings *settings)
{
    events->settings = *settings;
}

static void tell(struct fr_events *events, struct fr_event *event)
{
    events->listener(event, events->userdata);
}

static void show_picture(struct fr_event *event, const struct fr_detection *detection)
{
    event->share = detection->share;
    event->n_objects = detection->n_objects;
    event->n_boxes = detection->n_told;
    for (size_t i = 0; i < detection->n_told; i++)
        event->boxes[i] = detection->objects[i];
}

static void end_motion(struct fr_events *events, enum fr_event_reason reason, int64_t now_mono_ns)
{
    if (events->is_moving) {
        struct fr_event event = events->peak;
        event.kind = FR_EVENT_MOTION_END;
        event.reason = reason;
        event.serial = events->serial;
        event.frame = events->last_frame;
        event.decided_mono_ns = now_mono_ns;
        event.began_mono_ns = events->began_mono_ns;
        event.duration_ns = events->last_motion_mono_ns - events->began_mono_ns;
        event.n_frames = events->n_frames;
        tell(events, &event);
    }
    events->is_moving = false;
    events->moving_ns = 0;
    events->n_frames = 0;
    events->peak = (struct fr_event){0};
}

/* A frame with motion, from which an event has begun or may yet begin. */
static void note_motion(struct fr_events *events, const struct fr_frame_id *frame,
                        const struct fr_detection *detection)
{
    if (!events->n_frames++)
        events->began_mono_ns = frame->captured_mono_ns;
    events->last_motion_mono_ns = frame->captured_mono_ns;
    if (events->n_frames == 1 || detection->share > events->peak.share) {
        show_picture(&events->peak, detection);
        double frame_px = (double)frame->width_px * frame->height_px;
        events->peak.peak_area_px = (uint64_t)(detection->share * frame_px + 0.5);
        events->peak.peak_frame = *frame;
    }
}

static void begin_motion(struct fr_events *events, const struct fr_frame_id *frame,
                         const struct fr_detection *detection)
{
    struct fr_event event = {.kind = FR_EVENT_MOTION_START,
                             .serial = ++events->last_serial,
                             .frame = *frame,
                             .decided_mono_ns = frame->captured_mono_ns,
                             .began_mono_ns = events->began_mono_ns};
    events->is_moving = true;
    events->serial = event.serial;
    show_picture(&event, detection);
    tell(events, &event);
}

static void tell_light(struct fr_events *events, const struct fr_frame_id *frame,
                       const struct fr_detection *detection)
{
    /* A lamp that flickers into light is one change. */
    bool is_same = events->has_light && frame->captured_mono_ns - events->light_mono_ns < NS_PER_S;
    events->has_light = true;
    events->light_mono_ns = frame->captured_mono_ns;
    if (is_same)
        return;
    struct fr_event event = {.kind = FR_EVENT_LIGHT_CHANGE,
                             .serial = ++events->last_serial,
                             .frame = *frame,
                             .decided_mono_ns = frame->captured_mono_ns};
    show_picture(&event, detection);
    tell(events, &event);
}

static void tell_signal_back(struct fr_events *events, const struct fr_frame_id *frame)
{
    struct fr_event event = {.kind = FR_EVENT_SIGNAL_BACK,
                             .serial = ++events->last_serial,
                             .frame = *frame,
                             .decided_mono_ns = frame->captured_mono_ns,
                             .began_mono_ns = events->lost_mono_ns,
                             .duration_ns = frame->captured_mono_ns - events->lost_mono_ns};
    if (event.duration_ns < 0)
        event.duration_ns = 0;
    events->has_signal = true;
    tell(events, &event);
}

void fr_events_frame(struct fr_events *events, const struct fr_frame_id *frame,
                     const struct fr_detection *detection)
{
    /* A gap of more than a second is a second: nobody saw what happened in it. */
    int64_t elapsed_ns = 0;
    if (events->has_frame && events->has_signal)
        elapsed_ns = frame->captured_mono_ns - events->last_frame.captured_mono_ns;
    elapsed_ns = elapsed_ns < 0 ? 0 : elapsed_ns > NS_PER_S ? NS_PER_S : elapsed_ns;

    if (!events->has_signal)
        tell_signal_back(events, frame);
    events->has_frame = true;
    events->last_frame = *frame;

    if (detection->is_light_change) {
        /* A change of light that became motion's beginning was none. */
        if (!events->is_moving)
            end_motion(events, FR_EVENT_REASON_NONE, frame->captured_mono_ns);
        tell_light(events, frame, detection);
    }

    bool moves = detection->n_objects && !detection->is_settling;
    if (moves)
        note_motion(events, frame, detection);
    if (events->is_moving) {
        if (frame->captured_mono_ns - events->last_motion_mono_ns >= events->settings.end_ns)
            end_motion(events, FR_EVENT_REASON_QUIET, frame->captured_mono_ns);
    } else if (moves) {
        events->moving_ns += elapsed_ns;
        if (events->moving_ns >= events->settings.start_ns)
            begin_motion(events, frame, detection);
    } else if (events->n_frames && !detection->is_settling) {
        events->moving_ns -= elapsed_ns;
        if (events->moving_ns <= 0)
            end_motion(events, FR_EVENT_REASON_NONE, frame->captured_mono_ns);
    }
}

void fr_events_signal_lost(struct fr_events *events, enum fr_event_reason reason,
                           int64_t now_mono_ns)
{
    if (!events->has_signal)
        return;
    end_motion(events, FR_EVENT_REASON_NO_SIGNAL, now_mono_ns);
    if (events->has_frame)
        events->lost_mono_ns = events->last_frame.captured_mono_ns;
    events->has_signal = false;
    struct fr_event event = {.kind = FR_EVENT_SIGNAL_LOST,
                             .reason = reason,
                             .serial = ++events->last_serial,
                             .frame = events->last_frame,
                             .decided_mono_ns = now_mono_ns,
                             .began_mono_ns = events->lost_mono_ns};
    tell(events, &event);
}

void fr_events_stop(struct fr_events *events, int64_t now_mono_ns)
{
    end_motion(events, FR_EVENT_REASON_STOPPED, now_mono_ns);
}
