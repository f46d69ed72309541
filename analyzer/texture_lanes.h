/* The text of the kernel of texture.c (common/media/lanes.h: how). */
#pragma once

#include "analyzer/kernels.h"

FR_LANES_KERNEL struct fr_texture_sums sum_tile(const uint8_t *half, const uint8_t *levels,
                                                size_t stride_px)
{
    enum { ROWS = FR_LANES / 2 / FR_TILE_SIDE }; /* at once */
    words now = {0}, before = {0};
    pairs now2 = {0}, before2 = {0}, product = {0};

    for (size_t y = 0; y < FR_TILE_SIDE;
         y += ROWS, half += ROWS * stride_px, levels += ROWS * stride_px) {
        const words pixel = words_widen_eights(half, stride_px);
        const words level = words_widen_eights(levels, stride_px);
        now += pixel;
        before += level;
        now2 += words_dot(pixel, pixel);
        before2 += words_dot(level, level);
        product += words_dot(pixel, level);
    }
    return (struct fr_texture_sums){.n = FR_TILE_SIDE * FR_TILE_SIDE,
                                    .now = pairs_sum(words_pairs(now)),
                                    .before = pairs_sum(words_pairs(before)),
                                    .now2 = pairs_sum(now2),
                                    .before2 = pairs_sum(before2),
                                    .product = pairs_sum(product)};
}
