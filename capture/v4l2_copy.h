/* The one copy: from a driver's buffer into a slot. */
#pragma once

#include "framering/framering.h"

/* Copies the pictures' rows plane by plane, between two geometries of one format that differ in
 * their strides. `planes` are the beginnings of the planes in the buffer, `from` has their strides
 * (its offsets are not used). `tight` is a third with no padding: only its rows are copied, so that
 * neither padding is read or written. Reads up to the last pixel of each plane, writes within
 * `to`'s planes. Pure. */
void fr_v4l2_copy(const struct fr_geometry *tight, const struct fr_geometry *from,
                  const uint8_t *const planes[FR_PLANES_MAX], const struct fr_geometry *to,
                  uint8_t *slot);
