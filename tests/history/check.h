/* Judges a history: what real processes logged (record.h), when all is over. Pure.
 *
 * Faults are
 *   - an accepted frame that no writer was about to publish before it was taken: invented;
 *   - an accepted frame that looked other than its writer had made it: torn;
 *   - a reader whose numbers do not rise within an epoch, or that returns to an epoch it had left;
 *   - a gap between two frames of an epoch that is not what `missed` said;
 *   - a frame given back that was not held;
 *   - counts of the library's that are not the sum of what it told;
 *   - a writer whose frames are not 1, 2, 3 …, or two writers in one epoch.
 * A process may have been killed at any point of it: then its last record is half done, or missing.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "tests/history/record.h"

#include <stdio.h>

struct history_summary {
    uint64_t epochs, published; /* as far as writers came to log */
    uint64_t readers, taken, missed, accepted, dropped;
    uint64_t half_done;
    uint64_t faults;
};

/* Records of another run than `run` are passed over. Each fault is told in a line on `out`, the
 * first twenty of them. */
void history_check(const struct history_record *records, size_t n, uint32_t run, FILE *out,
                   struct history_summary *ret_summary);
