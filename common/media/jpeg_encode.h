/* A frame of the ring as a JPEG.
 *
 * The planes go to libjpeg-turbo raw, without a detour through RGB: 4:2:0 and 4:2:2 keep their
 * sampling, GREY becomes a one-component JPEG. Rows are first copied to a strip of one row of MCUs,
 * edges repeated to whole blocks, so that the frame itself may change meanwhile (peek reading)
 * without any harm but a picture that must be thrown away.
 *
 * JPEG means full range: a frame whose colorimetry says limited range is stretched on the way;
 * otherwise the samples are encoded as they are. The matrix is not converted.
 */
#pragma once

#include "framering/framering.h"

#define FR_JPEG_QUALITY_MIN     1
#define FR_JPEG_QUALITY_MAX     100
#define FR_JPEG_QUALITY_DEFAULT 90

/* Encodes `frame` (any fourcc of the ring). *ret_bytes is the caller's, to be freed with free().
 * -EINVAL: quality out of range, or planes too small for the format; -ENOTSUP: unknown fourcc, or
 * a width that the fourcc does not have; -ENOMEM. Thread-safe. */
int fr_jpeg_encode(const struct fr_frame *frame, int quality, uint8_t **ret_bytes,
                   size_t *ret_length);
