/* The text of the kernel of mask_edges.c (common/media/lanes.h: how). */
#pragma once

#include "analyzer/kernels.h"

FR_LANES_KERNEL void find_edges(const uint8_t *row, uint32_t x, uint32_t n_px,
                                struct fr_edges *edges)
{
    struct fr_edges so_far = *edges;

    for (const uint32_t end = x + n_px; x < end; x += FR_EDGES_PX) {
        uint64_t clear = 0;
        for (uint32_t part = 0; part < FR_EDGES_PX; part += FR_LANES)
            clear |= (uint64_t)bytes_bits((bytes)(bytes_load(row + x + part) == 0)) << part;
        fr_edges_add(&so_far, ~clear, x);
    }
    *edges = so_far;
}
