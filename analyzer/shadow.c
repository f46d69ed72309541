#include "analyzer/shadow.h"
#include "analyzer/eight.h"

#include <stdlib.h>

enum {
    FACTOR_MIN = 8, /* a quarter of the light: darker is an object */
    DARK = 8,       /* grey levels of background: below, nothing can be told */
    WEAK = 16,
    WEAK_Q8 = 10, /* gradients that teach: grey levels, and 256ths of the brightness */
    MISFIT = 12,
    MISFIT_Q8 = 16,        /* by how much the gradient of a shadow may miss; the same units */
    FORGET_SHIFT = 6,      /* frames: 64 */
    ALL_MIN = 2000,        /* so much must have been seen of three neighbouring factors */
    SAME_MIN_PERCENT = 18, /* of it */
    SCORE_MOVES = 2,
    SUSPECT = 64, /* in the scores: a pixel that is a shadow if its factor is one */
    AT_ONCE = FR_BLOCK_PX,
};

/* What some pixels in a row teach. */
struct lessons {
    uint8_t teaches[AT_ONCE]; /* 1 or 0; the others mean nothing where it is 0 */
    uint8_t factor[AT_ONCE];
    int16_t same[AT_ONCE], all[AT_ONCE];
};

/* Looks at up to AT_ONCE pixels, without branches: as many lanes of 16 bits. Marks the suspects among
 * them; returns whether there are any. Gradients are at most 510, and those that teach so weak that their products are below 1,000. */
static inline __attribute__((always_inline)) bool look_at(const uint8_t *restrict half,
                                                          const int16_t *restrict mean,
                                                          size_t stride, uint8_t *restrict scores,
                                                          struct lessons *restrict ret, size_t n)
{
    const uint8_t *restrict above = half - stride, *restrict below = half + stride;
    const int16_t *restrict mean_above = mean - stride, *restrict mean_below = mean + stride;
    int32_t quotients[AT_ONCE], divisors[AT_ONCE];
    uint8_t is_dark[AT_ONCE], any = 0, suspects = 0;

    for (size_t i = 0; i < n; i++) {
        const int16_t value = half[i], before = (int16_t)(mean[i] >> FR_LEVEL_BITS);
        is_dark[i] = (scores[i] >= SCORE_MOVES) & (before >= DARK) & (value < before) &
                     (value * FR_SHADOW_FACTORS >= before * FACTOR_MIN);
        any |= is_dark[i];
    }
    if (!any)
        return false;

    /* A float's quotient is rounded to the next 2^-16 at worst, and no quotient that is not whole is
     * nearer to a whole number than 1/255: so this is the division of whole numbers. */
    for (size_t i = 0; i < n; i++) {
        const int32_t before = mean[i] >> FR_LEVEL_BITS;
        quotients[i] = half[i] << 8;
        divisors[i] = before > 1 ? before : 1;
    }
    for (size_t i = 0; i < n; i++)
        quotients[i] = (int32_t)((float)quotients[i] / (float)divisors[i]);
    for (size_t i = 0; i < n; i++) {
        const int16_t value = half[i];
        const int16_t factor_q8 = (int16_t)quotients[i], factor = (int16_t)(factor_q8 >> 3);

        const int16_t now_x = (int16_t)(half[i + 1] - half[i - 1]);
        const int16_t now_y = (int16_t)(below[i] - above[i]);
        const int16_t twice = (int16_t)(2 * factor_q8);
        const int16_t expected_x = (int16_t)(((int16_t)(mean[i + 1] - mean[i - 1]) * twice) >> 16);
        const int16_t expected_y =
            (int16_t)(((int16_t)(mean_below[i] - mean_above[i]) * twice) >> 16);
        const int16_t strength = (int16_t)(abs(now_x) + abs(now_y));
        const int16_t wanted = (int16_t)(abs(expected_x) + abs(expected_y));
        const int16_t misfit =
            (int16_t)(abs((int16_t)(now_x - expected_x)) + abs((int16_t)(now_y - expected_y)));

        const int16_t weak = (int16_t)(WEAK + ((value * WEAK_Q8) >> 8));
        const bool fits = misfit <= (int16_t)(MISFIT + ((value * MISFIT_Q8) >> 8));
        ret->teaches[i] = is_dark[i] & (strength <= weak) & (wanted <= weak);
        ret->factor[i] = (uint8_t)factor;
        ret->same[i] = (int16_t)(now_x * expected_x + now_y * expected_y);
        ret->all[i] = (int16_t)(expected_x * expected_x + expected_y * expected_y);
        const uint8_t is_suspect = is_dark[i] & fits;
        scores[i] = is_suspect ? (uint8_t)(SUSPECT + factor) : scores[i];
        suspects |= is_suspect;
    }
    return suspects;
}

/* Says of AT_ONCE pixels what their suspects have turned out to be; `moving` has a bit for each factor. */
static inline __attribute__((always_inline)) void judge(uint8_t *scores, uint32_t moving, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t score = scores[i], moves = moving >> score % FR_SHADOW_FACTORS & 1;
        scores[i] = (uint8_t)(score < SUSPECT ? score : moves * SCORE_MOVES);
    }
}

/* Both at AT_ONCE pixels, a number that compilers know. */
struct kernels {
    bool (*look_at)(const uint8_t *half, const int16_t *mean, size_t stride, uint8_t *scores,
                    struct lessons *ret);
    void (*judge)(uint8_t *scores, uint32_t moving);
};

#define KERNELS(before, level)                                                                     \
    before static bool look_at_##level(const uint8_t *half, const int16_t *mean, size_t stride,    \
                                       uint8_t *scores, struct lessons *ret)                       \
    {                                                                                              \
        return look_at(half, mean, stride, scores, ret, AT_ONCE);                                  \
    }                                                                                              \
    before static void judge_##level(uint8_t *scores, uint32_t moving)                             \
    {                                                                                              \
        judge(scores, moving, AT_ONCE);                                                            \
    }                                                                                              \
    static const struct kernels level = {look_at_##level, judge_##level}

KERNELS(, plain);
#ifdef FR_SIMD_X86
KERNELS(FR_SIMD_FOR_AVX2, avx2);
#endif

static const struct kernels *kernels_at(enum fr_simd level)
{
    switch (level) {
#ifdef FR_SIMD_X86
    case FR_SIMD_AVX2:
        return &avx2;
#endif
    default:
        return &plain;
    }
}

static void learn(struct fr_shadow *seen, const struct lessons *lessons)
{
    uint32_t teaching = 0;

    for (unsigned i = 0; i < AT_ONCE; i += 8)
        teaching |= (uint32_t)fr_eight_bits(fr_eight(lessons->teaches + i)) << i;
    for (; teaching; teaching &= teaching - 1) {
        const unsigned at = (unsigned)__builtin_ctz(teaching), factor = lessons->factor[at];
        seen->same[factor] += lessons->same[at];
        seen->all[factor] += lessons->all[at];
    }
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

/* Looks at a row but for its first and last pixel, a block at a time, where anything moves. */
static void look_along(const struct kernels *kernels, struct fr_shadow *seen, const uint8_t *half,
                       const int16_t *mean, size_t stride, size_t at, size_t end,
                       const struct fr_scores *scores)
{
    for (size_t n; at < end; at += n) {
        uint8_t *block = &scores->blocks[at / AT_ONCE];
        struct lessons lessons;

        n = AT_ONCE - at % AT_ONCE;
        n = n < end - at ? n : end - at;
        if (!(*block & SCORE_MOVES))
            continue;
        memset(lessons.teaches, 0, sizeof lessons.teaches);
        if (n == AT_ONCE ? kernels->look_at(half + at, mean + at, stride, scores->px + at, &lessons)
                         : look_at(half + at, mean + at, stride, scores->px + at, &lessons, n))
            *block |= SUSPECT;
        learn(seen, &lessons);
    }
}

void fr_shadow_clear_at(enum fr_simd level, struct fr_shadow *shadow, const uint8_t *half,
                        const int16_t *mean, uint32_t width_px, uint32_t height_px,
                        const struct fr_scores *scores)
{
    const struct kernels *kernels = kernels_at(level);
    const size_t n_px = (size_t)width_px * height_px;
    struct fr_shadow seen = {0};
    uint32_t moving = 0; /* factors that are not those of a shadow */

    for (size_t y = 1; y + 1 < height_px; y++)
        look_along(kernels, &seen, half, mean, width_px, y * width_px + 1, (y + 1) * width_px - 1,
                   scores);
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++) {
        shadow->same[i] += seen.same[i] - shadow->same[i] / (1 << FORGET_SHIFT);
        shadow->all[i] += seen.all[i] - shadow->all[i] / (1 << FORGET_SHIFT);
    }
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++)
        moving |= (uint32_t)!is_shadow(shadow, i) << i;
    for (size_t block = 0, at = 0; at < n_px; block++, at += AT_ONCE)
        if (scores->blocks[block] & SUSPECT) {
            scores->blocks[block] &= (uint8_t)~SUSPECT;
            if (n_px - at < AT_ONCE)
                judge(scores->px + at, moving, n_px - at);
            else
                kernels->judge(scores->px + at, moving);
        }
}

void fr_shadow_clear(struct fr_shadow *shadow, const uint8_t *half, const int16_t *mean,
                     uint32_t width_px, uint32_t height_px, const struct fr_scores *scores)
{
    fr_shadow_clear_at(fr_simd(), shadow, half, mean, width_px, height_px, scores);
}
