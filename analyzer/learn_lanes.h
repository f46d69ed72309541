/* The text of the kernel of learn.c (common/media/lanes.h: how).
 *
 * Most pixels of most frames are near their mean. Where all of a block are, and none of those
 * that stray may have another level that is known, the candidates say nothing, and are neither
 * read nor written; nor is the evidence, but in the frames in which it falls. All other blocks
 * come to a list of doubts when what is near its mean has followed; these are settled some at a
 * time, without a branch for a pixel.
 *
 * In a frame that is held nothing follows, and only blocks with a known level are doubtful. */
#pragma once

#include "analyzer/mean_lanes.h"

#include <assert.h>

/* What is done at once: some blocks, or a part of one. */
enum { AT_ONCE = FR_LANES };
enum { BLOCKS_AT_ONCE = (AT_ONCE + FR_BLOCK_PX - 1) / FR_BLOCK_PX };

static_assert(FR_BLOCK_PX == 32, "of so many lanes bytes_any_32() tells");

/* Marks those blocks in which any lane is set. */
FR_LANES_INLINE void mark(uint8_t *blocks, size_t i, bytes a)
{
    const unsigned any = bytes_any_32(a);
    for (size_t block = 0; block < BLOCKS_AT_ONCE; block++)
        blocks[i / FR_BLOCK_PX + block] |= (uint8_t)(any >> block & 1);
}

FR_LANES_INLINE bool is_marked(const uint8_t *blocks, size_t i)
{
    return blocks[i / FR_BLOCK_PX] | blocks[i / FR_BLOCK_PX + BLOCKS_AT_ONCE - 1];
}

/* A step, in all lanes. */
struct step {
#ifdef FR_LANES_TABLES
    bytes least; /* a table by bands of levels */
#else
    bytes base;
    unsigned_words contrast_q8;
#endif
    bytes most;
    words deviations, dither;
    bytes gain, loss, wear, known, learns; /* a mask of all ones, or none where it is held */
    struct words_shift shift;
    bool has_loss, is_held;
};

FR_LANES_INLINE struct step step_init(const struct fr_background_step *s)
{
    struct step step = {
        .most = bytes_all((uint8_t)s->most),
        .deviations = words_all((int16_t)(s->deviations_q4 * 32)),
        .dither = words_all(s->dither),
        .gain = bytes_all((uint8_t)s->gain),
        .loss = bytes_all((uint8_t)s->loss),
        .wear = bytes_all((uint8_t)s->wear),
        .known = bytes_all(FR_EVIDENCE_KNOWN),
        .learns = bytes_all(s->is_held ? 0 : UINT8_MAX),
        .shift = words_shift_init(s->shift),
        .has_loss = s->loss > 0,
        .is_held = s->is_held,
    };
#ifdef FR_LANES_TABLES
    uint8_t least[16];
    static_assert(sizeof least * FR_LEVEL_BAND == 256, "a band for each entry");
    for (unsigned band = 0; band < sizeof least; band++)
        least[band] = fr_background_least(s, band * FR_LEVEL_BAND);
    step.least = bytes_table(least);
#else
    step.base = bytes_all((uint8_t)s->base);
    step.contrast_q8 = (unsigned_words)words_all((int16_t)(s->contrast_q8 * FR_HALF_LEVELS));
#endif
    return step;
}

/* fr_background_least(). What is more than a byte holds is more than `most` as well. */
FR_LANES_INLINE bytes least_of(const struct step *s, bytes level)
{
#ifdef FR_LANES_TABLES
    return bytes_look_up(s->least, (bytes)((unsigned_words)level >> 4) & 15);
#else
    const bytes middle = (level & (256 - FR_LEVEL_BAND)) | (FR_LEVEL_BAND / 2);
    return bytes_min(bytes_add(s->base, bytes_share_q8(middle, s->contrast_q8)), s->most);
#endif
}

/* Half grey levels. */
FR_LANES_INLINE bytes tolerance_of(const struct step *s, bytes level, bytes spread)
{
    return bytes_max(least_of(s, level), spread);
}

FR_LANES_INLINE bytes doubled(bytes a)
{
    return bytes_add(a, a);
}

FR_LANES_INLINE bytes apart(bytes a, bytes b)
{
    return bytes_sub(a, b) | bytes_sub(b, a);
}

/* Pixels beside their mean. */
struct seen {
    size_t at;
    bytes value, level, spread, tolerance;
    bytes is_far, strays; /* by more than the tolerance, and than half of it */
};

FR_LANES_INLINE struct seen see(const struct step *s, const struct fr_learn_at *at, size_t i)
{
    struct seen seen;
    seen.at = i;
    seen.value = bytes_load(at->pixels + i);
    seen.level = bytes_load(at->levels + i);
    seen.spread = bytes_load(at->spreads + i);
    const bytes far = doubled(apart(seen.value, seen.level));
    seen.tolerance = tolerance_of(s, seen.level, seen.spread);
    seen.is_far = (bytes)(far > seen.tolerance);
    seen.strays = (bytes)(doubled(far) > seen.tolerance);
    return seen;
}

/* Half of the pixels, as far as they are near their mean, which is within 15 bits; of the others
 * nobody asks. */
FR_LANES_INLINE words follow_mean(const struct step *s, words mean, words off)
{
    return (words)((unsigned_words)mean + (unsigned_words)words_rounded(off, s->shift));
}

FR_LANES_INLINE words follow_spread(const struct step *s, words spread, words off)
{
    const words strays_by = words_high(words_abs(off), s->deviations);
    return spread + words_floored(strays_by - spread + s->dither, s->shift);
}

FR_LANES_INLINE words words_off(words value, words mean)
{
    return (words)((unsigned_words)value - (unsigned_words)mean);
}

/* What is near its mean: that and the spread follow. */
FR_LANES_INLINE void follow(const struct step *s, const struct fr_learn_at *at,
                            const struct seen *seen)
{
    const size_t i = seen->at;
    const bytes is_far = seen->is_far, fraction = bytes_load(at->fractions + i);
    const struct zipped mean = zip(fraction, seen->level);
    const struct zipped value = zip(bytes_all(FR_FRACTION_HALF), seen->value);
    const struct zipped spread = zip(seen->spread, bytes_all(0));
    const words low = words_off(value.low, mean.low), high = words_off(value.high, mean.high);
    const struct zipped to = {follow_mean(s, mean.low, low), follow_mean(s, mean.high, high)};
    const bytes spread_to = bytes_min(
        words_unzip(follow_spread(s, spread.low, low), follow_spread(s, spread.high, high)),
        s->most);

    bytes_store(at->levels + i, bytes_select(is_far, seen->level, unzip_upper(&to)));
    bytes_store(at->fractions + i, bytes_select(is_far, fraction, unzip_lower(&to)));
    bytes_store(at->spreads + i, bytes_select(is_far, seen->spread, spread_to));
}

FR_LANES_INLINE void score(const struct fr_learn_at *at, size_t i, bytes moves, bytes strays)
{
    const lane_bits both = bytes_bits(moves & strays), any = bytes_bits(moves | strays);
    memcpy(at->moves + i / 8, &both, AT_ONCE / 8);
    memcpy(at->strays + i / 8, &any, AT_ONCE / 8);
}

/* Any pixels, when what is near has followed; what is far has the level and spread that it had. */
FR_LANES_INLINE void settle(const struct step *s, const struct fr_learn_at *at,
                            const struct seen *seen, struct fr_background_count *count)
{
    const size_t i = seen->at;
    const bytes is_far = seen->is_far, value = seen->value;
    const bytes evidence = bytes_load(at->evidences + i);
    const bytes candidate = bytes_load(at->candidates + i);
    const bytes is_level2 = (bytes)(evidence >= s->known);
    const bytes above = bytes_sub(value, candidate), below = bytes_sub(candidate, value);
    const bytes far = doubled(above | below);
    const bytes is_candidate =
        is_far & (is_level2 | s->learns) & (bytes)(far <= tolerance_of(s, candidate, seen->spread));
    const bytes is_worn = is_far & ~is_candidate & (bytes)(evidence <= s->wear) & s->learns;

    bytes next =
        bytes_select(is_candidate, bytes_add(evidence, s->gain), bytes_sub(evidence, s->wear));
    next = bytes_min(bytes_select(is_far, next, bytes_sub(evidence, s->loss)), s->known);
    const bytes is_known = is_candidate & (bytes)(next == s->known);
    const bytes approached = candidate + bytes_quarter(above + 3) - bytes_quarter(below + 3);
    const bytes other =
        bytes_select(is_candidate, approached, bytes_select(is_worn, value, candidate));

    bytes_store(at->evidences + i, next);
    mark(at->known_blocks, i, (bytes)(next >= s->known));
    /* Where the evidence is complete, mean and candidate change places. */
    bytes_store(at->candidates + i, bytes_select(is_known, seen->level, other));
    if (bytes_any(is_known)) {
        bytes_store(at->levels + i, bytes_select(is_known, other, bytes_load(at->levels + i)));
        bytes_store(at->fractions + i, bytes_select(is_known, bytes_all(FR_FRACTION_HALF),
                                                    bytes_load(at->fractions + i)));
    }

    const bytes moves = is_far & ~is_known;
    score(at, i, moves, seen->strays & ~(is_level2 & (bytes)(doubled(far) <= seen->tolerance)));
    count->n_moving += bytes_count(moves);
    count->n_still += bytes_count(is_candidate & ~is_known);
}

enum { DOUBTS_MAX = 16 };

/* Not inlined: it would take the registers that the others need. What a function has seen is read
 * anew after every store of a byte; so it looks at copies. */
__attribute__((noinline)) FR_LANES_KERNEL void settle_all(const struct step *step,
                                                          const struct fr_learn_at *where,
                                                          const struct seen *doubts, size_t n,
                                                          struct fr_background_count *count)
{
    const struct step s = *step;
    const struct fr_learn_at at = *where;

    for (size_t i = 0; i < n; i++)
        settle(&s, &at, &doubts[i], count);
}

/* Whether any of those that stray may be at their other level. */
FR_LANES_INLINE bool may_be_known(const struct step *s, const struct fr_learn_at *at,
                                  const struct seen *seen)
{
    return is_marked(at->known_blocks, seen->at) &&
           bytes_any(seen->strays & (bytes)(bytes_load(at->evidences + seen->at) >= s->known));
}

/* The processor fetches ahead by itself, but not over the end of a page. */
FR_LANES_INLINE void fetch_ahead(const struct fr_learn_at *at, size_t i, bool is_held)
{
    enum { AHEAD_PX = 2048 };
    __builtin_prefetch(at->pixels + i + AHEAD_PX);
    if (is_held) {
        __builtin_prefetch(at->levels + i + AHEAD_PX);
        __builtin_prefetch(at->spreads + i + AHEAD_PX);
    } else {
        __builtin_prefetch(at->levels + i + AHEAD_PX, 1);
        __builtin_prefetch(at->spreads + i + AHEAD_PX, 1);
        __builtin_prefetch(at->fractions + i + AHEAD_PX, 1);
    }
}

FR_LANES_INLINE struct fr_background_count learn_all(const struct step *step, bool is_held,
                                                     const struct fr_learn_at *where, size_t n_px)
{
    const struct step s = *step;
    const struct fr_learn_at at = *where;
    struct fr_background_count count = {0};
    struct seen doubts[DOUBTS_MAX];
    size_t n_doubts = 0;

    for (size_t i = 0; i < n_px; i += AT_ONCE) {
        fetch_ahead(&at, i, is_held);
        const struct seen seen = see(&s, &at, i);
        bool is_doubtful = may_be_known(&s, &at, &seen);
        if (!is_held) {
            follow(&s, &at, &seen);
            is_doubtful |= s.has_loss || bytes_any(seen.is_far);
        }
        if (is_doubtful) {
            doubts[n_doubts++] = seen;
        } else {
            score(&at, i, seen.is_far, seen.strays);
            count.n_moving += is_held ? bytes_count(seen.is_far) : 0;
        }
        if (n_doubts == DOUBTS_MAX || i + AT_ONCE == n_px) {
            settle_all(step, where, doubts, n_doubts, &count);
            n_doubts = 0;
        }
    }
    return count;
}

/* n_px is a multiple of FR_BLOCK_PX and of FR_LANES. */
FR_LANES_KERNEL struct fr_background_count learn(const struct fr_background_step *step,
                                                 const struct fr_learn_at *where, size_t n_px)
{
    const struct step s = step_init(step);
    return s.is_held ? learn_all(&s, true, where, n_px) : learn_all(&s, false, where, n_px);
}
