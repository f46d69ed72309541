/* The kernel of the simulation: processes, and System V objects as semop(2), semctl(2) and
 * shmget(2) have them. A call is one step, and then done at once; what a dead process leaves is
 * undone in several, in the order of the kernel's own do_exit(): memory, semaphores (each set at
 * once), files. */
#pragma once

#include "tests/sim/memory.h"
#include "tests/sim/sched.h"

#include <stddef.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum {
    KERNEL_SETS = 16,
    KERNEL_SEMS = 20, /* of a set */
    KERNEL_PROCESSES = SIM_ACTORS,
    KERNEL_HEAP = 24, /* blocks of a process */
    SIM_USER = 1000,
};

struct process {
    const char *name;
    int pid;
    bool is_alive;
    struct actor *actor;
    uint8_t reads[MEMORY_SEGMENTS], writes[MEMORY_SEGMENTS]; /* times attached */
    void *heap[KERNEL_HEAP];

    /* Asleep in semop(). */
    struct set *set; /* NULL: not */
    const struct sembuf *operation;
    int result;
    uint64_t head_then; /* what the ring's head was when it began to sleep */
    struct view view;

    /* The folder of the rings. */
    bool has_lock, is_watching, sleeps_for_folder;
    uint64_t version_seen;
};
extern struct process processes[KERNEL_PROCESSES];

struct set {
    bool exists;
    int id;
    key_t key;
    unsigned n;
    unsigned short mode;
    unsigned segment_idx;
    time_t used;
    int value[KERNEL_SEMS];
    int last_pid[KERNEL_SEMS];
    int undo[KERNEL_PROCESSES][KERNEL_SEMS]; /* to be added at death */
    int units[KERNEL_SEMS];                  /* their sum, over all processes */
    struct view views[KERNEL_SEMS];
};
extern struct set sets[KERNEL_SETS];

void kernel_reset(void);

/* A process, run by actor `idx`. */
struct process *process_begin(unsigned idx, const char *name, void (*main)(void *arg), void *arg);
/* The end of the current one, however it came: what is left is given back. */
void process_end(void);
static inline struct process *process_now(void)
{
    return sim.current ? sim.current->process : NULL;
}
void *process_alloc(size_t bytes);
void process_free(void *block);

/* Sleeps until the semaphore is 0: 0, -EIDRM, -ETIMEDOUT. */
int kernel_wait_for_zero(int set_id, unsigned number, int64_t deadline_mono_ns);

/* Looking, without a step. */
bool kernel_may_access(unsigned segment_idx, bool is_store);
unsigned kernel_slots(unsigned segment_idx);
void *kernel_memory(unsigned segment_idx);
/* A driver keeps the pages that it was given, whoever detaches. */
void kernel_keep_memory(unsigned segment_idx);
void kernel_drop_memory(unsigned segment_idx);
struct set *kernel_set(int set_id);
int kernel_segment(int shm_id); /* its number, or -1 */
unsigned kernel_objects(void);  /* that have not been removed */
unsigned kernel_attached(void); /* in all */

/* Of semaphores.c, for kernel.c. */
void semaphores_reset(void);
void semaphores_undo(struct process *process);

/* What the library calls; as the functions of that name. */
key_t sim_ftok(const char *path, int project);
int sim_semget(key_t key, int n, int flags);
int sim_semop(int set_id, struct sembuf *operations, size_t n);
int sim_semctl(int set_id, int number, int command, ...);
int sim_shmget(key_t key, size_t bytes, int flags);
void *sim_shmat(int shm_id, const void *at, int flags);
int sim_shmdt(const void *base);
int sim_shmctl(int shm_id, int command, struct shmid_ds *buf);
