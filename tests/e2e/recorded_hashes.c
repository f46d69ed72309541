/* recorded_hashes PATH FOURCC: the hash of every frame of a recording, as the analyzer's frame log
 * has it for a ring of that format, one a line; "damaged" for a frame that cannot be decoded. The
 * hash is written down here a second time, from its description, so that the two check each other.
 */
#include "common/media/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_rows(uint64_t hash, const uint8_t *rows, uint32_t n_rows, size_t stride,
                          size_t visible)
{
    for (uint32_t row = 0; row < n_rows; row++, rows += stride)
        for (size_t i = 0; i < visible; i++) {
            hash ^= rows[i];
            hash *= 1099511628211u;
        }
    return hash;
}

int main(int argc, char **argv)
{
    struct fr_recording *recording;
    struct fr_geometry geometry;
    char reason[512];

    if (argc != 3 || strlen(argv[2]) != 4) {
        fprintf(stderr, "usage: recorded_hashes PATH FOURCC\n");
        return 2;
    }
    if (fr_recording_open(argv[1], &recording, reason, sizeof reason) < 0) {
        fprintf(stderr, "%s\n", reason);
        return 1;
    }
    struct fr_format format = fr_recording_info(recording)->format;
    const unsigned char *letters = (const unsigned char *)argv[2];
    format.fourcc = FR_FOURCC(letters[0], letters[1], letters[2], letters[3]);
    int r = fr_geometry_init(&format, &geometry);
    uint8_t *slot = r == 0 ? malloc(geometry.slot_bytes) : NULL;
    if (!slot) {
        fprintf(stderr, "%s: %s\n", argv[2], strerror(r ? -r : ENOMEM));
        return 1;
    }
    struct fr_recording_frame frame;
    while ((r = fr_recording_next(recording, &geometry, slot, &frame)) != -ENODATA) {
        if (r == -EBADMSG) {
            puts("damaged");
            continue;
        }
        if (r < 0) {
            fprintf(stderr, "%s\n", fr_recording_reason(recording));
            return 1;
        }
        uint64_t hash = 14695981039346656037u;
        for (uint32_t i = 0; i < geometry.n_planes; i++) {
            const struct fr_plane_layout *plane = &geometry.planes[i];
            size_t visible = format.width_px;
            if (plane->kind != FR_PLANE_Y)
                visible = (visible + 1) / 2;
            if (plane->kind == FR_PLANE_UV || plane->kind == FR_PLANE_VU)
                visible *= 2;
            hash = hash_rows(hash, slot + plane->offset_bytes, plane->rows, plane->stride_bytes,
                             visible);
        }
        printf("%016" PRIx64 "\n", hash);
    }
    free(slot);
    fr_recording_close(recording);
    return 0;
}
