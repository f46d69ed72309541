/* Signals for a thread that waits for frames: a semaphore cannot be waited for together with a
 * descriptor, so a thread of its own reads the signals and cancels the wait. */
#pragma once

#include "framering/framering.h"

struct fr_signal_watch;

/* Watches `signal_fd` (fr_signals_open()'s, which stays the caller's) and cancels the reader's wait
 * when SIGTERM, SIGINT or SIGHUP came. The reader must outlive the watch. -ENOMEM, -EMFILE,
 * -EAGAIN. */
int fr_signal_watch_new(int signal_fd, struct fr_reader *reader,
                        struct fr_signal_watch **ret_watch);
/* Ends the thread. Takes NULL. */
void fr_signal_watch_free(struct fr_signal_watch *watch);

/* SIGTERM or SIGINT has come. */
bool fr_signal_watch_is_stopping(const struct fr_signal_watch *watch);
/* SIGHUP has come since this was last asked. */
bool fr_signal_watch_take_reload(struct fr_signal_watch *watch);

/* 0, or why signals can no longer be received; then it is stopping, too. */
int fr_signal_watch_failed(const struct fr_signal_watch *watch);
