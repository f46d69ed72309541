/* JPEG straight into the planes of a frame.
 *
 * libjpeg-turbo writes its raw output, whole rows of blocks, directly into the rows of the planes
 * where the sampling of the picture is that of the format; no picture stands in between. Where it
 * is not, or where a plane's stride has no room for whole blocks, a strip of one row of MCUs (at
 * most 32 rows) stands in between. Rows below the picture's edge go to one scratch row.
 *
 * Less than the whole can be had for less work. Into GREY: luma alone; chroma is passed over in the
 * entropy-coded bits and never transformed. Scaled by 1/2 or 1/4: the inverse transform itself is
 * done at 4x4 or 2x2 instead of 8x8, so that each component comes at its scale.
 *
 * What cameras do to JPEG is taken as it comes: no Huffman tables (the standard ones are used),
 * stale bytes behind EOI, no EOI, restart markers, garbage before SOI. What only costs time or
 * memory is refused from the header: see fr_jpeg_supported(). libjpeg's errors end in a return
 * code, its warnings are counted; it never prints and never exits.
 */
#pragma once

#include "common/media/jpeg_markers.h"
#include "framering/framering.h"

struct fr_jpeg_decoder;

/* A decoder for any number of pictures of any size; used by one thread at a time. -ENOMEM. */
int fr_jpeg_decoder_new(struct fr_jpeg_decoder **ret_decoder);
void fr_jpeg_decoder_free(struct fr_jpeg_decoder *decoder);

/* What was agreed about the pictures. */
struct fr_jpeg_agreed {
    uint32_t width_px, height_px; /* of the JPEG: any other is refused */
    uint32_t scale;               /* 1, 2 or 4: what the sides are divided by */
};

/* A side of the planes at that scale: divided, and rounded up. Pure. */
uint32_t fr_jpeg_scaled_px(uint32_t full_px, uint32_t scale);

/* Decodes the picture in `bytes` into the planes of `geometry` in `slot`, which has at least
 * geometry->slot_bytes bytes. The geometry has the agreed size at its scale; its fourcc may be
 *   GREY        from any sampling: luma alone, chroma is not even transformed
 *   YU12, YV12  from 4:2:0 as it is; from others with chroma averaged or repeated
 *   422P        from 4:2:2 as it is; from others likewise; grey pictures get chroma 128
 * Planes of other kinds (FR_PLANE_HALF_Y, FR_PLANE_JPEG) are left alone. Bytes of a row behind the
 * width may be written; nothing outside the planes is.
 *
 * 0          decoded; fr_jpeg_decoder_warnings() says how much was odd
 * -ENODATA   the data ends before the picture does: it was decoded as far as it goes, the rest is
 *            grey (the slot may be shown or dropped, as the caller's policy is; capture drops it,
 *            for grey that comes and goes looks like motion)
 * -EBADMSG   not a JPEG, or broken beyond decoding; the planes hold rubbish
 * -ERANGE    another size than the agreed one; the planes were not touched
 * -ENOTSUP   a kind of JPEG, or a fourcc, that is not decoded; the planes were not touched
 * -EINVAL    the geometry's planes have no room for its own size, or that is not the agreed one at
 *            a scale of 1, 2 or 4
 * -ENOMEM
 * Time is bounded by the size: one set of scans, never more scans than components. */
int fr_jpeg_decode_agreed(struct fr_jpeg_decoder *decoder, const uint8_t *bytes, size_t length,
                          const struct fr_jpeg_agreed *agreed, const struct fr_geometry *geometry,
                          uint8_t *slot);

/* The same for pictures of the geometry's own size, at scale 1. */
int fr_jpeg_decode(struct fr_jpeg_decoder *decoder, const uint8_t *bytes, size_t length,
                   const struct fr_geometry *geometry, uint8_t *slot);

/* What the last picture's header said; all zero when it had none. Valid until the next call. */
const struct fr_jpeg_info *fr_jpeg_decoder_info(const struct fr_jpeg_decoder *decoder);

/* Warnings of the last picture ("extraneous bytes before marker" and the like). */
uint32_t fr_jpeg_decoder_warnings(const struct fr_jpeg_decoder *decoder);

/* One line on why the last picture failed, or on its first warning; "" when there is nothing to
 * say. Valid until the next call. */
const char *fr_jpeg_decoder_reason(const struct fr_jpeg_decoder *decoder);

/* What JPEG pictures mean by their values (JFIF): sRGB primaries, BT.601 matrix, full range. */
extern const struct fr_colorimetry fr_jpeg_colorimetry;
