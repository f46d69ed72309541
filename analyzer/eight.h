/* Eight bytes of a row at once, as one word: for passing quickly over where nothing is. */
#pragma once

#include <endian.h>
#include <stdint.h>
#include <string.h>

/* The first byte is the lowest. */
static inline uint64_t fr_eight(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return le64toh(word);
}

/* The same value in all of them. */
static inline uint64_t fr_eight_of(uint8_t value)
{
    return value * UINT64_C(0x0101010101010101);
}

/* Which byte holds the lowest bit that is set; `word` is not 0. */
static inline unsigned fr_eight_first(uint64_t word)
{
    return (unsigned)__builtin_ctzll(word) / 8;
}

/* A bit for each byte, all of which are 0 or 1; the first is the lowest. */
static inline uint8_t fr_eight_bits(uint64_t word)
{
    return (uint8_t)(word * UINT64_C(0x0102040810204080) >> 56);
}

/* Whether any of 32 bytes has one of these bits. */
static inline int fr_any_of_32(const uint8_t *from, uint8_t bits)
{
    const uint64_t any =
        (fr_eight(from) | fr_eight(from + 8)) | (fr_eight(from + 16) | fr_eight(from + 24));
    return (any & fr_eight_of(bits)) != 0;
}
