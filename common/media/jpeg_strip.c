/* Where libjpeg's raw rows go. */
#include "common/media/jpeg_strip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHROMA_NEUTRAL 128

static const struct fr_plane_layout *find_plane(const struct fr_geometry *geometry, uint32_t kind)
{
    for (unsigned i = 0; i < geometry->n_planes; i++)
        if (geometry->planes[i].kind == kind)
            return &geometry->planes[i];
    return NULL;
}

static uint32_t divide_up(uint32_t value, uint32_t by)
{
    return (value + by - 1) / by;
}

static void set_component(struct fr_jpeg_strip_component *c,
                          const struct jpeg_decompress_struct *cinfo, int i,
                          const struct fr_geometry *geometry)
{
    static const uint32_t kinds[3] = {FR_PLANE_Y, FR_PLANE_U, FR_PLANE_V};
    const jpeg_component_info *info = &cinfo->comp_info[i];

    c->plane = find_plane(geometry, kinds[i]);
    c->width_px = info->downsampled_width;
    c->height_px = info->downsampled_height;
    c->mcu_rows = (uint32_t)(info->v_samp_factor * DCTSIZE);
    c->row_bytes = info->width_in_blocks * DCTSIZE;
    c->h_sub = (uint8_t)(cinfo->max_h_samp_factor / info->h_samp_factor);
    c->v_sub = (uint8_t)(cinfo->max_v_samp_factor / info->v_samp_factor);
    c->plane_h_sub = i == 0 ? 1 : 2;
    c->plane_v_sub = i == 0 || geometry->format.fourcc == FR_FOURCC_422P ? 1 : 2;
    c->plane_width_px = divide_up(cinfo->image_width, c->plane_h_sub);
    c->is_direct = c->plane && c->h_sub == c->plane_h_sub && c->v_sub == c->plane_v_sub &&
                   c->plane->stride_bytes >= c->row_bytes;
}

int fr_jpeg_strip_init(struct fr_jpeg_strip *strip, const struct jpeg_decompress_struct *cinfo,
                       const struct fr_geometry *geometry, uint8_t *slot, bool is_luma_only)
{
    size_t strip_bytes = 0, row_bytes = 0;

    memset(strip->components, 0, sizeof strip->components);
    strip->max_v = (uint32_t)cinfo->max_v_samp_factor;
    strip->slot = slot;
    for (int i = 0; i < cinfo->num_components && i < (is_luma_only ? 1 : 3); i++) {
        struct fr_jpeg_strip_component *c = &strip->components[i];
        set_component(c, cinfo, i, geometry);
        if (!c->is_direct)
            strip_bytes += (size_t)c->mcu_rows * c->row_bytes;
        if (c->row_bytes > row_bytes)
            row_bytes = c->row_bytes;
    }

    if (row_bytes + strip_bytes > strip->memory_bytes) {
        uint8_t *memory = realloc(strip->memory, row_bytes + strip_bytes);
        if (!memory)
            return -ENOMEM;
        strip->memory = memory;
        strip->memory_bytes = row_bytes + strip_bytes;
    }
    strip->scratch_row = strip->memory;
    uint8_t *next = strip->memory + row_bytes;
    for (int i = 0; i < 3; i++) {
        struct fr_jpeg_strip_component *c = &strip->components[i];
        if (c->plane && !c->is_direct) {
            c->strip = next;
            next += (size_t)c->mcu_rows * c->row_bytes;
        }
    }

    if (cinfo->num_components == 1)
        for (unsigned i = 0; i < geometry->n_planes; i++) {
            const struct fr_plane_layout *plane = &geometry->planes[i];
            if (plane->kind == FR_PLANE_U || plane->kind == FR_PLANE_V)
                memset(slot + plane->offset_bytes, CHROMA_NEUTRAL, plane->size_bytes);
        }
    return 0;
}

void fr_jpeg_strip_fini(struct fr_jpeg_strip *strip)
{
    free(strip->memory);
    *strip = (struct fr_jpeg_strip){0};
}

void fr_jpeg_strip_rows(const struct fr_jpeg_strip *strip, uint32_t y_px,
                        JSAMPROW rows[3][FR_JPEG_STRIP_ROWS_MAX])
{
    for (int i = 0; i < 3; i++) {
        const struct fr_jpeg_strip_component *c = &strip->components[i];
        uint32_t first_row = c->v_sub ? y_px / c->v_sub : 0;
        for (uint32_t r = 0; r < FR_JPEG_STRIP_ROWS_MAX; r++) {
            if (r >= c->mcu_rows)
                rows[i][r] = strip->scratch_row;
            else if (!c->is_direct)
                rows[i][r] = c->strip + (size_t)r * c->row_bytes;
            else if (first_row + r < c->plane->rows)
                rows[i][r] = strip->slot + c->plane->offset_bytes +
                             (size_t)(first_row + r) * c->plane->stride_bytes;
            else
                rows[i][r] = strip->scratch_row;
        }
    }
}

/* Where a plane's sample comes from: `n` (1 or 2) samples of the component. */
struct span {
    uint32_t first;
    uint32_t n;
};

static struct span span_of(uint32_t at, uint32_t component_sub, uint32_t plane_sub, uint32_t end)
{
    struct span s = {.n = 1};
    if (component_sub >= plane_sub) {
        s.first = at / (component_sub / plane_sub);
    } else {
        s.n = plane_sub / component_sub;
        s.first = at * s.n;
    }
    if (s.first >= end)
        s.first = end - 1;
    if (s.n > end - s.first)
        s.n = end - s.first;
    return s;
}

static void fill_row(const struct fr_jpeg_strip_component *c, const uint8_t *strip,
                     struct span rows, uint8_t *ret_row)
{
    if (c->h_sub == c->plane_h_sub && rows.n == 1) {
        memcpy(ret_row, strip + (size_t)rows.first * c->row_bytes, c->plane_width_px);
        return;
    }
    if (c->h_sub == c->plane_h_sub) { /* 4:2:2 into 4:2:0, of most webcams: many at once */
        const uint8_t *upper = strip + (size_t)rows.first * c->row_bytes;
        const uint8_t *lower = upper + c->row_bytes;
        for (uint32_t x = 0; x < c->plane_width_px; x++)
            ret_row[x] = (uint8_t)((upper[x] + lower[x] + 1) / 2);
        return;
    }
    for (uint32_t x = 0; x < c->plane_width_px; x++) {
        struct span columns = span_of(x, c->h_sub, c->plane_h_sub, c->width_px);
        uint32_t sum = 0, n = rows.n * columns.n;
        for (uint32_t r = 0; r < rows.n; r++)
            for (uint32_t k = 0; k < columns.n; k++)
                sum += strip[(size_t)(rows.first + r) * c->row_bytes + columns.first + k];
        ret_row[x] = (uint8_t)((sum + n / 2) / n);
    }
}

void fr_jpeg_strip_finish(const struct fr_jpeg_strip *strip, uint32_t y_px)
{
    for (int i = 0; i < 3; i++) {
        const struct fr_jpeg_strip_component *c = &strip->components[i];
        if (!c->strip)
            continue;
        uint32_t component_y = y_px / c->v_sub; /* of the strip's first row */
        uint32_t first = y_px / c->plane_v_sub;
        uint32_t end = (y_px + strip->max_v * DCTSIZE) / c->plane_v_sub;
        for (uint32_t y = first; y < end && y < c->plane->rows; y++) {
            struct span rows =
                span_of(y - first, c->v_sub, c->plane_v_sub,
                        c->height_px - component_y < c->mcu_rows ? c->height_px - component_y
                                                                 : c->mcu_rows);
            fill_row(c, c->strip, rows,
                     strip->slot + c->plane->offset_bytes + (size_t)y * c->plane->stride_bytes);
        }
    }
}
