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
    const char *camera;
    uid_t owner;
    uint32_t tag;
    struct fr_sweep *result;
};

static enum state segment_state(const struct sweeper *sweeper, int shm_id, uint64_t cookie)
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
    shmdt(h);
    return state;
}

static enum state set_state(const struct sweeper *sweeper, int sem_id, bool is_recorded)
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
    /* One without a tag that was never used: its writer died before it had written it, or recorded it. */
    bool is_unfinished = tag == 0 && ds.sem_otime == 0 && !is_recorded;
    return tag == sweeper->tag || is_unfinished ? OURS : FOREIGN;
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

static void sweep_segment(struct sweeper *sweeper, int id, uint64_t cookie)
{
    if (id < 0)
        return;
    enum state state = segment_state(sweeper, id, cookie);
    note(sweeper, "segment", id, state, state == OURS && shmctl(id, IPC_RMID, NULL) == 0);
}

static void sweep_set(struct sweeper *sweeper, int id, bool is_recorded)
{
    if (id < 0)
        return;
    enum state state = set_state(sweeper, id, is_recorded);
    note(sweeper, "semaphore set", id, state, state == OURS && semctl(id, 0, IPC_RMID) == 0);
}

void fr_sweep(const char *lock_path, uint32_t tag, const char *camera, uid_t owner,
              const struct fr_sysv *recorded, uint64_t recorded_cookie, struct fr_sweep *ret_result)
{
    struct sweeper sweeper = {.camera = camera, .owner = owner, .tag = tag, .result = ret_result};
    *ret_result = (struct fr_sweep){0};
    if (recorded) {
        sweep_segment(&sweeper, recorded->shm_id, recorded_cookie);
        fr_crash_point("sweep.segment");
        sweep_set(&sweeper, recorded->gates_id, true);
        fr_crash_point("sweep.gates");
        sweep_set(&sweeper, recorded->pins_id, true);
        fr_crash_point("sweep.pins");
    }
    for (int project = 1; project <= FR_SYSV_KEYS; project++) {
        key_t key = ftok(lock_path, project);
        if (key == (key_t)-1 || key == IPC_PRIVATE)
            continue;
        int shm_id = shmget(key, 0, 0);
        /* Gates and pins stand under two keys of the same kind. */
        int sem_id = semget(key, 0, 0);
        if (!recorded || shm_id != recorded->shm_id)
            sweep_segment(&sweeper, shm_id, 0);
        if (!recorded || (sem_id != recorded->gates_id && sem_id != recorded->pins_id))
            sweep_set(&sweeper, sem_id, false);
    }
}
