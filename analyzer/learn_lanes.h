/* The text of the kernel of learn.c (common/media/lanes.h: how).
 *
 * Most pixels of most frames are near their mean. Where all of a block are, and none of those that
 * stray may have another level that is known, the candidates say nothing, and are neither read nor
 * written; nor is the evidence, but in the frames in which it falls. All other blocks come to a list
 * of doubts when what is near its mean has followed; these are settled some at a time, without a
 * branch for a pixel. */
#pragma once

#include "analyzer/kernels.h"

#include <assert.h>

/* What is done at once: some blocks, or a part of one. */
enum { AT_ONCE = FR_LANES, HALF = FR_LANES / 2 };
enum { BLOCKS_AT_ONCE = (AT_ONCE + FR_BLOCK_PX - 1) / FR_BLOCK_PX };

static_assert(FR_BLOCK_PX == 32, "of so many lanes bytes_any_32() tells");

/* Sets `bit` for those blocks in which any lane is set. */
FR_LANES_INLINE void mark(uint8_t *blocks, size_t i, bytes a, unsigned bit)
{
    const unsigned any = bytes_any_32(a);
    for (size_t block = 0; block < BLOCKS_AT_ONCE; block++)
        blocks[i / FR_BLOCK_PX + block] |= (uint8_t)((any >> block & 1) * bit);
}

FR_LANES_INLINE bool is_marked(const uint8_t *blocks, size_t i)
{
    return blocks[i / FR_BLOCK_PX] | blocks[i / FR_BLOCK_PX + BLOCKS_AT_ONCE - 1];
}

/* A step, in all lanes. */
struct step {
    words base, contrast, deviations, most, dither;
    bytes gain, loss, wear, known, learns; /* a mask of all ones, or none where it is held */
    struct words_shift shift;
    bool has_loss, is_held;
};

FR_LANES_INLINE struct step step_init(const struct fr_background_step *s)
{
    return (struct step){
        .base = words_all((int16_t)s->base),
        .contrast = words_all((int16_t)(s->contrast_q8 << 8)),
        .deviations = words_all((int16_t)(s->deviations_q4 * FR_DEVIATION_UNIT / 16)),
        .most = words_all((int16_t)s->most),
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
}

/* A 32nd of the level times the contrast, an eighth of it: in one product. */
FR_LANES_INLINE words tolerance_of(const struct step *s, words level, words deviation)
{
    words least = s->base + words_high(level & words_all(-32), s->contrast);
    return words_min(words_max(deviation * s->deviations, least), s->most);
}

/* Half a block beside its mean. */
struct seen {
    words mean, deviation, off, far, tolerance;
};

FR_LANES_INLINE struct seen see(const struct step *s, const struct fr_learn_at *at, size_t i)
{
    struct seen seen;
    seen.mean = words_load(at->means + i);
    seen.deviation = words_widen(at->deviations + i);
    seen.off = (words_widen(at->pixels + i) << FR_LEVEL_BITS) - seen.mean;
    seen.far = words_abs(seen.off);
    seen.tolerance = tolerance_of(s, seen.mean, seen.deviation);
    return seen;
}

/* By what the mean follows. */
FR_LANES_INLINE words mean_step(const struct step *s, const struct seen *seen)
{
    return words_rounded(seen->off, s->shift);
}

FR_LANES_INLINE words deviation_step(const struct step *s, const struct seen *seen)
{
    return words_floored((seen->far >> 5) - seen->deviation + s->dither, s->shift);
}

/* Pixels that are near their mean, all of them. */
FR_LANES_INLINE void follow(const struct step *s, const struct fr_learn_at *at, size_t i,
                            const struct seen *low, const struct seen *high)
{
    words_store(at->means + i, low->mean + mean_step(s, low));
    words_store(at->means + i + HALF, high->mean + mean_step(s, high));
    bytes_store(at->deviations + i, words_narrow(low->deviation + deviation_step(s, low),
                                                 high->deviation + deviation_step(s, high)));
    if (s->has_loss) {
        const bytes next = bytes_sub(bytes_load(at->evidences + i), s->loss);
        bytes_store(at->evidences + i, next);
        mark(at->known_blocks, i, (bytes)(next >= s->known), 1);
    }
}

/* Any pixels: those that are near their mean. */
FR_LANES_INLINE void follow_near(const struct step *s, const struct fr_learn_at *at, size_t i,
                                 const struct seen *low, const struct seen *high)
{
    const words low_far = low->far > low->tolerance, high_far = high->far > high->tolerance;
    words_store(at->means + i, low->mean + (mean_step(s, low) & ~low_far));
    words_store(at->means + i + HALF, high->mean + (mean_step(s, high) & ~high_far));
    bytes_store(at->deviations + i,
                words_narrow(low->deviation + (deviation_step(s, low) & ~low_far),
                             high->deviation + (deviation_step(s, high) & ~high_far)));
}

/* Mean and candidate change places where the evidence is complete. */
static void change_places(int16_t *means, uint8_t *candidates, const uint8_t *is_known)
{
    for (size_t i = 0; i < AT_ONCE; i++)
        if (is_known[i]) {
            const uint8_t swap = (uint8_t)(means[i] >> FR_LEVEL_BITS);
            means[i] = (int16_t)(candidates[i] << FR_LEVEL_BITS);
            candidates[i] = swap;
        }
}

FR_LANES_INLINE bytes find_strays(const struct seen *low, const struct seen *high)
{
    return words_above(low->far, low->tolerance >> 1, high->far, high->tolerance >> 1);
}

/* Pixels of which some are far from their mean, or may be at another level. */
struct doubt {
    size_t at;
    bytes is_far, strays;
    bytes half_allowed; /* half the tolerance, in grey levels */
};

/* Whole grey levels: they are within a tolerance when they are within what it has of them. */
FR_LANES_INLINE struct doubt doubt_init(size_t i, const struct seen *low, const struct seen *high)
{
    return (struct doubt){
        .at = i,
        .is_far = words_above(low->far, low->tolerance, high->far, high->tolerance),
        .strays = find_strays(low, high),
        .half_allowed = words_narrow(low->tolerance >> (FR_LEVEL_BITS + 1),
                                     high->tolerance >> (FR_LEVEL_BITS + 1)),
    };
}

/* By how much pixels may differ from their candidates, in grey levels. It is asked of those that are
 * far from their mean, whose deviation is what it was. */
FR_LANES_INLINE bytes candidate_allows(const struct step *s, const struct fr_learn_at *at, size_t i)
{
    const words low = words_widen(at->candidates + i) << FR_LEVEL_BITS;
    const words high = words_widen(at->candidates + i + HALF) << FR_LEVEL_BITS;
    return words_narrow(tolerance_of(s, low, words_widen(at->deviations + i)) >> FR_LEVEL_BITS,
                        tolerance_of(s, high, words_widen(at->deviations + i + HALF)) >>
                            FR_LEVEL_BITS);
}

/* What has been counted, by eight lanes. */
struct sums {
    eights moving, still;
};

/* Any pixels, when follow_near() is over. */
FR_LANES_INLINE void settle(const struct step *s, const struct fr_learn_at *at,
                            const struct doubt *doubt, struct sums *sums)
{
    const size_t i = doubt->at;
    const bytes one = bytes_all(1), is_far = doubt->is_far;
    const bytes evidence = bytes_load(at->evidences + i);
    const bytes is_level2 = (bytes)(evidence >= s->known);
    const bytes value = bytes_load(at->pixels + i), candidate = bytes_load(at->candidates + i);
    const bytes above = bytes_sub(value, candidate), below = bytes_sub(candidate, value);
    const bytes apart = above | below;
    const bytes is_candidate =
        is_far & (bytes)(apart <= candidate_allows(s, at, i)) & (is_level2 | s->learns);
    const bytes is_worn = is_far & ~is_candidate & (bytes)(evidence <= s->wear) & s->learns;

    bytes next =
        bytes_select(is_candidate, bytes_add(evidence, s->gain), bytes_sub(evidence, s->wear));
    next = bytes_min(bytes_select(is_far, next, bytes_sub(evidence, s->loss)), s->known);
    const bytes is_known = is_candidate & (bytes)(next == s->known);
    const bytes approached = candidate + bytes_quarter(above + 3) - bytes_quarter(below + 3);

    bytes_store(at->candidates + i,
                bytes_select(is_candidate, approached, bytes_select(is_worn, value, candidate)));
    bytes_store(at->evidences + i, next);
    mark(at->known_blocks, i, (bytes)(next >= s->known), 1);
    if (bytes_any(is_known)) {
        uint8_t known[AT_ONCE];
        bytes_store(known, is_known);
        change_places(at->means + i, at->candidates + i, known);
    }

    const bytes strays_from_both =
        doubt->strays & ~(is_level2 & (bytes)(apart <= doubt->half_allowed));
    const bytes moves = is_far & ~is_known & one;
    const bytes scores = moves + (strays_from_both & one);
    bytes_store(at->scores + i, scores);
    mark(at->blocks, i, scores & one, 1);
    mark(at->blocks, i, scores & (one + one), 2);
    sums->moving += bytes_eights(moves);
    sums->still += bytes_eights(is_candidate & ~is_known & one);
}

enum { DOUBTS_MAX = 16 };

/* Not inlined: it would take the registers that the others need. What a function has seen is read
 * anew after every store of a byte; so it looks at copies. */
__attribute__((noinline)) FR_LANES_KERNEL void settle_all(const struct step *step,
                                                          const struct fr_learn_at *where,
                                                          const struct doubt *doubts, size_t n,
                                                          struct fr_background_count *count)
{
    const struct step s = *step;
    const struct fr_learn_at at = *where;
    struct sums sums = {0};

    for (size_t i = 0; i < n; i++)
        settle(&s, &at, &doubts[i], &sums);
    for (size_t i = 0; i < sizeof sums.moving / sizeof sums.moving[0]; i++) {
        count->n_moving += sums.moving[i];
        count->n_still += sums.still[i];
    }
}

/* Whether any of those that stray may be at their other level. */
FR_LANES_INLINE bool is_doubtful(const struct step *s, const struct fr_learn_at *at, size_t i,
                                 bytes strays)
{
    return (s->has_loss || is_marked(at->known_blocks, i)) &&
           bytes_any(strays & (bytes)(bytes_load(at->evidences + i) >= s->known));
}

/* The processor fetches ahead by itself, but not over the end of a page. */
FR_LANES_INLINE void fetch_ahead(const struct fr_learn_at *at, size_t i)
{
    enum { AHEAD_PX = 1024, LINE_BYTES = 64 };
    for (size_t byte = 0; byte < AT_ONCE * sizeof *at->means; byte += LINE_BYTES)
        __builtin_prefetch((const char *)(at->means + i + AHEAD_PX) + byte, 1);
    __builtin_prefetch(at->deviations + i + AHEAD_PX, 1);
    __builtin_prefetch(at->pixels + i + AHEAD_PX);
    __builtin_prefetch(at->scores + i + AHEAD_PX, 1);
}

FR_LANES_INLINE uint64_t eights_sum(eights a)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof a / sizeof a[0]; i++)
        sum += a[i];
    return sum;
}

/* A step that is held: nothing follows, and no candidate is looked at but where one is known. */
FR_LANES_INLINE struct fr_background_count hold(const struct step *step,
                                                const struct fr_learn_at *where, size_t n_px)
{
    const struct step s = *step;
    const struct fr_learn_at at = *where;
    const bytes one = bytes_all(1);
    struct fr_background_count count = {0};
    eights moving = {0};

    for (size_t i = 0; i < n_px; i += AT_ONCE) {
        const struct seen low = see(&s, &at, i), high = see(&s, &at, i + HALF);
        const bytes strays = find_strays(&low, &high);
        if (is_doubtful(&s, &at, i, strays)) {
            const struct doubt doubt = doubt_init(i, &low, &high);
            settle_all(step, where, &doubt, 1, &count);
            continue;
        }
        const bytes is_far = words_above(low.far, low.tolerance, high.far, high.tolerance);
        const bytes scores = bytes_all(0) - is_far - strays;
        bytes_store(at.scores + i, scores);
        mark(at.blocks, i, scores & one, 1);
        mark(at.blocks, i, scores & (one + one), 2);
        moving += bytes_eights(is_far & one);
    }
    count.n_moving += eights_sum(moving);
    return count;
}

/* n_px is a multiple of FR_BLOCK_PX and of FR_LANES. */
FR_LANES_KERNEL struct fr_background_count learn(const struct fr_background_step *step,
                                                 const struct fr_learn_at *where, size_t n_px)
{
    const struct step s = step_init(step), s_of_all = s;
    const struct fr_learn_at at = *where;
    struct fr_background_count count = {0};
    struct doubt doubts[DOUBTS_MAX];
    size_t n_doubts = 0;

    if (s.is_held)
        return hold(&s_of_all, where, n_px);

    for (size_t i = 0; i < n_px; i += AT_ONCE) {
        fetch_ahead(&at, i);
        const struct seen low = see(&s, &at, i), high = see(&s, &at, i + HALF);
        const bytes strays = find_strays(&low, &high);
        if (words_any_above(low.far, low.tolerance, high.far, high.tolerance) ||
            is_doubtful(&s, &at, i, strays)) {
            follow_near(&s, &at, i, &low, &high);
            doubts[n_doubts++] = doubt_init(i, &low, &high);
        } else {
            follow(&s, &at, i, &low, &high);
            bytes_store(at.scores + i, -strays);
            mark(at.blocks, i, strays, 1);
        }
        if (n_doubts == DOUBTS_MAX || i + AT_ONCE == n_px) {
            settle_all(&s_of_all, where, doubts, n_doubts, &count);
            n_doubts = 0;
        }
    }
    return count;
}
