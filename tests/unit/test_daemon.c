/* Notifications, signals and time. */
#include "common/daemon/clock.h"
#include "common/daemon/notify.h"
#include "common/daemon/signals.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A manager's socket under an abstract name of our own. */
static int manager(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[64];

    int n = snprintf(name, sizeof name, "@framering-test-%d", (int)getpid());
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
    memcpy(address.sun_path + 1, name + 1, (size_t)n - 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)n);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    return fd;
}

static const char *heard(int fd)
{
    static char message[2048];
    ssize_t n = recv(fd, message, sizeof message - 1, 0);
    message[n > 0 ? n : 0] = 0;
    return message;
}

static const char *heard_in_time(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    ck_assert_msg(poll(&pollfd, 1, 60000) == 1, "the manager was told nothing");
    return heard(fd);
}

START_TEST(the_manager_is_told)
{
    int fd = manager();

    fr_notify_ready();
    ck_assert_str_eq(heard_in_time(fd), "READY=1");
    fr_notify_status("%d frames/s", 15);
    ck_assert_str_eq(heard_in_time(fd), "STATUS=15 frames/s");
    fr_notify_watchdog();
    ck_assert_str_eq(heard_in_time(fd), "WATCHDOG=1");
    fr_notify_stopping();
    ck_assert_str_eq(heard(fd), "STOPPING=1"); /* before it returned */
}
END_TEST

/* Messages of somebody else's, until there is no room for another. Returns their number. */
static unsigned fill(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = getenv("NOTIFY_SOCKET");
    unsigned n = 0;

    memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    while (sendto(fd, "X_FULL=1", 8, 0, (struct sockaddr *)&address, size) == 8)
        n++;
    ck_assert_int_eq(errno, EAGAIN);
    close(fd);
    return n;
}

static unsigned n_threads(void)
{
    unsigned n = 0;
    DIR *folder = opendir("/proc/self/task");
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        n++;
    closedir(folder);
    return n - 2;
}

/* Twice, for what waits must have ended well the first time. Whoever waits here, waits for ever:
 * until Check's time is up. */
START_TEST(P5_nobody_waits_for_a_manager_that_does_not_read_and_it_is_told_the_newest_later)
{
    int fd = manager();

    for (unsigned round = 0; round < 2; round++) {
        unsigned n = fill(), told = 1;
        fr_notify_ready();
        unsigned waiting = n_threads();
        for (int i = 0; i < 100; i++) {
            fr_notify_status("frame %d", i);
            fr_notify_watchdog();
        }
        ck_assert_uint_eq(n_threads(), waiting); /* one is enough */
        for (unsigned i = 0; i < n; i++)
            ck_assert_str_eq(heard(fd), "X_FULL=1");
        const char *message = heard_in_time(fd);
        ck_assert_msg(strncmp(message, "READY=1", 7) == 0, "%s", message);
        /* What the thread had taken before it waited, and the newest of the rest. */
        for (; !strstr(message, "STATUS=frame 99"); told++)
            message = heard_in_time(fd);
        ck_assert_msg(strstr(message, "WATCHDOG=1") && told <= 3, "%u: %s", told, message);
        while (n_threads() >= waiting)
            sched_yield();
        fr_notify_stopping();
        ck_assert_str_eq(heard(fd), "STOPPING=1"); /* once, and at once */
        ck_assert_str_eq(heard(fd), "");
    }
}
END_TEST

START_TEST(P5_a_manager_that_does_not_read_keeps_nobody_from_ending)
{
    manager();
    fill();
    fr_notify_stopping();
}
END_TEST

START_TEST(F11_a_status_cannot_forge_a_message)
{
    int fd = manager();
    fr_notify_status("camera %s", "x\nMAINPID=1");
    ck_assert_str_eq(heard_in_time(fd), "STATUS=camera x\\nMAINPID=1");
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    fr_notify_ready();
    fr_notify_status("x");
    fr_notify_watchdog();
    fr_notify_stopping();
    ck_assert_int_eq(fr_notify_watchdog_interval_ns(), 0);
}
END_TEST

START_TEST(the_watchdog_is_fed_twice_as_often_as_it_bites)
{
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_USEC", "10000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    ck_assert_int_eq(fr_notify_watchdog_interval_ns(), 5 * FR_NS_PER_S);
    setenv("WATCHDOG_PID", "1", 1); /* somebody else's */
    ck_assert_int_eq(fr_notify_watchdog_interval_ns(), 0);
}
END_TEST

START_TEST(signals_come_by_the_descriptor)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    int fd = fr_signals_open();

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fr_signals_read(fd), 0);
    for (size_t i = 0; i < 3; i++) {
        struct pollfd pollfd = {.fd = fd, .events = POLLIN};
        kill(getpid(), signals[i]);
        ck_assert_int_eq(poll(&pollfd, 1, 10000), 1);
        ck_assert_int_eq(fr_signals_read(fd), signals[i]);
        ck_assert_int_eq(fr_signals_read(fd), 0);
    }
    close(fd);
    ck_assert_int_lt(fr_signals_read(-1), 0);
}
END_TEST

START_TEST(P5_a_broken_pipe_does_not_kill)
{
    int ends[2];
    ck_assert_int_ge(fr_signals_open(), 0);
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_eq(write(ends[1], "x", 1), -1);
}
END_TEST

START_TEST(times_have_a_zone_and_milliseconds)
{
    char buf[FR_TIME_RFC3339_MAX];

    setenv("TZ", "UTC0", 1);
    tzset();
    ck_assert_str_eq(fr_time_rfc3339(0, buf), "1970-01-01T00:00:00.000+00:00");
    ck_assert_str_eq(fr_time_rfc3339(-1, buf), "1969-12-31T23:59:59.999+00:00");
    ck_assert_str_eq(fr_time_rfc3339(1795442881123999999, buf), "2026-11-23T14:08:01.123+00:00");
    ck_assert_str_eq(fr_time_rfc3339(INT64_MAX, buf), "2262-04-11T23:47:16.854+00:00");
    ck_assert_str_eq(fr_time_rfc3339(INT64_MIN, buf), "1677-09-21T00:12:43.145+00:00");
    setenv("TZ", "CET-1", 1);
    tzset();
    ck_assert_str_eq(fr_time_rfc3339(1795442881123000000, buf), "2026-11-23T15:08:01.123+01:00");
    setenv("TZ", "NST3:30", 1);
    tzset();
    ck_assert_str_eq(fr_time_rfc3339(1795442881123000000, buf), "2026-11-23T10:38:01.123-03:30");
}
END_TEST

START_TEST(the_monotonic_clock_goes_forward)
{
    int64_t before = fr_now_mono_ns();
    ck_assert_int_gt(before, 0);
    ck_assert_int_le(before, fr_now_mono_ns());
    ck_assert_int_gt(fr_now_wall_ns(), INT64_C(1600000000) * FR_NS_PER_S);
}
END_TEST

UNIT_MAIN("daemon", the_manager_is_told,
          P5_nobody_waits_for_a_manager_that_does_not_read_and_it_is_told_the_newest_later,
          P5_a_manager_that_does_not_read_keeps_nobody_from_ending,
          F11_a_status_cannot_forge_a_message, without_a_manager_nothing_happens,
          the_watchdog_is_fed_twice_as_often_as_it_bites, signals_come_by_the_descriptor,
          P5_a_broken_pipe_does_not_kill, times_have_a_zone_and_milliseconds,
          the_monotonic_clock_goes_forward)
