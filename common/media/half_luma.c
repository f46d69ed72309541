/* Luma reduced 2x2. */
#include "common/media/half_luma.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* `pairs` pixels of one row of the half-size plane out of two rows of the frame. */
typedef void reduce_row(const uint8_t *upper, const uint8_t *lower, uint8_t *half, uint32_t pairs,
                        size_t step_bytes);

static void reduce_row_plain(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                             uint32_t pairs, size_t step_bytes)
{
    for (uint32_t x = 0; x < pairs; x++) {
        size_t left = 2 * x * step_bytes, right = left + step_bytes;
        half[x] = (uint8_t)((upper[left] + upper[right] + lower[left] + lower[right] + 2) >> 2);
    }
}

#ifdef __SSE2__

enum { AT_ONCE = 16 };

static __m128i load(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)bytes);
}

/* Eight pixels of 16 bits, out of 16 pixels of each row: a 16-bit lane holds two neighbours. */
static __m128i reduce_planar_8(const uint8_t *upper, const uint8_t *lower)
{
    const __m128i low = _mm_set1_epi16(0xff), two = _mm_set1_epi16(2);
    __m128i u = load(upper), l = load(lower);
    __m128i sum = _mm_add_epi16(_mm_add_epi16(_mm_and_si128(u, low), _mm_srli_epi16(u, 8)),
                                _mm_add_epi16(_mm_and_si128(l, low), _mm_srli_epi16(l, 8)));
    return _mm_srli_epi16(_mm_add_epi16(sum, two), 2);
}

/* Four pixels of 32 bits, out of eight of each row: a lane holds one pixel and one of chroma. */
static __m128i reduce_packed_4(const uint8_t *upper, const uint8_t *lower)
{
    const __m128i low = _mm_set1_epi16(0xff), one = _mm_set1_epi16(1), two = _mm_set1_epi32(2);
    __m128i sum = _mm_add_epi16(_mm_and_si128(load(upper), low), _mm_and_si128(load(lower), low));
    return _mm_srli_epi32(_mm_add_epi32(_mm_madd_epi16(sum, one), two), 2);
}

static void reduce_row_planar(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                              uint32_t pairs, size_t step_bytes)
{
    uint32_t x = 0;
    for (; pairs - x >= AT_ONCE; x += AT_ONCE) {
        size_t at = 2 * (size_t)x;
        __m128i left = reduce_planar_8(upper + at, lower + at);
        __m128i right = reduce_planar_8(upper + at + 16, lower + at + 16);
        _mm_storeu_si128((__m128i *)(half + x), _mm_packus_epi16(left, right));
    }
    reduce_row_plain(upper + 2 * (size_t)x, lower + 2 * (size_t)x, half + x, pairs - x, step_bytes);
}

static void reduce_row_packed(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                              uint32_t pairs, size_t step_bytes)
{
    uint32_t x = 0;
    /* One more than is done: the chroma byte behind the last pixel may lie outside the frame. */
    for (; pairs - x > AT_ONCE; x += AT_ONCE) {
        __m128i four[4];
        for (unsigned i = 0; i < 4; i++) {
            size_t at = 4 * (size_t)x + 16 * i;
            four[i] = reduce_packed_4(upper + at, lower + at);
        }
        _mm_storeu_si128(
            (__m128i *)(half + x),
            _mm_packus_epi16(_mm_packs_epi32(four[0], four[1]), _mm_packs_epi32(four[2], four[3])));
    }
    reduce_row_plain(upper + 4 * (size_t)x, lower + 4 * (size_t)x, half + x, pairs - x, step_bytes);
}

#else

/* The steps as constants, and neighbours loaded together: so compilers do many at once. */
static void reduce_row_planar(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                              uint32_t pairs, size_t step_bytes)
{
    (void)step_bytes;
    for (uint32_t x = 0; x < pairs; x++) {
        uint16_t u, l;
        __builtin_memcpy(&u, upper + 2 * (size_t)x, sizeof u);
        __builtin_memcpy(&l, lower + 2 * (size_t)x, sizeof l);
        uint16_t sum = (uint16_t)((u & 0xff) + (u >> 8) + (l & 0xff) + (l >> 8) + 2);
        half[x] = (uint8_t)(sum >> 2);
    }
}

static void reduce_row_packed(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                              uint32_t pairs, size_t step_bytes)
{
    (void)step_bytes;
    reduce_row_plain(upper, lower, half, pairs, 2);
}

#endif

static void reduce(const struct fr_luma *luma, uint8_t *half, uint32_t half_stride_bytes,
                   reduce_row *reduce_pairs)
{
    const uint32_t pairs = luma->width_px / 2;
    const size_t last = (size_t)(luma->width_px - 1) * luma->step_bytes;

    for (uint32_t y = 0; y < luma->height_px; y += 2, half += half_stride_bytes) {
        const uint8_t *upper = luma->data + (size_t)y * luma->stride_bytes;
        const uint8_t *lower = y + 1 < luma->height_px ? upper + luma->stride_bytes : upper;

        reduce_pairs(upper, lower, half, pairs, luma->step_bytes);
        if (luma->width_px % 2)
            half[pairs] = (uint8_t)((upper[last] + lower[last] + 1) >> 1);
    }
}

void fr_half_luma(const struct fr_luma *luma, uint8_t *half, uint32_t half_stride_bytes)
{
    reduce(luma, half, half_stride_bytes,
           luma->step_bytes == 1   ? reduce_row_planar
           : luma->step_bytes == 2 ? reduce_row_packed
                                   : reduce_row_plain);
}

void fr_half_luma_plain(const struct fr_luma *luma, uint8_t *half, uint32_t half_stride_bytes)
{
    reduce(luma, half, half_stride_bytes, reduce_row_plain);
}
