/* Where a row of a mask begins to be set and where it ceases, 64 pixels at a time: a bit for each,
 * and a bit in these that differs from the one before it is an edge. Most of most rows is empty.
 * Pure. */
#pragma once

#include "analyzer/eight.h"
#include "common/media/simd.h"

#include <stddef.h>
#include <stdint.h>

/* The edges between columns from_px and end_px, the second not included: by turns the first column
 * of a run of set bytes (not 0), and the one behind its last, which may be end_px. Returns how many
 * there are: an even number, and no more than end_px - from_px + 1; the list needs room for three
 * more. */
size_t fr_mask_edges(const uint8_t *row, uint32_t from_px, uint32_t end_px, uint32_t *ret_edges);

/* The same with what a level has, which this machine must have: all give the same. */
size_t fr_mask_edges_at(enum fr_simd level, const uint8_t *row, uint32_t from_px, uint32_t end_px,
                        uint32_t *ret_edges);

enum { FR_EDGES_PX = 64 }; /* at once */

/* Edges that have been found so far, and whether the last pixel was set. */
struct fr_edges {
    uint32_t *columns;
    size_t n;
    uint64_t is_inside; /* 0 or 1 */
};

/* Adds those of 64 pixels from column x on, of which the first is the lowest bit. */
static inline void fr_edges_add(struct fr_edges *edges, uint64_t bits, uint32_t x)
{
    edges->n += fr_bits_list(bits ^ (bits << 1 | edges->is_inside), x, edges->columns + edges->n);
    edges->is_inside = bits >> 63;
}
