/* The clock of sources that have none of their own: frames at a steady rate, told by a timerfd.
 *
 * Two ways to be late. A synthetic camera does as a real one: what nobody took in time is lost, and
 * it goes on with the frame of now (fr_pace_skip()). A recording must be delivered whole: frames
 * come at up to twice the rate until the schedule is caught up with (fr_pace_catch_up()), and a
 * schedule that is missed by more than FR_PACE_LATE_MAX_NS (a stopped process) begins anew from
 * now, so that no burst ever follows.
 *
 * The schedule is pure: it is given the time. The timer is the shell.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/daemon/clock.h"

#define FR_PACE_LATE_MAX_NS FR_NS_PER_S

/* When which frame is due. */
struct fr_pace {
    uint32_t rate_num, rate_den; /* frames a second; both above 0 */
    int64_t start_mono_ns;       /* when frame 0 was due, or would have been */
    uint64_t frame;              /* the next one */
};

/* Frame `frame` is due at `now_mono_ns`. */
void fr_pace_start(struct fr_pace *pace, uint64_t frame, int64_t now_mono_ns);

/* When the next frame is due. */
int64_t fr_pace_due_ns(const struct fr_pace *pace);

/* Moves on to the newest frame that is due at `now_mono_ns`; returns how many were passed over. */
uint64_t fr_pace_skip(struct fr_pace *pace, int64_t now_mono_ns);

/* The next frame was delivered at `now_mono_ns`: when to deliver the one behind it. */
int64_t fr_pace_catch_up(struct fr_pace *pace, int64_t now_mono_ns);

/* A non-blocking timerfd that is not armed. Negative errno: -EMFILE, -ENOMEM. */
int fr_pace_timer_open(void);
/* Makes the timer readable from `at_mono_ns` on; at once when that has passed. */
int fr_pace_timer_arm(int fd, int64_t at_mono_ns);
/* Takes the timer's expiry; true when there was one. */
bool fr_pace_timer_take(int fd);
