/* A bound on how many frames a second are taken from a source that was agreed to give fewer.
 *
 * Twice the agreed rate passes for ever, and a burst of as many as fit into FR_RATE_BURST_NS at
 * that rate passes at once: cameras jitter, and what was held up comes all together. What is beyond
 * is to be dropped, so that a camera gone wild costs neither its readers nor the processor. */
#pragma once

#include "common/daemon/clock.h"

#include <stdbool.h>

#define FR_RATE_BURST_NS (4 * FR_NS_PER_S)

enum { FR_RATE_UNKNOWN = 500 }; /* taken for agreed when no rate is known */

struct fr_rate_limit {
    int64_t period_ns; /* between two at the highest rate that passes */
    int64_t due_ns;    /* when the next one would come if all came at that rate */
};

/* `num` / `den` frames a second were agreed; 0 when it is not known. Pure. */
static inline void fr_rate_limit_init(struct fr_rate_limit *limit, uint32_t num, uint32_t den)
{
    int64_t period_ns =
        num && den ? FR_NS_PER_S * den / num / 2 : FR_NS_PER_S / FR_RATE_UNKNOWN / 2;
    *limit = (struct fr_rate_limit){.period_ns = period_ns > 0 ? period_ns : 1};
}

/* Whether the frame of `at_ns` may pass; it then counts. Pure. */
static inline bool fr_rate_limit_passes(struct fr_rate_limit *limit, int64_t at_ns)
{
    if (limit->due_ns < at_ns)
        limit->due_ns = at_ns;
    if (limit->due_ns - at_ns > FR_RATE_BURST_NS)
        return false;
    limit->due_ns += limit->period_ns;
    return true;
}
