/* See attachment.h. */
#include "common/ring/attachment.h"
#include "common/ring/crash_point.h"
#include "common/ring/explain.h"
#include "common/ring/forks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

/* The segment is attached, so its identifier cannot come to mean another one while we look. */
static int check(struct fr_attachment *a, char *reason, size_t reason_size)
{
    const struct fr_rendezvous *meet = &a->meet;
    const char *why;
    uid_t creator;

    if (fr_sysv_segment(meet->ids.shm_id, &a->segment) < 0 || a->segment.is_removed) {
        fr_explain(reason, reason_size, "segment %d is being removed", meet->ids.shm_id);
        return -ENOENT;
    }
    if (a->segment.creator != meet->owner || a->segment.bytes != meet->segment_bytes) {
        fr_explain(
            reason, reason_size,
            "segment %d is not the one that the ring file means: it was made by user %u with "
            "%llu bytes, expected user %u and %llu bytes",
            meet->ids.shm_id, (unsigned)a->segment.creator, (unsigned long long)a->segment.bytes,
            (unsigned)meet->owner, (unsigned long long)meet->segment_bytes);
        return -EPERM;
    }
    if (fr_view_init(a->base, a->segment.bytes, &a->view, &why) < 0) {
        fr_explain(reason, reason_size, "%s", why);
        return -EPROTO;
    }
    if (a->view.cookie != meet->cookie || a->view.epoch != meet->epoch) {
        fr_explain(reason, reason_size, "segment %d belongs to another epoch than the ring file",
                   meet->ids.shm_id);
        return -ENOENT;
    }
    if (fr_sysv_set_creator(meet->ids.gates_id, FR_GATE_SEMS, &creator) < 0 ||
        creator != meet->owner) {
        fr_explain(reason, reason_size,
                   "the ring's gates (semaphore set %d) are gone or not its own",
                   meet->ids.gates_id);
        return -ENOENT;
    }
    if (a->view.has_pins) {
        /* Who may attach the segment may look at both sets. */
        if (fr_sysv_set_creator(meet->ids.pins_id, a->view.slots + 2, &creator) < 0 ||
            creator != meet->owner) {
            fr_explain(reason, reason_size,
                       "the ring's pins (semaphore set %d) are gone or not its own",
                       meet->ids.pins_id);
            return -ENOENT;
        }
    }
    return 0;
}

int fr_attachment_new(const struct fr_rendezvous *meet, struct fr_attachment **ret_attachment,
                      char *reason, size_t reason_size)
{
    uint8_t boot[16];
    int rc = fr_boot_id(boot);
    if (rc < 0) {
        fr_explain(reason, reason_size,
                   "cannot tell whether the ring file is from before the last boot: %s",
                   strerror(-rc));
        return rc;
    }
    if (memcmp(boot, meet->boot, sizeof boot) != 0) {
        fr_explain(reason, reason_size, "the ring file is from before the last boot");
        return -ENOENT;
    }
    struct fr_attachment *a = calloc(1, sizeof *a);
    if (!a) {
        fr_explain(reason, reason_size, "no memory to look at the ring");
        return -ENOMEM;
    }
    a->meet = *meet;
    a->holders = 1;
    a->generation = fr_forks_generation();

    void *base = shmat(meet->ids.shm_id, NULL, SHM_RDONLY);
    if (base == (void *)-1) {
        rc = errno == EINVAL || errno == EIDRM ? -ENOENT : -errno;
        if (rc == -EACCES)
            fr_explain(
                reason, reason_size,
                "no permission to read the ring (segment %d): its owner is user %u; join its "
                "group (for system cameras: `adduser USER framering`)",
                meet->ids.shm_id, (unsigned)meet->owner);
        else if (rc == -ENOENT)
            fr_explain(reason, reason_size,
                       "the ring's segment %d does not exist: it was removed, or it is in another "
                       "IPC namespace than this process",
                       meet->ids.shm_id);
        else
            fr_explain(reason, reason_size, "cannot attach segment %d: %s", meet->ids.shm_id,
                       strerror(-rc));
        free(a);
        return rc;
    }
    a->base = base;
    fr_crash_point("attach.mapped");
    rc = check(a, reason, reason_size);
    if (rc < 0) {
        fr_attachment_free(a);
        return rc;
    }
    fr_crash_point("attach.checked");
    *ret_attachment = a;
    return 0;
}

void fr_attachment_free(struct fr_attachment *a)
{
    if (!a)
        return;
    /* In a child made by fork() they are not ours to give back. */
    for (uint32_t i = 0; i < FR_SLOTS_MAX && a->generation == fr_forks_generation(); i++)
        for (; a->pins[i] > 0; a->pins[i]--)
            fr_sysv_unpin(a->meet.ids.pins_id, i);
    fr_crash_point("detach.begun");
    if (a->base)
        shmdt(a->base);
    fr_crash_point("detach.done");
    free(a);
}
