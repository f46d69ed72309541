/* The camera's displacement: at every level as by comparing every spot with every place. */
#include "analyzer/shake.h"
#include "tests/unit/unit.h"

enum { WIDTH = 168, HEIGHT = 130, REACH = FR_SHAKE_REACH, PLACES = 2 * REACH + 1 };
static uint8_t scene[(WIDTH + 16) * (HEIGHT + 16)], half[WIDTH * HEIGHT];
static uint8_t busy[(WIDTH / 8 + 1) * (HEIGHT / 8 + 1)];
static uint8_t background[WIDTH * HEIGHT];
static uint32_t random_state = 5;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* ---------------------------------------------------------------- worked out anew */

static bool is_busy(const struct fr_shake_spot *spot)
{
    for (uint32_t y = spot->y_px; y < spot->y_px + 8; y++)
        for (uint32_t x = spot->x_px; x < spot->x_px + 8; x++)
            if (busy[y / 8 * fr_tiles(WIDTH) + x / 8] > 8)
                return true;
    return false;
}

static uint32_t difference(const struct fr_shake_spot *spot, int dx, int dy)
{
    int32_t brighter = 0, sum = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < 64; i++) {
            const uint32_t x = spot->x_px + i % 8, y = spot->y_px + i / 8;
            const int32_t level = background[y * WIDTH + x];
            if (pass == 0)
                brighter += half[y * WIDTH + x] - level;
            else
                sum += abs(half[((int)y + dy) * WIDTH + (int)x + dx] - brighter - level);
        }
        brighter = pass == 0 ? brighter / 64 : brighter;
    }
    return sum < 24 * 64 ? (uint32_t)sum : 24 * 64;
}

static int32_t refine(uint32_t before, uint32_t at, uint32_t after)
{
    int64_t steep = (int64_t)(before > after ? before : after) - at;
    int64_t towards = (int64_t)before - after;
    return steep > 0 ? (int32_t)((4 * towards + (towards > 0 ? steep : -steep)) / (2 * steep)) : 0;
}

static struct fr_shift estimate(const struct fr_shake *shake, bool is_shaking)
{
    uint32_t sums[PLACES * PLACES] = {0}, own[FR_SHAKE_SPOTS][PLACES * PLACES];
    uint32_t n = 0, n_agreed = 0, best = PLACES * REACH + REACH;
    const uint32_t middle = best;
    for (uint32_t i = 0; i < FR_SHAKE_SPOTS; i++) {
        if (!shake->spots[i].texture || is_busy(&shake->spots[i]))
            continue;
        for (uint32_t place = 0; place < PLACES * PLACES; place++) {
            own[n][place] = difference(&shake->spots[i], (int)(place % PLACES) - REACH,
                                       (int)(place / PLACES) - REACH);
            sums[place] += own[n][place];
        }
        n++;
    }
    if (n < 6)
        return (struct fr_shift){0};
    for (uint32_t place = 0; place < PLACES * PLACES; place++)
        best = sums[place] < sums[best] ? place : best;
    for (uint32_t i = 0; i < n; i++)
        n_agreed += own[i][best] < own[i][middle];
    if (!is_shaking && (8 * sums[best] >= 7 * sums[middle] || 2 * n_agreed < n))
        return (struct fr_shift){0};
    const uint32_t x = best % PLACES, y = best / PLACES;
    struct fr_shift shift = {4 * ((int32_t)x - REACH), 4 * ((int32_t)y - REACH)};
    if (x > 0 && x + 1 < PLACES)
        shift.x_q2 += refine(sums[best - 1], sums[best], sums[best + 1]);
    if (y > 0 && y + 1 < PLACES)
        shift.y_q2 += refine(sums[best - PLACES], sums[best], sums[best + PLACES]);
    return shift;
}

/* ---------------------------------------------------------------- pictures */

/* Texture that goes to black and white, displaced, brighter, noisy; in places something moves. */
static void draw(struct fr_shake *shake, int dx, int dy, int brighter, uint32_t noise,
                 uint32_t moving)
{
    const uint32_t contrast = 1 + next_random() % 128;
    for (uint32_t y = 0; y < HEIGHT + 16; y++)
        for (uint32_t x = 0; x < WIDTH + 16; x++) {
            bool is_bright = (x / 3 + y / 4 + x * y / 64) % 2;
            scene[y * (WIDTH + 16) + x] =
                (uint8_t)(is_bright ? 127 + contrast : 128 - contrast + next_random() % contrast);
        }
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++) {
            int from = scene[(y + 8) * (WIDTH + 16) + x + 8];
            int now =
                scene[(uint32_t)((int)y + 8 - dy) * (WIDTH + 16) + (uint32_t)((int)x + 8 - dx)] +
                brighter + (noise ? (int)(next_random() % noise) : 0);
            background[y * WIDTH + x] = (uint8_t)from;
            half[y * WIDTH + x] = (uint8_t)(now < 0 ? 0 : now < 255 ? now : 255);
        }
    for (size_t i = 0; i < sizeof busy; i++)
        busy[i] = (uint8_t)(next_random() % 100 < moving ? 64 : 0);
    fr_shake_init(shake, WIDTH, HEIGHT);
    fr_shake_choose(shake, background, FR_SHAKE_SPOTS);
}

START_TEST(the_displacement_is_the_same_at_every_level)
{
    unsigned n_still = 0, n_displaced = 0;

    for (int round = 0; round < 300; round++) {
        struct fr_shake shake;
        const int by = round % 3 ? REACH : 0;
        draw(&shake, by ? (int)(next_random() % 9) - by : 0, by ? (int)(next_random() % 9) - by : 0,
             (int)(next_random() % 81) - 40, next_random() % 60, next_random() % 60);
        for (int is_shaking = 0; is_shaking < 2; is_shaking++) {
            const struct fr_shift expected = estimate(&shake, is_shaking);
            n_still += fr_shift_is_none(expected);
            n_displaced += !fr_shift_is_none(expected);
            for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
                if (!fr_simd_has(level))
                    continue;
                struct fr_shift shift =
                    fr_shake_estimate_at(level, &shake, half, background, busy, is_shaking);
                ck_assert_msg(shift.x_q2 == expected.x_q2 && shift.y_q2 == expected.y_q2,
                              "%s: %d,%d for %d,%d", fr_simd_name(level), shift.x_q2, shift.y_q2,
                              expected.x_q2, expected.y_q2);
            }
        }
    }
    ck_assert_uint_gt(n_still, 50);
    ck_assert_uint_gt(n_displaced, 50);
}
END_TEST

UNIT_MAIN("shake", the_displacement_is_the_same_at_every_level)
