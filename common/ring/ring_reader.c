/* The reader's side of the protocol; protocol.h has the theory.
 *
 * The segment is hostile: the writer may have been taken over. Slot numbers, offsets and lengths
 * are bounded by the private view, each frame number is tried at most once, and no loop's length is
 * set by the segment. */
#include "common/ring/crash_point.h"
#include "common/ring/protocol.h"

#include <errno.h>
#include <string.h>

/* An open gate without a new frame, from a living writer, happens only when somebody plays with the
 * gates. */
enum { IDLE_WAKES_MAX = 64 };

/* A head that runs ahead faster than its frames can be looked at, none of which is there: so many
 * tries in one call, which take some milliseconds, are no camera's doing. */
enum { VAIN_TRIES_MAX = 1 << 16 };

/* Acquire; pairs with the release store of head in fr_ring_publish(): whoever sees frame n there
 * sees its index entry and descriptor. */
static uint64_t load_head(const struct fr_ring_reader *r)
{
    return atomic_load_explicit(&r->view->shared->head, memory_order_acquire);
}

void fr_ring_reader_init(struct fr_ring_reader *r, const struct fr_view *view)
{
    *r = (struct fr_ring_reader){.view = view};
    r->seen = r->given = load_head(r);
}

bool fr_ring_intact(const struct fr_layout_slot *descriptor, uint64_t sequence)
{
    /* Acquire fence: everything read before stays before this load. Pairs with the release fence in
     * make_odd(): if any of it came from a later writing, the odd word (or a later one) is seen
     * here. */
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&descriptor->sequence, memory_order_relaxed) == sequence;
}

/* The planes must lie in the slot and fit the format. Those of the header were checked at
 * attach. */
static bool own_planes_ok(const struct fr_view *view, const struct fr_layout_frame *f)
{
    if (f->n_planes > FR_PLANES_MAX)
        return false;
    struct fr_geometry g = view->geometry;
    g.n_planes = f->n_planes;
    memcpy(g.planes, f->planes, sizeof g.planes);
    return fr_geometry_check(&g) == 0;
}

static bool settle_planes(const struct fr_view *view, struct fr_ring_taken *taken)
{
    taken->planes = view->geometry.planes;
    taken->n_planes = view->geometry.n_planes;
    if (taken->frame.n_planes > 0) {
        if (!own_planes_ok(view, &taken->frame))
            return false;
        taken->planes = taken->frame.planes;
        taken->n_planes = taken->frame.n_planes;
    }
    for (uint32_t i = 0; i < taken->n_planes; i++)
        if (taken->planes[i].kind == FR_PLANE_JPEG &&
            taken->frame.jpeg_bytes > taken->planes[i].size_bytes)
            return false;
    return true;
}

/* Copies the descriptor if it holds frame n, whole. */
static bool read_descriptor(struct fr_ring_reader *r, uint32_t slot_idx, uint64_t n,
                            struct fr_ring_taken *taken)
{
    const struct fr_layout_slot *d = &r->view->descriptors[slot_idx];
    uint64_t words[FR_FRAME_WORDS];

    /* Acquire; pairs with the release store in make_even(). */
    taken->sequence = atomic_load_explicit(&d->sequence, memory_order_acquire);
    if (taken->sequence & 1)
        return false;
    /* Relaxed, as a pixel is read: behind the acquire above, so that none is older than the frame;
     * none is newer if the second look below, with its fence, finds the same word. */
    for (unsigned i = 0; i < FR_FRAME_HEAD_WORDS; i++)
        words[i] = atomic_load_explicit(&d->frame[i], memory_order_relaxed);
    memcpy(&taken->frame, words, FR_FRAME_HEAD_WORDS * sizeof *words);
    if (taken->frame.n_planes > 0) {
        for (unsigned i = FR_FRAME_HEAD_WORDS; i < FR_FRAME_WORDS; i++)
            words[i] = atomic_load_explicit(&d->frame[i], memory_order_relaxed);
        memcpy(taken->frame.planes, words + FR_FRAME_HEAD_WORDS, sizeof taken->frame.planes);
    }
    if (!fr_ring_intact(d, taken->sequence) || taken->frame.number != n)
        return false;
    if (!settle_planes(r->view, taken)) {
        r->refused++;
        return false;
    }
    taken->slot_idx = slot_idx;
    return true;
}

/* Tries frame n: 0; -ESTALE: it is not there any more; -EBUSY: it cannot be pinned; -EIDRM …: from
 * pin. */
static int try_frame(struct fr_ring_reader *r, uint64_t n, bool pinned,
                     const struct fr_reader_ops *ops, void *ctx, struct fr_ring_taken *taken)
{
    /* Relaxed: behind the acquire in load_head(), so that the entry is frame n's or a newer one. */
    uint64_t word =
        atomic_load_explicit(&r->view->index[n % r->view->index_entries], memory_order_relaxed);
    uint32_t slot_idx = (uint32_t)(word & 0xff);
    if (word != fr_index_word(n, slot_idx) || slot_idx >= r->view->slots)
        return -ESTALE;
    fr_crash_point("read.indexed");
    if (pinned) {
        int rc = ops->pin(ctx, slot_idx);
        /* The writer claims no slot while its frame is the newest: if it still is, it was published
         * withheld, or somebody else of the group has set its semaphore. */
        if (rc == -EAGAIN)
            return load_head(r) == n ? -EBUSY : -ESTALE;
        if (rc < 0)
            return rc;
    }
    if (read_descriptor(r, slot_idx, n, taken)) {
        fr_crash_point("read.described");
        return 0;
    }
    fr_crash_point("read.stale");
    if (pinned)
        ops->unpin(ctx, slot_idx);
    return -ESTALE;
}

/* A hint to the processor, relaxed, which decides nothing: three lines that depend on one another
 * are fetched in the time of two. */
static void prefetch(const struct fr_ring_reader *r, uint64_t n)
{
    uint64_t word =
        atomic_load_explicit(&r->view->index[n % r->view->index_entries], memory_order_relaxed);
    if ((word & 0xff) < r->view->slots)
        __builtin_prefetch(&r->view->descriptors[word & 0xff]);
}

/* Waits until head is not `seen` any more, and gives it. */
static int wait_for_frame(struct fr_ring_reader *r, const struct fr_reader_ops *ops, void *ctx,
                          uint64_t *ret_head)
{
    for (unsigned idle = 0; idle < IDLE_WAKES_MAX; idle++) {
        uint64_t head = load_head(r);
        if (head == r->seen) {
            fr_crash_point("wait.to_sleep");
            int rc = ops->wait_gate(ctx, (uint32_t)((r->seen + 1) % FR_GATES));
            fr_crash_point("wait.woken");
            prefetch(r, r->seen + 1);
            if (rc < 0)
                return rc == -EIDRM ? -ENOTCONN : rc;
            head = load_head(r);
        }
        if (head == r->seen && !ops->is_alive(ctx)) {
            /* It may have published and died since: one more look, for the dead write no more. */
            head = load_head(r);
            if (head == r->seen)
                return -ENOTCONN;
        }
        if (head != r->seen) {
            *ret_head = head;
            /* Frames only count up. */
            return (int64_t)(head - r->seen) > 0 ? 0 : -EPROTO;
        }
    }
    return -EPROTO;
}

int fr_ring_read(struct fr_ring_reader *r, bool want_latest, bool pinned,
                 const struct fr_reader_ops *ops, void *ctx, struct fr_ring_taken *ret_taken)
{
    for (unsigned tries = 0; tries < VAIN_TRIES_MAX;) {
        uint64_t head;
        int rc = wait_for_frame(r, ops, ctx, &head);
        if (rc < 0)
            return rc;

        uint64_t n = head, entries = r->view->index_entries;
        if (!want_latest)
            n = head - r->seen > entries ? head - entries + 1 : r->seen + 1;
        for (;; n++, tries++) {
            rc = try_frame(r, n, pinned, ops, ctx, ret_taken);
            if (rc == -EIDRM)
                return -ENOTCONN;
            if (rc < 0 && rc != -ESTALE && rc != -EBUSY && rc != -ENOMEM)
                return rc;
            r->seen = n;
            if (rc == 0) {
                ret_taken->missed = n - r->given - 1;
                r->given = n;
                return 0;
            }
            if (rc == -EBUSY || rc == -ENOMEM)
                return rc;
            if (n == head)
                break;
        }
        tries++;
    }
    return -EPROTO;
}
