/* The rows of a frame as plain Y, U and V, whatever the fourcc packs them into.
 *
 * Shared by the JPEG encoder and the Y4M writer. Each row is copied out, so that a frame that
 * changes meanwhile (peek reading) can spoil samples and nothing else. Pure.
 */
#pragma once

#include "framering/framering.h"

/* How to get at the planes of one frame. */
struct fr_frame_rows {
    uint32_t width_px, height_px;               /* luma */
    uint32_t chroma_width_px, chroma_height_px; /* 0: there is none */
    uint32_t chroma_h_sub, chroma_v_sub;        /* 0, or 2 and 1 or 2 */
    struct {
        const uint8_t *data;
        uint32_t stride_bytes;
        uint32_t step_bytes; /* from one sample to the next */
    } component[3];
};

/* Looks up and checks the planes: each has room for the rows and columns that the format says.
 * -ENOTSUP: an unknown fourcc; -EINVAL: a plane is missing or too small, or the size is out of
 * range. */
int fr_frame_rows_init(const struct fr_frame *frame, struct fr_frame_rows *ret_rows);

/* The number of rows and columns of component 0 (Y), 1 (U), 2 (V). */
uint32_t fr_frame_rows_width_px(const struct fr_frame_rows *rows, unsigned component);
uint32_t fr_frame_rows_height_px(const struct fr_frame_rows *rows, unsigned component);

/* Copies row y of a component; `row` has room for its width. y is below its height. */
void fr_frame_rows_copy(const struct fr_frame_rows *rows, unsigned component, uint32_t y,
                        uint8_t *row);
