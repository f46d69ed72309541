/* The kernels of half_luma.c: one row of the half-size plane out of two rows of the frame.
 *
 * They do a fixed number of pixels at once. The last block is put where it ends with the row, and
 * does some of what the one before has done once more; so there is no rest, but in rows shorter
 * than a block.
 *
 * In a block of packed luma the even bytes are luma, and behind the last pixel comes a byte of
 * chroma. At the end of a row that may lie outside of the frame. So the last block begins a byte
 * before its first pixel, and its luma is the odd bytes. */
#pragma once

#include "common/media/simd.h"

#include <stddef.h>
#include <stdint.h>

/* `pairs` pixels out of twice as many of each row; the odd one at the end is no pair. A row of the
 * frame is read up to its last pixel of luma and no further; `half` may be written in any order,
 * and more than once. */
typedef void fr_half_luma_row(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                              uint32_t pairs);

struct fr_half_luma_rows {
    fr_half_luma_row *planar; /* a step of 1 byte */
    fr_half_luma_row *packed; /* a step of 2 bytes; between two pixels lies one of chroma */
};

#ifdef FR_SIMD_X86
extern const struct fr_half_luma_rows fr_half_luma_sse2, fr_half_luma_avx2;
#endif
#ifdef FR_SIMD_ARM
extern const struct fr_half_luma_rows fr_half_luma_neon;
#endif

/* Any step; what the others are compared with, and what they use for rows that are too short for
 * them. */
static inline void fr_half_luma_row_plain(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                                          uint32_t pairs, size_t step_bytes)
{
    for (uint32_t x = 0; x < pairs; x++) {
        size_t left = 2 * x * step_bytes, right = left + step_bytes;
        half[x] = (uint8_t)((upper[left] + upper[right] + lower[left] + lower[right] + 2) >> 2);
    }
}
