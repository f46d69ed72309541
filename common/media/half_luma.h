/* Luma reduced 2x2: FR_PLANE_HALF_Y of a slot, and the first step of the detector.
 *
 * Each pixel is the rounded mean of four, (a + b + c + d + 2) >> 2; where the width or height is
 * odd, the last column or row stands for its missing neighbour. Planar and packed luma of the same
 * picture give the same plane. It is one implementation for capture and analyzer, so that an
 * analyzer sees the same whoever reduced the frame.
 *
 * Pure: the frame is read once, in place, and never beyond
 * (height_px - 1) * stride_bytes + (width_px - 1) * step_bytes. It may change meanwhile (peek
 * reading); the result is then rubbish, and nothing else.
 */
#pragma once

#include "common/media/simd.h"
#include "framering/framering.h"

/* A side of the half-size plane. */
static inline uint32_t fr_half_px(uint32_t full_px)
{
    return full_px / 2 + full_px % 2;
}

/* `half` has fr_half_px(height_px) rows, half_stride_bytes apart, of fr_half_px(width_px) bytes;
 * what lies between the rows is not touched. luma->step_bytes is at least 1. */
void fr_half_luma(const struct fr_luma *luma, uint8_t *half, uint32_t half_stride_bytes);

/* The same with what a level has, which this machine must have: all give the same plane. */
void fr_half_luma_at(enum fr_simd level, const struct fr_luma *luma, uint8_t *half,
                     uint32_t half_stride_bytes);
