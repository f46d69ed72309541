/* A source publishing into a real ring, and a reader that takes every frame. */
#pragma once

#include "tests/ipc/ipc.h"

#include <poll.h>

#include "capture/source.h"

struct rig {
    const struct fr_source_ops *ops;
    struct fr_source *source;
    struct fr_source_offer offer;
    struct fr_writer *writer;
    struct fr_reader *reader;
    char reason[FR_SOURCE_REASON_MAX];
};

static inline void rig_begin(struct rig *rig)
{
    const struct fr_epoch_options options = {.geometry = rig->offer.geometry,
                                             .hand = rig->offer.hand,
                                             .copy_path = rig->offer.copy_path};
    struct fr_frame frame;
    ck_assert_msg(fr_writer_begin(rig->writer, &options) == 0, "%s", fr_writer_reason(rig->writer));
    /* The reader attaches before the first frame is there. */
    int r = fr_reader_next(rig->reader, 0, &frame);
    while (r == -ENOTCONN)
        r = fr_reader_next(rig->reader, 0, &frame);
    ck_assert_int_eq(r, -ETIMEDOUT);
    ck_assert_int_eq(rig->ops->start(rig->source, rig->writer, &rig->offer, rig->reason), 0);
}

static inline struct rig rig_open(const struct fr_source_ops *ops,
                                  const struct fr_source_request *request)
{
    struct rig rig = {.ops = ops};
    int r = ops->open(request, &rig.source, &rig.offer, rig.reason);
    ck_assert_msg(r == 0, "%s", rig.reason);
    r = fr_writer_open("cam0", NULL, &rig.writer, rig.reason, sizeof rig.reason);
    ck_assert_msg(r == 0, "%s", rig.reason);
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PINNED, &rig.reader), 0);
    rig_begin(&rig);
    return rig;
}

static inline void rig_close(struct rig *rig)
{
    rig->ops->stop(rig->source);
    rig->ops->free(rig->source);
    fr_reader_close(rig->reader);
    fr_writer_close(rig->writer);
    ck_assert_uint_eq(ipc_objects(), 0);
}

/* One step, when the source is ready. */
static inline int rig_step(struct rig *rig)
{
    uint32_t events = 0;
    struct pollfd p = {.fd = rig->ops->poll_fd(rig->source, &events)};
    p.events = (short)events;
    ck_assert_int_eq(poll(&p, 1, 30000), 1);
    return rig->ops->step(rig->source, rig->writer, rig->reason);
}

/* Steps until a frame or an error; a frame is then held by the reader. */
static inline int rig_next(struct rig *rig, struct fr_frame *ret_frame)
{
    int r = 0;
    while (r == 0)
        r = rig_step(rig);
    if (r < 0)
        return r;
    ck_assert_int_eq(r, 1);
    ck_assert_int_eq(fr_reader_next(rig->reader, 0, ret_frame), 0);
    return 0;
}

/* The planes of a frame, compared with what a slot of the same geometry should hold. */
static inline void check_planes(const struct fr_frame *frame, const struct fr_geometry *geometry,
                                const uint8_t *want)
{
    ck_assert_uint_eq(frame->n_planes, geometry->n_planes);
    for (uint32_t i = 0; i < frame->n_planes; i++) {
        const struct fr_plane_layout *plane = &geometry->planes[i];
        uint32_t kind = plane->kind, width = geometry->format.width_px;
        uint32_t bytes = kind == FR_PLANE_PACKED                      ? width * 2
                         : kind == FR_PLANE_U || kind == FR_PLANE_V   ? (width + 1) / 2
                         : kind == FR_PLANE_UV || kind == FR_PLANE_VU ? (width + 1) / 2 * 2
                                                                      : width;
        for (uint32_t y = 0; y < plane->rows; y++)
            ck_assert_mem_eq(frame->planes[i].data + (size_t)y * frame->planes[i].stride_bytes,
                             want + plane->offset_bytes + (size_t)y * plane->stride_bytes, bytes);
    }
}
