/* Cast shadows: what is cleared and what is learnt, at every level as by the plainest of loops. */
#include "analyzer/shadow.h"
#include "tests/unit/bit_planes.h"

static uint32_t random_state = 11;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

/* ---------------------------------------------------------------- worked out anew */

static void look_at(const struct fr_shadow *shadow, struct fr_shadow *seen, const uint8_t *half,
                    const uint8_t *levels, size_t stride, bool teaches, uint8_t *score)
{
    const int32_t value = *half, before = *levels;

    if (*score < 2 || before < 8 || value >= before || value * 32 / before < 10)
        return;
    const int32_t factor = value * 32 / before, factor_q8 = value * 256 / before;
    const int32_t now_x = half[1] - half[-1], now_y = half[stride] - *(half - stride);
    const int32_t expected_x = ((levels[1] - levels[-1]) * factor_q8) >> 8;
    const int32_t expected_y = ((levels[stride] - *(levels - stride)) * factor_q8) >> 8;
    const int32_t weak = 16 + value * 10 / 256;

    if (teaches && abs(now_x) + abs(now_y) <= weak && abs(expected_x) + abs(expected_y) <= weak) {
        seen->same[factor] += now_x * expected_x + now_y * expected_y;
        seen->all[factor] += expected_x * expected_x + expected_y * expected_y;
    }
    if (abs(now_x - expected_x) + abs(now_y - expected_y) <= 8 + value * 32 / 256 &&
        (shadow->factors >> factor & 1))
        *score = 0;
}

static bool is_shadow(const struct fr_shadow *shadow, uint32_t factor)
{
    int64_t same = 0, all = 0;
    for (uint32_t i = factor - 1; i <= factor + 1 && i < FR_SHADOW_FACTORS; i++) {
        same += shadow->same[i];
        all += shadow->all[i];
    }
    return all > 2000 && 100 * same > 18 * all;
}

static void clear(struct fr_shadow *shadow, const uint8_t *half, const uint8_t *levels,
                  uint32_t width, uint32_t height, uint8_t *scores)
{
    const uint32_t first = width, end = (height - 1) * width, every = shadow->n_blocks / 512 + 1;
    struct fr_shadow seen = {0};
    uint32_t n_blocks = 0;

    for (uint32_t block = first / 32; block * 32 < end; block++) {
        bool moves = false;
        for (uint32_t at = block * 32; at < block * 32 + 32 && at < width * height; at++)
            moves |= scores[at] == 2;
        if (!moves)
            continue;
        const bool teaches = n_blocks++ % every == 0;
        for (uint32_t at = block * 32; at < block * 32 + 32 && at < end; at++)
            if (at >= first && at % width != 0 && at % width != width - 1)
                look_at(shadow, &seen, half + at, levels + at, width, teaches, scores + at);
    }
    shadow->n_blocks = n_blocks;
    for (uint32_t i = 10; i < FR_SHADOW_FACTORS; i++) {
        shadow->same[i] += seen.same[i] - shadow->same[i] / 64;
        shadow->all[i] += seen.all[i] - shadow->all[i] / 64;
    }
    shadow->factors = 0;
    for (uint32_t i = 10; i < FR_SHADOW_FACTORS; i++)
        shadow->factors |= (uint32_t)is_shadow(shadow, i) << i;
}

/* ---------------------------------------------------------------- pictures */

enum { SIDE = 110, PX_MAX = 60000 };
static uint8_t half[PX_MAX], scores[PX_MAX], background[PX_MAX];
/* Soft surfaces as well as the harshest, in light and dark, with shadows of a factor of their
 * own. */
static void draw(uint32_t n_px)
{
    const uint32_t range = next_random() % 3 ? 1 + next_random() % 40 : 256;
    const uint32_t least = next_random() % (257 - range), percent = 20 + next_random() % 85;
    const uint32_t share = 1 + next_random() % 100;
    for (uint32_t i = 0; i < n_px; i++) {
        background[i] = (uint8_t)(least + next_random() % range);
        uint32_t value = background[i] * percent / 100 + next_random() % 4;
        half[i] = (uint8_t)(next_random() % 20 ? (value < 256 ? value : 255) : next_random());
        scores[i] = (uint8_t)(next_random() % 100 < share ? next_random() % 3 : 0);
    }
}

static void check_scores(const struct fr_scores *bits, const uint8_t *expected, size_t n_px,
                         enum fr_simd level)
{
    for (size_t i = 0; i < n_px; i++)
        if (score_at(bits, i) != expected[i])
            ck_abort_msg("%s: %zu of %zu: %u for %u", fr_simd_name(level), i, n_px,
                         score_at(bits, i), expected[i]);
}

START_TEST(shadows_are_cleared_and_learnt_alike_at_every_level)
{
    uint64_t n_cleared = 0, n_kept = 0;

    for (int round = 0; round < 60; round++) {
        /* Some have rows of more blocks than are looked at together, and more of them than
         * teach. */
        const bool is_wide = round % 6 == 5;
        const uint32_t width =
                           is_wide ? 2048 + next_random() % 300 : 8 + next_random() % (SIDE - 8),
                       height = is_wide ? 3 + next_random() % 20 : 8 + next_random() % (SIDE - 8);
        const uint32_t n_px = width * height;
        struct fr_shadow expected = {0}, shadows[FR_SIMD_LEVELS] = {0};
        for (int frame = 0; frame < 4; frame++) {
            static uint8_t plain[PX_MAX];
            draw(n_px);
            memcpy(plain, scores, n_px);
            clear(&expected, half, background, width, height, plain);
            for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
                if (!fr_simd_has(level))
                    continue;
                const struct fr_scores cleared = scores_of(scores, n_px);
                fr_shadow_clear_at(level, &shadows[level], half, background, width, height,
                                   &cleared);
                check_scores(&cleared, plain, n_px, level);
                ck_assert_msg(memcmp(&shadows[level], &expected, sizeof expected) == 0,
                              "%s learns something else", fr_simd_name(level));
            }
            for (uint32_t i = 0; i < n_px; i++) {
                n_cleared += scores[i] == 2 && plain[i] == 0;
                n_kept += scores[i] == 2 && plain[i] == 2;
            }
        }
    }
    /* Or the pictures would show nothing. */
    ck_assert_uint_gt(n_cleared, 10000);
    ck_assert_uint_gt(n_kept, 10000);
}
END_TEST

START_TEST(every_factor_is_the_quotient_of_whole_numbers)
{
    enum { WIDTH = 255 };
    static uint8_t frame[3 * WIDTH], flat[3 * WIDTH], plain[3 * WIDTH];

    /* All values before one background after the other; flat, so that all are suspects. */
    for (int16_t before = 0; before < 256; before++)
        for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++) {
            if (!fr_simd_has(level))
                continue;
            struct fr_shadow shadow = {0}, expected;
            for (uint32_t i = 0; i < 3 * WIDTH; i++) {
                flat[i] = (uint8_t)before;
                frame[i] = (uint8_t)(i % WIDTH);
            }
            /* Some factors are shadows: one in three has been seen to be one. */
            for (uint32_t i = 10; i < FR_SHADOW_FACTORS; i++) {
                shadow.all[i] = 1000000;
                shadow.same[i] = i % 9 < 3 ? 900000 : 0;
                shadow.factors |= (uint32_t)(i % 9 < 3) << i;
            }
            expected = shadow;
            memset(plain, 2, sizeof plain);
            const struct fr_scores all = scores_of(plain, sizeof plain);
            fr_shadow_clear_at(level, &shadow, frame, flat, WIDTH, 3, &all);
            clear(&expected, frame, flat, WIDTH, 3, plain);
            check_scores(&all, plain, sizeof plain, level);
        }
}
END_TEST

UNIT_MAIN("shadow", shadows_are_cleared_and_learnt_alike_at_every_level,
          every_factor_is_the_quotient_of_whole_numbers)
