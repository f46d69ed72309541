/* What always moves, and need not be told: trees, screens, rain, what is not yet known.
 *
 * Each tile has a level of what moves there as a rule: it rises within seconds while more does, and
 * flickers, and falls within a minute while less does. What stands still does not flicker, and
 * raises no level. An object is expected when most of what moves in its tiles is below these
 * levels. At the start all is expected; for two seconds the levels rise and fall faster.
 *
 * What goes somewhere is never expected, and raises no level: an object is followed from frame to
 * frame by its box, and when it has gone its own size, more or less straight, it travels. So a
 * street full of traffic does not become a habit. When it has gone no further for hold_ns it no
 * longer travels.
 *
 * An object below 4x4 pixels of half size cannot be told from chance, and is always expected; one
 * of more than half of the picture never is. Pure; costs some operations for each tile and pair of
 * objects. */
#pragma once

#include "analyzer/detector.h"

struct fr_track {
    struct fr_object now;
    struct fr_object born; /* as it was first seen, or when it had gone its own size */
    uint32_t path_px;      /* since then, all its ways together */
    int64_t travels_ns;    /* it is held to travel for so long yet */
};

struct fr_habit {
    uint32_t tiles_x, tiles_y;
    uint16_t *usual_q8; /* for each tile: pixels that move there as a rule */
    uint16_t
        *allowed_q8; /* that, or half of the highest one beside it: what sways may sway further */
    uint16_t *highest_q8; /* scratch: a row, with nothing at either end */
    uint8_t *last;        /* what moved there a frame ago */
    int64_t age_ns;
    size_t n_tracks;
    struct fr_track tracks[FR_DETECTOR_BOXES_MAX];
};

/* For planes of half size. -ENOMEM. fini takes one that is zeroed. */
int fr_habit_init(struct fr_habit *habit, uint32_t half_width_px, uint32_t half_height_px);
void fr_habit_fini(struct fr_habit *habit);

/* Bytes that init() takes for these sizes. */
size_t fr_habit_bytes(uint32_t half_width_px, uint32_t half_height_px);

/* Everything is expected again. */
void fr_habit_restart(struct fr_habit *habit);

/* A frame later: `busy` holds for each tile how many of its pixels move (at most 64), `objects`
 * what moves, largest first; hold_ns: see above. */
void fr_habit_learn(struct fr_habit *habit, const uint8_t *busy, const struct fr_object *objects,
                    size_t n_objects, int64_t elapsed_ns, int64_t hold_ns);

/* Whether an object of the frame last learnt, or a part of one, is expected; `busy` as then. */
bool fr_habit_expects(const struct fr_habit *habit, const uint8_t *busy,
                      const struct fr_object *object);
