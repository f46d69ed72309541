/* From detections to events: hysteresis in seconds, the light, the signal. */
#include "tests/unit/play_events.h"

static const int rates[] = {2, 5, 15, 25, 60, 240};
enum { N_RATES = sizeof rates / sizeof *rates };

START_TEST(motion_begins_after_its_seconds_at_every_rate)
{
    for (size_t rate = 0; rate < N_RATES; rate++) {
        struct player player = play(1000, 3000, rates[rate]);
        frames(&player, 5000, 0);
        int64_t began_ns = player.now_ns;
        frames(&player, 4000, 0.1);
        ck_assert_uint_eq(n_told, 1);
        ck_assert_int_eq(told[0].kind, FR_EVENT_MOTION_START);
        ck_assert_int_eq(told[0].began_mono_ns, began_ns);
        /* The first frame that moves stands for the time since the one before it. */
        int64_t after_ns = told[0].decided_mono_ns - began_ns;
        ck_assert_int_ge(after_ns, 1000 * MS - player.interval_ns);
        ck_assert_int_le(after_ns, 1000 * MS);
        ck_assert_uint_eq(told[0].n_boxes, 1);
        ck_assert_uint_eq(told[0].boxes[0].width_px, 30);
    }
}
END_TEST

START_TEST(motion_ends_after_its_seconds_at_every_rate)
{
    for (size_t rate = 0; rate < N_RATES; rate++) {
        struct player player = play(500, 3000, rates[rate]);
        frames(&player, 2000, 0);
        int64_t began_ns = player.now_ns;
        frames(&player, 2000, 0.1);
        frames(&player, 1000, 0.25);
        int64_t last_ns = player.now_ns - player.interval_ns;
        /* A pause shorter than that does not end it. */
        frames(&player, 2000, 0);
        frames(&player, 1000, 0.1);
        last_ns = player.now_ns - player.interval_ns;
        frames(&player, 10000, 0);
        ck_assert_uint_eq(n_told, 2);
        ck_assert_int_eq(told[1].kind, FR_EVENT_MOTION_END);
        ck_assert_int_eq(told[1].reason, FR_EVENT_REASON_QUIET);
        ck_assert_uint_eq(told[1].serial, told[0].serial);
        int64_t after_ns = told[1].decided_mono_ns - last_ns;
        ck_assert_int_ge(after_ns, 3000 * MS);
        ck_assert_int_le(after_ns, 3000 * MS + player.interval_ns);
        ck_assert_int_eq(told[1].began_mono_ns, began_ns);
        ck_assert_int_eq(told[1].duration_ns, last_ns - began_ns);
        ck_assert_uint_eq(told[1].peak_area_px, 640 * 480 / 4);
        ck_assert_double_eq(told[1].share, 0.25);
        ck_assert_uint_gt(told[1].peak_frame.number, told[0].frame.number);
        int64_t expected = 4000 * MS / player.interval_ns;
        ck_assert_int_le(llabs((int64_t)told[1].n_frames - expected), 3);
    }
}
END_TEST

START_TEST(a_motion_ends_with_its_own_id_whatever_was_told_meanwhile)
{
    struct player player = play(200, 1000, 25);
    frames(&player, 1000, 0);
    frames(&player, 1000, 0.1);
    struct fr_detection light = {.share = 0.1, .n_objects = 1, .is_light_change = true};
    frame(&player, &light);
    frames(&player, 3000, 0);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[1].kind, FR_EVENT_LIGHT_CHANGE);
    ck_assert_int_eq(told[2].kind, FR_EVENT_MOTION_END);
    ck_assert_uint_eq(told[2].serial, told[0].serial);
}
END_TEST

START_TEST(motion_shorter_than_its_seconds_is_none)
{
    for (size_t rate = 0; rate < N_RATES; rate++) {
        struct player player = play(2000, 3000, rates[rate]);
        for (int i = 0; i < 10; i++) {
            frames(&player, 1000, 0.1);
            frames(&player, 2000, 0);
        }
        ck_assert_uint_eq(n_told, 0);
        /* But one that only stumbles is some: it is counted up and down. */
        for (int i = 0; i < 10; i++) {
            frames(&player, 1000, 0.1);
            frames(&player, 500, 0);
        }
        ck_assert_uint_eq(n_told, 1);
    }
}
END_TEST

START_TEST(a_start_of_zero_seconds_is_the_first_frame_that_moves)
{
    struct player player = play(0, 1000, 25);
    frames(&player, 40, 0.1);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_int_eq(told[0].kind, FR_EVENT_MOTION_START);
}
END_TEST

START_TEST(what_the_detector_doubts_is_neither_motion_nor_rest)
{
    struct player player = play(500, 2000, 25);
    struct fr_detection doubtful = {.share = 0.9, .n_objects = 3, .is_settling = true};
    for (int i = 0; i < 100; i++)
        frame(&player, &doubtful);
    ck_assert_uint_eq(n_told, 0);
    frames(&player, 400, 0.1);
    for (int i = 0; i < 100; i++)
        frame(&player, &doubtful);
    ck_assert_uint_eq(n_told, 0);
    frames(&player, 200, 0.1);
    ck_assert_uint_eq(n_told, 1);
}
END_TEST

START_TEST(a_change_of_light_is_told_once_and_takes_back_a_motion_that_has_not_begun)
{
    struct player player = play(500, 2000, 25);
    struct fr_detection light = {.share = 0.9, .is_settling = true, .is_light_change = true};
    frames(&player, 2000, 0);
    frames(&player, 400, 0.8);
    frame(&player, &light);
    frame(&player, &light);
    frame(&player, &light);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_int_eq(told[0].kind, FR_EVENT_LIGHT_CHANGE);
    frames(&player, 400, 0.8);
    ck_assert_uint_eq(n_told, 1);
    frames(&player, 2000, 0);
    frame(&player, &light);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_uint_ne(told[0].serial, told[1].serial);
}
END_TEST

START_TEST(losing_the_signal_ends_motion_and_is_told_once_until_it_is_back)
{
    struct player player = play(500, 2000, 25);
    frames(&player, 1000, 0);
    frames(&player, 2000, 0.1);
    int64_t last_ns = player.now_ns - player.interval_ns;
    player.now_ns += 5000 * MS;
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_FRAMES, player.now_ns);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_WRITER, player.now_ns);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[1].kind, FR_EVENT_MOTION_END);
    ck_assert_int_eq(told[1].reason, FR_EVENT_REASON_NO_SIGNAL);
    ck_assert_int_eq(told[2].kind, FR_EVENT_SIGNAL_LOST);
    ck_assert_int_eq(told[2].reason, FR_EVENT_REASON_NO_FRAMES);
    ck_assert_uint_eq(told[2].frame.number, player.number);

    player.now_ns += 60000 * MS;
    int64_t back_ns = player.now_ns;
    frames(&player, 400, 0.1);
    ck_assert_uint_eq(n_told, 4);
    ck_assert_int_eq(told[3].kind, FR_EVENT_SIGNAL_BACK);
    ck_assert_int_eq(told[3].duration_ns, back_ns - last_ns);
    /* The gap is no time in motion; what follows it is. */
    frames(&player, 1000, 0.1);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_int_eq(told[4].kind, FR_EVENT_MOTION_START);
}
END_TEST

START_TEST(a_signal_that_never_came_is_lost_and_then_back)
{
    struct player player = play(500, 2000, 25);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_WRITER, 5000 * MS);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_uint_eq(told[0].frame.width_px, 0);
    player.now_ns = 9000 * MS;
    frames(&player, 100, 0);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].kind, FR_EVENT_SIGNAL_BACK);
    ck_assert_int_eq(told[1].duration_ns, 9000 * MS);
}
END_TEST

START_TEST(stopping_ends_a_motion_that_was_told_and_no_other)
{
    struct player player = play(500, 2000, 25);
    frames(&player, 200, 0.1);
    fr_events_stop(&player.events, player.now_ns);
    ck_assert_uint_eq(n_told, 0);
    frames(&player, 1000, 0.1);
    fr_events_stop(&player.events, player.now_ns);
    fr_events_stop(&player.events, player.now_ns);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].reason, FR_EVENT_REASON_STOPPED);
}
END_TEST

START_TEST(a_shake_is_told_from_its_start_to_its_end)
{
    struct player player = play(200, 1000, 25);
    struct fr_detection still = {0}, shaking = {.is_shaking = true};
    frame(&player, &still);
    int64_t began_ns = player.now_ns;
    for (int i = 0; i < 26; i++)
        frame(&player, &shaking);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_int_eq(told[0].kind, FR_EVENT_SHAKE_START);
    frame(&player, &still);
    frame(&player, &still);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].kind, FR_EVENT_SHAKE_END);
    ck_assert_uint_eq(told[1].serial, told[0].serial);
    ck_assert_int_eq(told[1].began_mono_ns, began_ns);
    ck_assert_int_eq(told[1].duration_ns, 1000 * MS);
    frame(&player, &shaking);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_WRITER, player.now_ns);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_int_eq(told[3].kind, FR_EVENT_SHAKE_END);
    ck_assert_int_eq(told[4].kind, FR_EVENT_SIGNAL_LOST);
}
END_TEST

UNIT_MAIN("events", motion_begins_after_its_seconds_at_every_rate,
          motion_ends_after_its_seconds_at_every_rate,
          a_motion_ends_with_its_own_id_whatever_was_told_meanwhile,
          motion_shorter_than_its_seconds_is_none,
          a_start_of_zero_seconds_is_the_first_frame_that_moves,
          what_the_detector_doubts_is_neither_motion_nor_rest,
          a_change_of_light_is_told_once_and_takes_back_a_motion_that_has_not_begun,
          losing_the_signal_ends_motion_and_is_told_once_until_it_is_back,
          a_signal_that_never_came_is_lost_and_then_back,
          stopping_ends_a_motion_that_was_told_and_no_other,
          a_shake_is_told_from_its_start_to_its_end)
