/* Between the files of the detector: what it holds, and what they ask of each other.
 *
 * detector.c         a frame from plane to mask, step by step
 * detector_life.c    settings, memory, another start
 * detector_look.c    the frame in, reduced
 * detector_light.c   what the light does to the whole picture
 * detector_learn.c   the model's next step: how much, and where
 * detector_objects.c what is told of the mask
 */
#pragma once

#include "analyzer/background.h"
#include "analyzer/detector.h"
#include "analyzer/habit.h"
#include "analyzer/shadow.h"
#include "analyzer/shake.h"
#include "analyzer/tiles.h"

struct fr_components;

/* What stands in `plane`. */
enum fr_plane_state { FR_PLANE_EMPTY, FR_PLANE_LUMA, FR_PLANE_MASK };

/* No alarm so long after a start, and so long after a change of light. */
static const int64_t FR_START_NS = 1000000000, FR_SETTLE_NS = 500000000;

/* Something that grows evenly with time and is given in whole steps. */
struct fr_due {
    double steps;
};

/* The model learns by turns: every so manyth row of tiles in a frame (detector_learn.c). */
enum { FR_TURNS_MAX = 8 };

struct fr_turn {
    int64_t passed_ns; /* since it was last theirs */
    struct fr_due gain, loss, wear;
};

struct fr_detector {
    struct fr_detector_settings settings;
    uint32_t width_px, height_px;           /* of the frame */
    uint32_t half_width_px, half_height_px; /* of the plane, the mask and the background */
    size_t n_tiles;

    enum fr_plane_state state;
    uint8_t *plane; /* the frame reduced; in place of the background once it is decided */
    uint8_t *spare; /* of the same size: the plane as it were, and the mask in bytes */
    struct fr_scores scores;
    uint8_t *mask;       /* of the last decision (bit_plane.h) */
    uint8_t *busy;       /* for each tile: how much of it moved a frame ago */
    uint16_t *sums;      /* for each tile: of the plane */
    uint16_t *mean_sums; /* and of the mean, unless are_mean_sums_old */
    bool are_mean_sums_old;
    uint16_t *ratios_q10; /* for each tile: its brightness beside its background's */
    uint8_t *scratch;
    struct fr_background background;
    struct fr_components *components;
    const struct fr_area_map *map; /* NULL: everything is looked at, and alike */
    struct fr_shadow shadow;
    struct fr_habit habit;
    struct fr_shake shake;
    struct fr_shift shift;  /* of this frame */
    uint32_t shaking_count; /* frames for which the camera is still held to shake */
    uint32_t shaken_count;  /* displaced frames since it stood still, to SHAKEN_MIN */
    int64_t relight_ns;     /* until the transition to another light is over; 0: there is none */

    uint64_t n_learnt; /* frames since the start; 0: the next one begins */
    int64_t last_mono_ns;
    int64_t interval_ns;        /* from frame to frame, smoothed */
    int64_t age_ns;             /* since the model was last new */
    int64_t settled_ns;         /* since the light changed; below 0 after a start */
    int64_t flood_ns, still_ns; /* for how long over half of the picture was new; and still */
    double brightness;          /* gains of about the last second, multiplied */
    struct fr_turn turns[FR_TURNS_MAX];
};

/* Rows of the plane that make a row of tiles, from row y on. */
static inline uint32_t fr_detector_tile_rows(const struct fr_detector *d, uint32_t y)
{
    return d->half_height_px - y < FR_TILE_SIDE ? d->half_height_px - y : FR_TILE_SIDE;
}

/* Adds up the row of tiles that begins with row y of the plane. */
void fr_detector_sum_tiles_at(struct fr_detector *d, uint32_t y);

/* Adds up the tiles of the mean, where something else than learning has changed it. */
void fr_detector_sum_mean_tiles(struct fr_detector *d);

/* Learns the picture, each area of it as sensitive as it is to be, and scores. What is
 * ignored is learnt as well, and known when it is looked at again; but it is not counted, for it
 * says nothing about the light. */
struct fr_background_count fr_detector_learn(struct fr_detector *d, int64_t elapsed_ns);

/* Scales the background when the light of the whole picture changed. Returns the gain. */
uint32_t fr_detector_follow_gain(struct fr_detector *d);

/* Whether this frame completes a change of light. */
bool fr_detector_notice_light_change(struct fr_detector *d, uint32_t gain_q10,
                                     const struct fr_background_count *count, int64_t elapsed_ns);

/* Whether this frame begins the transition to another light, one that is more than a gain:
 * relight_ns is set, and fr_detector_follow_other_light() scores until it is 0 again. */
bool fr_detector_begin_other_light(struct fr_detector *d, const struct fr_background_count *count);
void fr_detector_follow_other_light(struct fr_detector *d, int64_t elapsed_ns);

/* Whether the light, or the model, is too new for an alarm. */
bool fr_detector_is_settling(const struct fr_detector *d);

/* What the mask has, in objects of these shares of the frame; `within` NULL: everywhere. */
void fr_detector_tell_objects(struct fr_detector *d, const struct fr_spans *within,
                              double min_share, double max_share, struct fr_detection *detection);

/* Whether all that is told of it moves as a rule. */
bool fr_detector_is_expected(const struct fr_detector *d, const struct fr_detection *detection);
