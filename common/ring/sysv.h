/* System V shared memory and semaphores for one ring: made, found, removed, and the protocol's
 * semaphore operations. The calls, and what their errors mean, are in this file and nowhere else.
 */
#pragma once

#include "common/ring/protocol.h"

#include <sys/types.h>

/* Operations of the call by which the kernel learns what to do at the writer's death. */
enum { FR_SYSV_MORTAL_OPS = 2 * FR_GATES + 3 };
/* Project ids given to ftok: 1 to this. So many keys are tried, and searched for leftovers. */
enum { FR_SYSV_KEYS = 64 };

struct fr_sysv {
    int shm_id, gates_id, pins_id;
};

/* Says whose objects these are: 30 bits of a hash of the lock file's identity, kept in both
 * semaphore sets. Keys collide; this tells one's own leftovers from another camera's. */
uint32_t fr_sysv_tag(dev_t device, ino_t inode, const char *camera);

/* Makes and attaches the three objects, zeroed, semaphores as fr_ring_format() wants them (`alive`
 * and the closed gates held with undo by this process). Keys from ftok(lock_path); a key that is
 * taken is passed over, at last there is none (IPC_PRIVATE). All of the memory is touched: if there
 * is too little, it is told here. With `is_locked` it is never swapped out. Negative: nothing is
 * left behind, and `reason` names the limit and how to raise it. */
int fr_sysv_create(const char *lock_path, uint32_t tag, gid_t group,
                   const struct fr_layout_plan *plan, bool is_locked, struct fr_sysv *ret_ids,
                   void **ret_base, char *reason, size_t reason_size);

/* Lets the group at the pins, which only their owner can use until then: a segment must name them
 * first, by which a sweep knows them whatever the group does to them. */
int fr_sysv_share_pins(const struct fr_sysv *ids, gid_t group);

/* Removes the objects; whoever sleeps on them wakes with EIDRM. Memory goes with the last detach.
 */
void fr_sysv_remove(const struct fr_sysv *ids);

/* 0; -EIDRM: at least one of the objects is gone, marked for removal, or another user's by now. The
 * segment is attached. */
int fr_sysv_check(const struct fr_sysv *ids);

/* Looking at somebody else's objects. 0; -ENOENT: no such object (any more); -EACCES. */
struct fr_sysv_segment {
    uid_t creator;
    gid_t group;
    mode_t mode;
    uint64_t bytes;
    uint32_t attached;
    bool is_removed;
};
int fr_sysv_segment(int shm_id, struct fr_sysv_segment *ret_segment);
int fr_sysv_set_creator(int sem_id, uint32_t n_sems, uid_t *ret_creator);
/* True while the writer of these gates lives. */
bool fr_sysv_alive(int gates_id);
/* Value and last pid of a semaphore; negative errno. */
int fr_sysv_value(int sem_id, uint32_t number);
int fr_sysv_last_pid(int sem_id, uint32_t number);

/* The writer's operations; ctx is a struct fr_sysv. */
extern const struct fr_writer_ops fr_sysv_writer_ops;

/* -1 and +1 on a pin, with undo. */
int fr_sysv_pin(int pins_id, uint32_t slot_idx);
void fr_sysv_unpin(int pins_id, uint32_t slot_idx);
