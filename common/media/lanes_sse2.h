/* lanes.h with SSE2. */
#pragma once

#include "common/media/simd.h"

#ifdef FR_SIMD_X86
#include <emmintrin.h>

#define FR_LANES        16
#define FR_LANES_KERNEL static
#include "common/media/lanes.h"

FR_LANES_INLINE words words_widen(const uint8_t *at)
{
    return (words)_mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i *)at), _mm_setzero_si128());
}

FR_LANES_INLINE bytes words_narrow(words low, words high)
{
    return (bytes)_mm_packus_epi16((__m128i)low, (__m128i)high);
}

FR_LANES_INLINE words bytes_zip_low(bytes a, bytes b)
{
    return (words)_mm_unpacklo_epi8((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE words bytes_zip_high(bytes a, bytes b)
{
    return (words)_mm_unpackhi_epi8((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE bytes words_unzip(words low, words high)
{
    return (bytes)_mm_packus_epi16((__m128i)low, (__m128i)high);
}

FR_LANES_INLINE bytes bytes_add(bytes a, bytes b)
{
    return (bytes)_mm_adds_epu8((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE bytes bytes_sub(bytes a, bytes b)
{
    return (bytes)_mm_subs_epu8((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE bytes bytes_max(bytes a, bytes b)
{
    return (bytes)_mm_max_epu8((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE bytes bytes_min(bytes a, bytes b)
{
    return (bytes)_mm_min_epu8((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE bool bytes_any(bytes a)
{
    return _mm_movemask_epi8(_mm_cmpeq_epi8((__m128i)a, _mm_setzero_si128())) != 0xffff;
}

FR_LANES_INLINE unsigned bytes_any_32(bytes a)
{
    return bytes_any(a);
}

FR_LANES_INLINE lane_bits bytes_bits(bytes mask)
{
    return (lane_bits)_mm_movemask_epi8((__m128i)mask);
}

/* Each byte eight times, and of each of these one bit. */
FR_LANES_INLINE bytes bytes_of_bits(lane_bits some)
{
    const __m128i each = _mm_set1_epi64x((int64_t)UINT64_C(0x8040201008040201));
    __m128i a = _mm_cvtsi32_si128((int32_t)some);
    a = _mm_unpacklo_epi8(a, a);
    a = _mm_unpacklo_epi16(a, a);
    a = _mm_shuffle_epi32(a, _MM_SHUFFLE(1, 1, 0, 0));
    return (bytes)_mm_cmpeq_epi8(_mm_and_si128(a, each), each);
}

FR_LANES_INLINE eights bytes_eights(bytes a)
{
    return (eights)_mm_sad_epu8((__m128i)a, _mm_setzero_si128());
}

FR_LANES_INLINE uint32_t bytes_count(bytes mask)
{
    const eights sums = bytes_eights(mask & bytes_all(1));
    return (uint32_t)(sums[0] + sums[1]);
}

FR_LANES_INLINE words words_min(words a, words b)
{
    return (words)_mm_min_epi16((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE words words_max(words a, words b)
{
    return (words)_mm_max_epi16((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE words words_abs(words a)
{
    return words_max(a, (words)(0 - (unsigned_words)a)); /* of what has no counterpart, itself */
}

FR_LANES_INLINE pairs words_pairs(words a)
{
    return (pairs)_mm_madd_epi16((__m128i)a, (__m128i)words_all(1));
}

FR_LANES_INLINE pairs words_dot(words a, words b)
{
    return (pairs)_mm_madd_epi16((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE int32_t pairs_sum(pairs a)
{
    const __m128i sum = _mm_add_epi32((__m128i)a, _mm_unpackhi_epi64((__m128i)a, (__m128i)a));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_srli_epi64(sum, 32)));
}

/* There is room for one row. */
FR_LANES_INLINE words words_widen_eights(const uint8_t *at, size_t stride)
{
    (void)stride;
    return words_widen(at);
}

FR_LANES_INLINE words words_high(words a, words b)
{
    return (words)_mm_mulhi_epi16((__m128i)a, (__m128i)b);
}

FR_LANES_INLINE words words_share(words a, words b)
{
    const __m128i high = _mm_mulhi_epi16((__m128i)a, (__m128i)b);
    const __m128i low = _mm_mullo_epi16((__m128i)a, (__m128i)b);
    const __m128i halves = _mm_add_epi16(_mm_srli_epi16(low, 14), _mm_set1_epi16(1));
    return (words)_mm_add_epi16(_mm_slli_epi16(high, 1), _mm_srli_epi16(halves, 1));
}

/* See lanes_avx2.h. */
FR_LANES_INLINE __m128i whole_quotients(__m128i a, __m128i b)
{
    return _mm_cvttps_epi32(_mm_div_ps(_mm_cvtepi32_ps(a), _mm_cvtepi32_ps(b)));
}

FR_LANES_INLINE words words_quotient_q8(words a, words b)
{
    const __m128i x = _mm_slli_epi16((__m128i)a, 8), y = (__m128i)b, zero = _mm_setzero_si128();
    return (words)_mm_packs_epi32(
        whole_quotients(_mm_unpacklo_epi16(x, zero), _mm_unpacklo_epi16(y, zero)),
        whole_quotients(_mm_unpackhi_epi16(x, zero), _mm_unpackhi_epi16(y, zero)));
}

struct words_shift {
    words half;
    __m128i count;
};

FR_LANES_INLINE struct words_shift words_shift_init(int16_t shift)
{
    return (struct words_shift){words_all((int16_t)(1 << shift >> 1)), _mm_cvtsi32_si128(shift)};
}

FR_LANES_INLINE words words_floored(words a, struct words_shift shift)
{
    return (words)_mm_sra_epi16((__m128i)a, shift.count);
}

FR_LANES_INLINE words words_rounded(words a, struct words_shift shift)
{
    /* Where this does not fit, nobody wants the lane. */
    return words_floored((words)((unsigned_words)a + (unsigned_words)shift.half), shift);
}
#endif
