/* Before each test of a program that has the log in it, a new run; after each, the judge.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/history/log.h"
#include "tests/unit/unit.h"

#include <inttypes.h>

void unit_before_each(void)
{
    history_begin();
}

void unit_after_each(void)
{
    struct history_summary s = history_judge(stderr);
    ck_assert_msg(s.faults == 0,
                  "the history has %" PRIu64 " faults, told above; %" PRIu64 " frames published, "
                  "%" PRIu64 " taken, %" PRIu64 " accepted, %" PRIu64 " dropped",
                  s.faults, s.published, s.taken, s.accepted, s.dropped);
}
