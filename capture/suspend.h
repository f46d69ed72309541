/* Noticing that the machine slept: the boot clock goes on meanwhile, the monotonic one does not. So
 * no duration of ours contains the sleep, no timer fires in a burst after it, and only what is told
 * about it has to be done here. */
#pragma once

#include "common/daemon/clock.h"

#include <stdbool.h>

/* Less is the difference of two clock readings, one after the other on a busy machine. */
#define FR_SLEEP_MIN_NS (500 * FR_NS_PER_MS)

/* Zeroed is ready. */
struct fr_suspend_watch {
    bool is_begun;
    int64_t ahead_ns; /* of the boot clock, when it was last looked at */
};

/* How long the machine slept since the last call; 0 mostly, and the first time. Pure. */
static inline int64_t fr_suspend_slept_ns(struct fr_suspend_watch *watch, int64_t mono_ns,
                                          int64_t boot_ns)
{
    int64_t ahead_ns = boot_ns - mono_ns, slept_ns = ahead_ns - watch->ahead_ns;
    if (watch->is_begun && slept_ns < FR_SLEEP_MIN_NS)
        return 0;
    slept_ns = watch->is_begun ? slept_ns : 0;
    watch->is_begun = true;
    watch->ahead_ns = ahead_ns;
    return slept_ns;
}
