/* Eight bytes of a row at once, as one word, and 64 bits of one: for passing quickly over where
 * nothing is. */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first byte is the lowest. */
static inline uint64_t fr_eight(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return le64toh(word);
}

static inline void fr_eight_put(uint8_t *to, uint64_t word)
{
    word = htole64(word);
    memcpy(to, &word, sizeof word);
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

/* In each byte 1 where any bit of it is set, and 0 else. */
static inline uint64_t fr_eight_is_set(uint64_t word)
{
    const uint64_t low = fr_eight_of(0x7f);
    return (((word & low) + low) | word) >> 7 & fr_eight_of(1);
}

/* A bit for each byte, all of which are 0 or 1; the first is the lowest. */
static inline uint8_t fr_eight_bits(uint64_t word)
{
    return (uint8_t)(word * UINT64_C(0x0102040810204080) >> 56);
}

/* How many are set; not every machine has an instruction for it. */
static inline uint32_t fr_bits_count(uint64_t bits)
{
    bits -= bits >> 1 & UINT64_C(0x5555555555555555);
    bits = (bits & UINT64_C(0x3333333333333333)) + (bits >> 2 & UINT64_C(0x3333333333333333));
    bits = (bits + (bits >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (uint32_t)(bits * UINT64_C(0x0101010101010101) >> 56);
}

/* Lists the bits that are set, from the lowest on, the lowest one there is being `first`. Returns
 * how many there are. Writes four at a time, without a branch for each: the list needs room for
 * three more. */
static inline size_t fr_bits_list(uint64_t bits, uint32_t first, uint32_t *ret_list)
{
    const size_t n = fr_bits_count(bits);

    for (; bits; ret_list += 4)
        for (int i = 0; i < 4; i++, bits &= bits - 1)
            ret_list[i] = first + (uint32_t)__builtin_ctzll(bits | UINT64_C(1) << 63);
    return n;
}
