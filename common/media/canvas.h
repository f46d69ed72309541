/* A picture to draw on, for people to look at: three bytes a pixel, boxes, lines, areas and a small
 * font of its own. What lies beyond the edges is not drawn. Pure, but for the memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_colour {
    uint8_t red, green, blue;
};

struct fr_canvas {
    uint32_t width_px, height_px;
    uint8_t *rgb; /* rows of 3 * width_px bytes */
};

/* A black canvas; -ENOMEM, -EINVAL for a side of 0 or above FR_SIDE_MAX. fini takes one that is
 * zeroed. */
int fr_canvas_init(struct fr_canvas *canvas, uint32_t width_px, uint32_t height_px);
void fr_canvas_fini(struct fr_canvas *canvas);

/* Grey levels of the canvas's size as its picture, times dim_q8 / 256 (at most 256). */
void fr_canvas_take_grey(struct fr_canvas *canvas, const uint8_t *grey, size_t stride_bytes,
                         uint32_t dim_q8);

/* Mixes a colour into pixels of one row: share_q8 256ths of it. */
void fr_canvas_tint(struct fr_canvas *canvas, int32_t x, int32_t y, uint32_t n_px,
                    struct fr_colour colour, uint32_t share_q8);

/* A line from one pixel to another, `thick` pixels wide. */
void fr_canvas_line(struct fr_canvas *canvas, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
                    uint32_t thick, struct fr_colour colour);

/* The edge of a box, its `thick` pixels inside it. */
void fr_canvas_box(struct fr_canvas *canvas, int32_t x, int32_t y, uint32_t width_px,
                   uint32_t height_px, uint32_t thick, struct fr_colour colour);

/* Text on a dark ground, its upper left corner at (x, y): letters of 5x7 times `scale`, small ones
 * as capitals, what the font does not have as a blank. */
enum { FR_LETTER_WIDTH = 6, FR_LETTER_HEIGHT = 9 }; /* of one with its room, at scale 1 */
void fr_canvas_text(struct fr_canvas *canvas, int32_t x, int32_t y, uint32_t scale,
                    struct fr_colour colour, const char *text);

/* The picture as a JPEG; *ret_bytes is the caller's, to be freed with free(). As
 * fr_jpeg_encode(). */
int fr_canvas_jpeg(const struct fr_canvas *canvas, int quality, uint8_t **ret_bytes,
                   size_t *ret_length);
