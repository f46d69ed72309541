/* The rate at which a camera's frames come, from the frames themselves. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct measure {
    uint64_t intervals; /* between frames; 0: fewer than two frames came */
    int64_t span_ns;    /* from the first frame's publication to the last one's */
};

/* Reads frames for window_ns, without pinning them, and counts. Fewer than two frames, or a ring
 * that cannot be attached, give no intervals. Ends early when a signal asks to stop. Blocks for
 * window_ns at most. */
struct measure measure_rate(const char *camera, int64_t window_ns);
