/* Processes and System V shared memory: see kernel.h. Semaphores are in semaphores.c. */
#include "tests/sim/kernel.h"
#include "tests/sim/camera.h"
#include "tests/sim/oracle.h"
#include "tests/sim/world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct process processes[KERNEL_PROCESSES];

static struct segment {
    bool exists, is_removed;
    int id;
    key_t key;
    size_t bytes;
    unsigned attached;
    void *base;
} segments[MEMORY_SEGMENTS];

static int next_id, next_pid;
static key_t largest_key; /* ever given; most that are asked for are not */

void kernel_reset(void)
{
    for (unsigned i = 0; i < KERNEL_PROCESSES; i++)
        for (unsigned j = 0; j < KERNEL_HEAP; j++)
            free(processes[i].heap[j]);
    memset(processes, 0, sizeof processes);
    semaphores_reset();
    memset(segments, 0, sizeof segments);
    next_id = next_pid = 0;
    largest_key = 0;
}

/* ---------------------------------------------------------------- processes */

struct process *process_begin(unsigned idx, const char *name, void (*main)(void *arg), void *arg)
{
    struct process *p = &processes[idx];
    memset(p, 0, sizeof *p);
    p->name = name;
    p->pid = 100 + next_pid++;
    p->is_alive = true;
    p->actor = sim_spawn(idx, name, main, arg);
    p->actor->process = p;
    memory_forget(idx);
    return p;
}

static void detach(struct segment *segment)
{
    if (--segment->attached == 0 && segment->is_removed)
        segment->exists = false;
}

void process_end(void)
{
    struct process *p = process_now();
    p->is_alive = false;
    p->set = NULL;
    p->actor->life = p->actor->killed_at = SIM_FOREVER;
    oracle_process_dies(p);
    for (unsigned i = 0; i < MEMORY_SEGMENTS; i++)
        for (; p->reads[i] + p->writes[i] > 0; p->reads[i] ? p->reads[i]-- : p->writes[i]--) {
            sim_step("exit_mm", "detaches");
            detach(&segments[i]);
        }
    semaphores_undo(p);
    sim_step("exit_files", "closes");
    if (sim_chance(2)) {
        camera_release(p);
        sim_step("exit_files", "closes");
        world_close_files(p);
    } else {
        world_close_files(p);
        sim_step("exit_files", "closes");
        camera_release(p);
    }
    oracle_process_gone(p);
    for (unsigned i = 0; i < KERNEL_HEAP; i++) {
        free(p->heap[i]);
        p->heap[i] = NULL;
    }
}

void *process_alloc(size_t bytes)
{
    struct process *p = process_now();
    for (unsigned i = 0; i < KERNEL_HEAP; i++)
        if (!p->heap[i])
            return p->heap[i] = calloc(1, bytes);
    sim_fail("%s has too many blocks of memory", p->name);
}

void process_free(void *block)
{
    struct process *p = process_now();
    for (unsigned i = 0; block && i < KERNEL_HEAP; i++)
        if (p->heap[i] == block) {
            p->heap[i] = NULL;
            free(block);
            return;
        }
    sim_must(!block, "%s frees what it has not", p->name);
}

/* ---------------------------------------------------------------- shared memory */

static struct segment *find(int shm_id)
{
    for (unsigned i = 0; i < MEMORY_SEGMENTS; i++)
        if (segments[i].exists && segments[i].id == shm_id)
            return &segments[i];
    errno = EINVAL;
    return NULL;
}

int kernel_segment(int shm_id)
{
    struct segment *segment = find(shm_id);
    return segment ? (int)(segment - segments) : -1;
}

bool kernel_may_access(unsigned segment_idx, bool is_store)
{
    struct process *p = process_now();
    if (!p) /* a driver has its buffers for as long as it likes */
        return true;
    return p->writes[segment_idx] > 0 || (!is_store && p->reads[segment_idx] > 0);
}

unsigned kernel_slots(unsigned segment_idx)
{
    return (unsigned)(segments[segment_idx].bytes / 4096) - 2;
}

void kernel_keep_memory(unsigned segment_idx)
{
    segments[segment_idx].attached++;
}

void kernel_drop_memory(unsigned segment_idx)
{
    detach(&segments[segment_idx]);
}

void *kernel_memory(unsigned segment_idx)
{
    return segments[segment_idx].base;
}

unsigned kernel_objects(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < MEMORY_SEGMENTS; i++)
        n += segments[i].exists && !segments[i].is_removed;
    for (unsigned i = 0; i < KERNEL_SETS; i++)
        n += sets[i].exists;
    return n;
}

unsigned kernel_attached(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < MEMORY_SEGMENTS; i++)
        n += segments[i].exists ? segments[i].attached : 0;
    return n;
}

key_t sim_ftok(const char *path, int project)
{
    (void)path;
    return 0x5000 + project;
}

int sim_shmget(key_t key, size_t bytes, int flags)
{
    if (flags & IPC_CREAT)
        sim_step("shmget", "");
    sim_must(key != IPC_PRIVATE, "there are keys enough");
    for (unsigned i = 0; i < MEMORY_SEGMENTS && key <= largest_key; i++)
        if (segments[i].exists && !segments[i].is_removed && segments[i].key == key) {
            errno = EEXIST;
            return flags & IPC_CREAT ? -1 : segments[i].id;
        }
    errno = flags & IPC_CREAT ? ENOSPC : ENOENT;
    for (unsigned i = 0; i < MEMORY_SEGMENTS && (flags & IPC_CREAT); i++)
        if (!segments[i].exists) {
            sim_must(bytes <= MEMORY_BYTES, "a segment of %zu bytes", bytes);
            segments[i] = (struct segment){.exists = true,
                                           .id = 7 + next_id++,
                                           .key = key,
                                           .bytes = bytes,
                                           .base = memory_begin(i)};
            largest_key = key > largest_key ? key : largest_key;
            /* Its semaphores were made just before; what they tell of memory is of this one. */
            for (unsigned j = 0; j < KERNEL_SETS; j++)
                if (sets[j].exists && sets[j].segment_idx == MEMORY_SEGMENTS)
                    sets[j].segment_idx = i;
            oracle_segment_made(i);
            return segments[i].id;
        }
    return -1;
}

void *sim_shmat(int shm_id, const void *at, int flags)
{
    (void)at;
    sim_step("shmat", "");
    struct segment *segment = find(shm_id);
    if (!segment)
        return (void *)-1;
    struct process *p = process_now();
    segment->attached++;
    (flags & SHM_RDONLY ? p->reads : p->writes)[segment - segments]++;
    sim_trace("  attaches segment %d", segment->id);
    return segment->base;
}

int sim_shmdt(const void *base)
{
    sim_step("shmdt", "");
    struct process *p = process_now();
    for (unsigned i = 0; i < MEMORY_SEGMENTS; i++)
        if (segments[i].exists && segments[i].base == base && p->reads[i] + p->writes[i] > 0) {
            p->reads[i] > 0 ? p->reads[i]-- : p->writes[i]--;
            detach(&segments[i]);
            sim_trace("  detaches segment %d", segments[i].id);
            return 0;
        }
    sim_fail("%s detaches what it has not attached", p->name);
}

int sim_shmctl(int shm_id, int command, struct shmid_ds *buf)
{
    sim_step("shmctl", "");
    struct segment *segment = find(shm_id);
    if (!segment)
        return -1;
    switch (command) {
    case IPC_STAT:
        memset(buf, 0, sizeof *buf);
        buf->shm_perm.cuid = buf->shm_perm.uid = SIM_USER;
        buf->shm_perm.mode = (unsigned short)(0640 | (segment->is_removed ? SHM_DEST : 0));
        buf->shm_segsz = segment->bytes;
        buf->shm_nattch = segment->attached;
        return 0;
    case IPC_SET:
        return 0;
    case IPC_RMID:
        segment->is_removed = true;
        segment->key = IPC_PRIVATE; /* as the kernel has it: no more to be found */
        if (segment->attached == 0)
            segment->exists = false;
        sim_trace("  removes segment %d", segment->id);
        return 0;
    default:
        sim_fail("shmctl command %d is not known here", command);
    }
}
