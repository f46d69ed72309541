/* Ctrl-C: SIGINT, SIGTERM and SIGHUP end a reader's wait, and a blocked write. */
#pragma once

#include "framering/framering.h"

#include <stdbool.h>

/* From now on these signals (and SIGALRM, which the program must not use otherwise) cancel
 * `reader`, SIGPIPE is ignored, and system calls are not restarted after a signal. One reader a
 * process; NULL ends it, and must come before the reader is closed. */
void stop_reader_on_signals(struct fr_reader *reader);

/* One of them has come. */
bool stop_was_asked(void);
