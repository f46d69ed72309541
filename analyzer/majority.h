/* Cleaning: a pixel moves where the scores of the 5x5 around it make up more than half of the most
 * that they could. A score of FR_SCORE_MAX says that it moves, 1 that it may: so holes where an object
 * resembles its background are filled, and what strays alone is not motion.
 *
 * Beyond the edge the mask goes on as it is at the edge. Works in place with a few rows beside it.
 * Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FR_MAJORITY_SIDE = 5, FR_SCORE_MAX = 2 };

/* Bytes of scratch for a mask of this width. */
static inline size_t fr_majority_scratch_bytes(uint32_t width_px)
{
    /* The last rows as they were, and the sums of the columns with two more on either side. */
    return (size_t)FR_MAJORITY_SIDE * width_px + width_px + 4;
}

/* `mask` has height_px rows of width_px bytes, each a score of 0 to FR_SCORE_MAX, and gets 0 or 1. At least 1x1. Returns
 * the number of pixels set. */
uint64_t fr_majority_5x5(uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *scratch);
