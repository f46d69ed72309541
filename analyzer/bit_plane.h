/* Planes of bits: pixel i is bit i % 8 of byte i / 8. Any bit may be the first of 64 that are read
 * at once, so behind the last one there is room that is never used. */
#pragma once

#include "analyzer/eight.h"

#include <stdbool.h>

enum { FR_BITS_ROOM = 64 }; /* bytes */

static inline size_t fr_bits_bytes(size_t n_px)
{
    return (n_px + 7) / 8 + FR_BITS_ROOM;
}

/* The rows of a mask begin at whole words. */
static inline size_t fr_mask_stride_bytes(uint32_t width_px)
{
    return ((size_t)width_px + 63) / 64 * 8;
}

static inline size_t fr_mask_bytes(uint32_t width_px, uint32_t height_px)
{
    return fr_mask_stride_bytes(width_px) * height_px + FR_BITS_ROOM;
}

static inline bool fr_bit(const uint8_t *bits, size_t i)
{
    return bits[i / 8] >> i % 8 & 1;
}

static inline void fr_bit_put(uint8_t *bits, size_t i, bool is_set)
{
    const unsigned bit = 1u << i % 8;
    bits[i / 8] = (uint8_t)(is_set ? bits[i / 8] | bit : bits[i / 8] & ~bit);
}

/* 8, and 64, from bit i on; the first is the lowest. */
static inline uint8_t fr_bits_8(const uint8_t *bits, size_t i)
{
    return (uint8_t)((bits[i / 8] | bits[i / 8 + 1] << 8) >> i % 8);
}

static inline uint64_t fr_bits_64(const uint8_t *bits, size_t i)
{
    const uint64_t upper = (uint64_t)bits[i / 8 + 8] << 1;
    return fr_eight(bits + i / 8) >> i % 8 | upper << (63 - i % 8);
}

/* The first n bits of a word. */
static inline uint64_t fr_bits_below(uint64_t n)
{
    return n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
}

/* Gives n bits from bit i on one value. */
static inline void fr_bits_fill(uint8_t *bits, size_t i, size_t n, bool is_set)
{
    for (; n && (i % 8 || n < 8); i++, n--)
        fr_bit_put(bits, i, is_set);
    memset(bits + i / 8, is_set ? UINT8_MAX : 0, n / 8);
    for (i += n / 8 * 8, n %= 8; n; i++, n--)
        fr_bit_put(bits, i, is_set);
}
