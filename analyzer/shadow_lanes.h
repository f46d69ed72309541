/* The text of the kernels of shadow.c (common/media/lanes.h: how). */
#pragma once

#include "analyzer/eight.h"
#include "analyzer/kernels.h"

/* The first block from this one on that has one of these bits, or n_blocks. */
FR_LANES_INLINE size_t next_block(const uint8_t *blocks, size_t block, size_t n_blocks,
                                  uint8_t bits)
{
    for (; n_blocks - block >= 8; block += 8) {
        const uint64_t eight = fr_eight(blocks + block) & fr_eight_of(bits);
        if (eight)
            return block + fr_eight_first(eight);
    }
    while (block < n_blocks && !(blocks[block] & bits))
        block++;
    return block;
}

/* What is looked at closely, all at once or not at all. */
enum { UNIT = FR_LANES / 2, BLOCK_UNITS = FR_BLOCK_PX / UNIT };

/* Of some blocks the units where a pixel has become darker, and in their blocks which. Whether one
 * has is as good as chance, and to guess wrong is dear: so they are put into a list, without a
 * branch. */
struct dark {
    size_t n_units;
    uint16_t units[FR_SHADOW_BLOCKS_MAX * BLOCK_UNITS + 1];
    uint8_t is_dark[FR_SHADOW_BLOCKS_MAX * FR_BLOCK_PX];
};

/* Pixels of a block that move and are darker, without those at the frame's edge. */
FR_LANES_INLINE void find_dark(const struct fr_shadow_at *at, size_t block, const uint8_t *is_edge,
                               struct dark *dark)
{
    for (size_t part = 0; part < FR_BLOCK_PX; part += FR_LANES) {
        const size_t i = block * FR_BLOCK_PX + part;
        const bytes value = bytes_load(at->half + i);
        const bytes before = words_narrow(words_load(at->means + i) >> FR_LEVEL_BITS,
                                          words_load(at->means + i + UNIT) >> FR_LEVEL_BITS);
        const bytes score = bytes_load(at->scores + i) & ~bytes_load(is_edge + part);
        const bytes is_dark = (bytes)(score == FR_SCORE_MOVES) & (bytes)(value < before);
        const uint32_t bits = bytes_bits(is_dark);

        bytes_store(dark->is_dark + i, is_dark);
        dark->units[dark->n_units] = (uint16_t)(i / UNIT);
        dark->n_units += bits << (32 - UNIT) != 0;
        dark->units[dark->n_units] = (uint16_t)(i / UNIT + 1);
        dark->n_units += bits >> UNIT != 0;
    }
}

/* a * b + c * d, which wraps. */
FR_LANES_INLINE words words_dot_wrapped(words a, words b, words c, words d)
{
    return (words)((unsigned_words)a * (unsigned_words)b + (unsigned_words)c * (unsigned_words)d);
}

/* Gradients are at most 510, and those that teach so weak that their products are below 1,000.
 * Masks have their lower bytes alone. */
FR_LANES_INLINE void weigh_dark(const struct fr_shadow_limits *l, const struct fr_shadow_at *at,
                                size_t i, const uint8_t *is_dark, struct fr_shadow *seen)
{
    const uint8_t *half = at->half + i;
    const int16_t *means = at->means + i;
    const size_t stride = at->width_px;
    const words value = words_widen(half), before = words_load(means) >> FR_LEVEL_BITS;
    const words factor_q8 = words_quotient_q8(value, before) & 255, twice = factor_q8 << 1;

    const words now_x = words_widen(half + 1) - words_widen(half - 1);
    const words now_y = words_widen(half + stride) - words_widen(half - stride);
    const words expected_x = words_high(words_load(means + 1) - words_load(means - 1), twice);
    const words expected_y =
        words_high(words_load(means + stride) - words_load(means - stride), twice);
    const words misfit = words_abs(now_x - expected_x) + words_abs(now_y - expected_y);
    const words strength = words_max(words_abs(now_x) + words_abs(now_y),
                                     words_abs(expected_x) + words_abs(expected_y));

    union {
        words all;
        int16_t each[UNIT];
    } const factor = {factor_q8 >> 3},
            same = {words_dot_wrapped(now_x, expected_x, now_y, expected_y)},
            all = {words_dot_wrapped(expected_x, expected_x, expected_y, expected_y)};
    const words counts = words_widen(is_dark) & (before > words_all((int16_t)(l->dark - 1))) &
                         (factor.all > words_all((int16_t)(l->factor_min - 1)));
    const words teaches = counts & (strength <= l->weak + (value * l->weak_q8 >> 8));
    const words is_suspect = counts & (misfit <= l->misfit + (value * l->misfit_q8 >> 8));

    for (uint32_t teaching = bytes_bits((bytes)teaches); teaching; teaching &= teaching - 1) {
        const unsigned lane = (unsigned)__builtin_ctz(teaching) / 2;
        seen->same[factor.each[lane]] += same.each[lane];
        seen->all[factor.each[lane]] += all.each[lane];
    }

    const words mark = is_suspect & (factor.all + (FR_SCORE_SUSPECT - FR_SCORE_MOVES));
    const bytes marked = words_narrow(words_widen(at->scores + i) + mark, mark);
    memcpy(at->scores + i, &marked, UNIT);
    at->blocks[i / FR_BLOCK_PX] |= bytes_any((bytes)is_suspect) * FR_SCORE_SUSPECT;
}

FR_LANES_KERNEL void find_suspects(const struct fr_shadow_limits *limits,
                                   const struct fr_shadow_at *where, size_t n_blocks,
                                   struct fr_shadow *seen)
{
    /* The last pixel of a row and the first of the next one: to be laid over a block so that they
     * lie where they do, or outside. */
    static const uint8_t is_edge[2 * FR_BLOCK_PX + 1] = {[FR_BLOCK_PX] = UINT8_MAX,
                                                         [FR_BLOCK_PX + 1] = UINT8_MAX};
    const struct fr_shadow_at at = *where;
    struct dark dark;

    dark.n_units = 0;
    for (size_t block = 0;
         (block = next_block(at.blocks, block, n_blocks, FR_SCORE_MOVES)) < n_blocks; block++) {
        const size_t x = at.x_px + block * FR_BLOCK_PX, left = at.width_px - x;
        const size_t edge = !x ? 0 : left < FR_BLOCK_PX + 1 ? left : FR_BLOCK_PX + 1;
        find_dark(&at, block, is_edge + FR_BLOCK_PX + 1 - edge, &dark);
    }
    for (size_t n = 0; n < dark.n_units; n++) {
        const size_t i = dark.units[n] * (size_t)UNIT;
        weigh_dark(limits, &at, i, dark.is_dark + i, seen);
    }
}

/* The factors of a range: all from the first on, and no more than so many beyond it. */
struct range {
    bytes first, beyond;
};

FR_LANES_INLINE size_t shadows_init(uint32_t shadows, struct range *ranges)
{
    size_t n = 0;
    for (unsigned first = 0; first < FR_SHADOW_FACTORS; first++)
        if (shadows >> first & 1) {
            unsigned last = first;
            while (last + 1 < FR_SHADOW_FACTORS && shadows >> (last + 1) & 1)
                last++;
            ranges[n++] = (struct range){bytes_all((uint8_t)(FR_SCORE_SUSPECT + first)),
                                         bytes_all((uint8_t)(last - first))};
            first = last;
        }
    return n;
}

/* `shadows` has a bit for each factor. */
FR_LANES_KERNEL void judge_suspects(uint8_t *scores, uint8_t *blocks, size_t n_blocks,
                                    uint32_t shadows)
{
    struct range ranges[FR_SHADOW_FACTORS / 2];
    const size_t n_ranges = shadows_init(shadows, ranges);
    const bytes suspect = bytes_all(FR_SCORE_SUSPECT), moves = bytes_all(FR_SCORE_MOVES);
    size_t block = 0;

    while ((block = next_block(blocks, block, n_blocks, FR_SCORE_SUSPECT)) < n_blocks) {
        for (size_t i = block * FR_BLOCK_PX; i < (block + 1) * FR_BLOCK_PX; i += FR_LANES) {
            const bytes score = bytes_load(scores + i);
            bytes is_shadow = {0};
            for (size_t r = 0; r < n_ranges; r++)
                is_shadow |= (bytes)(score - ranges[r].first <= ranges[r].beyond);
            const bytes verdict = bytes_select((bytes)(score >= suspect), moves, score);
            bytes_store(scores + i, verdict & ~is_shadow);
        }
        blocks[block++] &= (uint8_t)~FR_SCORE_SUSPECT;
    }
}
