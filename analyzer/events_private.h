/* Between events.c and event_motion.c. */
#pragma once

#include "analyzer/events.h"

void fr_events_tell(struct fr_events *events, struct fr_event *event);

/* The event has the picture of this detection. */
void fr_events_show_picture(struct fr_event *event, const struct fr_detection *detection);

/* A frame of one motion, `detection` being what was seen in its zone; elapsed_ns since the last
 * one. */
void fr_events_follow_motion(struct fr_events *events, struct fr_motion *motion, int64_t elapsed_ns,
                             const struct fr_frame_id *frame, const struct fr_detection *detection);

/* Ends it, told if its start was, and forgets a beginning that was not told. */
void fr_events_end_motion(struct fr_events *events, struct fr_motion *motion,
                          enum fr_event_reason reason, int64_t now_mono_ns);
