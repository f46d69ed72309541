/* The writer's side of the protocol; protocol.h has the theory. */
#include "common/ring/crash_point.h"
#include "common/ring/protocol.h"

#include <errno.h>
#include <string.h>

enum {
    NONE = FR_SLOTS_MAX,
    SLOTS_FOR_SPARE = 4, /* so many beside the hand, or readers would miss the one that is spared */
};

void fr_ring_format(void *base, const struct fr_layout_plan *plan,
                    const struct fr_geometry *geometry, const struct fr_ring_identity *identity)
{
    struct fr_layout_header *h = base;

    h->version = FR_LAYOUT_VERSION;
    h->byte_order = FR_LAYOUT_BYTE_ORDER;
    h->segment_bytes = plan->segment_bytes;
    h->epoch = identity->epoch;
    h->cookie = identity->cookie;
    fr_crash_point("format.half");
    memcpy(h->boot, identity->boot, sizeof h->boot);
    h->slots = plan->slots;
    h->hand = plan->hand;
    h->index_entries = plan->index_entries;
    h->gates = FR_GATES;
    h->index_offset = plan->index_offset;
    h->descriptors_offset = plan->descriptors_offset;
    h->slots_offset = plan->slots_offset;
    h->slot_bytes = plan->slot_bytes;
    h->copy_path = identity->copy_path;
    h->has_pins = identity->has_pins;
    h->writer_pid = identity->writer_pid;
    h->gates_id = identity->gates_id;
    h->pins_id = identity->pins_id;
    h->begun_mono_ns = identity->begun_mono_ns;
    h->restarts = identity->restarts;
    memset(h->camera, 0, sizeof h->camera);
    memcpy(h->camera, identity->camera, strnlen(identity->camera, FR_CAMERA_NAME_MAX));
    h->geometry = *geometry;

    /* Every slot starts odd: none holds a frame. No ordering: nobody knows of the ring yet, and
     * whoever will learns of it from a file that is written after this. */
    struct fr_layout_slot *d = (void *)((uint8_t *)base + plan->descriptors_offset);
    for (uint32_t i = 0; i < plan->slots; i++)
        atomic_init(&d[i].sequence, 1);
    atomic_init(&h->head, identity->first_frame ? identity->first_frame - 1 : 0);

    /* Last: a segment whose writer was killed in here is one that was never initialised, and the
     * next writer may remove it as that. With half a header it would be nobody's. The fence keeps
     * the stores in this order; they are plain, and its partner is the kernel, which has what a
     * killed process had stored. */
    fr_crash_point("format.magic");
    atomic_thread_fence(memory_order_release);
    h->magic = FR_LAYOUT_MAGIC;
}

static void enqueue(struct fr_ring_writer *w, uint32_t slot_idx)
{
    w->queue[(w->queue_first + w->queue_length++) % FR_SLOTS_MAX] = slot_idx;
    w->book[slot_idx].state = FR_SLOT_TO_FILL;
}

void fr_ring_writer_init(struct fr_ring_writer *w, void *base, const struct fr_layout_plan *plan,
                         const struct fr_geometry *geometry,
                         const struct fr_ring_identity *identity, const struct fr_writer_ops *ops,
                         void *ctx)
{
    *w = (struct fr_ring_writer){
        .header = base,
        .index = (void *)((uint8_t *)base + plan->index_offset),
        .descriptors = (void *)((uint8_t *)base + plan->descriptors_offset),
        .index_entries = plan->index_entries,
        .slots = plan->slots,
        .picture_bytes = geometry->slot_bytes,
        .slots_base = (uint8_t *)base + plan->slots_offset,
        .plan = *plan,
        .geometry = *geometry,
        .ops = ops,
        .ctx = ctx,
        .has_pins = identity->has_pins,
        .pin_patience_ns = identity->pin_patience_ns,
        .head = identity->first_frame ? identity->first_frame - 1 : 0,
        .newest_idx = NONE,
        .withheld_idx = NONE,
        .spare_idx = NONE,
        .given_idx = NONE,
    };
    for (uint32_t i = 0; i < geometry->n_planes; i++)
        if (geometry->planes[i].kind == FR_PLANE_JPEG)
            w->jpeg_room_bytes = geometry->planes[i].size_bytes;
    for (uint32_t i = 0; i < plan->slots; i++)
        w->book[i].sequence = 1;
    for (uint32_t i = 0; i < plan->hand; i++)
        enqueue(w, i);
}

/* Marks a slot as being written. The fence keeps every later store into the slot behind the odd
 * word: a reader that sees any of them sees, after its own acquire fence, that the sequence has
 * moved. Pairs with the fence in fr_ring_intact(). A driver that is given the slot by a system call
 * is behind it as well. */
static void make_odd(struct fr_ring_writer *w, uint32_t slot_idx)
{
    w->book[slot_idx].sequence |= 1;
    atomic_store_explicit(&w->descriptors[slot_idx].sequence, w->book[slot_idx].sequence,
                          memory_order_relaxed);
    atomic_thread_fence(memory_order_release);
}

/* Ends the writing: release, so that a reader that loads the even word (acquire, in
 * read_descriptor()) sees all that was written before. */
static void make_even(struct fr_ring_writer *w, uint32_t slot_idx)
{
    w->book[slot_idx].sequence += 1;
    atomic_store_explicit(&w->descriptors[slot_idx].sequence, w->book[slot_idx].sequence,
                          memory_order_release);
}

/* Relaxed, without a partner: for people (info.c), who may find it late. */
static void put_counter(_Atomic uint64_t *counter, uint64_t value)
{
    atomic_store_explicit(counter, value, memory_order_relaxed);
}

/* The free slot that was published longest ago, beside the newest and those in `tried`; NONE. */
static uint32_t oldest_free(const struct fr_ring_writer *w, uint32_t tried)
{
    uint32_t best = NONE;
    for (uint32_t i = 0; i < w->slots; i++)
        if (w->book[i].state == FR_SLOT_FREE && i != w->newest_idx && !(tried >> i & 1) &&
            (best == NONE || w->book[i].last_frame < w->book[best].last_frame))
            best = i;
    return best;
}

/* Claims a free slot. 0; -EAGAIN: readers hold them all; -EIDRM: the ring was removed. */
static int claim_one(struct fr_ring_writer *w, uint32_t *ret_slot_idx)
{
    uint32_t tried = 0, idx;
    while ((idx = oldest_free(w, tried)) != NONE) {
        int rc = w->has_pins ? w->ops->claim(w->ctx, idx) : 0;
        if (rc == 0) {
            w->book[idx].refused_mono_ns = 0;
            fr_crash_point("claim.claimed");
            *ret_slot_idx = idx;
            return 0;
        }
        if (rc == -EIDRM)
            return rc;
        if (w->book[idx].refused_mono_ns == 0)
            w->book[idx].refused_mono_ns = w->now_mono_ns;
        tried |= 1u << idx;
    }
    return -EAGAIN;
}

/* Sets a slot's semaphore to what it is when nobody has the slot. This wipes others' undo, which
 * costs at most that a slot is rewritten under a pin, and the sequence word tells of that. */
static int mend(struct fr_ring_writer *w, uint32_t slot_idx)
{
    w->mended++;
    put_counter(&w->header->mended, w->mended);
    fr_crash_point("mend.counted");
    return w->ops->mend(w->ctx, slot_idx);
}

/* All slots are refused: takes back the one that has been for longest, if that is longer than there
 * is patience for. 0; -EAGAIN: not yet, or a reader was quicker; -EIDRM. */
static int take_back_one(struct fr_ring_writer *w, uint32_t *ret_slot_idx)
{
    uint32_t idx = NONE;
    for (uint32_t i = 0; i < w->slots; i++)
        if (w->book[i].state == FR_SLOT_FREE && w->book[i].refused_mono_ns != 0 &&
            i != w->newest_idx &&
            (idx == NONE || w->book[i].refused_mono_ns < w->book[idx].refused_mono_ns))
            idx = i;
    if (idx == NONE || w->pin_patience_ns <= 0 ||
        w->now_mono_ns - w->book[idx].refused_mono_ns < w->pin_patience_ns)
        return -EAGAIN;
    int rc = mend(w, idx);
    fr_crash_point("take_back.mended");
    if (rc == 0)
        rc = w->ops->claim(w->ctx, idx);
    if (rc == 0) {
        w->book[idx].refused_mono_ns = 0;
        *ret_slot_idx = idx;
    }
    return rc;
}

/* Makes the hand whole for when a slot leaves it: with the spare (unless that belongs to a slot
 * which was let go ahead), or with one claimed now. */
static int replace_one(struct fr_ring_writer *w)
{
    uint32_t idx = w->given_idx == NONE ? w->spare_idx : NONE;
    if (idx != NONE) {
        w->spare_idx = NONE;
    } else {
        int rc = claim_one(w, &idx);
        if (rc == -EAGAIN)
            rc = take_back_one(w, &idx);
        if (rc < 0)
            return rc;
    }
    make_odd(w, idx);
    fr_crash_point("replace.odd");
    enqueue(w, idx);
    return 0;
}

/* Claims the next replacement ahead of time. None to be had is no harm yet. */
static int keep_spare(struct fr_ring_writer *w)
{
    uint32_t idx;
    if (w->spare_idx != NONE || w->slots < w->plan.hand + SLOTS_FOR_SPARE)
        return 0;
    int rc = claim_one(w, &idx);
    if (rc == 0) {
        w->spare_idx = idx;
        w->book[idx].state = FR_SLOT_SPARE;
        fr_crash_point("take.spare");
    }
    return rc == -EIDRM ? rc : 0;
}

/* Lets a slot go: readers may pin it. 0 or -EIDRM. */
static int let_go(struct fr_ring_writer *w, uint32_t slot_idx)
{
    if (!w->has_pins)
        return 0;
    int rc = w->ops->give(w->ctx, slot_idx);
    return rc == -ERANGE ? mend(w, slot_idx) : rc; /* somebody added what was not theirs */
}

/* Lets the slot that was taken first go ahead of its publish, for it will most likely be published
 * next. Its replacement must be there already, or readers could shrink the hand. */
static int give_ahead(struct fr_ring_writer *w)
{
    if (w->spare_idx == NONE || w->given_idx != NONE)
        return 0;
    uint32_t first = NONE;
    for (uint32_t i = 0; i < w->slots; i++)
        if (w->book[i].state == FR_SLOT_TAKEN &&
            (first == NONE || w->book[i].taken_at < w->book[first].taken_at))
            first = i;
    if (first == NONE)
        return 0;
    int rc = let_go(w, first);
    fr_crash_point("take.given_ahead");
    if (rc == 0)
        w->given_idx = first;
    return rc;
}

/* Closes the gate after the next frame's, if the last publish has left it open. It must be done
 * before head shows the next frame, for its readers will sleep there. */
static int close_gate_ahead(struct fr_ring_writer *w)
{
    if (!w->is_gate_open)
        return 0;
    w->is_gate_open = false;
    int rc = w->ops->close_gate(w->ctx, (uint32_t)((w->head + 2) % FR_GATES));
    fr_crash_point("gate.closed");
    return rc;
}

int fr_ring_take(struct fr_ring_writer *w, uint32_t *ret_slot_idx)
{
    if (w->queue_length == 0)
        return -EAGAIN;
    uint32_t idx = w->queue[w->queue_first];
    w->queue_first = (w->queue_first + 1) % FR_SLOTS_MAX;
    w->queue_length--;
    w->book[idx].state = FR_SLOT_TAKEN;
    w->book[idx].taken_at = w->takes++;
    *ret_slot_idx = idx;
    fr_crash_point("take.taken");

    /* What the next publish would otherwise do while its readers wait, or this one's where they
     * share our processor. A ring that was removed shows at the publish, though none of its
     * operations may fail. */
    int rc = close_gate_ahead(w);
    if (rc == 0)
        rc = keep_spare(w);
    if (rc == 0)
        rc = give_ahead(w);
    if (rc < 0)
        w->failed = rc;
    return 0;
}

static void put_descriptor(struct fr_ring_writer *w, uint32_t slot_idx,
                           const struct fr_frame_meta *meta, int64_t now_mono_ns, uint32_t flags)
{
    struct fr_layout_frame f = {
        .number = w->head + 1,
        .captured_mono_ns = meta->captured_mono_ns ? meta->captured_mono_ns : now_mono_ns,
        .published_mono_ns = now_mono_ns,
        .bytes_used = meta->bytes_used ? meta->bytes_used : w->picture_bytes,
        .source_sequence = meta->source_sequence,
        .flags = flags,
        .jpeg_bytes = meta->jpeg_bytes < w->jpeg_room_bytes ? meta->jpeg_bytes : w->jpeg_room_bytes,
    };
    uint64_t words[FR_FRAME_HEAD_WORDS];
    memcpy(words, &f, sizeof words);
    /* Relaxed, as a pixel is stored: behind make_odd()'s fence, before make_even()'s release. Their
     * partner is the copying in read_descriptor(). */
    for (unsigned i = 0; i < FR_FRAME_HEAD_WORDS; i++) {
        atomic_store_explicit(&w->descriptors[slot_idx].frame[i], words[i], memory_order_relaxed);
        fr_crash_point("publish.descriptor_word");
    }
}

int fr_ring_publish(struct fr_ring_writer *w, uint32_t slot_idx, const struct fr_frame_meta *meta,
                    int64_t now_mono_ns)
{
    static const struct fr_frame_meta plain;
    if (slot_idx >= w->slots || w->book[slot_idx].state != FR_SLOT_TAKEN)
        return -EINVAL;
    if (!meta)
        meta = &plain;
    w->now_mono_ns = now_mono_ns;

    fr_crash_point("publish.begun");
    int rc = w->failed ? w->failed : close_gate_ahead(w);
    if (rc < 0)
        return rc;
    /* The hand without this slot is one short, unless another takes its place. For one that was let
     * go ahead that is the spare, and it can wait. */
    bool is_given = slot_idx == w->given_idx;
    int replaced = is_given ? 0 : replace_one(w);
    if (replaced == -EIDRM)
        return replaced;
    bool is_withheld = replaced < 0;
    uint32_t flags =
        meta->flags & (FR_FRAME_CORRUPT | FR_FRAME_TIME_ESTIMATED | FR_FRAME_AFTER_GAP);
    if (flags & FR_FRAME_AFTER_GAP)
        put_counter(&w->header->gaps, ++w->gaps);

    put_descriptor(w, slot_idx, meta, now_mono_ns, flags | (is_withheld ? FR_FRAME_WITHHELD : 0u));
    fr_crash_point("publish.descriptor");
    make_even(w, slot_idx);
    fr_crash_point("publish.even");
    if (is_withheld) {
        w->book[slot_idx].state = FR_SLOT_WITHHELD;
        put_counter(&w->header->withheld, ++w->withheld);
        fr_crash_point("publish.withheld");
    } else {
        w->book[slot_idx].state = FR_SLOT_FREE;
        rc = is_given ? 0 : let_go(w, slot_idx);
        if (rc < 0)
            return rc;
        fr_crash_point("publish.let_go");
    }

    uint64_t n = w->head + 1;
    /* Relaxed: a reader looks here (try_frame()) only after head, which is stored with release
     * below. What it finds may be newer than that, and bears its number. */
    atomic_store_explicit(&w->index[n % w->index_entries], fr_index_word(n, slot_idx),
                          memory_order_relaxed);
    fr_crash_point("publish.indexed");
    if (is_withheld || w->withheld_idx != NONE)
        put_counter(&w->header->withheld_slot, is_withheld ? slot_idx + 1u : 0u);
    /* Release; pairs with the acquire in load_head(). */
    atomic_store_explicit(&w->header->head, n, memory_order_release);
    w->head = n;
    w->book[slot_idx].last_frame = n;
    w->newest_idx = slot_idx;

    fr_crash_point("publish.head");
    rc = w->ops->open_gate(w->ctx, (uint32_t)(n % FR_GATES));
    fr_crash_point("publish.gate_opened");
    w->is_gate_open = true;

    if (is_given) {
        w->given_idx = NONE;
        rc = rc < 0 ? rc : replace_one(w); /* with the spare, which is always to be had */
    }
    put_counter(&w->header->frames, n);
    /* As put_counter(). */
    atomic_store_explicit(&w->header->last_publish_mono_ns, now_mono_ns, memory_order_relaxed);

    /* What was withheld is the newest no more: to be filled again. It made up for the slot that
     * could not be claimed then, so the hand is whole either way. */
    if (w->withheld_idx != NONE) {
        make_odd(w, w->withheld_idx);
        fr_crash_point("publish.withheld_odd");
        enqueue(w, w->withheld_idx);
    }
    w->withheld_idx = is_withheld ? slot_idx : NONE;
    fr_crash_point("publish.done");
    return rc;
}

int fr_ring_discard(struct fr_ring_writer *w, uint32_t slot_idx, unsigned reason)
{
    if (slot_idx >= w->slots || w->book[slot_idx].state != FR_SLOT_TAKEN)
        return -EINVAL;
    enqueue(w, slot_idx);
    fr_ring_count_drop(w, reason, 1);
    return 0;
}

void fr_ring_count_drop(struct fr_ring_writer *w, unsigned reason, uint64_t n)
{
    if (reason >= FR_DROP_REASONS)
        return;
    w->dropped[reason] += n;
    put_counter(&w->header->dropped[reason], w->dropped[reason]);
}
