#include "analyzer/background.h"
#include "analyzer/kernels.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    GAIN_ONE = 1024,
    LEVEL_HALF = 1 << FR_LEVEL_BITS >> 1,
};

int fr_background_init(struct fr_background *background, size_t n_px)
{
    /* One piece, in order of alignment. */
    uint8_t *memory = calloc(fr_background_bytes(n_px), 1);
    if (!memory)
        return -ENOMEM;
    *background = (struct fr_background){
        .n_px = n_px,
        .mean = (int16_t *)memory,
        .deviation = memory + 2 * n_px,
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
    for (size_t i = 0; i < background->n_px; i++)
        background->mean[i] = (int16_t)(half[i] << FR_LEVEL_BITS);
    memcpy(background->candidate, half, background->n_px);
    memset(background->deviation, 0, background->n_px);
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
    bool was_white = gain_q10 < GAIN_ONE && level >= FR_LEVEL_WHITE;
    to = was_white && seen > to ? seen : to;
    return to < FR_LEVEL_MAX ? to : FR_LEVEL_MAX;
}

void fr_background_scale_at(enum fr_simd level, struct fr_background *background, uint32_t gain_q10,
                            const uint8_t *half)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    size_t n_done = 0;

    if (kernels) {
        n_done = background->n_px / FR_BLOCK_PX * FR_BLOCK_PX;
        kernels->scale(background->mean, background->candidate, half, n_done, gain_q10);
    }
    for (size_t i = n_done; i < background->n_px; i++) {
        int32_t seen = half[i] << FR_LEVEL_BITS;
        background->mean[i] = (int16_t)scaled(background->mean[i], gain_q10, seen);
        int32_t candidate = scaled(background->candidate[i] << FR_LEVEL_BITS, gain_q10, 0);
        background->candidate[i] = (uint8_t)((candidate + LEVEL_HALF) >> FR_LEVEL_BITS);
    }
}

void fr_background_scale(struct fr_background *background, uint32_t gain_q10, const uint8_t *half)
{
    fr_background_scale_at(fr_simd(), background, gain_q10, half);
}

void fr_background_believe(struct fr_background *background)
{
    for (size_t i = 0; i < background->n_px; i++) {
        uint8_t swap = (uint8_t)(background->mean[i] >> FR_LEVEL_BITS);
        background->mean[i] = (int16_t)(background->candidate[i] << FR_LEVEL_BITS);
        background->candidate[i] = swap;
    }
    memset(background->evidence, FR_EVIDENCE_KNOWN, background->n_px);
    memset(background->known_blocks, 1, fr_blocks(background->n_px));
}
