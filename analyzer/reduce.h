/* Luma reduced 2x2: the only step of the detector that reads a frame.
 *
 * Each pixel of the half-size plane is the rounded mean of four; where the width or height is odd,
 * the last column or row stands for its missing neighbour. Planar and packed luma of the same
 * picture give the same plane. Pure: the frame is read once, in place, and never beyond
 * (height_px - 1) * stride_bytes + (width_px - 1) * step_bytes.
 */
#pragma once

#include "framering/framering.h"

static inline uint32_t fr_half(uint32_t full_px)
{
    return (full_px + 1) / 2;
}

/* `half` has fr_half(height_px) rows of fr_half(width_px) bytes, one after another. */
void fr_reduce_2x2(const struct fr_luma *luma, uint8_t *half);
