/* The rows of a frame as plain Y, U and V. */
#include "common/media/frame_rows.h"

#include <errno.h>
#include <string.h>

/* Where each component of a fourcc stands: the plane's kind, the first sample, the step. */
struct source {
    uint8_t kind, first, step;
};

static const struct layout {
    uint32_t fourcc;
    uint8_t chroma_h_sub, chroma_v_sub;
    bool wants_even_width;
    struct source sources[3];
} layouts[] = {
    {FR_FOURCC_GREY, 0, 0, false, {{FR_PLANE_Y, 0, 1}}},
    {FR_FOURCC_NV12, 2, 2, false, {{FR_PLANE_Y, 0, 1}, {FR_PLANE_UV, 0, 2}, {FR_PLANE_UV, 1, 2}}},
    {FR_FOURCC_NV21, 2, 2, false, {{FR_PLANE_Y, 0, 1}, {FR_PLANE_VU, 1, 2}, {FR_PLANE_VU, 0, 2}}},
    {FR_FOURCC_YU12, 2, 2, false, {{FR_PLANE_Y, 0, 1}, {FR_PLANE_U, 0, 1}, {FR_PLANE_V, 0, 1}}},
    {FR_FOURCC_YV12, 2, 2, false, {{FR_PLANE_Y, 0, 1}, {FR_PLANE_U, 0, 1}, {FR_PLANE_V, 0, 1}}},
    {FR_FOURCC_422P, 2, 1, false, {{FR_PLANE_Y, 0, 1}, {FR_PLANE_U, 0, 1}, {FR_PLANE_V, 0, 1}}},
    {FR_FOURCC_YUYV,
     2,
     1,
     true,
     {{FR_PLANE_PACKED, 0, 2}, {FR_PLANE_PACKED, 1, 4}, {FR_PLANE_PACKED, 3, 4}}},
    {FR_FOURCC_UYVY,
     2,
     1,
     true,
     {{FR_PLANE_PACKED, 1, 2}, {FR_PLANE_PACKED, 0, 4}, {FR_PLANE_PACKED, 2, 4}}},
};

uint32_t fr_frame_rows_width_px(const struct fr_frame_rows *rows, unsigned component)
{
    return component == 0 ? rows->width_px : rows->chroma_width_px;
}

uint32_t fr_frame_rows_height_px(const struct fr_frame_rows *rows, unsigned component)
{
    return component == 0 ? rows->height_px : rows->chroma_height_px;
}

int fr_frame_rows_init(const struct fr_frame *frame, struct fr_frame_rows *ret_rows)
{
    const struct fr_format *format = &frame->format;
    const struct layout *layout = NULL;

    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].fourcc == format->fourcc)
            layout = &layouts[i];
    if (!layout)
        return -ENOTSUP;
    if (!format->width_px || format->width_px > FR_SIDE_MAX || !format->height_px ||
        format->height_px > FR_SIDE_MAX || (layout->wants_even_width && format->width_px % 2))
        return -EINVAL;

    struct fr_frame_rows rows = {
        .width_px = format->width_px,
        .height_px = format->height_px,
        .chroma_h_sub = layout->chroma_h_sub,
        .chroma_v_sub = layout->chroma_v_sub,
    };
    if (layout->chroma_h_sub) {
        rows.chroma_width_px = (rows.width_px + 1) / 2;
        rows.chroma_height_px = (rows.height_px + layout->chroma_v_sub - 1) / layout->chroma_v_sub;
    }
    for (unsigned c = 0; c < (layout->chroma_h_sub ? 3u : 1u); c++) {
        const struct source *source = &layout->sources[c];
        const struct fr_plane *plane = fr_frame_plane(frame, source->kind);
        uint32_t width = fr_frame_rows_width_px(&rows, c);
        uint32_t height = fr_frame_rows_height_px(&rows, c);
        /* the last sample of the last row lies inside */
        uint64_t row_end = source->first + (uint64_t)(width - 1) * source->step + 1;
        if (!plane || !plane->data || plane->stride_bytes < row_end ||
            (uint64_t)(height - 1) * plane->stride_bytes + row_end > plane->size_bytes)
            return -EINVAL;
        rows.component[c].data = plane->data + source->first;
        rows.component[c].stride_bytes = plane->stride_bytes;
        rows.component[c].step_bytes = source->step;
    }
    *ret_rows = rows;
    return 0;
}

void fr_frame_rows_copy(const struct fr_frame_rows *rows, unsigned component, uint32_t y,
                        uint8_t *row)
{
    const uint8_t *from =
        rows->component[component].data + (size_t)y * rows->component[component].stride_bytes;
    uint32_t width = fr_frame_rows_width_px(rows, component);

    switch (rows->component[component].step_bytes) {
    case 1:
        memcpy(row, from, width);
        break;
    case 2: /* the step as a constant: the compiler then does many at once */
        for (uint32_t x = 0; x < width; x++)
            row[x] = from[2 * (size_t)x];
        break;
    default:
        for (uint32_t x = 0; x < width; x++)
            row[x] = from[4 * (size_t)x];
        break;
    }
}
