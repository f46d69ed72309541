#include "analyzer/events_private.h"

#include <string.h>

static const int64_t NS_PER_S = 1000000000;

const char *fr_event_kind_name(enum fr_event_kind kind)
{
    static const char *const names[] = {
        [FR_EVENT_MOTION_START] = "motion_start", [FR_EVENT_MOTION_END] = "motion_end",
        [FR_EVENT_LIGHT_CHANGE] = "light_change", [FR_EVENT_SIGNAL_LOST] = "signal_lost",
        [FR_EVENT_SIGNAL_BACK] = "signal_back",   [FR_EVENT_SHAKE_START] = "shake_start",
        [FR_EVENT_SHAKE_END] = "shake_end",       [FR_EVENT_LEVEL] = "level",
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
        [FR_EVENT_REASON_SETTINGS] = "settings",
        [FR_EVENT_REASON_NO_WRITER] = "no_writer",
        [FR_EVENT_REASON_NO_FRAMES] = "no_frames",
        [FR_EVENT_REASON_UNREADABLE] = "unreadable",
    };
    return names[reason];
}

void fr_events_init(struct fr_events *events, const struct fr_event_settings *settings,
                    int64_t now_mono_ns, fr_event_listener *listener, void *userdata)
{
    *events = (struct fr_events){.motions[0].zone.settings = *settings,
                                 .listener = listener,
                                 .userdata = userdata,
                                 .has_signal = true,
                                 .lost_mono_ns = now_mono_ns};
}

void fr_events_set_levels(struct fr_events *events, bool has_levels)
{
    events->has_levels = has_levels;
}

void fr_events_tell(struct fr_events *events, struct fr_event *event)
{
    events->listener(event, events->userdata);
}

void fr_events_show_picture(struct fr_event *event, const struct fr_detection *detection)
{
    event->share = detection->share;
    event->n_objects = detection->n_objects;
    event->n_boxes = detection->n_told;
    for (size_t i = 0; i < detection->n_told; i++)
        event->boxes[i] = detection->objects[i];
}

static size_t n_motions(const struct fr_events *events)
{
    return events->n_zones ? events->n_zones : 1;
}

static void end_motions(struct fr_events *events, enum fr_event_reason reason, int64_t now_mono_ns)
{
    for (size_t i = 0; i < n_motions(events); i++)
        fr_events_end_motion(events, &events->motions[i], reason, now_mono_ns);
}

static void end_shake(struct fr_events *events, int64_t now_mono_ns)
{
    struct fr_event event = {.kind = FR_EVENT_SHAKE_END,
                             .serial = events->shake_serial,
                             .frame = events->last_frame,
                             .decided_mono_ns = now_mono_ns,
                             .began_mono_ns = events->shake_mono_ns,
                             .duration_ns = events->last_shake_mono_ns - events->shake_mono_ns};
    if (events->is_shaking)
        fr_events_tell(events, &event);
    events->is_shaking = false;
}

static void follow_shake(struct fr_events *events, const struct fr_frame_id *frame,
                         const struct fr_detection *detection)
{
    if (!detection->is_shaking) {
        end_shake(events, frame->captured_mono_ns);
        return;
    }
    events->last_shake_mono_ns = frame->captured_mono_ns;
    if (events->is_shaking)
        return;
    struct fr_event event = {.kind = FR_EVENT_SHAKE_START,
                             .serial = ++events->last_serial,
                             .frame = *frame,
                             .decided_mono_ns = frame->captured_mono_ns,
                             .began_mono_ns = frame->captured_mono_ns};
    events->is_shaking = true;
    events->shake_serial = event.serial;
    events->shake_mono_ns = frame->captured_mono_ns;
    fr_events_tell(events, &event);
}

static void tell_level(struct fr_events *events, const struct fr_frame_id *frame,
                       const struct fr_detection *detection, const struct fr_detection *zones)
{
    struct fr_event event = {.kind = FR_EVENT_LEVEL,
                             .frame = *frame,
                             .decided_mono_ns = frame->captured_mono_ns,
                             .share = detection->share,
                             .n_levels = events->n_zones};
    for (size_t i = 0; i < events->n_zones; i++) {
        memcpy(event.levels[i].zone, events->motions[i].zone.name, sizeof event.levels[i].zone);
        event.levels[i].share = zones[i].share;
    }
    fr_events_tell(events, &event);
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
    fr_events_show_picture(&event, detection);
    fr_events_tell(events, &event);
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
    fr_events_tell(events, &event);
}

void fr_events_frame(struct fr_events *events, const struct fr_frame_id *frame,
                     const struct fr_detection *detection, const struct fr_detection *zones)
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

    if (detection->is_light_change)
        tell_light(events, frame, detection);
    follow_shake(events, frame, detection);
    for (size_t i = 0; i < n_motions(events); i++)
        fr_events_follow_motion(events, &events->motions[i], elapsed_ns, frame,
                                events->n_zones ? &zones[i] : detection);
    if (events->has_levels)
        tell_level(events, frame, detection, zones);
}

void fr_events_set(struct fr_events *events, const struct fr_event_settings *settings,
                   const struct fr_event_zone *zones, size_t n_zones, int64_t now_mono_ns)
{
    const struct fr_event_zone whole = {.settings = *settings};
    struct fr_motion before[FR_ZONES_MAX];
    size_t n_before = n_motions(events), n_after = n_zones ? n_zones : 1;
    bool stays[FR_ZONES_MAX] = {false};

    memcpy(before, events->motions, sizeof before);
    memset(events->motions, 0, sizeof events->motions);
    events->n_zones = n_zones;
    for (size_t i = 0; i < n_after; i++) {
        const struct fr_event_zone *zone = n_zones ? &zones[i] : &whole;
        for (size_t k = 0; k < n_before; k++)
            if (strcmp(before[k].zone.name, zone->name) == 0) {
                events->motions[i] = before[k];
                stays[k] = true;
            }
        events->motions[i].zone = *zone;
    }
    for (size_t k = 0; k < n_before; k++)
        if (!stays[k])
            fr_events_end_motion(events, &before[k], FR_EVENT_REASON_SETTINGS, now_mono_ns);
}

void fr_events_signal_lost(struct fr_events *events, enum fr_event_reason reason,
                           int64_t now_mono_ns)
{
    if (!events->has_signal)
        return;
    end_motions(events, FR_EVENT_REASON_NO_SIGNAL, now_mono_ns);
    end_shake(events, now_mono_ns);
    if (events->has_frame)
        events->lost_mono_ns = events->last_frame.captured_mono_ns;
    events->has_signal = false;
    struct fr_event event = {.kind = FR_EVENT_SIGNAL_LOST,
                             .reason = reason,
                             .serial = ++events->last_serial,
                             .frame = events->last_frame,
                             .decided_mono_ns = now_mono_ns,
                             .began_mono_ns = events->lost_mono_ns};
    fr_events_tell(events, &event);
}

void fr_events_stop(struct fr_events *events, int64_t now_mono_ns)
{
    end_motions(events, FR_EVENT_REASON_STOPPED, now_mono_ns);
    end_shake(events, now_mono_ns);
}
