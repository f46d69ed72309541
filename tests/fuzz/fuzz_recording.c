/* A file from a stranger, opened and played twice as a recording. */
#include "common/media/recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIDE_MAX   1024u
#define FRAMES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int play(struct fr_recording *recording, const struct fr_geometry *geometry, uint8_t *slot)
{
    int n = 0;
    for (; n < FRAMES_MAX; n++) {
        struct fr_recording_frame frame;
        int rc = fr_recording_next(recording, geometry, slot, &frame);
        if (rc == -ENODATA)
            break;
        if (rc == 0 && frame.idx != (uint64_t)n)
            abort();
        if (rc < 0 && rc != -EBADMSG && rc != -ENOTSUP)
            abort();
        if (rc < 0 && !fr_recording_reason(recording)[0])
            abort();
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fr_recording *recording;
    char path[64], reason[256];

    int fd = memfd_create("recording", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int rc = fr_recording_open(path, &recording, reason, sizeof reason);
    close(fd);
    if (rc < 0)
        return 0;
    struct fr_format format = fr_recording_info(recording)->format;
    struct fr_geometry geometry;
    if (format.width_px <= SIDE_MAX && format.height_px <= SIDE_MAX) {
        if (fr_geometry_init(&format, &geometry) < 0)
            abort();
        uint8_t *slot = malloc(geometry.slot_bytes);
        int n = play(recording, &geometry, slot);
        if (fr_recording_rewind(recording) < 0 || play(recording, &geometry, slot) != n)
            abort();
        free(slot);
    }
    fr_recording_close(recording);
    return 0;
}
