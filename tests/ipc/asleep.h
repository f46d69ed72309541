/* A machine that sleeps: its boot clock goes on meanwhile, and the monotonic one does not. In this
 * process and in its children, for the clock stands where the C library's would (so include it in
 * one file of a program only). */
#pragma once

#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_long *asleep_s; /* in all, so far */

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, ts);
    if (rc == 0 && clock == CLOCK_BOOTTIME && asleep_s)
        ts->tv_sec += atomic_load(asleep_s);
    return rc;
}

/* Before children that are to sleep, too, are forked. */
static inline void asleep_begin(void)
{
    void *memory =
        mmap(NULL, sizeof *asleep_s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(memory, MAP_FAILED);
    asleep_s = memory;
}

static inline void asleep(long seconds)
{
    atomic_fetch_add(asleep_s, seconds);
}
