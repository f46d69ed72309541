/* fr_reader_…: the protocol over real System V objects; finding the ring, leaving it when its
 * writer goes, and following the writer into its next one.
 *
 * A reader is attached or it is not. Detached, it watches the rendezvous folders and looks again
 * whenever something changes there; why it could not attach is told once for each ring that it
 * found, and once when there was none. */
#include "common/ring/attachment.h"
#include "common/ring/crash_point.h"
#include "common/ring/explain.h"
#include "common/ring/forks.h"
#include "common/ring/wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LOOK_AGAIN_NS INT64_C(1000000000)

struct fr_reader {
    char camera[FR_CAMERA_NAME_MAX + 1];
    bool is_pinned;
    unsigned generation;
    struct fr_wait wait;
    int64_t deadline_mono_ns; /* of the call under way */
    int inotify_fd;

    struct fr_attachment *at; /* NULL: detached */
    struct fr_ring_reader ring;
    uint64_t left_epoch, left_cookie; /* ring that we left, not to be entered again */
    int told;                         /* what was told of the ring told_cookie, 0 nothing yet */
    uint64_t told_cookie;

    struct fr_attachment *held; /* rings left while frames of theirs were still held */
    struct fr_reader_counts counts;
    char reason[FR_REASON_MAX];
};

/* False in a child made by fork(): pins, waits and descriptors are its parent's. */
static bool is_ours(const struct fr_reader *r)
{
    return r->generation == fr_forks_generation();
}

/* ---------------------------------------------------------------- operations of the protocol */

static int wait_gate(void *ctx, uint32_t gate_idx)
{
    struct fr_reader *r = ctx;
    return fr_wait_for_zero(&r->wait, r->at->meet.ids.gates_id, gate_idx, r->deadline_mono_ns);
}

static bool is_alive(void *ctx)
{
    struct fr_reader *r = ctx;
    return fr_sysv_alive(r->at->meet.ids.gates_id);
}

static int pin(void *ctx, uint32_t slot_idx)
{
    struct fr_reader *r = ctx;
    int rc = fr_sysv_pin(r->at->meet.ids.pins_id, slot_idx);
    fr_crash_point("pin.done");
    if (rc == 0)
        r->at->pins[slot_idx]++;
    return rc;
}

static void unpin(void *ctx, uint32_t slot_idx)
{
    struct fr_reader *r = ctx;
    r->at->pins[slot_idx]--;
    fr_crash_point("unpin.begun");
    fr_sysv_unpin(r->at->meet.ids.pins_id, slot_idx);
    fr_crash_point("unpin.done");
}

static const struct fr_reader_ops reader_ops = {
    .wait_gate = wait_gate, .is_alive = is_alive, .pin = pin, .unpin = unpin};

/* ---------------------------------------------------------------- opening and closing */

int fr_reader_open(const char *camera, enum fr_read_mode mode, struct fr_reader **ret_reader)
{
    if (!fr_camera_name_ok(camera) || (mode != FR_READ_PINNED && mode != FR_READ_PEEK))
        return -EINVAL;
    struct fr_reader *r = calloc(1, sizeof *r);
    if (!r)
        return -ENOMEM;
    memcpy(r->camera, camera, strlen(camera));
    r->is_pinned = mode == FR_READ_PINNED;
    r->wait.event_fd = -1;
    r->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int rc = r->inotify_fd < 0 ? -errno : fr_forks_init();
    r->generation = fr_forks_generation();
    if (rc == 0)
        rc = fr_wait_init(&r->wait);
    if (rc < 0) {
        fr_reader_close(r);
        return rc;
    }
    *ret_reader = r;
    return 0;
}

void fr_reader_close(struct fr_reader *r)
{
    if (!r)
        return;
    fr_attachment_free(r->at);
    while (r->held) {
        struct fr_attachment *next = r->held->next;
        fr_attachment_free(r->held);
        r->held = next;
    }
    if (r->inotify_fd >= 0)
        close(r->inotify_fd);
    fr_wait_fini(&r->wait);
    free(r);
}

/* ---------------------------------------------------------------- coming and going */

/* Leaves the ring for good. Frames still held keep it mapped. */
static void leave(struct fr_reader *r)
{
    struct fr_attachment *at = r->at;
    fr_crash_point("leave.begun");
    r->left_epoch = at->meet.epoch;
    r->left_cookie = at->meet.cookie;
    r->counts.refused += r->ring.refused;
    r->at = NULL;
    if (--at->holders == 0) {
        fr_attachment_free(at);
        return;
    }
    at->next = r->held;
    r->held = at;
    fr_crash_point("leave.held");
}

/* Attaches the ring that `meet` names, if it is one to read from. */
static int enter(struct fr_reader *r, const struct fr_rendezvous *meet)
{
    struct fr_attachment *at;
    int rc = fr_attachment_new(meet, &at, r->reason, sizeof r->reason);
    if (rc < 0)
        return rc;
    if (!fr_sysv_alive(meet->ids.gates_id)) {
        fr_explain(r->reason, sizeof r->reason,
                   "the writer of camera %s (epoch %llu) has died; waiting for it to come back",
                   r->camera, (unsigned long long)meet->epoch);
        rc = -ENOENT;
    } else if (r->is_pinned && !at->view.has_pins) {
        fr_explain(r->reason, sizeof r->reason,
                   "the ring of camera %s has no pins (pins = no in its configuration): read it in "
                   "peek mode",
                   r->camera);
        rc = -ENOTSUP;
    }
    if (rc < 0) {
        fr_attachment_free(at);
        return rc;
    }
    r->at = at;
    r->told = 0;
    r->counts.epochs++;
    r->reason[0] = 0;
    fr_ring_reader_init(&r->ring, &at->view);
    fr_crash_point("attach.done");
    return 0;
}

/* Looks in every folder, once. 0: attached. -ENOTCONN: no ring there, or only the one that we left.
 * Others: there is one, and it cannot be used. */
static int look(struct fr_reader *r, uint64_t *ret_cookie)
{
    char rundir[FR_PATH_MAX];
    int result = -ENOTCONN;

    *ret_cookie = 0;
    fr_explain(r->reason, sizeof r->reason, "no writer of camera %s; waiting for one", r->camera);
    for (unsigned i = 0; fr_rundir(i, rundir, sizeof rundir); i++) {
        struct fr_rendezvous meet = {0};
        char reason[FR_REASON_MAX];
        int rc = fr_rendezvous_read(rundir, r->camera, &meet, reason, sizeof reason);
        if (rc == -ENOENT ||
            (rc == 0 && meet.epoch == r->left_epoch && meet.cookie == r->left_cookie))
            continue;
        if (rc == 0) {
            fr_crash_point("attach.found");
            rc = enter(r, &meet);
            if (rc == 0)
                return 0;
            if (rc == -ENOENT)
                rc = -ENOTCONN;
        } else {
            fr_explain(r->reason, sizeof r->reason, "%s", reason);
        }
        if (result == -ENOTCONN) {
            result = rc;
            *ret_cookie = meet.cookie;
        }
    }
    return result;
}

static void drain(int inotify_fd)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    while (read(inotify_fd, buf, sizeof buf) > 0)
        ;
}

/* Waits for a ring and attaches it. What cannot be used is told, once.
 *
 * No watch tells of what may make a ring usable where it stands: memory and descriptors that are to
 * be had again, a segment's mode. So after such a failure, and where no watch could be had, it is
 * looked at again from time to time. */
static int connect_ring(struct fr_reader *r)
{
    for (;;) {
        uint64_t cookie;
        /* Before looking, so that nothing is missed. */
        bool is_watched = fr_rendezvous_watch(r->inotify_fd, r->camera);
        fr_crash_point("attach.watching");
        int rc = look(r, &cookie);
        if (rc == 0)
            return 0;
        if (rc != r->told || (rc != -ENOTCONN && cookie != r->told_cookie)) {
            r->told = rc;
            r->told_cookie = cookie;
            return rc;
        }
        int64_t again = is_watched && rc == -ENOTCONN ? -1 : fr_wait_deadline(LOOK_AGAIN_NS);
        bool is_again = again >= 0 && (r->deadline_mono_ns < 0 || again < r->deadline_mono_ns);
        rc = fr_wait_for_fd(&r->wait, r->inotify_fd, is_again ? again : r->deadline_mono_ns);
        if (rc < 0 && !(rc == -ETIMEDOUT && is_again))
            return rc;
        drain(r->inotify_fd);
    }
}

/* ---------------------------------------------------------------- reading */

static void fill_frame(struct fr_reader *r, const struct fr_ring_taken *taken,
                       struct fr_frame *frame)
{
    const struct fr_view *view = &r->at->view;
    const struct fr_layout_frame *f = &taken->frame;
    const uint8_t *slot = view->slots_base + taken->slot_idx * view->slot_bytes;

    /* Field by field: a reader that was just woken does not clear planes that the format has
     * not. */
    frame->format = view->geometry.format;
    frame->epoch = view->epoch;
    frame->number = f->number;
    frame->missed = taken->missed;
    frame->captured_mono_ns = f->captured_mono_ns;
    frame->published_mono_ns = f->published_mono_ns;
    frame->bytes_used = f->bytes_used;
    frame->source_sequence = f->source_sequence;
    frame->flags = f->flags;
    frame->slot_idx = taken->slot_idx;
    frame->n_planes = taken->n_planes;
    frame->attachment = r->at;
    frame->sequence = taken->sequence;
    frame->is_pinned = r->is_pinned;
    for (uint32_t i = 0; i < taken->n_planes; i++) {
        const struct fr_plane_layout *plane = &taken->planes[i];
        frame->planes[i] = (struct fr_plane){
            .data = slot + plane->offset_bytes,
            .kind = plane->kind,
            .stride_bytes = plane->stride_bytes,
            .rows = plane->rows,
            .size_bytes = plane->kind == FR_PLANE_JPEG ? f->jpeg_bytes : plane->size_bytes,
        };
    }
}

static int read_frame(struct fr_reader *r, bool want_latest, int64_t timeout_ns,
                      struct fr_frame *ret_frame)
{
    struct fr_ring_taken taken;
    int rc;

    if (!is_ours(r)) {
        fr_explain(r->reason, sizeof r->reason,
                   "this reader is that of the process that forked; open one in the child");
        return -ECHILD;
    }
    r->reason[0] = 0;
    r->deadline_mono_ns = fr_wait_deadline(timeout_ns);
    if (fr_wait_take_cancel(&r->wait))
        return -ECANCELED;
    if (!r->at) {
        rc = connect_ring(r);
        if (rc < 0)
            return rc;
    }
    rc = fr_ring_read(&r->ring, want_latest, r->is_pinned, &reader_ops, r, &taken);
    switch (rc) {
    case 0:
        fill_frame(r, &taken, ret_frame);
        r->at->holders++;
        fr_crash_point("read.held");
        r->counts.frames++;
        r->counts.missed += taken.missed;
        return 0;
    case -ETIMEDOUT:
    case -ECANCELED:
    case -EINTR:
        return rc;
    case -ENOMEM: /* the kernel's, for the undo of a pin: the next frame may have it */
        fr_explain(
            r->reason, sizeof r->reason,
            "no memory to pin the newest frame of camera %s: free some, or read in peek mode",
            r->camera);
        return rc;
    case -EBUSY:
        fr_explain(
            r->reason, sizeof r->reason,
            "the newest frame of camera %s cannot be pinned, for readers hold every other slot "
            "(`framering info %s` shows how many): give frames back sooner, make more slots, "
            "or read in peek mode",
            r->camera, r->camera);
        return rc;
    case -ENOTCONN:
        fr_explain(r->reason, sizeof r->reason,
                   "the writer of camera %s is gone; waiting for it to come back", r->camera);
        break;
    case -EACCES:
        fr_explain(r->reason, sizeof r->reason,
                   "no permission to pin frames of camera %s: join the ring's group (for system "
                   "cameras: `adduser USER framering`), or read in peek mode",
                   r->camera);
        break;
    default:
        fr_explain(r->reason, sizeof r->reason, "the ring of camera %s contradicts itself (%s)",
                   r->camera, strerror(-rc));
    }
    r->told = rc;
    r->told_cookie = r->at->meet.cookie;
    leave(r);
    return rc;
}

int fr_reader_next(struct fr_reader *r, int64_t timeout_ns, struct fr_frame *ret_frame)
{
    return read_frame(r, false, timeout_ns, ret_frame);
}

int fr_reader_latest(struct fr_reader *r, int64_t timeout_ns, struct fr_frame *ret_frame)
{
    return read_frame(r, true, timeout_ns, ret_frame);
}

bool fr_frame_intact(const struct fr_frame *frame)
{
    const struct fr_attachment *at = frame->attachment;
    return fr_ring_intact(&at->view.descriptors[frame->slot_idx], frame->sequence);
}

static void forget(struct fr_reader *r, struct fr_attachment *at)
{
    for (struct fr_attachment **link = &r->held; *link; link = &(*link)->next)
        if (*link == at) {
            *link = at->next;
            break;
        }
    fr_attachment_free(at);
}

int fr_reader_release(struct fr_reader *r, struct fr_frame *frame)
{
    struct fr_attachment *at = frame->attachment;
    if (!at)
        return -EINVAL;
    bool is_intact = fr_frame_intact(frame);
    fr_crash_point("release.begun");
    if (frame->is_pinned && at->pins[frame->slot_idx] > 0 && is_ours(r)) {
        at->pins[frame->slot_idx]--;
        fr_sysv_unpin(at->meet.ids.pins_id, frame->slot_idx);
        fr_crash_point("release.unpinned");
    }
    if (!is_intact)
        r->counts.torn++;
    frame->attachment = NULL;
    frame->n_planes = 0;
    if (--at->holders == 0)
        forget(r, at);
    return is_intact ? 0 : -ESTALE;
}

void fr_reader_cancel(struct fr_reader *r)
{
    if (is_ours(r))
        fr_wait_cancel(&r->wait);
}

const char *fr_reader_reason(const struct fr_reader *r)
{
    return r->reason;
}

void fr_reader_counts(const struct fr_reader *r, struct fr_reader_counts *ret_counts)
{
    *ret_counts = r->counts;
    ret_counts->refused += r->at ? r->ring.refused : 0;
}
