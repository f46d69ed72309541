/* Log lines: never blocking, never a control character, never a flood. */
#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Puts `fd` in stderr's place; Check runs each test in a process of its own, so nothing is put
 * back. */
static void set_stderr(int fd)
{
    ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
}

static ssize_t drain(int fd, char *buf, size_t size)
{
    size_t n = 0;
    ssize_t got;

    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while (n + 1 < size && (got = read(fd, buf + n, size - 1 - n)) > 0)
        n += (size_t)got;
    buf[n] = 0;
    return (ssize_t)n;
}

START_TEST(a_line_names_the_program)
{
    int ends[2];
    char got[512];

    ck_assert_int_eq(pipe(ends), 0);
    set_stderr(ends[1]);
    fr_log_init("framering-test");
    errno = ENOENT;
    fr_log(LOG_ERR, "%s: %m", "/dev/video0");
    ck_assert_int_eq(errno, ENOENT);
    drain(ends[0], got, sizeof got);
    ck_assert_str_eq(got, "framering-test: /dev/video0: No such file or directory\n");
}
END_TEST

START_TEST(a_line_for_the_journal_has_its_priority)
{
    int ends[2];
    char got[512], stream[64];
    struct stat st;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    set_stderr(ends[1]);
    ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    fr_log_init("framering-test");
    fr_log(LOG_WARNING, "one");
    drain(ends[0], got, sizeof got);
    ck_assert_str_eq(got, "<4>one\n");
}
END_TEST

START_TEST(another_stderr_than_the_journals_has_no_priority)
{
    int ends[2];
    char got[512];

    ck_assert_int_eq(pipe(ends), 0);
    set_stderr(ends[1]);
    setenv("JOURNAL_STREAM", "1:1", 1);
    fr_log_init("framering-test");
    fr_log(LOG_WARNING, "one");
    drain(ends[0], got, sizeof got);
    ck_assert_str_eq(got, "framering-test: one\n");
}
END_TEST

/* P5. The pipe is full and stays so: every call returns (else Check's time limit ends the test),
 * and when it is read again the loss is told first. */
static void check_lines_are_dropped(int reading_end, bool has_init)
{
    static char got[4 << 20];
    int flags = fcntl(STDERR_FILENO, F_GETFL);

    if (has_init)
        fr_log_init("t");
    while (fr_log_dropped() == 0)
        fr_log(LOG_INFO, "filling");
    for (int i = 0; i < 99; i++)
        fr_log(LOG_INFO, "lost");
    ck_assert_uint_eq(fr_log_dropped(), 100);
    ck_assert_int_eq(fcntl(STDERR_FILENO, F_GETFL), flags); /* others share it: not touched */
    drain(reading_end, got, sizeof got);
    ck_assert(!strstr(got, "lost"));
    fr_log(LOG_INFO, "back");
    ck_assert_uint_eq(fr_log_dropped(), 0);
    drain(reading_end, got, sizeof got);
    const char *told = strstr(got, "100 log lines were lost");
    ck_assert_ptr_nonnull(told);
    ck_assert_ptr_nonnull(strstr(told, ": back\n"));
}

START_TEST(P5_a_full_pipe_never_blocks)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    set_stderr(ends[1]);
    check_lines_are_dropped(ends[0], true);
}
END_TEST

START_TEST(P5_a_full_pipe_never_blocks_without_a_descriptor_of_our_own)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    set_stderr(ends[1]);
    check_lines_are_dropped(ends[0], false);
}
END_TEST

START_TEST(P5_a_full_socket_never_blocks)
{
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    set_stderr(ends[1]);
    check_lines_are_dropped(ends[0], true);
}
END_TEST

START_TEST(P5_a_stopped_terminal_never_blocks)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
        fprintf(stdout, "no pseudo-terminals here (%s): not tested\n", strerror(errno));
        return;
    }
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(slave, 0);
    set_stderr(slave);
    fr_log_init("t");
    fr_log(LOG_INFO, "before");
    ck_assert_uint_eq(fr_log_dropped(), 0);
    while (fr_log_dropped() == 0) /* nobody reads the master: the terminal fills up */
        fr_log(LOG_INFO, "filling");
    fr_log(LOG_INFO, "lost");
    ck_assert_uint_eq(fr_log_dropped(), 2);
}
END_TEST

START_TEST(a_closed_stderr_is_no_error)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    set_stderr(ends[1]);
    fr_log_init("t");
    signal(SIGPIPE, SIG_IGN);
    close(ends[0]);
    fr_log(LOG_INFO, "nobody hears this");
    fr_log_fini();
    close(STDERR_FILENO);
    fr_log_init("t");
    fr_log(LOG_INFO, "nor this");
    ck_assert_uint_eq(fr_log_dropped(), 0);
}
END_TEST

START_TEST(a_long_line_stays_one_write)
{
    int ends[2];
    static char text[3 * FR_LOG_LINE_MAX], got[4 * FR_LOG_LINE_MAX];

    ck_assert_int_eq(pipe(ends), 0);
    set_stderr(ends[1]);
    fr_log_init("t");
    memset(text, 'x', sizeof text - 1);
    fr_log(LOG_INFO, "%s", text);
    ssize_t n = drain(ends[0], got, sizeof got);
    ck_assert_int_le(n, FR_LOG_LINE_MAX);
    ck_assert_int_gt(n, FR_LOG_LINE_MAX / 2);
    ck_assert_ptr_eq(strchr(got, '\n'), got + n - 1);
}
END_TEST

START_TEST(F11_control_characters_are_escaped)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"plain text", "plain text"},
        {"Kamera für Häuser ☀ 📷", "Kamera für Häuser ☀ 📷"},
        {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
        {"\x1b[2J\x07", "\\x1b[2J\\x07"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b"
         "2J",
         "\\xc2\\x9b2J"},                    /* C1 control */
        {"\xff\xc0\xaf", "\\xff\\xc0\\xaf"}, /* not UTF-8 */
        {"\xe2\x98", "\\xe2\\x98"},          /* cut short */
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"}, /* turns the direction of writing */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
    };
    char buf[128];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ck_assert_str_eq(fr_log_escape(rows[i].text, buf, sizeof buf), rows[i].expected);
}
END_TEST

START_TEST(escaping_cuts_at_a_whole_character)
{
    char buf[5];
    ck_assert_str_eq(fr_log_escape("abc\n", buf, sizeof buf), "abc");
    ck_assert_str_eq(fr_log_escape("ab\nc", buf, sizeof buf), "ab\\n");
    ck_assert_str_eq(fr_log_escape("abcü", buf, sizeof buf), "abc");
    ck_assert_str_eq(fr_log_escape("abü", buf, sizeof buf), "abü");
    ck_assert_str_eq(fr_log_escape("x", buf, 1), "");
}
END_TEST

START_TEST(F11_a_lines_arguments_cannot_forge_a_line)
{
    int ends[2];
    char got[512];

    ck_assert_int_eq(pipe(ends), 0);
    set_stderr(ends[1]);
    fr_log_init("t");
    fr_log(LOG_INFO, "camera %s found", "Evil\nt: all is well");
    drain(ends[0], got, sizeof got);
    ck_assert_str_eq(got, "t: camera Evil\\nt: all is well found\n");
}
END_TEST

START_TEST(a_change_of_state_is_told_once_and_then_counted)
{
    struct fr_log_limit limit = {0};
    const int64_t minute = 60 * FR_NS_PER_S;
    uint64_t count = 0;

    ck_assert(fr_log_limit_due(&limit, 5, 0, minute, &count));
    ck_assert_uint_eq(count, 1);
    for (int i = 1; i < 600; i++)
        ck_assert(!fr_log_limit_due(&limit, 5, i * FR_NS_PER_S / 10, minute, &count));
    ck_assert(fr_log_limit_due(&limit, 5, minute, minute, &count));
    ck_assert_uint_eq(count, 600);
    ck_assert(!fr_log_limit_due(&limit, 5, minute + 1, minute, &count));
    ck_assert(fr_log_limit_due(&limit, 6, minute + 2, minute, &count));
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(a_flapping_state_is_no_flood)
{
    struct fr_log_limit limit = {0};
    const int64_t minute = 60 * FR_NS_PER_S;
    uint64_t count = 0, lines = 0, counted = 0;

    for (int i = 0; i < 6000; i++) { /* ten minutes */
        if (fr_log_limit_due(&limit, i & 1, i * FR_NS_PER_S / 10, minute, &count)) {
            lines++;
            counted += count;
        }
    }
    ck_assert_uint_le(lines, 10 * FR_LOG_LIMIT_LINES);
    ck_assert_uint_ge(lines, 10);
    ck_assert_uint_le(6000 - counted, 600); /* all but the last period's were told */
}
END_TEST

UNIT_MAIN_TIMEOUT("log", 20, a_line_names_the_program, a_line_for_the_journal_has_its_priority,
                  another_stderr_than_the_journals_has_no_priority, P5_a_full_pipe_never_blocks,
                  P5_a_full_pipe_never_blocks_without_a_descriptor_of_our_own,
                  P5_a_full_socket_never_blocks, P5_a_stopped_terminal_never_blocks,
                  a_closed_stderr_is_no_error, a_long_line_stays_one_write,
                  F11_control_characters_are_escaped, escaping_cuts_at_a_whole_character,
                  F11_a_lines_arguments_cannot_forge_a_line,
                  a_change_of_state_is_told_once_and_then_counted, a_flapping_state_is_no_flood)
