/* What a driver tells of how its pictures look: colours, and the order of fields. */
#pragma once

#include "capture/source.h"
#include "capture/v4l2_pix.h"

/* The driver's colorimetry with its defaults put in. Values that do not fit are "not told". Grey
 * has the full range by default, as RGB has: the kernel's test pattern generator takes it so, and
 * cameras that give it (infrared) use it all. Pure. */
struct fr_colorimetry fr_v4l2_look_colours(const struct fr_v4l2_pix *pix);

/* The order of fields that readers are told; both fields in one picture, or only one of them, are
 * taken as they come. -EINVAL: fields in buffers of their own, or one after the other; -EPROTO: no
 * field order at all; each with `reason`. Pure. */
int fr_v4l2_look_field(uint32_t field, uint32_t *ret_field, char reason[FR_SOURCE_REASON_MAX]);
