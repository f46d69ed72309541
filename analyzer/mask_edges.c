#include "analyzer/mask_edges.h"
#include "analyzer/eight.h"
#include "analyzer/kernels.h"

/* A bit for each of n_px pixels, at most 64. */
static uint64_t bits_of(const uint8_t *px, uint32_t n_px)
{
    uint64_t bits = 0;
    uint32_t i = 0;

    for (; n_px - i >= 8; i += 8)
        bits |= (uint64_t)fr_eight_bits(fr_eight_is_set(fr_eight(px + i))) << i;
    for (; i < n_px; i++)
        bits |= (uint64_t)(px[i] != 0) << i;
    return bits;
}

size_t fr_mask_edges_at(enum fr_simd level, const uint8_t *row, uint32_t from_px, uint32_t end_px,
                        uint32_t *ret_edges)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    struct fr_edges edges = {.columns = ret_edges};
    uint32_t x = from_px;

    if (kernels) {
        const uint32_t n_px = (end_px - x) / FR_EDGES_PX * FR_EDGES_PX;
        kernels->find_edges(row, x, n_px, &edges);
        x += n_px;
    }
    for (; x < end_px; x += FR_EDGES_PX) {
        const uint32_t n_px = end_px - x < FR_EDGES_PX ? end_px - x : FR_EDGES_PX;
        fr_edges_add(&edges, bits_of(row + x, n_px), x);
    }
    if (edges.is_inside)
        edges.columns[edges.n++] = end_px;
    return edges.n;
}

size_t fr_mask_edges(const uint8_t *row, uint32_t from_px, uint32_t end_px, uint32_t *ret_edges)
{
    return fr_mask_edges_at(fr_simd(), row, from_px, end_px, ret_edges);
}
