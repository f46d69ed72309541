/* Tiles of 8x8 half-size pixels, row by row; those at the right and lower edge may be smaller.
 * Pure. */
#pragma once

#include "analyzer/background.h"

enum { FR_TILE_SIDE = 8 };

/* Tiles in a row or column. */
static inline uint32_t fr_tiles(uint32_t half_px)
{
    return (half_px + FR_TILE_SIDE - 1) / FR_TILE_SIDE;
}

/* The sum of each tile. A part of a plane can be summed by itself when it begins with a row of
 * tiles. */
void fr_tiles_sum(const uint8_t *px, uint32_t width_px, uint32_t height_px, uint16_t *ret_sums);

/* Counts the pixels of each tile that are set in a mask (bit_plane.h); at most 64. */
void fr_tiles_count(const uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *ret_busy);

/* The same with what a level has, which this machine must have: all give the same. */
void fr_tiles_sum_at(enum fr_simd level, const uint8_t *px, uint32_t width_px, uint32_t height_px,
                     uint16_t *ret_sums);
