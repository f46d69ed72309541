/* Whether a source keeps the rate that was agreed, measured over ten seconds at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum fr_rate_state { FR_RATE_KEPT, FR_RATE_SLOW, FR_RATE_FAST };

/* Zeroed is ready. */
struct fr_rate_watch {
    int64_t began_mono_ns; /* of the measurement; 0: none is under way */
    uint64_t began_frames;
    enum fr_rate_state state;
};

/* The source starts anew: what was measured so far does not count. Pure. */
void fr_rate_watch_start(struct fr_rate_watch *watch);

/* Now `frames` have come in all, those that were dropped included. True when the state is another
 * than before: watch->state, and *ret_rate frames a second were measured. Within a fifth of num /
 * den it is kept. Pure. */
bool fr_rate_watch_tick(struct fr_rate_watch *watch, uint64_t frames, uint32_t num, uint32_t den,
                        int64_t now_mono_ns, double *ret_rate);
