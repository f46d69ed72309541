/* Rates and sleeps, with clocks that the test sets. */
#include "tests/unit/unit.h"

#include "capture/rate_limit.h"
#include "capture/rate_watch.h"
#include "capture/suspend.h"

START_TEST(C11_a_source_ten_times_too_fast_is_taken_at_twice_its_rate)
{
    struct fr_rate_limit limit;
    int64_t now = 77 * FR_NS_PER_S, end = now + 60 * FR_NS_PER_S;
    int taken = 0;
    fr_rate_limit_init(&limit, 25, 1);
    for (; now < end; now += FR_NS_PER_S / 250)
        taken += fr_rate_limit_passes(&limit, now);
    ck_assert_int_ge(taken, 50 * 60);
    ck_assert_int_le(taken, 50 * 64 + 1); /* and the burst */
}
END_TEST

START_TEST(a_source_that_jitters_or_was_held_up_loses_nothing)
{
    struct fr_rate_limit limit;
    int64_t now = 0;
    fr_rate_limit_init(&limit, 30000, 1001);
    for (int i = 0; i < 1000; i++) {
        now += i % 2 ? FR_NS_PER_MS : 65 * FR_NS_PER_MS;
        ck_assert(fr_rate_limit_passes(&limit, now));
    }
    now += 10 * FR_NS_PER_S;
    for (int i = 0; i < 32; i++) /* a driver's whole queue at once */
        ck_assert(fr_rate_limit_passes(&limit, now));
    fr_rate_limit_init(&limit, 0, 0); /* 500 frames/s are 500 frames/s */
    for (int i = 0; i < 5000; i++)
        ck_assert(fr_rate_limit_passes(&limit, now += 2 * FR_NS_PER_MS));
    fr_rate_limit_init(&limit, UINT32_MAX, 1);
    ck_assert(fr_rate_limit_passes(&limit, now));
}
END_TEST

/* Ticks of a second with `rate` frames each; how many changes were told, and the last rate. */
static int watch(struct fr_rate_watch *rate_watch, int64_t *now, uint64_t *frames, uint64_t rate,
                 int seconds, double *told)
{
    int n = 0;
    for (int i = 0; i < seconds; i++) {
        *now += FR_NS_PER_S;
        *frames += rate;
        n += fr_rate_watch_tick(rate_watch, *frames, 30, 1, *now, told);
    }
    return n;
}

START_TEST(a_rate_that_is_not_kept_is_told_once_with_what_was_measured)
{
    struct fr_rate_watch rate_watch = {0};
    int64_t now = 5 * FR_NS_PER_S;
    uint64_t frames = 1000;
    double told = 0;
    ck_assert_int_eq(watch(&rate_watch, &now, &frames, 30, 60, &told), 0);
    ck_assert_int_eq(watch(&rate_watch, &now, &frames, 15, 60, &told), 1);
    ck_assert_int_eq(rate_watch.state, FR_RATE_SLOW);
    ck_assert_double_ge(told, 15);
    ck_assert_double_lt(told, 24);
    ck_assert_int_eq(watch(&rate_watch, &now, &frames, 28, 60, &told), 1);
    ck_assert_int_eq(rate_watch.state, FR_RATE_KEPT);
    ck_assert_int_eq(watch(&rate_watch, &now, &frames, 60, 60, &told), 1);
    ck_assert_int_eq(rate_watch.state, FR_RATE_FAST);
}
END_TEST

START_TEST(a_pause_between_two_starts_is_no_rate)
{
    struct fr_rate_watch rate_watch = {0};
    int64_t now = 0;
    uint64_t frames = 0;
    double told;
    ck_assert_int_eq(watch(&rate_watch, &now, &frames, 30, 15, &told), 0);
    now += 3600 * FR_NS_PER_S;
    fr_rate_watch_start(&rate_watch);
    ck_assert_int_eq(watch(&rate_watch, &now, &frames, 30, 15, &told), 0);
    frames = 0; /* and a counter that begins anew is none */
    ck_assert_int_eq(watch(&rate_watch, &now, &frames, 30, 15, &told), 0);
}
END_TEST

START_TEST(a_slow_camera_is_not_measured_over_less_than_ten_frames)
{
    struct fr_rate_watch rate_watch = {0};
    double told;
    /* One in ten seconds; the first measurement would find none or two in its time. */
    for (int64_t s = 1; s < 1000; s++)
        ck_assert(
            !fr_rate_watch_tick(&rate_watch, (uint64_t)s / 10, 1, 10, s * FR_NS_PER_S, &told));
    ck_assert(!fr_rate_watch_tick(&rate_watch, 0, 0, 0, 2000 * FR_NS_PER_S, &told));
}
END_TEST

START_TEST(C14_a_sleep_is_told_once_and_clock_readings_apart_are_none)
{
    struct fr_suspend_watch suspend = {0};
    int64_t mono = 100 * FR_NS_PER_S, boot = 5000 * FR_NS_PER_S;
    ck_assert_int_eq(fr_suspend_slept_ns(&suspend, mono, boot), 0); /* slept before we began */
    mono += 10 * FR_NS_PER_S;
    boot += 10 * FR_NS_PER_S + 3 * FR_NS_PER_MS;
    ck_assert_int_eq(fr_suspend_slept_ns(&suspend, mono, boot), 0);
    boot += 3600 * FR_NS_PER_S;
    ck_assert_int_eq(fr_suspend_slept_ns(&suspend, mono, boot),
                     3600 * FR_NS_PER_S + 3 * FR_NS_PER_MS);
    ck_assert_int_eq(fr_suspend_slept_ns(&suspend, mono + 40, boot + 40), 0);
}
END_TEST

UNIT_MAIN("capture_clocks", C11_a_source_ten_times_too_fast_is_taken_at_twice_its_rate,
          a_source_that_jitters_or_was_held_up_loses_nothing,
          a_rate_that_is_not_kept_is_told_once_with_what_was_measured,
          a_pause_between_two_starts_is_no_rate,
          a_slow_camera_is_not_measured_over_less_than_ten_frames,
          C14_a_sleep_is_told_once_and_clock_readings_apart_are_none)
