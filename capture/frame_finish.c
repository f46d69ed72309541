/* What becomes of each picture between its source and the ring. */
#include "capture/frame_finish.h"

#include "common/media/half_luma.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fr_frame_finish_wish(const struct fr_source_request *request, struct fr_turn *ret_turn,
                         char reason[FR_SOURCE_REASON_MAX])
{
    if (request->rotate_deg % 90 || request->rotate_deg >= 360) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "pictures are not rotated by %u degrees; expected 0, 90, 180 or 270",
                 request->rotate_deg);
        return -EINVAL;
    }
    *ret_turn = (struct fr_turn){.rotate_deg = request->rotate_deg, .mirror = request->mirror};
    return 0;
}

/* The slot's picture: as it is made, or with our own strides when it is turned on the way. */
static int turn_geometry(struct fr_frame_finish *finish, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_format format;
    finish->slot = finish->picture;
    if (fr_turn_is_none(finish->turn))
        return 0;
    if (!fr_turn_suits_field(finish->turn, finish->picture.format.field)) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "interlaced pictures are not rotated, for their rows come from two moments; "
                 "expected a progressive source, or rotate = 0");
        return -EINVAL;
    }
    int rc = fr_turn_format(finish->turn, &finish->picture.format, &format);
    return rc < 0 ? rc : fr_geometry_init(&format, &finish->slot);
}

/* Appends the plane, and returns its place; NULL when there is no room. */
static const struct fr_plane_layout *add_plane(struct fr_geometry *geometry,
                                               enum fr_plane_kind kind, uint64_t bytes)
{
    if (fr_geometry_add_plane(geometry, kind, bytes) < 0)
        return NULL;
    return &geometry->planes[geometry->n_planes - 1];
}

int fr_frame_finish_new(const struct fr_source_request *request, struct fr_turn turn,
                        const struct fr_geometry *picture, uint64_t jpeg_bytes,
                        struct fr_frame_finish **ret_finish, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_frame_finish *finish = calloc(1, sizeof *finish);
    if (!finish) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "out of memory");
        return -ENOMEM;
    }
    *finish = (struct fr_frame_finish){.picture = *picture, .turn = turn};
    int rc = turn_geometry(finish, reason);
    if (rc < 0)
        goto fail;
    if (request->half_luma)
        finish->half_luma = add_plane(&finish->slot, FR_PLANE_HALF_Y, 0);
    if (jpeg_bytes)
        finish->jpeg = add_plane(&finish->slot, FR_PLANE_JPEG, jpeg_bytes);
    rc = fr_geometry_check(&finish->slot);
    if (rc < 0 || (request->half_luma && !finish->half_luma) || (jpeg_bytes && !finish->jpeg)) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "a slot has no room for pictures of %ux%u with all that was asked for; expected "
                 "less than 4 GiB",
                 finish->slot.format.width_px, finish->slot.format.height_px);
        rc = -EINVAL;
        goto fail;
    }
    *ret_finish = finish;
    return 0;
fail:
    fr_frame_finish_free(finish);
    return rc;
}

void fr_frame_finish_free(struct fr_frame_finish *finish)
{
    if (!finish)
        return;
    free(finish->scratch);
    free(finish);
}

int fr_frame_finish_scratch(struct fr_frame_finish *finish, char reason[FR_SOURCE_REASON_MAX])
{
    if (fr_turn_is_none(finish->turn) || finish->scratch)
        return 0;
    size_t bytes = (finish->picture.slot_bytes + FR_STRIDE_ALIGN - 1) & -(size_t)FR_STRIDE_ALIGN;
    finish->scratch = aligned_alloc(FR_STRIDE_ALIGN, bytes);
    if (!finish->scratch) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "no memory for the %zu bytes of a picture that is to be turned", bytes);
        return -ENOMEM;
    }
    memset(finish->scratch, 0, bytes); /* so that it is there, and not only promised */
    return 0;
}

uint8_t *fr_frame_finish_target(const struct fr_frame_finish *finish, uint8_t *slot)
{
    return finish->scratch ? finish->scratch : slot;
}

void fr_frame_finish(const struct fr_frame_finish *finish, uint8_t *slot)
{
    if (finish->scratch)
        fr_turn_picture(finish->turn, &finish->picture, finish->scratch, &finish->slot, slot);
    fr_frame_finish_planes(finish, slot);
}

void fr_frame_finish_planes(const struct fr_frame_finish *finish, uint8_t *slot)
{
    const struct fr_geometry *geometry = &finish->slot;
    if (!finish->half_luma)
        return;
    struct fr_frame frame = {.format = geometry->format, .n_planes = geometry->n_planes};
    for (unsigned i = 0; i < geometry->n_planes; i++)
        frame.planes[i] = (struct fr_plane){.data = slot + geometry->planes[i].offset_bytes,
                                            .kind = geometry->planes[i].kind,
                                            .stride_bytes = geometry->planes[i].stride_bytes};
    struct fr_luma luma;
    if (fr_frame_luma(&frame, &luma) == 0) /* each of the ring's formats has it */
        fr_half_luma(&luma, slot + finish->half_luma->offset_bytes,
                     finish->half_luma->stride_bytes);
}
