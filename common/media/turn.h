/* Pictures mirrored and rotated, for cameras that hang upside down or on their side.
 *
 * A turn mirrors first (left and right exchanged), then rotates clockwise. Each plane is turned for
 * itself, sample by sample, so that no value changes; with one exception. Formats that share chroma
 * between two neighbours of a row only (422P, YUYV, UYVY) would, turned by 90 or 270 degrees, share
 * it between two rows, which no format of the ring does: they become YU12, and chroma of two rows
 * of the source is averaged.
 *
 * Turning is done while a picture is copied. By 180 degrees, or mirrored, it costs little more than
 * the copy; by 90 or 270, in tiles of 64x64 that stay in the cache, about five times as much (1 ms
 * for a 1080p picture of YU12, where the copy takes 0.2).
 */
#pragma once

#include "framering/framering.h"

struct fr_turn {
    uint32_t rotate_deg; /* clockwise: 0, 90, 180 or 270 */
    bool mirror;         /* before the rotation */
};

/* Nothing to be done. Pure. */
bool fr_turn_is_none(struct fr_turn turn);

/* What is left to do when `done` of what was wanted has been done already (by the camera itself).
 * Pure. */
struct fr_turn fr_turn_left(struct fr_turn wanted, struct fr_turn done);

/* True when it may be done to pictures of that field order (enum v4l2_field): two fields in one
 * picture are mirrored row by row, and nothing else. Pure. */
bool fr_turn_suits_field(struct fr_turn turn, uint32_t field);

/* What the picture is afterwards: size, fourcc; the rest is as it was. -EINVAL: not a turn;
 * -ENOTSUP: an unknown fourcc. Pure. */
int fr_turn_format(struct fr_turn turn, const struct fr_format *from, struct fr_format *ret_to);

/* Turns a picture into the planes of `to` at `slot`. `from` says how it lies, but for its offsets:
 * planes[i] is where from->planes[i] begins. Both geometries are sound (fr_geometry_check()), and
 * `to` has the format that fr_turn_format() gave. Each plane is read up to its last pixel, and
 * never behind it; of `slot`, the pixels alone are written. The two do not overlap. -EINVAL,
 * -ENOTSUP: the geometries are not what they should be; nothing was written. Pure. */
int fr_turn_planes(struct fr_turn turn, const struct fr_geometry *from,
                   const uint8_t *const planes[FR_PLANES_MAX], const struct fr_geometry *to,
                   uint8_t *slot);

/* The same for a picture in one piece at `bytes`. */
int fr_turn_picture(struct fr_turn turn, const struct fr_geometry *from, const uint8_t *bytes,
                    const struct fr_geometry *to, uint8_t *slot);
