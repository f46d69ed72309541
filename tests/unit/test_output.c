/* Output that is blocked, closed or full costs lines and counts them, and stops nobody. */
#include "analyzer/output.h"
#include "common/daemon/clock.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char *missing(uint64_t n_dropped, void *userdata, size_t *ret_length)
{
    char *text = NULL;
    (void)userdata;
    int n = asprintf(&text, "missing %" PRIu64 "\n", n_dropped);
    *ret_length = (size_t)n;
    return n < 0 ? NULL : text;
}

static void put(struct fr_output *output, int number, size_t length)
{
    char *line = malloc(length + 1);
    memset(line, '.', length);
    int n = sprintf(line, "line %d", number);
    line[n] = ' ';
    line[length - 1] = '\n';
    fr_output_line(output, line, length);
}

struct lines {
    uint64_t read, missing;
    int last;
    bool in_order;
};

static struct lines read_lines(FILE *file, int until)
{
    struct lines lines = {.last = -1, .in_order = true};
    char *line = NULL;
    size_t size = 0;
    while (lines.last != until && getline(&line, &size, file) > 0) {
        uint64_t dropped;
        int number;
        if (sscanf(line, "missing %" SCNu64, &dropped) == 1) {
            lines.missing += dropped;
        } else if (sscanf(line, "line %d", &number) == 1) {
            lines.in_order = lines.in_order && number > lines.last;
            lines.last = number;
            lines.read++;
        } else {
            ck_abort_msg("not a line: %s", line);
        }
    }
    free(line);
    return lines;
}

START_TEST(lines_come_whole_and_in_order)
{
    int fds[2];
    struct fr_output *output;
    struct fr_output_counts counts;
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(fr_output_new(fds[1], 1000, missing, NULL, &output), 0);
    FILE *file = fdopen(fds[0], "r");
    for (int i = 0; i < 100; i++)
        put(output, i, 20 + (size_t)i * 300); /* longer than a pipe takes at once, too */
    struct lines lines = read_lines(file, 99);
    fr_output_free(output, 10 * FR_NS_PER_S, &counts);
    ck_assert_uint_eq(lines.read, 100);
    ck_assert(lines.in_order);
    ck_assert_uint_eq(lines.missing, 0);
    ck_assert_uint_eq(counts.written, 100);
    ck_assert_uint_eq(counts.dropped, 0);
    fclose(file);
    close(fds[1]);
}
END_TEST

START_TEST(a_blocked_reader_costs_the_oldest_lines_and_is_told_how_many)
{
    enum { LINES = 3000, ROOM = 50 };
    int fds[2];
    struct fr_output *output;
    struct fr_output_counts counts;
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(fr_output_new(fds[1], ROOM, missing, NULL, &output), 0);
    for (int i = 0; i < LINES; i++)
        put(output, i, 200); /* 600 kB into a pipe of 64 kB: this returns all the same */
    fr_output_counts(output, &counts);
    ck_assert_uint_gt(counts.dropped, LINES / 2);

    FILE *file = fdopen(fds[0], "r");
    struct lines lines = read_lines(file, LINES - 1);
    fr_output_free(output, 10 * FR_NS_PER_S, &counts);
    ck_assert(lines.in_order);
    ck_assert_uint_eq(lines.missing, counts.dropped);
    ck_assert_uint_eq(lines.read, counts.written);
    ck_assert_uint_eq(lines.read + lines.missing, LINES);
    fclose(file);
    close(fds[1]);
}
END_TEST

START_TEST(a_blocked_reader_does_not_hold_up_the_end)
{
    int fds[2];
    struct fr_output *output;
    struct fr_output_counts counts;
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(fr_output_new(fds[1], 2000, missing, NULL, &output), 0);
    for (int i = 0; i < 2000; i++)
        put(output, i, 200);
    fr_output_free(output, 50 * FR_NS_PER_MS, &counts);
    ck_assert_uint_gt(counts.dropped, 0);
    ck_assert_uint_eq(counts.written + counts.dropped, 2000);
    close(fds[0]);
    close(fds[1]);
}
END_TEST

/* Until the thread has tried all there was. */
static struct fr_output_counts wait_for(struct fr_output *output, uint64_t lines)
{
    struct fr_output_counts counts;
    do {
        fr_output_counts(output, &counts);
        poll(NULL, 0, 1);
    } while (counts.written + counts.dropped < lines);
    return counts;
}

START_TEST(a_reader_that_left_costs_lines_until_another_comes)
{
    signal(SIGPIPE, SIG_IGN);
    char path[UNIT_FOLDER_MAX], name[UNIT_FOLDER_MAX + 8];
    snprintf(name, sizeof name, "%s/fifo", unit_folder(path));
    ck_assert_int_eq(mkfifo(name, 0600), 0);
    int reader = open(name, O_RDONLY | O_NONBLOCK);
    int writer = open(name, O_WRONLY);
    struct fr_output *output;
    ck_assert_int_eq(fr_output_new(writer, 10, missing, NULL, &output), 0);
    close(reader);
    for (int i = 0; i < 5; i++) {
        put(output, i, 20);
        wait_for(output, (uint64_t)i + 1);
    }
    struct fr_output_counts counts = wait_for(output, 5);
    ck_assert_uint_eq(counts.dropped, 5);
    ck_assert_int_eq(counts.last_errno, EPIPE);

    reader = open(name, O_RDONLY);
    put(output, 5, 20);
    FILE *file = fdopen(reader, "r");
    struct lines lines = read_lines(file, 5);
    ck_assert_uint_eq(lines.missing, 5);
    ck_assert_uint_eq(lines.read, 1);
    fr_output_free(output, FR_NS_PER_S, NULL);
    fclose(file);
    close(writer);
}
END_TEST

START_TEST(a_full_disk_and_a_closed_descriptor_are_counted)
{
    int full = open("/dev/full", O_WRONLY);
    ck_assert_int_ge(full, 0);
    struct fr_output *output;
    struct fr_output_counts counts;
    ck_assert_int_eq(fr_output_new(full, 10, missing, NULL, &output), 0);
    put(output, 0, 20);
    counts = wait_for(output, 1);
    ck_assert_int_eq(counts.last_errno, ENOSPC);
    ck_assert_uint_eq(counts.dropped, 1);
    close(full);
    put(output, 1, 20);
    counts = wait_for(output, 2);
    ck_assert_int_eq(counts.last_errno, EBADF);
    fr_output_line(output, NULL, 0);
    counts = wait_for(output, 3);
    ck_assert_int_eq(counts.last_errno, ENOMEM);
    fr_output_free(output, FR_NS_PER_S, &counts);
    ck_assert_uint_eq(counts.dropped, 3);
    fr_output_free(NULL, 0, NULL);
}
END_TEST

UNIT_MAIN("output", lines_come_whole_and_in_order,
          a_blocked_reader_costs_the_oldest_lines_and_is_told_how_many,
          a_blocked_reader_does_not_hold_up_the_end,
          a_reader_that_left_costs_lines_until_another_comes,
          a_full_disk_and_a_closed_descriptor_are_counted)
