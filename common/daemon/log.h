/* Log lines of the programs, on stderr. Libraries do not log: they return an errno and a reason.
 *
 * Promises
 *   - One line, one write: lines of several threads and processes never mix.
 *   - It never blocks. A line that stderr cannot take at once (a pipe that nobody reads, a stopped
 *     terminal) is dropped and counted; the count is told before the next line that goes through.
 *   - Nothing that came from a camera, a file or a user reaches the terminal or the journal as a
 *     control character: the whole line is escaped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h> /* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG */

/* Longest line in bytes, newline and prefix included; what is longer is cut. A pipe takes
 * this much whole or not at all (PIPE_BUF). */
enum { FR_LOG_LINE_MAX = 4096 };

/* Sets the name that stands before each line, and finds out what stderr is: when it is the journal
 * ($JOURNAL_STREAM names its device and inode), lines begin with the priority "<6>" instead of the
 * name. Standard descriptors that are closed are opened on /dev/null, so that no other file gets
 * their numbers. `program` must stay valid. Call once at start, before threads. Never fails: when
 * stderr cannot be opened a second time for writing without blocking, each line asks poll() first.
 */
void fr_log_init(const char *program);

/* Closes what fr_log_init() opened. Lines still go to stderr afterwards. */
void fr_log_fini(void);

/* Writes one line of a syslog level. Any thread, no signal handlers; never blocks; keeps errno, so
 * that "%m" works and the caller's error survives. */
void fr_log(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Lines dropped and not told yet. */
uint64_t fr_log_dropped(void);

/* Copies `text` with control characters, and bytes that are not UTF-8, written as \n, \t, \r or
 * \xHH. Always ends with a zero; text that does not fit is cut at a whole character. Returns buf.
 * Pure; size must be at least 1. */
char *fr_log_escape(const char *text, char *buf, size_t size);

/* Once per change of state, and then a count: keeps a line that could come with every frame from
 * being written with every frame. Zeroed is ready. One per kind of line; one thread. */
struct fr_log_limit {
    bool is_begun;
    int state;
    unsigned lines;        /* written in this period */
    int64_t began_mono_ns; /* of this period */
    int64_t told_mono_ns;
    uint64_t untold;
};

/* Most lines in one period, when the state flaps. */
enum { FR_LOG_LIMIT_LINES = 8 };

/* The thing happened, in `state` (any number that tells one state from another). True: write the
 * line now, with *ret_count, how often it happened since the last line, this time included. It is
 * true for the first time, for another state than the last, and for the same state once every
 * period_ns; but at most FR_LOG_LIMIT_LINES times in a period. Pure. */
bool fr_log_limit_due(struct fr_log_limit *limit, int state, int64_t now_mono_ns, int64_t period_ns,
                      uint64_t *ret_count);
