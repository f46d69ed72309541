/* A polygon cut into pixels: those whose centre lies in it.
 *
 * Whole numbers all the way, and an edge is worked out the same in either direction, so that of two
 * polygons with an edge in common every pixel along it belongs to exactly one, at every size. What
 * is thinner than a pixel may have none. Pure.
 */
#pragma once

#include "config/settings.h"

/* Sets each pixel of `plane` (height_px rows of width_px bytes, sides up to 16384) that belongs to
 * the polygon and is 0 to `value`, so that of areas that overlap the first one stays. */
void fr_polygon_fill(const struct fr_polygon *polygon, uint32_t width_px, uint32_t height_px,
                     uint8_t *plane, uint8_t value);
