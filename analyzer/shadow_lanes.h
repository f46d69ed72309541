/* The text of the kernels of shadow.c (common/media/lanes.h: how). */
#pragma once

#include "analyzer/kernels.h"

/* The bits of a block. */
FR_LANES_INLINE uint32_t bits_of_block(const uint8_t *bits, size_t block)
{
    uint32_t word;
    memcpy(&word, bits + block * sizeof word, sizeof word);
    return word;
}

/* The first block from this one on in which anything moves, or n_blocks. */
FR_LANES_INLINE size_t next_block(const uint8_t *moves, size_t block, size_t n_blocks)
{
    for (uint64_t two; n_blocks - block >= 2; block += 2) {
        memcpy(&two, moves + block * sizeof(uint32_t), sizeof two);
        if (two)
            return block + !(uint32_t)two;
    }
    return block + (block < n_blocks && !bits_of_block(moves, block));
}

/* What is looked at closely, all at once or not at all. */
enum { UNIT = FR_LANES / 2, BLOCK_UNITS = FR_BLOCK_PX / UNIT };

/* Of some blocks the units that are to be looked at closely, and which of their pixels. Whether
 * a unit has any is as good as chance, and to guess wrong is dear: so they are put into a list,
 * without a branch. */
struct dark {
    size_t n_units;
    struct {
        uint16_t at, pixels; /* a unit; a bit for each of its pixels */
        bool teaches;
    } units[FR_SHADOW_BLOCKS_MAX * BLOCK_UNITS + 1];
};

/* Pixels of a block that move, of `some`, and are darker; of a block that does not teach, only
 * those that are no darker than the darkest shadows, of first_q8. */
FR_LANES_INLINE void find_dark(const struct fr_shadow_at *at, size_t block, uint32_t some,
                               unsigned_words first_q8, bool teaches, struct dark *dark)
{
    const bytes all = bytes_all(teaches ? UINT8_MAX : 0);

    for (size_t part = 0; part < FR_BLOCK_PX; part += FR_LANES) {
        const size_t i = block * FR_BLOCK_PX + part;
        const bytes value = bytes_load(at->half + i), before = bytes_load(at->levels + i);
        const bytes may_be = (bytes)(value >= bytes_share_q8(before, first_q8)) | all;
        const uint32_t is_dark =
            (uint32_t)bytes_bits((bytes)(value < before) & may_be) & some >> part;

        for (unsigned unit = 0; unit < 2; unit++) {
            const uint32_t pixels = is_dark >> unit * UNIT & ((UINT32_C(1) << UNIT) - 1);
            dark->units[dark->n_units].at = (uint16_t)(i / UNIT + unit);
            dark->units[dark->n_units].pixels = (uint16_t)pixels;
            dark->units[dark->n_units].teaches = teaches;
            dark->n_units += pixels != 0;
        }
    }
}

/* The factors of a range: all from the first on, and no more than so many beyond it. */
struct range {
    words first, beyond;
};

struct ranges {
    size_t n;
    struct range items[FR_SHADOW_FACTORS / 2];
};

FR_LANES_INLINE void ranges_init(uint32_t factors, struct ranges *ret_ranges)
{
    ret_ranges->n = 0;
    while (factors) {
        const uint32_t lowest = factors & -factors;
        const int first = __builtin_ctz(factors);
        const int end = __builtin_ctzll((uint64_t)factors + lowest);
        ret_ranges->items[ret_ranges->n++] =
            (struct range){words_all((int16_t)first), words_all((int16_t)(end - first - 1))};
        factors &= factors + lowest;
    }
}

/* a * b + c * d, which wraps. */
FR_LANES_INLINE words words_dot_wrapped(words a, words b, words c, words d)
{
    return (words)((unsigned_words)a * (unsigned_words)b + (unsigned_words)c * (unsigned_words)d);
}

/* Of a unit. */
FR_LANES_INLINE void clear_bits(uint8_t *to, lane_bits bits)
{
    uint16_t word = 0;
    memcpy(&word, to, UNIT / 8);
    word &= (uint16_t)~bits;
    memcpy(to, &word, UNIT / 8);
}

/* A mask of those words whose bits are set. */
FR_LANES_INLINE words words_of_bits(uint16_t some)
{
    words each;
    for (size_t lane = 0; lane < UNIT; lane++)
        each[lane] = (int16_t)(1u << lane);
    return (words_all((int16_t)some) & each) == each;
}

/* Gradients are at most 510, and those that teach so weak that their products are below 1,000. */
FR_LANES_INLINE void weigh_dark(const struct fr_shadow_limits *l, const struct fr_shadow_at *at,
                                size_t i, uint16_t pixels, const struct ranges *ranges,
                                bool does_teach, struct fr_shadow *seen)
{
    const uint8_t *half = at->half + i, *level = at->levels + i;
    const size_t stride = at->width_px;
    const words value = words_widen(half), before = words_widen(level);
    const words factor_q8 = words_quotient_q8(value, before) & 255, twice = factor_q8 << 1;

    const words now_x = words_widen(half + 1) - words_widen(half - 1);
    const words now_y = words_widen(half + stride) - words_widen(half - stride);
    const words expected_x =
        words_high((words_widen(level + 1) - words_widen(level - 1)) << 7, twice);
    const words expected_y =
        words_high((words_widen(level + stride) - words_widen(level - stride)) << 7, twice);
    const words misfit = words_abs(now_x - expected_x) + words_abs(now_y - expected_y);
    const words strength = words_max(words_abs(now_x) + words_abs(now_y),
                                     words_abs(expected_x) + words_abs(expected_y));

    union {
        words all;
        int16_t each[UNIT];
    } const factor = {factor_q8 >> 3},
            same = {words_dot_wrapped(now_x, expected_x, now_y, expected_y)},
            all = {words_dot_wrapped(expected_x, expected_x, expected_y, expected_y)};
    const words counts = words_of_bits(pixels) & (before > words_all((int16_t)(l->dark - 1))) &
                         (factor.all > words_all((int16_t)(l->factor_min - 1)));
    const words teaches = counts & (strength <= l->weak + (value * l->weak_q8 >> 8));
    const words fits = counts & (misfit <= l->misfit + (value * l->misfit_q8 >> 8));

    if (does_teach)
        for (uint32_t teaching = bytes_bits((bytes)(teaches & UINT8_MAX)); teaching;
             teaching &= teaching - 1) {
            const unsigned lane = (unsigned)__builtin_ctz(teaching) / 2;
            seen->same[factor.each[lane]] += same.each[lane];
            seen->all[factor.each[lane]] += all.each[lane];
        }

    words is_shadow = words_all(0);
    for (size_t r = 0; r < ranges->n; r++) {
        const words beyond = factor.all - ranges->items[r].first;
        is_shadow |= (beyond >= 0) & (beyond <= ranges->items[r].beyond);
    }
    const words cleared = fits & is_shadow & UINT8_MAX;
    const lane_bits bits = bytes_bits(words_narrow(cleared, words_all(0)));
    clear_bits(at->moves + i / 8, bits);
    clear_bits(at->strays + i / 8, bits);
}

/* The last pixel of a row and the first of the next one, if they lie in this block. */
FR_LANES_INLINE uint32_t edges_of(const struct fr_shadow_at *at, size_t block)
{
    const size_t x = at->x_px + block * FR_BLOCK_PX, left = at->width_px - x;
    const uint64_t ends = left <= FR_BLOCK_PX ? UINT64_C(3) << (left - 1) : 0;
    return (uint32_t)ends | (x == 0);
}

FR_LANES_KERNEL void clear_shadows(const struct fr_shadow_limits *limits,
                                   const struct fr_shadow_at *where, size_t n_blocks,
                                   uint32_t factors, struct fr_shadow_teachers *teachers,
                                   struct fr_shadow *seen)
{
    const struct fr_shadow_at at = *where;
    const int first = factors ? __builtin_ctz(factors) : 0;
    const unsigned_words first_q8 =
        (unsigned_words)words_all((int16_t)(first * (256 / FR_SHADOW_FACTORS)));
    struct ranges ranges;
    struct dark dark;

    ranges_init(factors, &ranges);
    dark.n_units = 0;
    for (size_t block = 0; (block = next_block(at.moves, block, n_blocks)) < n_blocks; block++) {
        const bool teaches = fr_shadow_teaches(teachers);
        if (teaches || factors)
            find_dark(&at, block, bits_of_block(at.moves, block) & ~edges_of(&at, block), first_q8,
                      teaches, &dark);
    }
    for (size_t n = 0; n < dark.n_units; n++)
        weigh_dark(limits, &at, dark.units[n].at * (size_t)UNIT, dark.units[n].pixels, &ranges,
                   dark.units[n].teaches, seen);
}
