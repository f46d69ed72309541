/* Judging dequeued buffers. */
#include "capture/v4l2_buffers.h"

#include <errno.h>

enum { US_PER_S = 1000000, NS_PER_US = 1000 };
#define NS_PER_S INT64_C(1000000000)

int fr_v4l2_buffers_init(struct fr_v4l2_buffers *buffers, const struct fr_v4l2_limits *limits)
{
    if (limits->n_buffers > FR_SLOTS_MAX || limits->n_parts < 1 ||
        limits->n_parts > FR_V4L2_PARTS_MAX)
        return -EINVAL;
    *buffers = (struct fr_v4l2_buffers){.limits = *limits};
    return 0;
}

int fr_v4l2_buffers_queued(struct fr_v4l2_buffers *buffers, uint32_t index, uint64_t address)
{
    if (index >= buffers->limits.n_buffers || buffers->queued >> index & 1)
        return -EINVAL;
    buffers->queued |= UINT32_C(1) << index;
    buffers->address[index] = address;
    return 0;
}

void fr_v4l2_buffers_unqueued(struct fr_v4l2_buffers *buffers, uint32_t index)
{
    if (index < buffers->limits.n_buffers)
        buffers->queued &= ~(UINT32_C(1) << index);
}

void fr_v4l2_buffers_lost(struct fr_v4l2_buffers *buffers)
{
    buffers->has_gap = true;
}

/* Frames lost between the one before and this one, by the driver's counter. */
static uint32_t count_lost(struct fr_v4l2_buffers *buffers, uint32_t sequence)
{
    uint32_t step = sequence - buffers->last_sequence; /* the counter may wrap */
    bool is_first = !buffers->has_sequence;
    buffers->has_sequence = true;
    buffers->last_sequence = sequence;
    if (is_first || step > UINT32_MAX / 2)
        buffers->first_sequence = sequence;
    if (is_first || step <= 1 || step > UINT32_MAX / 2)
        return 0;
    return step - 1 > FR_V4L2_GAP_MAX ? 1 : step - 1;
}

/* The driver's time if it is one of the monotonic clock, else 0. */
static int64_t driver_time(const struct v4l2_buffer *dequeued)
{
    long long s = dequeued->timestamp.tv_sec, us = dequeued->timestamp.tv_usec;
    if ((dequeued->flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) != V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
        return 0;
    if (us < 0 || us >= US_PER_S || s < 0 || s >= INT64_MAX / NS_PER_S)
        return 0;
    return s * NS_PER_S + us * NS_PER_US;
}

/* The driver's time if it can be believed, else 0. */
static int64_t believe_time(struct fr_v4l2_buffers *buffers, const struct v4l2_buffer *dequeued,
                            int64_t now_ns)
{
    int64_t ns = driver_time(dequeued);
    if (ns <= buffers->last_driver_ns || ns > now_ns + FR_V4L2_FUTURE_MAX_NS ||
        ns < now_ns - FR_V4L2_AGE_MAX_NS)
        return 0;
    buffers->last_driver_ns = ns;
    return ns;
}

/* Whether a newer frame came before this one: by the counter and by the time. A counter that was
 * started anew goes on with later times, and a time that lies with a counter that rises. */
static bool is_overtaken(const struct fr_v4l2_buffers *buffers, const struct v4l2_buffer *dequeued)
{
    uint32_t behind = buffers->last_sequence - dequeued->sequence;
    int64_t ns = driver_time(dequeued);
    return buffers->has_sequence && behind > 0 && behind <= FR_V4L2_BEHIND_MAX && ns > 0 &&
           ns < buffers->last_driver_ns;
}

static void set_time(struct fr_v4l2_buffers *buffers, const struct v4l2_buffer *dequeued,
                     int64_t now_ns, struct fr_frame_meta *meta)
{
    int64_t ns = believe_time(buffers, dequeued, now_ns);
    if (ns == 0) {
        ns = now_ns;
        meta->flags |= FR_FRAME_TIME_ESTIMATED;
    }
    if (ns <= buffers->last_published_ns) {
        ns = buffers->last_published_ns + 1;
        meta->flags |= FR_FRAME_TIME_ESTIMATED;
    }
    buffers->last_published_ns = ns;
    meta->captured_mono_ns = ns;
}

/* One part of a buffer, as either API tells it. */
struct part {
    uint32_t bytes_used; /* with what stands before the picture */
    uint32_t begin_bytes;
    uint64_t address; /* USERPTR */
};

static struct part part_of(const struct v4l2_buffer *dequeued, const struct v4l2_plane *planes,
                           uint32_t i)
{
    if (!planes)
        return (struct part){.bytes_used = dequeued->bytesused, .address = dequeued->m.userptr};
    return (struct part){.bytes_used = planes[i].bytesused,
                         .begin_bytes = planes[i].data_offset,
                         .address = planes[i].m.userptr};
}

static bool books_agree(const struct fr_v4l2_buffers *buffers, const struct v4l2_buffer *dequeued,
                        const struct v4l2_plane *planes)
{
    const struct fr_v4l2_limits *limits = &buffers->limits;
    uint32_t index = dequeued->index;
    if (dequeued->type != limits->type || dequeued->memory != limits->memory ||
        index >= limits->n_buffers || !(buffers->queued >> index & 1))
        return false;
    if (planes && dequeued->length != limits->n_parts)
        return false;
    for (uint32_t i = 0; limits->memory == V4L2_MEMORY_USERPTR && i < limits->n_parts; i++)
        if (part_of(dequeued, planes, i).address !=
            buffers->address[index] + limits->parts[i].offset_bytes)
            return false;
    return true;
}

/* Whether there is a picture in it: FR_DROP_REASONS when there is. */
static unsigned find_fault(const struct fr_v4l2_limits *limits, const struct v4l2_buffer *dequeued,
                           const struct v4l2_plane *planes)
{
    if (dequeued->flags & V4L2_BUF_FLAG_ERROR)
        return FR_DROP_CORRUPT;
    for (uint32_t i = 0; i < limits->n_parts; i++) {
        struct part part = part_of(dequeued, planes, i);
        if (part.bytes_used > limits->parts[i].room_bytes)
            return FR_DROP_OTHER;
        if (part.bytes_used <= part.begin_bytes ||
            part.bytes_used - part.begin_bytes < limits->parts[i].min_bytes)
            return FR_DROP_SHORT;
    }
    return FR_DROP_REASONS;
}

int fr_v4l2_buffers_judge(struct fr_v4l2_buffers *buffers, const struct v4l2_buffer *dequeued,
                          const struct v4l2_plane *planes, int64_t now_ns,
                          struct fr_v4l2_judgement *ret_judgement)
{
    const struct fr_v4l2_limits *limits = &buffers->limits;
    if (limits->type != V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)
        planes = NULL;
    if (!books_agree(buffers, dequeued, planes))
        return -EPROTO;
    buffers->queued &= ~(UINT32_C(1) << dequeued->index);

    if (is_overtaken(buffers, dequeued)) {
        /* The hole that it left is counted, unless it comes before all that were. */
        bool is_counted = dequeued->sequence - buffers->first_sequence <= UINT32_MAX / 2;
        *ret_judgement =
            (struct fr_v4l2_judgement){.verdict = FR_V4L2_OVERTAKEN,
                                       .index = dequeued->index,
                                       .reason = is_counted ? FR_DROP_REASONS : FR_DROP_LATE};
        return 0;
    }
    struct fr_v4l2_judgement judgement = {
        .index = dequeued->index,
        .reason = find_fault(limits, dequeued, planes),
        .lost = count_lost(buffers, dequeued->sequence),
        .meta = {.source_sequence = dequeued->sequence},
    };
    if (judgement.lost)
        buffers->has_gap = true;
    if (judgement.reason != FR_DROP_REASONS) {
        judgement.verdict = FR_V4L2_BAD;
        buffers->has_gap = true;
    } else {
        for (uint32_t i = 0; i < limits->n_parts; i++) {
            struct part part = part_of(dequeued, planes, i);
            judgement.parts[i].begin_bytes = part.begin_bytes;
            judgement.parts[i].bytes = part.bytes_used - part.begin_bytes;
            judgement.meta.bytes_used += judgement.parts[i].bytes;
        }
        set_time(buffers, dequeued, now_ns, &judgement.meta);
        if (buffers->has_gap)
            judgement.meta.flags |= FR_FRAME_AFTER_GAP;
        buffers->has_gap = false;
    }
    *ret_judgement = judgement;
    return 0;
}
