/* Cleaning: a pixel moves where the scores of the 5x5 around it make up 14 of 25 parts of the
 * most that they could. A score of 2 says that it moves, 1 that it may: so holes where an object
 * resembles its background are filled, and what strays alone is not motion.
 *
 * Beyond an edge lies what lies as far inside of it. Works with a few rows of bytes. Pure.
 */
#pragma once

#include "analyzer/background.h"
#include "common/media/simd.h"

#include <stddef.h>
#include <stdint.h>

enum { FR_MAJORITY_SIDE = 5 };

/* All rows of scratch begin where vectors should; the longest have two pixels more on either
 * side. */
static inline size_t fr_majority_row_bytes(uint32_t width_px)
{
    return ((size_t)width_px + FR_MAJORITY_SIDE - 1 + 63) / 64 * 64;
}

/* Bytes of scratch for a mask of this width. */
static inline size_t fr_majority_scratch_bytes(uint32_t width_px)
{
    /* For each of the last rows the sums of five pixels side by side; those of five such rows; and
     * this row and the next. */
    return (FR_MAJORITY_SIDE + 3) * fr_majority_row_bytes(width_px);
}

/* Of the scores of height_px rows of width_px pixels, a mask of as many (bit_plane.h);
 * fr_mask_bytes() of it. At least 1x1. */
void fr_majority_5x5(const struct fr_scores *scores, uint32_t width_px, uint32_t height_px,
                     uint8_t *scratch, uint8_t *ret_mask);

/* The same with what a level has, which this machine must have: all give the same mask. */
void fr_majority_5x5_at(enum fr_simd level, const struct fr_scores *scores, uint32_t width_px,
                        uint32_t height_px, uint8_t *scratch, uint8_t *ret_mask);
