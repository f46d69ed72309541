/* A frame of the ring copied into memory of our own.
 *
 * For work that takes longer than a ring may leave a frame alone. The analyzers have no use for it:
 * it is for commands that take a picture out.
 */
#pragma once

#include "framering/framering.h"

/* Copies the picture's planes (neither the half-size luma nor a camera's own JPEG) to *ret_memory,
 * to be freed with free(); the planes of *ret_copy point into it. The copy is good only if
 * fr_reader_release() says so for the frame afterwards. -ENOMEM. */
int frame_copy(const struct fr_frame *frame, struct fr_frame *ret_copy, uint8_t **ret_memory);
