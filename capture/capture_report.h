/* What the daemon says about frames: the line for `systemctl status`, and log lines when something
 * begins to go wrong. Once per kind, and then a count once a minute. */
#pragma once

#include "common/daemon/log.h"
#include "framering/framering.h"

enum { FR_REPORT_TICKS = 5, FR_REPORT_TEXT_MAX = 256 };

/* Zeroed is ready. */
struct fr_capture_report {
    struct {
        int64_t mono_ns;
        uint64_t frames;
    } tick[FR_REPORT_TICKS]; /* the last ones, oldest overwritten */
    unsigned n_ticks;
    struct fr_writer_counts told;
    struct fr_log_limit drop_limit[FR_DROP_REASONS], withheld_limit, mended_limit, odd_limit;
    uint64_t told_odd;
};

/* Once a second: notes the counts. */
void fr_capture_report_tick(struct fr_capture_report *report, const struct fr_writer_counts *counts,
                            int64_t now_mono_ns);

/* Frames a second over the last ticks; 0 before there are two. Pure. */
double fr_capture_report_rate(const struct fr_capture_report *report);

/* "25.0 frames/s, 1234 frames, 2 dropped (1 late, 1 corrupt)". Returns buf. Pure. */
char *fr_capture_report_text(const struct fr_capture_report *report,
                             const struct fr_writer_counts *counts, char *buf, size_t size);

/* Writes a line to the log about each kind of trouble that is new, or still going on a minute
 * after it was last told. */
void fr_capture_report_log(struct fr_capture_report *report, const struct fr_writer_counts *counts,
                           int64_t now_mono_ns);

/* The same for frames that a source took although something was odd about them: `count` since it
 * was opened, and of the last one what. */
void fr_capture_report_oddities(struct fr_capture_report *report, uint64_t count, const char *last,
                                int64_t now_mono_ns);
