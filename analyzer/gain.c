#include "analyzer/gain.h"

#include <stdbool.h>
#include <string.h>

enum {
    BUSY_MAX = FR_TILE_SIDE * FR_TILE_SIDE / 8, /* foreground pixels of a tile still trusted */
    DARK = 30, /* grey levels: a tile's mean below is not trusted */
    BRIGHT = 240,
    COUNTS = 4,
    TILES_ENOUGH = 1024, /* for a median: of more, only every so manyth is asked */
};

/* Tiles side by side, of so many pixels each. The quotient of two whole numbers that add up to less
 * than 2^24 is the same in single precision, rounded down; and vectors can divide only those. */
__attribute__((always_inline)) static inline void divide_each(const uint16_t *restrict now,
                                                              const uint16_t *restrict before,
                                                              size_t n, int32_t px,
                                                              uint16_t *restrict ret_ratios_q10)
{
    for (size_t i = 0; i < n; i++) {
        const int32_t a = now[i], b = before[i];
        int32_t ratio = (int32_t)((float)(a * FR_GAIN_ONE + b / 2) / (float)(b > 1 ? b : 1));
        ratio = ratio < FR_GAIN_MIN ? FR_GAIN_MIN : ratio;
        ratio = ratio > FR_GAIN_MAX ? FR_GAIN_MAX : ratio;
        const int32_t is_one =
            (a >= DARK * px) & (b >= DARK * px) & (a <= BRIGHT * px) & (b <= BRIGHT * px);
        ret_ratios_q10[i] = (uint16_t)(ratio & -is_one);
    }
}

#ifdef FR_SIMD_X86
FR_SIMD_FOR_AVX2 static void divide_avx2(const uint16_t *now, const uint16_t *before, size_t n,
                                         int32_t px, uint16_t *ret_ratios_q10)
{
    divide_each(now, before, n, px, ret_ratios_q10);
}
#endif

static void divide(const uint16_t *now, const uint16_t *before, size_t n, int32_t px,
                   uint16_t *ret_ratios_q10)
{
#ifdef FR_SIMD_X86
    if (fr_simd() >= FR_SIMD_AVX2) {
        divide_avx2(now, before, n, px, ret_ratios_q10);
        return;
    }
#endif
    divide_each(now, before, n, px, ret_ratios_q10);
}

void fr_tiles_ratio(const uint16_t *now, const uint16_t *before, uint32_t width_px,
                    uint32_t height_px, uint16_t *ret_ratios_q10)
{
    const uint32_t whole = width_px / FR_TILE_SIDE, rest_px = width_px % FR_TILE_SIDE;

    for (uint32_t y = 0; y < height_px; y += FR_TILE_SIDE) {
        const uint32_t rows = height_px - y < FR_TILE_SIDE ? height_px - y : FR_TILE_SIDE;
        divide(now, before, whole, (int32_t)(rows * FR_TILE_SIDE), ret_ratios_q10);
        if (rest_px)
            divide(now + whole, before + whole, 1, (int32_t)(rows * rest_px),
                   ret_ratios_q10 + whole);
        now += fr_tiles(width_px);
        before += fr_tiles(width_px);
        ret_ratios_q10 += fr_tiles(width_px);
    }
}

static uint32_t sum_of(const uint16_t counts[COUNTS])
{
    uint32_t sum = 0;
    for (size_t i = 0; i < COUNTS; i++)
        sum += counts[i];
    return sum;
}

struct fr_gain fr_gain_estimate(const uint16_t *ratios_q10, const uint8_t *busy, size_t n_tiles)
{
    /* Every ratio has its place in this: a median without sorting. Most are nearly the same, and a
     * count that has just been written is slow to be read again: tiles take turns in adding to one
     * of several. */
    uint16_t counts[FR_GAIN_MAX + 1][COUNTS];
    const size_t every = n_tiles / TILES_ENOUGH | 1;
    struct fr_gain gain = {.gain_q10 = FR_GAIN_ONE};

    memset(counts, 0, sizeof counts);
    for (size_t i = 0; i < n_tiles; i += every) {
        bool is_trusted = ratios_q10[i] && busy[i] <= BUSY_MAX;
        counts[is_trusted ? ratios_q10[i] : 0][gain.n_asked++ % COUNTS]++;
        gain.n_trusted += is_trusted;
    }
    if (!gain.n_trusted)
        return gain;

    size_t below = 0;
    uint32_t median = FR_GAIN_MIN;
    while ((below += sum_of(counts[median])) < (gain.n_trusted + 1) / 2)
        median++;
    gain.gain_q10 = median;
    uint32_t highest = median + median / 16 < FR_GAIN_MAX ? median + median / 16 : FR_GAIN_MAX;
    for (uint32_t ratio = median - median / 16; ratio <= highest; ratio++)
        gain.n_agreed += sum_of(counts[ratio]);
    return gain;
}
