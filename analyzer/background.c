#include "analyzer/background.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int fr_background_init(struct fr_background *background, size_t n_px)
{
    /* One piece, in order of alignment. */
    size_t level_bytes = n_px * sizeof(int16_t);
    uint8_t *memory = calloc(1, 3 * level_bytes + n_px);
    if (!memory)
        return -ENOMEM;
    *background = (struct fr_background){
        .n_px = n_px,
        .mean = (int16_t *)memory,
        .deviation = (int16_t *)(memory + level_bytes),
        .candidate = (int16_t *)(memory + 2 * level_bytes),
        .evidence = memory + 3 * level_bytes,
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
        background->mean[i] = background->candidate[i] = (int16_t)(half[i] << FR_LEVEL_BITS);
    memset(background->deviation, 0, background->n_px * sizeof *background->deviation);
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

/* One stretch of pixels; at most 65,535 of them, so that the counts fit their lanes. */
static struct fr_background_count learn(const struct fr_background_step s, int16_t *restrict means,
                                        int16_t *restrict deviations, int16_t *restrict candidates,
                                        uint8_t *restrict evidences, uint8_t *restrict pixels,
                                        size_t n_px)
{
    const int16_t round = (int16_t)((1 << s.shift) >> 1);
    uint16_t n_moving = 0, n_still = 0;

    for (size_t i = 0; i < n_px; i++) {
        const int16_t value = (int16_t)(pixels[i] << FR_LEVEL_BITS);
        const int16_t mean = means[i], candidate = candidates[i], deviation = deviations[i];
        const int16_t evidence = evidences[i];

        /* Levels lie within 0 and 255 << 7, so no difference leaves an int16_t. */
        const int16_t from_mean = (int16_t)(value - mean);
        const int16_t from_candidate = (int16_t)(value - candidate);
        const int16_t far = (int16_t)(from_mean < 0 ? -from_mean : from_mean);
        const int16_t far_candidate =
            (int16_t)(from_candidate < 0 ? -from_candidate : from_candidate);

        /* A mean is below 2^15, so a 32nd of it times 64 fits into 16 bits without a sign; a
         * deviation is the mean of differences below 2^14, so a 16th of it times 63 does too. */
        const uint16_t least = (uint16_t)(s.base + ((uint16_t)((mean >> 5) * s.contrast_q8) >> 3));
        const uint16_t spread = (uint16_t)((deviation >> 4) * s.deviations_q4);
        const uint16_t wanted = spread > least ? spread : least;
        const int16_t tolerance = (int16_t)(wanted < s.most ? wanted : s.most);

        const int16_t is_near = (int16_t) - (far <= tolerance);
        const int16_t is_candidate = (int16_t)(~is_near & -(far_candidate <= tolerance));
        const int16_t is_worn = (int16_t)(~is_near & ~is_candidate & -(evidence <= s.wear));

        int16_t change = select16(is_near, (int16_t)-s.loss, (int16_t)-s.wear);
        change = select16(is_candidate, s.gain, change);
        const int16_t next_evidence = clamp16((int16_t)(evidence + change), 0, FR_EVIDENCE_KNOWN);
        const int16_t is_known = (int16_t)(is_candidate & -(next_evidence >= FR_EVIDENCE_KNOWN));

        const int16_t followed = (int16_t)(mean + (int16_t)((from_mean + round) >> s.shift));
        const int16_t approached = (int16_t)(candidate + (int16_t)((from_candidate + 8) >> 4));
        const int16_t strayed =
            (int16_t)(deviation + (int16_t)((far - deviation + round) >> s.shift));
        const int16_t next_mean = select16(is_near, followed, mean);
        const int16_t next_candidate =
            select16(is_candidate, approached, select16(is_worn, value, candidate));

        means[i] = select16(is_known, next_candidate, next_mean);
        candidates[i] = select16(is_known, next_mean, next_candidate);
        deviations[i] = select16(is_near, strayed, deviation);
        evidences[i] = (uint8_t)next_evidence;
        pixels[i] = (uint8_t)(~is_near & ~is_known & 1);
        n_moving = (uint16_t)(n_moving + pixels[i]);
        n_still = (uint16_t)(n_still + (is_candidate & ~is_known & 1));
    }
    return (struct fr_background_count){.n_moving = n_moving, .n_still = n_still};
}

struct fr_background_count fr_background_learn(struct fr_background *background,
                                               const struct fr_background_step *step, uint8_t *half)
{
    enum { STRETCH = 32768 };
    struct fr_background_count sum = {0};

    for (size_t i = 0; i < background->n_px; i += STRETCH) {
        size_t n = background->n_px - i < STRETCH ? background->n_px - i : STRETCH;
        struct fr_background_count count =
            learn(*step, background->mean + i, background->deviation + i, background->candidate + i,
                  background->evidence + i, half + i, n);
        sum.n_moving += count.n_moving;
        sum.n_still += count.n_still;
    }
    return sum;
}

static void scale(int16_t *restrict levels, size_t n, uint32_t gain_q10)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t level = ((uint32_t)levels[i] * gain_q10 + 512) >> 10;
        levels[i] = (int16_t)(level > 255 << FR_LEVEL_BITS ? 255 << FR_LEVEL_BITS : level);
    }
}

void fr_background_scale(struct fr_background *background, uint32_t gain_q10)
{
    scale(background->mean, background->n_px, gain_q10);
    scale(background->candidate, background->n_px, gain_q10);
}

void fr_background_believe(struct fr_background *background)
{
    int16_t *restrict means = background->mean;
    int16_t *restrict candidates = background->candidate;

    for (size_t i = 0; i < background->n_px; i++) {
        int16_t swap = means[i];
        means[i] = candidates[i];
        candidates[i] = swap;
    }
    memset(background->evidence, FR_EVIDENCE_KNOWN, background->n_px);
}
