#include "analyzer/kernels.h"

#include <string.h>

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

/* Any pixels, at most 65,535 of them, so that the counts fit their lanes; what the others are compared with. */
static struct fr_background_count
learn_plain(const struct fr_background_step s, int16_t *restrict means,
            uint8_t *restrict deviations, uint8_t *restrict candidates, uint8_t *restrict evidences,
            const uint8_t *restrict pixels, uint8_t *restrict scores, size_t n_px)
{
    const int16_t round = (int16_t)((1 << s.shift) >> 1), learns = (int16_t)(s.is_held - 1);
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
        const int16_t is_level2 = (int16_t) - (evidence >= FR_EVIDENCE_KNOWN);
        const int16_t is_candidate =
            (int16_t)(~is_near & -(far_candidate <= tolerance_candidate) & (is_level2 | learns));
        const int16_t is_worn =
            (int16_t)(~is_near & ~is_candidate & learns & -(evidence <= s.wear));

        const int16_t follows = (int16_t)(is_near & learns);

        int16_t change = select16(is_near, (int16_t)-s.loss, (int16_t)-s.wear);
        change = select16(is_candidate, s.gain, change);
        const int16_t next_evidence = clamp16((int16_t)(evidence + change), 0, FR_EVIDENCE_KNOWN);
        const int16_t is_known = (int16_t)(is_candidate & -(next_evidence >= FR_EVIDENCE_KNOWN));

        const int16_t followed = (int16_t)(mean + (int16_t)((from_mean + round) >> s.shift));
        /* By a quarter of the way, and by one at least. */
        const int16_t approached =
            (int16_t)(candidates[i] +
                      (int16_t)((from_candidate + (from_candidate > 0 ? 3 : 0)) >> 2));
        const int16_t far_units = (int16_t)(far / FR_DEVIATION_UNIT);
        const int16_t strayed =
            clamp16((int16_t)(deviation + (int16_t)((far_units - deviation + s.dither) >> s.shift)),
                    0, 255);
        const int16_t next_mean = select16(follows, followed, mean);
        const int16_t next_candidate =
            select16(is_candidate, approached, select16(is_worn, pixels[i], candidates[i]));

        means[i] = select16(is_known, (int16_t)(next_candidate << FR_LEVEL_BITS), next_mean);
        candidates[i] =
            (uint8_t)select16(is_known, (int16_t)(next_mean >> FR_LEVEL_BITS), next_candidate);
        deviations[i] = (uint8_t)select16(follows, strayed, deviation);
        evidences[i] = (uint8_t)next_evidence;

        const int16_t nearest =
            select16((int16_t)(is_level2 & -(far_candidate < far)), far_candidate, far);
        const int16_t moves = (int16_t)(~is_near & ~is_known & 1);
        scores[i] = (uint8_t)(moves + (nearest > tolerance / 2));
        n_moving = (uint16_t)(n_moving + moves);
        n_still = (uint16_t)(n_still + (is_candidate & ~is_known & 1));
    }
    return (struct fr_background_count){.n_moving = n_moving, .n_still = n_still};
}

static struct fr_background_count learn_pixels(const struct fr_background_step *step,
                                               const struct fr_background *b, size_t from,
                                               size_t to, const uint8_t *half,
                                               const struct fr_scores *scores)
{
    enum { STRETCH = 32768 };
    struct fr_background_count sum = {0};

    for (size_t i = from; i < to; i += STRETCH) {
        struct fr_background_count count =
            learn_plain(*step, b->mean + i, b->deviation + i, b->candidate + i, b->evidence + i,
                        half + i, scores->px + i, to - i < STRETCH ? to - i : STRETCH);
        sum.n_moving += count.n_moving;
        sum.n_still += count.n_still;
    }
    for (size_t i = from; i < to; i++) {
        scores->blocks[i / FR_BLOCK_PX] |= scores->px[i];
        b->known_blocks[i / FR_BLOCK_PX] |= b->evidence[i] >= FR_EVIDENCE_KNOWN;
    }
    return sum;
}

struct fr_background_count
fr_background_learn_at(enum fr_simd level, struct fr_background *background, size_t first_px,
                       size_t n_px, const struct fr_background_step *step, const uint8_t *half,
                       const struct fr_scores *scores)
{
    const struct fr_background *b = background;
    const size_t end = first_px + n_px;
    const struct fr_kernels *kernels =
        step->shift < FR_LEARN_SHIFT_MIN ? NULL : fr_kernels_at(level);
    struct fr_background_count sum = {0};
    size_t from = fr_blocks(first_px) * FR_BLOCK_PX, to = end / FR_BLOCK_PX * FR_BLOCK_PX;

    /* Those that begin here; one that began before holds scores already. */
    memset(scores->blocks + fr_blocks(first_px), 0, fr_blocks(end) - fr_blocks(first_px));
    if (step->loss > 0)
        memset(b->known_blocks + fr_blocks(first_px), 0, fr_blocks(end) - fr_blocks(first_px));
    if (!kernels || from >= to)
        return learn_pixels(step, b, first_px, end, half, scores);

    const struct fr_learn_at at = {b->mean + from,
                                   b->deviation + from,
                                   b->candidate + from,
                                   b->evidence + from,
                                   half + from,
                                   scores->px + from,
                                   scores->blocks + from / FR_BLOCK_PX,
                                   b->known_blocks + from / FR_BLOCK_PX};
    const struct fr_background_count counts[] = {
        learn_pixels(step, b, first_px, from, half, scores),
        kernels->learn(step, &at, to - from),
        learn_pixels(step, b, to, end, half, scores),
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        sum.n_moving += counts[i].n_moving;
        sum.n_still += counts[i].n_still;
    }
    return sum;
}

struct fr_background_count fr_background_learn(struct fr_background *background, size_t first_px,
                                               size_t n_px, const struct fr_background_step *step,
                                               const uint8_t *half, const struct fr_scores *scores)
{
    return fr_background_learn_at(fr_simd(), background, first_px, n_px, step, half, scores);
}
