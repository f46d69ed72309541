/* System V semaphores: see kernel.h. */
#include "tests/sim/kernel.h"
#include "tests/sim/oracle.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum { VALUE_MAX = 32767 };

struct set sets[KERNEL_SETS];
static int generation;
static key_t largest_key; /* ever given; most that are asked for are not */

/* As programs define it, for semctl(). */
union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

void semaphores_reset(void)
{
    for (unsigned i = 0; i < KERNEL_SETS; i++)
        sets[i].exists = false;
    generation = 0;
    largest_key = 0;
}

struct set *kernel_set(int set_id)
{
    struct set *set = &sets[(unsigned)set_id % KERNEL_SETS];
    return set_id >= 0 && set->exists && set->id == set_id ? set : NULL;
}

static int *undo_of(struct set *set, const struct process *process)
{
    return set->undo[process - processes];
}

static void owe(struct set *set, int *undo, unsigned number, int by)
{
    undo[number] += by;
    set->units[number] += by;
}

static void meet(struct set *set, unsigned number)
{
    memory_meet(set->segment_idx, &set->views[number], false);
}

/* All of the operations, or none. 0; 1: would have to wait; negative errno. */
static int try_operations(struct set *set, struct process *process, const struct sembuf *operations,
                          size_t n)
{
    int *undo = undo_of(set, process);
    int rc = 0;
    size_t done = 0;
    for (; done < n; done++) {
        const struct sembuf *op = &operations[done];
        int value = set->value[op->sem_num] + op->sem_op;
        if ((op->sem_op == 0 && value != 0) || value < 0)
            rc = op->sem_flg & IPC_NOWAIT ? -EAGAIN : 1;
        else if (value > VALUE_MAX)
            rc = -ERANGE;
        else if ((op->sem_flg & SEM_UNDO) && (undo[op->sem_num] - op->sem_op > VALUE_MAX ||
                                              undo[op->sem_num] - op->sem_op < -VALUE_MAX - 1))
            rc = -ERANGE;
        if (rc != 0)
            break;
        set->value[op->sem_num] = value;
        if (op->sem_flg & SEM_UNDO)
            owe(set, undo, op->sem_num, -op->sem_op);
    }
    if (rc == 0) {
        for (size_t i = 0; i < n; i++)
            set->last_pid[operations[i].sem_num] = process->pid;
        set->used = 1;
        return 0;
    }
    while (done-- > 0) {
        const struct sembuf *op = &operations[done];
        set->value[op->sem_num] -= op->sem_op;
        if (op->sem_flg & SEM_UNDO)
            owe(set, undo, op->sem_num, op->sem_op);
    }
    return rc;
}

static void end_sleep(struct process *process, int result)
{
    if (sim.is_weak && process->set)
        process->view = process->set->views[process->operation->sem_num];
    process->set = NULL;
    process->result = result;
    sim_wake(process->actor);
}

/* Values have changed: whoever changed them does for the sleepers what they sleep for. */
static void after_change(struct set *set)
{
    bool again;
    do {
        again = false;
        for (unsigned i = 0; i < KERNEL_PROCESSES; i++) {
            struct process *p = &processes[i];
            if (p->set != set)
                continue;
            int rc = try_operations(set, p, p->operation, 1);
            if (rc == 1)
                continue;
            end_sleep(p, rc);
            again = true;
        }
    } while (again);
    oracle_after_change(set);
}

/* The result of try_operations(), slept for where need be. */
static int operate(struct set *set, const struct sembuf *operations, size_t n, int64_t deadline)
{
    struct process *process = process_now();
    for (size_t i = 0; i < n; i++)
        meet(set, operations[i].sem_num);
    int rc = try_operations(set, process, operations, n);
    sim_trace("  semop %s %u %+d%s = %d, value %d", set->mode == 0640 ? "gates" : "pins",
              operations[0].sem_num, operations[0].sem_op,
              operations[0].sem_flg & SEM_UNDO ? " undo" : "", rc,
              set->value[operations[0].sem_num]);
    if (rc == 0)
        after_change(set);
    if (rc != 1)
        return rc;
    oracle_before_sleep(process, set);
    sim_must(n == 1, "more than one operation that waits");
    process->set = set;
    process->operation = operations;
    if (sim_sleep("on a semaphore", deadline)) {
        memory_meet(set->segment_idx, &process->view, false);
        return process->result;
    }
    process->set = NULL;
    return -EAGAIN;
}

int sim_semop(int set_id, struct sembuf *operations, size_t n)
{
    sim_step("semop", "");
    struct set *set = kernel_set(set_id);
    int rc = set ? operate(set, operations, n, -1) : -EINVAL;
    if (rc == 0)
        return 0;
    errno = -rc;
    return -1;
}

int kernel_wait_for_zero(int set_id, unsigned number, int64_t deadline_mono_ns)
{
    struct sembuf op = {.sem_num = (unsigned short)number};
    sim_step("semtimedop", "");
    struct set *set = kernel_set(set_id);
    int rc = set ? operate(set, &op, 1, deadline_mono_ns) : -EIDRM;
    return rc == -EAGAIN ? -ETIMEDOUT : rc;
}

/* ---------------------------------------------------------------- making, looking, removing */

int sim_semget(key_t key, int n, int flags)
{
    if (flags & IPC_CREAT)
        sim_step("semget", "");
    sim_must(key != IPC_PRIVATE, "there are keys enough");
    for (unsigned i = 0; i < KERNEL_SETS && key <= largest_key; i++)
        if (sets[i].exists && sets[i].key == key) {
            errno = EEXIST;
            return flags & IPC_CREAT ? -1 : sets[i].id;
        }
    errno = flags & IPC_CREAT ? ENOSPC : ENOENT;
    for (unsigned i = 0; i < KERNEL_SETS && (flags & IPC_CREAT); i++)
        if (!sets[i].exists) {
            sim_must(n <= KERNEL_SEMS, "a set of %d semaphores", n);
            struct set *set = &sets[i];
            memset(set, 0, sim.is_weak ? sizeof *set : offsetof(struct set, views));
            set->exists = true;
            set->id = (int)i + KERNEL_SETS * generation++;
            set->key = key;
            largest_key = key > largest_key ? key : largest_key;
            set->n = (unsigned)n;
            set->mode = (unsigned short)(flags & 0777);
            set->segment_idx = MEMORY_SEGMENTS;
            return set->id;
        }
    return -1;
}

static void remove_set(struct set *set)
{
    for (unsigned i = 0; i < KERNEL_PROCESSES; i++)
        if (processes[i].set == set)
            end_sleep(&processes[i], -EIDRM);
    set->exists = false;
}

static void set_value(struct set *set, unsigned number, int value)
{
    set->value[number] = value;
    for (unsigned i = 0; i < KERNEL_PROCESSES; i++)
        set->undo[i][number] = 0;
    set->units[number] = 0;
    struct process *process = process_now();
    set->last_pid[number] = process ? process->pid : 0;
}

static int control(struct set *set, unsigned number, int command, union semun arg)
{
    switch (command) {
    case GETVAL:
        meet(set, number);
        return set->value[number];
    case GETPID:
        return set->last_pid[number];
    case SETVAL:
        meet(set, number);
        set_value(set, number, arg.val);
        after_change(set);
        return 0;
    case GETALL:
        for (unsigned i = 0; i < set->n; i++)
            arg.array[i] = (unsigned short)set->value[i];
        return 0;
    case SETALL:
        for (unsigned i = 0; i < set->n; i++)
            set_value(set, i, arg.array[i]);
        after_change(set);
        return 0;
    case IPC_STAT:
        memset(arg.buf, 0, sizeof *arg.buf);
        arg.buf->sem_perm.cuid = arg.buf->sem_perm.uid = SIM_USER;
        arg.buf->sem_perm.mode = set->mode;
        arg.buf->sem_nsems = set->n;
        arg.buf->sem_otime = set->used;
        return 0;
    case IPC_SET:
        return 0;
    case IPC_RMID:
        remove_set(set);
        return 0;
    default:
        sim_fail("semctl command %d is not known here", command);
    }
}

int sim_semctl(int set_id, int number, int command, ...)
{
    union semun arg = {.buf = NULL};
    if (command != GETVAL && command != GETPID && command != IPC_RMID) {
        va_list args;
        va_start(args, command);
        arg = va_arg(args, union semun);
        va_end(args);
    }
    sim_step("semctl", "");
    struct set *set = kernel_set(set_id);
    if (!set || (unsigned)number >= set->n) {
        errno = EINVAL;
        return -1;
    }
    int rc = control(set, (unsigned)number, command, arg);
    sim_trace("  semctl %s %d command %d = %d", set->mode == 0640 ? "gates" : "pins", number,
              command, rc);
    return rc;
}

/* ---------------------------------------------------------------- death */

/* As exit_sem(): each set at once; no value falls below 0 or rises above the largest. */
void semaphores_undo(struct process *process)
{
    process->set = NULL;
    for (unsigned i = 0; i < KERNEL_SETS; i++) {
        if (!sets[i].exists)
            continue;
        int *undo = undo_of(&sets[i], process);
        bool has_any = false;
        for (unsigned j = 0; j < sets[i].n; j++)
            has_any |= undo[j] != 0;
        if (!has_any)
            continue;
        sim_step("exit_sem", "undoes");
        if (!sets[i].exists)
            continue;
        for (unsigned j = 0; j < sets[i].n; j++) {
            if (undo[j] == 0)
                continue;
            meet(&sets[i], j);
            int value = sets[i].value[j] + undo[j];
            sets[i].value[j] = value < 0 ? 0 : value > VALUE_MAX ? VALUE_MAX : value;
            owe(&sets[i], undo, j, -undo[j]);
        }
        after_change(&sets[i]);
    }
}
