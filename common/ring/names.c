/* Names of things, for people. */
#include "framering/framering.h"

#include <string.h>

bool fr_camera_name_ok(const char *name)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

    if (!name || name[0] == '.' || name[0] == '-')
        return false;
    size_t length = strnlen(name, FR_CAMERA_NAME_MAX + 1);
    return length >= 1 && length <= FR_CAMERA_NAME_MAX && strspn(name, allowed) == length;
}

const char *fr_fourcc_name(uint32_t fourcc, char buf[5])
{
    for (unsigned i = 0; i < 4; i++) {
        char c = (char)((fourcc >> (8 * i)) & 0xff);
        buf[i] = c >= ' ' && c <= '~' ? c : '?';
    }
    buf[4] = 0;
    return buf;
}

const char *fr_copy_path_name(uint32_t path)
{
    switch (path) {
    case FR_PATH_USERPTR:
        return "USERPTR (zero copy)";
    case FR_PATH_MMAP:
        return "MMAP (one copy)";
    case FR_PATH_MJPEG:
        return "MJPEG (decoded into the slot)";
    case FR_PATH_CONVERTED:
        return "libv4l2 (converted)";
    case FR_PATH_REPLAY:
        return "replay";
    case FR_PATH_SYNTHETIC:
        return "synthetic";
    default:
        return "unknown";
    }
}

const char *fr_drop_reason_name(unsigned reason)
{
    static const char *const names[FR_DROP_REASONS] = {
        [FR_DROP_CORRUPT] = "corrupt",
        [FR_DROP_SHORT] = "short",
        [FR_DROP_UNDECODABLE] = "undecodable",
        [FR_DROP_STARVED] = "starved",
        [FR_DROP_LATE] = "late",
        [FR_DROP_SOURCE] = "lost_by_source",
        [FR_DROP_OTHER] = "other",
    };
    return reason < FR_DROP_REASONS ? names[reason] : "unknown";
}
