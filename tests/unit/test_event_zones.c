/* Zones have motions of their own. */
#include "tests/unit/play_events.h"

START_TEST(each_zone_has_its_own_motion_and_what_is_outside_has_none)
{
    struct player player = play(200, 1000, 25);
    const struct fr_event_settings whole = {.start_ns = 0, .end_ns = MS};
    fr_events_set(&player.events, &whole, zones_ab, 2, player.now_ns);
    zone_frames(&player, 2000, 0, 0); /* two objects, none of them in a zone */
    ck_assert_uint_eq(n_told, 0);
    zone_frames(&player, 500, 0.1, 0.2);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_str_eq(told[0].zone, "a");
    ck_assert_double_eq(told[0].share, 0.1);
    zone_frames(&player, 700, 0, 0.2);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].kind, FR_EVENT_MOTION_START);
    ck_assert_str_eq(told[1].zone, "b");
    ck_assert_uint_ne(told[1].serial, told[0].serial);
    zone_frames(&player, 700, 0, 0.3);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[2].kind, FR_EVENT_MOTION_END);
    ck_assert_str_eq(told[2].zone, "a");
    ck_assert_uint_eq(told[2].serial, told[0].serial);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_FRAMES, player.now_ns);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_str_eq(told[3].zone, "b");
    ck_assert_double_eq(told[3].share, 0.3);
    ck_assert_str_eq(told[4].zone, "");
}
END_TEST

START_TEST(other_zones_end_the_motions_of_those_that_are_gone_and_no_other)
{
    struct player player = play(200, 1000, 25);
    const struct fr_event_settings whole = {.start_ns = 0, .end_ns = MS};
    fr_events_set(&player.events, &whole, zones_ab, 2, player.now_ns);
    zone_frames(&player, 2000, 0.1, 0.2);
    ck_assert_uint_eq(n_told, 2);
    const struct fr_event_zone ca[] = {{.name = "c", .settings = zones_ab[0].settings},
                                       zones_ab[0]};
    fr_events_set(&player.events, &whole, ca, 2, player.now_ns);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[2].kind, FR_EVENT_MOTION_END);
    ck_assert_int_eq(told[2].reason, FR_EVENT_REASON_SETTINGS);
    ck_assert_str_eq(told[2].zone, "b");
    zone_frames(&player, 1000, 0, 0.2); /* a is the second one now, and goes on */
    ck_assert_uint_eq(n_told, 3);
    fr_events_set(&player.events, &whole, NULL, 0, player.now_ns);
    ck_assert_uint_eq(n_told, 4);
    ck_assert_str_eq(told[3].zone, "a");
    ck_assert_uint_eq(told[3].serial, told[0].serial);
    frames(&player, 200, 0.1);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_str_eq(told[4].zone, "");
}
END_TEST

UNIT_MAIN("event_zones", each_zone_has_its_own_motion_and_what_is_outside_has_none,
          other_zones_end_the_motions_of_those_that_are_gone_and_no_other)
