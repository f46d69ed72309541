/* See sweep.h. */
#include "common/ring/sweep.h"
#include "common/ring/crash_point.h"
#include "common/ring/explain.h"

#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum state { ABSENT, UNREADABLE, FOREIGN, IN_MAKING, OURS };

static const char *const why_left[] = {
    [UNREADABLE] = "it cannot be looked at",
    [FOREIGN] = "it is not this camera's",
    [IN_MAKING] = "it bears no name yet, and a process has it attached",
    [OURS] = "it could not be removed",
};

struct sweeper {
    const char *lock_path, *camera;
    uid_t owner;
    uint32_t tag;
    struct fr_sweep *result;
};

/* The pins' set of a segment, and what that must be like. */
struct named {
    int pins_id;
    size_t n_sems;
};

static enum state segment_state(const struct sweeper *sweeper, int shm_id, uint64_t cookie,
                                struct named *ret_named)
{
    struct fr_sysv_segment segment;
    int rc = fr_sysv_segment(shm_id, &segment);
    if (rc == -ENOENT || (rc == 0 && segment.is_removed))
        return ABSENT;
    if (rc < 0)
        return UNREADABLE;
    if (segment.creator != sweeper->owner || segment.bytes < FR_LAYOUT_PAGE)
        return FOREIGN;
    const struct fr_layout_header *h = shmat(shm_id, NULL, SHM_RDONLY);
    if (h == (void *)-1)
        return UNREADABLE;
    enum state state = FOREIGN;
    if (h->magic == 0 && cookie == 0) /* its writer died before it had written the header */
        state = segment.attached == 0 ? OURS : IN_MAKING;
    else if (h->magic == FR_LAYOUT_MAGIC && (cookie == 0 || h->cookie == cookie) &&
             strncmp(h->camera, sweeper->camera, sizeof h->camera) == 0)
        state = OURS;
    if (state == OURS && h->magic == FR_LAYOUT_MAGIC)
        *ret_named = (struct named){.pins_id = h->pins_id, .n_sems = (size_t)h->slots + 2};
    shmdt(h);
    return state;
}

/* Or no key at all. No identity, but what stands under another key is another ring's. */
static bool is_our_key(const struct sweeper *sweeper, key_t key)
{
    bool is_ours = key == IPC_PRIVATE;
    for (int project = 1; project <= FR_SYSV_KEYS && !is_ours; project++)
        is_ours = ftok(sweeper->lock_path, project) == key;
    return is_ours;
}

/* `n_named`: a segment of ours names it, and means so many semaphores; 0: none does. */
static enum state set_state(const struct sweeper *sweeper, int sem_id, bool is_recorded,
                            size_t n_named)
{
    struct semid_ds ds;
    unsigned short values[FR_SLOTS_MAX + 2];
    if (semctl(sem_id, 0, IPC_STAT, &ds) < 0)
        return errno == EACCES ? UNREADABLE : ABSENT;
    size_t n = ds.sem_nsems;
    if (ds.sem_perm.cuid != sweeper->owner || n < 3 || n > FR_SLOTS_MAX + 2)
        return FOREIGN;
    if (semctl(sem_id, 0, GETALL, values) < 0)
        return errno == EACCES ? UNREADABLE : ABSENT;
    uint32_t tag = values[n - 2] | (uint32_t)values[n - 1] << 15;
    /* One without a tag that was never used: its writer died before it had written it, or recorded
     * it. */
    bool is_unfinished = tag == 0 && ds.sem_otime == 0 && !is_recorded;
    if (tag == sweeper->tag || is_unfinished)
        return OURS;
    /* Every member of the group can write the pins' tag, and nobody but the owner the segment. */
    return n == n_named && is_our_key(sweeper, ds.sem_perm.__key) ? OURS : FOREIGN;
}

static void note(struct sweeper *sweeper, const char *kind, int id, enum state state,
                 bool is_removed)
{
    struct fr_sweep *result = sweeper->result;
    if (is_removed)
        result->removed++;
    if (is_removed || !why_left[state])
        return;
    if (result->left++ == 0)
        fr_explain(result->first_left, sizeof result->first_left, "%s %d: %s", kind, id,
                   why_left[state]);
}

/* With the pins that it names, and these first: as long as they stand, something must say whose
 * they are. */
static void sweep_segment(struct sweeper *sweeper, int id, uint64_t cookie)
{
    struct named named = {.pins_id = -1};
    if (id < 0)
        return;
    enum state state = segment_state(sweeper, id, cookie, &named);
    if (named.pins_id >= 0 && set_state(sweeper, named.pins_id, true, named.n_sems) == OURS &&
        semctl(named.pins_id, 0, IPC_RMID) == 0)
        sweeper->result->removed++;
    fr_crash_point("sweep.pins");
    note(sweeper, "segment", id, state, state == OURS && shmctl(id, IPC_RMID, NULL) == 0);
}

static void sweep_set(struct sweeper *sweeper, int id, bool is_recorded)
{
    if (id < 0)
        return;
    enum state state = set_state(sweeper, id, is_recorded, 0);
    note(sweeper, "semaphore set", id, state, state == OURS && semctl(id, 0, IPC_RMID) == 0);
}

void fr_sweep(const char *lock_path, uint32_t tag, const char *camera, uid_t owner,
              const struct fr_sysv *recorded, uint64_t recorded_cookie, struct fr_sweep *ret_result)
{
    struct sweeper sweeper = {
        .lock_path = lock_path, .camera = camera, .owner = owner, .tag = tag, .result = ret_result};
    *ret_result = (struct fr_sweep){0};
    if (recorded) {
        sweep_segment(&sweeper, recorded->shm_id, recorded_cookie);
        fr_crash_point("sweep.segment");
        sweep_set(&sweeper, recorded->gates_id, true);
        fr_crash_point("sweep.gates");
        sweep_set(&sweeper, recorded->pins_id, true);
        fr_crash_point("sweep.recorded");
    }
    for (int project = 1; project <= FR_SYSV_KEYS; project++) {
        key_t key = ftok(lock_path, project);
        int shm_id = key == (key_t)-1 || key == IPC_PRIVATE ? -1 : shmget(key, 0, 0);
        if (!recorded || shm_id != recorded->shm_id)
            sweep_segment(&sweeper, shm_id, 0);
    }
    for (int project = 1; project <= FR_SYSV_KEYS; project++) {
        /* Gates and pins stand under two keys of the same kind. */
        key_t key = ftok(lock_path, project);
        int sem_id = key == (key_t)-1 || key == IPC_PRIVATE ? -1 : semget(key, 0, 0);
        if (!recorded || (sem_id != recorded->gates_id && sem_id != recorded->pins_id))
            sweep_set(&sweeper, sem_id, false);
    }
}
