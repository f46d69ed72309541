/* Formats that framering does not know, made into YU12 or YV12 by libv4l2.
 *
 * Of libv4l2 the half that converts is used, libv4lconvert, without the half that stands between a
 * program and its driver. So a buffer is judged before (v4l2_buffers.h) and the picture goes from
 * there into the slot, whichever API it came through; and the library never sees the device: it is
 * told of one that has no controls, and so corrects no colours, turns nothing and leaves nothing in
 * /dev/shm.
 *
 * It reads as many bytes as a picture of that size has, whatever length it is told; it writes into
 * what it reads; it ignores the strides of some formats; and its decoders of camera makers' formats
 * read on behind their data when it is damaged. So raw pictures that are short must not come here,
 * it gets a copy without padding, and makers' formats are decoded from a copy with room behind it
 * into a picture with room behind it. It is still a library for data that is meant well, in our
 * process (row C16 of the fault list): it is used where nothing else is offered or where it was
 * asked for, is said in the log, and `convert = no` forbids it.
 */
#pragma once

#include "capture/v4l2_format.h"

struct fr_v4l2_converter;

/* For pictures as agreed, whose layout is FR_V4L2_CONVERTED, into agreed->given. The caller frees
 * it with fr_v4l2_converter_free(). -ENOMEM, or -ENOTSUP when the library will not. */
int fr_v4l2_converter_new(const struct fr_v4l2_agreed *agreed,
                          struct fr_v4l2_converter **ret_converter);

/* Takes NULL. */
void fr_v4l2_converter_free(struct fr_v4l2_converter *converter);

/* Converts the `n` bytes of a buffer that was judged good into `picture`, whose geometry is
 * agreed->given. -EBADMSG: it is no picture; `picture` may have been written to. */
int fr_v4l2_convert(struct fr_v4l2_converter *converter, const uint8_t *bytes, size_t n,
                    uint8_t *picture);

/* Why the last picture could not be converted; valid until the next one. */
const char *fr_v4l2_converter_reason(const struct fr_v4l2_converter *converter);
