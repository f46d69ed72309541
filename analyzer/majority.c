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
        fr_bit_put(at->voted, x, sum >= QUORUM);
    }
}

/* The scores of a row, from pixel first_px on, with what lies beyond its ends. */
static void unfold(const struct fr_kernels *kernels, const struct fr_scores *scores,
                   size_t first_px, uint32_t width_px, uint8_t *ret_row)
{
    uint8_t *const px = ret_row + REACH;
    const size_t n_done = kernels ? width_px / FR_BITS_AT_ONCE * FR_BITS_AT_ONCE : 0;

    if (n_done)
        kernels->unfold(scores, first_px, n_done, px);
    for (size_t x = n_done; x < width_px; x++)
        px[x] =
            (uint8_t)(fr_bit(scores->moves, first_px + x) + fr_bit(scores->strays, first_px + x));
    memset(ret_row, px[0], REACH);
    memset(px + width_px, px[width_px - 1], REACH);
}

void fr_majority_5x5_at(enum fr_simd level, const struct fr_scores *scores, uint32_t width_px,
                        uint32_t height_px, uint8_t *scratch, uint8_t *ret_mask)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    const size_t row_bytes = fr_majority_row_bytes(width_px),
                 stride = fr_mask_stride_bytes(width_px);
    uint8_t *const sums = scratch + SIDE * row_bytes, *rows = sums + row_bytes;

    memset(scratch, 0, (SIDE + 1) * row_bytes);
    /* Above the first row and below the last one, these enter once more. When row y has entered,
     * row y - REACH has its sums. A row is unfolded while the one before enters: what has just been
     * written is slow to be read at another place. */
    for (int64_t y = -SIDE; y < (int64_t)height_px + REACH; y++) {
        uint8_t *const entering = rows + (size_t)(y & 1) * row_bytes;
        const int64_t next = y + 1 < 0 ? 0 : y + 1 < height_px ? y + 1 : height_px - 1;
        unfold(kernels, scores, (size_t)next * width_px, width_px,
               rows + (size_t)(~y & 1) * row_bytes);
        if (y < 1 - SIDE)
            continue;
        const struct fr_vote_at at = {
            .across = scratch + (size_t)((y + SIDE) % SIDE) * row_bytes,
            .sums = sums,
            .voted = ret_mask + (size_t)(y < REACH ? 0 : y - REACH) * stride,
        };
        /* Where a row's last word has more bits than the row. */
        memset(at.voted + stride - 8, 0, 8);
        const size_t n_done = kernels ? kernels->vote(entering, &at, width_px, QUORUM) : 0;
        move_down(entering, &at, n_done, width_px);
    }
}

void fr_majority_5x5(const struct fr_scores *scores, uint32_t width_px, uint32_t height_px,
                     uint8_t *scratch, uint8_t *ret_mask)
{
    fr_majority_5x5_at(fr_simd(), scores, width_px, height_px, scratch, ret_mask);
}
