/* What a replay makes besides events: a mask for every frame, pictures of what the detector sees,
 * and a heat map of the whole. */
#pragma once

#include "analyzer/watch.h"

struct fr_replay_show_asked {
    const char *masks, *pictures; /* folders, or NULL; must stay valid, as the file */
    const char *heat_map;         /* file, or NULL */
    int64_t picture_every;        /* frames; 0: only those with events */
};

struct fr_replay_show;

/* Makes what was asked for, for frames of the watch's size; the watch stays the caller's. Writes an
 * empty heat map, for at the end it would be late to learn that it cannot be written. On failure
 * `reason` gets a line. */
int fr_replay_show_new(const struct fr_replay_show_asked *asked, const struct fr_watch *watch,
                       struct fr_replay_show **ret_show, char *reason, size_t reason_size);
/* Takes NULL. */
void fr_replay_show_free(struct fr_replay_show *show);

/* An event was told: the frame with it gets a picture. */
void fr_replay_show_event(struct fr_replay_show *show, const struct fr_event *event);

/* A frame is done, and `luma` (which must stay valid until the next one) and what the watch decided
 * are about it. NULL for both: it was damaged, its mask is empty, and nothing else is shown of it.
 * Negative with a reason. */
int fr_replay_show_frame(struct fr_replay_show *show, const struct fr_frame_id *id,
                         const struct fr_luma *luma, const struct fr_detection *detection,
                         char *reason, size_t reason_size);

/* The recording is over: the picture of events that its end brought, and the heat map. */
int fr_replay_show_end(struct fr_replay_show *show, char *reason, size_t reason_size);
