/* The negotiation: S_FMT with the format that serves the request best, then S_PARM. */
#include "capture/v4l2_format.h"

#include "capture/v4l2_choice.h"
#include "capture/v4l2_ioctl.h"
#include "capture/v4l2_pix.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

/* For a driver that does not tell what it is set to; and the rate, for what a camera is set to is
 * what its last user left behind. */
enum { RATE_USUAL = 30, WIDTH_DEFAULT_PX = 640, HEIGHT_DEFAULT_PX = 480 };

/* The size to ask for: the request's, else the one that the camera is set to. */
static void wanted_size(const struct fr_v4l2_device *device,
                        const struct fr_source_request *request, uint32_t *ret_width_px,
                        uint32_t *ret_height_px)
{
    struct v4l2_format format = {.type = device->buf_type};
    struct fr_v4l2_pix pix = {0};
    *ret_width_px = request->width_px;
    *ret_height_px = request->height_px;
    if (request->width_px && request->height_px)
        return;
    if (fr_v4l2_ioctl(device->fd, VIDIOC_G_FMT, &format) == 0)
        fr_v4l2_pix_read(&format, &pix);
    bool is_known = pix.width_px && pix.height_px;
    *ret_width_px = is_known ? pix.width_px : WIDTH_DEFAULT_PX;
    *ret_height_px = is_known ? pix.height_px : HEIGHT_DEFAULT_PX;
}

/* Sets the rate where it can be set, and learns it where it can be learnt. Not knowing is no
 * error: pictures come all the same. */
static int set_rate(const struct fr_v4l2_device *device, const struct fr_source_request *request,
                    uint32_t *ret_num, uint32_t *ret_den)
{
    struct v4l2_streamparm parm = {.type = device->buf_type};
    struct v4l2_captureparm *capture = &parm.parm.capture;
    *ret_num = *ret_den = 0;
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_G_PARM, &parm);
    if (rc == -ENODEV || rc == -EBUSY)
        return rc;
    if (rc < 0)
        return 0;
    if (capture->capability & V4L2_CAP_TIMEPERFRAME) {
        bool is_asked = request->rate_num && request->rate_den;
        struct v4l2_streamparm wish = {.type = device->buf_type};
        wish.parm.capture.timeperframe.numerator = is_asked ? request->rate_den : 1;
        wish.parm.capture.timeperframe.denominator = is_asked ? request->rate_num : RATE_USUAL;
        rc = fr_v4l2_ioctl(device->fd, VIDIOC_S_PARM, &wish);
        if (rc == -ENODEV || rc == -EBUSY)
            return rc;
        if (rc == 0)
            parm = wish;
    }
    *ret_num = capture->timeperframe.denominator;
    *ret_den = capture->timeperframe.numerator;
    return 0;
}

/* Buffers that the driver wants queued before it begins; 0 when it does not tell. */
static uint32_t ask_min_buffers(const struct fr_v4l2_device *device)
{
    struct v4l2_control control = {.id = V4L2_CID_MIN_BUFFERS_FOR_CAPTURE};
    if (fr_v4l2_ioctl(device->fd, VIDIOC_G_CTRL, &control) < 0 || control.value < 0)
        return 0;
    return (uint32_t)control.value;
}

int fr_v4l2_format_negotiate(const struct fr_v4l2_device *device,
                             const struct fr_source_request *request,
                             struct fr_v4l2_agreed *ret_agreed, char reason[FR_SOURCE_REASON_MAX])
{
    uint32_t width_px, height_px, fourcc, wanted, rate_num, rate_den;
    struct v4l2_format format;
    struct fr_v4l2_pix pix;

    wanted_size(device, request, &width_px, &height_px);
    int rc = fr_v4l2_choose(device, request, width_px, height_px, &fourcc, &wanted, reason);
    if (rc < 0)
        return rc;
    fr_v4l2_pix_wish(&format, device->buf_type, fourcc, width_px, height_px);
    rc = fr_v4l2_ioctl(device->fd, VIDIOC_S_FMT, &format);
    if (rc < 0)
        return fr_v4l2_device_failed(device, rc, "setting the format", reason);
    fr_v4l2_pix_read(&format, &pix);
    if (pix.fourcc != fourcc) {
        char asked[8], got[8];
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) offers %s, but answered with %s when it was set", device->path,
                 device->card, fr_v4l2_format_name(fourcc, asked),
                 fr_v4l2_format_name(pix.fourcc, got));
        return -EPROTO;
    }
    rc = set_rate(device, request, &rate_num, &rate_den);
    if (rc < 0)
        return fr_v4l2_device_failed(device, rc, "setting the rate", reason);
    rc = fr_v4l2_format_take(&format, wanted, rate_num, rate_den, ret_agreed, reason);
    if (rc == 0)
        ret_agreed->min_buffers = ask_min_buffers(device);
    return rc;
}

static bool is_same(const struct fr_v4l2_agreed *now, const struct fr_v4l2_agreed *agreed)
{
    bool is_so = now->layout == agreed->layout && now->n_parts == agreed->n_parts &&
                 now->format.field == agreed->format.field &&
                 now->format.width_px == agreed->format.width_px &&
                 now->format.height_px == agreed->format.height_px;
    for (uint32_t i = 0; is_so && i < agreed->n_parts; i++)
        is_so = now->parts[i].stride_bytes == agreed->parts[i].stride_bytes &&
                now->parts[i].image_bytes == agreed->parts[i].image_bytes;
    return is_so;
}

int fr_v4l2_format_recheck(const struct fr_v4l2_device *device, const struct fr_v4l2_agreed *agreed,
                           char reason[FR_SOURCE_REASON_MAX])
{
    struct v4l2_format format = {.type = device->buf_type};
    struct fr_v4l2_agreed now;
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_G_FMT, &format);
    if (rc < 0)
        return fr_v4l2_device_failed(device, rc, "asking for the format", reason);
    rc = fr_v4l2_format_take(&format, agreed->format.fourcc, 0, 0, &now, reason);
    if (rc == 0 && is_same(&now, agreed))
        return 0;
    snprintf(reason, FR_SOURCE_REASON_MAX,
             "another program changed the format of %s (%s) before it could be used; close that "
             "program (`fuser -v %s` shows which it is)",
             device->path, device->card, device->path);
    return -EBUSY;
}
