/* From what each frame shows to what a person wants to be told.
 *
 * Motion is told of the whole picture; or, where there are zones, of each zone by itself and of
 * nothing else.
 *
 * Motion begins when something has moved for start_ns, more or less without a break: time in motion
 * counts up, time at rest counts down. It ends when nothing has moved for end_ns. Both are times
 * and not frames, so that an event means the same at every rate. What the detector doubts (the
 * first second, a change of light) counts as neither.
 *
 * Pure: no clock, no randomness, no output. Time is the frames' own; who listens is called back.
 */
#pragma once

#include "analyzer/detector.h"
#include "config/settings.h"

enum fr_event_kind {
    FR_EVENT_MOTION_START,
    FR_EVENT_MOTION_END,
    FR_EVENT_LIGHT_CHANGE,
    FR_EVENT_SHAKE_START,
    FR_EVENT_SHAKE_END,
    FR_EVENT_LEVEL, /* of every frame, when it was asked for */
    FR_EVENT_SIGNAL_LOST,
    FR_EVENT_SIGNAL_BACK,
};
/* "motion_start" and so on; never NULL. */
const char *fr_event_kind_name(enum fr_event_kind kind);

enum fr_event_reason {
    FR_EVENT_REASON_NONE,
    FR_EVENT_REASON_QUIET,      /* motion ended: nothing moved any more */
    FR_EVENT_REASON_NO_SIGNAL,  /* motion ended: no more frames */
    FR_EVENT_REASON_STOPPED,    /* motion ended: the analyzer or the recording did */
    FR_EVENT_REASON_SETTINGS,   /* motion ended: its zone is no more */
    FR_EVENT_REASON_NO_WRITER,  /* signal lost: nobody writes the ring, or not yet */
    FR_EVENT_REASON_NO_FRAMES,  /* signal lost: the writer lives, but no frame came in time */
    FR_EVENT_REASON_UNREADABLE, /* signal lost: there is a ring, and it cannot be read */
};
/* "quiet" and so on; "" for none. */
const char *fr_event_reason_name(enum fr_event_reason reason);

/* Where and when a frame was. */
struct fr_frame_id {
    uint64_t epoch, number;
    int64_t captured_mono_ns;
    uint32_t width_px, height_px;
};

struct fr_zone_level {
    char zone[FR_SECTION_NAME_MAX + 1];
    double share;
};

struct fr_event {
    enum fr_event_kind kind;
    enum fr_event_reason reason;
    /* Counts from 1; the start and the end of a motion or a shake have the same. 0: of a level. */
    uint64_t serial;
    char zone[FR_SECTION_NAME_MAX + 1]; /* of motion; "": the whole picture */
    /* The frame with which it was decided; of the signal's loss, the last one there was (width 0:
     * none yet). */
    struct fr_frame_id frame;
    int64_t decided_mono_ns;
    /* The picture: of this frame; of a motion's end, of the frame in which most moved. */
    double share;
    uint64_t n_objects;
    size_t n_boxes;
    struct fr_object boxes[FR_DETECTOR_BOXES_MAX];
    /* Of a level: the zones, if any. */
    size_t n_levels;
    struct fr_zone_level levels[FR_ZONES_MAX];
    /* Of a start and an end: the first frame with it. Of the signal: the last frame. */
    int64_t began_mono_ns;
    /* Of an end: until the last frame with it. Of the signal's return: without it. */
    int64_t duration_ns;
    uint64_t n_frames; /* motion_end: frames with motion */
    uint64_t peak_area_px;
    struct fr_frame_id peak_frame;
};

struct fr_event_settings {
    int64_t start_ns; /* 0: with the first frame that moves */
    int64_t end_ns;
};

/* A zone, of which motion is told by itself. */
struct fr_event_zone {
    char name[FR_SECTION_NAME_MAX + 1];
    struct fr_event_settings settings;
};

/* What moves in one zone, or in the whole picture. */
struct fr_motion {
    struct fr_event_zone zone;
    bool is_moving;    /* start was told */
    uint64_t serial;   /* with which it was told */
    int64_t moving_ns; /* before it: time in motion, less time at rest */
    int64_t began_mono_ns, last_motion_mono_ns;
    uint64_t n_frames;
    struct fr_event peak; /* share, boxes and peak_* of it */
};

typedef void fr_event_listener(const struct fr_event *event, void *userdata);

/* Plain memory; the members are its own. */
struct fr_events {
    bool has_levels;
    fr_event_listener *listener;
    void *userdata;

    uint64_t last_serial;
    bool has_signal;
    bool has_frame;
    struct fr_frame_id last_frame;
    int64_t lost_mono_ns;  /* last frame before the loss, or the start */
    int64_t light_mono_ns; /* the last change of light told */
    bool has_light;
    bool is_shaking;
    uint64_t shake_serial;
    int64_t shake_mono_ns, last_shake_mono_ns; /* the first and the last frame with it */

    size_t n_zones; /* 0: the whole picture, in motions[0] */
    struct fr_motion motions[FR_ZONES_MAX];
};

/* Begins without a signal that could be lost: the first frame brings none back, unless
 * fr_events_signal_lost() was called before it. */
void fr_events_init(struct fr_events *events, const struct fr_event_settings *settings,
                    int64_t now_mono_ns, fr_event_listener *listener, void *userdata);

/* Other settings and zones, n_zones at most FR_ZONES_MAX. What is under way in a zone whose name
 * stays goes on; a motion in another one is ended. */
void fr_events_set(struct fr_events *events, const struct fr_event_settings *settings,
                   const struct fr_event_zone *zones, size_t n_zones, int64_t now_mono_ns);

/* Whether a level is told with every frame; not at first. */
void fr_events_set_levels(struct fr_events *events, bool has_levels);

/* A frame was analysed; `zones` is what was seen in each zone, in the order in which they were set
 * (NULL when there are none). */
void fr_events_frame(struct fr_events *events, const struct fr_frame_id *frame,
                     const struct fr_detection *detection, const struct fr_detection *zones);

/* There are no more frames; told once, until the next frame. Ends a motion under way. */
void fr_events_signal_lost(struct fr_events *events, enum fr_event_reason reason,
                           int64_t now_mono_ns);

/* Nothing more will come: ends a motion under way. */
void fr_events_stop(struct fr_events *events, int64_t now_mono_ns);
