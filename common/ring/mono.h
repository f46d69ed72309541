/* The clock of every time in a ring and of every wait for one: it never jumps, and no two processes
 * of a machine disagree about it. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline int64_t fr_mono_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
