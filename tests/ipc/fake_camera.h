/* A V4L2 driver in a few lines, for what no real one does on demand.
 *
 * It stands where fr_v4l2_ioctl() and fr_v4l2_map() would (so include it in one file of a program
 * only) behind any character device. It gives one raw format and MJPG, takes USERPTR and MMAP, and fills
 * queued buffers in order when the test says so with camera_shoot(). What it answers can be bent: the
 * n-th call fails with an errno, or `bend` changes a buffer on its way out of DQBUF. */
#pragma once

#include "capture/v4l2_ioctl.h"
#include "framering/framering.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { CAMERA_BUFFERS = 32 };

struct camera_buffer {
    bool is_queued;
    void *memory;      /* USERPTR: the program's; MMAP: ours */
    int fd;            /* MMAP: behind it */
    uint32_t sequence; /* of the frame in it */
};

static struct camera {
    /* What it is. */
    uint32_t fourcc, width_px, height_px, stride_bytes, image_bytes;
    uint32_t min_buffers;
    bool has_userptr;
    const uint8_t *jpeg; /* what it gives as MJPG */
    size_t jpeg_bytes;
    /* What it does wrong. */
    int fail_call, fail_errno;  /* the n-th call from now (1: the next) */
    unsigned long fail_request; /* or every call of this request, with fail_errno */
    void (*bend)(struct v4l2_buffer *buffer);
    void (*after_reqbufs)(void);
    /* What is. */
    struct v4l2_pix_format pix;
    uint32_t memory, n_buffers, sequence, order[CAMERA_BUFFERS], n_queued, n_ready;
    bool is_on;
    int calls;
    struct camera_buffer buffers[CAMERA_BUFFERS];
} camera;

static inline void camera_reset(uint32_t fourcc, uint32_t width_px, uint32_t height_px,
                                uint32_t stride_bytes, uint32_t image_bytes)
{
    camera = (struct camera){.fourcc = fourcc,
                             .width_px = width_px,
                             .height_px = height_px,
                             .stride_bytes = stride_bytes,
                             .image_bytes = image_bytes,
                             .has_userptr = true};
}

/* The picture of frame `sequence`: bytes that tell it apart. */
static inline uint8_t camera_byte(uint32_t sequence, size_t i)
{
    return (uint8_t)(sequence * 31 + i * 7 + i / 251);
}

/* `n` more frames are taken, as far as buffers are queued; the rest is lost, and counted by the
 * sequence, as a real driver does. */
static inline void camera_shoot(uint32_t n)
{
    while (n--) {
        uint32_t sequence = camera.sequence++;
        if (camera.n_ready == camera.n_queued)
            continue;
        struct camera_buffer *buffer = &camera.buffers[camera.order[camera.n_ready++]];
        uint8_t *bytes = buffer->memory;
        buffer->sequence = sequence;
        if (camera.pix.pixelformat == V4L2_PIX_FMT_MJPEG)
            memcpy(bytes, camera.jpeg, camera.jpeg_bytes);
        else
            for (size_t i = 0; i < camera.image_bytes; i++)
                bytes[i] = camera_byte(sequence, i);
    }
}

static inline int camera_format(struct v4l2_format *format, bool is_set)
{
    bool is_jpeg = format->fmt.pix.pixelformat == V4L2_PIX_FMT_MJPEG && camera.jpeg;
    format->fmt.pix = (struct v4l2_pix_format){
        .pixelformat = is_jpeg ? V4L2_PIX_FMT_MJPEG : camera.fourcc,
        .width = camera.width_px,
        .height = camera.height_px,
        .field = V4L2_FIELD_NONE,
        .bytesperline = is_jpeg ? 0 : camera.stride_bytes,
        .sizeimage = is_jpeg ? camera.width_px * camera.height_px * 2 : camera.image_bytes};
    if (is_set)
        camera.pix = format->fmt.pix;
    return 0;
}

static inline int camera_reqbufs(struct v4l2_requestbuffers *req)
{
    for (uint32_t i = 0; i < camera.n_buffers; i++)
        if (camera.memory == V4L2_MEMORY_MMAP) {
            close(camera.buffers[i].fd);
            if (camera.buffers[i].memory)
                munmap(camera.buffers[i].memory, camera.pix.sizeimage);
        }
    if (req->memory == V4L2_MEMORY_USERPTR && !camera.has_userptr)
        return -EINVAL;
    camera.memory = req->memory;
    camera.n_buffers = req->count;
    camera.n_queued = camera.n_ready = 0;
    memset(camera.buffers, 0, sizeof camera.buffers);
    if (camera.memory == V4L2_MEMORY_MMAP)
        for (uint32_t i = 0; i < camera.n_buffers; i++) {
            camera.buffers[i].fd = memfd_create("buffer", MFD_CLOEXEC);
            ck_assert_int_eq(ftruncate(camera.buffers[i].fd, camera.pix.sizeimage), 0);
        }
    if (camera.after_reqbufs && req->count)
        camera.after_reqbufs();
    return 0;
}

static inline int camera_qbuf(const struct v4l2_buffer *buffer)
{
    if (buffer->index >= camera.n_buffers || camera.buffers[buffer->index].is_queued ||
        buffer->memory != camera.memory)
        return -EINVAL;
    struct camera_buffer *mine = &camera.buffers[buffer->index];
    if (camera.memory == V4L2_MEMORY_USERPTR) {
        ck_assert_uint_ge(buffer->length, camera.pix.sizeimage);
        mine->memory = (void *)buffer->m.userptr;
    } else if (!mine->memory) {
        mine->memory =
            mmap(NULL, camera.pix.sizeimage, PROT_READ | PROT_WRITE, MAP_SHARED, mine->fd, 0);
        ck_assert_ptr_ne(mine->memory, MAP_FAILED);
    }
    mine->is_queued = true;
    camera.order[camera.n_queued++] = buffer->index;
    return 0;
}

static inline int camera_dqbuf(struct v4l2_buffer *buffer)
{
    struct timespec now;
    if (!camera.is_on)
        return -EINVAL;
    if (!camera.n_ready)
        return -EAGAIN;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint32_t index = camera.order[0];
    *buffer = (struct v4l2_buffer){
        .index = index,
        .type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
        .memory = camera.memory,
        .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
        .bytesused = camera.pix.pixelformat == V4L2_PIX_FMT_MJPEG ? (uint32_t)camera.jpeg_bytes
                                                                  : camera.pix.sizeimage,
        .timestamp = {.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000},
        .sequence = camera.buffers[index].sequence,
        .length = camera.pix.sizeimage};
    if (camera.memory == V4L2_MEMORY_USERPTR)
        buffer->m.userptr = (unsigned long)camera.buffers[index].memory;
    camera.buffers[index].is_queued = false;
    camera.n_ready--;
    memmove(camera.order, camera.order + 1, --camera.n_queued * sizeof *camera.order);
    if (camera.bend)
        camera.bend(buffer);
    return 0;
}

static inline int camera_fill_capability(struct v4l2_capability *cap)
{
    *cap = (struct v4l2_capability){.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING};
    strcpy((char *)cap->driver, "fake");
    strcpy((char *)cap->card, "Fake Camera");
    strcpy((char *)cap->bus_info, "test:0");
    return 0;
}

static inline int camera_enum_fmt(struct v4l2_fmtdesc *desc)
{
    if (desc->index > 1 || (desc->index == 1 && !camera.jpeg))
        return -EINVAL;
    desc->pixelformat = desc->index == 0 ? camera.fourcc : V4L2_PIX_FMT_MJPEG;
    return 0;
}

static inline int camera_querybuf(struct v4l2_buffer *buffer)
{
    if (buffer->index >= camera.n_buffers)
        return -EINVAL;
    buffer->length = camera.pix.sizeimage;
    buffer->m.offset = buffer->index;
    return 0;
}

static inline int camera_parm(struct v4l2_streamparm *parm)
{
    parm->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    parm->parm.capture.timeperframe = (struct v4l2_fract){1, 25};
    return 0;
}

static inline int camera_stream(bool is_on)
{
    camera.is_on = is_on;
    if (!is_on) {
        camera.n_queued = camera.n_ready = 0;
        for (unsigned i = 0; i < CAMERA_BUFFERS; i++)
            camera.buffers[i].is_queued = false;
    }
    return 0;
}

int fr_v4l2_ioctl(int fd, unsigned long request, void *argument)
{
    (void)fd;
    camera.calls++;
    if ((camera.fail_call && --camera.fail_call == 0) || camera.fail_request == request)
        return -camera.fail_errno;
    switch (request) {
    case VIDIOC_QUERYCAP:
        return camera_fill_capability(argument);
    case VIDIOC_ENUM_FMT:
        return camera_enum_fmt(argument);
    case VIDIOC_G_FMT:
        ((struct v4l2_format *)argument)->fmt.pix = camera.pix;
        return 0;
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT:
        return camera_format(argument, request == VIDIOC_S_FMT);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM:
        return camera_parm(argument);
    case VIDIOC_G_CTRL:
        ((struct v4l2_control *)argument)->value = (int)camera.min_buffers;
        return 0;
    case VIDIOC_REQBUFS:
        return camera_reqbufs(argument);
    case VIDIOC_QUERYBUF:
        return camera_querybuf(argument);
    case VIDIOC_QBUF:
        return camera_qbuf(argument);
    case VIDIOC_DQBUF:
        return camera_dqbuf(argument);
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
        return camera_stream(request == VIDIOC_STREAMON);
    default:
        return -ENOTTY;
    }
}

void *fr_v4l2_map(int fd, size_t bytes, uint32_t offset)
{
    (void)fd;
    void *data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, camera.buffers[offset].fd, 0);
    return data == MAP_FAILED ? NULL : data;
}
