/* Frames for the tests: every fourcc of the ring, filled so that each sample of each component can
 * be told. */
#pragma once

#include "framering/framering.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t ring_fourccs[] = {FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21,
                                        FR_FOURCC_YU12, FR_FOURCC_YV12, FR_FOURCC_422P,
                                        FR_FOURCC_YUYV, FR_FOURCC_UYVY};
enum { N_RING_FOURCCS = sizeof ring_fourccs / sizeof *ring_fourccs };

/* The sample of component 0 (Y), 1 (U), 2 (V) at (x, y) of that component: smooth, so that JPEG
 * keeps it nearly, and different in each component and direction. */
static inline uint8_t frame_sample(unsigned component, uint32_t x, uint32_t y)
{
    return (uint8_t)(40 + component * 20 + (x * (component + 1) + y * (3 - component)) % 128);
}

static inline bool fourcc_has_chroma(uint32_t fourcc)
{
    return fourcc != FR_FOURCC_GREY;
}

static inline uint32_t fourcc_v_sub(uint32_t fourcc)
{
    return fourcc == FR_FOURCC_422P || fourcc == FR_FOURCC_YUYV || fourcc == FR_FOURCC_UYVY ? 1 : 2;
}

/* The byte that frame_sample() has for this place of this plane. */
static inline uint8_t frame_byte(const struct fr_plane *plane, uint32_t fourcc, uint32_t x,
                                 uint32_t y)
{
    static const uint8_t yuyv[4] = {0, 1, 0, 2}, uyvy[4] = {1, 0, 2, 0};
    const uint8_t *order = fourcc == FR_FOURCC_YUYV ? yuyv : uyvy;
    switch (plane->kind) {
    case FR_PLANE_Y:
        return frame_sample(0, x, y);
    case FR_PLANE_U:
        return frame_sample(1, x, y);
    case FR_PLANE_V:
        return frame_sample(2, x, y);
    case FR_PLANE_UV:
        return frame_sample(1 + x % 2, x / 2, y);
    case FR_PLANE_VU:
        return frame_sample(2 - x % 2, x / 2, y);
    default: /* packed */
        return order[x % 4] == 0 ? frame_sample(0, x / 2, y) : frame_sample(order[x % 4], x / 4, y);
    }
}

/* A frame in memory of exactly its size (*ret_memory, the caller's); padding is 0xee. */
static inline struct fr_frame make_frame(uint32_t fourcc, uint32_t width, uint32_t height,
                                         uint8_t **ret_memory)
{
    struct fr_geometry g;
    struct fr_format format = {
        .fourcc = fourcc, .width_px = width, .height_px = height, .field = 1};
    ck_assert_int_eq(fr_geometry_init(&format, &g), 0);
    uint8_t *memory = malloc(g.slot_bytes);
    memset(memory, 0xee, g.slot_bytes);
    struct fr_frame frame = {.format = format, .n_planes = g.n_planes};
    for (unsigned i = 0; i < g.n_planes; i++) {
        frame.planes[i] = (struct fr_plane){.data = memory + g.planes[i].offset_bytes,
                                            .kind = g.planes[i].kind,
                                            .stride_bytes = g.planes[i].stride_bytes,
                                            .rows = g.planes[i].rows,
                                            .size_bytes = g.planes[i].size_bytes};
        uint32_t kind = g.planes[i].kind;
        uint32_t row_bytes = kind == FR_PLANE_Y                         ? width
                             : kind == FR_PLANE_PACKED                  ? 2 * width
                             : kind == FR_PLANE_U || kind == FR_PLANE_V ? (width + 1) / 2
                                                                        : (width + 1) / 2 * 2;
        for (uint32_t y = 0; y < g.planes[i].rows; y++)
            for (uint32_t x = 0; x < row_bytes; x++)
                memory[g.planes[i].offset_bytes + (uint64_t)y * g.planes[i].stride_bytes + x] =
                    frame_byte(&frame.planes[i], fourcc, x, y);
    }
    *ret_memory = memory;
    return frame;
}
