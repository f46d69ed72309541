/* A V4L2 device node: opening it, what it is, and in words why it cannot be used. */
#pragma once

#include "capture/source.h"

enum { FR_V4L2_PATH_MAX = 128 };

struct fr_v4l2_device {
    int fd;
    char path[FR_V4L2_PATH_MAX];
    /* As the driver tells, terminated, and with everything unprintable as '?'. */
    char card[33];
    char driver[17];
    char bus[33];
    uint32_t capabilities; /* of this node, not of the whole device */
    uint32_t buf_type;     /* V4L2_BUF_TYPE_VIDEO_CAPTURE; …_MPLANE when it has only that */
};

/* Opens `path` without ever blocking and asks what it is. Only a character device is opened at all,
 * and only a V4L2 device is taken, of whatever kind. The caller closes it with
 * fr_v4l2_device_close().
 *   -EINVAL            not a character device, or not a V4L2 device
 *   -ENOENT, -ENODEV   not there
 *   -EACCES            no permission; `reason` says which group to join
 *   -EBUSY             another program has it for itself
 *   others             as open() and the driver gave them
 * `reason` is written on failure only. */
int fr_v4l2_device_open(const char *path, struct fr_v4l2_device *ret_device,
                        char reason[FR_SOURCE_REASON_MAX]);

/* Closes it; takes a zeroed one, and one that is closed already. */
void fr_v4l2_device_close(struct fr_v4l2_device *device);

/* 0 when the node gives pictures that can be streamed, through whichever API, else -EINVAL, and
 * `reason` says by name what it is instead (metadata, output …) and where the pictures are. */
int fr_v4l2_device_check_camera(const struct fr_v4l2_device *device,
                                char reason[FR_SOURCE_REASON_MAX]);

/* True when the node gives pictures, whether they can be streamed or not. Pure. */
bool fr_v4l2_device_has_pictures(const struct fr_v4l2_device *device);

/* One sentence on what EBUSY means and what to do. Returns -EBUSY. */
int fr_v4l2_device_busy(const char *path, char reason[FR_SOURCE_REASON_MAX]);

/* A call to the driver that must not fail has: `reason` says what ("asking for its inputs") and
 * with which error. Returns rc, but -EPROTO for -EINVAL, which is for the user's mistakes. */
int fr_v4l2_device_failed(const struct fr_v4l2_device *device, int rc, const char *what,
                          char reason[FR_SOURCE_REASON_MAX]);

/* Copies a string that a driver gave: at most `size` - 1 bytes of the `n` at `from`, ended by the
 * first zero; what is not printable ASCII becomes '?'. Pure. */
void fr_v4l2_text(char *to, size_t size, const void *from, size_t n);
