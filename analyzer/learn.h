/* The kernels of fr_background_learn(): inside of background.c, learn.c and learn_*.c. */
#pragma once

#include "analyzer/background.h"

/* Some pixels, and what is known of them. */
struct fr_learn_at {
    int16_t *means;
    uint8_t *deviations, *candidates, *evidences;
    const uint8_t *pixels;
    uint8_t *scores;
    uint8_t *blocks;
};

typedef struct fr_background_count fr_learn(const struct fr_background_step *step,
                                            const struct fr_learn_at *at, size_t n_px);

/* Whole blocks: n_px is a multiple of FR_BLOCK_PX; where there are scores, their bits are added to `blocks`. The
 * step's shift is at least FR_LEARN_SHIFT_MIN. */
enum { FR_LEARN_SHIFT_MIN = 2 };
#ifdef FR_SIMD_X86
fr_learn fr_learn_sse2, fr_learn_avx2;
#endif
#ifdef FR_SIMD_ARM
fr_learn fr_learn_neon;
#endif
