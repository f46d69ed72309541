/* The two clocks. Durations and time-outs are monotonic; the wall clock is for people alone. */
#pragma once

#include <stdint.h>
#include <time.h>

#define FR_NS_PER_S  INT64_C(1000000000)
#define FR_NS_PER_MS INT64_C(1000000)

static inline int64_t fr_clock_ns(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts); /* cannot fail for these clocks */
    return (int64_t)ts.tv_sec * FR_NS_PER_S + ts.tv_nsec;
}

/* CLOCK_MONOTONIC, the clock of everything inside. */
static inline int64_t fr_now_mono_ns(void)
{
    return fr_clock_ns(CLOCK_MONOTONIC);
}

/* CLOCK_REALTIME since 1970, for what people read. */
static inline int64_t fr_now_wall_ns(void)
{
    return fr_clock_ns(CLOCK_REALTIME);
}

/* Room for an RFC 3339 time with its zero. */
enum { FR_TIME_RFC3339_MAX = 32 };

/* "2026-11-23T14:08:01.123+01:00": local time, its offset from UTC, milliseconds (cut, not
 * rounded). Any wall_ns. Returns buf. Any thread. */
char *fr_time_rfc3339(int64_t wall_ns, char buf[FR_TIME_RFC3339_MAX]);
