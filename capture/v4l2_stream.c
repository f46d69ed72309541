/* VIDIOC_REQBUFS to VIDIOC_STREAMOFF. */
#include "capture/v4l2_stream.h"

#include "capture/v4l2_ioctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static int64_t now_mono_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int request(const struct fr_v4l2_device *device, uint32_t memory, uint32_t *count)
{
    struct v4l2_requestbuffers req = {
        .count = *count, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = memory};
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_REQBUFS, &req);
    if (rc == 0)
        *count = req.count;
    return rc;
}

static int explain(int rc, const struct fr_v4l2_device *device, const char *what,
                   char reason[FR_SOURCE_REASON_MAX])
{
    if (rc == -EBUSY)
        return fr_v4l2_device_busy(device->path, reason);
    snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): %s failed: %s", device->path, device->card,
             what, strerror(-rc));
    return rc;
}

int fr_v4l2_stream_init_userptr(struct fr_v4l2_stream *stream, const struct fr_v4l2_device *device,
                                const struct fr_v4l2_agreed *agreed, uint32_t n_slots,
                                size_t slot_bytes, char reason[FR_SOURCE_REASON_MAX])
{
    uint32_t count = n_slots;
    *stream = (struct fr_v4l2_stream){.device = device, .slot_bytes = slot_bytes};
    int rc = request(device, V4L2_MEMORY_USERPTR, &count);
    if (rc == -EBUSY || rc == -ENODEV)
        return explain(rc, device, "asking for buffers", reason);
    if (rc < 0) {
        explain(rc, device, "queueing our own memory (USERPTR)", reason);
        return -EAGAIN;
    }
    stream->memory = V4L2_MEMORY_USERPTR;
    /* From here on nobody can change the format any more. */
    rc = fr_v4l2_format_recheck(device, agreed, reason);
    if (rc < 0) {
        fr_v4l2_stream_fini(stream);
        return rc;
    }
    const struct fr_v4l2_limits limits = {.memory = V4L2_MEMORY_USERPTR,
                                          .n_buffers = n_slots,
                                          .min_bytes = agreed->min_bytes,
                                          .room_bytes = slot_bytes};
    if (count < n_slots || slot_bytes < agreed->image_bytes || slot_bytes > UINT32_MAX ||
        fr_v4l2_buffers_init(&stream->books, &limits) < 0) {
        fr_v4l2_stream_fini(stream);
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) takes %u buffers of ours (USERPTR), and the ring has %u slots",
                 device->path, device->card, count, n_slots);
        return -EAGAIN;
    }
    return 0;
}

/* Maps buffer `index`; what is too small for a picture is refused. */
static int map(struct fr_v4l2_stream *stream, const struct fr_v4l2_agreed *agreed, uint32_t index)
{
    struct v4l2_buffer buffer = {
        .index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    int rc = fr_v4l2_ioctl(stream->device->fd, VIDIOC_QUERYBUF, &buffer);
    if (rc < 0)
        return rc;
    if (buffer.length < agreed->min_bytes)
        return -EPROTO;
    void *data = fr_v4l2_map(stream->device->fd, buffer.length, buffer.m.offset);
    if (!data)
        return -errno;
    stream->mapped[index].data = data;
    stream->mapped[index].bytes = buffer.length;
    return 0;
}

int fr_v4l2_stream_init_mmap(struct fr_v4l2_stream *stream, const struct fr_v4l2_device *device,
                             const struct fr_v4l2_agreed *agreed, uint32_t n_buffers,
                             char reason[FR_SOURCE_REASON_MAX])
{
    uint32_t count = n_buffers < FR_SLOTS_MAX ? n_buffers : FR_SLOTS_MAX;
    *stream = (struct fr_v4l2_stream){.device = device};
    int rc = request(device, V4L2_MEMORY_MMAP, &count);
    if (rc < 0)
        return explain(rc, device, "asking for buffers (MMAP)", reason);
    stream->memory = V4L2_MEMORY_MMAP;
    struct fr_v4l2_limits limits = {.memory = V4L2_MEMORY_MMAP,
                                    .n_buffers = count < FR_SLOTS_MAX ? count : FR_SLOTS_MAX,
                                    .min_bytes = agreed->min_bytes,
                                    .room_bytes = UINT64_MAX};
    rc = fr_v4l2_format_recheck(device, agreed, reason);
    if (rc < 0)
        goto fail;

    if (count < 2) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s) has only %u buffers; expected at least 2",
                 device->path, device->card, count);
        rc = -EPROTO;
        goto fail;
    }
    for (uint32_t i = 0; i < limits.n_buffers; i++) {
        rc = map(stream, agreed, i);
        if (rc < 0) {
            explain(rc, device, "mapping its buffers", reason);
            goto fail;
        }
        if (stream->mapped[i].bytes < limits.room_bytes)
            limits.room_bytes = stream->mapped[i].bytes;
    }
    rc = fr_v4l2_buffers_init(&stream->books, &limits);
    for (uint32_t i = 0; rc == 0 && i < limits.n_buffers; i++)
        rc = fr_v4l2_stream_queue(stream, i, NULL);
    if (rc < 0) {
        explain(rc, device, "queueing its buffers", reason);
        goto fail;
    }
    return 0;
fail:
    fr_v4l2_stream_fini(stream);
    return rc;
}

int fr_v4l2_stream_queue(struct fr_v4l2_stream *stream, uint32_t index, void *memory)
{
    struct v4l2_buffer buffer = {
        .index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = stream->memory};
    if (stream->memory == V4L2_MEMORY_USERPTR) {
        buffer.m.userptr = (unsigned long)memory;
        buffer.length = (uint32_t)stream->slot_bytes;
    }
    /* The books first: a fast driver may have it filled before the call is over. */
    int rc = fr_v4l2_buffers_queued(&stream->books, index, (uint64_t)(uintptr_t)memory);
    if (rc < 0)
        return rc;
    rc = fr_v4l2_ioctl(stream->device->fd, VIDIOC_QBUF, &buffer);
    if (rc < 0)
        fr_v4l2_buffers_unqueued(&stream->books, index);
    return rc;
}

int fr_v4l2_stream_on(struct fr_v4l2_stream *stream)
{
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    int rc = fr_v4l2_ioctl(stream->device->fd, VIDIOC_STREAMON, &type);
    stream->is_on = rc == 0;
    return rc;
}

int fr_v4l2_stream_dequeue(struct fr_v4l2_stream *stream, struct fr_v4l2_judgement *ret_judgement)
{
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = stream->memory};
    int rc = fr_v4l2_ioctl(stream->device->fd, VIDIOC_DQBUF, &buffer);
    if (rc < 0)
        return rc == -EINTR ? -EAGAIN : rc;
    return fr_v4l2_buffers_judge(&stream->books, &buffer, now_mono_ns(), ret_judgement);
}

const uint8_t *fr_v4l2_stream_data(const struct fr_v4l2_stream *stream, uint32_t index)
{
    return stream->mapped[index].data;
}

void fr_v4l2_stream_fini(struct fr_v4l2_stream *stream)
{
    if (!stream->memory)
        return;
    /* Both calls can fail only when the device is gone, and then nothing writes any more. */
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    fr_v4l2_ioctl(stream->device->fd, VIDIOC_STREAMOFF, &type);
    for (unsigned i = 0; i < FR_SLOTS_MAX; i++)
        if (stream->mapped[i].data)
            munmap(stream->mapped[i].data, stream->mapped[i].bytes);
    uint32_t none = 0;
    request(stream->device, stream->memory, &none);
    *stream = (struct fr_v4l2_stream){0};
}
