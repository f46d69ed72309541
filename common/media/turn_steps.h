/* The two ways of turning, used by turn.c alone: whole rows, or tiles. */
#pragma once

#include "common/media/frame_rows.h"

/* Which way a picture is read: columns and rows from the other end, and rows and columns exchanged
 * after that. */
struct fr_turn_steps {
    bool from_right, from_bottom, is_transposed;
};

/* Not transposed: one plane, row by row; `element_bytes` stay together and in order: 1, or 2 (a
 * pair of chroma). 4 is a packed pair of pixels, of which the first luma byte is at luma_at (0 or
 * 1). */
struct fr_turn_plane {
    const uint8_t *from;
    uint8_t *to;
    uint32_t from_stride_bytes, to_stride_bytes;
    uint32_t elements, rows;
    uint32_t element_bytes;
    uint32_t luma_at;
};
void fr_turn_rows(struct fr_turn_steps steps, const struct fr_turn_plane *plane);

/* Transposed: one component, tile by tile. With `is_averaged`, two rows of `from` make one column
 * of `to`. */
void fr_turn_tiles(struct fr_turn_steps steps, const struct fr_frame_rows *from,
                   const struct fr_frame_rows *to, unsigned component, bool is_averaged);
