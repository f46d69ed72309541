/* A camera's JPEG as others want it: kept beside the decoded planes, so that whoever records it or
 * shows it on a page need not encode again.
 *
 * The picture itself is not touched. What only a lenient decoder would swallow is put right:
 * garbage before SOI and stale bytes behind EOI are left out, a missing EOI is added, and the
 * standard Huffman tables are put in where there are none, for browsers and files want them.
 */
#pragma once

#include "common/media/jpeg_markers.h"

/* Room that a kept picture may need beyond the bytes that the camera sent. */
#define FR_JPEG_KEEP_EXTRA 422u

/* Writes the picture in `bytes`, of which fr_jpeg_probe() told `info`, to `to`. Returns its length,
 * or 0 when it needs more than `room`, or no scan was found in it; nothing is written then. Reads
 * each byte at most twice. Pure. */
size_t fr_jpeg_keep(const uint8_t *bytes, size_t length, const struct fr_jpeg_info *info,
                    uint8_t *to, size_t room);
