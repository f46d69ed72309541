/* See sysv.h. */
#include "common/ring/sysv.h"
#include "common/ring/crash_point.h"
#include "common/ring/explain.h"
#include "common/ring/limits.h"

#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#ifndef SHM_DEST
#define SHM_DEST 01000
#endif

/* semctl's fourth argument, which every program has to define for itself. */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

/* An object that is gone shows as either, depending on when it went. */
static int gone_or(int error)
{
    return error == EINVAL ? -EIDRM : -error;
}

static int operate(int sem_id, uint32_t number, int by, int flags)
{
    struct sembuf op = {.sem_num = (unsigned short)number,
                        .sem_op = (short)by,
                        .sem_flg = (short)(IPC_NOWAIT | flags)};
    return semop(sem_id, &op, 1) < 0 ? gone_or(errno) : 0;
}

/* ---------------------------------------------------------------- operations */

/* Of the writer's own sets. That readers hold a slot (-EAGAIN) or have added what was not theirs
 * (-ERANGE) is part of the protocol. With any other failure the ring is as good as removed: the set
 * is somebody else's, under an identifier that was ours, or it has become useless, and a gate that
 * has not turned leads all readers astray. */
static int own(int rc)
{
    return rc >= 0 || rc == -EAGAIN || rc == -ERANGE ? rc : -EIDRM;
}

static int claim(void *ctx, uint32_t slot_idx)
{
    return own(operate(((struct fr_sysv *)ctx)->pins_id, slot_idx, -FR_PIN_MAX, 0));
}

static int give(void *ctx, uint32_t slot_idx)
{
    return own(operate(((struct fr_sysv *)ctx)->pins_id, slot_idx, FR_PIN_MAX, 0));
}

static int mend(void *ctx, uint32_t slot_idx)
{
    union semun arg = {.val = FR_PIN_MAX};
    int rc = semctl(((struct fr_sysv *)ctx)->pins_id, (int)slot_idx, SETVAL, arg);
    return rc < 0 ? own(gone_or(errno)) : 0;
}

/* Only the writer's own user can have tampered with a gate; a turn more or less is then all there
 * is to lose, and the next publish goes on. */
static int turn_gate(void *ctx, uint32_t gate_idx, int by)
{
    int rc = operate(((struct fr_sysv *)ctx)->gates_id, gate_idx, by, 0);
    return rc == -EAGAIN || rc == -ERANGE ? 0 : own(rc);
}

static int close_gate(void *ctx, uint32_t gate_idx)
{
    return turn_gate(ctx, gate_idx, 1);
}

static int open_gate(void *ctx, uint32_t gate_idx)
{
    return turn_gate(ctx, gate_idx, -1);
}

const struct fr_writer_ops fr_sysv_writer_ops = {
    .claim = claim,
    .give = give,
    .mend = mend,
    .close_gate = close_gate,
    .open_gate = open_gate,
};

int fr_sysv_pin(int pins_id, uint32_t slot_idx)
{
    return operate(pins_id, slot_idx, -1, SEM_UNDO);
}

void fr_sysv_unpin(int pins_id, uint32_t slot_idx)
{
    operate(pins_id, slot_idx, 1, SEM_UNDO);
}

/* ---------------------------------------------------------------- making */

uint32_t fr_sysv_tag(dev_t device, ino_t inode, const char *camera)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    uint64_t words[2] = {(uint64_t)device, (uint64_t)inode};
    const uint8_t *bytes = (const uint8_t *)words;
    for (size_t i = 0; i < sizeof words; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    for (; *camera; camera++)
        hash = (hash ^ (uint8_t)*camera) * UINT64_C(1099511628211);
    return (uint32_t)((hash >> 32 ^ hash) & 0x3fffffff) |
           1; /* never 0, which is "not initialised" */
}

/* Takes the first key that is free; when all are taken, none. Keys say nothing of identity:
 * strangers may squat on them, and nobody looks a ring up by its key. */
static int get_segment(const char *lock_path, uint64_t bytes)
{
    for (int project = 1; project <= FR_SYSV_KEYS; project++) {
        key_t key = ftok(lock_path, project);
        if (key == (key_t)-1 || key == IPC_PRIVATE)
            continue;
        int id = shmget(key, bytes, IPC_CREAT | IPC_EXCL | 0640);
        if (id >= 0 || (errno != EEXIST && errno != EACCES))
            return id < 0 ? -errno : id;
    }
    int id = shmget(IPC_PRIVATE, bytes, IPC_CREAT | IPC_EXCL | 0640);
    return id < 0 ? -errno : id;
}

static int get_set(const char *lock_path, int n_sems, int mode)
{
    for (int project = 1; project <= FR_SYSV_KEYS; project++) {
        key_t key = ftok(lock_path, project);
        if (key == (key_t)-1 || key == IPC_PRIVATE)
            continue;
        int id = semget(key, n_sems, IPC_CREAT | IPC_EXCL | mode);
        if (id >= 0 || (errno != EEXIST && errno != EACCES))
            return id < 0 ? -errno : id;
    }
    int id = semget(IPC_PRIVATE, n_sems, IPC_CREAT | IPC_EXCL | mode);
    return id < 0 ? -errno : id;
}

static int share_set(int sem_id, gid_t group, mode_t mode)
{
    struct semid_ds ds;
    union semun arg = {.buf = &ds};
    if (semctl(sem_id, 0, IPC_STAT, arg) < 0)
        return -errno;
    ds.sem_perm.gid = group;
    ds.sem_perm.mode = (unsigned short)mode;
    return semctl(sem_id, 0, IPC_SET, arg) < 0 ? -errno : 0;
}

static int share_segment(int shm_id, gid_t group)
{
    struct shmid_ds ds;
    if (shmctl(shm_id, IPC_STAT, &ds) < 0)
        return -errno;
    ds.shm_perm.gid = group;
    return shmctl(shm_id, IPC_SET, &ds) < 0 ? -errno : 0;
}

int fr_sysv_share_pins(const struct fr_sysv *ids, gid_t group)
{
    return share_set(ids->pins_id, group, 0660);
}

static int set_values(int sem_id, unsigned short *values, uint32_t n_values, uint32_t tag)
{
    values[n_values] = (unsigned short)(tag & 0x7fff);
    values[n_values + 1] = (unsigned short)(tag >> 15);
    union semun arg = {.array = values};
    return semctl(sem_id, 0, SETALL, arg) < 0 ? -errno : 0;
}

/* Has the kernel open every gate, and drop ALIVE, when this process dies, by whatever signal.
 *
 * An undo is a sum for each semaphore, applied at death; a value that would become negative becomes
 * 0 (semop(2), BUGS). So each gate gets one standing undo of -1 here: at death a closed gate (1)
 * opens, and an open one (0) stays open. Turning a gate then needs no SEM_UNDO, which would cost
 * each wake some 0.4 µs. */
static int make_mortal(int gates_id)
{
    struct sembuf ops[FR_SYSV_MORTAL_OPS];
    size_t n = 0;
    for (unsigned short i = 0; i < FR_GATES; i++) {
        ops[n++] = (struct sembuf){.sem_num = i, .sem_op = 1, .sem_flg = SEM_UNDO};
        ops[n++] = (struct sembuf){.sem_num = i, .sem_op = -1};
    }
    ops[n++] = (struct sembuf){.sem_num = FR_GATE_ALIVE, .sem_op = 1, .sem_flg = SEM_UNDO};
    /* The gates of the first two frames are closed. */
    ops[n++] = (struct sembuf){.sem_num = 1, .sem_op = 1};
    ops[n++] = (struct sembuf){.sem_num = 2, .sem_op = 1};
    return semop(gates_id, ops, n) < 0 ? -errno : 0;
}

static int make_gates(const char *lock_path, uint32_t tag, gid_t group)
{
    int id = get_set(lock_path, FR_GATE_SEMS, 0640);
    if (id < 0)
        return id;
    fr_crash_point("gates.made");
    unsigned short values[FR_GATE_SEMS] = {0};
    int rc = set_values(id, values, FR_GATE_TAG, tag);
    fr_crash_point("gates.valued");
    if (rc == 0)
        rc = share_set(id, group, 0640);
    fr_crash_point("gates.grouped");
    if (rc == 0)
        rc = make_mortal(id);
    fr_crash_point("gates.mortal");
    if (rc < 0) {
        semctl(id, 0, IPC_RMID);
        return rc;
    }
    return id;
}

static int make_pins(const char *lock_path, uint32_t tag, const struct fr_layout_plan *plan)
{
    int id = get_set(lock_path, (int)plan->slots + 2, 0600);
    if (id < 0)
        return id;
    fr_crash_point("pins.made");
    unsigned short values[FR_SLOTS_MAX + 2];
    for (uint32_t i = 0; i < plan->slots; i++)
        values[i] = i < plan->hand ? 0 : FR_PIN_MAX;
    int rc = set_values(id, values, plan->slots, tag);
    fr_crash_point("pins.valued");
    if (rc < 0) {
        semctl(id, 0, IPC_RMID);
        return rc;
    }
    return id;
}

/* Touches every page, so that a lack of memory is an error now and never a fault later. */
static int touch(void *base, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
    if (madvise(base, bytes, MADV_POPULATE_WRITE) == 0)
        return 0;
    if (errno != EINVAL) /* a kernel before 5.14 does not know it */
        return -errno;
#endif
    for (size_t at = 0; at < bytes; at += FR_LAYOUT_PAGE)
        ((volatile uint8_t *)base)[at] = 0;
    return 0;
}

/* Before it is touched, so that no page can be swapped out again between the two. */
static int lock_memory(int shm_id, uint64_t bytes, char *reason, size_t reason_size)
{
    struct rlimit limit = {0};
    if (shmctl(shm_id, SHM_LOCK, NULL) == 0)
        return 0;
    int rc = -errno;
    getrlimit(RLIMIT_MEMLOCK, &limit);
    fr_explain(
        reason, reason_size,
        "the ring's %llu bytes cannot be locked into memory: %s; this process may lock %llu "
        "bytes: raise that (LimitMEMLOCK=infinity in the service, `ulimit -l` in a shell), or "
        "set lock_memory = no",
        (unsigned long long)bytes, strerror(-rc), (unsigned long long)limit.rlim_cur);
    return rc == -ENOMEM ? rc : -EPERM;
}

/* Writes a reason only where it knows better than fr_limits_explain(). */
static int make_segment(const char *lock_path, gid_t group, uint64_t bytes, bool is_locked,
                        void **ret_base, char *reason, size_t reason_size)
{
    /* The kernel would promise it, and then end processes to keep the promise. */
    int64_t available = fr_memory_available();
    if (available >= 0 && bytes > (uint64_t)available)
        return -ENOMEM;
    int id = get_segment(lock_path, bytes);
    if (id < 0)
        return id;
    fr_crash_point("segment.made");
    void *base = (void *)-1;
    int rc = share_segment(id, group);
    fr_crash_point("segment.grouped");
    if (rc == 0 && is_locked)
        rc = lock_memory(id, bytes, reason, reason_size);
    if (rc == 0) {
        base = shmat(id, NULL, 0);
        if (base == (void *)-1)
            rc = -errno;
    }
    fr_crash_point("segment.attached");
    if (rc == 0) /* not for our children: they would keep the memory of a ring that is gone */
        rc = madvise(base, bytes, MADV_DONTFORK) < 0 ? -errno : touch(base, bytes);
    fr_crash_point("segment.touched");
    if (rc < 0) {
        if (base != (void *)-1)
            shmdt(base);
        shmctl(id, IPC_RMID, NULL);
        return rc;
    }
    *ret_base = base;
    return id;
}

int fr_sysv_create(const char *lock_path, uint32_t tag, gid_t group,
                   const struct fr_layout_plan *plan, bool is_locked, struct fr_sysv *ret_ids,
                   void **ret_base, char *reason, size_t reason_size)
{
    struct fr_sysv ids = {.shm_id = -1, .gates_id = -1, .pins_id = -1};
    void *base = NULL;
    char why[FR_REASON_MAX] = "";
    int rc;

    const struct fr_need gates = {.sets = 1,
                                  .semaphores = FR_GATE_SEMS,
                                  .set_semaphores_max = FR_GATE_SEMS,
                                  .operations_max = FR_SYSV_MORTAL_OPS};
    const struct fr_need pins = {
        .sets = 1, .semaphores = plan->slots + 2, .set_semaphores_max = plan->slots + 2};
    const struct fr_need segment = {.segments = 1,
                                    .segment_bytes = plan->segment_bytes,
                                    .segment_bytes_max = plan->segment_bytes};
    rc = ids.gates_id = make_gates(lock_path, tag, group);
    if (rc < 0) {
        fr_limits_explain(-rc, "semget for the gates", &gates, reason, reason_size);
        goto fail;
    }
    rc = ids.pins_id = make_pins(lock_path, tag, plan);
    if (rc < 0) {
        fr_limits_explain(-rc, "semget for the pins", &pins, reason, reason_size);
        goto fail;
    }
    rc = ids.shm_id =
        make_segment(lock_path, group, plan->segment_bytes, is_locked, &base, why, sizeof why);
    if (rc < 0) {
        if (*why)
            fr_explain(reason, reason_size, "%s", why);
        else
            fr_limits_explain(-rc, "shmget", &segment, reason, reason_size);
        goto fail;
    }
    *ret_ids = ids;
    *ret_base = base;
    return 0;
fail:
    fr_sysv_remove(&ids);
    /* The kernel's word for some of its limits; to our callers it means that they asked for
     * nonsense. */
    return rc == -EINVAL || rc == -E2BIG ? -ENOSPC : rc;
}

void fr_sysv_remove(const struct fr_sysv *ids)
{
    /* The pins first: what proves them ours is the segment (sweep.h). */
    if (ids->pins_id >= 0)
        semctl(ids->pins_id, 0, IPC_RMID);
    fr_crash_point("remove.pins");
    if (ids->shm_id >= 0)
        shmctl(ids->shm_id, IPC_RMID, NULL);
    fr_crash_point("remove.segment");
    if (ids->gates_id >= 0)
        semctl(ids->gates_id, 0, IPC_RMID);
}

/* ---------------------------------------------------------------- looking */

int fr_sysv_segment(int shm_id, struct fr_sysv_segment *ret_segment)
{
    struct shmid_ds ds;
    if (shmctl(shm_id, IPC_STAT, &ds) < 0)
        return errno == EACCES ? -EACCES : -ENOENT;
    *ret_segment = (struct fr_sysv_segment){
        .creator = ds.shm_perm.cuid,
        .group = ds.shm_perm.gid,
        .mode = ds.shm_perm.mode & 0777,
        .bytes = ds.shm_segsz,
        .attached = (uint32_t)ds.shm_nattch,
        .is_removed = (ds.shm_perm.mode & SHM_DEST) != 0,
    };
    return 0;
}

int fr_sysv_set_creator(int sem_id, uint32_t n_sems, uid_t *ret_creator)
{
    struct semid_ds ds;
    union semun arg = {.buf = &ds};
    if (semctl(sem_id, 0, IPC_STAT, arg) < 0)
        return errno == EACCES ? -EACCES : -ENOENT;
    if (ds.sem_nsems != n_sems)
        return -ENOENT;
    *ret_creator = ds.sem_perm.cuid;
    return 0;
}

bool fr_sysv_alive(int gates_id)
{
    return semctl(gates_id, FR_GATE_ALIVE, GETVAL) > 0;
}

int fr_sysv_value(int sem_id, uint32_t number)
{
    int value = semctl(sem_id, (int)number, GETVAL);
    return value < 0 ? gone_or(errno) : value;
}

int fr_sysv_last_pid(int sem_id, uint32_t number)
{
    int pid = semctl(sem_id, (int)number, GETPID);
    return pid < 0 ? gone_or(errno) : pid;
}

static bool is_of_our_making(int sem_id)
{
    struct semid_ds ds;
    union semun arg = {.buf = &ds};
    return semctl(sem_id, 0, IPC_STAT, arg) == 0 && ds.sem_perm.cuid == geteuid();
}

int fr_sysv_check(const struct fr_sysv *ids)
{
    /* The segment is attached, so its identifier cannot have come back as another's. Those of the
     * sets can: what is not of our making is not ours. (Their tags say less, for readers may set
     * that of the pins.) */
    struct fr_sysv_segment segment;
    if (fr_sysv_segment(ids->shm_id, &segment) < 0 || segment.is_removed ||
        !is_of_our_making(ids->gates_id) || !is_of_our_making(ids->pins_id))
        return -EIDRM;
    return 0;
}
