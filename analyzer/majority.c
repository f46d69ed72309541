#include "analyzer/majority.h"

#include <string.h>

enum {
    REACH = FR_MAJORITY_SIDE / 2,
    QUORUM = FR_MAJORITY_SIDE * FR_MAJORITY_SIDE * FR_SCORE_MAX / 2 + 1
};

static uint64_t vote(const uint8_t *restrict sums, uint8_t *restrict row, uint32_t width_px)
{
    for (uint32_t x = 0; x < width_px; x++)
        row[x] =
            (uint8_t)(sums[x] + sums[x + 1] + sums[x + 2] + sums[x + 3] + sums[x + 4]) >= QUORUM;
    uint32_t set = 0;
    for (uint32_t x = 0; x < width_px; x++)
        set += row[x];
    return set;
}

static void add(uint8_t *restrict sums, const uint8_t *restrict entering,
                const uint8_t *restrict leaving, uint32_t width_px)
{
    for (uint32_t x = 0; x < width_px; x++)
        sums[x] = (uint8_t)(sums[x] + entering[x] - leaving[x]);
}

uint64_t fr_majority_5x5(uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *scratch)
{
    uint8_t *const sums = scratch + (size_t)FR_MAJORITY_SIDE * width_px;
    uint8_t *const inner = sums + REACH;
    uint64_t set = 0;

    /* Row y of the mask as it was stands in the scratch until no sum holds it any more. */
#define KEPT(y) (scratch + (size_t)((y) % FR_MAJORITY_SIDE) * width_px)
    memset(inner, 0, width_px);
    for (uint32_t y = 0; y < height_px && y <= REACH; y++)
        memcpy(KEPT(y), mask + (size_t)y * width_px, width_px);
    for (int32_t dy = -REACH; dy <= REACH; dy++) {
        uint32_t y = dy < 0 ? 0 : (uint32_t)dy < height_px ? (uint32_t)dy : height_px - 1;
        for (uint32_t x = 0; x < width_px; x++)
            inner[x] = (uint8_t)(inner[x] + KEPT(y)[x]);
    }

    for (uint32_t y = 0;; y++) {
        for (int i = 0; i < REACH; i++) {
            sums[i] = inner[0];
            inner[width_px + (uint32_t)i] = inner[width_px - 1];
        }
        set += vote(sums, mask + (size_t)y * width_px, width_px);
        if (y + 1 == height_px)
            return set;

        /* The window goes one row down; at the edges the row that leaves or enters is the outermost
         * one. The row that leaves is read before its place may be taken by the one that enters. */
        uint32_t leaving = y < REACH ? 0 : y - REACH;
        uint32_t entering = y + 1 + REACH;
        if (entering < height_px) {
            uint8_t *kept = KEPT(entering);
            const uint8_t *row = mask + (size_t)entering * width_px;
            add(inner, row, KEPT(leaving), width_px);
            memcpy(kept, row, width_px);
        } else {
            add(inner, KEPT(height_px - 1), KEPT(leaving), width_px);
        }
    }
#undef KEPT
}
