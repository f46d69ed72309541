/* The text of the kernel of majority.c (common/media/lanes.h: how). */
#pragma once

#include "analyzer/kernels.h"

FR_LANES_INLINE void unfold_some(const struct fr_vote_at *at, size_t x)
{
    const uint64_t moves = fr_bits_64(at->scores->moves, at->next_px + x);
    const uint64_t strays = fr_bits_64(at->scores->strays, at->next_px + x);

    for (size_t part = 0; part < FR_BITS_AT_ONCE; part += FR_LANES)
        bytes_store(at->next + x + part, 0 - bytes_of_bits((lane_bits)(moves >> part)) -
                                             bytes_of_bits((lane_bits)(strays >> part)));
}

FR_LANES_INLINE void vote_some(const struct fr_vote_at *at, size_t x, bytes least)
{
    const uint8_t *row = at->entering + x;
    const bytes entering = bytes_load(row) + bytes_load(row + 1) + bytes_load(row + 2) +
                           bytes_load(row + 3) + bytes_load(row + 4);
    const bytes sum = bytes_load(at->sums + x) + entering - bytes_load(at->across + x);
    const lane_bits voted = bytes_bits((bytes)(sum >= least));

    bytes_store(at->across + x, entering);
    bytes_store(at->sums + x, sum);
    memcpy(at->voted + x / 8, &voted, FR_LANES / 8);
}

FR_LANES_KERNEL void vote(const struct fr_vote_at *where, size_t width_px, uint8_t quorum)
{
    const struct fr_vote_at at = *where;
    const bytes least = bytes_all(quorum);

    for (size_t x = 0; x + FR_BITS_AT_ONCE <= width_px; x += FR_BITS_AT_ONCE) {
        unfold_some(&at, x);
        for (size_t part = 0; part < FR_BITS_AT_ONCE; part += FR_LANES)
            vote_some(&at, x + part, least);
    }
}
