/* Time as people and other programs read it. */
#include "common/daemon/clock.h"

#include <stdio.h>
#include <string.h>

char *fr_time_rfc3339(int64_t wall_ns, char buf[FR_TIME_RFC3339_MAX])
{
    int64_t second = wall_ns / FR_NS_PER_S, rest_ns = wall_ns % FR_NS_PER_S;
    if (rest_ns < 0) { /* before 1970: the second begins below */
        rest_ns += FR_NS_PER_S;
        second--;
    }

    /* int64 nanoseconds reach from 1677 to 2262: a year has four digits, and all of it fits. */
    struct tm tm;
    time_t time = second;
    localtime_r(&time, &tm);
    size_t n = strftime(buf, FR_TIME_RFC3339_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
    n += (size_t)snprintf(buf + n, FR_TIME_RFC3339_MAX - n, ".%03u",
                          (unsigned)(rest_ns / FR_NS_PER_MS) % 1000);
    n += strftime(buf + n, FR_TIME_RFC3339_MAX - n, "%z", &tm);
    if (n >= 2 && n + 1 < FR_TIME_RFC3339_MAX) { /* +0100 to +01:00 */
        memmove(buf + n - 1, buf + n - 2, 3);
        buf[n - 2] = ':';
    }
    return buf;
}
