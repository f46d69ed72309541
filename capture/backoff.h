/* How long to wait before the next try: 0.5 s, doubled each time, to 30 s. */
#pragma once

#include "common/daemon/clock.h"

#define FR_BACKOFF_MIN_NS (500 * FR_NS_PER_MS)
#define FR_BACKOFF_MAX_NS (30 * FR_NS_PER_S)

/* The wait before the next try; zero is ready. */
struct fr_backoff {
    int64_t next_ns;
};

/* The wait to make now; the one after it is twice as long. Pure. */
static inline int64_t fr_backoff_next_ns(struct fr_backoff *backoff)
{
    int64_t wait_ns = backoff->next_ns < FR_BACKOFF_MIN_NS ? FR_BACKOFF_MIN_NS : backoff->next_ns;
    backoff->next_ns = wait_ns > FR_BACKOFF_MAX_NS / 2 ? FR_BACKOFF_MAX_NS : 2 * wait_ns;
    return wait_ns;
}

/* It worked, for `worked_ns`: a thing that works for a moment only, over and over, is not begun
 * every half second. Pure. */
static inline void fr_backoff_worked(struct fr_backoff *backoff, int64_t worked_ns)
{
    if (worked_ns >= FR_BACKOFF_MAX_NS)
        backoff->next_ns = 0;
}
