/* The background model: for each half-size pixel two grey levels that it is known to have.
 *
 *   mean       what the background looks like now: a grey level and a fraction of one
 *   spread     how far it may stray from that: a multiple of its mean absolute deviation
 *   candidate  another level that has been seen here: an object that stopped, the leaf beside the
 *              branch, the floor beneath the object that just left
 *   evidence   how much speaks for the candidate being background as well, 0 to FR_EVIDENCE_KNOWN
 *
 * A pixel near the mean is background, and the mean follows it. One near the candidate is
 * foreground until the evidence is complete; from then on the two change places whenever the other
 * one is seen, so both stay known and neither is motion. One that is near to none wears the
 * evidence down and, when none is left, becomes the candidate.
 *
 * Frames are compared with the mean's grey level alone, a byte that is rounded to the next: so all
 * that is done with every frame is done with bytes, as many as a vector has. What the mean follows
 * by is less; it is kept in a byte of 256ths beside it. Tolerances are in half grey levels. So that
 * the spread can follow by less than one of them, it is rounded up in some frames and down in
 * others (`dither`). Five bytes a pixel. Pure; pixels are compared and averaged and never index or
 * bound anything.
 */
#pragma once

#include "analyzer/bit_plane.h"
#include "common/media/simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FR_FRACTION_HALF = 128,  /* the mean is the level itself */
    FR_EVIDENCE_KNOWN = 200, /* from here on the candidate is background */
    FR_HALF_LEVELS = 2,      /* of a grey level: the unit of tolerances */
    FR_BLOCK_PX = 32,        /* pixels, one after the other and across the ends of rows */
};

static inline size_t fr_blocks(size_t n_px)
{
    return (n_px + FR_BLOCK_PX - 1) / FR_BLOCK_PX;
}

/* What a model of so many pixels holds. */
static inline size_t fr_background_bytes(size_t n_px)
{
    return 5 * n_px + fr_blocks(n_px);
}

struct fr_background {
    size_t n_px;
    uint8_t *level;     /* of the mean, in grey levels, rounded */
    uint8_t *fraction;  /* the mean is the level and (fraction - FR_FRACTION_HALF) / 256 */
    uint8_t *spread;    /* half grey levels, to FR_TOLERANCE_MAX */
    uint8_t *candidate; /* grey levels */
    uint8_t *evidence;
    uint8_t *known_blocks; /* for each block of pixels: 0 where no evidence of its is complete */
    void *memory;          /* what fini frees: all stand in one piece */
};

/* How one frame is learnt. A pixel is near a level when it differs by no more than its tolerance:
 * `base` and a part of the level, or the spread when that is more, and never more than `most`. The
 * part of the level is there because light multiplies: what an object differs by, and what sensor
 * noise and uneven light differ by, grow with brightness. Of sixteen levels all have the same. */
struct fr_background_step {
    uint16_t base;          /* half grey levels; at most FR_TOLERANCE_MAX */
    uint16_t contrast_q8;   /* 256ths of the level; at most 64 */
    uint16_t deviations_q4; /* 16ths of the mean deviation that spread is; at most 63 */
    uint16_t most;          /* half grey levels; at most FR_TOLERANCE_MAX */
    int16_t shift;          /* mean and spread move by 1/2^shift of the difference; 0 to 10 */
    int16_t dither;         /* 0 to 2^shift - 1, all of them equally often */
    int16_t gain;           /* evidence for the candidate by one frame near it; 0 to KNOWN */
    int16_t loss;           /* evidence lost by one frame near the mean */
    int16_t wear;           /* evidence lost by one frame near to none */
    bool is_held; /* the frame is compared and not learnt: only known levels change places;
                               gain, loss and wear are 0 */
};

enum { FR_TOLERANCE_MAX = 96 * FR_HALF_LEVELS };

/* The tolerance of a level without spread; levels of the same FR_LEVEL_BAND have the same. */
enum { FR_LEVEL_BAND = 16 };

static inline uint8_t fr_background_least(const struct fr_background_step *step, unsigned level)
{
    const unsigned middle = level / FR_LEVEL_BAND * FR_LEVEL_BAND + FR_LEVEL_BAND / 2;
    const unsigned least = step->base + middle * step->contrast_q8 * FR_HALF_LEVELS / 256;
    return (uint8_t)(least < step->most ? least : step->most);
}

/* Model for `n_px` pixels. -ENOMEM. fini takes one that is zeroed. */
int fr_background_init(struct fr_background *background, size_t n_px);
void fr_background_fini(struct fr_background *background);

/* Forgets everything and takes `half` as the background. */
void fr_background_restart(struct fr_background *background, const uint8_t *half);

/* What a frame was, in pixels. */
struct fr_background_count {
    uint64_t n_moving; /* foreground */
    uint64_t n_still;  /* of these, near their candidate: new and yet at rest, as after a change of
                          light */
};

/* What the pixels of a frame have scored, in two planes of bits (bit_plane.h): 2, which is a bit
 * in both, where it is foreground; 1, which is one in `strays`, where it is not but strays by
 * more than half of what is allowed, or was foreground until this frame completed the evidence;
 * and 0. */
struct fr_scores {
    uint8_t *moves, *strays; /* fr_bits_bytes() of the plane */
};

static inline void fr_scores_clear(const struct fr_scores *scores, size_t first_px, size_t n_px)
{
    fr_bits_fill(scores->moves, first_px, n_px, false);
    fr_bits_fill(scores->strays, first_px, n_px, false);
}

/* Learns n_px pixels from first_px on of one frame, `half` being the whole of it and `scores` too.
 * Those of a frame are learnt once each, and in their order. */
struct fr_background_count fr_background_learn(struct fr_background *background, size_t first_px,
                                               size_t n_px, const struct fr_background_step *step,
                                               const uint8_t *half, const struct fr_scores *scores);

/* The same with what a level has, which this machine must have: all give the same. */
struct fr_background_count
fr_background_learn_at(enum fr_simd level, struct fr_background *background, size_t first_px,
                       size_t n_px, const struct fr_background_step *step, const uint8_t *half,
                       const struct fr_scores *scores);

/* Whether any evidence may be complete in n_px pixels from first_px on; held or not, a frame can
 * make their levels change places. */
bool fr_background_knows(const struct fr_background *background, size_t first_px, size_t n_px);

/* Multiplies every known level by gain_q10 / 1024, as a change of exposure does; 256 to 4096.
 * `half` is the frame in the new light: it tells how bright that is which was white before. */
void fr_background_scale(struct fr_background *background, uint32_t gain_q10, const uint8_t *half);

/* The same with what a level has, which this machine must have: all give the same. */
void fr_background_scale_at(enum fr_simd level, struct fr_background *background, uint32_t gain_q10,
                            const uint8_t *half);

/* Takes every candidate for background at once, as though the evidence for it were complete: for
 * the light has changed. What was the background until now is the candidate, and stays known. */
void fr_background_believe(struct fr_background *background);
