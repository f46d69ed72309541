#include "analyzer/background.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    GAIN_ONE = 1024,
    LEVEL_HALF = 1 << FR_LEVEL_BITS >> 1,
    WHITE = 240, /* grey levels: from here on a camera may have clipped */
};

int fr_background_init(struct fr_background *background, size_t n_px)
{
    /* One piece, in order of alignment. */
    uint8_t *memory = calloc(n_px, FR_BACKGROUND_BYTES_PER_PX);
    if (!memory)
        return -ENOMEM;
    *background = (struct fr_background){
        .n_px = n_px,
        .mean = (int16_t *)memory,
        .deviation = memory + 2 * n_px,
        .candidate = memory + 3 * n_px,
        .evidence = memory + 4 * n_px,
        .memory = memory,
    };
    return 0;
}

void fr_background_fini(struct fr_background *background)
{
    free(background->memory);
    *background = (struct fr_background){0};
}

void fr_background_restart(struct fr_background *background, const uint8_t *half)
{
    for (size_t i = 0; i < background->n_px; i++)
        background->mean[i] = (int16_t)(half[i] << FR_LEVEL_BITS);
    memcpy(background->candidate, half, background->n_px);
    memset(background->deviation, 0, background->n_px);
    memset(background->evidence, 0, background->n_px);
}

/* No branches: each outcome is worked out and one is selected by masks of all ones or none, which
 * is what a vector does anyway. */
static inline int16_t select16(int16_t mask, int16_t yes, int16_t no)
{
    return (int16_t)((mask & yes) | (~mask & no));
}

static inline int16_t clamp16(int16_t value, int16_t low, int16_t high)
{
    value = value < low ? low : value;
    return value > high ? high : value;
}

static inline int16_t away(int16_t difference)
{
    return (int16_t)(difference < 0 ? -difference : difference);
}

/* A level is below 2^15, so a 32nd of it times 64 fits into 16 bits without a sign. */
static inline uint16_t least_tolerance(const struct fr_background_step *s, int16_t level)
{
    return (uint16_t)(s->base + ((uint16_t)((level >> 5) * s->contrast_q8) >> 3));
}

/* One stretch of pixels; at most 65,535 of them, so that the counts fit their lanes. */
static struct fr_background_count learn(const struct fr_background_step s, int16_t *restrict means,
                                        uint8_t *restrict deviations, uint8_t *restrict candidates,
                                        uint8_t *restrict evidences, const uint8_t *restrict pixels,
                                        uint8_t *restrict scores, size_t n_px)
{
    const int16_t round = (int16_t)((1 << s.shift) >> 1);
    uint16_t n_moving = 0, n_still = 0;

    for (size_t i = 0; i < n_px; i++) {
        const int16_t value = (int16_t)(pixels[i] << FR_LEVEL_BITS);
        const int16_t mean = means[i], candidate = (int16_t)(candidates[i] << FR_LEVEL_BITS);
        const int16_t deviation = deviations[i], evidence = evidences[i];

        /* Levels lie within 0 and 255 << 7, so no difference leaves an int16_t. */
        const int16_t from_mean = (int16_t)(value - mean);
        const int16_t from_candidate = (int16_t)(pixels[i] - candidates[i]);
        const int16_t far = away(from_mean), far_candidate = away((int16_t)(value - candidate));

        /* 255 quarters of a level, times 63 sixteenths: below 2^15 as well. */
        const uint16_t spread = (uint16_t)(deviation * s.deviations_q4 * FR_DEVIATION_UNIT / 16);
        const uint16_t least = least_tolerance(&s, mean);
        const uint16_t least_candidate = least_tolerance(&s, candidate);
        uint16_t wanted = spread > least ? spread : least;
        const int16_t tolerance = (int16_t)(wanted < s.most ? wanted : s.most);
        wanted = spread > least_candidate ? spread : least_candidate;
        const int16_t tolerance_candidate = (int16_t)(wanted < s.most ? wanted : s.most);

        const int16_t is_near = (int16_t) - (far <= tolerance);
        const int16_t is_candidate = (int16_t)(~is_near & -(far_candidate <= tolerance_candidate));
        const int16_t is_worn = (int16_t)(~is_near & ~is_candidate & -(evidence <= s.wear));

        int16_t change = select16(is_near, (int16_t)-s.loss, (int16_t)-s.wear);
        change = select16(is_candidate, s.gain, change);
        const int16_t next_evidence = clamp16((int16_t)(evidence + change), 0, FR_EVIDENCE_KNOWN);
        const int16_t is_known = (int16_t)(is_candidate & -(next_evidence >= FR_EVIDENCE_KNOWN));

        const int16_t followed = (int16_t)(mean + (int16_t)((from_mean + round) >> s.shift));
        /* By a quarter of the way, and by one at least. */
        const int16_t approached =
            (int16_t)(candidates[i] +
                      (int16_t)((from_candidate + (from_candidate > 0 ? 3 : 0)) >> 2));
        const int16_t far_units = clamp16((int16_t)(far / FR_DEVIATION_UNIT), 0, 255);
        const int16_t strayed =
            (int16_t)(deviation + (int16_t)((far_units - deviation + s.dither) >> s.shift));
        const int16_t next_mean = select16(is_near, followed, mean);
        const int16_t next_candidate =
            select16(is_candidate, approached, select16(is_worn, pixels[i], candidates[i]));

        means[i] = select16(is_known, (int16_t)(next_candidate << FR_LEVEL_BITS), next_mean);
        candidates[i] =
            (uint8_t)select16(is_known, (int16_t)(next_mean >> FR_LEVEL_BITS), next_candidate);
        deviations[i] = (uint8_t)select16(is_near, strayed, deviation);
        evidences[i] = (uint8_t)next_evidence;

        const int16_t is_level2 = (int16_t) - (evidence >= FR_EVIDENCE_KNOWN);
        const int16_t nearest =
            select16((int16_t)(is_level2 & -(far_candidate < far)), far_candidate, far);
        const int16_t moves = (int16_t)(~is_near & ~is_known & 1);
        scores[i] = (uint8_t)(moves + (nearest > tolerance / 2));
        n_moving = (uint16_t)(n_moving + moves);
        n_still = (uint16_t)(n_still + (is_candidate & ~is_known & 1));
    }
    return (struct fr_background_count){.n_moving = n_moving, .n_still = n_still};
}

struct fr_background_count fr_background_learn(struct fr_background *background,
                                               const struct fr_background_step *step,
                                               const uint8_t *half, uint8_t *ret_scores)
{
    enum { STRETCH = 32768 };
    struct fr_background_count sum = {0};

    for (size_t i = 0; i < background->n_px; i += STRETCH) {
        size_t n = background->n_px - i < STRETCH ? background->n_px - i : STRETCH;
        struct fr_background_count count =
            learn(*step, background->mean + i, background->deviation + i, background->candidate + i,
                  background->evidence + i, half + i, ret_scores + i, n);
        sum.n_moving += count.n_moving;
        sum.n_still += count.n_still;
    }
    return sum;
}

/* What was white may have been brighter than white: when the light goes down, it is as bright as it
 * is seen to be. */
static int32_t scaled(int32_t level, uint32_t gain_q10, int32_t seen)
{
    int32_t to = (int32_t)(((uint32_t)level * gain_q10 + GAIN_ONE / 2) / GAIN_ONE);
    bool was_white = gain_q10 < GAIN_ONE && level >= WHITE << FR_LEVEL_BITS;
    to = was_white && seen > to ? seen : to;
    return to < 255 << FR_LEVEL_BITS ? to : 255 << FR_LEVEL_BITS;
}

void fr_background_scale(struct fr_background *background, uint32_t gain_q10, const uint8_t *half)
{
    for (size_t i = 0; i < background->n_px; i++) {
        int32_t seen = half[i] << FR_LEVEL_BITS;
        background->mean[i] = (int16_t)scaled(background->mean[i], gain_q10, seen);
        int32_t candidate = scaled(background->candidate[i] << FR_LEVEL_BITS, gain_q10, 0);
        background->candidate[i] = (uint8_t)((candidate + LEVEL_HALF) >> FR_LEVEL_BITS);
    }
}

void fr_background_believe(struct fr_background *background)
{
    for (size_t i = 0; i < background->n_px; i++) {
        uint8_t swap = (uint8_t)(background->mean[i] >> FR_LEVEL_BITS);
        background->mean[i] = (int16_t)(background->candidate[i] << FR_LEVEL_BITS);
        background->candidate[i] = swap;
    }
    memset(background->evidence, FR_EVIDENCE_KNOWN, background->n_px);
}
