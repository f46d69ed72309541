/* Luma reduced 2x2 by SSE2 and AVX2. */
#include "common/media/half_luma_rows.h"

#ifdef FR_SIMD_X86
#include <immintrin.h>

/* The processor fetches ahead by itself, but not over the end of a page: two or three rows. What
 * lies there may be beyond the frame, which does no harm; no byte of it is used. */
static inline void fetch_ahead(const uint8_t *upper, const uint8_t *lower)
{
    enum { AHEAD_BYTES = 4096 };
    __builtin_prefetch(upper + AHEAD_BYTES);
    __builtin_prefetch(lower + AHEAD_BYTES);
}

/* ---------------------------------------------------------------- SSE2 */

enum { SSE2_AT_ONCE = 16 };

static inline __m128i load_sse2(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)bytes);
}

/* Eight pixels of 16 bits, out of 16 of each row: a 16-bit lane holds two neighbours. */
static inline __m128i planar_8(const uint8_t *upper, const uint8_t *lower)
{
    const __m128i low = _mm_set1_epi16(0xff), two = _mm_set1_epi16(2);
    __m128i u = load_sse2(upper), l = load_sse2(lower);
    __m128i sum = _mm_add_epi16(_mm_add_epi16(_mm_and_si128(u, low), _mm_srli_epi16(u, 8)),
                                _mm_add_epi16(_mm_and_si128(l, low), _mm_srli_epi16(l, 8)));
    return _mm_srli_epi16(_mm_add_epi16(sum, two), 2);
}

static inline void planar_16(const uint8_t *upper, const uint8_t *lower, uint8_t *half)
{
    __m128i left = planar_8(upper, lower), right = planar_8(upper + 16, lower + 16);
    _mm_storeu_si128((__m128i *)half, _mm_packus_epi16(left, right));
}

/* The luma of a packed block, a 16-bit lane each. */
static inline __m128i luma_sse2(const uint8_t *bytes, bool is_last)
{
    return is_last ? _mm_srli_epi16(load_sse2(bytes - 1), 8)
                   : _mm_and_si128(load_sse2(bytes), _mm_set1_epi16(0xff));
}

/* Four sums of 32 bits, out of eight pixels of each row. */
static inline __m128i packed_4(const uint8_t *upper, const uint8_t *lower, bool is_last)
{
    return _mm_madd_epi16(_mm_add_epi16(luma_sse2(upper, is_last), luma_sse2(lower, is_last)),
                          _mm_set1_epi16(1));
}

static inline __m128i packed_8(const uint8_t *upper, const uint8_t *lower, bool is_last)
{
    __m128i sum =
        _mm_packs_epi32(packed_4(upper, lower, is_last), packed_4(upper + 16, lower + 16, is_last));
    return _mm_srli_epi16(_mm_add_epi16(sum, _mm_set1_epi16(2)), 2);
}

static inline void packed_16(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                             bool is_last)
{
    __m128i left = packed_8(upper, lower, is_last);
    __m128i right = packed_8(upper + 32, lower + 32, is_last);
    _mm_storeu_si128((__m128i *)half, _mm_packus_epi16(left, right));
}

static void planar_row_sse2(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                            uint32_t pairs)
{
    if (pairs < SSE2_AT_ONCE) {
        fr_half_luma_row_plain(upper, lower, half, pairs, 1);
        return;
    }
    const size_t last = pairs - SSE2_AT_ONCE;
    for (size_t x = 0; x < last; x += SSE2_AT_ONCE) {
        fetch_ahead(upper + 2 * x, lower + 2 * x);
        planar_16(upper + 2 * x, lower + 2 * x, half + x);
    }
    planar_16(upper + 2 * last, lower + 2 * last, half + last);
}

static void packed_row_sse2(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                            uint32_t pairs)
{
    if (pairs <= SSE2_AT_ONCE) {
        fr_half_luma_row_plain(upper, lower, half, pairs, 2);
        return;
    }
    const size_t last = pairs - SSE2_AT_ONCE;
    for (size_t x = 0; x < last; x += SSE2_AT_ONCE) {
        fetch_ahead(upper + 4 * x, lower + 4 * x);
        packed_16(upper + 4 * x, lower + 4 * x, half + x, false);
    }
    packed_16(upper + 4 * last, lower + 4 * last, half + last, true);
}

const struct fr_half_luma_rows fr_half_luma_sse2 = {planar_row_sse2, packed_row_sse2};

/* ---------------------------------------------------------------- AVX2 */

enum { AVX2_AT_ONCE = 32 };

FR_SIMD_FOR_AVX2 static inline __m256i load_avx2(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const __m256i *)bytes);
}

/* Sixteen pixels of 16 bits, out of 32 of each row. */
FR_SIMD_FOR_AVX2 static inline __m256i planar_16_avx2(const uint8_t *upper, const uint8_t *lower)
{
    const __m256i one = _mm256_set1_epi8(1), two = _mm256_set1_epi16(2);
    __m256i sum = _mm256_add_epi16(_mm256_maddubs_epi16(load_avx2(upper), one),
                                   _mm256_maddubs_epi16(load_avx2(lower), one));
    return _mm256_srli_epi16(_mm256_add_epi16(sum, two), 2);
}

/* Packing works within each half of a register; these put the quarters in order again. */
FR_SIMD_FOR_AVX2 static inline void planar_32(const uint8_t *upper, const uint8_t *lower,
                                              uint8_t *half)
{
    __m256i left = planar_16_avx2(upper, lower), right = planar_16_avx2(upper + 32, lower + 32);
    __m256i pixels =
        _mm256_permute4x64_epi64(_mm256_packus_epi16(left, right), _MM_SHUFFLE(3, 1, 2, 0));
    _mm256_storeu_si256((__m256i *)half, pixels);
}

FR_SIMD_FOR_AVX2 static inline __m256i luma_avx2(const uint8_t *bytes, bool is_last)
{
    return is_last ? _mm256_srli_epi16(load_avx2(bytes - 1), 8)
                   : _mm256_and_si256(load_avx2(bytes), _mm256_set1_epi16(0xff));
}

/* Eight sums of 32 bits, out of 16 pixels of each row. */
FR_SIMD_FOR_AVX2 static inline __m256i packed_8_avx2(const uint8_t *upper, const uint8_t *lower,
                                                     bool is_last)
{
    return _mm256_madd_epi16(_mm256_add_epi16(luma_avx2(upper, is_last), luma_avx2(lower, is_last)),
                             _mm256_set1_epi16(1));
}

FR_SIMD_FOR_AVX2 static inline __m256i packed_16_avx2(const uint8_t *upper, const uint8_t *lower,
                                                      bool is_last)
{
    __m256i sum = _mm256_packs_epi32(packed_8_avx2(upper, lower, is_last),
                                     packed_8_avx2(upper + 32, lower + 32, is_last));
    return _mm256_srli_epi16(_mm256_add_epi16(sum, _mm256_set1_epi16(2)), 2);
}

FR_SIMD_FOR_AVX2 static inline void packed_32(const uint8_t *upper, const uint8_t *lower,
                                              uint8_t *half, bool is_last)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i left = packed_16_avx2(upper, lower, is_last);
    __m256i right = packed_16_avx2(upper + 64, lower + 64, is_last);
    __m256i pixels = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(left, right), order);
    _mm256_storeu_si256((__m256i *)half, pixels);
}

FR_SIMD_FOR_AVX2 static void planar_row_avx2(const uint8_t *upper, const uint8_t *lower,
                                             uint8_t *half, uint32_t pairs)
{
    if (pairs < AVX2_AT_ONCE) {
        planar_row_sse2(upper, lower, half, pairs);
        return;
    }
    const size_t last = pairs - AVX2_AT_ONCE;
    for (size_t x = 0; x < last; x += AVX2_AT_ONCE) {
        fetch_ahead(upper + 2 * x, lower + 2 * x);
        planar_32(upper + 2 * x, lower + 2 * x, half + x);
    }
    planar_32(upper + 2 * last, lower + 2 * last, half + last);
}

FR_SIMD_FOR_AVX2 static void packed_row_avx2(const uint8_t *upper, const uint8_t *lower,
                                             uint8_t *half, uint32_t pairs)
{
    if (pairs <= AVX2_AT_ONCE) {
        packed_row_sse2(upper, lower, half, pairs);
        return;
    }
    const size_t last = pairs - AVX2_AT_ONCE;
    for (size_t x = 0; x < last; x += AVX2_AT_ONCE) {
        fetch_ahead(upper + 4 * x, lower + 4 * x);
        fetch_ahead(upper + 4 * x + 64, lower + 4 * x + 64);
        packed_32(upper + 4 * x, lower + 4 * x, half + x, false);
    }
    packed_32(upper + 4 * last, lower + 4 * last, half + last, true);
}

const struct fr_half_luma_rows fr_half_luma_avx2 = {planar_row_avx2, packed_row_avx2};

#endif
