/* The state of the capture loop, shared by its files: capture_loop.c (what happens) and
 * capture_source.c (the life of the source and of the epoch). */
#pragma once

#include "capture/backoff.h"
#include "capture/capture_loop.h"
#include "capture/capture_report.h"
#include "capture/path_watch.h"
#include "capture/rate_watch.h"
#include "capture/source.h"
#include "capture/suspend.h"

enum capture_state { STATE_WAITING, STATE_STREAMING, STATE_ENDING, STATE_DONE };

/* What an epoll event is about. */
enum capture_about {
    ABOUT_SOURCE,
    ABOUT_SIGNAL,
    ABOUT_PHASE, /* the next try, the stall limit or the end, as the state has it */
    ABOUT_TICK,
    ABOUT_PATH,
    N_ABOUT
};

struct capture_loop {
    /* What was asked. */
    const struct fr_capture_config *config;
    const struct fr_capture_settings *settings; /* as they were at the start */
    struct fr_control_settings controls;        /* as they are now */
    const struct fr_source_ops *ops;
    struct fr_source_request request;
    int signal_fd;

    /* What is. */
    enum capture_state state;
    int exit_code;
    struct fr_writer *writer;
    bool has_epoch;
    struct fr_epoch_options epoch;
    struct fr_source *source;
    struct fr_source_offer offer;
    struct fr_source_links links;             /* of the first offer that was taken */
    char told_notes[FR_SOURCE_REASON_MAX];    /* the last notes in the log */
    struct fr_control_settings good_controls; /* the last that a device took */
    bool has_good_controls;
    bool is_restarted; /* after a stall: stopped and started, and no frame yet */
    int epoll_fd, phase_fd, tick_fd;
    struct fr_path_watch watch;
    struct fr_backoff backoff;
    struct fr_log_limit wait_limit;
    struct fr_capture_report report;
    struct fr_rate_watch rate_watch;
    struct fr_log_limit rate_limit;
    struct fr_suspend_watch suspend_watch;
    unsigned wrong_in_row, idle_steps;
    uint64_t told_drops; /* all drops, when progress was last looked for */
    int64_t started_mono_ns, progress_mono_ns, retry_mono_ns, changed_mono_ns;
    int64_t watchdog_mono_ns, watchdog_interval_ns, stall_ns;
    bool is_ready;
};

/* Watches a descriptor; ends the loop when that cannot be. */
void fr_capture_poll_add(struct capture_loop *l, int fd, uint32_t events, enum capture_about about);
/* Ends the loop. */
void fr_capture_fail(struct capture_loop *l, int exit_code);
/* Frames dropped since the writer was opened, for whatever reason. */
uint64_t fr_capture_all_drops(const struct fr_writer *writer);

/* Opens the source and starts it; or waits for it; or ends the loop, when the settings are wrong or
 * there can be no ring. */
void fr_capture_try(struct capture_loop *l);
/* Starts the source that is open, in the epoch under way if it fits and `must_begin` is false, else
 * in a new one. */
void fr_capture_start(struct capture_loop *l, bool must_begin);
/* The source is to be stopped and started as it is. */
void fr_capture_restart(struct capture_loop *l, const char *why);
/* The source has another offer: it is stopped, and started with that. */
void fr_capture_follow_offer(struct capture_loop *l);
/* Lines of notes that are not the last ones told, into the log. */
void fr_capture_tell_notes(struct capture_loop *l, const char *notes);
/* Does not poll the source any more. */
void fr_capture_poll_remove_source(struct capture_loop *l);
/* The source is not to be had, or not any more: leaves it, says so once, and tries again later. */
void fr_capture_wait(struct capture_loop *l, int error, const char *reason);
/* Stops and frees the source. Takes none. */
void fr_capture_leave_source(struct capture_loop *l);
