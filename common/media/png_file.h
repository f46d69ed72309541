/* PNG in memory, through libpng where it was there when framering was built; otherwise each of
 * these is -ENOTSUP with a reason that says so. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A PNG of any kind as grey levels, what is transparent before white. *ret_pixels (rows of width
 * bytes) is the caller's, to be freed with free(). -EBADMSG: damaged, or no PNG; -EFBIG: more than
 * pixels_max; -ENOTSUP; -ENOMEM. `reason` gets what was wrong. */
int fr_png_decode_grey(const uint8_t *bytes, size_t n_bytes, uint64_t pixels_max,
                       uint32_t *ret_width_px, uint32_t *ret_height_px, uint8_t **ret_pixels,
                       char *reason, size_t reason_size);

/* A picture of three bytes a pixel (red, green, blue) as a PNG. *ret_bytes is the caller's, to be
 * freed with free(). */
int fr_png_encode_rgb(const uint8_t *rgb, uint32_t width_px, uint32_t height_px,
                      uint8_t **ret_bytes, size_t *ret_length, char *reason, size_t reason_size);
