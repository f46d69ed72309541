/* Readers: pinned or peeking, next or latest, patient or not; they hold frames for a while, are
 * killed, and come back. Each proves every frame that it is given, and what it was told of those it
 * was not. */
#include "tests/sim/actors.h"
#include "tests/sim/camera.h"
#include "tests/sim/world.h"

#include "framering/framering.h"

#include <errno.h>
#include <stdio.h>

enum { HELD_MAX = 10 };

static struct reader {
    unsigned lives_left, calls_left;
    struct fr_reader *handle;
    bool is_pinned;
    unsigned way; /* 0: next; 1: latest; 2: as it comes */
    unsigned hold_max;
    bool is_hog; /* gives back only what it must */

    uint64_t epoch, given; /* of the last frame given */
    uint64_t attaches, leaves;
    uint64_t attach_of_epoch;      /* the one that gave it */
    uint64_t floor[ORACLE_EPOCHS]; /* heads when the call began that attached last */
    bool only_next;                /* since `given` */
    uint64_t frames, missed, torn;
    unsigned n_held;
    struct held {
        struct fr_frame frame;
        bool is_right;
    } held[HELD_MAX];
} readers[READERS_MAX];

static void live(void *arg);

static void be_born(struct reader *r)
{
    static const char *const names[READERS_MAX] = {"reader0", "reader1", "reader2", "reader3"};
    unsigned i = (unsigned)(r - readers);
    *r = (struct reader){.lives_left = r->lives_left - 1, .only_next = true};
    r->calls_left = 2 + sim_below(2 * scenario.frames_max);
    r->is_pinned = sim_chance(2);
    r->way = sim_below(3);
    r->hold_max = 1 + (sim_chance(2) ? 0 : sim_below(HELD_MAX - 1));
    r->is_hog = sim_chance(4);
    struct process *p = process_begin(READER_ACTOR + i, names[i], live, r);
    p->actor->weight = 1u << 2 * sim_below(5);
    if (scenario.may_readers_die && sim_chance(2)) {
        uint32_t life = 1 + sim_below(sim_chance(2) ? 100 : 600);
        sim_mortal(p->actor, (int32_t)life,
                   sim_chance(4) ? 1 + (int32_t)sim_below(300) : SIM_FOREVER);
    }
}

void reader_begin(unsigned i)
{
    readers[i].lives_left = 1 + sim_chance(3);
    be_born(&readers[i]);
}

void reader_killed(struct process *process)
{
    struct reader *r = &readers[process - processes - READER_ACTOR];
    totals.reader_deaths++;
    process_end();
    if (r->lives_left > 0)
        be_born(r);
}

/* ---------------------------------------------------------------- frames */

/* Word by word, for meanwhile it may be written over. */
static bool reads_right(const struct fr_frame *frame)
{
    const uint64_t *pixels = (const void *)frame->planes[0].data;
    uint64_t picture = oracle_epoch(frame->epoch)->picture[frame->number];
    bool is_right = true;
    for (unsigned i = 0; i < MEMORY_PIXELS; i++)
        is_right &= sim_load(&pixels[i], memory_order_relaxed, __func__, "load a pixel") ==
                    camera_word(picture, i);
    return is_right;
}

static void release(struct reader *r, unsigned i)
{
    struct held *held = &r->held[i];
    struct fr_frame frame = held->frame;
    struct epoch *e = oracle_epoch(frame.epoch);
    if (sim_chance(2))
        held->is_right &= reads_right(&frame);
    bool is_right = held->is_right;
    if (r->is_pinned)
        oracle_hold(e, frame.slot_idx, -1);
    *held = r->held[--r->n_held];

    int rc = fr_reader_release(r->handle, &frame);
    sim_must(rc == 0 || rc == -ESTALE, "fr_reader_release gives %d", rc);
    sim_must(rc < 0 || is_right, "frame %llu of epoch %llu is accepted, and was not whole",
             (unsigned long long)frame.number, (unsigned long long)e->number);
    sim_must(rc == 0 || !r->is_pinned || oracle.are_pins_loose,
             "frame %llu was pinned, and written over", (unsigned long long)frame.number);
    r->torn += rc < 0;
    oracle_check_pins_held();
}

/* What stands in a frame that was just given. */
static void check_frame(struct reader *r, const struct fr_frame *frame)
{
    struct epoch *e = oracle_epoch(frame->epoch);
    uint64_t n = frame->number;
    sim_must(n > 0 && n <= e->head, "frame %llu of %llu is invented", (unsigned long long)n,
             (unsigned long long)e->head);
    sim_must(frame->source_sequence == (uint32_t)e->picture[n] &&
                 frame->slot_idx == e->slot_of[n] && frame->is_pinned == r->is_pinned &&
                 frame->n_planes == 1 && frame->published_mono_ns >= frame->captured_mono_ns,
             "frame %llu is described wrongly", (unsigned long long)n);
    if (frame->epoch == r->epoch) {
        sim_must(n == r->given + 1 + frame->missed, "after frame %llu came %llu, with %llu missed",
                 (unsigned long long)r->given, (unsigned long long)n,
                 (unsigned long long)frame->missed);
    } else {
        sim_must(frame->epoch > r->epoch, "epoch %llu after %llu", (unsigned long long)frame->epoch,
                 (unsigned long long)r->epoch);
        sim_must(frame->missed < n && (sim.is_weak || n - 1 - frame->missed >= r->floor[e->number]),
                 "the first frame is %llu with %llu missed, and %llu was out before",
                 (unsigned long long)n, (unsigned long long)frame->missed,
                 (unsigned long long)r->floor[e->number]);
    }
    if (r->only_next && !(r->is_pinned && oracle.are_pins_loose))
        for (uint64_t k = n - frame->missed; k < n; k++)
            sim_must(!oracle_is_there(e, k, r->is_pinned),
                     "frame %llu is missed, and is still there", (unsigned long long)k);
}

static void accept(struct reader *r, const struct fr_frame *frame)
{
    check_frame(r, frame);
    r->epoch = frame->epoch;
    r->given = frame->number;
    r->attach_of_epoch = r->attaches;
    r->frames++;
    r->missed += frame->missed;
    if (r->is_pinned)
        oracle_hold(oracle_epoch(frame->epoch), frame->slot_idx, 1);
    oracle_check_pins_held();
    struct held *held = &r->held[r->n_held++];
    *held = (struct held){.frame = *frame, .is_right = true};
    held->is_right = reads_right(frame);
    if (sim_chance(4) && fr_frame_intact(frame))
        sim_must(held->is_right, "frame %llu counts as intact, and is not",
                 (unsigned long long)frame->number);
}

/* ---------------------------------------------------------------- calls */

static bool is_attached(const struct reader *r)
{
    return r->attaches > r->leaves;
}

/* Gone: so it must be, and nothing of it may have been kept back. Who was told by the removal of
 * the gates has had no chance to look at what came last. */
static void check_gone(const struct reader *r)
{
    if (r->attach_of_epoch != r->attaches)
        return;
    const struct epoch *e = oracle_epoch(r->epoch);
    sim_must(e->is_over, "the writer is said to be gone, and is not");
    sim_must(!kernel_set(e->gates_id) || oracle.has_removals || oracle.are_pins_loose ||
                 r->given == e->head || !oracle_is_there(e, e->head, r->is_pinned),
             "frame %llu, the last before the writer's death, is kept back",
             (unsigned long long)e->head);
}

/* An error; which ones may be? */
static void check_error(struct reader *r, int rc, bool was_attached, int64_t timeout_ns,
                        bool was_withheld)
{
    switch (rc) {
    case -ETIMEDOUT:
        sim_must(timeout_ns >= 0 || sim.is_over, "a call that had all time timed out");
        return;
    case -EBUSY:
        sim_must(r->is_pinned && (was_withheld || sim.is_weak || oracle.are_pins_loose),
                 "busy, and no frame was withheld");
        totals.busy++;
        return;
    case -ENOTSUP:
        sim_must(r->is_pinned && oracle_newest(), "a ring is refused");
        for (uint64_t i = oracle.newest_epoch; i > 0; i--)
            if (oracle.epochs[i].number && !oracle.epochs[i].has_pins)
                return;
        sim_fail("a ring is refused for having no pins, and has them");
    case -ENOTCONN:
        if (was_attached)
            check_gone(r);
        break;
    default:
        sim_fail("reading gives %d: %s", rc, fr_reader_reason(r->handle));
    }
    if (is_attached(r))
        r->leaves++;
}

void readers_quiet(const struct epoch *e)
{
    for (unsigned i = 0; i < scenario.readers; i++) {
        const struct reader *r = &readers[i];
        const struct process *p = &processes[READER_ACTOR + i];
        if (!p->is_alive || !p->set || p->set->id != e->gates_id || r->epoch != e->number ||
            r->attach_of_epoch != r->attaches || oracle.are_pins_loose)
            continue;
        bool may_be_late = e->head - r->given >= FR_GATES - 2; /* a turn of the gates */
        sim_must(r->given == e->head || may_be_late || !oracle_is_there(e, e->head, r->is_pinned),
                 "%s has frame %llu and sleeps, and %llu is out", p->name,
                 (unsigned long long)r->given, (unsigned long long)e->head);
    }
}

static void call(struct reader *r)
{
    struct fr_frame frame;
    bool want_latest = r->way == 2 ? sim_chance(2) : r->way == 1;
    int64_t timeout_ns = sim_chance(4) ? (int64_t)sim_below(20000) : -1;
    bool was_attached = is_attached(r);
    uint64_t heads[ORACLE_EPOCHS];
    bool was_withheld = false;
    for (unsigned i = 1; i <= oracle.newest_epoch; i++) {
        const struct epoch *e = &oracle.epochs[i];
        heads[i] = e->number ? e->head : 0;
        was_withheld |= e->number && e->is_newest_withheld;
    }
    uint64_t known = oracle.newest_epoch, withheld = oracle.withheld;

    r->only_next &= !want_latest;
    int rc = (want_latest ? fr_reader_latest : fr_reader_next)(r->handle, timeout_ns, &frame);
    struct fr_reader_counts counts;
    fr_reader_counts(r->handle, &counts);
    if (counts.epochs > r->attaches) {
        sim_must(!was_attached, "attached to a second ring");
        for (unsigned i = 1; i <= oracle.newest_epoch; i++)
            r->floor[i] = i <= known ? heads[i] : 0;
        r->attaches = counts.epochs;
    }
    sim_must(counts.refused == 0 || oracle.has_removals, "a descriptor is refused");
    if (rc < 0) {
        check_error(r, rc, was_attached, timeout_ns, was_withheld || oracle.withheld > withheld);
        oracle_check_pins_held();
        return;
    }
    sim_must(!want_latest || sim.is_weak || !was_attached || frame.epoch > known ||
                 frame.number >= heads[frame.epoch],
             "frame %llu is not the latest", (unsigned long long)frame.number);
    accept(r, &frame);
    r->only_next = true;
    sim_must(counts.frames == r->frames && counts.missed == r->missed && counts.torn == r->torn,
             "the counts are wrong");
}

static void live(void *arg)
{
    struct reader *r = arg;
    int rc = fr_reader_open(SIM_CAMERA, r->is_pinned ? FR_READ_PINNED : FR_READ_PEEK, &r->handle);
    sim_must(rc == 0, "fr_reader_open gives %d", rc);
    while (r->calls_left-- > 0 && !(sim.is_over && !is_attached(r))) {
        call(r);
        if (r->n_held == HELD_MAX || (r->n_held >= r->hold_max && !r->is_hog))
            release(r, sim_below(r->n_held));
        while (r->n_held > 0 && sim_chance(r->is_hog ? 64 : 4))
            release(r, sim_below(r->n_held));
    }
    while (r->n_held > 0 && !sim_chance(8))
        release(r, r->n_held - 1);
    totals.taken += r->frames;
    totals.missed += r->missed;
    totals.torn += r->torn;
    for (unsigned i = 0; i < r->n_held && r->is_pinned; i++) /* closing gives these back */
        oracle_hold(oracle_epoch(r->held[i].frame.epoch), r->held[i].frame.slot_idx, -1);
    fr_reader_close(r->handle);
    oracle_check_pins_held();
    for (unsigned i = 0; i < KERNEL_HEAP; i++)
        sim_must(!process_now()->heap[i], "%s leaks memory", process_now()->name);
    process_end();
    if (r->lives_left > 0 && !sim.is_over)
        be_born(r);
}
