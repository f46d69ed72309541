/* What a camera offers, and saying in words that it is not what is needed. */
#pragma once

#include "capture/v4l2_format.h"

/* What the camera offers. */
struct fr_v4l2_offered {
    bool has[FR_V4L2_N_LAYOUTS];
    bool has_asked;       /* what was asked for, whether framering knows it or not */
    uint32_t jpeg_fourcc; /* MJPG, or JPEG where a driver calls it so */
    /* Names, for people. */
    char all[160];
    char native[96];     /* of those that are read as they are, or decoded */
    char converted[160]; /* of those that are read through libv4l2 */
};

/* Asks the driver; `asked` is what the user wants, 0: nothing in particular. -ENODEV: it is
 * gone. */
int fr_v4l2_offered_init(struct fr_v4l2_offered *ret_offered, const struct fr_v4l2_device *device,
                         uint32_t asked);

/* None of it will do: says what was asked for, and what can be had instead. Returns -EINVAL. */
int fr_v4l2_offered_refuse(const struct fr_v4l2_device *device,
                           const struct fr_source_request *request,
                           const struct fr_v4l2_offered *offered,
                           char reason[FR_SOURCE_REASON_MAX]);
