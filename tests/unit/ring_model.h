/* A ring in ordinary memory with semaphores that are atomics: for tests of the pure protocol. */
#pragma once

#include "common/ring/protocol.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sched.h>

struct ring_model {
    void *base;
    struct fr_layout_plan plan;
    struct fr_geometry geometry;
    atomic_int pins[FR_SLOTS_MAX];
    atomic_int gates[FR_GATES];
    atomic_int alive;
    atomic_int removed;
    struct fr_ring_writer writer;
    unsigned mends;
};

/* Each semaphore operation has the ordering that the kernel's has, and no more: semop() takes the
 * lock of that semaphore and lets it go, so that what came before an operation is seen after a
 * later one on the same semaphore, and nothing else is promised. The ring needs it of
 *
 *     give    release  to  pin      acquire   who pins after a slot was let go sees it as it was then, or newer
 *     unpin   release  to  claim    acquire   a reader's last look comes before the writer's first store
 *     open    release  to  wait     acquire   whoever wakes finds head moved
 *     death   release  to  alive    acquire   the last look at head shows the last frame
 *
 * and of closing a gate nothing: head, stored later with release, carries it. */
static inline int model_claim(void *ctx, uint32_t slot)
{
    struct ring_model *m = ctx;
    int all = FR_PIN_MAX;
    if (atomic_load(&m->removed))
        return -EIDRM;
    return atomic_compare_exchange_strong_explicit(&m->pins[slot], &all, 0, memory_order_acquire,
                                                   memory_order_relaxed)
               ? 0
               : -EAGAIN;
}

static inline int model_give(void *ctx, uint32_t slot)
{
    struct ring_model *m = ctx;
    int value = atomic_load_explicit(&m->pins[slot], memory_order_relaxed);
    do {
        if (value > 0)
            return -ERANGE; /* above FR_PIN_MAX, as the kernel would have it */
    } while (!atomic_compare_exchange_weak_explicit(&m->pins[slot], &value, value + FR_PIN_MAX,
                                                    memory_order_release, memory_order_relaxed));
    return 0;
}

static inline int model_mend(void *ctx, uint32_t slot)
{
    struct ring_model *m = ctx;
    atomic_store_explicit(&m->pins[slot], FR_PIN_MAX, memory_order_release);
    m->mends++;
    return 0;
}

static inline int model_close_gate(void *ctx, uint32_t gate)
{
    atomic_fetch_add_explicit(&((struct ring_model *)ctx)->gates[gate], 1, memory_order_relaxed);
    return 0;
}

static inline int model_open_gate(void *ctx, uint32_t gate)
{
    atomic_fetch_sub_explicit(&((struct ring_model *)ctx)->gates[gate], 1, memory_order_release);
    return 0;
}

/* The writer's death. The kernel's undo is one step; here it is enough that `alive` drops first,
 * for it is looked at only behind an open gate. */
static inline void model_die(struct ring_model *m)
{
    atomic_store_explicit(&m->alive, 0, memory_order_release);
    for (unsigned i = 0; i < FR_GATES; i++)
        atomic_store_explicit(&m->gates[i], 0, memory_order_release);
}

static const struct fr_writer_ops model_writer_ops = {
    .claim = model_claim,
    .give = model_give,
    .mend = model_mend,
    .close_gate = model_close_gate,
    .open_gate = model_open_gate,
};

/* Gives way to the other threads instead of sleeping; a test that is alone gets -ETIMEDOUT. */
static inline int model_wait_gate(void *ctx, uint32_t gate)
{
    struct ring_model *m = ctx;
    for (unsigned i = 0; i < 200000; i++) {
        if (atomic_load(&m->removed))
            return -EIDRM;
        if (atomic_load_explicit(&m->gates[gate], memory_order_acquire) == 0)
            return 0;
        if (i > 16)
            sched_yield();
    }
    return -ETIMEDOUT;
}

static inline int model_look_gate(void *ctx, uint32_t gate)
{
    struct ring_model *m = ctx;
    if (atomic_load(&m->removed))
        return -EIDRM;
    return atomic_load(&m->gates[gate]) == 0 ? 0 : -ETIMEDOUT;
}

static inline bool model_is_alive(void *ctx)
{
    return atomic_load_explicit(&((struct ring_model *)ctx)->alive, memory_order_acquire) != 0;
}

static inline int model_pin(void *ctx, uint32_t slot)
{
    struct ring_model *m = ctx;
    int value = atomic_load_explicit(&m->pins[slot], memory_order_relaxed);
    do {
        if (value == 0)
            return -EAGAIN;
    } while (!atomic_compare_exchange_weak_explicit(&m->pins[slot], &value, value - 1,
                                                    memory_order_acquire, memory_order_relaxed));
    return 0;
}

static inline void model_unpin(void *ctx, uint32_t slot)
{
    atomic_fetch_add_explicit(&((struct ring_model *)ctx)->pins[slot], 1, memory_order_release);
}

/* Waits for the gate by giving way, for threads. */
static const struct fr_reader_ops model_thread_ops = {
    .wait_gate = model_wait_gate,
    .is_alive = model_is_alive,
    .pin = model_pin,
    .unpin = model_unpin,
};
/* Looks at the gate and times out at once, for a single thread. */
static const struct fr_reader_ops model_single_ops = {
    .wait_gate = model_look_gate,
    .is_alive = model_is_alive,
    .pin = model_pin,
    .unpin = model_unpin,
};

static inline void model_init_size(struct ring_model *m, uint32_t width_px, uint32_t height_px,
                                   uint32_t slots, uint32_t hand, uint64_t first_frame)
{
    struct fr_format format = {
        .fourcc = FR_FOURCC_GREY, .width_px = width_px, .height_px = height_px};
    struct fr_ring_identity identity = {
        .epoch = 1, .cookie = 2, .has_pins = true, .camera = "model", .first_frame = first_frame};
    uint64_t first = first_frame ? first_frame : 1;

    memset(m, 0, sizeof *m);
    ck_assert_int_eq(fr_geometry_init(&format, &m->geometry), 0);
    ck_assert_int_eq(fr_layout_plan(&m->geometry, slots, hand, &m->plan), 0);
    m->base = aligned_alloc(FR_LAYOUT_PAGE, m->plan.segment_bytes);
    ck_assert_ptr_nonnull(m->base);
    memset(m->base, 0, m->plan.segment_bytes);
    for (uint32_t i = 0; i < slots; i++)
        atomic_init(&m->pins[i], i < hand ? 0 : FR_PIN_MAX);
    atomic_init(&m->gates[first % FR_GATES], 1);
    atomic_init(&m->gates[(first + 1) % FR_GATES], 1);
    atomic_init(&m->alive, 1);
    fr_ring_format(m->base, &m->plan, &m->geometry, &identity);
    fr_ring_writer_init(&m->writer, m->base, &m->plan, &m->geometry, &identity, &model_writer_ops,
                        m);
}

static inline void model_init(struct ring_model *m, uint32_t width_px, uint32_t slots,
                              uint32_t hand, uint64_t first_frame)
{
    model_init_size(m, width_px, 4, slots, hand, first_frame);
}

static inline void model_fini(struct ring_model *m)
{
    free(m->base);
}

static inline struct fr_view model_view(struct ring_model *m)
{
    struct fr_view view;
    const char *why = NULL;
    int rc = fr_view_init(m->base, m->plan.segment_bytes, &view, &why);
    ck_assert_msg(rc == 0, "fr_view_init: %s", why);
    return view;
}
