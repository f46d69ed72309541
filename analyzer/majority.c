#include "analyzer/majority.h"
#include "analyzer/kernels.h"

#include <string.h>

enum {
    SIDE = FR_MAJORITY_SIDE,
    REACH = SIDE / 2,
    QUORUM = 28, /* of the 50 that they could */
};

/* From column x on: a row enters the window, and one leaves it. Sums stay below 51. */
static void vote(const struct fr_vote_at *at, size_t x, size_t width_px)
{
    const uint8_t *row = at->entering;

    for (; x < width_px; x++) {
        const uint8_t entering =
            (uint8_t)(row[x] + row[x + 1] + row[x + 2] + row[x + 3] + row[x + 4]);
        const uint8_t sum = (uint8_t)(at->sums[x] + entering - at->across[x]);
        at->across[x] = entering;
        at->sums[x] = sum;
        fr_bit_put(at->voted, x, sum >= QUORUM);
    }
}

/* The place within 0 to n - 1 that stands for one beyond it: as far inside, if there is one. */
static int64_t mirrored(int64_t at, int64_t n)
{
    at = at < 0 ? -at : at < n ? at : 2 * (n - 1) - at;
    return at < 0 ? 0 : at < n ? at : n - 1;
}

/* From column x on, and what lies beyond the row's ends. */
static void unfold(const struct fr_vote_at *at, size_t x, size_t width_px)
{
    for (; x < width_px; x++)
        at->next[x] = (uint8_t)(fr_bit(at->scores->moves, at->next_px + x) +
                                fr_bit(at->scores->strays, at->next_px + x));
    for (int64_t beyond = 1; beyond <= REACH; beyond++) {
        at->next[-beyond] = at->next[mirrored(-beyond, (int64_t)width_px)];
        at->next[(int64_t)width_px - 1 + beyond] =
            at->next[mirrored((int64_t)width_px - 1 + beyond, (int64_t)width_px)];
    }
}

void fr_majority_5x5_at(enum fr_simd level, const struct fr_scores *scores, uint32_t width_px,
                        uint32_t height_px, uint8_t *scratch, uint8_t *ret_mask)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    const size_t row_bytes = fr_majority_row_bytes(width_px),
                 stride = fr_mask_stride_bytes(width_px);
    const size_t n_done = kernels ? width_px / FR_BITS_AT_ONCE * FR_BITS_AT_ONCE : 0;
    uint8_t *const sums = scratch + SIDE * row_bytes, *rows = sums + row_bytes;
    struct fr_vote_at at = {.sums = sums, .scores = scores};

    memset(scratch, 0, fr_majority_scratch_bytes(width_px));
    /* What lies above the first row and below the last one enters as well; before that an empty
     * row, while the first is unfolded. When row y has entered, row y - REACH has its sums. A
     * row is unfolded while the one before it enters: what has just been written is slow to be
     * read at another place. */
    for (int64_t y = -SIDE; y < (int64_t)height_px + REACH; y++) {
        const int64_t next = mirrored(y + 1, height_px);
        at.entering = rows + (size_t)(y & 1) * row_bytes;
        at.next = rows + (size_t)(~y & 1) * row_bytes + REACH;
        at.next_px = (size_t)next * width_px;
        at.across = scratch + (size_t)((y + SIDE) % SIDE) * row_bytes;
        at.voted = ret_mask + (size_t)(y < REACH ? 0 : y - REACH) * stride;
        /* A row's last word has more bits than the row. */
        memset(at.voted + stride - 8, 0, 8);
        if (kernels)
            kernels->vote(&at, n_done, QUORUM);
        vote(&at, n_done, width_px);
        unfold(&at, n_done, width_px);
    }
}

void fr_majority_5x5(const struct fr_scores *scores, uint32_t width_px, uint32_t height_px,
                     uint8_t *scratch, uint8_t *ret_mask)
{
    fr_majority_5x5_at(fr_simd(), scores, width_px, height_px, scratch, ret_mask);
}
