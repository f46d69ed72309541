/* Logging, by standing between a program and libframering: every call that publishes or reads a
 * frame is recorded on its way. A test is linked with it (--wrap), a daemon has it preloaded;
 * neither knows.
 *
 * The log is the file that FRAMERING_TEST_HISTORY names, which must be there; else memory that is
 * shared with all that this program forks.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "tests/history/check.h"

/* Begins a log of its own for a test; what others may still write belongs to an older run. */
void history_begin(void);

/* In this run a writer lies, on purpose: nothing follows from what it says, and nothing is
 * judged. */
void history_writer_lies(void);

/* Judges what has been logged since, by whatever process; faults are told on `out`. Not to be
 * called before they have come to an end, or to rest. */
struct history_summary history_judge(FILE *out);
