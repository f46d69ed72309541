/* A camera's picture on its way into a slot: what is planned when the camera is opened, and what is
 * done for each buffer. */
#pragma once

#include "capture/v4l2_source.h"

/* Chooses among the ways of struct fr_source, for what was agreed with the camera. `request` is
 * what the camera itself does not do. -EINVAL, with `reason`: it cannot be done to such pictures;
 * -ENOMEM. */
int fr_v4l2_picture_plan(struct fr_source *source, const struct fr_source_request *request,
                         char reason[FR_SOURCE_REASON_MAX]);

/* Changes over to MMAP and one copy, before anything was started. */
int fr_v4l2_picture_use_copy(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX]);

/* Decodes JPEG, into the format that was agreed. */
int fr_v4l2_picture_use_decoder(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX]);

/* Room in a slot that is the driver's to write into (USERPTR); whole pages. */
size_t fr_v4l2_picture_room(const struct fr_source *source, size_t slot_bytes);

/* Zero copy: the driver has written the picture into the slot. */
void fr_v4l2_picture_settle(const struct fr_source *source, const struct fr_v4l2_judgement *judged,
                            uint8_t *slot);

/* Otherwise: brings the picture of a buffer into a slot, and says in `meta` what there is beside
 * it. 0; -EBADMSG, with *ret_why: not to be decoded; -EAGAIN, with *ret_why: the camera's JPEGs are
 * sampled in another way than was believed, start() has another offer. */
int fr_v4l2_picture_fill(struct fr_source *source, const struct fr_v4l2_judgement *judged,
                         uint8_t *slot, struct fr_frame_meta *meta, const char **ret_why);
