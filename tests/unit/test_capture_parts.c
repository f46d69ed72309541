/* The small parts of the capture loop: how long to wait, what to say, what happened to a path. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/backoff.h"
#include "capture/capture_report.h"
#include "capture/path_watch.h"

/* ---------------------------------------------------------------- back-off */

START_TEST(C8_tries_go_from_half_a_second_to_thirty)
{
    static const int64_t want_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    struct fr_backoff backoff = {0};
    for (size_t i = 0; i < sizeof want_ms / sizeof *want_ms; i++)
        ck_assert_int_eq(fr_backoff_next_ns(&backoff), want_ms[i] * FR_NS_PER_MS);
}
END_TEST

START_TEST(a_source_that_works_for_a_moment_only_is_not_begun_every_half_second)
{
    struct fr_backoff backoff = {0};
    for (int i = 0; i < 5; i++) {
        fr_backoff_next_ns(&backoff);
        fr_backoff_worked(&backoff, 3 * FR_NS_PER_S);
    }
    ck_assert_int_eq(fr_backoff_next_ns(&backoff), 16 * FR_NS_PER_S);
    fr_backoff_worked(&backoff, 60 * FR_NS_PER_S);
    ck_assert_int_eq(fr_backoff_next_ns(&backoff), 500 * FR_NS_PER_MS);
}
END_TEST

/* ---------------------------------------------------------------- report */

START_TEST(the_rate_is_that_of_the_last_seconds)
{
    struct fr_capture_report report = {0};
    struct fr_writer_counts counts = {0};
    ck_assert_double_eq(fr_capture_report_rate(&report), 0);
    for (int i = 0; i < 20; i++) {
        counts.frames += i < 10 ? 50 : 25;
        fr_capture_report_tick(&report, &counts, (i + 7) * FR_NS_PER_S);
        double rate = fr_capture_report_rate(&report);
        if (i == 0)
            ck_assert_double_eq(rate, 0);
        else if (i < 10)
            ck_assert_double_eq_tol(rate, 50, 1e-6);
        else if (i >= 14)
            ck_assert_double_eq_tol(rate, 25, 1e-6);
    }
}
END_TEST

START_TEST(the_status_line_tells_drops_by_reason)
{
    struct fr_capture_report report = {0};
    struct fr_writer_counts counts = {.frames = 12};
    char text[FR_REPORT_TEXT_MAX];
    ck_assert_str_eq(fr_capture_report_text(&report, &counts, text, sizeof text),
                     "0.0 frames/s, 12 frames, 0 dropped");
    counts.dropped[FR_DROP_CORRUPT] = 2;
    counts.dropped[FR_DROP_LATE] = 30;
    char want[FR_REPORT_TEXT_MAX];
    snprintf(want, sizeof want, "0.0 frames/s, 12 frames, 32 dropped (2 %s, 30 %s)",
             fr_drop_reason_name(FR_DROP_CORRUPT), fr_drop_reason_name(FR_DROP_LATE));
    ck_assert_str_eq(fr_capture_report_text(&report, &counts, text, sizeof text), want);
}
END_TEST

START_TEST(a_status_line_that_has_no_room_is_cut_and_not_overrun)
{
    struct fr_capture_report report = {0};
    struct fr_writer_counts counts = {.frames = UINT64_MAX};
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        counts.dropped[i] = UINT64_MAX / 8;
    for (size_t size = 1; size < 200; size++) {
        char *text = malloc(size); /* exactly as much as told, for the sanitizer */
        fr_capture_report_text(&report, &counts, text, size);
        ck_assert_uint_lt(strnlen(text, size), size);
        free(text);
    }
}
END_TEST

START_TEST(C6_oddities_of_a_source_are_told_once_a_minute_with_their_number)
{
    static const struct {
        int64_t at_s;
        uint64_t count, told; /* told_odd afterwards */
    } cases[] = {{0, 0, 0},
                 {1, 3, 3},
                 {2, 50, 3},
                 {60, 90, 3},
                 {62, 100, 100},
                 {63, 101, 100},
                 {64, 2, 0} /* opened anew */,
                 {130, 7, 7},
                 {200, 7, 7}};
    struct fr_capture_report report = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fr_capture_report_oddities(&report, cases[i].count, "extraneous bytes",
                                   cases[i].at_s * FR_NS_PER_S);
        ck_assert_uint_eq(report.told_odd, cases[i].told);
    }
}
END_TEST

/* ---------------------------------------------------------------- path watch */

struct place {
    char folder[UNIT_FOLDER_MAX];
    struct fr_path_watch watch;
};

static struct place place_make(void)
{
    struct place p;
    unit_folder(p.folder);
    ck_assert_int_eq(fr_path_watch_open(&p.watch), 0);
    return p;
}

static const char *in(const struct place *p, const char *name)
{
    static char path[4][128];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", p->folder, name);
    return path[turn];
}

static void touch(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static bool told(struct place *p)
{
    struct pollfd fd = {.fd = p->watch.fd, .events = POLLIN};
    return poll(&fd, 1, 0) == 1 && fr_path_watch_take(&p->watch);
}

START_TEST(a_path_that_appears_is_told_and_its_neighbours_are_not)
{
    struct place p = place_make();
    fr_path_watch_set(&p.watch, in(&p, "video0"));
    ck_assert(!told(&p));
    touch(in(&p, "video1"));
    ck_assert(!told(&p));
    touch(in(&p, "video0"));
    ck_assert(told(&p));
    ck_assert(!told(&p));
    ck_assert_int_eq(chmod(in(&p, "video0"), 0600), 0); /* as udev does a moment later */
    ck_assert(told(&p));
    fr_path_watch_clear(&p.watch);
    ck_assert_int_eq(chmod(in(&p, "video0"), 0644), 0);
    ck_assert(!told(&p));
    fr_path_watch_close(&p.watch);
    fr_path_watch_close(&p.watch);
}
END_TEST

START_TEST(a_folder_that_is_missing_on_the_way_is_waited_for_first)
{
    struct place p = place_make();
    fr_path_watch_set(&p.watch, in(&p, "by-id/usb/camera"));
    touch(in(&p, "usb"));
    ck_assert(!told(&p));
    ck_assert_int_eq(mkdir(in(&p, "by-id"), 0755), 0);
    ck_assert(told(&p));
    fr_path_watch_set(&p.watch, in(&p, "by-id/usb/camera"));
    ck_assert_int_eq(mkdir(in(&p, "by-id/usb"), 0755), 0);
    ck_assert(told(&p));
    fr_path_watch_close(&p.watch);
}
END_TEST

START_TEST(paths_that_cannot_be_watched_do_no_harm)
{
    struct place p = place_make();
    char *long_path = calloc(1, 10000);
    memset(long_path, 'a', 9999);
    const char *const odd[] = {"", "/", "//", ".", "name", "a/", "////a////b////", long_path};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        fr_path_watch_set(&p.watch, odd[i]);
        ck_assert(!told(&p));
    }
    free(long_path);
    fr_path_watch_close(&p.watch);
}
END_TEST

UNIT_MAIN("capture_parts", C8_tries_go_from_half_a_second_to_thirty,
          a_source_that_works_for_a_moment_only_is_not_begun_every_half_second,
          the_rate_is_that_of_the_last_seconds, the_status_line_tells_drops_by_reason,
          a_status_line_that_has_no_room_is_cut_and_not_overrun,
          C6_oddities_of_a_source_are_told_once_a_minute_with_their_number,
          a_path_that_appears_is_told_and_its_neighbours_are_not,
          a_folder_that_is_missing_on_the_way_is_waited_for_first,
          paths_that_cannot_be_watched_do_no_harm)
