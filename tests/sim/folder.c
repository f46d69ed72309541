/* The folder of the camera, and waiting for what happens there: see world.h. */
#include "tests/sim/world.h"
#include "tests/sim/oracle.h"

#include "common/ring/rendezvous.h"
#include "common/ring/wait.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The files `lock` and `ring`, and how often something happened in their folder. */
static struct {
    bool has_ring, is_locked;
    struct fr_rendezvous ring;
    uint64_t last_epoch;
    uint64_t version;
    struct view view; /* of the segment that `ring` names */
} folder;

enum { LOCK_FD = 10, INOTIFY_FD = 11 };

void world_reset(void)
{
    memset(&folder, 0, sizeof folder);
}

/* ---------------------------------------------------------------- the folder */

static void changed(void)
{
    folder.version++;
    for (unsigned i = 0; i < KERNEL_PROCESSES; i++)
        if (processes[i].sleeps_for_folder && processes[i].is_watching)
            sim_wake(processes[i].actor);
}

void world_close_files(struct process *process)
{
    process->sleeps_for_folder = false;
    if (!process->has_lock)
        return;
    process->has_lock = false;
    folder.is_locked = false;
}

void world_end(void)
{
    sim.is_over = true;
    changed();
}

const char *fr_rundir(unsigned i, char *buf, size_t size)
{
    if (i > 0)
        return NULL;
    snprintf(buf, size, "/run/sim");
    return buf;
}

const char *fr_rendezvous_home(const char *camera, char *buf, size_t size, char *reason,
                               size_t reason_size)
{
    (void)camera, (void)reason, (void)reason_size;
    return fr_rundir(0, buf, size);
}

int fr_boot_id(uint8_t ret_boot[16])
{
    memset(ret_boot, 7, 16);
    return 0;
}

int fr_rendezvous_lock(const char *path, bool make, char *reason, size_t reason_size)
{
    (void)path, (void)make, (void)reason, (void)reason_size;
    sim_step("flock", "");
    if (folder.is_locked)
        return -EBUSY;
    folder.is_locked = process_now()->has_lock = true;
    return LOCK_FD;
}

int fr_rendezvous_last_epoch(int lock_fd, uint64_t *ret_epoch)
{
    (void)lock_fd;
    sim_step("pread", "the last epoch");
    *ret_epoch = folder.last_epoch;
    return 0;
}

int fr_rendezvous_set_last_epoch(int lock_fd, uint64_t epoch)
{
    (void)lock_fd;
    sim_step("pwrite", "the last epoch");
    folder.last_epoch = epoch;
    return 0;
}

int fr_rendezvous_read(const char *rundir, const char *camera, struct fr_rendezvous *ret_rendezvous,
                       char *reason, size_t reason_size)
{
    (void)rundir, (void)camera, (void)reason, (void)reason_size;
    sim_step("open", "the ring file");
    if (!folder.has_ring)
        return -ENOENT;
    int segment_idx = kernel_segment(folder.ring.ids.shm_id);
    if (segment_idx >= 0)
        memory_meet((unsigned)segment_idx, &folder.view, false);
    *ret_rendezvous = folder.ring;
    ret_rendezvous->owner = SIM_USER;
    sim_trace("  names epoch %llu", (unsigned long long)folder.ring.epoch);
    return 0;
}

int fr_rendezvous_write(const char *path, const struct fr_rendezvous *rendezvous)
{
    (void)path;
    sim_step("open", "the new ring file");
    changed();
    sim_step("rename", "the ring file");
    oracle_epoch_known(rendezvous);
    folder.ring = *rendezvous;
    memset(&folder.view, 0, sizeof folder.view);
    int segment_idx = kernel_segment(rendezvous->ids.shm_id);
    if (segment_idx >= 0)
        memory_meet((unsigned)segment_idx, &folder.view, false);
    folder.has_ring = true;
    changed();
    return 0;
}

void fr_rendezvous_unlink(const char *path)
{
    (void)path;
    sim_step("unlink", "the ring file");
    folder.has_ring = false;
}

bool fr_rendezvous_watch(int fd, const char *camera)
{
    (void)fd, (void)camera;
    sim_step("inotify_add_watch", "");
    struct process *p = process_now();
    if (!p->is_watching)
        p->version_seen = folder.version;
    p->is_watching = true;
    return true;
}

/* ---------------------------------------------------------------- waiting */

int fr_wait_init(struct fr_wait *wait)
{
    wait->event_fd = -1;
    return 0;
}

void fr_wait_fini(struct fr_wait *wait)
{
    (void)wait;
}

void fr_wait_cancel(struct fr_wait *wait)
{
    (void)wait;
}

bool fr_wait_take_cancel(struct fr_wait *wait)
{
    (void)wait;
    return false;
}

int64_t fr_wait_deadline(int64_t timeout_ns)
{
    return timeout_ns < 0 ? -1 : sim.now_mono_ns + timeout_ns;
}

int fr_wait_for_zero(struct fr_wait *wait, int sem_id, uint32_t number, int64_t deadline_mono_ns)
{
    (void)wait;
    return kernel_wait_for_zero(sem_id, number, deadline_mono_ns);
}

int fr_wait_for_fd(struct fr_wait *wait, int fd, int64_t deadline_mono_ns)
{
    (void)wait, (void)fd;
    struct process *p = process_now();
    sim_step("poll", "the folder");
    while (p->version_seen == folder.version || !p->is_watching) {
        if (sim.is_over)
            return -ETIMEDOUT;
        p->sleeps_for_folder = true;
        bool is_woken = sim_sleep("for the folder", deadline_mono_ns);
        p->sleeps_for_folder = false;
        if (!is_woken)
            return -ETIMEDOUT;
    }
    return 0;
}

ssize_t sim_read(int fd, void *buf, size_t bytes)
{
    (void)fd, (void)buf, (void)bytes;
    sim_step("read", "inotify");
    process_now()->version_seen = folder.version;
    errno = EAGAIN;
    return -1;
}

int sim_inotify_init1(int flags)
{
    (void)flags;
    return INOTIFY_FD;
}

int sim_close(int fd)
{
    sim_step("close", "");
    if (fd == LOCK_FD)
        world_close_files(process_now());
    return 0;
}
