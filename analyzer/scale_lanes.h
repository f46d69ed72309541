/* The text of the kernel of fr_background_scale() (common/media/lanes.h: how). A level of 15 bits
 * times a gain has more than the 16 of a lane; so the gain's whole times and what is left of it are
 * taken one by one. */
#pragma once

#include "analyzer/kernels.h"

struct gain {
    words whole_most, whole, share; /* share: of 1 << 15 */
    words is_darker;
};

FR_LANES_INLINE words scaled(words level, const struct gain *gain)
{
    const words most = words_all(FR_LEVEL_MAX);
    const words whole = words_min(level, gain->whole_most) * gain->whole;
    const words share = words_share(level, gain->share);
    return words_min(whole, most - share) + share;
}

FR_LANES_INLINE void scale_means(int16_t *means, const uint8_t *pixels, const struct gain *gain)
{
    const words level = words_load(means), to = scaled(level, gain);
    const words was_white = level >= words_all(FR_LEVEL_WHITE);
    const words seen = words_widen(pixels) << FR_LEVEL_BITS;
    words_store(means, words_max(to, seen & was_white & gain->is_darker));
}

FR_LANES_INLINE words scaled_grey(const uint8_t *greys, const struct gain *gain)
{
    const words half = words_all(1 << FR_LEVEL_BITS >> 1);
    return (scaled(words_widen(greys) << FR_LEVEL_BITS, gain) + half) >> FR_LEVEL_BITS;
}

FR_LANES_KERNEL void scale(int16_t *means, uint8_t *candidates, const uint8_t *pixels, size_t n_px,
                           uint32_t gain_q10)
{
    const int16_t whole = (int16_t)(gain_q10 >> 10);
    const struct gain gain = {
        /* FR_LEVEL_MAX can be divided by 1 to 4. */
        .whole_most = words_all((int16_t)(whole ? FR_LEVEL_MAX / whole : 0)),
        .whole = words_all(whole),
        .share = words_all((int16_t)((gain_q10 & 1023) << 5)),
        .is_darker = words_all((int16_t) - !whole),
    };

    for (size_t i = 0; i < n_px; i += FR_LANES) {
        scale_means(means + i, pixels + i, &gain);
        scale_means(means + i + FR_LANES / 2, pixels + i + FR_LANES / 2, &gain);
        bytes_store(candidates + i,
                    words_narrow(scaled_grey(candidates + i, &gain),
                                 scaled_grey(candidates + i + FR_LANES / 2, &gain)));
    }
}
