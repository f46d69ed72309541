/* Questions to a frame that a reader holds. */
#include "framering/framering.h"

#include <errno.h>

const struct fr_plane *fr_frame_plane(const struct fr_frame *frame, enum fr_plane_kind kind)
{
    for (unsigned i = 0; i < frame->n_planes && i < FR_PLANES_MAX; i++)
        if (frame->planes[i].kind == (uint32_t)kind)
            return &frame->planes[i];
    return NULL;
}

int fr_frame_luma(const struct fr_frame *frame, struct fr_luma *ret_luma)
{
    const struct fr_plane *plane = fr_frame_plane(frame, FR_PLANE_Y);
    struct fr_luma luma = {
        .width_px = frame->format.width_px, .height_px = frame->format.height_px, .step_bytes = 1};

    if (plane) {
        luma.data = plane->data;
    } else {
        plane = fr_frame_plane(frame, FR_PLANE_PACKED);
        if (!plane)
            return -ENOTSUP;
        luma.step_bytes = 2;
        luma.data = plane->data + (frame->format.fourcc == FR_FOURCC_UYVY ? 1 : 0);
    }
    luma.stride_bytes = plane->stride_bytes;
    *ret_luma = luma;
    return 0;
}
