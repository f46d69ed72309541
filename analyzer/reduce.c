#include "analyzer/reduce.h"

/* One loop for each step, so that the compiler knows the distance and can vectorise it. */
static void reduce_row_planar(const uint8_t *restrict upper, const uint8_t *restrict lower,
                              uint8_t *restrict half, uint32_t pairs)
{
    for (uint32_t x = 0; x < pairs; x++)
        half[x] =
            (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >> 2);
}

static void reduce_row_packed(const uint8_t *restrict upper, const uint8_t *restrict lower,
                              uint8_t *restrict half, uint32_t pairs)
{
    for (uint32_t x = 0; x < pairs; x++)
        half[x] =
            (uint8_t)((upper[4 * x] + upper[4 * x + 2] + lower[4 * x] + lower[4 * x + 2] + 2) >> 2);
}

static void reduce_row_any(const uint8_t *upper, const uint8_t *lower, uint8_t *half,
                           uint32_t pairs, size_t step_bytes)
{
    for (uint32_t x = 0; x < pairs; x++) {
        size_t left = 2 * x * step_bytes, right = left + step_bytes;
        half[x] = (uint8_t)((upper[left] + upper[right] + lower[left] + lower[right] + 2) >> 2);
    }
}

void fr_reduce_2x2(const struct fr_luma *luma, uint8_t *half)
{
    const uint32_t pairs = luma->width_px / 2;
    const size_t last = (size_t)(luma->width_px - 1) * luma->step_bytes;

    for (uint32_t y = 0; y < luma->height_px; y += 2) {
        const uint8_t *upper = luma->data + (size_t)y * luma->stride_bytes;
        const uint8_t *lower = y + 1 < luma->height_px ? upper + luma->stride_bytes : upper;

        if (luma->step_bytes == 1)
            reduce_row_planar(upper, lower, half, pairs);
        else if (luma->step_bytes == 2)
            reduce_row_packed(upper, lower, half, pairs);
        else
            reduce_row_any(upper, lower, half, pairs, luma->step_bytes);
        half += pairs;
        if (luma->width_px % 2)
            *half++ = (uint8_t)((upper[last] + lower[last] + 1) >> 1);
    }
}
