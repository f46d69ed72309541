/* Cleaning: a pixel moves where the scores of the 5x5 around it make up 14 of 25 parts of the
 * most that they could. A score of FR_SCORE_MAX says that it moves, 1 that it may: so holes where an
 * object resembles its background are filled, and what strays alone is not motion.
 *
 * Beyond the edge the mask goes on as it is at the edge. Works in place with a few rows beside it.
 * Pure.
 */
#pragma once

#include "common/media/simd.h"

#include <stddef.h>
#include <stdint.h>

enum { FR_MAJORITY_SIDE = 5, FR_SCORE_MAX = 2 };

/* Bytes of scratch for a mask of this width. */
static inline size_t fr_majority_scratch_bytes(uint32_t width_px)
{
    /* For each of the last rows the sums of five pixels side by side; those of five such rows; a row
     * with two pixels more on either side; and a byte for each 16 pixels or more. */
    return (size_t)(FR_MAJORITY_SIDE + 2) * width_px + FR_MAJORITY_SIDE - 1 + width_px / 16;
}

/* `mask` has height_px rows of width_px bytes, each a score of 0 to FR_SCORE_MAX, and gets 0 or 1.
 * At least 1x1. */
void fr_majority_5x5(uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *scratch);

/* The same with what a level has, which this machine must have: all give the same mask. */
void fr_majority_5x5_at(enum fr_simd level, uint8_t *mask, uint32_t width_px, uint32_t height_px,
                        uint8_t *scratch);
