/* What becomes of each picture between its source and the ring, whatever the source: it is turned,
 * and planes are added that no reader then has to work out for itself.
 *
 * A source makes its picture in the geometry `picture`, at the place that fr_frame_finish_target()
 * gives: the slot itself, or, when the picture is to be turned, a scratch picture that is turned
 * into the slot. So a turned picture is written twice, and one that is not turned once, as ever. A
 * source that copies anyway turns while it copies, and needs no scratch picture.
 */
#pragma once

#include "capture/source.h"
#include "common/media/turn.h"

struct fr_frame_finish {
    struct fr_geometry picture; /* what the source makes */
    struct fr_geometry slot;    /* what readers get: turned, with the planes that were added */
    struct fr_turn turn;        /* what is left to be done by us */
    uint8_t *scratch;           /* NULL: there is none */
    const struct fr_plane_layout *half_luma; /* of `slot`, or NULL */
    const struct fr_plane_layout *jpeg;      /* of `slot`, or NULL */
};

/* How the request wants it turned. -EINVAL, with `reason`: not by a quarter. Pure. */
int fr_frame_finish_wish(const struct fr_source_request *request, struct fr_turn *ret_turn,
                         char reason[FR_SOURCE_REASON_MAX]);

/* Works it all out for pictures of that geometry, which `turn` is left to be done to, and for a
 * JPEG of at most jpeg_bytes (0: none) beside them. -EINVAL, with `reason`: it cannot be done to
 * such pictures. The caller frees it with fr_frame_finish_free(). */
int fr_frame_finish_new(const struct fr_source_request *request, struct fr_turn turn,
                        const struct fr_geometry *picture, uint64_t jpeg_bytes,
                        struct fr_frame_finish **ret_finish, char reason[FR_SOURCE_REASON_MAX]);
void fr_frame_finish_free(struct fr_frame_finish *finish);

/* For a source that makes its pictures, and does not copy them: gets the scratch picture, if they
 * are to be turned. -ENOMEM, with `reason`. */
int fr_frame_finish_scratch(struct fr_frame_finish *finish, char reason[FR_SOURCE_REASON_MAX]);

/* Where the picture for this slot is to be made, in the geometry finish->picture. */
uint8_t *fr_frame_finish_target(const struct fr_frame_finish *finish, uint8_t *slot);

/* The picture is made there: turns it into the slot and adds the planes. */
void fr_frame_finish(const struct fr_frame_finish *finish, uint8_t *slot);

/* The slot has its picture already, turned: adds the planes. */
void fr_frame_finish_planes(const struct fr_frame_finish *finish, uint8_t *slot);
