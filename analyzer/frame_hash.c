#include "analyzer/frame_hash.h"

static const uint64_t FNV_BASIS = 0xcbf29ce484222325, FNV_PRIME = 0x100000001b3;

/* Bytes of a row that belong to the picture; 0 for a plane that is none. All formats with chroma
 * planes have them at half the width. */
static size_t row_bytes(uint32_t kind, uint32_t width_px)
{
    const size_t chroma = ((size_t)width_px + 1) / 2;

    switch (kind) {
    case FR_PLANE_Y:
        return width_px;
    case FR_PLANE_U:
    case FR_PLANE_V:
        return chroma;
    case FR_PLANE_UV:
    case FR_PLANE_VU:
    case FR_PLANE_PACKED:
        return 2 * chroma;
    default:
        return 0;
    }
}

static uint64_t hash_plane(uint64_t hash, const struct fr_plane *plane, uint32_t width_px)
{
    size_t n = row_bytes(plane->kind, width_px);
    if (n > plane->stride_bytes)
        n = plane->stride_bytes;

    for (uint32_t y = 0; y < plane->rows; y++) {
        const uint8_t *row = plane->data + (size_t)y * plane->stride_bytes;
        for (size_t x = 0; x < n; x++)
            hash = (hash ^ row[x]) * FNV_PRIME;
    }
    return hash;
}

uint64_t fr_frame_hash(const struct fr_frame *frame)
{
    uint64_t hash = FNV_BASIS;
    for (uint32_t i = 0; i < frame->n_planes; i++)
        hash = hash_plane(hash, &frame->planes[i], frame->format.width_px);
    return hash;
}

uint64_t fr_slot_hash(const struct fr_geometry *geometry, const uint8_t *slot)
{
    uint64_t hash = FNV_BASIS;
    for (uint32_t i = 0; i < geometry->n_planes; i++) {
        const struct fr_plane_layout *layout = &geometry->planes[i];
        const struct fr_plane plane = {.data = slot + layout->offset_bytes,
                                       .kind = layout->kind,
                                       .stride_bytes = layout->stride_bytes,
                                       .rows = layout->rows};
        hash = hash_plane(hash, &plane, geometry->format.width_px);
    }
    return hash;
}
