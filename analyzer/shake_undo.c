/* A displacement undone: the frame laid over the background, what that leaves forgiven, and the
 * mask laid over the frame again. */
#include "analyzer/shake.h"

enum { FORGIVEN_LEVELS = 4 };

static uint32_t inside(int32_t at, uint32_t side)
{
    return at < 0 ? 0 : (uint32_t)at < side ? (uint32_t)at : side - 1;
}

void fr_shake_align(const uint8_t *half, uint32_t width_px, uint32_t height_px,
                    struct fr_shift shift, uint8_t *ret_aligned)
{
    const int32_t whole_x = shift.x_q2 >> 2, part_x = shift.x_q2 & 3;
    const int32_t whole_y = shift.y_q2 >> 2, part_y = shift.y_q2 & 3;

    for (uint32_t y = 0; y < height_px; y++) {
        const uint8_t *upper = half + (size_t)inside((int32_t)y + whole_y, height_px) * width_px;
        const uint8_t *lower =
            half + (size_t)inside((int32_t)y + whole_y + 1, height_px) * width_px;
        for (uint32_t x = 0; x < width_px; x++) {
            uint32_t left = inside((int32_t)x + whole_x, width_px);
            uint32_t right = inside((int32_t)x + whole_x + 1, width_px);
            int32_t above = upper[left] * (4 - part_x) + upper[right] * part_x;
            int32_t below = lower[left] * (4 - part_x) + lower[right] * part_x;
            *ret_aligned++ = (uint8_t)((above * (4 - part_y) + below * part_y + 8) >> 4);
        }
    }
}

void fr_shake_forgive(const uint8_t *aligned, const uint8_t *levels, uint32_t width_px,
                      uint32_t height_px, const struct fr_scores *scores)
{
    for (uint32_t y = 1; y + 1 < height_px; y++)
        for (uint32_t x = 1; x + 1 < width_px; x++) {
            const size_t at = (size_t)y * width_px + x;
            if (!fr_bit(scores->strays, at))
                continue;
            int32_t here = levels[at], low = here, high = here;
            for (size_t row = at - width_px; row <= at + width_px; row += width_px)
                for (size_t i = row - 1; i <= row + 1; i++) {
                    low = levels[i] < low ? levels[i] : low;
                    high = levels[i] > high ? levels[i] : high;
                }
            const int32_t tolerance_q4 = FORGIVEN_LEVELS * 16 + here;
            const int32_t off_q4 = (aligned[at] - here) * 16;
            if (off_q4 >= -4 * (here - low) - tolerance_q4 &&
                off_q4 <= 4 * (high - here) + tolerance_q4)
                fr_scores_clear(scores, at, 1);
        }
}

/* 64 bits of a row of width_px, from column x on; what lies outside is 0. */
static uint64_t bits_of_row(const uint8_t *row, int64_t width_px, int64_t x)
{
    if (x >= width_px || x <= -64)
        return 0;
    const uint64_t bits = x < 0 ? fr_bits_64(row, 0) << -x : fr_bits_64(row, (size_t)x);
    return bits & fr_bits_below((uint64_t)(width_px - x));
}

void fr_shake_move_mask(const uint8_t *mask, uint32_t width_px, uint32_t height_px,
                        struct fr_shift shift, uint8_t *ret_moved)
{
    const int64_t by_x = (shift.x_q2 + 2) >> 2, by_y = (shift.y_q2 + 2) >> 2;
    const size_t stride_bytes = fr_mask_stride_bytes(width_px);

    for (int64_t y = 0; y < height_px; y++)
        for (int64_t x = 0; x < width_px; x += 64, ret_moved += 8) {
            const int64_t from_y = y - by_y;
            uint64_t bits = 0;
            if (from_y >= 0 && from_y < height_px)
                bits = bits_of_row(mask + (size_t)from_y * stride_bytes, width_px, x - by_x);
            fr_eight_put(ret_moved, bits & fr_bits_below((uint64_t)(width_px - x)));
        }
}
