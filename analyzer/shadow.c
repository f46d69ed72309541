#include "analyzer/shadow.h"

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
};

struct gradient {
    int32_t x, y;
};

static int32_t size(struct gradient g)
{
    return abs(g.x) + abs(g.y);
}

static void look_at(struct fr_shadow *seen, const uint8_t *half, const int16_t *mean, size_t stride,
                    uint8_t *score)
{
    const int32_t value = *half, before = *mean >> FR_LEVEL_BITS;

    if (*score < SCORE_MOVES || before < DARK || value >= before)
        return;
    const int32_t factor = value * FR_SHADOW_FACTORS / before;
    if (factor < FACTOR_MIN)
        return;
    const int32_t factor_q8 = value * 256 / before;
    const struct gradient now = {half[1] - half[-1], half[stride] - *(half - stride)};
    const struct gradient expected = {((mean[1] - mean[-1]) * factor_q8) >> (FR_LEVEL_BITS + 8),
                                      ((mean[stride] - *(mean - stride)) * factor_q8) >>
                                          (FR_LEVEL_BITS + 8)};
    const struct gradient misfit = {now.x - expected.x, now.y - expected.y};

    const int32_t weak = WEAK + value * WEAK_Q8 / 256;
    if (size(now) <= weak && size(expected) <= weak) {
        seen->same[factor] += now.x * expected.x + now.y * expected.y;
        seen->all[factor] += expected.x * expected.x + expected.y * expected.y;
    }
    if (size(misfit) <= MISFIT + value * MISFIT_Q8 / 256)
        *score = (uint8_t)(SUSPECT + factor);
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

void fr_shadow_clear(struct fr_shadow *shadow, const uint8_t *half, const int16_t *mean,
                     uint32_t width_px, uint32_t height_px, uint8_t *scores)
{
    struct fr_shadow seen = {0};
    uint8_t score_of[FR_SHADOW_FACTORS] = {0};

    for (size_t y = 1; y + 1 < height_px; y++)
        for (size_t at = y * width_px + 1; at + 1 < (y + 1) * width_px; at++)
            look_at(&seen, half + at, mean + at, width_px, scores + at);
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++) {
        shadow->same[i] += seen.same[i] - shadow->same[i] / (1 << FORGET_SHIFT);
        shadow->all[i] += seen.all[i] - shadow->all[i] / (1 << FORGET_SHIFT);
    }
    for (size_t i = FACTOR_MIN; i < FR_SHADOW_FACTORS; i++)
        score_of[i] = is_shadow(shadow, i) ? 0 : SCORE_MOVES;
    for (size_t at = 0; at < (size_t)width_px * height_px; at++)
        if (scores[at] >= SUSPECT)
            scores[at] = score_of[(scores[at] - SUSPECT) % FR_SHADOW_FACTORS];
}
