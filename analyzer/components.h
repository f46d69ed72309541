/* Connected components of a mask, by runs.
 *
 * A row is cut into runs of set pixels; a run that touches one of the row above (also by a corner)
 * belongs to the same object. Only two rows of runs are alive at a time, and an object is handed
 * over as soon as no run of the row below continues it, so memory grows with the width alone and no
 * picture, however broken up, can overflow it. Objects beyond the room that the caller gives are
 * dropped smallest first, and counted. Pure.
 */
#pragma once

#include "analyzer/area_map.h"

/* One object, in pixels of the mask. */
struct fr_component {
    uint32_t left_px, top_px;
    uint32_t right_px, bottom_px; /* of the last pixel that belongs to it */
    uint64_t area_px;
    uint64_t sum_x, sum_y; /* of all its pixels: centroid = sum / area */
};

struct fr_components; /* scratch memory */

/* For masks up to `width_px` wide. -ENOMEM. free takes NULL. */
int fr_components_new(uint32_t width_px, struct fr_components **ret_components);
void fr_components_free(struct fr_components *components);
/* Bytes that new() takes for this width. */
size_t fr_components_bytes(uint32_t width_px);

/* Which objects count. */
struct fr_component_filter {
    uint64_t min_area_px, max_area_px; /* at most that; 0: of any size */
    const struct fr_spans *within; /* only what is in them, cut at their edges; NULL: everything */
};

struct fr_components_found {
    uint64_t n_objects; /* that count */
    uint64_t area_px;   /* of all of these together */
    size_t n_kept;      /* written to `kept`: all of them, or as many of the largest as fit */
};

/* Finds the objects of a mask (bit_plane.h) with height_px rows of width_px pixels, the 8
 * neighbours of a pixel connected to it. `kept` has room for `room` objects and gets the largest,
 * largest first (of two equals the one that ends higher up, then further left). */
struct fr_components_found fr_components_find(struct fr_components *components, const uint8_t *mask,
                                              uint32_t width_px, uint32_t height_px,
                                              const struct fr_component_filter *filter,
                                              struct fr_component *kept, size_t room);
