/* A frame of the ring copied into memory of our own. */
#include "monitor/frame_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_wanted(const struct fr_plane *plane)
{
    return plane->kind != FR_PLANE_HALF_Y && plane->kind != FR_PLANE_JPEG;
}

int frame_copy(const struct fr_frame *frame, struct fr_frame *ret_copy, uint8_t **ret_memory)
{
    struct fr_frame copy = *frame;
    uint64_t bytes = 0;

    copy.n_planes = 0;
    copy.attachment = NULL;
    for (unsigned i = 0; i < frame->n_planes; i++)
        if (is_wanted(&frame->planes[i]))
            bytes += frame->planes[i].size_bytes;
    uint8_t *memory = malloc(bytes ? bytes : 1), *next = memory;
    if (!memory)
        return -ENOMEM;
    for (unsigned i = 0; i < frame->n_planes; i++) {
        const struct fr_plane *plane = &frame->planes[i];
        if (!is_wanted(plane))
            continue;
        memcpy(next, plane->data, plane->size_bytes);
        copy.planes[copy.n_planes] = *plane;
        copy.planes[copy.n_planes++].data = next;
        next += plane->size_bytes;
    }
    *ret_copy = copy;
    *ret_memory = memory;
    return 0;
}
