/* One text for kernels over bytes and 16-bit words, and a vector of each as wide as the machine
 * has.
 *
 * A kernel's text is a header, written with what stands here. For each level there is a file that
 * includes the level's header and then the texts of all kernels of its folder:
 *
 *     #include "common/media/lanes_avx2.h"
 *     #ifdef FR_LANES
 *     #include "analyzer/learn_lanes.h"
 *     const struct fr_kernels fr_kernels_avx2 = {.learn = learn};
 *     #endif
 *
 * `bytes` has FR_LANES lanes of uint8_t and `words` half as many of int16_t; both are vectors of
 * the compiler's own, so + - * & | ~ << >> and comparisons (a mask: all ones or none) are written
 * as they are. What C has no operator for, each level's header has a function for:
 *
 *     bytes_load(at), bytes_store(at, a), words_load(at)   at any address
 *     words_widen(at)                 bytes from memory
 *     bytes_zip_low(a, b), bytes_zip_high(a, b)   words whose lower bytes are a's and upper ones b's; which
 *                                     lanes' these are is the level's own affair
 *     words_unzip(low, high)          the other way round: what was zipped, clamped to 0 to 255
 *     words_narrow(low, high)         clamped to 0 to 255
 *     bytes_add(a, b), bytes_sub(a, b)    saturating, as C has it not
 *     bytes_min(a, b), bytes_max(a, b)
 *     bytes_any(a)                    whether any bit is set
 *     bytes_any_32(a)                 the same of each 32 lanes, or of all if there are fewer: a bit each
 *     bytes_bits(mask)                a bit for each lane, the first is the lowest, in `lane_bits`
 *     bytes_of_bits(bits)             a mask of those lanes whose bits are set
 *     bytes_count(mask)               how many lanes are set
 *     bytes_table(of_16), bytes_look_up(table, a)   for each lane that of its value, 0 to 15; where
 *                                     FR_LANES_TABLES is defined
 *     bytes_eights(a)                 sums of eight in turn, in 64 bits
 *     words_pairs(a), words_dot(a, b)   sums of neighbours, and of neighbours' products, in 32 bits
 *     pairs_sum(a)                    of all
 *     words_widen_eights(at, stride)   eight from each row
 *     words_abs(a), words_min(a, b), words_max(a, b)
 *     words_high(a, b)                a * b >> 16
 *     words_quotient_q8(a, b)         (a << 8) / b, of 0 <= a < b <= 255; anything for others
 *     words_share(a, b)               (a * b + (1 << 14)) >> 15, neither of them below 0
 *     words_rounded(a, shift)         (a + (1 << shift >> 1)) >> shift, of words_shift_init(1 to 14); anything
 *                                     where the sum has more than 15 bits
 *     words_floored(a, shift)         a >> shift, of the same, 2 to 14
 *
 * FR_LANES_INLINE stands before a function that is to be part of the kernel, FR_LANES_KERNEL before
 * that which is called from outside. Where a machine lacks the level's instructions FR_LANES is not
 * defined.
 */
#pragma once

#include "common/media/simd.h"

#include <stdint.h>
#include <string.h>

#define FR_LANES_INLINE __attribute__((always_inline)) FR_LANES_KERNEL inline

typedef uint8_t bytes __attribute__((vector_size(FR_LANES)));
typedef int16_t words __attribute__((vector_size(FR_LANES)));
typedef int32_t pairs __attribute__((vector_size(FR_LANES)));
typedef uint64_t eights __attribute__((vector_size(FR_LANES)));
#if FR_LANES > 32
typedef uint64_t lane_bits;
#else
typedef uint32_t lane_bits;
#endif
typedef uint16_t unsigned_words __attribute__((vector_size(FR_LANES)));

FR_LANES_INLINE bytes bytes_all(uint8_t value)
{
    return value - (bytes){0};
}

FR_LANES_INLINE words words_all(int16_t value)
{
    return value - (words){0};
}

FR_LANES_INLINE bytes bytes_load(const uint8_t *at)
{
    bytes a;
    memcpy(&a, at, sizeof a);
    return a;
}

FR_LANES_INLINE void bytes_store(uint8_t *at, bytes a)
{
    memcpy(at, &a, sizeof a);
}

FR_LANES_INLINE words words_load(const int16_t *at)
{
    words a;
    memcpy(&a, at, sizeof a);
    return a;
}

/* Each a quarter, rounded down. */
FR_LANES_INLINE bytes bytes_quarter(bytes a)
{
    return (bytes)((unsigned_words)a >> 2) & bytes_all(UINT8_MAX >> 2);
}

FR_LANES_INLINE bytes bytes_select(bytes mask, bytes yes, bytes no)
{
    return (mask & yes) | (~mask & no);
}

/* 256ths of each, rounded down; `q8` has one value in all lanes, 0 to 255. */
FR_LANES_INLINE bytes bytes_share_q8(bytes a, unsigned_words q8)
{
    const unsigned_words even = ((unsigned_words)a & UINT8_MAX) * q8 >> 8;
    const unsigned_words odd = ((unsigned_words)a >> 8) * q8;
    return (bytes)(even | (odd & UINT8_MAX << 8));
}
