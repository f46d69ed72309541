/* The sums of tiles and their ratios, whatever of the machine's instructions are used. */
#include "analyzer/gain.h"
#include "tests/unit/arena.h"

static uint32_t random_state = 7;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

enum { WIDTH_MAX = 600, HEIGHT_MAX = 20, TILES_MAX = 75 * 3 };

/* Worked out anew, pixel by pixel. */
static void add_up(const uint8_t *px, uint32_t width, uint32_t height, uint32_t sums[TILES_MAX])
{
    memset(sums, 0, TILES_MAX * sizeof *sums);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint32_t tile = y / FR_TILE_SIDE * fr_tiles(width) + x / FR_TILE_SIDE;
            sums[tile] += (uint32_t)px[y * width + x];
        }
}

static void check(enum fr_simd level, uint32_t width, uint32_t height, const struct arena *arena,
                  bool is_at_end)
{
    const size_t n_px = (size_t)width * height,
                 n_tiles = (size_t)fr_tiles(width) * fr_tiles(height);
    uint8_t *px = place(arena, n_px, is_at_end);
    uint32_t expected[TILES_MAX];
    uint16_t sums[TILES_MAX];

    for (size_t i = 0; i < n_px; i++) /* extremes often, for sums that do not fit */
        px[i] = next_random() % 4 ? (uint8_t)next_random() : 255;
    add_up(px, width, height, expected);
    fr_tiles_sum_at(level, px, width, height, sums);
    for (size_t i = 0; i < n_tiles; i++)
        if (sums[i] != expected[i])
            ck_abort_msg("%s, %ux%u: tile %zu", fr_simd_name(level), width, height, i);
}

START_TEST(every_level_adds_up_every_tile_to_the_edge)
{
    struct arena arena = make_arena(3);
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
        printf("tiles, %s: %s\n", fr_simd_name(level),
               fr_simd_has(level) ? "compared" : "not on this machine");
        for (uint32_t width = 1; fr_simd_has(level) && width < WIDTH_MAX; width++)
            check(level, width, 1 + next_random() % HEIGHT_MAX, &arena, width % 2);
    }
}
END_TEST

static uint32_t quotient(uint32_t now, uint32_t before)
{
    uint32_t ratio = (now * FR_GAIN_ONE + before / 2) / before;
    return ratio < FR_GAIN_MIN ? FR_GAIN_MIN : ratio > FR_GAIN_MAX ? FR_GAIN_MAX : ratio;
}

START_TEST(a_ratio_is_the_quotient_of_two_sums_rounded_and_0_in_the_dark_and_in_white)
{
    enum { WHOLE = FR_TILE_SIDE * FR_TILE_SIDE, N = 64 };
    uint16_t now[N], before[N], ratios[N];

    for (unsigned round = 0; round < 20000; round++) {
        for (size_t i = 0; i < N; i++) {
            before[i] = (uint16_t)(next_random() % (255 * WHOLE + 1));
            now[i] = (uint16_t)(next_random() % (255 * WHOLE + 1));
            if (before[i] && next_random() % 2) { /* just below, at and just above a whole number */
                uint32_t product = before[i] * (FR_GAIN_MIN + next_random() % 2048) / FR_GAIN_ONE;
                product += next_random() % 3;
                now[i] = (uint16_t)(product < 255 * WHOLE ? product : 255 * WHOLE);
            }
        }
        fr_tiles_ratio(now, before, N * FR_TILE_SIDE, FR_TILE_SIDE, ratios);
        for (size_t i = 0; i < N; i++) {
            bool is_one = now[i] >= 30 * WHOLE && before[i] >= 30 * WHOLE &&
                          now[i] <= 240 * WHOLE && before[i] <= 240 * WHOLE;
            if (ratios[i] != (is_one ? quotient(now[i], before[i]) : 0))
                ck_abort_msg("%u over %u: %u", now[i], before[i], ratios[i]);
        }
    }
    /* A tile of 3x5 at the corner has the limits of 15 pixels. */
    const uint32_t width = FR_TILE_SIDE + 3, height = 5;
    uint16_t corner_now[] = {30 * 40, 30 * 15}, corner_before[] = {30 * 40, 45 * 15}, corner[2];
    fr_tiles_ratio(corner_now, corner_before, width, height, corner);
    ck_assert_uint_eq(corner[0], FR_GAIN_ONE);
    ck_assert_uint_eq(corner[1], quotient(30 * 15, 45 * 15));
    corner_now[1]--;
    fr_tiles_ratio(corner_now, corner_before, width, height, corner);
    ck_assert_uint_eq(corner[1], 0);
}
END_TEST

UNIT_MAIN("tiles", every_level_adds_up_every_tile_to_the_edge,
          a_ratio_is_the_quotient_of_two_sums_rounded_and_0_in_the_dark_and_in_white)
