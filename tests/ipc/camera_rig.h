/* A V4L2 source on the made-up driver, its ring, and a reader of that ring. Include it in one file
 * of a program only, as fake_camera.h. */
#pragma once

#include "tests/ipc/fake_camera.h"
#include "tests/ipc/ipc.h"

#include "capture/source.h"

enum { W = 64, H = 48, STRIDE = 64, GREY_BYTES = W * H, SLOTS = 8 };

struct rig {
    struct fr_source *source;
    struct fr_source_offer offer;
    struct fr_writer *writer;
    struct fr_reader *reader;
    int fallbacks;
    char reason[FR_SOURCE_REASON_MAX];
};

static const struct fr_source_ops *const ops = &fr_source_v4l2;

static inline void rig_open_ring(struct rig *rig)
{
    ck_assert_int_eq(fr_writer_open("cam0", NULL, &rig->writer, rig->reason, sizeof rig->reason),
                     0);
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PEEK, &rig->reader), 0);
}

/* As the capture loop does: open, begin an epoch, start, and again with another offer. */
static inline int rig_try(struct rig *rig, const struct fr_source_request *request)
{
    *rig->reason = 0;
    rig->source = NULL;
    int rc = ops->open(request, &rig->source, &rig->offer, rig->reason);
    if (rc < 0) {
        rig->source = NULL;
        ck_assert_str_ne(rig->reason, "");
        return rc;
    }
    for (rc = -EAGAIN, rig->fallbacks = -1; rc == -EAGAIN && rig->fallbacks < 3;) {
        const struct fr_epoch_options options = {.pin_patience_ns = -1,
                                                 .geometry = rig->offer.geometry,
                                                 .slots = request->slots,
                                                 .hand = rig->offer.hand,
                                                 .copy_path = rig->offer.copy_path};
        ck_assert_int_eq(fr_geometry_check(&rig->offer.geometry), 0);
        rc = fr_writer_begin(rig->writer, &options);
        ck_assert_msg(rc == 0, "%s", fr_writer_reason(rig->writer));
        rc = ops->start(rig->source, rig->writer, &rig->offer, rig->reason);
        rig->fallbacks++;
    }
    if (rc < 0)
        ck_assert_str_ne(rig->reason, "");
    return rc;
}

static inline void rig_leave(struct rig *rig)
{
    if (rig->source)
        ops->stop(rig->source);
    ops->free(rig->source);
    rig->source = NULL;
}

static inline void rig_close(struct rig *rig)
{
    rig_leave(rig);
    fr_reader_close(rig->reader);
    fr_writer_close(rig->writer);
    ck_assert_uint_eq(ipc_objects(), 0);
}

/* Streaming, with a reader that waits for the first frame. */
static inline struct rig rig_streaming(const struct fr_source_request *request)
{
    struct rig rig = {0};
    struct fr_frame frame;
    ipc_begin();
    rig_open_ring(&rig);
    int rc = rig_try(&rig, request);
    ck_assert_msg(rc == 0, "%d: %s", rc, rig.reason);
    do
        rc = fr_reader_next(rig.reader, 0, &frame);
    while (rc == -ENOTCONN);
    ck_assert_int_eq(rc, -ETIMEDOUT);
    return rig;
}

static inline int rig_step(struct rig *rig)
{
    *rig->reason = 0;
    int rc = ops->step(rig->source, rig->writer, rig->reason);
    ck_assert_msg(rc >= 0 || *rig->reason, "%d without a reason", rc);
    return rc;
}

static inline uint64_t dropped(const struct rig *rig, enum fr_drop_reason reason)
{
    struct fr_writer_counts counts;
    fr_writer_counts(rig->writer, &counts);
    return counts.dropped[reason];
}

/* The next frame is there, is the picture that the driver took as `sequence`, and has these
 * flags. */
static inline void expect_frame(struct rig *rig, uint32_t sequence, uint32_t flags)
{
    struct fr_frame frame;
    int rc = fr_reader_next(rig->reader, 0, &frame);
    ck_assert_msg(rc == 0, "%d: %s", rc, fr_reader_reason(rig->reader));
    ck_assert_uint_eq(frame.source_sequence, sequence);
    ck_assert_uint_eq(frame.flags, flags);
    const struct fr_plane *plane = fr_frame_plane(&frame, FR_PLANE_Y);
    for (uint32_t y = 0; y < H; y++)
        for (uint32_t x = 0; x < W; x++)
            ck_assert_uint_eq(plane->data[y * plane->stride_bytes + x],
                              camera_byte(sequence, y * camera.stride_bytes + x));
    ck_assert_int_eq(fr_reader_release(rig->reader, &frame), 0);
}

static inline void expect_no_frame(struct rig *rig)
{
    struct fr_frame frame;
    ck_assert_int_eq(fr_reader_next(rig->reader, 0, &frame), -ETIMEDOUT);
}

static const struct fr_source_request zero_copy = {.spec = "/dev/null", .slots = SLOTS};
static const struct fr_source_request one_copy = {
    .spec = "/dev/null", .slots = SLOTS, .no_zero_copy = true};

static inline void grey_camera(void)
{
    camera_reset(FR_FOURCC_GREY, W, H, STRIDE, GREY_BYTES);
}
