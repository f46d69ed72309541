#include "analyzer/kernels.h"

#include <string.h>

/* No branches: each outcome is worked out and one is selected by masks of all ones or none, which
 * is what a vector does anyway. */
static inline int32_t select32(int32_t mask, int32_t yes, int32_t no)
{
    return (mask & yes) | (~mask & no);
}

static inline int32_t lesser(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static inline int32_t away(int32_t difference)
{
    return difference < 0 ? -difference : difference;
}

static inline int32_t tolerance_of(const struct fr_background_step *s, int32_t level,
                                   int32_t spread)
{
    return greater(fr_background_least(s, (unsigned)level), spread);
}

/* Any pixels, whose scores are told as bytes; what the others are compared with. */
static struct fr_background_count
learn_plain(const struct fr_background_step s, uint8_t *restrict levels,
            uint8_t *restrict fractions, uint8_t *restrict spreads, uint8_t *restrict candidates,
            uint8_t *restrict evidences, const uint8_t *restrict pixels,
            uint8_t *restrict ret_scores, size_t n_px)
{
    const int32_t round = (1 << s.shift) >> 1, learns = s.is_held - 1;
    uint32_t n_moving = 0, n_still = 0;

    for (size_t i = 0; i < n_px; i++) {
        const int32_t value = pixels[i], level = levels[i], candidate = candidates[i];
        const int32_t spread = spreads[i], evidence = evidences[i];

        /* In half levels. */
        const int32_t far = FR_HALF_LEVELS * away(value - level);
        const int32_t far_candidate = FR_HALF_LEVELS * away(value - candidate);
        const int32_t tolerance = tolerance_of(&s, level, spread);

        const int32_t is_near = -(far <= tolerance), follows = is_near & learns;
        const int32_t is_level2 = -(evidence >= FR_EVIDENCE_KNOWN);
        const int32_t is_candidate = ~is_near &
                                     -(far_candidate <= tolerance_of(&s, candidate, spread)) &
                                     (is_level2 | learns);
        const int32_t is_worn = ~is_near & ~is_candidate & learns & -(evidence <= s.wear);

        int32_t change = select32(is_near, -s.loss, -s.wear);
        change = select32(is_candidate, s.gain, change);
        const int32_t next_evidence = lesser(greater(evidence + change, 0), FR_EVIDENCE_KNOWN);
        const int32_t is_known = is_candidate & -(next_evidence >= FR_EVIDENCE_KNOWN);

        /* In 256ths. */
        const int32_t mean = level << 8 | fractions[i];
        const int32_t off = (value << 8 | FR_FRACTION_HALF) - mean;
        const int32_t next_mean = mean + (follows & ((off + round) >> s.shift));
        const int32_t strays_by = (away(off) * s.deviations_q4 * 32) >> 16; /* half levels */
        const int32_t next_spread = spread + ((strays_by - spread + s.dither) >> s.shift);

        /* By a quarter of the way, and by one at least. */
        const int32_t from_candidate = value - candidate;
        const int32_t approached =
            candidate + ((from_candidate + (from_candidate > 0 ? 3 : 0)) >> 2);
        const int32_t next_candidate =
            select32(is_candidate, approached, select32(is_worn, value, candidate));

        levels[i] = (uint8_t)select32(is_known, next_candidate, next_mean >> 8);
        fractions[i] = (uint8_t)select32(is_known, FR_FRACTION_HALF, next_mean);
        candidates[i] = (uint8_t)select32(is_known, level, next_candidate);
        spreads[i] = (uint8_t)select32(follows, lesser(greater(next_spread, 0), s.most), spread);
        evidences[i] = (uint8_t)next_evidence;

        const int32_t nearest = select32(is_level2 & -(far_candidate < far), far_candidate, far);
        const int32_t moves = ~is_near & ~is_known & 1;
        ret_scores[i] = (uint8_t)(moves + (2 * nearest > tolerance));
        n_moving += (uint32_t)moves;
        n_still += (uint32_t)(is_candidate & ~is_known & 1);
    }
    return (struct fr_background_count){.n_moving = n_moving, .n_still = n_still};
}

static void put_scores(const struct fr_scores *scores, size_t at, const uint8_t *px, size_t n_px)
{
    for (size_t i = 0, n; i < n_px; i += n) {
        const bool are_eight = (at + i) % 8 == 0 && n_px - i >= 8;
        n = are_eight ? 8 : 1;
        if (are_eight) {
            const uint64_t eight = fr_eight(px + i);
            scores->moves[(at + i) / 8] = fr_eight_bits(eight >> 1 & fr_eight_of(1));
            scores->strays[(at + i) / 8] = fr_eight_bits(fr_eight_is_set(eight));
        } else {
            fr_bit_put(scores->moves, at + i, px[i] == 2);
            fr_bit_put(scores->strays, at + i, px[i] != 0);
        }
    }
}

static struct fr_background_count learn_pixels(const struct fr_background_step *step,
                                               const struct fr_background *b, size_t from,
                                               size_t to, const uint8_t *half,
                                               const struct fr_scores *scores)
{
    enum { STRETCH = 512 };
    struct fr_background_count sum = {0};
    uint8_t px[STRETCH];

    for (size_t i = from; i < to; i += STRETCH) {
        const size_t n = to - i < STRETCH ? to - i : STRETCH;
        const struct fr_background_count count =
            learn_plain(*step, b->level + i, b->fraction + i, b->spread + i, b->candidate + i,
                        b->evidence + i, half + i, px, n);
        put_scores(scores, i, px, n);
        sum.n_moving += count.n_moving;
        sum.n_still += count.n_still;
    }
    for (size_t i = from; i < to; i++)
        b->known_blocks[i / FR_BLOCK_PX] |= b->evidence[i] >= FR_EVIDENCE_KNOWN;
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

    /* Those that begin here; one that began before may know already. */
    if (step->loss > 0)
        memset(b->known_blocks + fr_blocks(first_px), 0, fr_blocks(end) - fr_blocks(first_px));
    if (!kernels || from >= to)
        return learn_pixels(step, b, first_px, end, half, scores);

    const struct fr_learn_at at = {
        b->level + from,          b->fraction + from,        b->spread + from,
        b->candidate + from,      b->evidence + from,        half + from,
        scores->moves + from / 8, scores->strays + from / 8, b->known_blocks + from / FR_BLOCK_PX};
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
