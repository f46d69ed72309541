#include "analyzer/background.h"
#include "analyzer/kernels.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* For scaling, a mean is fixed point with 7 binary places, so that 255 still fits an int16_t. */
enum {
    GAIN_ONE = 1024,
    LEVEL_BITS = FR_SCALE_BITS,
    LEVEL_MAX = 255 << LEVEL_BITS,
    LEVEL_HALF = 1 << LEVEL_BITS >> 1,
    WHITE = 240 << LEVEL_BITS, /* from here on a camera may have clipped */
};

int fr_background_init(struct fr_background *background, size_t n_px)
{
    uint8_t *memory = fr_simd_alloc(fr_background_bytes(n_px));
    if (!memory)
        return -ENOMEM;
    *background = (struct fr_background){
        .n_px = n_px,
        .level = memory,
        .fraction = memory + n_px,
        .spread = memory + 2 * n_px,
        .candidate = memory + 3 * n_px,
        .evidence = memory + 4 * n_px,
        .known_blocks = memory + 5 * n_px,
        .memory = memory,
    };
    return 0;
}

void fr_background_fini(struct fr_background *background)
{
    free(background->memory);
    *background = (struct fr_background){0};
}

void fr_background_restart(struct fr_background *background, const uint8_t *half)
{
    memcpy(background->level, half, background->n_px);
    memset(background->fraction, FR_FRACTION_HALF, background->n_px);
    memcpy(background->candidate, half, background->n_px);
    memset(background->spread, 0, background->n_px);
    memset(background->evidence, 0, background->n_px);
    memset(background->known_blocks, 0, fr_blocks(background->n_px));
}

bool fr_background_knows(const struct fr_background *background, size_t first_px, size_t n_px)
{
    uint8_t any = 0;
    for (size_t i = first_px / FR_BLOCK_PX; i < fr_blocks(first_px + n_px); i++)
        any |= background->known_blocks[i];
    return any;
}

/* What was white may have been brighter than white: when the light goes down, it is as bright as it
 * is seen to be. */
static int32_t scaled(int32_t level, uint32_t gain_q10, int32_t seen)
{
    int32_t to = (int32_t)(((uint32_t)level * gain_q10 + GAIN_ONE / 2) / GAIN_ONE);
    bool was_white = gain_q10 < GAIN_ONE && level >= WHITE;
    to = was_white && seen > to ? seen : to;
    return to < LEVEL_MAX ? to : LEVEL_MAX;
}

static void scale_mean(uint8_t *level, uint8_t *fraction, uint32_t gain_q10, uint8_t seen)
{
    /* A mean and a half, in 128ths; where that is below 0, it is 0. */
    const int32_t before = ((*level << 8 | *fraction) >> 1) - LEVEL_HALF;
    const int32_t to = scaled(before > 0 ? before : 0, gain_q10, seen << LEVEL_BITS);
    const int32_t mean = (to << 1) + FR_FRACTION_HALF;

    *level = (uint8_t)(mean >> 8);
    *fraction = (uint8_t)mean;
}

void fr_background_scale_at(enum fr_simd level, struct fr_background *background, uint32_t gain_q10,
                            const uint8_t *half)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    const struct fr_background *b = background;
    size_t n_done = 0;

    if (kernels) {
        n_done = b->n_px / FR_BLOCK_PX * FR_BLOCK_PX;
        kernels->scale(b->level, b->fraction, b->candidate, half, n_done, gain_q10);
    }
    for (size_t i = n_done; i < b->n_px; i++) {
        scale_mean(&b->level[i], &b->fraction[i], gain_q10, half[i]);
        int32_t candidate = scaled(b->candidate[i] << LEVEL_BITS, gain_q10, 0);
        b->candidate[i] = (uint8_t)((candidate + LEVEL_HALF) >> LEVEL_BITS);
    }
}

void fr_background_scale(struct fr_background *background, uint32_t gain_q10, const uint8_t *half)
{
    fr_background_scale_at(fr_simd(), background, gain_q10, half);
}

void fr_background_believe(struct fr_background *background)
{
    for (size_t i = 0; i < background->n_px; i++) {
        uint8_t swap = background->level[i];
        background->level[i] = background->candidate[i];
        background->candidate[i] = swap;
    }
    memset(background->fraction, FR_FRACTION_HALF, background->n_px);
    memset(background->evidence, FR_EVIDENCE_KNOWN, background->n_px);
    memset(background->known_blocks, 1, fr_blocks(background->n_px));
}
