/* The text of the kernel of fr_background_scale() (common/media/lanes.h: how). A level of 15 bits
 * times a gain has more than the 16 of a lane; so the gain's whole times and what is left of it are
 * taken one by one. */
#pragma once

#include "analyzer/mean_lanes.h"

enum {
    SCALE_MAX = 255 << FR_SCALE_BITS,
    SCALE_WHITE = 240 << FR_SCALE_BITS,
    SCALE_HALF = 1 << FR_SCALE_BITS >> 1,
};

struct gain {
    words whole_most, whole, share; /* share: of 1 << 15 */
    words is_darker;
};

FR_LANES_INLINE words scaled(words level, const struct gain *gain)
{
    const words most = words_all(SCALE_MAX);
    const words whole = words_min(level, gain->whole_most) * gain->whole;
    const words share = words_share(level, gain->share);
    return words_min(whole, most - share) + share;
}

/* Means of 16 bits, as they are zipped, with pixels above a byte of 0. */
FR_LANES_INLINE words scaled_mean(words mean, words pixels, const struct gain *gain)
{
    const words before = (words)((unsigned_words)mean >> 1) - SCALE_HALF;
    const words level = words_max(before, words_all(0)), to = scaled(level, gain);
    const words was_white = level >= words_all(SCALE_WHITE);
    const words seen = (words)((unsigned_words)pixels >> 1);
    const words next = words_max(to, seen & was_white & gain->is_darker);
    return (words)(((unsigned_words)next << 1) + FR_FRACTION_HALF);
}

FR_LANES_INLINE words scaled_grey(const uint8_t *greys, const struct gain *gain)
{
    const words half = words_all(SCALE_HALF);
    return (scaled(words_widen(greys) << FR_SCALE_BITS, gain) + half) >> FR_SCALE_BITS;
}

FR_LANES_KERNEL void scale(uint8_t *levels, uint8_t *fractions, uint8_t *candidates,
                           const uint8_t *pixels, size_t n_px, uint32_t gain_q10)
{
    const int16_t whole = (int16_t)(gain_q10 >> 10);
    const struct gain gain = {
        /* SCALE_MAX can be divided by 1 to 4. */
        .whole_most = words_all((int16_t)(whole ? SCALE_MAX / whole : 0)),
        .whole = words_all(whole),
        .share = words_all((int16_t)((gain_q10 & 1023) << 5)),
        .is_darker = words_all((int16_t) - !whole),
    };

    for (size_t i = 0; i < n_px; i += FR_LANES) {
        const struct zipped mean = zip(bytes_load(fractions + i), bytes_load(levels + i));
        const struct zipped seen = zip(bytes_all(0), bytes_load(pixels + i));
        const struct zipped to = {scaled_mean(mean.low, seen.low, &gain),
                                  scaled_mean(mean.high, seen.high, &gain)};
        bytes_store(levels + i, unzip_upper(&to));
        bytes_store(fractions + i, unzip_lower(&to));
        bytes_store(candidates + i,
                    words_narrow(scaled_grey(candidates + i, &gain),
                                 scaled_grey(candidates + i + FR_LANES / 2, &gain)));
    }
}
