/* What a dead writer left behind: found, looked at, and removed if it is provably its own.
 *
 *     state       what was found                                                what becomes of it
 *     absent      nothing (any more)                                            nothing
 *     unreadable  it may not be looked at                                       left, reported
 *     foreign     another user's, or without this camera's name, cookie or tag  left, reported
 *     in making   no name yet, and some process has it attached                 left, reported
 *     attached    ours; readers still hold it                                   removed; it goes with them
 *     unattached  ours                                                          removed
 *
 * "Ours" is what the owner made and bears our name and cookie (segment) or tag (sets), or stands
 * under our key, was never initialised and is used by nobody. Members of the ring's group can write
 * the pins' semaphores and so their tag: pins are also ours when a segment of ours names them, and
 * they are of its size and under no other key than ours. The group gets at them only when a segment
 * names them, and that goes after them. The lock is in the caller's hand, so no living writer has
 * any of it.
 */
#pragma once

#include "common/ring/sysv.h"

struct fr_sweep {
    unsigned removed, left;
    char first_left[96]; /* of those that were left: which, and why */
};

/* Looks at the objects `recorded` in the rendezvous file (may be NULL) and at what stands
 * under our keys. Call with the lock held. */
void fr_sweep(const char *lock_path, uint32_t tag, const char *camera, uid_t owner,
              const struct fr_sysv *recorded, uint64_t recorded_cookie,
              struct fr_sweep *ret_result);
