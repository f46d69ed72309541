/* The analyzer's kernels over pixels, for those modules that use them (common/media/lanes.h: how
 * they are written). What each does in plain C stands in its module, and all levels give the
 * same. */
#pragma once

#include "analyzer/background.h"
#include "analyzer/shadow.h"
#include "analyzer/texture.h"

/* Some pixels, and what is known of them. */
struct fr_learn_at {
    uint8_t *levels, *fractions, *spreads, *candidates, *evidences;
    const uint8_t *pixels;
    uint8_t *moves, *strays, *known_blocks;
};

enum {
    FR_LEARN_SHIFT_MIN = 2,
    FR_SCALE_BITS = 7, /* binary places of a mean while it is scaled */
};

/* Some blocks, and where they lie: from a pixel in column x_px on. Those beside them are looked at
 * as well. */
struct fr_shadow_at {
    const uint8_t *half;
    const uint8_t *levels; /* of the background */
    uint8_t *moves, *strays;
    size_t width_px, x_px;
};

enum {
    FR_SHADOW_BLOCKS_MAX = 64, /* at once */
    FR_BITS_AT_ONCE = 64,
};

/* The window of 5x5, of which a row enters: bytes, and two pixels more on either side. `across`
 * holds the sums of five pixels side by side: those of the row that leaves, then those of the
 * one that enters. */
struct fr_vote_at {
    const uint8_t *entering;
    uint8_t *across, *sums;
    uint8_t *voted; /* bits */
    /* The row that enters next: its scores, from a pixel on, and where they shall stand as
     * bytes. */
    const struct fr_scores *scores;
    size_t next_px;
    uint8_t *next;
};

struct fr_kernels {
    /* fr_background_learn() of whole blocks: n_px is a multiple of FR_BLOCK_PX, the step's shift at
     * least FR_LEARN_SHIFT_MIN. Where evidence becomes or, in a step with loss, remains complete, 1
     * is added to `known_blocks`. */
    struct fr_background_count (*learn)(const struct fr_background_step *step,
                                        const struct fr_learn_at *at, size_t n_px);

    /* fr_background_scale() of whole blocks: of n_px pixels. */
    void (*scale)(uint8_t *levels, uint8_t *fractions, uint8_t *candidates, const uint8_t *pixels,
                  size_t n_px, uint32_t gain_q10);

    /* Clears the scores of shadows in up to FR_SHADOW_BLOCKS_MAX blocks of a row, the last of which
     * may lie in the next one as well, where anything moves: of `factors` there is a bit for each
     * that is a shadow's. What teaches is added to what has been seen. Rows of more pixels than a
     * block has. */
    void (*clear_shadows)(const struct fr_shadow_limits *limits, const struct fr_shadow_at *at,
                          size_t n_blocks, uint32_t factors, struct fr_shadow_teachers *teachers,
                          struct fr_shadow *seen);

    /* Lets a row enter the window, and unfolds the one behind it, from the left on: as many pixels
     * of either as a multiple of FR_BITS_AT_ONCE has. */
    void (*vote)(const struct fr_vote_at *at, size_t width_px, uint8_t quorum);

    /* fr_texture_sum(). */
    struct fr_texture_sums (*sum_tile)(const uint8_t *half, const uint8_t *level, size_t stride_px);

    /* The sums of tiles side by side, 1 to FR_TILE_SIDE rows high, from the left on. Returns how
     * many of the n_tiles it has done; the others are fewer than it does at once. */
    uint32_t (*sum_bytes)(const uint8_t *px, size_t stride_px, uint32_t rows, uint32_t n_tiles,
                          uint16_t *ret_sums);
};

/* NULL: there are none, and plain C has to do. */
const struct fr_kernels *fr_kernels_at(enum fr_simd level);

#ifdef FR_SIMD_X86
extern const struct fr_kernels fr_kernels_sse2, fr_kernels_avx2, fr_kernels_avx512;

/* Those of fr_kernels_avx512, whose other kernels are those of fr_kernels_avx2. */
struct fr_background_count fr_learn_avx512(const struct fr_background_step *step,
                                           const struct fr_learn_at *at, size_t n_px);
void fr_vote_avx512(const struct fr_vote_at *at, size_t width_px, uint8_t quorum);
#endif
#ifdef FR_SIMD_ARM
extern const struct fr_kernels fr_kernels_neon;
#endif
