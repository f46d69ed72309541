#include "analyzer/majority.h"
#include "analyzer/kernels.h"

#include <string.h>

enum {
    SIDE = FR_MAJORITY_SIDE,
    REACH = SIDE / 2,
    QUORUM = 28, /* of the 50 that they could */
};

/* One row enters the window and one leaves it, from column x on. Sums stay below 51. */
static void move_down(const uint8_t *restrict row, const struct fr_vote_at *at, size_t x,
                      size_t width_px)
{
    for (; x < width_px; x++) {
        const uint8_t entering =
            (uint8_t)(row[x] + row[x + 1] + row[x + 2] + row[x + 3] + row[x + 4]);
        const uint8_t sum = (uint8_t)(at->sums[x] + entering - at->across[x]);
        at->across[x] = entering;
        at->sums[x] = sum;
        at->voted[x] = sum >= QUORUM;
    }
}

static void pad(const uint8_t *row, uint32_t width_px, uint8_t *padded)
{
    memset(padded, row[0], REACH);
    memcpy(padded + REACH, row, width_px);
    memset(padded + REACH + width_px, row[width_px - 1], REACH);
}

void fr_majority_5x5_at(enum fr_simd level, uint8_t *mask, uint32_t width_px, uint32_t height_px,
                        uint8_t *scratch)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    uint8_t *const sums = scratch + (size_t)SIDE * width_px, *const row = sums + width_px;
    uint8_t *const left = row + width_px + 2 * REACH;

    memset(scratch, 0, fr_majority_scratch_bytes(width_px));
    pad(mask, width_px, row);
    /* Above the first row and below the last one, these enter once more. When row y has entered,
     * row y - REACH has its sums, and nobody needs what stood in it. */
    for (int64_t y = 1 - SIDE; y < (int64_t)height_px + REACH; y++) {
        if (y > 0 && y < height_px)
            pad(mask + (size_t)y * width_px, width_px, row);
        const struct fr_vote_at at = {
            .across = scratch + (size_t)((y + SIDE) % SIDE) * width_px,
            .sums = sums,
            .voted = mask + (size_t)(y < REACH ? 0 : y - REACH) * width_px,
            .left = left,
        };
        const size_t n_done = kernels ? kernels->vote(row, &at, width_px, QUORUM) : 0;
        move_down(row, &at, n_done, width_px);
    }
}

void fr_majority_5x5(uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *scratch)
{
    fr_majority_5x5_at(fr_simd(), mask, width_px, height_px, scratch);
}
