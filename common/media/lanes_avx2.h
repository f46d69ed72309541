/* lanes.h with AVX2. */
#pragma once

#include "common/media/simd.h"

#ifdef FR_SIMD_X86
#include <immintrin.h>

#define FR_LANES        32
#define FR_LANES_KERNEL FR_SIMD_FOR_AVX2 static
#include "common/media/lanes.h"

FR_LANES_INLINE words words_widen(const uint8_t *at)
{
    return (words)_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)at));
}

/* Packing works within each half of a register; the permutation puts the quarters in order
 * again. */
FR_LANES_INLINE bytes words_narrow(words low, words high)
{
    return (bytes)_mm256_permute4x64_epi64(_mm256_packus_epi16((__m256i)low, (__m256i)high),
                                           _MM_SHUFFLE(3, 1, 2, 0));
}

FR_LANES_INLINE words bytes_zip_low(bytes a, bytes b)
{
    return (words)_mm256_unpacklo_epi8((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE words bytes_zip_high(bytes a, bytes b)
{
    return (words)_mm256_unpackhi_epi8((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE bytes words_unzip(words low, words high)
{
    return (bytes)_mm256_packus_epi16((__m256i)low, (__m256i)high);
}

FR_LANES_INLINE bytes bytes_add(bytes a, bytes b)
{
    return (bytes)_mm256_adds_epu8((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE bytes bytes_sub(bytes a, bytes b)
{
    return (bytes)_mm256_subs_epu8((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE bytes bytes_max(bytes a, bytes b)
{
    return (bytes)_mm256_max_epu8((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE bytes bytes_min(bytes a, bytes b)
{
    return (bytes)_mm256_min_epu8((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE bool bytes_any(bytes a)
{
    return !_mm256_testz_si256((__m256i)a, (__m256i)a);
}

FR_LANES_INLINE unsigned bytes_any_32(bytes a)
{
    return bytes_any(a);
}

FR_LANES_INLINE lane_bits bytes_bits(bytes mask)
{
    return (lane_bits)_mm256_movemask_epi8((__m256i)mask);
}

/* Each byte eight times, and of each of these one bit. */
FR_LANES_INLINE bytes bytes_of_bits(lane_bits some)
{
    const __m256i each = _mm256_set1_epi64x((int64_t)UINT64_C(0x8040201008040201));
    const __m256i order =
        _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i a = _mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)some), order);
    return (bytes)_mm256_cmpeq_epi8(_mm256_and_si256(a, each), each);
}

FR_LANES_INLINE eights bytes_eights(bytes a)
{
    return (eights)_mm256_sad_epu8((__m256i)a, _mm256_setzero_si256());
}

FR_LANES_INLINE uint32_t bytes_count(bytes mask)
{
    return (uint32_t)__builtin_popcount(bytes_bits(mask));
}

#define FR_LANES_TABLES 1

FR_LANES_INLINE bytes bytes_table(const uint8_t of_16[16])
{
    return (bytes)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)of_16));
}

FR_LANES_INLINE bytes bytes_look_up(bytes table, bytes a)
{
    return (bytes)_mm256_shuffle_epi8((__m256i)table, (__m256i)a);
}

FR_LANES_INLINE words words_abs(words a)
{
    return (words)_mm256_abs_epi16((__m256i)a);
}

FR_LANES_INLINE words words_min(words a, words b)
{
    return (words)_mm256_min_epi16((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE words words_max(words a, words b)
{
    return (words)_mm256_max_epi16((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE pairs words_pairs(words a)
{
    return (pairs)_mm256_madd_epi16((__m256i)a, (__m256i)words_all(1));
}

FR_LANES_INLINE pairs words_dot(words a, words b)
{
    return (pairs)_mm256_madd_epi16((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE int32_t pairs_sum(pairs a)
{
    __m128i sum =
        _mm_add_epi32(_mm256_castsi256_si128((__m256i)a), _mm256_extracti128_si256((__m256i)a, 1));
    sum = _mm_add_epi32(sum, _mm_unpackhi_epi64(sum, sum));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_srli_epi64(sum, 32)));
}

FR_LANES_INLINE words words_widen_eights(const uint8_t *at, size_t stride)
{
    return (words)_mm256_cvtepu8_epi16(_mm_unpacklo_epi64(
        _mm_loadl_epi64((const __m128i *)at), _mm_loadl_epi64((const __m128i *)(at + stride))));
}

FR_LANES_INLINE words words_high(words a, words b)
{
    return (words)_mm256_mulhi_epi16((__m256i)a, (__m256i)b);
}

FR_LANES_INLINE words words_share(words a, words b)
{
    return (words)_mm256_mulhrs_epi16((__m256i)a, (__m256i)b);
}

/* A float's quotient is rounded to the next 2^-16 at worst, and no quotient that is not whole is
 * nearer to a whole number than 1/255: so this is the division of whole numbers. */
FR_LANES_INLINE __m256i whole_quotients(__m256i a, __m256i b)
{
    return _mm256_cvttps_epi32(_mm256_div_ps(_mm256_cvtepi32_ps(a), _mm256_cvtepi32_ps(b)));
}

FR_LANES_INLINE words words_quotient_q8(words a, words b)
{
    const __m256i x = _mm256_slli_epi16((__m256i)a, 8), y = (__m256i)b;
    const __m256i zero = _mm256_setzero_si256();
    return (words)_mm256_packs_epi32(
        whole_quotients(_mm256_unpacklo_epi16(x, zero), _mm256_unpacklo_epi16(y, zero)),
        whole_quotients(_mm256_unpackhi_epi16(x, zero), _mm256_unpackhi_epi16(y, zero)));
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
    return (words)_mm256_mulhrs_epi16((__m256i)a, (__m256i)shift.rounded);
}

FR_LANES_INLINE words words_floored(words a, struct words_shift shift)
{
    return (words)_mm256_mulhi_epi16((__m256i)a, (__m256i)shift.floored);
}
#endif
