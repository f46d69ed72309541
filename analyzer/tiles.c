#include "analyzer/tiles.h"
#include "analyzer/kernels.h"

#include <string.h>

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* One row of tiles. */
static void sum_row(const struct fr_kernels *kernels, const uint8_t *px, uint32_t stride_px,
                    uint32_t width_px, uint32_t rows, uint16_t *ret_sums)
{
    uint32_t n_done =
        kernels ? kernels->sum_bytes(px, stride_px, rows, width_px / FR_TILE_SIDE, ret_sums) : 0;

    for (uint32_t x = n_done * FR_TILE_SIDE; x < width_px; x += FR_TILE_SIDE) {
        uint32_t sum = 0;
        for (uint32_t y = 0; y < rows; y++)
            for (uint32_t i = x; i < x + FR_TILE_SIDE && i < width_px; i++)
                sum += px[(size_t)y * stride_px + i];
        ret_sums[x / FR_TILE_SIDE] = (uint16_t)sum;
    }
}

void fr_tiles_sum_at(enum fr_simd level, const uint8_t *px, uint32_t width_px, uint32_t height_px,
                     uint16_t *ret_sums)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);

    for (uint32_t y = 0; y < height_px; y += FR_TILE_SIDE, ret_sums += fr_tiles(width_px))
        sum_row(kernels, px + (size_t)y * width_px, width_px, width_px,
                lesser(FR_TILE_SIDE, height_px - y), ret_sums);
}

void fr_tiles_sum(const uint8_t *px, uint32_t width_px, uint32_t height_px, uint16_t *ret_sums)
{
    fr_tiles_sum_at(fr_simd(), px, width_px, height_px, ret_sums);
}

/* Bytes with the bits of eight tiles' rows: how many each has. */
static inline uint64_t count_each(uint64_t bytes)
{
    bytes -= bytes >> 1 & fr_eight_of(0x55);
    bytes = (bytes & fr_eight_of(0x33)) + (bytes >> 2 & fr_eight_of(0x33));
    return (bytes + (bytes >> 4)) & fr_eight_of(0x0f);
}

/* A row of tiles, of so many words. */
__attribute__((always_inline)) static inline void
count_words(const uint8_t *mask, size_t stride_bytes, uint32_t rows, size_t n, uint64_t *counts)
{
    for (size_t x = 0; x < n; x++)
        counts[x] = count_each(fr_eight(mask + 8 * x));
    for (uint32_t row = 1; row < rows; row++) {
        mask += stride_bytes;
        for (size_t x = 0; x < n; x++)
            counts[x] += count_each(fr_eight(mask + 8 * x));
    }
}

#ifdef FR_SIMD_X86
FR_SIMD_FOR_AVX2 static void count_words_avx2(const uint8_t *mask, size_t stride_bytes,
                                              uint32_t rows, size_t n, uint64_t *counts)
{
    count_words(mask, stride_bytes, rows, n, counts);
}
#endif

static void count_words_at(enum fr_simd level, const uint8_t *mask, size_t stride_bytes,
                           uint32_t rows, size_t n, uint64_t *counts)
{
#ifdef FR_SIMD_X86
    if (level >= FR_SIMD_AVX2) {
        count_words_avx2(mask, stride_bytes, rows, n, counts);
        return;
    }
#endif
    (void)level;
    count_words(mask, stride_bytes, rows, n, counts);
}

void fr_tiles_count(const uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *ret_busy)
{
    enum { WORDS = 32 }; /* at once */
    const size_t stride_bytes = fr_mask_stride_bytes(width_px), tiles_x = fr_tiles(width_px);
    const enum fr_simd level = fr_simd();

    for (uint32_t y = 0; y < height_px; y += FR_TILE_SIDE, ret_busy += tiles_x)
        for (size_t x = 0; x < tiles_x; x += 8 * WORDS) {
            const size_t left = tiles_x - x < 8 * WORDS ? tiles_x - x : 8 * WORDS;
            uint64_t counts[WORDS];
            count_words_at(level, mask + y * stride_bytes + x, stride_bytes,
                           lesser(FR_TILE_SIDE, height_px - y), (left + 7) / 8, counts);
            for (size_t i = 0; i < (left + 7) / 8; i++)
                counts[i] = htole64(counts[i]);
            memcpy(ret_busy + x, counts, left);
        }
}
