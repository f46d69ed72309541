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
    TEACHERS = 512,        /* blocks of a frame, to about twice as many */
    ALL_MIN = 2000,        /* so much must have been seen of three neighbouring factors */
    SAME_MIN_PERCENT = 18, /* of it */
};

static const struct fr_shadow_limits limits = {.dark = DARK,
                                               .factor_min = FACTOR_MIN,
                                               .weak = WEAK,
                                               .weak_q8 = WEAK_Q8,
                                               .misfit = MISFIT,
                                               .misfit_q8 = MISFIT_Q8};

/* A pixel that moves; what the kernels are compared with. Returns whether it is a shadow. */
static bool look_at(const uint8_t *half, const uint8_t *level, size_t stride, uint32_t factors,
                    struct fr_shadow *seen)
{
    const int32_t value = *half, before = *level;
    if (before < DARK || value >= before || value * FR_SHADOW_FACTORS < before * FACTOR_MIN)
        return false;

    const int32_t factor_q8 = (value << 8) / before, factor = factor_q8 >> 3;
    const int32_t now_x = half[1] - half[-1], now_y = half[stride] - *(half - stride);
    const int32_t expected_x = ((level[1] - level[-1]) * factor_q8) >> 8;
    const int32_t expected_y = ((level[stride] - *(level - stride)) * factor_q8) >> 8;
    const int32_t weak = WEAK + (value * WEAK_Q8 >> 8);
    if (seen && abs(now_x) + abs(now_y) <= weak && abs(expected_x) + abs(expected_y) <= weak) {
        seen->same[factor] += now_x * expected_x + now_y * expected_y;
        seen->all[factor] += expected_x * expected_x + expected_y * expected_y;
    }
    return (factors >> factor & 1) &&
           abs(now_x - expected_x) + abs(now_y - expected_y) <= MISFIT + (value * MISFIT_Q8 >> 8);
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
    const uint8_t *levels;
    uint32_t width_px;
    struct fr_scores scores;
};

static bool is_at_side(const struct picture *p, size_t at)
{
    const size_t x = at % p->width_px;
    return x == 0 || x == p->width_px - 1;
}

/* Whether anything does. */
static bool moves_in(const struct picture *p, size_t block)
{
    return (uint32_t)fr_bits_64(p->scores.moves, block * FR_BLOCK_PX);
}

/* Any pixels, none of which is in the first or last row; those of a block are looked at by one
 * call. */
static void look_along(const struct picture *p, size_t at, size_t end, uint32_t factors,
                       struct fr_shadow_teachers *teachers, struct fr_shadow *seen)
{
    for (size_t next; at < end; at = next) {
        const size_t block = at / FR_BLOCK_PX;
        next = (block + 1) * FR_BLOCK_PX < end ? (block + 1) * FR_BLOCK_PX : end;
        if (!moves_in(p, block))
            continue;
        struct fr_shadow *taught = fr_shadow_teaches(teachers) ? seen : NULL;
        for (size_t i = at; i < next; i++)
            if (fr_bit(p->scores.moves, i) && !is_at_side(p, i) &&
                look_at(p->half + i, p->levels + i, p->width_px, factors, taught))
                fr_scores_clear(&p->scores, i, 1);
    }
}

/* Whole blocks. */
static void look_at_blocks(const struct fr_kernels *kernels, const struct picture *p, size_t block,
                           size_t end, uint32_t factors, struct fr_shadow_teachers *teachers,
                           struct fr_shadow *seen)
{
    for (size_t next; block < end; block = next) {
        const size_t at = block * FR_BLOCK_PX, x = at % p->width_px;
        const struct fr_shadow_at where = {p->half + at,
                                           p->levels + at,
                                           p->scores.moves + at / 8,
                                           p->scores.strays + at / 8,
                                           p->width_px,
                                           x};
        next = fr_blocks(at - x + p->width_px); /* the first that begins in the next row */
        next = next < end ? next : end;
        next = next < block + FR_SHADOW_BLOCKS_MAX ? next : block + FR_SHADOW_BLOCKS_MAX;
        kernels->clear_shadows(&limits, &where, next - block, factors, teachers, seen);
    }
}

static void look_at_all(const struct fr_kernels *kernels, const struct picture *p,
                        uint32_t height_px, uint32_t factors, struct fr_shadow_teachers *teachers,
                        struct fr_shadow *seen)
{
    const size_t begin_px = p->width_px, end_px = (size_t)(height_px - 1) * p->width_px;
    const size_t begin = fr_blocks(begin_px), end = end_px / FR_BLOCK_PX;

    if (!kernels || p->width_px <= FR_BLOCK_PX || begin >= end) {
        look_along(p, begin_px, end_px, factors, teachers, seen);
        return;
    }
    look_along(p, begin_px, begin * FR_BLOCK_PX, factors, teachers, seen);
    look_at_blocks(kernels, p, begin, end, factors, teachers, seen);
    look_along(p, end * FR_BLOCK_PX, end_px, factors, teachers, seen);
}

void fr_shadow_clear_at(enum fr_simd level, struct fr_shadow *shadow, const uint8_t *half,
                        const uint8_t *levels, uint32_t width_px, uint32_t height_px,
                        const struct fr_scores *scores)
{
    const struct picture picture = {half, levels, width_px, *scores};
    struct fr_shadow_teachers teachers = {.every = shadow->n_blocks / TEACHERS + 1};
    struct fr_shadow seen = {0};

    if (height_px > 2)
        look_at_all(fr_kernels_at(level), &picture, height_px, shadow->factors, &teachers, &seen);
    shadow->n_blocks = teachers.n_blocks;
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++) {
        shadow->same[i] += seen.same[i] - shadow->same[i] / (1 << FORGET_SHIFT);
        shadow->all[i] += seen.all[i] - shadow->all[i] / (1 << FORGET_SHIFT);
    }
    shadow->factors = 0;
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++)
        shadow->factors |= (uint32_t)is_shadow(shadow, i) << i;
}

void fr_shadow_clear(struct fr_shadow *shadow, const uint8_t *half, const uint8_t *levels,
                     uint32_t width_px, uint32_t height_px, const struct fr_scores *scores)
{
    fr_shadow_clear_at(fr_simd(), shadow, half, levels, width_px, height_px, scores);
}
