#include "capture/pacer.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "capture/frame_time.h"

void fr_pace_start(struct fr_pace *pace, uint64_t frame, int64_t now_mono_ns)
{
    pace->frame = frame;
    pace->start_mono_ns = now_mono_ns - fr_frame_time_ns(frame, pace->rate_num, pace->rate_den);
}

int64_t fr_pace_due_ns(const struct fr_pace *pace)
{
    return pace->start_mono_ns + fr_frame_time_ns(pace->frame, pace->rate_num, pace->rate_den);
}

uint64_t fr_pace_skip(struct fr_pace *pace, int64_t now_mono_ns)
{
    uint64_t due = fr_frame_due(now_mono_ns - pace->start_mono_ns, pace->rate_num, pace->rate_den);
    if (due <= pace->frame)
        return 0;
    uint64_t skipped = due - pace->frame;
    pace->frame = due;
    return skipped;
}

int64_t fr_pace_catch_up(struct fr_pace *pace, int64_t now_mono_ns)
{
    pace->frame++;
    if (now_mono_ns - fr_pace_due_ns(pace) > FR_PACE_LATE_MAX_NS)
        fr_pace_start(pace, pace->frame, now_mono_ns);
    int64_t due = fr_pace_due_ns(pace);
    int64_t soonest = now_mono_ns + fr_frame_time_ns(1, pace->rate_num, pace->rate_den) / 2;
    return due > soonest ? due : soonest;
}

int fr_pace_timer_open(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int fr_pace_timer_arm(int fd, int64_t at_mono_ns)
{
    if (at_mono_ns < 1)
        at_mono_ns = 1; /* zero would disarm it */
    const struct itimerspec at = {
        .it_value = {.tv_sec = at_mono_ns / FR_NS_PER_S, .tv_nsec = at_mono_ns % FR_NS_PER_S}};
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) < 0 ? -errno : 0;
}

bool fr_pace_timer_take(int fd)
{
    uint64_t n = 0;
    return read(fd, &n, sizeof n) == (ssize_t)sizeof n;
}
