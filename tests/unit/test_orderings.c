/* The protocol's memory orderings, with threads over one mapping and frames of every size: meant
 * for ThreadSanitizer, which sees nothing between processes. Everybody reads every byte of every
 * frame that he gets. Pinned readers read plainly, for nobody may be writing, and the sanitizer
 * watches. Peek readers read what somebody may be writing, out of the sanitizer's sight, and
 * believe what stayed intact.
 *
 * The sanitizer runs on the processor that it has and does not follow fences; what a weaker
 * processor may do is the part of tests/sim.
 *
 *     FRAMERING_FRAMES=100000000 CK_FORK=no setarch -R build/tsan/tests/unit/test_orderings
 */
#include "tests/unit/ring_model.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#if defined(__SANITIZE_THREAD__)
enum { FRAMES_DEFAULT = 1000000 };
#else
enum { FRAMES_DEFAULT = 300000 };
#endif

/* Each writes so many of a million frames, and at least so many that every reader gets its
 * share. */
static const struct size {
    uint32_t width_px, height_px, slots, hand, per_million;
} sizes[] = {
    /* clang-format off */
    {64, 1, 5, 2, 441700},  /* a line of the cache, and no slot to spare */
    {64, 1, 8, 3, 441000},  /* and with a slot claimed and one let go ahead of each publish */
    {63, 17, 8, 2, 100000}, /* rows end before their stride */
    {320, 13, 6, 2, 15000}, /* a page and a bit */
    {641, 481, 5, 2, 2000},
    {1920, 1080, 8, 3, 300},
    /* clang-format on */
};

enum { PINNED_READERS = 2, PEEK_READERS = 2, READERS = PINNED_READERS + PEEK_READERS };
enum { SHARE = 20, FRAMES_MAX = 50000000 };

struct reader_thread {
    pthread_t thread;
    struct ring_model *model;
    bool is_pinned, want_latest;
    /* Relaxed, so that it orders nothing that is under test. */
    _Atomic uint64_t accepted;
    uint64_t torn, last;
};

static struct reader_thread readers[READERS];
static uint64_t n_frames = FRAMES_DEFAULT;

static bool all_have_their_share(void)
{
    for (unsigned i = 0; i < READERS; i++)
        if (atomic_load_explicit(&readers[i].accepted, memory_order_relaxed) < SHARE)
            return false;
    return true;
}

static uint64_t word_of(uint64_t n, uint64_t i)
{
    return n * UINT64_C(0x9e3779b97f4a7c15) + i;
}

static size_t words_of(const struct fr_geometry *geometry)
{
    return geometry->slot_bytes / sizeof(uint64_t);
}

static bool is_frame(const uint64_t *pixels, size_t words, uint64_t n)
{
    for (size_t i = 0; i < words; i++)
        if (pixels[i] != word_of(n, i))
            return false;
    return true;
}

__attribute__((noinline, no_sanitize("thread"))) static bool
is_frame_unseen(const uint64_t *pixels, size_t words, uint64_t n)
{
    for (size_t i = 0; i < words; i++)
        if (pixels[i] != n * UINT64_C(0x9e3779b97f4a7c15) + i)
            return false;
    return true;
}

/* Not Check's assertions: they take a lock and write to a pipe when they hold, which orders
 * threads. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

static void write_frames(struct ring_model *m, uint64_t frames)
{
    size_t words = words_of(&m->geometry);
    for (uint64_t k = 0; k < frames || (k < FRAMES_MAX && !all_have_their_share()); k++) {
        uint32_t slot;
        must(fr_ring_take(&m->writer, &slot) == 0);
        uint64_t *pixels = (void *)(m->writer.slots_base + slot * m->plan.slot_bytes);
        for (size_t i = 0; i < words; i++)
            pixels[i] = word_of(m->writer.head + 1, i);
        must(fr_ring_publish(&m->writer, slot, NULL, 1) == 0);
        if (k % 8 == 0) /* or readers of small frames would hardly meet one */
            sched_yield();
    }
    model_die(m);
}

static void *read_frames(void *arg)
{
    struct reader_thread *t = arg;
    struct fr_view view = model_view(t->model);
    size_t words = words_of(&t->model->geometry);
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
            must(rc == -ENOTCONN);
            return NULL;
        }
        const uint64_t *pixels = (const void *)(view.slots_base + taken.slot_idx * view.slot_bytes);
        uint64_t n = taken.frame.number;
        if (n % 16 == 0) /* as one who is slow to look */
            sched_yield();
        bool is_right = (t->is_pinned ? is_frame : is_frame_unseen)(pixels, words, n);
        bool is_intact = fr_ring_intact(&view.descriptors[taken.slot_idx], taken.sequence);
        if (t->is_pinned) {
            must(is_intact);
            model_unpin(t->model, taken.slot_idx);
        }
        if (is_intact) {
            must(is_right);
            must(n > t->last);
            t->last = n;
            atomic_fetch_add_explicit(&t->accepted, 1, memory_order_relaxed);
        } else {
            t->torn++;
        }
    }
}

static void print_size(const struct size *size, const struct ring_model *m, double took_s)
{
    printf("%4u x %4u, %u slots, %u in hand: %9llu frames in %6.1f s; accepted (torn, thrown away)",
           size->width_px, size->height_px, size->slots, size->hand,
           (unsigned long long)m->writer.head, took_s);
    for (unsigned i = 0; i < READERS; i++)
        printf(" %llu (%llu)", (unsigned long long)readers[i].accepted,
               (unsigned long long)readers[i].torn);
    printf("\n");
    fflush(stdout);
}

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

START_TEST(no_thread_accepts_a_torn_frame_and_no_data_race)
{
    const struct size *size = &sizes[_i];
    struct ring_model m;
    double began_s = now_s();

    if (getenv("FRAMERING_FRAMES"))
        n_frames = strtoull(getenv("FRAMERING_FRAMES"), NULL, 10);
    model_init_size(&m, size->width_px, size->height_px, size->slots, size->hand, 0);
    for (unsigned i = 0; i < READERS; i++) {
        readers[i] = (struct reader_thread){
            .model = &m, .is_pinned = i < PINNED_READERS, .want_latest = i % 2};
        ck_assert_int_eq(pthread_create(&readers[i].thread, NULL, read_frames, &readers[i]), 0);
    }
    write_frames(&m, n_frames / 1000000 * size->per_million +
                         n_frames % 1000000 * size->per_million / 1000000);
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        ck_assert_uint_ge(readers[i].accepted, SHARE);
    }
    for (uint32_t i = 0; i < m.plan.slots; i++) {
        bool is_let_go = m.writer.book[i].state == FR_SLOT_FREE || i == m.writer.given_idx;
        ck_assert_int_eq(atomic_load(&m.pins[i]), is_let_go ? FR_PIN_MAX : 0);
    }
    print_size(size, &m, now_s() - began_s);
    model_fini(&m);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("orderings");
    Suite *suite = suite_create("orderings");
    tcase_set_timeout(tcase, 280);
    tcase_add_loop_test(tcase, no_thread_accepts_a_torn_frame_and_no_data_race, 0,
                        sizeof sizes / sizeof *sizes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
