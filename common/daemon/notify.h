/* What a service tells its manager (sd_notify(3)). Every call is a no-op when the program was not
 * started by one ($NOTIFY_SOCKET is not set). No call waits for a manager that does not read, but
 * for fr_notify_stopping() a second: it is told later, the newest of each kind. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A manager has started this program, and reads its exit code. */
bool fr_notify_has_manager(void);

/* The service has begun its work, or waits for what it needs (a camera, a ring) and will go on by
 * itself: a box without its camera boots all the same. */
void fr_notify_ready(void);

/* One line for `systemctl status`. Control characters are escaped: a line break from a camera's
 * name would otherwise be a message of its own. */
void fr_notify_status(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The work goes on. Called from the path that does the work, and from no timer of its own. */
void fr_notify_watchdog(void);

/* Shutting down on purpose. */
void fr_notify_stopping(void);

/* How often fr_notify_watchdog() must be called: half of what the manager waits for (WatchdogSec),
 * or 0 when it does not watch this process. */
int64_t fr_notify_watchdog_interval_ns(void);
