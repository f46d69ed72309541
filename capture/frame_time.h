/* When the n-th frame of a steady rate is due, without drift for as long as a process can run. */
#pragma once

#include <stdint.h>

#include "common/daemon/clock.h"

/* Nanoseconds from frame 0 to frame `frame` at rate_num / rate_den frames a second (both above 0).
 * Exact to the nanosecond, rounded down; ends at INT64_MAX instead of overflowing. Pure. */
static inline int64_t fr_frame_time_ns(uint64_t frame, uint32_t rate_num, uint32_t rate_den)
{
    /* frame * den stays below 2^96, times 10^9 below 2^126. */
    unsigned __int128 ns = (unsigned __int128)frame * rate_den * (uint64_t)FR_NS_PER_S / rate_num;
    return ns > INT64_MAX ? INT64_MAX : (int64_t)ns;
}

/* The newest frame that is due `elapsed_ns` after frame 0: the inverse of fr_frame_time_ns(). Pure.
 */
static inline uint64_t fr_frame_due(int64_t elapsed_ns, uint32_t rate_num, uint32_t rate_den)
{
    if (elapsed_ns < 0)
        return 0;
    unsigned __int128 num = ((unsigned __int128)elapsed_ns + 1) * rate_num - 1;
    unsigned __int128 frame = num / ((unsigned __int128)rate_den * (uint64_t)FR_NS_PER_S);
    return frame > UINT64_MAX ? UINT64_MAX : (uint64_t)frame;
}
