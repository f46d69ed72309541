/* Cast shadows: darker, and yet the same surface.
 *
 * A shadow multiplies what it falls on by a factor that depends on the light and hardly on the
 * surface, so its pixels keep the background's gradients, scaled by that factor; those of an object
 * have gradients of their own. One pixel says little, and a flat surface nothing. But all dark
 * foreground pixels of the last seconds, sorted by their factor, say which factors are shadows in
 * this scene and light:
 *
 *   same[k] = sum of (frame's gradient . background's gradient * factor)
 *   all[k]  = sum of |background's gradient * factor|^2
 *
 * over pixels of factor k / FR_SHADOW_FACTORS whose gradients are weak in both (strong ones are the
 * outlines of objects). Whether they fit each other must not matter here, or chance would look like
 * a shadow: same / all is near 0 for objects, whatever the noise, and well above it for shadows. A
 * foreground pixel of a factor that has been a shadow's, and whose gradient fits, is none.
 *
 * Of a large frame a sample is enough: when much moves, only every so manyth block of pixels
 * teaches. Pure integer arithmetic. */
#pragma once

#include "analyzer/background.h"
#include "common/media/simd.h"

#include <stdbool.h>

enum { FR_SHADOW_FACTORS = 32 };

struct fr_shadow {
    int64_t same[FR_SHADOW_FACTORS], all[FR_SHADOW_FACTORS];
    uint32_t factors;  /* a bit for each that has been a shadow's, up to the last frame */
    uint32_t n_blocks; /* in which something moved, in the last frame */
};

/* What a pixel must be like: grey levels, and where it says q8, 256ths of its brightness more. At
 * most 128. */
struct fr_shadow_limits {
    int16_t dark;              /* the background, at least: below, nothing can be told */
    int16_t factor_min;        /* darker is an object */
    int16_t weak, weak_q8;     /* gradients that teach */
    int16_t misfit, misfit_q8; /* by how much the gradient of a shadow may miss */
};

/* Which blocks of a frame teach, of those in which something moves: the first of every so many. */
struct fr_shadow_teachers {
    uint32_t every, n_blocks, n_passed; /* blocks so far, and since one taught; at first 0 */
};

static inline bool fr_shadow_teaches(struct fr_shadow_teachers *teachers)
{
    const bool teaches = !teachers->n_passed++;
    teachers->n_passed *= teachers->n_passed != teachers->every;
    teachers->n_blocks++;
    return teaches;
}

/* Clears the scores of what is shadow, and learns from the foreground of the frame for the next. */
void fr_shadow_clear(struct fr_shadow *shadow, const uint8_t *half, const uint8_t *levels,
                     uint32_t width_px, uint32_t height_px, const struct fr_scores *scores);

/* The same with what a level has, which this machine must have: all give the same. */
void fr_shadow_clear_at(enum fr_simd level, struct fr_shadow *shadow, const uint8_t *half,
                        const uint8_t *levels, uint32_t width_px, uint32_t height_px,
                        const struct fr_scores *scores);
