/* framering-capture-bench: what its parts share.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "capture/source.h"
#include "tests/bench/bench.h"

/* ---------------------------------------------------------------- capture_material.c */

/* Pictures as a camera might give them: the drawn scene, once raw in each format and once as
 * JPEG. */
struct capture_material {
    struct fr_geometry raw; /* without padding; YU12 */
    uint8_t *picture;
    struct {
        uint8_t *bytes;
        size_t length;
    } jpeg[2]; /* 4:2:2, 4:2:0 */
};
enum capture_jpeg { CAPTURE_JPEG_422, CAPTURE_JPEG_420 };

void capture_material_make(uint32_t width_px, uint32_t height_px,
                           struct capture_material *ret_material);

/* ---------------------------------------------------------------- capture_device.c */

/* A driver that costs nothing, behind the two functions through which the V4L2 source makes all its
 * calls. A device is of the source that asks first. */
struct capture_device {
    uint32_t fourcc; /* a raw one, tight, or MJPG */
    uint32_t width_px, height_px, stride_bytes, image_bytes;
    bool has_userptr;
    const uint8_t *bytes; /* what it gives each time (MMAP) */
    size_t length;

    int fd, memory_fd; /* of the source; of the driver's own buffers */
    uint32_t memory, n_buffers, n_queued, n_filled, sequence;
    uint32_t order[FR_SLOTS_MAX];
    uint64_t address[FR_SLOTS_MAX];
};

/* The next source that is opened gets this one. */
void capture_device_plug(struct capture_device *device);
/* One more picture is there. False: no buffer is queued. */
bool capture_device_shoot(struct capture_device *device);

/* ---------------------------------------------------------------- capture_bare.c */

/* Where a bare copy or decode goes: memory shared as a ring's is, as many pictures as a ring
 * has. */
struct capture_target {
    uint8_t *memory;
    size_t bytes;
    uint32_t next;
};
struct capture_target capture_target_new(size_t bytes);
uint8_t *capture_target_next(struct capture_target *target);

struct capture_decoder;
struct capture_decoder *capture_decoder_new(void);
/* libjpeg's raw output into planes of `geometry`, and nothing else; luma alone when that is
 * GREY. */
void capture_decode_bare(struct capture_decoder *decoder, const uint8_t *bytes, size_t length,
                         const struct fr_geometry *geometry, uint8_t *slot);

/* ---------------------------------------------------------------- capture_ways.c */

/* One way of a picture from the driver into a ring. */
struct capture_way {
    const char *name;
    uint32_t fourcc; /* of the camera; 0: MJPG */
    uint32_t width_px, height_px;
    enum capture_jpeg jpeg;
    struct fr_source_request request;
    enum { BARE_NONE, BARE_MEMCPY, BARE_DECODE, BARE_DECODE_LUMA } bare;
    double target_ratio; /* to the bare one; 0: none */
    int64_t target_ns;   /* 0: none */
};

struct capture_result {
    const struct capture_way *way;
    uint32_t copy_path;
    struct bench_spread cpu;  /* of capture, for a frame: everything but the driver */
    struct bench_spread bare; /* beside it, in the same rounds */
};

enum { CAPTURE_WAYS_MAX = 16 };
extern const struct capture_way capture_ways[];
extern const unsigned capture_n_ways;

struct capture_options {
    bool is_quick;
    bool wants_json;
    unsigned readers; /* of each ring */
};

/* Measures all of them, round by round in turn. */
void capture_measure(const struct capture_options *options,
                     struct capture_result results[CAPTURE_WAYS_MAX]);
