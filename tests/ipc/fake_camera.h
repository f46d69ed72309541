/* A V4L2 driver in a few lines, for what no real one does on demand.
 *
 * It stands where fr_v4l2_ioctl() and fr_v4l2_map() would (so include it in one file of a program
 * only) behind any character device. It gives one raw format and MJPG through the single-plane API,
 * or one raw format in several parts through the multi-planar one; takes USERPTR and MMAP, and
 * fills queued buffers in order when the test says so with camera_shoot(). What it answers can be
 * bent: the n-th call fails with an errno, or `bend` changes a buffer on its way out of DQBUF. */
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

enum { CAMERA_BUFFERS = 32, CAMERA_PARTS = 3, CAMERA_NO_BUFFERS = 99 };

struct camera_buffer {
    bool is_queued;
    struct {
        uint8_t *memory; /* USERPTR: the program's; MMAP: ours */
        int fd;          /* MMAP: behind it */
        uint32_t length; /* USERPTR: room that the program gives */
    } parts[CAMERA_PARTS];
    uint32_t sequence; /* of the frame in it */
    int64_t taken_us;  /* when it was */
};

static struct camera {
    /* What it is. */
    uint32_t fourcc, width_px, height_px, stride_bytes, image_bytes;
    uint32_t other_fourcc; /* 0: none; a second raw format, of the same strides and sizes */
    uint32_t n_parts;      /* 0: the single-plane API */
    struct {
        uint32_t stride_bytes, image_bytes, data_offset;
    } parts[CAMERA_PARTS];
    uint32_t field;
    uint32_t min_buffers;
    uint32_t max_buffers; /* 0: as many as asked for; CAMERA_NO_BUFFERS: none */
    uint32_t extra_buffers;
    bool has_userptr;
    const uint8_t *jpeg; /* what it gives as MJPG */
    size_t jpeg_bytes;
    bool has_events;    /* tells when the picture at its input changes, */
    unsigned n_changes; /* and so many times it has */
    unsigned n_auto;    /* frames that are taken by themselves, when one is asked for */
    /* What it does wrong. */
    int fail_call, fail_errno;  /* the n-th call from now (1: the next) */
    unsigned long fail_request; /* or every call of this request, with fail_errno */
    void (*bend)(struct v4l2_buffer *buffer);
    void (*after_reqbufs)(void);
    /* What is. */
    uint32_t type;
    struct v4l2_pix_format pix; /* of the multi-planar API: pixelformat alone */
    uint32_t memory, n_buffers, sequence, order[CAMERA_BUFFERS], n_queued, n_ready;
    int64_t last_us;
    bool is_on;
    int calls;
    struct camera_buffer buffers[CAMERA_BUFFERS];
} camera;

/* Parts of a buffer, and the room that one wants: of either API. */
static inline uint32_t camera_n_parts(void)
{
    return camera.n_parts ? camera.n_parts : 1;
}
static inline uint32_t camera_room(uint32_t part)
{
    return camera.n_parts ? camera.parts[part].image_bytes : camera.pix.sizeimage;
}

static inline void camera_reset(uint32_t fourcc, uint32_t width_px, uint32_t height_px,
                                uint32_t stride_bytes, uint32_t image_bytes)
{
    camera = (struct camera){.fourcc = fourcc,
                             .width_px = width_px,
                             .height_px = height_px,
                             .stride_bytes = stride_bytes,
                             .image_bytes = image_bytes,
                             .has_userptr = true,
                             .field = V4L2_FIELD_NONE,
                             .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
}

/* The multi-planar API, the planes of the picture in parts of their own. The caller sets their
 * strides and sizes. */
static inline void camera_reset_parts(uint32_t fourcc, uint32_t width_px, uint32_t height_px,
                                      uint32_t n_parts)
{
    camera_reset(fourcc, width_px, height_px, 0, 0);
    camera.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
    camera.n_parts = n_parts;
}

/* The picture of frame `sequence`: bytes that tell it apart. */
static inline uint8_t camera_byte(uint32_t sequence, size_t i)
{
    return (uint8_t)(sequence * 31 + i * 7 + i / 251);
}
/* And of its parts, which begin at the data offset. */
static inline uint8_t camera_part_byte(uint32_t sequence, uint32_t part, size_t i)
{
    return (uint8_t)(camera_byte(sequence, i) + part * 101);
}

static inline void camera_fill(struct camera_buffer *buffer, uint32_t sequence)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    camera.last_us = now_us > camera.last_us ? now_us : camera.last_us + 1;
    buffer->taken_us = camera.last_us;
    buffer->sequence = sequence;
    if (camera.pix.pixelformat == V4L2_PIX_FMT_MJPEG) {
        memcpy(buffer->parts[0].memory, camera.jpeg, camera.jpeg_bytes);
        return;
    }
    for (uint32_t k = 0; k < camera_n_parts(); k++) {
        uint32_t begin = camera.parts[k].data_offset;
        memset(buffer->parts[k].memory, 0xee, begin);
        for (size_t i = begin; i < camera_room(k); i++)
            buffer->parts[k].memory[i] = camera_part_byte(sequence, k, i - begin);
    }
}

/* `n` more frames are taken, as far as buffers are queued; the rest is lost, and counted by the
 * sequence, as a real driver does. */
static inline void camera_shoot(uint32_t n)
{
    while (n--) {
        uint32_t sequence = camera.sequence++;
        if (camera.n_ready == camera.n_queued)
            continue;
        camera_fill(&camera.buffers[camera.order[camera.n_ready++]], sequence);
    }
}

static inline int camera_format_parts(struct v4l2_format *format)
{
    format->fmt.pix_mp = (struct v4l2_pix_format_mplane){.pixelformat = camera.fourcc,
                                                         .width = camera.width_px,
                                                         .height = camera.height_px,
                                                         .field = V4L2_FIELD_NONE,
                                                         .num_planes = (uint8_t)camera.n_parts};
    for (uint32_t k = 0; k < camera.n_parts; k++) {
        format->fmt.pix_mp.plane_fmt[k].bytesperline = camera.parts[k].stride_bytes;
        format->fmt.pix_mp.plane_fmt[k].sizeimage = camera.parts[k].image_bytes;
    }
    camera.pix.pixelformat = camera.fourcc;
    return 0;
}

static inline int camera_format(struct v4l2_format *format, bool is_set)
{
    if (format->type != camera.type)
        return -EINVAL;
    if (camera.n_parts)
        return camera_format_parts(format);
    bool is_jpeg = format->fmt.pix.pixelformat == V4L2_PIX_FMT_MJPEG && camera.jpeg;
    bool is_other = camera.other_fourcc && format->fmt.pix.pixelformat == camera.other_fourcc;
    format->fmt.pix = (struct v4l2_pix_format){
        .pixelformat = is_jpeg    ? V4L2_PIX_FMT_MJPEG
                       : is_other ? camera.other_fourcc
                                  : camera.fourcc,
        .width = camera.width_px,
        .height = camera.height_px,
        .field = camera.field,
        .bytesperline = is_jpeg ? 0 : camera.stride_bytes,
        .sizeimage = is_jpeg ? camera.width_px * camera.height_px * 2 : camera.image_bytes};
    if (is_set)
        camera.pix = format->fmt.pix;
    return 0;
}

static inline void camera_free_buffer(struct camera_buffer *buffer)
{
    for (uint32_t k = 0; k < camera_n_parts(); k++) {
        close(buffer->parts[k].fd);
        if (buffer->parts[k].memory)
            munmap(buffer->parts[k].memory, camera_room(k));
    }
}

static inline void camera_make_buffer(struct camera_buffer *buffer)
{
    for (uint32_t k = 0; k < camera_n_parts(); k++) {
        buffer->parts[k].fd = memfd_create("buffer", MFD_CLOEXEC);
        ck_assert_int_eq(ftruncate(buffer->parts[k].fd, camera_room(k)), 0);
    }
}

static inline int camera_reqbufs(struct v4l2_requestbuffers *req)
{
    if (req->type != camera.type)
        return -EINVAL;
    for (uint32_t i = 0; i < camera.n_buffers && camera.memory == V4L2_MEMORY_MMAP; i++)
        camera_free_buffer(&camera.buffers[i]);
    camera.n_buffers = 0;
    if (req->memory == V4L2_MEMORY_USERPTR && !camera.has_userptr)
        return -EINVAL;
    if (camera.max_buffers && req->count > camera.max_buffers % CAMERA_NO_BUFFERS)
        req->count = camera.max_buffers % CAMERA_NO_BUFFERS;
    if (req->count)
        req->count += camera.extra_buffers;
    camera.memory = req->memory;
    camera.n_buffers = req->count;
    camera.n_queued = camera.n_ready = 0;
    memset(camera.buffers, 0, sizeof camera.buffers);
    for (uint32_t i = 0; i < camera.n_buffers && camera.memory == V4L2_MEMORY_MMAP; i++)
        camera_make_buffer(&camera.buffers[i]);
    if (camera.after_reqbufs && req->count)
        camera.after_reqbufs();
    return 0;
}

static inline int camera_qbuf(const struct v4l2_buffer *buffer)
{
    if (buffer->index >= camera.n_buffers || camera.buffers[buffer->index].is_queued ||
        buffer->memory != camera.memory || buffer->type != camera.type ||
        (camera.n_parts && buffer->length != camera.n_parts))
        return -EINVAL;
    struct camera_buffer *mine = &camera.buffers[buffer->index];
    for (uint32_t k = 0; k < camera_n_parts(); k++) {
        uint8_t **memory = &mine->parts[k].memory;
        if (camera.memory == V4L2_MEMORY_USERPTR) {
            mine->parts[k].length = camera.n_parts ? buffer->m.planes[k].length : buffer->length;
            ck_assert_uint_ge(mine->parts[k].length, camera_room(k));
            *memory =
                (uint8_t *)(camera.n_parts ? buffer->m.planes[k].m.userptr : buffer->m.userptr);
        } else if (!*memory) {
            *memory = mmap(NULL, camera_room(k), PROT_READ | PROT_WRITE, MAP_SHARED,
                           mine->parts[k].fd, 0);
            ck_assert_ptr_ne(*memory, MAP_FAILED);
        }
    }
    mine->is_queued = true;
    camera.order[camera.n_queued++] = buffer->index;
    return 0;
}

/* What is told of each part of a buffer. */
static inline void camera_tell_parts(struct v4l2_buffer *buffer, struct v4l2_plane *planes)
{
    const struct camera_buffer *mine = &camera.buffers[buffer->index];
    buffer->m.planes = planes;
    buffer->length = camera.n_parts;
    for (uint32_t k = 0; k < camera.n_parts; k++) {
        planes[k] = (struct v4l2_plane){.bytesused = camera_room(k),
                                        .length = camera_room(k),
                                        .data_offset = camera.parts[k].data_offset};
        if (camera.memory == V4L2_MEMORY_USERPTR)
            planes[k].m.userptr = (unsigned long)mine->parts[k].memory;
        else
            planes[k].m.mem_offset = buffer->index * CAMERA_PARTS + k;
    }
}

static inline int camera_dqbuf(struct v4l2_buffer *buffer)
{
    struct v4l2_plane *planes = camera.n_parts ? buffer->m.planes : NULL;
    if (buffer->type != camera.type || (camera.n_parts && buffer->length < camera.n_parts))
        return -EINVAL;
    if (!camera.is_on)
        return -EINVAL;
    if (!camera.n_ready && camera.n_auto) {
        camera.n_auto--;
        camera_shoot(1);
    }
    if (!camera.n_ready)
        return -EAGAIN;
    uint32_t index = camera.order[0];
    *buffer = (struct v4l2_buffer){
        .index = index,
        .type = camera.type,
        .memory = camera.memory,
        .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
        .bytesused = camera.pix.pixelformat == V4L2_PIX_FMT_MJPEG ? (uint32_t)camera.jpeg_bytes
                                                                  : camera.pix.sizeimage,
        .timestamp = {.tv_sec = camera.buffers[index].taken_us / 1000000,
                      .tv_usec = camera.buffers[index].taken_us % 1000000},
        .sequence = camera.buffers[index].sequence,
        .length = camera.pix.sizeimage};
    if (planes)
        camera_tell_parts(buffer, planes);
    else if (camera.memory == V4L2_MEMORY_USERPTR)
        buffer->m.userptr = (unsigned long)camera.buffers[index].parts[0].memory;
    camera.buffers[index].is_queued = false;
    camera.n_ready--;
    memmove(camera.order, camera.order + 1, --camera.n_queued * sizeof *camera.order);
    if (camera.bend)
        camera.bend(buffer);
    return 0;
}

static inline int camera_fill_capability(struct v4l2_capability *cap)
{
    *cap = (struct v4l2_capability){.capabilities = V4L2_CAP_STREAMING};
    cap->capabilities |= camera.n_parts ? V4L2_CAP_VIDEO_CAPTURE_MPLANE : V4L2_CAP_VIDEO_CAPTURE;
    strcpy((char *)cap->driver, "fake");
    strcpy((char *)cap->card, "Fake Camera");
    strcpy((char *)cap->bus_info, "test:0");
    return 0;
}

static inline int camera_enum_fmt(struct v4l2_fmtdesc *desc)
{
    const uint32_t offered[] = {camera.fourcc, camera.other_fourcc,
                                camera.jpeg ? V4L2_PIX_FMT_MJPEG : 0};
    uint32_t n = 0;
    if (desc->type != camera.type)
        return -EINVAL;
    for (int i = 0; i < 3; i++)
        if (offered[i] && n++ == desc->index) {
            desc->pixelformat = offered[i];
            return 0;
        }
    return -EINVAL;
}

static inline int camera_querybuf(struct v4l2_buffer *buffer)
{
    if (buffer->index >= camera.n_buffers)
        return -EINVAL;
    if (camera.n_parts) {
        if (buffer->length < camera.n_parts)
            return -EINVAL;
        camera_tell_parts(buffer, buffer->m.planes);
    } else {
        buffer->length = camera.pix.sizeimage;
        buffer->m.offset = buffer->index * CAMERA_PARTS;
    }
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

static inline int camera_dqevent(struct v4l2_event *event)
{
    if (!camera.n_changes)
        return -ENOENT;
    camera.n_changes--;
    event->type = V4L2_EVENT_SOURCE_CHANGE;
    event->u.src_change.changes = V4L2_EVENT_SRC_CH_RESOLUTION;
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
        if (camera.n_parts)
            return camera_format_parts(argument);
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
    case VIDIOC_SUBSCRIBE_EVENT:
        return camera.has_events ? 0 : -ENOTTY;
    case VIDIOC_DQEVENT:
        return camera_dqevent(argument);
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
    const struct camera_buffer *buffer = &camera.buffers[offset / CAMERA_PARTS];
    void *data =
        mmap(NULL, bytes, PROT_READ, MAP_SHARED, buffer->parts[offset % CAMERA_PARTS].fd, 0);
    return data == MAP_FAILED ? NULL : data;
}
