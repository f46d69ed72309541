/* Light that changes everywhere at once: by what factor?
 *
 * The plane is cut into tiles of 8x8. The brightness of a tile over that of its background is a
 * ratio; the median of them over all tiles that can be trusted is the gain, for at least half of
 * those agree with it or lie on either side. Trusted are tiles that were background a frame ago (or
 * else a large close object bends the gain) and are neither too dark nor near white (a ratio says
 * nothing there). Pure.
 */
#pragma once

#include "analyzer/background.h"

enum {
    FR_TILE_SIDE = 8, /* half-size pixels */
    FR_GAIN_ONE = 1024,
    FR_GAIN_MIN = 256,
    FR_GAIN_MAX = 4096,
};

/* Tiles in a row or column; those at the right and lower edge may be narrower. */
static inline uint32_t fr_tiles(uint32_t half_px)
{
    return (half_px + FR_TILE_SIDE - 1) / FR_TILE_SIDE;
}

/* The ratio of each tile, row by row, in 1024ths: FR_GAIN_MIN to FR_GAIN_MAX, or 0 where the tile is
 * too dark or too bright for one. */
void fr_tiles_ratio(const uint8_t *half, const int16_t *mean, uint32_t width_px, uint32_t height_px,
                    uint16_t *ret_ratios_q10);

struct fr_gain {
    uint32_t
        gain_q10;     /* the median, FR_GAIN_MIN to FR_GAIN_MAX; FR_GAIN_ONE when none is trusted */
    size_t n_trusted; /* tiles that had a say */
    size_t n_agreed;  /* of these, within a sixteenth of the median */
};

/* `busy` holds for each tile how many of its pixels were foreground a frame ago. */
struct fr_gain fr_gain_estimate(const uint16_t *ratios_q10, const uint8_t *busy, size_t n_tiles);

/* Counts the pixels of each tile that are set in a mask of 0 and 1 (at most 64). */
void fr_tiles_count(const uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *ret_busy);
