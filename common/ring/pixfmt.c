/* Pixel formats: which planes a fourcc has, how large they are, and whether a plane table makes
 * sense.
 *
 * Everything is worked out from one table of shapes. Arithmetic is in 64 bits; with sides of at
 * most FR_SIDE_MAX nothing in it can overflow.
 */
#include "framering/framering.h"

#include <errno.h>
#include <string.h>

struct plane_shape {
    uint8_t kind;
    uint8_t h_sub,
        v_sub; /* subsampling: samples = ceil(width / h_sub), rows = ceil(height / v_sub) */
    uint8_t sample_bytes;   /* bytes a sample */
    uint8_t stride_divisor; /* V4L2: this plane's stride = the first plane's / stride_divisor */
};

struct pixel_format {
    uint32_t fourcc;
    uint8_t n_planes;
    bool wants_even_width;
    struct plane_shape planes[3];
};

static const struct pixel_format formats[] = {
    {FR_FOURCC_GREY, 1, false, {{FR_PLANE_Y, 1, 1, 1, 1}}},
    {FR_FOURCC_NV12, 2, false, {{FR_PLANE_Y, 1, 1, 1, 1}, {FR_PLANE_UV, 2, 2, 2, 1}}},
    {FR_FOURCC_NV21, 2, false, {{FR_PLANE_Y, 1, 1, 1, 1}, {FR_PLANE_VU, 2, 2, 2, 1}}},
    {FR_FOURCC_YU12,
     3,
     false,
     {{FR_PLANE_Y, 1, 1, 1, 1}, {FR_PLANE_U, 2, 2, 1, 2}, {FR_PLANE_V, 2, 2, 1, 2}}},
    {FR_FOURCC_YV12,
     3,
     false,
     {{FR_PLANE_Y, 1, 1, 1, 1}, {FR_PLANE_V, 2, 2, 1, 2}, {FR_PLANE_U, 2, 2, 1, 2}}},
    {FR_FOURCC_422P,
     3,
     false,
     {{FR_PLANE_Y, 1, 1, 1, 1}, {FR_PLANE_U, 2, 1, 1, 2}, {FR_PLANE_V, 2, 1, 1, 2}}},
    {FR_FOURCC_YUYV, 1, true, {{FR_PLANE_PACKED, 2, 1, 4, 1}}},
    {FR_FOURCC_UYVY, 1, true, {{FR_PLANE_PACKED, 2, 1, 4, 1}}},
};

static const struct plane_shape half_luma = {FR_PLANE_HALF_Y, 2, 2, 1, 1};

static const struct pixel_format *find_format(uint32_t fourcc)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].fourcc == fourcc)
            return &formats[i];
    return NULL;
}

static uint32_t row_bytes(const struct plane_shape *shape, uint32_t width_px)
{
    return (width_px + shape->h_sub - 1) / shape->h_sub * shape->sample_bytes;
}

static uint32_t row_count(const struct plane_shape *shape, uint32_t height_px)
{
    return (height_px + shape->v_sub - 1) / shape->v_sub;
}

static uint64_t align_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

/* The format's entry, or an error when it and its size do not go together. */
static int look_up(const struct fr_format *format, const struct pixel_format **ret_entry)
{
    const struct pixel_format *entry = find_format(format->fourcc);
    if (!entry)
        return -ENOTSUP;
    if (format->width_px < 1 || format->width_px > FR_SIDE_MAX || format->height_px < 1 ||
        format->height_px > FR_SIDE_MAX)
        return -EINVAL;
    if (entry->wants_even_width && format->width_px % 2)
        return -EINVAL;
    *ret_entry = entry;
    return 0;
}

static void append(struct fr_geometry *g, const struct plane_shape *shape, uint32_t stride_bytes)
{
    struct fr_plane_layout *plane = &g->planes[g->n_planes++];
    *plane = (struct fr_plane_layout){
        .kind = shape->kind,
        .stride_bytes = stride_bytes,
        .rows = row_count(shape, g->format.height_px),
        .offset_bytes = g->slot_bytes,
    };
    plane->size_bytes = (uint64_t)plane->stride_bytes * plane->rows;
    g->slot_bytes += plane->size_bytes;
}

int fr_geometry_init(const struct fr_format *format, struct fr_geometry *ret_geometry)
{
    const struct pixel_format *entry;
    int rc = look_up(format, &entry);
    if (rc < 0)
        return rc;
    struct fr_geometry g = {.format = *format};
    for (unsigned i = 0; i < entry->n_planes; i++)
        append(&g, &entry->planes[i],
               (uint32_t)align_up(row_bytes(&entry->planes[i], format->width_px), FR_STRIDE_ALIGN));
    *ret_geometry = g;
    return 0;
}

int fr_geometry_init_stride(const struct fr_format *format, uint32_t stride_bytes,
                            struct fr_geometry *ret_geometry)
{
    const struct pixel_format *entry;
    int rc = look_up(format, &entry);
    if (rc < 0)
        return rc;
    struct fr_geometry g = {.format = *format};
    for (unsigned i = 0; i < entry->n_planes; i++) {
        const struct plane_shape *shape = &entry->planes[i];
        uint32_t stride = stride_bytes / shape->stride_divisor;
        if (stride < row_bytes(shape, format->width_px) || stride > 16 * FR_SIDE_MAX)
            return -EINVAL;
        append(&g, shape, stride);
    }
    *ret_geometry = g;
    return 0;
}

int fr_geometry_add_plane(struct fr_geometry *geometry, enum fr_plane_kind kind, uint64_t bytes)
{
    if (kind != FR_PLANE_HALF_Y && kind != FR_PLANE_JPEG)
        return -EINVAL;
    if (geometry->n_planes >= FR_PLANES_MAX)
        return -ENOSPC;
    if (bytes > UINT32_MAX)
        return -EINVAL;
    geometry->slot_bytes = align_up(geometry->slot_bytes, FR_STRIDE_ALIGN);
    if (kind == FR_PLANE_HALF_Y) {
        append(
            geometry, &half_luma,
            (uint32_t)align_up(row_bytes(&half_luma, geometry->format.width_px), FR_STRIDE_ALIGN));
        return 0;
    }
    geometry->planes[geometry->n_planes++] = (struct fr_plane_layout){
        .kind = FR_PLANE_JPEG, .offset_bytes = geometry->slot_bytes, .size_bytes = bytes};
    geometry->slot_bytes += bytes;
    return 0;
}

/* The shape that a plane of this kind must have in this format, or NULL when it has none. */
static const struct plane_shape *wanted_shape(const struct pixel_format *entry, uint32_t kind)
{
    if (kind == FR_PLANE_HALF_Y)
        return &half_luma;
    for (unsigned i = 0; i < entry->n_planes; i++)
        if (entry->planes[i].kind == kind)
            return &entry->planes[i];
    return NULL;
}

static bool plane_ok(const struct fr_geometry *g, const struct pixel_format *entry,
                     const struct fr_plane_layout *plane)
{
    if (plane->offset_bytes > g->slot_bytes ||
        plane->size_bytes > g->slot_bytes - plane->offset_bytes)
        return false;
    if (plane->kind == FR_PLANE_JPEG)
        return plane->stride_bytes == 0 && plane->rows == 0;
    const struct plane_shape *shape = wanted_shape(entry, plane->kind);
    return shape && plane->rows == row_count(shape, g->format.height_px) &&
           plane->stride_bytes >= row_bytes(shape, g->format.width_px) &&
           plane->size_bytes == (uint64_t)plane->stride_bytes * plane->rows;
}

static bool planes_overlap(const struct fr_plane_layout *a, const struct fr_plane_layout *b)
{
    return a->offset_bytes < b->offset_bytes + b->size_bytes &&
           b->offset_bytes < a->offset_bytes + a->size_bytes;
}

int fr_geometry_check(const struct fr_geometry *geometry)
{
    const struct pixel_format *entry;
    int rc = look_up(&geometry->format, &entry);
    if (rc < 0)
        return rc;
    if (geometry->n_planes > FR_PLANES_MAX || geometry->slot_bytes < 1 ||
        geometry->slot_bytes > UINT32_MAX)
        return -EINVAL;

    uint32_t seen = 0;
    for (unsigned i = 0; i < geometry->n_planes; i++) {
        const struct fr_plane_layout *plane = &geometry->planes[i];
        if (plane->kind < FR_PLANE_Y || plane->kind > FR_PLANE_JPEG || (seen >> plane->kind & 1) ||
            !plane_ok(geometry, entry, plane))
            return -EINVAL;
        seen |= 1u << plane->kind;
        for (unsigned k = 0; k < i; k++)
            if (planes_overlap(plane, &geometry->planes[k]))
                return -EINVAL;
    }
    for (unsigned i = 0; i < entry->n_planes; i++)
        if (!(seen >> entry->planes[i].kind & 1))
            return -EINVAL;
    return 0;
}
