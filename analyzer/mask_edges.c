#include "analyzer/mask_edges.h"

size_t fr_mask_edges(const uint8_t *row, uint32_t from_px, uint32_t end_px, uint32_t *ret_edges)
{
    uint64_t is_inside = 0; /* 0 or 1: the pixel before */
    size_t n = 0;

    for (uint32_t x = from_px; x < end_px; x += 64) {
        const uint64_t bits = fr_bits_64(row, x) & fr_bits_below(end_px - x);
        const uint64_t edges = bits ^ (bits << 1 | is_inside);
        if (!edges)
            continue;
        n += fr_bits_list(edges, x, ret_edges + n);
        is_inside = bits >> 63;
    }
    if (is_inside)
        ret_edges[n++] = end_px;
    return n;
}
