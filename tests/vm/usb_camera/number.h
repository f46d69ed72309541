/* A frame's number, drawn into its pixels, so that a test can tell at the far end which frame it
 * was given, in what order, and whether the picture is of one piece.
 *
 * The number stands twice, along the upper and along the lower edge: two rows of twenty cells, each
 * bright (1) or dark (0), the most significant bit first: 32 bits of the number, 8 bits of a check
 * sum. A cell is a twentieth of the width and a thirtieth of the height. At 320x240 that is 16x8
 * pixels, one block of a 4:2:2 JPEG, and it survives being scaled down by 4.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    NUMBER_COLUMNS = 20,
    NUMBER_ROWS = 2, /* of cells; at each of the two edges */
    NUMBER_CELLS_HIGH = 30,
    NUMBER_DARK = 32,
    NUMBER_BRIGHT = 224,
};

/* CRC-8 (x^8 + x^2 + x + 1), begun with ones, so that nothing but dark is no number. */
static inline uint8_t number_check(uint32_t number)
{
    uint8_t crc = 0xff;
    for (int bit = 31; bit >= 0; bit--) {
        bool is_odd = ((unsigned)crc >> 7 ^ number >> bit) & 1u;
        crc = (uint8_t)(crc << 1 ^ (is_odd ? 0x07 : 0));
    }
    return crc;
}

/* Whether the cell at `column` of `row` (0 or 1) is bright. */
static inline bool number_cell(uint32_t number, uint32_t column, uint32_t row)
{
    uint64_t bits = (uint64_t)number << 8 | number_check(number);
    return bits >> (NUMBER_ROWS * NUMBER_COLUMNS - 1 - (row * NUMBER_COLUMNS + column)) & 1;
}

/* The number along one edge, or -1. `luma` is the first sample of the picture, `step_bytes` what is
 * between two of a row. */
static inline int64_t number_read_edge(const uint8_t *luma, uint32_t stride_bytes,
                                       uint32_t step_bytes, uint32_t width_px, uint32_t height_px,
                                       bool is_lower)
{
    uint64_t bits = 0;
    uint32_t first = is_lower ? NUMBER_CELLS_HIGH - NUMBER_ROWS : 0;
    for (uint32_t row = first; row < first + NUMBER_ROWS; row++)
        for (uint32_t column = 0; column < NUMBER_COLUMNS; column++) {
            uint32_t x = width_px * (2 * column + 1) / (2 * NUMBER_COLUMNS);
            uint32_t y = height_px * (2 * row + 1) / (2 * NUMBER_CELLS_HIGH);
            uint8_t value = luma[(uint64_t)y * stride_bytes + (uint64_t)x * step_bytes];
            bits = bits << 1 | (value >= 128);
        }
    uint32_t number = (uint32_t)(bits >> 8);
    return number_check(number) == (bits & 0xff) ? (int64_t)number : -1;
}

/* The number of a picture, or -1: none, or not the same one at both edges. */
static inline int64_t number_read(const uint8_t *luma, uint32_t stride_bytes, uint32_t step_bytes,
                                  uint32_t width_px, uint32_t height_px)
{
    int64_t upper = number_read_edge(luma, stride_bytes, step_bytes, width_px, height_px, false);
    int64_t lower = number_read_edge(luma, stride_bytes, step_bytes, width_px, height_px, true);
    return upper == lower ? upper : -1;
}
