/* The text of the kernels of tiles.c (common/media/lanes.h: how). A row of tiles is added up
 * downwards, as many tiles side by side as there are lanes for, and at the end across. */
#pragma once

#include "analyzer/kernels.h"
#include "analyzer/tiles.h"

FR_LANES_INLINE uint32_t sum_some_bytes(const uint8_t *px, size_t stride_px, uint32_t rows,
                                        uint32_t n_tiles, uint16_t *ret_sums)
{
    enum { TILES = FR_LANES / FR_TILE_SIDE };
    uint32_t done = 0;

    for (; done + TILES <= n_tiles; done += TILES, px += FR_LANES) {
        uint64_t sums[TILES];
        eights sum = {0};
        for (uint32_t y = 0; y < rows; y++)
            sum += bytes_eights(bytes_load(px + y * stride_px));
        memcpy(sums, &sum, sizeof sums);
        for (uint32_t i = 0; i < TILES; i++)
            ret_sums[done + i] = (uint16_t)sums[i];
    }
    return done;
}

/* Nearly all are whole, and their loops can be unrolled. */
FR_LANES_KERNEL uint32_t sum_bytes(const uint8_t *px, size_t stride_px, uint32_t rows,
                                   uint32_t n_tiles, uint16_t *ret_sums)
{
    return rows == FR_TILE_SIDE ? sum_some_bytes(px, stride_px, FR_TILE_SIDE, n_tiles, ret_sums)
                                : sum_some_bytes(px, stride_px, rows, n_tiles, ret_sums);
}
