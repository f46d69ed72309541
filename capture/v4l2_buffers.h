/* What is believed of the buffers that a driver hands back.
 *
 * A driver's numbers are as suspect as a file's: an index may be out of range or come twice, a
 * length may be nothing, too little or too much, a picture may begin behind its end, a time may be
 * anything. Here each dequeued buffer is judged, with no system call and no clock in it, so that
 * tests can drive it with whatever a driver might do. Nothing that was not checked here is used to
 * index or bound anything.
 *
 * Times. The driver's time is taken when it says that it is of the monotonic clock, is a time at
 * all, is later than the one before, not in the future, and not older than FR_V4L2_AGE_MAX_NS. Else
 * the time of dequeuing stands in and the frame says so. What is published never goes backwards.
 *
 * Gaps. The driver counts frames, also those that it had no buffer for; holes in its counter are
 * frames lost. A counter that stands still or goes backwards tells nothing, and a hole larger than
 * FR_V4L2_GAP_MAX is a counter that was started anew and counts as one frame.
 *
 * Order. uvcvideo copies pictures on several processors, and hands one back after its successor
 * when that was done sooner. Such a frame, a little behind by its counter and by its time, is
 * overtaken: it left a hole and is counted with it, and nobody is shown what was after what is.
 */
#pragma once

#include "capture/v4l2_layout.h"
#include "framering/framering.h"

#include <linux/videodev2.h>

#define FR_V4L2_AGE_MAX_NS    INT64_C(2000000000)
#define FR_V4L2_FUTURE_MAX_NS INT64_C(2000000) /* clocks of two processors */
#define FR_V4L2_GAP_MAX       UINT32_C(100000)
#define FR_V4L2_BEHIND_MAX    FR_SLOTS_MAX /* more buffers cannot be at the driver */

/* What was agreed. */
struct fr_v4l2_limits {
    uint32_t type;      /* V4L2_BUF_TYPE_VIDEO_CAPTURE or …_MPLANE */
    uint32_t memory;    /* V4L2_MEMORY_MMAP or V4L2_MEMORY_USERPTR */
    uint32_t n_buffers; /* at most FR_SLOTS_MAX */
    uint32_t n_parts;   /* 1 to FR_V4L2_PARTS_MAX */
    struct {
        uint64_t min_bytes;    /* fewer are not a picture */
        uint64_t room_bytes;   /* of the smallest buffer */
        uint64_t offset_bytes; /* USERPTR: behind the address that was queued */
    } parts[FR_V4L2_PARTS_MAX];
};

struct fr_v4l2_buffers {
    struct fr_v4l2_limits limits;
    uint32_t queued;                /* bit i: buffer i is the driver's */
    uint64_t address[FR_SLOTS_MAX]; /* USERPTR: where buffer i was queued */
    bool has_sequence;
    bool has_gap; /* something was lost since the last good one */
    uint32_t first_sequence, last_sequence;
    int64_t last_driver_ns;    /* 0: none that was believed yet */
    int64_t last_published_ns; /* 0: none yet */
};

enum fr_v4l2_verdict {
    FR_V4L2_GOOD,
    FR_V4L2_BAD,       /* count `reason`, queue it again */
    FR_V4L2_OVERTAKEN, /* a newer one came before it: as BAD, and no fault of the picture's */
};

struct fr_v4l2_judgement {
    enum fr_v4l2_verdict verdict;
    uint32_t index;            /* within the limits, and no longer queued */
    unsigned reason;           /* unless GOOD: enum fr_drop_reason; FR_DROP_REASONS: is counted */
    uint32_t lost;             /* frames that the driver lost before this one */
    struct fr_frame_meta meta; /* GOOD: everything that the ring wants to know */
    struct {
        uint32_t begin_bytes; /* GOOD: the picture begins so many bytes behind the part's begin … */
        uint32_t bytes;       /* … and has so many; together within room_bytes */
    } parts[FR_V4L2_PARTS_MAX];
};

/* Starts anew: nothing is queued, nothing was seen. -EINVAL: more buffers than FR_SLOTS_MAX, or no
 * part or too many. */
int fr_v4l2_buffers_init(struct fr_v4l2_buffers *buffers, const struct fr_v4l2_limits *limits);

/* A buffer was queued; `address` for USERPTR, else 0. -EINVAL: no such buffer, or queued already.
 */
int fr_v4l2_buffers_queued(struct fr_v4l2_buffers *buffers, uint32_t index, uint64_t address);

/* Queueing it failed after all. No-op for a buffer that is not queued. */
void fr_v4l2_buffers_unqueued(struct fr_v4l2_buffers *buffers, uint32_t index);

/* Judges what VIDIOC_DQBUF gave at `now_ns` (CLOCK_MONOTONIC); with the multi-planar API `planes`
 * are the n_parts planes that it filled, else NULL (m.planes is never followed). -EPROTO: the
 * driver's books and ours do not agree (index, type, memory, parts, address, a buffer that was not
 * queued): nothing about its buffers can be believed any more, the stream must be stopped. */
int fr_v4l2_buffers_judge(struct fr_v4l2_buffers *buffers, const struct v4l2_buffer *dequeued,
                          const struct v4l2_plane *planes, int64_t now_ns,
                          struct fr_v4l2_judgement *ret_judgement);

/* The frame that was judged good was lost after all (no slot, not to be decoded): the next one
 * comes after a gap. */
void fr_v4l2_buffers_lost(struct fr_v4l2_buffers *buffers);
