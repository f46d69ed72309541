/* Where a row of a mask begins to be set and where it ceases, 64 pixels at a time: a bit that
 * differs from the one before it is an edge. Most of most rows is empty. Pure. */
#pragma once

#include "analyzer/bit_plane.h"

/* The edges between columns from_px and end_px of a row of a mask (bit_plane.h), the second not
 * included: by turns the first column of a run of set bits, and the one behind its last, which
 * may be end_px. Returns how many there are: an even number, and no more than end_px - from_px +
 * 1; the list needs room for three more. */
size_t fr_mask_edges(const uint8_t *row, uint32_t from_px, uint32_t end_px, uint32_t *ret_edges);
