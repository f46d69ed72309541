/* lanes.h with AVX-512: of its functions those that learning needs, for which alone it is worth
 * it. */
#pragma once

#include "common/media/simd.h"

#ifdef FR_SIMD_X86
#include <immintrin.h>

#define FR_LANES        64
#define FR_LANES_KERNEL FR_SIMD_FOR_AVX512 static
#include "common/media/lanes.h"

FR_LANES_INLINE words words_widen(const uint8_t *at)
{
    return (words)_mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)at));
}

/* Packing works within each quarter of a register; the permutation puts the eighths in order
 * again. */
FR_LANES_INLINE bytes words_in_order(__m512i packed)
{
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    return (bytes)_mm512_permutexvar_epi64(order, packed);
}

FR_LANES_INLINE bytes words_narrow(words low, words high)
{
    return words_in_order(_mm512_packus_epi16((__m512i)low, (__m512i)high));
}

FR_LANES_INLINE words bytes_zip_low(bytes a, bytes b)
{
    return (words)_mm512_unpacklo_epi8((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE words bytes_zip_high(bytes a, bytes b)
{
    return (words)_mm512_unpackhi_epi8((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE bytes words_unzip(words low, words high)
{
    return (bytes)_mm512_packus_epi16((__m512i)low, (__m512i)high);
}

FR_LANES_INLINE bytes bytes_add(bytes a, bytes b)
{
    return (bytes)_mm512_adds_epu8((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE bytes bytes_sub(bytes a, bytes b)
{
    return (bytes)_mm512_subs_epu8((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE bytes bytes_max(bytes a, bytes b)
{
    return (bytes)_mm512_max_epu8((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE bytes bytes_min(bytes a, bytes b)
{
    return (bytes)_mm512_min_epu8((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE uint64_t bytes_some(bytes a)
{
    return _mm512_test_epi8_mask((__m512i)a, (__m512i)a);
}

FR_LANES_INLINE lane_bits bytes_bits(bytes mask)
{
    return _mm512_movepi8_mask((__m512i)mask);
}

FR_LANES_INLINE bytes bytes_of_bits(lane_bits some)
{
    return (bytes)_mm512_movm_epi8(some);
}

FR_LANES_INLINE bool bytes_any(bytes a)
{
    return bytes_some(a) != 0;
}

FR_LANES_INLINE unsigned bytes_any_32(bytes a)
{
    const uint64_t some = bytes_some(a);
    return (unsigned)((uint32_t)some != 0) | (unsigned)(some >> 32 != 0) << 1;
}

FR_LANES_INLINE eights bytes_eights(bytes a)
{
    return (eights)_mm512_sad_epu8((__m512i)a, _mm512_setzero_si512());
}

FR_LANES_INLINE uint32_t bytes_count(bytes mask)
{
    return (uint32_t)__builtin_popcountll(bytes_bits(mask));
}

#define FR_LANES_TABLES 1

FR_LANES_INLINE bytes bytes_table(const uint8_t of_16[16])
{
    return (bytes)_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)of_16));
}

FR_LANES_INLINE bytes bytes_look_up(bytes table, bytes a)
{
    return (bytes)_mm512_shuffle_epi8((__m512i)table, (__m512i)a);
}

FR_LANES_INLINE words words_abs(words a)
{
    return (words)_mm512_abs_epi16((__m512i)a);
}

FR_LANES_INLINE words words_min(words a, words b)
{
    return (words)_mm512_min_epi16((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE words words_max(words a, words b)
{
    return (words)_mm512_max_epi16((__m512i)a, (__m512i)b);
}

FR_LANES_INLINE words words_high(words a, words b)
{
    return (words)_mm512_mulhi_epi16((__m512i)a, (__m512i)b);
}

/* Shifts as products, which is one operation instead of two. */
struct words_shift {
    words rounded, floored;
};

FR_LANES_INLINE struct words_shift words_shift_init(int16_t shift)
{
    return (struct words_shift){words_all((int16_t)(1 << (15 - shift))),
                                words_all((int16_t)(1 << (16 - shift)))};
}

FR_LANES_INLINE words words_rounded(words a, struct words_shift shift)
{
    return (words)_mm512_mulhrs_epi16((__m512i)a, (__m512i)shift.rounded);
}

FR_LANES_INLINE words words_floored(words a, struct words_shift shift)
{
    return (words)_mm512_mulhi_epi16((__m512i)a, (__m512i)shift.floored);
}
#endif
