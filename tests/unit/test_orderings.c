/* The protocol's memory orderings, with threads over one mapping: meant for ThreadSanitizer, which sees
 * nothing between processes. Pinned readers read pixels plainly, for nobody may be writing them; peek
 * readers read them as relaxed atomics, for somebody may, and believe only what stayed intact. */
#include "tests/unit/ring_model.h"

#include <pthread.h>

enum { WORDS = 64, PINNED_READERS = 2, PEEK_READERS = 2 };

/* Frames to write at least; the writer goes on until every reader has had its share, however the threads
 * are scheduled, or until it is plain that one never will. */
static unsigned n_frames = 20000;
enum { SHARE = 300, FRAMES_MAX = 50000000 };

struct reader_thread {
    struct ring_model *model;
    bool is_pinned, want_latest;
    _Atomic uint64_t accepted; /* relaxed, so that it orders nothing that is under test */
    uint64_t torn, last;
};

static struct reader_thread readers[PINNED_READERS + PEEK_READERS];

static bool all_have_their_share(void)
{
    for (unsigned i = 0; i < sizeof readers / sizeof *readers; i++)
        if (atomic_load_explicit(&readers[i].accepted, memory_order_relaxed) < SHARE)
            return false;
    return true;
}

static uint64_t word_of(uint64_t n, unsigned i)
{
    return n * UINT64_C(0x9e3779b97f4a7c15) + i;
}

static void *write_frames(void *arg)
{
    struct ring_model *m = arg;
    for (unsigned k = 0; k < n_frames || (k < FRAMES_MAX && !all_have_their_share()); k++) {
        uint32_t slot;
        ck_assert_int_eq(fr_ring_take(&m->writer, &slot), 0);
        uint64_t *pixels = (void *)(m->writer.slots_base + slot * m->plan.slot_bytes);
        uint64_t n = m->writer.head + 1;
        /* Two halves as two kinds of reader look at them. */
        for (unsigned i = 0; i < WORDS / 2; i++)
            __atomic_store_n(&pixels[i], word_of(n, i), __ATOMIC_RELAXED);
        for (unsigned i = WORDS / 2; i < WORDS; i++)
            pixels[i] = word_of(n, i);
        ck_assert_int_eq(fr_ring_publish(&m->writer, slot, NULL, 1), 0);
        if (k % 64 == 0)
            sched_yield();
    }
    atomic_store(&m->alive, 0);
    for (unsigned i = 0; i < FR_GATES; i++)
        atomic_store(&m->gates[i], 0);
    return NULL;
}

static void *read_frames(void *arg)
{
    struct reader_thread *t = arg;
    struct fr_view view = model_view(t->model);
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, &view);
    r.seen = r.given = 0;
    for (;;) {
        int rc =
            fr_ring_read(&r, t->want_latest, t->is_pinned, &model_thread_ops, t->model, &taken);
        if (rc == -EBUSY || rc == -ETIMEDOUT)
            continue;
        if (rc < 0) {
            ck_assert_int_eq(rc, -ENOTCONN);
            return NULL;
        }
        const uint64_t *pixels = (const void *)(view.slots_base + taken.slot_idx * view.slot_bytes);
        uint64_t n = taken.frame.number;
        bool is_right = true;
        if (t->is_pinned) {
            for (unsigned i = WORDS / 2; i < WORDS; i++)
                is_right &= pixels[i] == word_of(n, i);
        } else {
            for (unsigned i = 0; i < WORDS / 2; i++)
                is_right &= __atomic_load_n(&pixels[i], __ATOMIC_RELAXED) == word_of(n, i);
        }
        bool is_intact = fr_ring_intact(&view.descriptors[taken.slot_idx], taken.sequence);
        if (t->is_pinned) {
            ck_assert(is_intact);
            model_unpin(t->model, taken.slot_idx);
        }
        if (is_intact) {
            ck_assert(is_right);
            ck_assert_uint_gt(n, t->last);
            t->last = n;
            atomic_fetch_add_explicit(&t->accepted, 1, memory_order_relaxed);
        } else {
            t->torn++;
        }
    }
}

START_TEST(no_thread_accepts_a_torn_frame_and_no_data_race)
{
    enum { READERS = PINNED_READERS + PEEK_READERS };
    struct ring_model m;
    pthread_t writer, threads[READERS];

    if (getenv("FRAMERING_FRAMES"))
        n_frames = (unsigned)strtoul(getenv("FRAMERING_FRAMES"), NULL, 10);
    model_init(&m, WORDS * 8 / 4, 5, 2, 0);
    for (unsigned i = 0; i < READERS; i++) {
        readers[i].model = &m;
        readers[i].is_pinned = i < PINNED_READERS;
        readers[i].want_latest = i % 2;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_frames, &readers[i]), 0);
    }
    ck_assert_int_eq(pthread_create(&writer, NULL, write_frames, &m), 0);
    pthread_join(writer, NULL);
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_uint_ge(readers[i].accepted, SHARE);
    }
    for (uint32_t i = 0; i < m.plan.slots; i++)
        ck_assert_int_eq(atomic_load(&m.pins[i]),
                         m.writer.book[i].state == FR_SLOT_FREE ? FR_PIN_MAX : 0);
    model_fini(&m);
}
END_TEST

UNIT_MAIN_TIMEOUT("orderings", 280, no_thread_accepts_a_torn_frame_and_no_data_race)
