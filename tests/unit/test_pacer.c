/* The schedule of sources without a clock of their own, on made-up time. */
#include "tests/unit/unit.h"

#include <poll.h>
#include <unistd.h>

#include "capture/frame_time.h"
#include "capture/pacer.h"

START_TEST(a_month_at_29_97_does_not_drift)
{
    uint64_t month = 30ull * 86400 * 30000 / 1001;
    int64_t ns = fr_frame_time_ns(month, 30000, 1001);
    ck_assert_int_le(llabs(ns - 30ll * 86400 * FR_NS_PER_S), 34 * FR_NS_PER_MS);
    ck_assert_int_eq(fr_frame_time_ns(30000, 30000, 1001), 1001 * FR_NS_PER_S);
    ck_assert_int_eq(fr_frame_time_ns(UINT64_MAX, 1, UINT32_MAX), INT64_MAX);
}
END_TEST

START_TEST(the_frame_due_is_the_inverse_of_its_time)
{
    static const uint32_t rates[][2] = {{25, 1}, {30000, 1001}, {7, 3}, {1, 10}, {1000, 1}};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (uint64_t frame = 1; frame < 2000; frame++) {
            int64_t at = fr_frame_time_ns(frame, rates[i][0], rates[i][1]);
            ck_assert_uint_eq(fr_frame_due(at, rates[i][0], rates[i][1]), frame);
            ck_assert_uint_eq(fr_frame_due(at - 1, rates[i][0], rates[i][1]), frame - 1);
        }
    ck_assert_uint_eq(fr_frame_due(-1, 25, 1), 0);
    ck_assert(fr_frame_due(INT64_MAX, UINT32_MAX, 1) > 0);
}
END_TEST

START_TEST(a_camera_that_was_late_goes_on_with_the_frame_of_now)
{
    struct fr_pace pace = {.rate_num = 10, .rate_den = 1};
    fr_pace_start(&pace, 0, 5 * FR_NS_PER_S);
    ck_assert_int_eq(fr_pace_due_ns(&pace), 5 * FR_NS_PER_S);
    ck_assert_uint_eq(fr_pace_skip(&pace, 5 * FR_NS_PER_S + 99 * FR_NS_PER_MS), 0);
    pace.frame++;
    ck_assert_uint_eq(fr_pace_skip(&pace, 5 * FR_NS_PER_S + 450 * FR_NS_PER_MS), 3);
    ck_assert_uint_eq(pace.frame, 4);
    ck_assert_uint_eq(fr_pace_skip(&pace, 0), 0); /* a clock before the start moves nothing */
    ck_assert_uint_eq(pace.frame, 4);
}
END_TEST

START_TEST(a_recording_that_is_on_time_keeps_its_schedule)
{
    struct fr_pace pace = {.rate_num = 10, .rate_den = 1};
    int64_t now = 3 * FR_NS_PER_S;
    fr_pace_start(&pace, 0, now);
    for (int64_t i = 1; i < 50; i++) {
        int64_t next = fr_pace_catch_up(&pace, now + 7 * FR_NS_PER_MS);
        ck_assert_int_eq(next, 3 * FR_NS_PER_S + i * 100 * FR_NS_PER_MS);
        now = next;
    }
}
END_TEST

START_TEST(a_recording_that_is_late_catches_up_at_twice_the_rate)
{
    struct fr_pace pace = {.rate_num = 10, .rate_den = 1};
    fr_pace_start(&pace, 0, 0);
    int64_t now = 850 * FR_NS_PER_MS; /* frame 0 goes out 8.5 periods late */
    unsigned fast = 0;
    for (;;) {
        int64_t next = fr_pace_catch_up(&pace, now);
        ck_assert_int_ge(next - now, 50 * FR_NS_PER_MS);
        if (next == fr_pace_due_ns(&pace) && next - now > 50 * FR_NS_PER_MS)
            break;
        fast++;
        now = next;
        ck_assert_uint_lt(fast, 100);
    }
    ck_assert_uint_ge(fast, 15);
    ck_assert_uint_le(fast, 18);
}
END_TEST

START_TEST(a_recording_that_was_stopped_for_long_does_not_run_away)
{
    struct fr_pace pace = {.rate_num = 10, .rate_den = 1};
    fr_pace_start(&pace, 0, 0);
    int64_t now = 600 * FR_NS_PER_S;
    int64_t next = fr_pace_catch_up(&pace, now);
    ck_assert_uint_eq(pace.frame, 1); /* and no frame is left out */
    ck_assert_int_le(next, now + 100 * FR_NS_PER_MS);
    next = fr_pace_catch_up(&pace, next);
    ck_assert_int_eq(next - now, 100 * FR_NS_PER_MS);
}
END_TEST

START_TEST(starting_in_the_middle_makes_that_frame_due_now)
{
    struct fr_pace pace = {.rate_num = 30000, .rate_den = 1001};
    fr_pace_start(&pace, 12345, 77 * FR_NS_PER_S);
    ck_assert_int_eq(fr_pace_due_ns(&pace), 77 * FR_NS_PER_S);
}
END_TEST

START_TEST(a_timer_in_the_past_is_readable_at_once_and_only_once)
{
    int fd = fr_pace_timer_open();
    ck_assert_int_ge(fd, 0);
    ck_assert(!fr_pace_timer_take(fd));
    ck_assert_int_eq(fr_pace_timer_arm(fd, -5), 0);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    ck_assert_int_eq(poll(&p, 1, 10000), 1);
    ck_assert(fr_pace_timer_take(fd));
    ck_assert(!fr_pace_timer_take(fd));
    ck_assert_int_eq(poll(&p, 1, 0), 0);
    close(fd);
}
END_TEST

UNIT_MAIN("pacer", a_month_at_29_97_does_not_drift, the_frame_due_is_the_inverse_of_its_time,
          a_camera_that_was_late_goes_on_with_the_frame_of_now,
          a_recording_that_is_on_time_keeps_its_schedule,
          a_recording_that_is_late_catches_up_at_twice_the_rate,
          a_recording_that_was_stopped_for_long_does_not_run_away,
          starting_in_the_middle_makes_that_frame_due_now,
          a_timer_in_the_past_is_readable_at_once_and_only_once)
