#include "analyzer/majority.h"

#include <string.h>

enum {
    SIDE = FR_MAJORITY_SIDE,
    REACH = SIDE / 2,
    QUORUM = 28, /* of the 50 that they could */
};

/* One row enters the window and one leaves it. `row` has two pixels more on either side. `across`
 * holds the sums of five pixels side by side: those of the row that leaves, then those of the one
 * that enters. Sums stay below 51. */
static inline __attribute__((always_inline)) void
move_down(const uint8_t *restrict row, uint8_t *restrict across, uint8_t *restrict sums,
          uint8_t *restrict voted, size_t width_px)
{
    for (size_t x = 0; x < width_px; x++) {
        const uint8_t entering =
            (uint8_t)(row[x] + row[x + 1] + row[x + 2] + row[x + 3] + row[x + 4]);
        const uint8_t sum = (uint8_t)(sums[x] + entering - across[x]);
        across[x] = entering;
        sums[x] = sum;
        voted[x] = sum >= QUORUM;
    }
}

typedef void move_down_fn(const uint8_t *restrict row, uint8_t *restrict across,
                          uint8_t *restrict sums, uint8_t *restrict voted, size_t width_px);

static void move_down_plain(const uint8_t *restrict row, uint8_t *restrict across,
                            uint8_t *restrict sums, uint8_t *restrict voted, size_t width_px)
{
    move_down(row, across, sums, voted, width_px);
}

#ifdef FR_SIMD_X86
FR_SIMD_FOR_AVX2 static void move_down_avx2(const uint8_t *restrict row, uint8_t *restrict across,
                                            uint8_t *restrict sums, uint8_t *restrict voted,
                                            size_t width_px)
{
    move_down(row, across, sums, voted, width_px);
}
#endif

static move_down_fn *move_down_at(enum fr_simd level)
{
    switch (level) {
#ifdef FR_SIMD_X86
    case FR_SIMD_AVX512:
    case FR_SIMD_AVX2:
        return move_down_avx2;
#endif
    default:
        return move_down_plain;
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
    move_down_fn *const move = move_down_at(level);
    uint8_t *const sums = scratch + (size_t)SIDE * width_px, *const row = sums + width_px;

    memset(scratch, 0, (size_t)(SIDE + 1) * width_px);
    pad(mask, width_px, row);
    /* Above the first row and below the last one, these enter once more. When row y has entered,
     * row y - REACH has its sums, and nobody needs what stood in it. */
    for (int64_t y = 1 - SIDE; y < (int64_t)height_px + REACH; y++) {
        if (y > 0 && y < height_px)
            pad(mask + (size_t)y * width_px, width_px, row);
        uint8_t *across = scratch + (size_t)((y + SIDE) % SIDE) * width_px;
        move(row, across, sums, mask + (size_t)(y < REACH ? 0 : y - REACH) * width_px, width_px);
    }
}

void fr_majority_5x5(uint8_t *mask, uint32_t width_px, uint32_t height_px, uint8_t *scratch)
{
    fr_majority_5x5_at(fr_simd(), mask, width_px, height_px, scratch);
}
