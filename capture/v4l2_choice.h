/* Which of a camera's formats to ask for. Nothing is set at the camera. */
#pragma once

#include "capture/v4l2_format.h"

/* Drivers that never end an enumeration are cut off here. */
enum { FR_V4L2_ENUM_MAX = 128 };

/* *ret_fourcc is what to ask the camera for at this size; *ret_wanted what readers shall see, if it
 * is to be decoded into another format than the usual, else 0. -EINVAL: none will do, `reason` says
 * what there is; -ENODEV: unplugged. */
int fr_v4l2_choose(const struct fr_v4l2_device *device, const struct fr_source_request *request,
                   uint32_t width_px, uint32_t height_px, uint32_t *ret_fourcc,
                   uint32_t *ret_wanted, char reason[FR_SOURCE_REASON_MAX]);
