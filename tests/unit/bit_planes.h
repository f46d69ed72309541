/* Planes of bits out of bytes, and back. */
#pragma once

#include "analyzer/background.h"
#include "tests/unit/unit.h"

enum { BITS_MAX = 1 << 16 };

static uint8_t moves_bits[BITS_MAX / 8 + FR_BITS_ROOM], strays_bits[sizeof moves_bits];

/* As the model leaves them; nobody may look at what lies behind the last one. */
static inline struct fr_scores scores_of(const uint8_t *px, size_t n_px)
{
    ck_assert_uint_le(n_px, BITS_MAX);
    memset(moves_bits, 0, sizeof moves_bits);
    memset(strays_bits, 0, sizeof strays_bits);
    for (size_t i = 0; i < n_px; i++) {
        fr_bit_put(moves_bits, i, px[i] == 2);
        fr_bit_put(strays_bits, i, px[i] != 0);
    }
    return (struct fr_scores){moves_bits, strays_bits};
}

static inline uint8_t score_at(const struct fr_scores *scores, size_t i)
{
    return (uint8_t)(fr_bit(scores->moves, i) + fr_bit(scores->strays, i));
}

/* A mask, whose rows begin at whole words; `bits` has room for fr_mask_bytes() of it. */
static inline void mask_of(const uint8_t *px, uint32_t width_px, uint32_t height_px, uint8_t *bits)
{
    memset(bits, 0, fr_mask_bytes(width_px, height_px));
    for (uint32_t y = 0; y < height_px; y++)
        for (uint32_t x = 0; x < width_px; x++)
            fr_bit_put(bits + y * fr_mask_stride_bytes(width_px), x, px[y * width_px + x]);
}
