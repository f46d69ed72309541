/* The planes of a frame as Y4M planes, with the same sample values.
 *
 *   GREY                    -> Cmono
 *   NV12, NV21, YU12, YV12  -> C420jpeg; C420mpeg2 when the colorimetry says limited range
 *   422P, YUYV, UYVY        -> C422
 * Only order and packing change, never a value. Anything else is refused by name.
 */
#pragma once

#include "common/media/y4m.h"
#include "framering/framering.h"

/* The Y4M header for frames of `format`; rate 0/0 stays "not told".
 * -ENOTSUP: Y4M cannot carry this fourcc; `reason` (may be NULL) names it. Pure. */
int fr_frame_y4m_header(const struct fr_format *format, struct fr_y4m_header *ret_header,
                        char *reason, size_t reason_size);

/* Writes the frame's planes into `bytes`, one after another, without gaps: exactly
 * fr_y4m_frame_bytes() of the header of frame->format. -ENOSPC: `size` is less; -EINVAL: the
 * frame's planes are too small for its format; -ENOTSUP as above. The frame may change meanwhile
 * (peek reading); the result is then rubbish, and nothing else. */
int fr_frame_to_y4m(const struct fr_frame *frame, uint8_t *bytes, size_t size);
