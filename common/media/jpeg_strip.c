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

void fr_jpeg_strip_component_size(const struct jpeg_decompress_struct *cinfo,
                                  const jpeg_component_info *info, JDIMENSION *ret_width_px,
                                  JDIMENSION *ret_height_px)
{
    *ret_width_px =
        divide_up(cinfo->image_width * (uint32_t)info->h_samp_factor * FR_JPEG_DCT(info),
                  (uint32_t)cinfo->max_h_samp_factor * DCTSIZE);
    *ret_height_px =
        divide_up(cinfo->image_height * (uint32_t)info->v_samp_factor * FR_JPEG_DCT(info),
                  (uint32_t)cinfo->max_v_samp_factor * DCTSIZE);
}

static void set_component(struct fr_jpeg_strip_component *c,
                          const struct jpeg_decompress_struct *cinfo, int i,
                          const struct fr_geometry *geometry)
{
    static const uint32_t kinds[3] = {FR_PLANE_Y, FR_PLANE_U, FR_PLANE_V};
    const jpeg_component_info *info = &cinfo->comp_info[i];

    c->plane = find_plane(geometry, kinds[i]);
    const uint32_t dct = FR_JPEG_DCT(info), luma_dct = FR_JPEG_DCT(&cinfo->comp_info[0]);
    fr_jpeg_strip_component_size(cinfo, info, &c->width_px, &c->height_px);
    c->mcu_rows = (uint32_t)info->v_samp_factor * dct;
    c->row_bytes = info->width_in_blocks * dct;
    /* Against luma as it comes out: blocks of another size change it. */
    c->h_sub = (uint8_t)((uint32_t)cinfo->max_h_samp_factor * luma_dct /
                         ((uint32_t)info->h_samp_factor * dct));
    c->v_sub = (uint8_t)((uint32_t)cinfo->max_v_samp_factor * luma_dct /
                         ((uint32_t)info->v_samp_factor * dct));
    c->plane_h_sub = i == 0 ? 1 : 2;
    c->plane_v_sub = i == 0 || geometry->format.fourcc == FR_FOURCC_422P ? 1 : 2;
    c->plane_width_px = divide_up(geometry->format.width_px, c->plane_h_sub);
    c->is_direct = c->plane && c->h_sub == c->plane_h_sub && c->v_sub == c->plane_v_sub &&
                   c->plane->stride_bytes >= c->row_bytes;
}

int fr_jpeg_strip_init(struct fr_jpeg_strip *strip, const struct jpeg_decompress_struct *cinfo,
                       const struct fr_geometry *geometry, uint8_t *slot, bool is_luma_only)
{
    size_t strip_bytes = 0, row_bytes = 0;

    memset(strip->components, 0, sizeof strip->components);
    strip->step_rows = (uint32_t)cinfo->max_v_samp_factor * FR_JPEG_DCT(&cinfo->comp_info[0]);
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

/* The common cases, as loops that the compiler can do many samples of at once. `lower` may be
 * `upper`: the mean of a row with itself is that row. */
static void mean_of_rows(const uint8_t *upper, const uint8_t *lower, uint32_t width_px,
                         uint8_t *restrict ret_row)
{
    for (uint32_t x = 0; x < width_px; x++)
        ret_row[x] = (uint8_t)((upper[x] + lower[x] + 1) >> 1);
}

static void mean_of_blocks(const uint8_t *upper, const uint8_t *lower, uint32_t width_px,
                           uint8_t *restrict ret_row)
{
    const uint32_t pairs = width_px / 2, last = width_px - 1;
    for (uint32_t x = 0; x < pairs; x++)
        ret_row[x] =
            (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >> 2);
    if (width_px % 2)
        ret_row[pairs] = (uint8_t)((upper[last] + lower[last] + 1) >> 1);
}

static void fill_row(const struct fr_jpeg_strip_component *c, const uint8_t *strip,
                     struct span rows, uint8_t *ret_row)
{
    const uint8_t *upper = strip + (size_t)rows.first * c->row_bytes;
    const uint8_t *lower = upper + (size_t)(rows.n - 1) * c->row_bytes;

    if (c->h_sub == c->plane_h_sub && rows.n == 1)
        memcpy(ret_row, upper, c->plane_width_px);
    else if (c->h_sub == c->plane_h_sub)
        mean_of_rows(upper, lower, c->plane_width_px, ret_row);
    else if (2 * c->h_sub == c->plane_h_sub)
        mean_of_blocks(upper, lower, c->width_px, ret_row);
    else
        for (uint32_t x = 0; x < c->plane_width_px; x++) {
            struct span column = span_of(x, c->h_sub, c->plane_h_sub, c->width_px);
            ret_row[x] = (uint8_t)((upper[column.first] + lower[column.first] + 1) >> 1);
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
        uint32_t end = (y_px + strip->step_rows) / c->plane_v_sub;
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
