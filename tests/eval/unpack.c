/* Luma of every frame of a recording, one after the other, to stdout:
 *
 *     framering-eval-unpack PATH > FRAMES
 */
#include "common/media/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct fr_recording *recording = NULL;
    struct fr_recording_frame frame;
    struct fr_geometry geometry;
    char reason[400];
    int r;

    if (argc != 2) {
        fprintf(stderr, "usage: framering-eval-unpack PATH\n");
        return 2;
    }
    if (fr_recording_open(argv[1], &recording, reason, sizeof reason) < 0) {
        fprintf(stderr, "%s\n", reason);
        return 1;
    }
    struct fr_format format = fr_recording_info(recording)->format;
    format.fourcc = FR_FOURCC_GREY;
    if (fr_geometry_init(&format, &geometry) < 0)
        return 1;
    uint8_t *slot = calloc(1, geometry.slot_bytes);
    while (slot && (r = fr_recording_next(recording, &geometry, slot, &frame)) == 0)
        for (uint32_t y = 0; y < format.height_px; y++)
            fwrite(slot + geometry.planes[0].offset_bytes +
                       (size_t)y * geometry.planes[0].stride_bytes,
                   1, format.width_px, stdout);
    if (!slot || r != -ENODATA || fflush(stdout) != 0) {
        fprintf(stderr, "%s: %s\n", argv[1], slot ? fr_recording_reason(recording) : "no memory");
        return 1;
    }
    free(slot);
    fr_recording_close(recording);
    return 0;
}
