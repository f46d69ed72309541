#include "analyzer/relight.h"
#include "analyzer/texture.h"

#include <stdlib.h>
#include <string.h>

enum {
    MOVING_MIN = FR_TILE_SIDE * FR_TILE_SIDE * 5 / 8, /* pixels of a tile that has changed */
    KEPT_PERCENT = 50,
    TILES_SHARE = 40, /* one tile in so many must have something to say */
    LIT_Q4 = 10,      /* sixteenths of what the gain says */
    LIT_ENOUGH = 160, /* grey levels: lit, whatever the gain says */
    WHITE = 240,
    NEAR = 4,   /* grey levels, and an eighth: what rests may stray by */
    STEADY = 6, /* and a sixteenth: from frame to frame */
    RESTED = 200,
    TAKEN = 250, /* evidence for another level than the one at rest: 50 */
    GAIN_LEAST = 6,
    GAIN_Q4_MAX = 1024,
};

bool fr_relight_is_due(const uint8_t *half, const uint8_t *levels, const uint8_t *moves,
                       uint32_t width_px, uint32_t height_px)
{
    size_t n_textured = 0, n_kept = 0;
    const size_t n_tiles = (size_t)fr_tiles(width_px) * fr_tiles(height_px);

    for (uint32_t y = 0; y + FR_TILE_SIDE <= height_px; y += FR_TILE_SIDE)
        for (uint32_t x = 0; x + FR_TILE_SIDE <= width_px; x += FR_TILE_SIDE) {
            const size_t at = (size_t)y * width_px + x;
            uint32_t n_moving = 0;
            for (size_t row = at; row < at + (size_t)FR_TILE_SIDE * width_px; row += width_px)
                n_moving += fr_bits_count(fr_bits_8(moves, row));
            if (n_moving < MOVING_MIN)
                continue;
            enum fr_texture texture = fr_texture_compare(half + at, levels + at, width_px);
            n_textured += texture != FR_TEXTURE_NONE;
            n_kept += texture == FR_TEXTURE_KEPT;
        }
    return n_textured * TILES_SHARE >= n_tiles && 100 * n_kept >= KEPT_PERCENT * n_textured;
}

void fr_relight_begin(struct fr_background *background)
{
    memcpy(background->candidate, background->level, background->n_px);
    memset(background->evidence, 0, background->n_px);
}

/* Median over the tiles, in sixteenths, of the new light over the old. */
static int32_t find_gain(const uint8_t *half, const uint8_t *old, uint32_t width_px,
                         uint32_t height_px)
{
    uint32_t histogram[GAIN_Q4_MAX + 1] = {0};
    size_t n_tiles = 0, below = 0, median = 0;

    for (uint32_t y = 0; y + FR_TILE_SIDE <= height_px; y += FR_TILE_SIDE)
        for (uint32_t x = 0; x + FR_TILE_SIDE <= width_px; x += FR_TILE_SIDE) {
            const size_t at = (size_t)y * width_px + x;
            uint32_t now = 0, before = 0;
            for (size_t row = at; row < at + (size_t)FR_TILE_SIDE * width_px; row += width_px)
                for (size_t i = row; i < row + FR_TILE_SIDE; i++) {
                    now += half[i];
                    before += old[i];
                }
            if (before < GAIN_LEAST * FR_TILE_SIDE * FR_TILE_SIDE)
                continue;
            uint32_t gain_q4 = now * 16 / before;
            histogram[gain_q4 < GAIN_Q4_MAX ? gain_q4 : GAIN_Q4_MAX]++;
            n_tiles++;
        }
    if (!n_tiles)
        return 16;
    while (2 * (below += histogram[median]) < n_tiles)
        median++;
    return (int32_t)median;
}

uint64_t fr_relight_step(struct fr_background *background, const uint8_t *half, uint32_t width_px,
                         uint32_t height_px, int64_t elapsed_ns, const struct fr_scores *ret_scores)
{
    const int32_t gain_q4 = find_gain(half, background->candidate, width_px, height_px);
    const int32_t rest = (int32_t)(elapsed_ns * RESTED / FR_RELIGHT_REST_NS);
    const int32_t step = rest < RESTED ? rest : RESTED;
    uint64_t n_moving = 0;

    for (size_t i = 0; i < background->n_px; i++) {
        const int32_t value = half[i], last = background->spread[i];
        const int32_t old = background->candidate[i], expected = old * gain_q4 / 16;
        const int32_t mean = background->level[i];
        const int32_t enough =
            expected * LIT_Q4 / 16 < LIT_ENOUGH ? expected * LIT_Q4 / 16 : LIT_ENOUGH;
        const bool is_lit = old >= WHITE || value >= enough;
        const bool is_steady = abs(value - last) <= STEADY + value / 16;
        int32_t evidence = background->evidence[i], level;
        bool moves;

        if (evidence < RESTED) {
            evidence = is_steady ? evidence + (is_lit ? step : step / 2) : 0;
            moves = !is_lit && evidence < RESTED;
            level = moves ? (expected < 255 ? expected : 255) : value;
            evidence = evidence < RESTED ? evidence : RESTED;
        } else {
            bool is_near = abs(value - mean) <= NEAR + mean / 8;
            evidence = is_near ? RESTED : is_steady ? evidence + step / 4 : RESTED;
            bool is_taken = evidence >= TAKEN;
            moves = !is_near && !is_taken;
            level = is_taken ? value : is_near ? (value + mean + 1) / 2 : mean;
            evidence = is_taken ? RESTED : evidence;
        }
        background->evidence[i] = (uint8_t)evidence;
        background->level[i] = (uint8_t)level;
        background->fraction[i] = FR_FRACTION_HALF;
        background->spread[i] = (uint8_t)value; /* the last frame, meanwhile */
        fr_bit_put(ret_scores->moves, i, moves);
        fr_bit_put(ret_scores->strays, i, moves);
        n_moving += moves;
    }
    return n_moving;
}

void fr_relight_end(struct fr_background *background)
{
    memcpy(background->candidate, background->level, background->n_px);
    memset(background->spread, 0, background->n_px);
    memset(background->evidence, 0, background->n_px);
}
