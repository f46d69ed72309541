/* Agreeing with a driver on format, size and rate.
 *
 * A driver may answer every question with something else than was asked. What it answered is what
 * is used, after it was checked: the sizes and strides of struct fr_v4l2_agreed are sound, whatever
 * the driver said.
 */
#pragma once

#include "capture/source.h"
#include "capture/v4l2_device.h"
#include "capture/v4l2_layout.h"

/* Without a rate being asked for, a format that gives fewer frames a second at the wanted size
 * gives way to one that does: YUYV at 1080p over USB 2 gives 5. */
enum { FR_V4L2_RATE_ENOUGH = 15 };

/* One part of a buffer. */
struct fr_v4l2_part {
    uint64_t offset_bytes; /* where it begins in `given`; the first at 0, all on whole pages */
    uint64_t min_bytes;    /* fewer in it are not a picture */
    uint32_t image_bytes;  /* room that the driver wants for it (sizeimage) */
    uint32_t
        stride_bytes; /* as the driver told, or the tightest when it told 0; 0: it has no rows */
};

struct fr_v4l2_agreed {
    const struct fr_v4l2_layout *layout; /* of the camera's format */
    struct fr_format format;             /* of the frames that readers see */
    /* AS_IS: how the driver lays the picture out, its parts one after another, with all the room
     * that it wants; else how the picture is made. */
    struct fr_geometry given;
    struct fr_geometry tight; /* AS_IS: the same without any padding */
    uint32_t n_parts;
    struct fr_v4l2_part parts[FR_V4L2_PARTS_MAX];
    uint32_t min_buffers; /* the driver needs so many queued; 0 when it does not tell */
};

/* Chooses and sets. `request` as in capture/source.h; its fourcc is what readers shall see (a
 * format that the camera has not can come out of its MJPG) or MJPG (readers then see 422P, until
 * the first picture says otherwise). -EINVAL
 * the camera cannot do what was asked; `reason` says what it can -EBUSY    another program is
 * streaming -EPROTO   the driver's answers make no sense others    as the driver gave them;
 * -ENODEV: unplugged `reason` is written on failure only. */
int fr_v4l2_format_negotiate(const struct fr_v4l2_device *device,
                             const struct fr_source_request *request,
                             struct fr_v4l2_agreed *ret_agreed, char reason[FR_SOURCE_REASON_MAX]);

/* Looks whether what was agreed still holds (another program may have changed it before we had
 * buffers): 0, -EBUSY when it does not, or the driver's error. */
int fr_v4l2_format_recheck(const struct fr_v4l2_device *device, const struct fr_v4l2_agreed *agreed,
                           char reason[FR_SOURCE_REASON_MAX]);

struct v4l2_format;

/* Checks a driver's answer, through whichever API, and works everything out from it; rate_num,
 * rate_den 0 when not known. `wanted_fourcc` is what readers shall see when the camera gives MJPG,
 * 0: 422P. -EPROTO, -EINVAL with `reason`. Pure. */
int fr_v4l2_format_take(const struct v4l2_format *answered, uint32_t wanted_fourcc,
                        uint32_t rate_num, uint32_t rate_den, struct fr_v4l2_agreed *ret_agreed,
                        char reason[FR_SOURCE_REASON_MAX]);
