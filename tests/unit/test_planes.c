/* The detector's steps over whole planes: majority, gain, texture. */
#include "analyzer/gain.h"
#include "analyzer/majority.h"
#include "analyzer/texture.h"
#include "tests/unit/bit_planes.h"

static uint32_t random_state = 7;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* What lies beyond an edge is what lies as far inside, or the farthest that there is. */
static uint32_t mirror(int at, int n)
{
    const int inside = at < 0 ? -at : at >= n ? 2 * n - 2 - at : at;
    return (uint32_t)(inside < 0 ? 0 : inside >= n ? n - 1 : inside);
}

/* Worked out anew. */
static bool majority_moves(const uint8_t *scores, uint32_t width, uint32_t height, uint32_t x,
                           uint32_t y)
{
    uint32_t votes = 0;
    for (int dy = -2; dy <= 2; dy++)
        for (int dx = -2; dx <= 2; dx++)
            votes +=
                scores[mirror((int)y + dy, (int)height) * width + mirror((int)x + dx, (int)width)];
    return votes >= 28;
}

START_TEST(majority_weighs_the_25_around_each_pixel_at_every_level)
{
    enum { SIDE = 150 };
    static uint8_t before[SIDE * SIDE], scratch[8 * 192], mask[SIDE * 24 + FR_BITS_ROOM];

    for (int round = 0; round < 400; round++) {
        uint32_t width = 1 + next_random() % SIDE, height = 1 + next_random() % SIDE;
        uint32_t percent = 50 + next_random() % 51;
        const size_t stride = fr_mask_stride_bytes(width);
        for (size_t i = 0; i < (size_t)width * height; i++)
            before[i] = next_random() % 100 < percent ? 1 + next_random() % 2 : 0;
        const struct fr_scores scores = scores_of(before, (size_t)width * height);
        ck_assert_uint_le(fr_majority_scratch_bytes(width), sizeof scratch);
        ck_assert_uint_le(fr_mask_bytes(width, height), sizeof mask);
        for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
            if (!fr_simd_has(level))
                continue;
            memset(mask, 0xa5, sizeof mask);
            memset(scratch, 0xa5, sizeof scratch);
            fr_majority_5x5_at(level, &scores, width, height, scratch, mask);
            for (uint32_t y = 0; y < height; y++)
                for (uint32_t x = 0; x < 8 * stride; x++)
                    if (fr_bit(mask + y * stride, x) !=
                        (x < width && majority_moves(before, width, height, x, y)))
                        ck_abort_msg("%s, %ux%u: at %u,%u", fr_simd_name(level), width, height, x,
                                     y);
            for (size_t i = stride * height; i < sizeof mask; i++)
                ck_assert_uint_eq(mask[i], 0xa5);
        }
    }
}
END_TEST

enum { WIDTH = 83, HEIGHT = 61 };
static uint8_t plane[WIDTH * HEIGHT];
static uint8_t background[WIDTH * HEIGHT];
static uint16_t ratios[11 * 8];
static uint8_t busy[11 * 8];

static void draw_texture(uint32_t least, uint32_t range)
{
    for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
        plane[i] = (uint8_t)(least + next_random() % range);
        background[i] = plane[i];
    }
}

static void light_tiles(uint32_t first_column, uint32_t end_column, uint32_t percent)
{
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = first_column * 8; x < end_column * 8 && x < WIDTH; x++)
            plane[y * WIDTH + x] = (uint8_t)(plane[y * WIDTH + x] * percent / 100);
}

static void measure_ratios(void)
{
    uint16_t now[sizeof busy], before[sizeof busy];
    fr_tiles_sum(plane, WIDTH, HEIGHT, now);
    fr_tiles_sum(background, WIDTH, HEIGHT, before);
    fr_tiles_ratio(now, before, WIDTH, HEIGHT, ratios);
}

START_TEST(gain_is_the_factor_of_the_whole_picture_and_not_of_an_object)
{
    for (uint32_t percent = 40; percent <= 160; percent += 10) {
        draw_texture(60, 80);
        light_tiles(0, 11, percent);
        /* An object over a third of it, that was foreground before; and one that is new. */
        memset(busy, 0, sizeof busy);
        for (uint32_t y = 0; y < HEIGHT; y++)
            memset(plane + y * WIDTH, 30, 32);
        for (size_t i = 0; i < sizeof busy; i++)
            if (i % 11 < 3)
                busy[i] = 64;
        measure_ratios();
        struct fr_gain gain = fr_gain_estimate(ratios, busy, sizeof busy);
        ck_assert_uint_eq(gain.n_trusted, 8 * 8);
        ck_assert_uint_ge(gain.n_agreed, 7 * 8);
        ck_assert_int_le(abs((int)(gain.gain_q10 * 100) - (int)(percent * 1024)), 1024);
    }
    /* Nothing to be seen in the dark. */
    memset(plane, 2, sizeof plane);
    measure_ratios();
    struct fr_gain gain = fr_gain_estimate(ratios, busy, sizeof busy);
    ck_assert_uint_eq(gain.n_trusted, 0);
    ck_assert_uint_eq(gain.gain_q10, FR_GAIN_ONE);
}
END_TEST

static size_t clear_lit_at(enum fr_simd level, const uint8_t *half, const uint8_t *levels,
                           uint32_t width, uint32_t height, const uint16_t *ratios_q10,
                           uint8_t *scores)
{
    const struct fr_scores bits = scores_of(scores, (size_t)width * height);
    const size_t n_lit =
        fr_texture_clear_lit_at(level, half, levels, width, height, ratios_q10, FR_GAIN_ONE, &bits);
    for (size_t i = 0; i < (size_t)width * height; i++)
        scores[i] = score_at(&bits, i);
    return n_lit;
}

/* Of scores that all move, but in one column of tiles. */
static size_t clear_lit(uint8_t *scores, uint32_t empty_column)
{
    memset(scores, 2, WIDTH * HEIGHT);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
        if (i % WIDTH / FR_TILE_SIDE == empty_column)
            scores[i] = 0;
    return clear_lit_at(fr_simd(), plane, background, WIDTH, HEIGHT, ratios, scores);
}

START_TEST(a_shadow_keeps_the_texture_and_an_object_does_not)
{
    draw_texture(80, 80);
    light_tiles(2, 5, 60);
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 7 * 8; x < 9 * 8; x++)
            plane[y * WIDTH + x] = (uint8_t)(40 + next_random() % 40);
    measure_ratios();
    uint8_t scores[WIDTH * HEIGHT];
    ck_assert_uint_eq(clear_lit(scores, 10), 3 * 8);
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
        ck_assert_uint_eq(scores[i],
                          (i % WIDTH >= 16 && i % WIDTH < 40) || i % WIDTH >= 80 ? 0 : 2);
    /* Four pixels that move are enough for a tile to be looked at; no number of others is. */
    ck_assert_uint_eq(clear_lit(scores, 3), 2 * 8);
    for (uint32_t n = 1; n <= 4; n++) {
        memset(scores, 1, sizeof scores);
        for (uint32_t i = 0; i < n; i++)
            scores[(HEIGHT - 1 - i) * WIDTH + 30 - i] = 2;
        ck_assert_uint_eq(clear_lit_at(fr_simd(), plane, background, WIDTH, HEIGHT, ratios, scores),
                          n == 4);
    }

    /* Where there is no texture nothing is said. */
    draw_texture(100, 1);
    light_tiles(0, 11, 60);
    measure_ratios();
    ck_assert_uint_eq(clear_lit(scores, 10), 0);
}
END_TEST

START_TEST(tiles_are_found_lit_alike_at_every_level)
{
    /* More tiles in a row than are looked at together, and others at the edges. */
    enum { WIDE = 71 * FR_TILE_SIDE + 3, ROWS = 2 * FR_TILE_SIDE + 5, TILES = 72 * 3 };
    static uint8_t half[WIDE * ROWS], scores[WIDE * ROWS], plain[WIDE * ROWS];
    static uint8_t levels[WIDE * ROWS];
    uint16_t ratios_of_all[TILES];

    for (uint32_t round = 0; round < 50; round++) {
        for (size_t i = 0; i < WIDE * ROWS; i++) {
            levels[i] = (uint8_t)next_random();
            const uint32_t lit = levels[i] * 160u / 256;
            half[i] = (uint8_t)(round ? (lit + next_random() % (4 * round)) % 256 : lit);
        }
        for (size_t i = 0; i < TILES; i++)
            ratios_of_all[i] = round ? (uint16_t)(next_random() % 2 * 640) : 640;
        for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
            if (!fr_simd_has(level))
                continue;
            for (uint32_t x = 0; x + FR_TILE_SIDE <= WIDE; x++) {
                const struct fr_texture_sums s =
                    fr_texture_sum_at(level, half + x, levels + x, WIDE);
                struct fr_texture_sums expected = {.n = 64};
                for (uint32_t i = 0; i < 64; i++) {
                    const size_t at = x + i / 8 * WIDE + i % 8;
                    const int32_t now = half[at], before = levels[at];
                    expected.now += now;
                    expected.before += before;
                    expected.now2 += now * now;
                    expected.before2 += before * before;
                    expected.product += now * before;
                }
                ck_assert_msg(memcmp(&s, &expected, sizeof s) == 0, "%s", fr_simd_name(level));
            }
            memset(scores, 2, sizeof scores);
            const size_t n_lit =
                clear_lit_at(level, half, levels, WIDE, ROWS, ratios_of_all, scores);
            /* Without noise every one of them is. */
            if (!round)
                ck_assert_uint_eq(n_lit, TILES);
            if (level == FR_SIMD_PLAIN)
                memcpy(plain, scores, sizeof plain);
            ck_assert_mem_eq(scores, plain, sizeof plain);
            for (size_t i = 0; !round && i < sizeof scores; i++)
                ck_assert_uint_eq(scores[i], 0);
        }
    }
}
END_TEST

START_TEST(tiles_are_counted_to_the_edge)
{
    uint8_t mask[WIDTH * HEIGHT];
    uint32_t expected[11 * 8] = {0};
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
        mask[i] = next_random() % 2;
        expected[i / WIDTH / 8 * 11 + i % WIDTH / 8] += mask[i];
    }
    uint8_t bits[16 * HEIGHT + FR_BITS_ROOM];
    mask_of(mask, WIDTH, HEIGHT, bits);
    fr_tiles_count(bits, WIDTH, HEIGHT, busy);
    for (size_t i = 0; i < sizeof busy; i++)
        ck_assert_uint_eq(busy[i], expected[i]);
}
END_TEST

UNIT_MAIN("planes", majority_weighs_the_25_around_each_pixel_at_every_level,
          gain_is_the_factor_of_the_whole_picture_and_not_of_an_object,
          a_shadow_keeps_the_texture_and_an_object_does_not,
          tiles_are_found_lit_alike_at_every_level, tiles_are_counted_to_the_edge)
