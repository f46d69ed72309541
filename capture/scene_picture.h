/* Pictures drawn beforehand in the layout of a format, and put into frames row by row.
 *
 * A picture is kept once for each light. Its rows may be inset, so that it need not be a rectangle.
 * Luma is kept less the noise's amplitude, and the noise table holds 0 to twice the amplitude, so
 * that putting a row into a frame is one byte-wise addition that cannot overflow. Chroma has no
 * noise.
 */
#pragma once

#include "framering/framering.h"

enum { FR_LIGHTS = 2 }; /* 0: full light, 1: dim */

/* Gaussian noise of a standard deviation, cut at three of them. */
struct fr_noise {
    uint8_t amplitude; /* largest departure from the mean, in grey levels */
    uint8_t *bytes;    /* 0 to 2 * amplitude, 0 where the format has chroma; NULL: no noise */
};

/* Makes the table for rows of `width_px` in `fourcc`. The caller calls fr_noise_fini(). -ENOMEM. */
int fr_noise_init(struct fr_noise *noise, uint64_t seed, uint32_t levels, uint32_t fourcc,
                  uint32_t width_px);
void fr_noise_fini(struct fr_noise *noise);

/* Says what colour pixel (x, y) has in full light: Y, Cb, Cr. */
typedef void fr_picture_paint(const void *userdata, uint32_t x_px, uint32_t y_px, uint8_t ret[3]);

struct fr_picture {
    struct fr_geometry geometry;
    uint8_t *pixels[FR_LIGHTS];
    uint32_t *inset_px; /* of each row, from both sides, even; the same in both rows of a pair */
};

/* Draws a picture; dim light is `light_percent` darker. An ellipse's sides are inset. The width of
 * an ellipse must be even. The caller calls fr_picture_fini(), also after a failure. -EINVAL,
 * -ENOTSUP as fr_geometry_init(), -ENOMEM. */
int fr_picture_init(struct fr_picture *picture, const struct fr_format *format, bool is_ellipse,
                    uint32_t light_percent, uint8_t amplitude, fr_picture_paint *paint,
                    const void *userdata);
/* Takes a zeroed one. */
void fr_picture_fini(struct fr_picture *picture);

/* The columns of row `row` that are within a frame `frame_width_px` wide when the picture's left
 * edge stands at `x_px`: [*ret_begin, *ret_end). False when there are none. Pure. */
bool fr_picture_row_span(const struct fr_picture *picture, uint32_t row, int64_t x_px,
                         uint32_t frame_width_px, uint32_t *ret_begin, uint32_t *ret_end);

/* Puts the picture into a frame of the same fourcc, its upper left corner at (x_px, y_px), both
 * even. It may stand out at the sides, not at top or bottom. `noise_key` chooses the noise: the
 * same key gives a row of the frame the same noise. */
void fr_picture_put(const struct fr_picture *picture, unsigned light,
                    const struct fr_geometry *frame, uint8_t *slot, int64_t x_px, uint32_t y_px,
                    const struct fr_noise *noise, uint64_t noise_key);
