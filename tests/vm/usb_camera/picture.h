/* What the camera sees: a ramp of grey over colour, a bright box that moves across it, and the
 * frame's number along the upper and the lower edge (number.h). Made once for each mode; a frame is
 * then a copy with another number, so that an emulated processor can keep a camera's rate. */
#pragma once

#include "tests/vm/usb_camera/coder.h"
#include "tests/vm/usb_camera/modes.h"

struct picture;

/* -ENOMEM. */
int picture_new(const struct mode *mode, struct picture **ret_picture);
/* Takes NULL. */
void picture_free(struct picture *picture);

/* A frame in the mode's format: its length. 0 when it does not fit into `room`; max_frame_bytes of
 * the mode are enough. */
size_t picture_draw(const struct picture *picture, uint32_t number, uint8_t *bytes, size_t room);

/* A JPEG of the mode's size (or of another, is_odd_size) in a kind that no camera should send; not
 * numbered. 0 when it does not fit or memory is short. */
size_t picture_draw_kind(const struct picture *picture, enum coder_kind kind, int is_odd_size,
                         uint8_t *bytes, size_t room);
