/* A slot to decode a JPEG into, and comparing it with what plain libjpeg gave. */
#pragma once

#include "common/media/jpeg_decode.h"
#include "tests/unit/make_jpeg.h"

#include <check.h>

/* A slot between guards, filled with a byte that must survive outside the planes. */
struct bench {
    struct fr_geometry geometry;
    uint8_t *memory;
    uint8_t *slot;
    struct fr_jpeg_decoder *decoder;
};

enum { GUARD = 4096, FILL = 0xa5 };

static inline struct bench bench_new(uint32_t fourcc, uint32_t width, uint32_t height,
                                     uint32_t stride)
{
    struct bench b;
    struct fr_format format = {.fourcc = fourcc, .width_px = width, .height_px = height};
    ck_assert_int_eq(stride ? fr_geometry_init_stride(&format, stride, &b.geometry)
                            : fr_geometry_init(&format, &b.geometry),
                     0);
    b.memory = malloc(b.geometry.slot_bytes + 2 * GUARD);
    memset(b.memory, FILL, b.geometry.slot_bytes + 2 * GUARD);
    b.slot = b.memory + GUARD;
    ck_assert_int_eq(fr_jpeg_decoder_new(&b.decoder), 0);
    return b;
}

/* One assertion for all of them: Check's own bookkeeping takes longer than the decoder. */
static inline bool is_filled(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != FILL)
            return false;
    return true;
}

static inline void bench_free(struct bench *b)
{
    ck_assert(is_filled(b->memory, GUARD));
    ck_assert(is_filled(b->slot + b->geometry.slot_bytes, GUARD));
    free(b->memory);
    fr_jpeg_decoder_free(b->decoder);
}

static inline const uint8_t *plane_row(const struct bench *b, uint32_t kind, uint32_t y)
{
    for (unsigned i = 0; i < b->geometry.n_planes; i++) {
        const struct fr_plane_layout *p = &b->geometry.planes[i];
        if (p->kind == kind)
            return b->slot + p->offset_bytes + (size_t)y * p->stride_bytes;
    }
    ck_abort_msg("no plane of kind %u", kind);
    return NULL;
}

static inline void check_same(const struct bench *b, const struct raw_planes *raw, int components)
{
    static const uint32_t kinds[3] = {FR_PLANE_Y, FR_PLANE_U, FR_PLANE_V};
    for (int c = 0; c < components; c++)
        for (uint32_t y = 0; y < raw->height[c]; y++)
            if (memcmp(plane_row(b, kinds[c], y), raw->plane[c] + (size_t)y * raw->stride[c],
                       raw->width[c]))
                ck_abort_msg("component %d row %u of %ux%u differs", c, y, raw->width[0],
                             raw->height[0]);
}

/* Worked out anew: the mean of the component's samples under one of the plane's, or the nearest. */
static inline uint8_t resampled(const struct raw_planes *raw, int c, uint32_t x, uint32_t y,
                                uint32_t h_sub, uint32_t v_sub, uint32_t plane_h, uint32_t plane_v)
{
    uint32_t sum = 0, n = 0;
    for (uint32_t ly = y * plane_v; ly < (y + 1) * plane_v; ly += v_sub)
        for (uint32_t lx = x * plane_h; lx < (x + 1) * plane_h; lx += h_sub) {
            if (ly / v_sub >= raw->height[c] || lx / h_sub >= raw->width[c])
                continue;
            sum += raw->plane[c][(size_t)(ly / v_sub) * raw->stride[c] + lx / h_sub];
            n++;
        }
    return (uint8_t)((sum + n / 2) / n);
}
