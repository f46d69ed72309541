/* The frame in: its luma at half size, and what each tile of that adds up to. */
#include "analyzer/detector_private.h"
#include "analyzer/detector_steps.h"
#include "common/media/half_luma.h"

#include <errno.h>
#include <string.h>

void fr_detector_sum_tiles_at(struct fr_detector *d, uint32_t y)
{
    fr_tiles_sum(d->plane + (size_t)y * d->half_width_px, d->half_width_px,
                 fr_detector_tile_rows(d, y),
                 d->sums + (size_t)(y / FR_TILE_SIDE) * fr_tiles(d->half_width_px));
}

int fr_detector_look(struct fr_detector *detector, const struct fr_luma *luma)
{
    struct fr_detector *d = detector;
    struct fr_luma strip = *luma;

    if (luma->width_px != detector->width_px || luma->height_px != detector->height_px ||
        !luma->step_bytes ||
        (uint64_t)(luma->width_px - 1) * luma->step_bytes >= luma->stride_bytes)
        return -EINVAL;
    /* What is reduced is added up while it is near. */
    for (uint32_t y = 0; y < d->half_height_px; y += FR_TILE_SIDE) {
        uint32_t rows = luma->height_px - 2 * y;
        strip.data = luma->data + (size_t)2 * y * luma->stride_bytes;
        strip.height_px = rows < 2 * FR_TILE_SIDE ? rows : 2 * FR_TILE_SIDE;
        fr_half_luma(&strip, d->plane + (size_t)y * d->half_width_px, d->half_width_px);
        fr_detector_sum_tiles_at(d, y);
    }
    fr_detector_step_done(FR_STEP_REDUCE);
    detector->state = FR_PLANE_LUMA;
    return 0;
}

/* The processor fetches ahead by itself, but not over the end of a page, which is a few rows
 * away. */
static void copy_row(uint8_t *to, const uint8_t *from, size_t n)
{
    enum { AHEAD_BYTES = 4096, LINE_BYTES = 64 };

    for (size_t x = 0; x < n; x += LINE_BYTES)
        __builtin_prefetch(from + AHEAD_BYTES + x);
    memcpy(to, from, n);
}

/* Luma that somebody has reduced already. */
static int look_at_half(struct fr_detector *d, const struct fr_plane *half)
{
    if (half->stride_bytes < d->half_width_px || half->rows < d->half_height_px ||
        half->size_bytes <
            (uint64_t)(d->half_height_px - 1) * half->stride_bytes + d->half_width_px)
        return -EINVAL;
    for (uint32_t y = 0; y < d->half_height_px; y++) {
        copy_row(d->plane + (size_t)y * d->half_width_px,
                 half->data + (size_t)y * half->stride_bytes, d->half_width_px);
        if (y % FR_TILE_SIDE == FR_TILE_SIDE - 1 || y + 1 == d->half_height_px)
            fr_detector_sum_tiles_at(d, y - y % FR_TILE_SIDE);
    }
    fr_detector_step_done(FR_STEP_REDUCE);
    d->state = FR_PLANE_LUMA;
    return 0;
}

int fr_detector_look_frame(struct fr_detector *detector, const struct fr_frame *frame)
{
    const struct fr_plane *half = fr_frame_plane(frame, FR_PLANE_HALF_Y);
    struct fr_luma luma;

    int r = fr_frame_luma(frame, &luma);
    if (r < 0)
        return r;
    if (half && luma.width_px == detector->width_px && luma.height_px == detector->height_px &&
        look_at_half(detector, half) == 0)
        return 0;
    return fr_detector_look(detector, &luma);
}
