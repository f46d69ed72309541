#include "analyzer/gain.h"

#include <stdbool.h>
#include <string.h>

enum {
    BUSY_MAX = FR_TILE_SIDE * FR_TILE_SIDE / 8, /* foreground pixels of a tile still trusted */
    DARK = 20, /* grey levels: a tile's mean below is not trusted */
    BRIGHT = 240,
};

/* Sums of one tile: at most 64 pixels of at most 255, and of at most 255 << 7. */
static void sum_tile(const uint8_t *half, const int16_t *mean, size_t stride, uint32_t columns,
                     uint32_t rows, uint32_t *ret_now, uint32_t *ret_before)
{
    int32_t now = 0, before = 0;
    for (uint32_t y = 0; y < rows; y++, half += stride, mean += stride) {
        if (columns == FR_TILE_SIDE) {
            for (uint32_t x = 0; x < FR_TILE_SIDE; x++)
                now += half[x];
            for (uint32_t x = 0; x < FR_TILE_SIDE; x++)
                before += mean[x];
        } else {
            for (uint32_t x = 0; x < columns; x++) {
                now += half[x];
                before += mean[x];
            }
        }
    }
    *ret_now = (uint32_t)now;
    *ret_before = (uint32_t)before;
}

void fr_tiles_ratio(const uint8_t *half, const int16_t *mean, uint32_t width_px, uint32_t height_px,
                    uint16_t *ret_ratios_q10)
{
    for (uint32_t y = 0; y < height_px; y += FR_TILE_SIDE) {
        uint32_t rows = height_px - y < FR_TILE_SIDE ? height_px - y : FR_TILE_SIDE;
        for (uint32_t x = 0; x < width_px; x += FR_TILE_SIDE) {
            uint32_t columns = width_px - x < FR_TILE_SIDE ? width_px - x : FR_TILE_SIDE;
            uint32_t px = rows * columns, now, before;
            size_t at = (size_t)y * width_px + x;
            sum_tile(half + at, mean + at, width_px, columns, rows, &now, &before);
            before = (before + (1 << FR_LEVEL_BITS >> 1)) >> FR_LEVEL_BITS;

            uint32_t ratio = 0;
            if (now >= DARK * px && before >= DARK * px && now <= BRIGHT * px &&
                before <= BRIGHT * px) {
                ratio = (now * FR_GAIN_ONE + before / 2) / before;
                ratio = ratio < FR_GAIN_MIN ? FR_GAIN_MIN : ratio;
                ratio = ratio > FR_GAIN_MAX ? FR_GAIN_MAX : ratio;
            }
            *ret_ratios_q10++ = (uint16_t)ratio;
        }
    }
}

struct fr_gain fr_gain_estimate(const uint16_t *ratios_q10, const uint8_t *busy, size_t n_tiles)
{
    /* Every ratio has its place in this: a median without sorting. */
    uint32_t histogram[FR_GAIN_MAX + 1];
    struct fr_gain gain = {.gain_q10 = FR_GAIN_ONE};

    memset(histogram, 0, sizeof histogram);
    for (size_t i = 0; i < n_tiles; i++) {
        bool is_trusted = ratios_q10[i] && busy[i] <= BUSY_MAX;
        histogram[is_trusted ? ratios_q10[i] : 0]++;
        gain.n_trusted += is_trusted;
    }
    if (!gain.n_trusted)
        return gain;

    size_t below = 0;
    uint32_t median = FR_GAIN_MIN;
    while ((below += histogram[median]) < (gain.n_trusted + 1) / 2)
        median++;
    gain.gain_q10 = median;
    uint32_t highest = median + median / 16 < FR_GAIN_MAX ? median + median / 16 : FR_GAIN_MAX;
    for (uint32_t ratio = median - median / 16; ratio <= highest; ratio++)
        gain.n_agreed += histogram[ratio];
    return gain;
}

void fr_tiles_count(const uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *ret_busy)
{
    const uint32_t tiles_x = fr_tiles(width_px);

    memset(ret_busy, 0, (size_t)tiles_x * fr_tiles(height_px));
    for (uint32_t y = 0; y < height_px; y++) {
        uint8_t *tiles = ret_busy + (size_t)(y / FR_TILE_SIDE) * tiles_x;
        const uint8_t *row = mask + (size_t)y * width_px;
        uint32_t x = 0;
        /* Eight pixels of 0 or 1 at once: the product gathers their sum in its highest byte. */
        for (; x + FR_TILE_SIDE <= width_px; x += FR_TILE_SIDE) {
            uint64_t eight;
            memcpy(&eight, row + x, sizeof eight);
            tiles[x / FR_TILE_SIDE] =
                (uint8_t)(tiles[x / FR_TILE_SIDE] + (eight * 0x0101010101010101u >> 56));
        }
        for (; x < width_px; x++)
            tiles[x / FR_TILE_SIDE] = (uint8_t)(tiles[x / FR_TILE_SIDE] + row[x]);
    }
}
