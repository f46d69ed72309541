/* Cleaning: a pixel of the mask is set where most of the 5x5 around it are.
 *
 * Beyond the edge the mask goes on as it is at the edge. Works in place with a few rows beside it.
 * Pure.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FR_MAJORITY_SIDE = 5 };

/* Bytes of scratch for a mask of this width. */
static inline size_t fr_majority_scratch_bytes(uint32_t width_px)
{
    /* The last rows as they were, and the sums of the columns with two more on either side. */
    return (size_t)FR_MAJORITY_SIDE * width_px + width_px + 4;
}

/* `mask` has height_px rows of width_px bytes, each 0 or 1, and gets 0 or 1. At least 1x1. Returns
 * the number of pixels set. */
uint64_t fr_majority_5x5(uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *scratch);
