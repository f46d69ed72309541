/* Signals as a descriptor for an event loop, so that no code runs in a handler. */
#pragma once

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts, ignores SIGPIPE, and
 * returns a non-blocking, close-on-exec descriptor that is readable when one of the three has come.
 * Call before any thread is started; the caller closes it. A program that is executed inherits
 * the mask, so unblock before exec (POSIX_SPAWN_SETSIGMASK). -EMFILE, -ENOMEM. */
int fr_signals_open(void);

/* The next signal that came (SIGTERM, SIGINT, SIGHUP), 0 when there is none, or a negative errno.
 * Does not block. */
int fr_signals_read(int fd);
