/* A camera's pictures under watch: the detector, the areas for its size, and the events, for the
 * daemon and the replay alike. No system call, no clock. */
#pragma once

#include "analyzer/events.h"
#include "analyzer/tuning.h"

struct fr_watch {
    struct fr_tuning tuning;
    struct fr_detector *detector; /* NULL before there is a size */
    uint32_t width_px, height_px; /* of its frames */
    struct fr_area_map *map;      /* for that size; NULL: no areas */
    struct fr_events events;
    struct fr_detection zones[FR_ZONES_MAX]; /* of the last frame */
};

/* Begins; *tuning becomes the watch's and is emptied. fr_watch_fini() ends it, but tells
 * nothing. */
void fr_watch_init(struct fr_watch *watch, struct fr_tuning *tuning, int64_t now_mono_ns,
                   fr_event_listener *listener, void *userdata);
void fr_watch_fini(struct fr_watch *watch);

/* Frames of this size from now on. What was learnt stays if it is the same. As fr_detector_new();
 * when it fails there is no detector. */
int fr_watch_set_size(struct fr_watch *watch, uint32_t width_px, uint32_t height_px);

/* The first zone that is so small or thin that no pixel of this size belongs to it, or NULL. */
const char *fr_watch_empty_zone(const struct fr_watch *watch);

/* Other settings and areas; *tuning becomes the watch's and is emptied. What was learnt and what is
 * under way stays. -ENOMEM: nothing has changed, and *tuning is still the caller's. */
int fr_watch_tune(struct fr_watch *watch, struct fr_tuning *tuning, int64_t now_mono_ns);

/* Decides on the frame that the detector has looked at, and tells the events. -ENODATA: none. */
int fr_watch_decide(struct fr_watch *watch, const struct fr_frame_id *frame,
                    struct fr_detection *ret_detection);
