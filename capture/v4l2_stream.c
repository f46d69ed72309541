/* VIDIOC_REQBUFS to VIDIOC_STREAMOFF. */
#include "capture/v4l2_stream.h"

#include "capture/v4l2_ioctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int request(const struct fr_v4l2_device *device, uint32_t memory, uint32_t *count)
{
    struct v4l2_requestbuffers req = {.count = *count, .type = device->buf_type, .memory = memory};
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_REQBUFS, &req);
    if (rc == 0)
        *count = req.count;
    return rc;
}

static struct fr_v4l2_limits limits_of(const struct fr_v4l2_device *device,
                                       const struct fr_v4l2_agreed *agreed, uint32_t memory,
                                       uint32_t n_buffers)
{
    struct fr_v4l2_limits limits = {.type = device->buf_type,
                                    .memory = memory,
                                    .n_buffers = n_buffers,
                                    .n_parts = agreed->n_parts};
    for (uint32_t i = 0; i < agreed->n_parts; i++) {
        limits.parts[i].min_bytes = agreed->parts[i].min_bytes;
        limits.parts[i].offset_bytes = agreed->parts[i].offset_bytes;
        limits.parts[i].room_bytes = UINT64_MAX;
    }
    return limits;
}

/* A buffer as the driver is asked about it; `planes` is written for the multi-planar API alone. */
static struct v4l2_buffer buffer_of(const struct fr_v4l2_stream *stream, uint32_t index,
                                    struct v4l2_plane planes[VIDEO_MAX_PLANES])
{
    struct v4l2_buffer buffer = {
        .index = index, .type = stream->device->buf_type, .memory = stream->memory};
    if (buffer.type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE) {
        memset(planes, 0, VIDEO_MAX_PLANES * sizeof *planes);
        buffer.m.planes = planes;
        buffer.length = VIDEO_MAX_PLANES;
    }
    return buffer;
}

int fr_v4l2_stream_init_userptr(struct fr_v4l2_stream *stream, const struct fr_v4l2_device *device,
                                const struct fr_v4l2_agreed *agreed, uint32_t n_slots,
                                size_t slot_bytes, char reason[FR_SOURCE_REASON_MAX])
{
    uint32_t count = n_slots;
    *stream = (struct fr_v4l2_stream){.device = device};
    int rc = request(device, V4L2_MEMORY_USERPTR, &count);
    if (rc == -EBUSY || rc == -ENODEV)
        return fr_v4l2_device_failed(device, rc, "asking for buffers", reason);
    if (rc < 0) {
        fr_v4l2_device_failed(device, rc, "queueing our own memory (USERPTR)", reason);
        return -EAGAIN;
    }
    stream->memory = V4L2_MEMORY_USERPTR;
    /* From here on nobody can change the format any more. */
    rc = fr_v4l2_format_recheck(device, agreed, reason);
    if (rc < 0) {
        fr_v4l2_stream_fini(stream);
        return rc;
    }
    struct fr_v4l2_limits limits = limits_of(device, agreed, V4L2_MEMORY_USERPTR, n_slots);
    bool has_room = slot_bytes <= UINT32_MAX;
    for (uint32_t i = 0; i < agreed->n_parts; i++) {
        const struct fr_v4l2_part *part = &agreed->parts[i];
        has_room = has_room && part->offset_bytes + part->image_bytes <= slot_bytes;
        /* A buffer of one part has the slot to itself. */
        limits.parts[i].room_bytes = agreed->n_parts == 1 ? slot_bytes : part->image_bytes;
        stream->length_bytes[i] = (uint32_t)limits.parts[i].room_bytes;
    }
    if (count < n_slots || !has_room || fr_v4l2_buffers_init(&stream->books, &limits) < 0) {
        fr_v4l2_stream_fini(stream);
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) takes %u buffers of ours (USERPTR), and the ring has %u slots",
                 device->path, device->card, count, n_slots);
        return -EAGAIN;
    }
    return 0;
}

/* Maps one part of a buffer; what is too small for a picture is refused. */
static int map_part(struct fr_v4l2_stream *stream, const struct fr_v4l2_agreed *agreed,
                    uint32_t index, uint32_t part, uint32_t bytes, uint32_t offset)
{
    if (bytes < agreed->parts[part].min_bytes)
        return -EPROTO;
    void *data = fr_v4l2_map(stream->device->fd, bytes, offset);
    if (!data)
        return -errno;
    stream->mapped[index][part].data = data;
    stream->mapped[index][part].bytes = bytes;
    return 0;
}

static int map(struct fr_v4l2_stream *stream, const struct fr_v4l2_agreed *agreed, uint32_t index)
{
    struct v4l2_plane planes[VIDEO_MAX_PLANES];
    struct v4l2_buffer buffer = buffer_of(stream, index, planes);
    int rc = fr_v4l2_ioctl(stream->device->fd, VIDIOC_QUERYBUF, &buffer);
    if (rc < 0)
        return rc;
    if (stream->device->buf_type != V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)
        return map_part(stream, agreed, index, 0, buffer.length, buffer.m.offset);
    if (buffer.length != agreed->n_parts)
        return -EPROTO;
    for (uint32_t i = 0; rc == 0 && i < agreed->n_parts; i++)
        rc = map_part(stream, agreed, index, i, planes[i].length, planes[i].m.mem_offset);
    return rc;
}

/* Maps all buffers, and learns the room of the smallest. */
static int map_all(struct fr_v4l2_stream *stream, const struct fr_v4l2_agreed *agreed,
                   struct fr_v4l2_limits *limits)
{
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < limits->n_buffers; i++) {
        rc = map(stream, agreed, i);
        for (uint32_t k = 0; rc == 0 && k < limits->n_parts; k++)
            if (stream->mapped[i][k].bytes < limits->parts[k].room_bytes)
                limits->parts[k].room_bytes = stream->mapped[i][k].bytes;
    }
    return rc;
}

int fr_v4l2_stream_init_mmap(struct fr_v4l2_stream *stream, const struct fr_v4l2_device *device,
                             const struct fr_v4l2_agreed *agreed, uint32_t n_buffers,
                             char reason[FR_SOURCE_REASON_MAX])
{
    uint32_t count = n_buffers < FR_SLOTS_MAX ? n_buffers : FR_SLOTS_MAX;
    *stream = (struct fr_v4l2_stream){.device = device};
    int rc = request(device, V4L2_MEMORY_MMAP, &count);
    if (rc < 0) {
        fr_v4l2_device_failed(device, rc, "asking for buffers (MMAP)", reason);
        return rc;
    }
    stream->memory = V4L2_MEMORY_MMAP;
    struct fr_v4l2_limits limits =
        limits_of(device, agreed, V4L2_MEMORY_MMAP, count < FR_SLOTS_MAX ? count : FR_SLOTS_MAX);
    rc = fr_v4l2_format_recheck(device, agreed, reason);
    if (rc < 0)
        goto fail;

    if (count < 2) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s) has only %u buffers; expected at least 2",
                 device->path, device->card, count);
        rc = -EPROTO;
        goto fail;
    }
    rc = map_all(stream, agreed, &limits);
    if (rc < 0) {
        fr_v4l2_device_failed(device, rc, "mapping its buffers", reason);
        goto fail;
    }
    rc = fr_v4l2_buffers_init(&stream->books, &limits);
    for (uint32_t i = 0; rc == 0 && i < limits.n_buffers; i++)
        rc = fr_v4l2_stream_queue(stream, i, NULL);
    if (rc < 0) {
        fr_v4l2_device_failed(device, rc, "queueing its buffers", reason);
        goto fail;
    }
    return 0;
fail:
    fr_v4l2_stream_fini(stream);
    return rc;
}

/* Where the driver shall write: the slot's memory, part by part. */
static void fill_addresses(const struct fr_v4l2_stream *stream, struct v4l2_buffer *buffer,
                           uint8_t *memory)
{
    if (buffer->type != V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE) {
        buffer->m.userptr = (unsigned long)memory;
        buffer->length = stream->length_bytes[0];
        return;
    }
    for (uint32_t i = 0; i < stream->books.limits.n_parts; i++) {
        buffer->m.planes[i].m.userptr =
            (unsigned long)(memory + stream->books.limits.parts[i].offset_bytes);
        buffer->m.planes[i].length = stream->length_bytes[i];
    }
}

int fr_v4l2_stream_queue(struct fr_v4l2_stream *stream, uint32_t index, void *memory)
{
    struct v4l2_plane planes[VIDEO_MAX_PLANES];
    struct v4l2_buffer buffer = buffer_of(stream, index, planes);
    if (buffer.type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)
        buffer.length = stream->books.limits.n_parts;
    if (stream->memory == V4L2_MEMORY_USERPTR)
        fill_addresses(stream, &buffer, memory);
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
    int type = (int)stream->device->buf_type;
    int rc = fr_v4l2_ioctl(stream->device->fd, VIDIOC_STREAMON, &type);
    stream->is_on = rc == 0;
    return rc;
}

int fr_v4l2_stream_dequeue(struct fr_v4l2_stream *stream, struct fr_v4l2_judgement *ret_judgement)
{
    struct v4l2_plane planes[VIDEO_MAX_PLANES] = {0};
    struct v4l2_buffer buffer = buffer_of(stream, 0, planes);
    int rc = fr_v4l2_ioctl(stream->device->fd, VIDIOC_DQBUF, &buffer);
    if (rc < 0)
        return rc == -EINTR ? -EAGAIN : rc;
    int64_t now_ns = fr_now_mono_ns();
    if (fr_suspend_slept_ns(&stream->suspend_watch, now_ns, fr_clock_ns(CLOCK_BOOTTIME)) > 0)
        fr_v4l2_buffers_lost(&stream->books);
    return fr_v4l2_buffers_judge(&stream->books, &buffer, planes, now_ns, ret_judgement);
}

const uint8_t *fr_v4l2_stream_data(const struct fr_v4l2_stream *stream,
                                   const struct fr_v4l2_judgement *judged, uint32_t part)
{
    const uint8_t *data = stream->mapped[judged->index][part].data;
    return data + judged->parts[part].begin_bytes;
}

static void unmap_all(struct fr_v4l2_stream *stream)
{
    for (unsigned i = 0; i < FR_SLOTS_MAX; i++)
        for (unsigned k = 0; k < FR_V4L2_PARTS_MAX; k++)
            if (stream->mapped[i][k].data)
                munmap(stream->mapped[i][k].data, stream->mapped[i][k].bytes);
}

void fr_v4l2_stream_fini(struct fr_v4l2_stream *stream)
{
    if (!stream->memory)
        return;
    /* Both calls can fail only when the device is gone, and then nothing writes any more. */
    int type = (int)stream->device->buf_type;
    fr_v4l2_ioctl(stream->device->fd, VIDIOC_STREAMOFF, &type);
    unmap_all(stream);
    uint32_t none = 0;
    request(stream->device, stream->memory, &none);
    *stream = (struct fr_v4l2_stream){0};
}
