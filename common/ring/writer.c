/* fr_writer_…: the protocol over real System V objects, the writer's lock and the rendezvous
 * file. */
#include "common/ring/crash_point.h"
#include "common/ring/explain.h"
#include "common/ring/forks.h"
#include "common/ring/mono.h"
#include "common/ring/rendezvous.h"
#include "common/ring/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS_DEFAULT = 8 };
#define PIN_PATIENCE_DEFAULT_NS INT64_C(10000000000)

struct fr_writer {
    char camera[FR_CAMERA_NAME_MAX + 1];
    char rundir[FR_PATH_MAX - 80]; /* rundir/camera is the folder */
    char folder[FR_PATH_MAX];
    char lock_path[FR_PATH_MAX + 8];
    struct fr_fork_fd lock;
    unsigned generation;
    uint32_t tag;
    gid_t group;
    struct fr_writer_counts before; /* of the epochs that have ended */

    bool has_epoch;
    uint64_t epoch;
    struct fr_sysv ids;
    void *base;
    struct fr_ring_writer ring;

    char reason[FR_REASON_MAX];
};

/* False in a child made by fork(): the ring is its parent's. */
static bool is_ours(const struct fr_writer *w)
{
    return w->generation == fr_forks_generation();
}

static bool has_epoch(const struct fr_writer *w)
{
    return w->has_epoch && is_ours(w);
}

/* ---------------------------------------------------------------- folder and lock */

/* Makes `path` (one level) when it is missing. It must be ours, and nobody else's to write. */
static int make_folder(const char *path, bool must_be_ours, char *reason, size_t reason_size)
{
    struct stat st;
    int rc;
    if (mkdir(path, 0755) == 0) {
        fr_crash_point("open.folder_made");
        if (chmod(path, 0755) < 0) /* whatever the umask: readers are other users */
            goto fail;
    } else if (errno != EEXIST) {
        rc = -errno;
        fr_explain(reason, reason_size, "cannot make the folder %s: %s", path, strerror(-rc));
        return rc;
    }
    if (lstat(path, &st) < 0)
        goto fail;
    if (!S_ISDIR(st.st_mode) || (must_be_ours && st.st_uid != geteuid()) ||
        (st.st_mode & (S_IWGRP | S_IWOTH))) {
        fr_explain(reason, reason_size,
                   "%s must be a folder of user %u that nobody else can write; it is mode %04o of "
                   "user %u. Readers would refuse a ring there",
                   path, (unsigned)geteuid(), (unsigned)(st.st_mode & 07777), (unsigned)st.st_uid);
        return -EPERM;
    }
    return 0;
fail:
    rc = -errno;
    fr_explain(reason, reason_size, "cannot use the folder %s: %s", path, strerror(-rc));
    return rc;
}

/* Who may read: the group asked for; for a system ring "framering" when there is one; else our
 * own. */
static int choose_group(const char *asked, const char *rundir, gid_t *ret_group, char *reason,
                        size_t reason_size)
{
    const char *name = asked && *asked                         ? asked
                       : strcmp(rundir, "/run/framering") == 0 ? "framering"
                                                               : NULL;
    struct group entry, *found = NULL;
    char buf[4096];

    *ret_group = getegid();
    if (!name)
        return 0;
    int error = getgrnam_r(name, &entry, buf, sizeof buf, &found);
    if (found) {
        *ret_group = entry.gr_gid;
        return 0;
    }
    /* Not to be told from "no such group" by more than these (getgrnam_r(3)). The own group instead
     * of one that could not be looked up would lock its readers out. */
    if (error && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM) {
        fr_explain(reason, reason_size, "cannot look up the group %s: %s", name, strerror(error));
        return -error;
    }
    if (!asked || !*asked)
        return 0;
    fr_explain(reason, reason_size, "there is no group %s; expected a group of this system", name);
    return -EINVAL;
}

int fr_writer_open(const char *camera, const char *group, struct fr_writer **ret_writer,
                   char *reason, size_t reason_size)
{
    struct stat st;
    int rc;

    fr_explain(reason, reason_size, "%s", "");
    if (!fr_camera_name_ok(camera)) {
        fr_explain(
            reason, reason_size,
            "not a camera name; expected 1 to %u of A-Z a-z 0-9 . _ - and no dot or dash first",
            FR_CAMERA_NAME_MAX);
        return -EINVAL;
    }
    struct fr_writer *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->lock.fd = -1;
    rc = fr_forks_init();
    if (rc < 0)
        goto fail;
    w->generation = fr_forks_generation();
    memcpy(w->camera, camera, strlen(camera));

    rc = -ENOENT;
    if (!fr_rendezvous_home(camera, w->rundir, sizeof w->rundir, reason, reason_size))
        goto fail;
    rc = choose_group(group, w->rundir, &w->group, reason, reason_size);
    if (rc < 0)
        goto fail;
    snprintf(w->folder, sizeof w->folder, "%s/%s", w->rundir, camera);
    snprintf(w->lock_path, sizeof w->lock_path, "%s/lock", w->folder);
    rc = make_folder(w->rundir, false, reason, reason_size);
    if (rc == 0)
        rc = make_folder(w->folder, true, reason, reason_size);
    if (rc < 0)
        goto fail;
    fr_forks_hold();
    rc = w->lock.fd = fr_rendezvous_lock(w->folder, true, reason, reason_size);
    if (rc >= 0)
        fr_forks_add(&w->lock);
    fr_forks_release();
    if (rc < 0)
        goto fail;
    if (fstat(w->lock.fd, &st) < 0) {
        rc = -errno;
        fr_explain(reason, reason_size, "cannot look at %s: %s", w->lock_path, strerror(-rc));
        goto fail;
    }
    fr_crash_point("open.locked");
    w->tag = fr_sysv_tag(st.st_dev, st.st_ino, camera);
    *ret_writer = w;
    return 0;
fail:
    fr_writer_close(w);
    return rc;
}

/* ---------------------------------------------------------------- epochs */

/* Removes what is left of older epochs; what is left standing is told, though it is no failure. */
static void sweep(struct fr_writer *w)
{
    struct fr_rendezvous old;
    struct fr_sweep swept;
    bool is_recorded = fr_rendezvous_read(w->rundir, w->camera, &old, NULL, 0) == 0;
    fr_sweep(w->lock_path, w->tag, w->camera, geteuid(), is_recorded ? &old.ids : NULL,
             is_recorded ? old.cookie : 0, &swept);
    if (swept.left)
        fr_explain(w->reason, sizeof w->reason,
                   "%u System V objects stand where this camera's could, and were left alone (%s); "
                   "look with `ipcs`, and remove with `ipcrm` what nobody needs",
                   swept.left, swept.first_left);
}

static int plan_epoch(const struct fr_epoch_options *options, struct fr_layout_plan *ret_plan)
{
    return fr_layout_plan(&options->geometry, options->slots ? options->slots : SLOTS_DEFAULT,
                          options->hand ? options->hand : FR_HAND_MIN, ret_plan);
}

int fr_epoch_need(const struct fr_epoch_options *options, struct fr_need *ret_need)
{
    struct fr_layout_plan plan;
    int rc = plan_epoch(options, &plan);
    if (rc < 0)
        return rc;
    uint32_t pins = plan.slots + 2;
    *ret_need = (struct fr_need){
        .segment_bytes = plan.segment_bytes,
        .segment_bytes_max = plan.segment_bytes,
        .segments = 1,
        .sets = 2,
        .semaphores = FR_GATE_SEMS + pins,
        .set_semaphores_max = pins > FR_GATE_SEMS ? pins : FR_GATE_SEMS,
        .operations_max = FR_SYSV_MORTAL_OPS,
    };
    return 0;
}

int fr_writer_begin(struct fr_writer *w, const struct fr_epoch_options *options)
{
    struct fr_layout_plan plan;
    struct fr_rendezvous meet = {0};

    if (!is_ours(w)) {
        fr_explain(w->reason, sizeof w->reason,
                   "this writer is that of the process that forked; open one in the child");
        return -ECHILD;
    }
    fr_writer_end(w);
    w->reason[0] = 0;
    int rc = plan_epoch(options, &plan);
    if (rc < 0) {
        fr_explain(w->reason, sizeof w->reason,
                   "a ring of %u slots with %u in the writer's hand and this picture cannot be; "
                   "expected %u to %u slots, %u of them in hand and 2 more, and a known format",
                   options->slots ? options->slots : SLOTS_DEFAULT,
                   options->hand ? options->hand : FR_HAND_MIN, (unsigned)FR_SLOTS_MIN,
                   FR_SLOTS_MAX, (unsigned)FR_HAND_MIN);
        return rc;
    }

    sweep(w);
    fr_crash_point("begin.swept");
    uint64_t last = 0;
    const char *what = "the last epoch's number";
    rc = fr_rendezvous_last_epoch(w->lock.fd, &last);
    meet.epoch = last + 1;
    if (rc == 0)
        rc = fr_rendezvous_set_last_epoch(w->lock.fd, meet.epoch);
    if (rc == 0) {
        what = "random bytes";
        if (getrandom(&meet.cookie, sizeof meet.cookie, 0) != sizeof meet.cookie)
            rc = -errno;
    }
    if (rc == 0) {
        what = "the boot's identifier";
        rc = fr_boot_id(meet.boot);
    }
    if (rc < 0) {
        fr_explain(w->reason, sizeof w->reason, "cannot get %s (%s): %s", what, w->lock_path,
                   strerror(-rc));
        return rc;
    }
    fr_crash_point("begin.counted");
    meet.segment_bytes = plan.segment_bytes;
    rc = fr_sysv_create(w->lock_path, w->tag, w->group, &plan, options->lock_memory, &w->ids,
                        &w->base, w->reason, sizeof w->reason);
    if (rc < 0)
        return rc;
    meet.ids = w->ids;
    fr_crash_point("begin.created");

    struct fr_ring_identity identity = {
        .epoch = meet.epoch,
        .cookie = meet.cookie,
        .restarts = last,
        .copy_path = options->copy_path,
        .has_pins = !options->no_pins,
        .writer_pid = getpid(),
        .gates_id = w->ids.gates_id,
        .pins_id = w->ids.pins_id,
        .begun_mono_ns = fr_mono_ns(),
        .camera = w->camera,
        .pin_patience_ns = options->pin_patience_ns == 0  ? PIN_PATIENCE_DEFAULT_NS
                           : options->pin_patience_ns < 0 ? 0
                                                          : options->pin_patience_ns,
    };
    memcpy(identity.boot, meet.boot, sizeof identity.boot);
    fr_ring_format(w->base, &plan, &options->geometry, &identity);
    fr_ring_writer_init(&w->ring, w->base, &plan, &options->geometry, &identity,
                        &fr_sysv_writer_ops, &w->ids);
    w->epoch = meet.epoch;
    w->has_epoch = true;
    fr_crash_point("begin.formatted");

    rc = fr_sysv_share_pins(&w->ids, w->group);
    fr_crash_point("begin.shared");
    if (rc < 0) {
        fr_explain(w->reason, sizeof w->reason, "cannot give the pins to the group: %s",
                   strerror(-rc));
        fr_writer_end(w);
        return rc;
    }
    rc = fr_rendezvous_write(w->folder, &meet);
    if (rc < 0) {
        fr_explain(w->reason, sizeof w->reason, "cannot write %s/ring: %s", w->folder,
                   strerror(-rc));
        fr_writer_end(w);
    }
    fr_crash_point("begin.done");
    return rc;
}

void fr_writer_end(struct fr_writer *w)
{
    if (!has_epoch(w))
        return;
    /* The objects first: readers wake and leave. The file last: until then it names what is gone,
     * and a reader that looks waits for it to change. */
    fr_writer_counts(w, &w->before);
    fr_crash_point("end.begun");
    fr_sysv_remove(&w->ids);
    fr_crash_point("end.removed");
    shmdt(w->base);
    fr_crash_point("end.detached");
    fr_rendezvous_unlink(w->folder);
    fr_crash_point("end.done");
    w->base = NULL;
    w->has_epoch = false;
}

void fr_writer_close(struct fr_writer *w)
{
    if (!w)
        return;
    fr_writer_end(w);
    /* The lock file stays: if it were removed, two writers could each lock one of that name. */
    fr_forks_close(&w->lock);
    free(w);
}

/* ---------------------------------------------------------------- frames */

int fr_writer_take(struct fr_writer *w, uint32_t *ret_slot_idx)
{
    return has_epoch(w) ? fr_ring_take(&w->ring, ret_slot_idx) : -EAGAIN;
}

uint8_t *fr_writer_slot(const struct fr_writer *w, uint32_t slot_idx)
{
    if (!has_epoch(w) || slot_idx >= w->ring.plan.slots)
        return NULL;
    return w->ring.slots_base + slot_idx * w->ring.plan.slot_bytes;
}

size_t fr_writer_slot_bytes(const struct fr_writer *w)
{
    return has_epoch(w) ? w->ring.plan.slot_bytes : 0;
}

int fr_writer_publish(struct fr_writer *w, uint32_t slot_idx, const struct fr_frame_meta *meta)
{
    if (!has_epoch(w))
        return -EINVAL;
    return fr_ring_publish(&w->ring, slot_idx, meta, fr_mono_ns());
}

int fr_writer_discard(struct fr_writer *w, uint32_t slot_idx, unsigned reason)
{
    return has_epoch(w) ? fr_ring_discard(&w->ring, slot_idx, reason) : -EINVAL;
}

void fr_writer_count_drop(struct fr_writer *w, unsigned reason, uint64_t n)
{
    if (has_epoch(w))
        fr_ring_count_drop(&w->ring, reason, n);
    else if (reason < FR_DROP_REASONS)
        w->before.dropped[reason] += n;
}

int fr_writer_check(struct fr_writer *w)
{
    return has_epoch(w) ? fr_sysv_check(&w->ids) : 0;
}

const char *fr_writer_reason(const struct fr_writer *w)
{
    return w->reason;
}

void fr_writer_counts(const struct fr_writer *w, struct fr_writer_counts *ret_counts)
{
    struct fr_writer_counts c = w->before;
    c.epoch = w->epoch;
    if (w->has_epoch) {
        c.frames += w->ring.head;
        c.withheld += w->ring.withheld;
        c.mended += w->ring.mended;
        for (unsigned i = 0; i < FR_DROP_REASONS; i++)
            c.dropped[i] += w->ring.dropped[i];
    }
    *ret_counts = c;
}
