/* Turning with rows and columns exchanged, in tiles that stay in the cache.
 *
 * For each tile of the destination the samples are brought together as plain bytes, whatever their
 * step, then transposed in blocks of 8x8, each of which is eight words, and written row by row.
 * Which end the rows and columns are read from is decided by where they are put in the tile, and
 * costs nothing.
 */
#include "common/media/turn_steps.h"

#include <endian.h>
#include <string.h>

enum { TILE = 64, BLOCK = 8 };

struct tile {
    uint8_t in[TILE][TILE];
    uint8_t out[TILE][TILE];
};

/* Half of each block's rows and columns change places: first by 4, then by 2, then by 1. */
static void exchange(uint64_t *a, uint64_t *b, unsigned bits, uint64_t mask)
{
    uint64_t differ = (*a >> bits ^ *b) & mask;
    *b ^= differ;
    *a ^= differ << bits;
}

static void transpose_block(const uint8_t *in, uint8_t *out)
{
    uint64_t row[BLOCK];
    for (unsigned i = 0; i < BLOCK; i++) {
        memcpy(&row[i], in + (size_t)i * TILE, sizeof row[i]);
        row[i] = le64toh(row[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        exchange(&row[i], &row[i + 4], 32, UINT64_C(0x00000000ffffffff));
    for (unsigned i = 0; i < 4; i++) {
        unsigned k = i / 2 * 4 + i % 2; /* 0, 1, 4, 5 */
        exchange(&row[k], &row[k + 2], 16, UINT64_C(0x0000ffff0000ffff));
    }
    for (unsigned i = 0; i < BLOCK; i += 2)
        exchange(&row[i], &row[i + 1], 8, UINT64_C(0x00ff00ff00ff00ff));
    for (unsigned i = 0; i < BLOCK; i++) {
        row[i] = htole64(row[i]);
        memcpy(out + (size_t)i * TILE, &row[i], sizeof row[i]);
    }
}

static void transpose_tile(struct tile *tile, uint32_t columns, uint32_t rows)
{
    for (uint32_t y = 0; y < rows; y += BLOCK)
        for (uint32_t x = 0; x < columns; x += BLOCK)
            transpose_block(&tile->in[y][x], &tile->out[x][y]);
}

/* One row of the tile: `n` samples from column x of row y. */
static void fetch_row(const struct fr_frame_rows *from, unsigned component, uint32_t x, uint32_t y,
                      uint32_t n, uint8_t *restrict row)
{
    const uint32_t step = from->component[component].step_bytes;
    const uint8_t *bytes = from->component[component].data +
                           (size_t)y * from->component[component].stride_bytes + (size_t)x * step;
    if (step == 1)
        memcpy(row, bytes, n);
    else if (step == 2)
        for (uint32_t i = 0; i < n; i++)
            row[i] = bytes[2 * (size_t)i];
    else
        for (uint32_t i = 0; i < n; i++)
            row[i] = bytes[4 * (size_t)i];
}

static void fetch_mean_row(const struct fr_frame_rows *from, unsigned component, uint32_t x,
                           uint32_t y, uint32_t n, uint8_t *row)
{
    uint8_t lower[TILE];
    fetch_row(from, component, x, 2 * y, n, row);
    if (2 * y + 1 >= fr_frame_rows_height_px(from, component))
        return;
    fetch_row(from, component, x, 2 * y + 1, n, lower);
    for (uint32_t i = 0; i < n; i++)
        row[i] = (uint8_t)((row[i] + lower[i] + 1) >> 1);
}

/* One row of the destination; the pixels are the slot's, which frame_rows only reads elsewhere. */
static void put_row(const struct fr_frame_rows *to, unsigned component, uint32_t x, uint32_t y,
                    uint32_t n, const uint8_t *row)
{
    const uint32_t step = to->component[component].step_bytes;
    uint8_t *bytes = (uint8_t *)(uintptr_t)to->component[component].data +
                     (size_t)y * to->component[component].stride_bytes + (size_t)x * step;
    if (step == 1)
        memcpy(bytes, row, n);
    else
        for (uint32_t i = 0; i < n; i++)
            bytes[2 * (size_t)i] = row[i];
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void fr_turn_tiles(struct fr_turn_steps steps, const struct fr_frame_rows *from,
                   const struct fr_frame_rows *to, unsigned component, bool is_averaged)
{
    /* Columns of `to` are rows of `from`, and the other way round. */
    const uint32_t width = fr_frame_rows_width_px(to, component);
    const uint32_t height = fr_frame_rows_height_px(to, component);
    struct tile tile = {0};

    for (uint32_t y0 = 0; y0 < height; y0 += TILE)
        for (uint32_t x0 = 0; x0 < width; x0 += TILE) {
            const uint32_t columns = least(TILE, width - x0), rows = least(TILE, height - y0);
            const uint32_t from_x = steps.from_right ? height - y0 - rows : y0;
            for (uint32_t i = 0; i < columns; i++) {
                uint32_t from_y = steps.from_bottom ? width - 1 - (x0 + i) : x0 + i;
                if (is_averaged)
                    fetch_mean_row(from, component, from_x, from_y, rows, tile.in[i]);
                else
                    fetch_row(from, component, from_x, from_y, rows, tile.in[i]);
            }
            transpose_tile(&tile, rows, columns);
            for (uint32_t i = 0; i < rows; i++)
                put_row(to, component, x0, y0 + (steps.from_right ? rows - 1 - i : i), columns,
                        tile.out[i]);
        }
}
