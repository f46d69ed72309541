/* The text of the kernel of majority.c (common/media/lanes.h: how). Most of most rows is empty: where
 * nothing has entered the window since it was, its sums are 0 and stay so, and so does the mask. */
#pragma once

#include "analyzer/kernels.h"
#include "analyzer/majority.h"

FR_LANES_KERNEL size_t vote(const uint8_t *row, const struct fr_vote_at *where, size_t width_px,
                            uint8_t quorum)
{
    const struct fr_vote_at at = *where;
    const bytes least = bytes_all(quorum), one = bytes_all(1);
    size_t x = 0;

    for (; x + FR_LANES <= width_px; x += FR_LANES) {
        const bytes entering = bytes_load(row + x) + bytes_load(row + x + 1) +
                               bytes_load(row + x + 2) + bytes_load(row + x + 3) +
                               bytes_load(row + x + 4);
        const bytes sum = bytes_load(at.sums + x) + entering - bytes_load(at.across + x);
        bytes_store(at.across + x, entering);
        bytes_store(at.sums + x, sum);
        bytes_store(at.voted + x, (bytes)(sum >= least) & one);
    }
    return x;
}
