/* Light that changes everywhere at once: by what factor?
 *
 * The plane is cut into tiles. The brightness of a tile over that of its background is a
 * ratio; the median of them over all tiles that can be trusted is the gain, for at least half of
 * those agree with it or lie on either side. Trusted are tiles that were background a frame ago (or
 * else a large close object bends the gain) and are neither too dark nor near white (a ratio says
 * nothing there). Pure.
 */
#pragma once

#include "analyzer/tiles.h"

enum {
    FR_GAIN_ONE = 1024,
    FR_GAIN_MIN = 256,
    FR_GAIN_MAX = 4096,
};

/* The ratio of each tile in 1024ths, out of its sums (tiles.h): FR_GAIN_MIN to FR_GAIN_MAX, or 0
 * where the tile is too dark or too bright for one. */
void fr_tiles_ratio(const uint16_t *now, const uint16_t *before, uint32_t width_px,
                    uint32_t height_px, uint16_t *ret_ratios_q10);

struct fr_gain {
    uint32_t
        gain_q10;     /* the median, FR_GAIN_MIN to FR_GAIN_MAX; FR_GAIN_ONE when none is trusted */
    size_t n_asked;   /* tiles; of many, a part */
    size_t n_trusted; /* of these, that had a say */
    size_t n_agreed;  /* of these, within a sixteenth of the median */
};

/* `busy` holds for each tile how many of its pixels were foreground a frame ago. */
struct fr_gain fr_gain_estimate(const uint16_t *ratios_q10, const uint8_t *busy, size_t n_tiles);
