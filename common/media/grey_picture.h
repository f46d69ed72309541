/* A picture of grey levels from a file: binary PGM (P5, also of 16 bits) or PNG, told by content.
 *
 * Files are outside bytes: sizes are bounded before anything is allocated, and what is not wholly
 * understood is refused with a reason.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FR_GREY_SIDE_MAX = 16384 };
#define FR_GREY_PIXELS_MAX (UINT64_C(1) << 26)
#define FR_GREY_BYTES_MAX  (UINT64_C(160) << 20) /* of the file: 16 bits a pixel, and more */

struct fr_grey_picture {
    uint32_t width_px, height_px; /* each 1 to FR_GREY_SIDE_MAX */
    uint8_t *pixels;              /* rows of width_px bytes, 0 black to 255 white */
};

/* Reads a picture from bytes. The caller ends it with fr_grey_picture_fini(). -EBADMSG: damaged, or
 * of another kind; -EFBIG: too large; -ENOTSUP: a PNG, and built without libpng; -ENOMEM. `reason`
 * gets "what was wrong; expected …". */
int fr_grey_picture_read(const uint8_t *bytes, size_t n_bytes, struct fr_grey_picture *ret_picture,
                         char *reason, size_t reason_size);

/* The same from a regular file; the reason begins with its path. Others as open(2). May block on
 * the disk. */
int fr_grey_picture_load(const char *path, struct fr_grey_picture *ret_picture, char *reason,
                         size_t reason_size);

void fr_grey_picture_fini(struct fr_grey_picture *picture);
