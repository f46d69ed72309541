#include "analyzer/shadow.h"
#include "analyzer/kernels.h"

#include <stdlib.h>

enum {
    FACTOR_MIN = 10, /* three tenths of the light */
    DARK = 8,
    WEAK = 16,
    WEAK_Q8 = 10,
    MISFIT = 8,
    MISFIT_Q8 = 32,
    FORGET_SHIFT = 6,      /* frames: 64 */
    ALL_MIN = 2000,        /* so much must have been seen of three neighbouring factors */
    SAME_MIN_PERCENT = 18, /* of it */
};

static const struct fr_shadow_limits limits = {.dark = DARK,
                                               .factor_min = FACTOR_MIN,
                                               .weak = WEAK,
                                               .weak_q8 = WEAK_Q8,
                                               .misfit = MISFIT,
                                               .misfit_q8 = MISFIT_Q8};

/* A pixel that moves; what the kernels are compared with. Returns whether it is a suspect, and
 * marks it. */
static bool look_at(const uint8_t *half, const int16_t *mean, size_t stride, uint8_t *score,
                    struct fr_shadow *seen)
{
    const int32_t value = *half, before = *mean >> FR_LEVEL_BITS;
    if (before < DARK || value >= before || value * FR_SHADOW_FACTORS < before * FACTOR_MIN)
        return false;

    const int32_t factor_q8 = (value << 8) / before, factor = factor_q8 >> 3;
    const int32_t now_x = half[1] - half[-1], now_y = half[stride] - *(half - stride);
    const int32_t expected_x = ((mean[1] - mean[-1]) * 2 * factor_q8) >> 16;
    const int32_t expected_y = ((mean[stride] - *(mean - stride)) * 2 * factor_q8) >> 16;
    const int32_t weak = WEAK + (value * WEAK_Q8 >> 8);
    if (abs(now_x) + abs(now_y) <= weak && abs(expected_x) + abs(expected_y) <= weak) {
        seen->same[factor] += now_x * expected_x + now_y * expected_y;
        seen->all[factor] += expected_x * expected_x + expected_y * expected_y;
    }
    if (abs(now_x - expected_x) + abs(now_y - expected_y) > MISFIT + (value * MISFIT_Q8 >> 8))
        return false;
    *score = (uint8_t)(FR_SCORE_SUSPECT + factor);
    return true;
}

/* Neighbouring factors speak for each other: a shadow has a soft edge. */
static bool is_shadow(const struct fr_shadow *shadow, size_t factor)
{
    int64_t same = 0, all = 0;
    for (size_t i = factor - 1; i <= factor + 1 && i < FR_SHADOW_FACTORS; i++) {
        same += shadow->same[i];
        all += shadow->all[i];
    }
    return all > ALL_MIN && 100 * same > SAME_MIN_PERCENT * all;
}

/* A plane, and what is known of it. */
struct picture {
    const uint8_t *half;
    const int16_t *mean;
    uint32_t width_px;
    struct fr_scores scores;
};

static bool is_at_side(const struct picture *p, size_t at)
{
    const size_t x = at % p->width_px;
    return x == 0 || x == p->width_px - 1;
}

/* Any pixels, none of which is in the first or last row. */
static void look_along(const struct picture *p, size_t at, size_t end, struct fr_shadow *seen)
{
    for (; at < end; at++) {
        uint8_t *block = &p->scores.blocks[at / FR_BLOCK_PX];
        if (!(*block & FR_SCORE_MOVES))
            at |= FR_BLOCK_PX - 1; /* its last one */
        else if (p->scores.px[at] >= FR_SCORE_MOVES && !is_at_side(p, at) &&
                 look_at(p->half + at, p->mean + at, p->width_px, p->scores.px + at, seen))
            *block |= FR_SCORE_SUSPECT;
    }
}

/* Whole blocks. */
static void look_at_blocks(const struct fr_kernels *kernels, const struct picture *p, size_t block,
                           size_t end, struct fr_shadow *seen)
{
    for (size_t next; block < end; block = next) {
        const size_t at = block * FR_BLOCK_PX, x = at % p->width_px;
        const struct fr_shadow_at where = {p->half + at,      p->mean + at,
                                           p->scores.px + at, p->scores.blocks + block,
                                           p->width_px,       x};
        next = fr_blocks(at - x + p->width_px); /* the first that begins in the next row */
        next = next < end ? next : end;
        next = next < block + FR_SHADOW_BLOCKS_MAX ? next : block + FR_SHADOW_BLOCKS_MAX;
        kernels->find_suspects(&limits, &where, next - block, seen);
    }
}

static void find_suspects(const struct fr_kernels *kernels, const struct picture *p,
                          uint32_t height_px, struct fr_shadow *seen)
{
    const size_t begin_px = p->width_px, end_px = (size_t)(height_px - 1) * p->width_px;
    const size_t begin = fr_blocks(begin_px), end = end_px / FR_BLOCK_PX;

    if (!kernels || p->width_px <= FR_BLOCK_PX || begin >= end) {
        look_along(p, begin_px, end_px, seen);
        return;
    }
    look_along(p, begin_px, begin * FR_BLOCK_PX, seen);
    look_at_blocks(kernels, p, begin, end, seen);
    look_along(p, end * FR_BLOCK_PX, end_px, seen);
}

/* Says of the suspects what they have turned out to be. */
static void judge(const struct fr_kernels *kernels, const struct fr_scores *scores, size_t n_px,
                  uint32_t shadows)
{
    size_t block = 0;

    if (kernels) {
        block = n_px / FR_BLOCK_PX;
        kernels->judge_suspects(scores->px, scores->blocks, block, shadows);
    }
    for (; block < fr_blocks(n_px); block++)
        if (scores->blocks[block] & FR_SCORE_SUSPECT) {
            const size_t at = block * FR_BLOCK_PX;
            scores->blocks[block] &= (uint8_t)~FR_SCORE_SUSPECT;
            for (size_t i = at; i < n_px && i < at + FR_BLOCK_PX; i++)
                if (scores->px[i] >= FR_SCORE_SUSPECT)
                    scores->px[i] =
                        shadows >> (scores->px[i] - FR_SCORE_SUSPECT) & 1 ? 0 : FR_SCORE_MOVES;
        }
}

void fr_shadow_clear_at(enum fr_simd level, struct fr_shadow *shadow, const uint8_t *half,
                        const int16_t *mean, uint32_t width_px, uint32_t height_px,
                        const struct fr_scores *scores)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    const struct picture picture = {half, mean, width_px, *scores};
    struct fr_shadow seen = {0};
    uint32_t shadows = 0; /* factors */

    if (height_px > 2)
        find_suspects(kernels, &picture, height_px, &seen);
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++) {
        shadow->same[i] += seen.same[i] - shadow->same[i] / (1 << FORGET_SHIFT);
        shadow->all[i] += seen.all[i] - shadow->all[i] / (1 << FORGET_SHIFT);
    }
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++)
        shadows |= (uint32_t)is_shadow(shadow, i) << i;
    judge(kernels, scores, (size_t)width_px * height_px, shadows);
}

void fr_shadow_clear(struct fr_shadow *shadow, const uint8_t *half, const int16_t *mean,
                     uint32_t width_px, uint32_t height_px, const struct fr_scores *scores)
{
    fr_shadow_clear_at(fr_simd(), shadow, half, mean, width_px, height_px, scores);
}
