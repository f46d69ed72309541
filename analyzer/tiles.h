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

/* A sum of at most 64 levels in grey levels, rounded. */
static inline uint16_t fr_tile_level(int32_t sum)
{
    return (uint16_t)((sum + (1 << FR_LEVEL_BITS >> 1)) >> FR_LEVEL_BITS);
}

/* The sum of each tile: of a plane, and of a model's mean in grey levels. A part of a plane can be
 * summed by itself when it begins with a row of tiles. */
void fr_tiles_sum(const uint8_t *px, uint32_t width_px, uint32_t height_px, uint16_t *ret_sums);
void fr_tiles_sum_levels(const int16_t *levels, uint32_t width_px, uint32_t height_px,
                         uint16_t *ret_sums);

/* Counts the pixels of each tile that are set in a mask of 0 and 1 (at most 64). */
void fr_tiles_count(const uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *ret_busy);

/* The same with what a level has, which this machine must have: all give the same. */
void fr_tiles_sum_at(enum fr_simd level, const uint8_t *px, uint32_t width_px, uint32_t height_px,
                     uint16_t *ret_sums);
void fr_tiles_sum_levels_at(enum fr_simd level, const int16_t *levels, uint32_t width_px,
                            uint32_t height_px, uint16_t *ret_sums);
