/* The text of the kernels of majority.c (common/media/lanes.h: how). */
#pragma once

#include "analyzer/kernels.h"

FR_LANES_KERNEL void unfold(const struct fr_scores *scores, size_t first_px, size_t n_px,
                            uint8_t *ret_px)
{
    for (size_t x = 0; x < n_px; x += FR_BITS_AT_ONCE) {
        uint64_t moves = fr_bits_64(scores->moves, first_px + x);
        uint64_t strays = fr_bits_64(scores->strays, first_px + x);
        for (size_t part = 0; part < FR_BITS_AT_ONCE; part += FR_LANES) {
            bytes_store(ret_px + x + part, 0 - bytes_of_bits((lane_bits)(moves >> part)) -
                                               bytes_of_bits((lane_bits)(strays >> part)));
        }
    }
}

FR_LANES_KERNEL size_t vote(const uint8_t *row, const struct fr_vote_at *where, size_t width_px,
                            uint8_t quorum)
{
    const struct fr_vote_at at = *where;
    const bytes least = bytes_all(quorum);
    size_t x = 0;

    for (; x + FR_LANES <= width_px; x += FR_LANES) {
        const bytes entering = bytes_load(row + x) + bytes_load(row + x + 1) +
                               bytes_load(row + x + 2) + bytes_load(row + x + 3) +
                               bytes_load(row + x + 4);
        const bytes sum = bytes_load(at.sums + x) + entering - bytes_load(at.across + x);
        const lane_bits voted = bytes_bits((bytes)(sum >= least));
        bytes_store(at.across + x, entering);
        bytes_store(at.sums + x, sum);
        memcpy(at.voted + x / 8, &voted, FR_LANES / 8);
    }
    return x;
}
