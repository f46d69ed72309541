/* A V4L2 driver that does its work in no time, so that what is measured is capture's own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "capture/v4l2_ioctl.h"
#include "tests/bench/capture_bench.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static struct capture_device *devices[CAPTURE_WAYS_MAX];
static unsigned n_devices;

void capture_device_plug(struct capture_device *device)
{
    device->fd = -1;
    device->memory_fd = -1;
    devices[n_devices++] = device;
}

/* The device behind a descriptor; one that was not seen before belongs to the last one plugged
 * in. */
static struct capture_device *device_of(int fd)
{
    for (unsigned i = 0; i < n_devices; i++)
        if (devices[i]->fd == fd)
            return devices[i];
    devices[n_devices - 1]->fd = fd;
    return devices[n_devices - 1];
}

bool capture_device_shoot(struct capture_device *device)
{
    if (device->n_filled == device->n_queued)
        return false;
    device->n_filled++;
    return true;
}

static size_t buffer_bytes(const struct capture_device *device)
{
    return ((size_t)device->image_bytes + PAGE - 1) / PAGE * PAGE;
}

static int tell_format(const struct capture_device *device, struct v4l2_format *format)
{
    format->fmt.pix = (struct v4l2_pix_format){.pixelformat = device->fourcc,
                                               .width = device->width_px,
                                               .height = device->height_px,
                                               .field = V4L2_FIELD_NONE,
                                               .bytesperline = device->stride_bytes,
                                               .sizeimage = device->image_bytes};
    return 0;
}

/* The driver's own buffers, each with the picture in it for good. */
static int make_buffers(struct capture_device *device)
{
    size_t bytes = buffer_bytes(device);
    device->memory_fd = memfd_create("buffers", MFD_CLOEXEC);
    if (device->memory_fd < 0 ||
        ftruncate(device->memory_fd, (off_t)(bytes * device->n_buffers)) < 0)
        return -ENOMEM;
    for (uint32_t i = 0; i < device->n_buffers; i++)
        if (pwrite(device->memory_fd, device->bytes, device->length, (off_t)(bytes * i)) !=
            (ssize_t)device->length)
            return -ENOMEM;
    return 0;
}

static int request_buffers(struct capture_device *device, struct v4l2_requestbuffers *req)
{
    if (req->memory == V4L2_MEMORY_USERPTR && !device->has_userptr)
        return -EINVAL;
    if (device->memory_fd >= 0)
        close(device->memory_fd);
    device->memory_fd = -1;
    device->memory = req->memory;
    device->n_buffers = req->count < FR_SLOTS_MAX ? req->count : FR_SLOTS_MAX;
    device->n_queued = device->n_filled = 0;
    return device->memory == V4L2_MEMORY_MMAP && device->n_buffers ? make_buffers(device) : 0;
}

static int queue(struct capture_device *device, const struct v4l2_buffer *buffer)
{
    if (buffer->index >= device->n_buffers || device->n_queued >= FR_SLOTS_MAX)
        return -EINVAL;
    device->address[buffer->index] = buffer->m.userptr;
    device->order[device->n_queued++] = buffer->index;
    return 0;
}

static int dequeue(struct capture_device *device, struct v4l2_buffer *buffer)
{
    if (device->n_filled == 0)
        return -EAGAIN;
    int64_t now_ns = bench_now_ns();
    uint32_t index = device->order[0];
    *buffer = (struct v4l2_buffer){
        .index = index,
        .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
        .memory = device->memory,
        .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
        .bytesused = (uint32_t)device->length,
        .timestamp = {.tv_sec = now_ns / NS_PER_S, .tv_usec = now_ns % NS_PER_S / NS_PER_US},
        .sequence = device->sequence++,
        .length = device->image_bytes};
    if (device->memory == V4L2_MEMORY_USERPTR)
        buffer->m.userptr = device->address[index];
    device->n_filled--;
    memmove(device->order, device->order + 1, --device->n_queued * sizeof *device->order);
    return 0;
}

static int query_buffer(const struct capture_device *device, struct v4l2_buffer *buffer)
{
    buffer->length = device->image_bytes;
    buffer->m.offset = (uint32_t)(buffer->index * buffer_bytes(device));
    return 0;
}

static int tell_capability(struct v4l2_capability *cap)
{
    *cap = (struct v4l2_capability){.driver = "bench",
                                    .card = "Bench Camera",
                                    .bus_info = "bench",
                                    .capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING};
    return 0;
}

static int tell_kind(const struct capture_device *device, struct v4l2_fmtdesc *desc)
{
    if (desc->index > 0)
        return -EINVAL;
    desc->pixelformat = device->fourcc;
    return 0;
}

int fr_v4l2_ioctl(int fd, unsigned long request, void *argument)
{
    struct capture_device *device = device_of(fd);
    switch (request) {
    case VIDIOC_QUERYCAP:
        return tell_capability(argument);
    case VIDIOC_ENUM_FMT:
        return tell_kind(device, argument);
    case VIDIOC_G_FMT:
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT:
        return tell_format(device, argument);
    case VIDIOC_REQBUFS:
        return request_buffers(device, argument);
    case VIDIOC_QUERYBUF:
        return query_buffer(device, argument);
    case VIDIOC_QBUF:
        return queue(device, argument);
    case VIDIOC_DQBUF:
        return dequeue(device, argument);
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
        return 0;
    default:
        return -ENOTTY;
    }
}

void *fr_v4l2_map(int fd, size_t bytes, uint32_t offset)
{
    void *data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, device_of(fd)->memory_fd, (off_t)offset);
    return data == MAP_FAILED ? NULL : data;
}
