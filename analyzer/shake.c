#include "analyzer/shake.h"

#include <stdlib.h>
#include <string.h>

enum {
    SIDE = 8, /* of a spot */
    REACH = FR_SHAKE_REACH,
    PLACES = 2 * REACH + 1,
    TEXTURE_MIN = 2 * SIDE * SIDE, /* grey levels from pixel to second next, over the spot */
    BUSY_MAX = FR_TILE_SIDE * FR_TILE_SIDE / 8,
    DIFFERENCE_MAX = 24 * SIDE * SIDE, /* a spot that differs by more has no more to say */
    SPOTS_MIN = 6,
    FORGIVEN_LEVELS = 4,
};

static int32_t grey(int16_t level)
{
    return level >> FR_LEVEL_BITS;
}

void fr_shake_init(struct fr_shake *shake, uint32_t width_px, uint32_t height_px)
{
    *shake = (struct fr_shake){.width_px = width_px, .height_px = height_px};
}

/* The lesser of the sums of differences across and down: an edge alone has no place along itself. */
static uint32_t texture_at(const int16_t *mean, size_t stride)
{
    int32_t across = 0, down = 0;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            const int16_t *at = mean + y * stride + x;
            across += abs(at[1] - at[-1]) >> FR_LEVEL_BITS;
            down += abs(at[stride] - *(at - stride)) >> FR_LEVEL_BITS;
        }
    return (uint32_t)(across < down ? across : down);
}

void fr_shake_choose(struct fr_shake *shake, const int16_t *mean, uint32_t n_cells)
{
    const uint32_t margin = REACH + 1, width = shake->width_px, height = shake->height_px;

    for (; n_cells; n_cells--) {
        uint32_t cell = shake->next_cell++ % FR_SHAKE_SPOTS;
        uint32_t column = cell % FR_SHAKE_GRID, row = cell / FR_SHAKE_GRID;
        uint32_t left = column * width / FR_SHAKE_GRID, top = row * height / FR_SHAKE_GRID;
        uint32_t right = (column + 1) * width / FR_SHAKE_GRID;
        uint32_t bottom = (row + 1) * height / FR_SHAKE_GRID;
        struct fr_shake_spot best = {0};
        for (uint32_t y = top > margin ? top : margin; y < bottom && y + SIDE + margin <= height;
             y += SIDE)
            for (uint32_t x = left > margin ? left : margin;
                 x < right && x + SIDE + margin <= width; x += SIDE) {
                uint32_t texture = texture_at(mean + (size_t)y * width + x, width);
                if (texture >= TEXTURE_MIN && texture > best.texture)
                    best = (struct fr_shake_spot){.x_px = x, .y_px = y, .texture = texture};
            }
        shake->spots[cell] = best;
    }
}

static bool is_busy(const struct fr_shake *shake, const struct fr_shake_spot *spot,
                    const uint8_t *busy)
{
    const uint32_t tiles_x = fr_tiles(shake->width_px);
    for (uint32_t y = spot->y_px / FR_TILE_SIDE; y <= (spot->y_px + SIDE - 1) / FR_TILE_SIDE; y++)
        for (uint32_t x = spot->x_px / FR_TILE_SIDE; x <= (spot->x_px + SIDE - 1) / FR_TILE_SIDE;
             x++)
            if (busy[y * tiles_x + x] > BUSY_MAX)
                return true;
    return false;
}

/* The differences of one spot, in all places, brightness aside. */
static void compare(const uint8_t *half, const int16_t *mean, size_t stride,
                    uint16_t ret_differences[PLACES][PLACES])
{
    uint8_t pattern[SIDE][SIDE];
    int32_t brighter = 0;

    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            pattern[y][x] = (uint8_t)grey(mean[y * stride + x]);
            brighter += half[y * stride + x] - pattern[y][x];
        }
    brighter /= SIDE * SIDE;
    half -= REACH * stride + REACH;
    for (size_t dy = 0; dy < PLACES; dy++)
        for (size_t dx = 0; dx < PLACES; dx++) {
            int32_t sum = 0;
            for (size_t y = 0; y < SIDE; y++)
                for (size_t x = 0; x < SIDE; x++)
                    sum += abs(half[(dy + y) * stride + dx + x] - brighter - pattern[y][x]);
            ret_differences[dy][dx] = (uint16_t)(sum < DIFFERENCE_MAX ? sum : DIFFERENCE_MAX);
        }
}

/* How far, in quarters, the minimum lies towards `after`: two lines of equal and opposite slope
 * through the three. */
static int32_t refine(uint32_t before, uint32_t at, uint32_t after)
{
    int64_t steep = (int64_t)(before > after ? before : after) - at;
    int64_t towards = (int64_t)before - after;
    return steep > 0 ? (int32_t)((4 * towards + (towards > 0 ? steep : -steep)) / (2 * steep)) : 0;
}

struct fr_shift fr_shake_estimate(const struct fr_shake *shake, const uint8_t *half,
                                  const int16_t *mean, const uint8_t *busy, bool is_shaking)
{
    uint16_t own[FR_SHAKE_SPOTS][PLACES][PLACES];
    uint32_t differences[PLACES][PLACES] = {0};
    size_t n_spots = 0, n_agreed = 0, best_x = REACH, best_y = REACH;

    for (size_t i = 0; i < FR_SHAKE_SPOTS; i++) {
        const struct fr_shake_spot *spot = &shake->spots[i];
        if (!spot->texture || is_busy(shake, spot, busy))
            continue;
        size_t at = (size_t)spot->y_px * shake->width_px + spot->x_px;
        compare(half + at, mean + at, shake->width_px, own[n_spots]);
        for (size_t y = 0; y < PLACES; y++)
            for (size_t x = 0; x < PLACES; x++)
                differences[y][x] += own[n_spots][y][x];
        n_spots++;
    }
    if (n_spots < SPOTS_MIN)
        return (struct fr_shift){0};
    for (size_t y = 0; y < PLACES; y++)
        for (size_t x = 0; x < PLACES; x++)
            if (differences[y][x] < differences[best_y][best_x]) {
                best_x = x;
                best_y = y;
            }
    uint64_t least = differences[best_y][best_x];
    if (8 * least > (is_shaking ? 8ull : 7ull) * differences[REACH][REACH])
        return (struct fr_shift){0};
    /* What moves before a camera that stands still moves a few of the spots. */
    for (size_t i = 0; i < n_spots; i++)
        n_agreed += own[i][best_y][best_x] < own[i][REACH][REACH];
    bool is_away = best_x != REACH || best_y != REACH;
    if (is_away && !is_shaking && 2 * n_agreed < n_spots)
        return (struct fr_shift){0};
    struct fr_shift shift = {.x_q2 = 4 * ((int32_t)best_x - REACH),
                             .y_q2 = 4 * ((int32_t)best_y - REACH)};
    if (best_x > 0 && best_x + 1 < PLACES)
        shift.x_q2 += refine(differences[best_y][best_x - 1], differences[best_y][best_x],
                             differences[best_y][best_x + 1]);
    if (best_y > 0 && best_y + 1 < PLACES)
        shift.y_q2 += refine(differences[best_y - 1][best_x], differences[best_y][best_x],
                             differences[best_y + 1][best_x]);
    return shift;
}

static uint32_t inside(int32_t at, uint32_t side)
{
    return at < 0 ? 0 : (uint32_t)at < side ? (uint32_t)at : side - 1;
}

void fr_shake_align(const uint8_t *half, uint32_t width_px, uint32_t height_px,
                    struct fr_shift shift, uint8_t *ret_aligned)
{
    const int32_t whole_x = shift.x_q2 >> 2, part_x = shift.x_q2 & 3;
    const int32_t whole_y = shift.y_q2 >> 2, part_y = shift.y_q2 & 3;

    for (uint32_t y = 0; y < height_px; y++) {
        const uint8_t *upper = half + (size_t)inside((int32_t)y + whole_y, height_px) * width_px;
        const uint8_t *lower =
            half + (size_t)inside((int32_t)y + whole_y + 1, height_px) * width_px;
        for (uint32_t x = 0; x < width_px; x++) {
            uint32_t left = inside((int32_t)x + whole_x, width_px);
            uint32_t right = inside((int32_t)x + whole_x + 1, width_px);
            int32_t above = upper[left] * (4 - part_x) + upper[right] * part_x;
            int32_t below = lower[left] * (4 - part_x) + lower[right] * part_x;
            *ret_aligned++ = (uint8_t)((above * (4 - part_y) + below * part_y + 8) >> 4);
        }
    }
}

void fr_shake_forgive(const uint8_t *aligned, const int16_t *mean, uint32_t width_px,
                      uint32_t height_px, uint8_t *scores)
{
    for (uint32_t y = 1; y + 1 < height_px; y++)
        for (uint32_t x = 1; x + 1 < width_px; x++) {
            const size_t at = (size_t)y * width_px + x;
            if (!scores[at])
                continue;
            int32_t here = mean[at], low = here, high = here;
            for (size_t row = at - width_px; row <= at + width_px; row += width_px)
                for (size_t i = row - 1; i <= row + 1; i++) {
                    low = mean[i] < low ? mean[i] : low;
                    high = mean[i] > high ? mean[i] : high;
                }
            int32_t tolerance = (FORGIVEN_LEVELS << FR_LEVEL_BITS) + (here >> 4);
            int32_t value = aligned[at] << FR_LEVEL_BITS;
            if (value >= here - (here - low) / 4 - tolerance &&
                value <= here + (high - here) / 4 + tolerance)
                scores[at] = 0;
        }
}

void fr_shake_move_mask(const uint8_t *mask, uint32_t width_px, uint32_t height_px,
                        struct fr_shift shift, uint8_t *ret_moved)
{
    const int64_t by_x = (shift.x_q2 + 2) >> 2, by_y = (shift.y_q2 + 2) >> 2;

    for (int64_t y = 0; y < height_px; y++)
        for (int64_t x = 0; x < width_px; x++) {
            int64_t from_x = x - by_x, from_y = y - by_y;
            bool is_known = from_x >= 0 && from_x < width_px && from_y >= 0 && from_y < height_px;
            *ret_moved++ = is_known ? mask[from_y * width_px + from_x] : 0;
        }
}
