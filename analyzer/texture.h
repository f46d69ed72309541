/* Light or object? A tile whose brightness has changed while its texture stays is lit differently.
 *
 * Light and shadow multiply what is there, so the pattern of a tile remains: its correlation with
 * the background is high, and its contrast has changed by about the factor by which its brightness
 * has. An object covers the pattern. Where the background has no texture there is nothing to be
 * told, and the tile is left to the model. Pure.
 */
#pragma once

#include "analyzer/gain.h"

#include <stdbool.h>

/* Clears the scores of tiles that are lit differently from their background, looking only at those
 * where four pixels or more move (score 2). `ratios_q10` are the tiles' own ratios, measured before
 * the mean was scaled by `gain_q10`: tiles without a ratio, or with the gain's, are left. Returns
 * how many were cleared. */
size_t fr_texture_clear_lit(const uint8_t *half, const uint8_t *levels, uint32_t width_px,
                            uint32_t height_px, const uint16_t *ratios_q10, uint32_t gain_q10,
                            const struct fr_scores *scores);

/* The same with what a level has, which this machine must have: all give the same. */
size_t fr_texture_clear_lit_at(enum fr_simd level, const uint8_t *half, const uint8_t *levels,
                               uint32_t width_px, uint32_t height_px, const uint16_t *ratios_q10,
                               uint32_t gain_q10, const struct fr_scores *scores);

/* Sums over the pixels of a tile and its background's grey levels, their squares and products. */
struct fr_texture_sums {
    int32_t n, now, before, now2, before2, product;
};

/* Those of a whole tile. */
struct fr_texture_sums fr_texture_sum_at(enum fr_simd level, const uint8_t *half,
                                         const uint8_t *levels, size_t stride_px);

/* Whether a whole tile kept its pattern (correlation of more than 0.55), however bright it is
 * now. */
enum fr_texture { FR_TEXTURE_NONE, FR_TEXTURE_KEPT, FR_TEXTURE_LOST };
enum fr_texture fr_texture_compare(const uint8_t *half, const uint8_t *levels, size_t stride);
