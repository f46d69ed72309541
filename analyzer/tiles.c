#include "analyzer/tiles.h"
#include "analyzer/kernels.h"

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

void fr_tiles_count(const uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *ret_busy)
{
    enum { TILES = 64, PX = TILES * FR_TILE_SIDE }; /* at once */
    const struct fr_kernels *kernels = fr_kernels_at(fr_simd());
    uint16_t sums[TILES];

    for (uint32_t y = 0; y < height_px; y += FR_TILE_SIDE)
        for (uint32_t x = 0; x < width_px; x += PX) {
            uint32_t some_px = lesser(PX, width_px - x), n = fr_tiles(some_px);
            sum_row(kernels, mask + (size_t)y * width_px + x, width_px, some_px,
                    lesser(FR_TILE_SIDE, height_px - y), sums);
            for (uint32_t i = 0; i < n; i++)
                *ret_busy++ = (uint8_t)sums[i];
        }
}
