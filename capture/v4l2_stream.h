/* The driver's queue of buffers: asking for them, queueing, dequeuing, the stream on and off.
 *
 * The buffers are either slots of the ring (USERPTR: buffer index = slot index) or the driver's
 * own, mapped read-only (MMAP). Every dequeued buffer was judged (v4l2_buffers.h) before a caller
 * sees it. One thread.
 */
#pragma once

#include "capture/suspend.h"
#include "capture/v4l2_buffers.h"
#include "capture/v4l2_format.h"

struct fr_v4l2_stream {
    const struct fr_v4l2_device *device;
    uint32_t memory; /* 0: no buffers; else V4L2_MEMORY_USERPTR or V4L2_MEMORY_MMAP */
    bool is_on;
    struct fr_v4l2_buffers books;
    struct fr_suspend_watch suspend_watch;    /* a frame after a sleep comes after a gap */
    uint32_t length_bytes[FR_V4L2_PARTS_MAX]; /* USERPTR: of each part in a slot */
    struct {
        void *data;
        size_t bytes;
    } mapped[FR_SLOTS_MAX][FR_V4L2_PARTS_MAX]; /* MMAP */
};

/* Asks the driver to take the memory of `n_slots` slots of `slot_bytes` each, and looks whether the
 * format is still the one that was agreed. Nothing is queued yet. -EAGAIN: it will not, try
 * fr_v4l2_stream_init_mmap(). -EBUSY, -ENODEV, others: neither would that work. On failure nothing
 * is left at the driver, and `reason` says why. */
int fr_v4l2_stream_init_userptr(struct fr_v4l2_stream *stream, const struct fr_v4l2_device *device,
                                const struct fr_v4l2_agreed *agreed, uint32_t n_slots,
                                size_t slot_bytes, char reason[FR_SOURCE_REASON_MAX]);

/* The same with about `n_buffers` of the driver's own, which are mapped and queued. */
int fr_v4l2_stream_init_mmap(struct fr_v4l2_stream *stream, const struct fr_v4l2_device *device,
                             const struct fr_v4l2_agreed *agreed, uint32_t n_buffers,
                             char reason[FR_SOURCE_REASON_MAX]);

/* Gives buffer `index` to the driver; `memory` is the slot's (USERPTR), which holds all parts, or
 * NULL (MMAP). Negative errno of the driver, -EINVAL also for a buffer that is there already. */
int fr_v4l2_stream_queue(struct fr_v4l2_stream *stream, uint32_t index, void *memory);

/* Starts the pictures. Errors as the driver gave them. */
int fr_v4l2_stream_on(struct fr_v4l2_stream *stream);

/* The next buffer that is filled, judged. -EAGAIN: none now. -EPROTO: the driver's books are wrong.
 * Others as the driver gave them: the stream is broken. Does not block. */
int fr_v4l2_stream_dequeue(struct fr_v4l2_stream *stream, struct fr_v4l2_judgement *ret_judgement);

/* MMAP: where the picture begins in part `part` of a buffer that was judged good. The judged bytes
 * of that part can be read. */
const uint8_t *fr_v4l2_stream_data(const struct fr_v4l2_stream *stream,
                                   const struct fr_v4l2_judgement *judged, uint32_t part);

/* Stops the pictures and gives all buffers back; afterwards the driver writes nowhere. Takes a
 * zeroed one, one that is half made, and one that was undone already. */
void fr_v4l2_stream_fini(struct fr_v4l2_stream *stream);
