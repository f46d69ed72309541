/* S6, S7: a ring whose every field changes while it is read, in threads over memory between two
 * pages that cannot be touched. Made for the thread sanitizer as well, for all that a hostile
 * writer can race with must be read atomically. tests/ipc/test_hostile_writer.c does the same to
 * the library and to programs. */
#include "tests/unit/flipper.h"
#include "tests/unit/ring_model.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

enum { SLOTS = 6, GUARD = 4096, READERS = 2, FLIPPERS = 2 };

/* The bytes of the planes, each read once; whoever writes them meanwhile. */
__attribute__((no_sanitize("thread"))) static uint8_t sum_of(const uint8_t *data, uint64_t bytes)
{
    const volatile uint8_t *at = data;
    uint8_t sum = 0;
    for (uint64_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + at[i]);
    return sum;
}

static void make_geometry(struct fr_geometry *geometry)
{
    struct fr_format format = {.fourcc = FR_FOURCC_NV12, .width_px = 30, .height_px = 17};
    ck_assert_int_eq(fr_geometry_init(&format, geometry), 0);
    ck_assert_int_eq(fr_geometry_add_plane(geometry, FR_PLANE_HALF_Y, 0), 0);
    ck_assert_int_eq(fr_geometry_add_plane(geometry, FR_PLANE_JPEG, 3000), 0);
}

/* As model_init(), with all kinds of planes, and between guard pages. */
static void model_between_guards(struct ring_model *m)
{
    struct fr_ring_identity identity = {.epoch = 1, .has_pins = true, .camera = "model"};
    memset(m, 0, sizeof *m);
    make_geometry(&m->geometry);
    ck_assert_int_eq(fr_layout_plan(&m->geometry, SLOTS, 2, &m->plan), 0);
    size_t size = m->plan.segment_bytes;
    uint8_t *around = mmap(NULL, size + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(around, MAP_FAILED);
    m->base = around + GUARD;
    ck_assert_int_eq(mprotect(m->base, size, PROT_READ | PROT_WRITE), 0);
    for (uint32_t i = 0; i < SLOTS; i++)
        atomic_init(&m->pins[i], i < 2 ? 0 : FR_PIN_MAX);
    atomic_init(&m->gates[1], 1);
    atomic_init(&m->gates[2], 1);
    atomic_init(&m->alive, 1);
    fr_ring_format(m->base, &m->plan, &m->geometry, &identity);
    fr_ring_writer_init(&m->writer, m->base, &m->plan, &m->geometry, &identity, &model_writer_ops,
                        m);
}

struct attacked {
    struct ring_model model;
    atomic_bool stop;
    _Atomic uint64_t flips;
    atomic_uint flippers;
};

static void *publish_on(void *arg)
{
    struct attacked *a = arg;
    while (!atomic_load(&a->stop)) {
        uint32_t slot;
        struct fr_frame_meta meta = {.jpeg_bytes = a->model.writer.head % 3000};
        ck_assert_int_eq(fr_ring_take(&a->model.writer, &slot), 0);
        ck_assert_int_eq(fr_ring_publish(&a->model.writer, slot, &meta, 1), 0);
        sched_yield();
    }
    return NULL;
}

static void *flip_on(void *arg)
{
    struct attacked *a = arg;
    struct flipper f = {.words = a->model.base,
                        .plan = a->model.plan,
                        .geometry = a->model.geometry,
                        .spares_header = atomic_fetch_add(&a->flippers, 1) > 0,
                        .state = (uint64_t)time(NULL) * 2654435761u + (uint64_t)(uintptr_t)&f};
    while (!atomic_load(&a->stop)) {
        flip_turn(&f);
        atomic_fetch_add_explicit(&a->flips, 1, memory_order_relaxed);
    }
    return NULL;
}

struct reading {
    struct attacked *attacked;
    bool is_pinned;
    uint64_t waits; /* of the call under way */
    _Atomic uint64_t entered, refused, taken, contradictions;
};

static int wait_a_little(void *ctx, uint32_t gate)
{
    struct reading *r = ctx;
    ck_assert_uint_lt(gate, FR_GATES);
    ck_assert_uint_lt(r->waits++, 1 << 18); /* or it would wait for ever */
    for (unsigned i = 0; i < 3; i++, sched_yield())
        if (atomic_load(&r->attacked->model.gates[gate]) == 0)
            return 0;
    return -ETIMEDOUT;
}

static bool is_alive(void *ctx)
{
    (void)ctx;
    return true;
}

static int pin(void *ctx, uint32_t slot)
{
    struct reading *r = ctx;
    ck_assert_uint_lt(slot, SLOTS);
    return model_pin(&r->attacked->model, slot);
}

static void unpin(void *ctx, uint32_t slot)
{
    model_unpin(&((struct reading *)ctx)->attacked->model, slot);
}

/* Looks at everything that the view lets it look at. */
static void read_all(struct reading *reading, const struct fr_view *view)
{
    static const struct fr_reader_ops ops = {
        .wait_gate = wait_a_little, .is_alive = is_alive, .pin = pin, .unpin = unpin};
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, view);
    for (unsigned i = 0; i < 20; i++) {
        reading->waits = 0;
        int rc = fr_ring_read(&r, i % 2, reading->is_pinned, &ops, reading, &taken);
        if (rc == -EPROTO)
            atomic_fetch_add(&reading->contradictions, 1);
        if (rc < 0)
            continue;
        const uint8_t *slot = view->slots_base + taken.slot_idx * view->slot_bytes;
        ck_assert_uint_lt(taken.slot_idx, view->slots);
        ck_assert_uint_le(taken.n_planes, FR_PLANES_MAX);
        for (uint32_t p = 0; p < taken.n_planes; p++) {
            const struct fr_plane_layout *plane = &taken.planes[p];
            uint64_t bytes =
                plane->kind == FR_PLANE_JPEG ? taken.frame.jpeg_bytes : plane->size_bytes;
            ck_assert_uint_le(plane->offset_bytes, view->slot_bytes);
            ck_assert_uint_le(bytes, view->slot_bytes - plane->offset_bytes);
            sum_of(slot + plane->offset_bytes, bytes);
        }
        fr_ring_intact(&view->descriptors[taken.slot_idx], taken.sequence);
        if (reading->is_pinned)
            unpin(reading, taken.slot_idx);
        atomic_fetch_add(&reading->taken, 1);
    }
}

static void *read_on(void *arg)
{
    struct reading *reading = arg;
    struct ring_model *m = &reading->attacked->model;
    while (!atomic_load(&reading->attacked->stop)) {
        struct fr_view view;
        const char *why = NULL;
        int rc = fr_view_init(m->base, m->plan.segment_bytes, &view, &why);
        if (rc < 0) {
            ck_assert_int_eq(rc, -EPROTO);
            ck_assert_ptr_nonnull(why);
            atomic_fetch_add(&reading->refused, 1);
            continue;
        }
        atomic_fetch_add(&reading->entered, 1);
        read_all(reading, &view);
    }
    return NULL;
}

static bool lies_in(const struct ring_model *m, const void *from, uint64_t bytes)
{
    uint64_t size = m->plan.segment_bytes;
    uint64_t at = (uint64_t)((const uint8_t *)from - (const uint8_t *)m->base);
    return at <= size && bytes <= size - at;
}

/* Attaches and leaves, as often as it can: what was checked must be what is used. */
static void *attach_on(void *arg)
{
    struct reading *reading = arg;
    struct ring_model *m = &reading->attacked->model;
    while (!atomic_load(&reading->attacked->stop)) {
        struct fr_view v;
        const char *why = NULL;
        if (fr_view_init(m->base, m->plan.segment_bytes, &v, &why) < 0) {
            atomic_fetch_add(&reading->refused, 1);
            continue;
        }
        atomic_fetch_add(&reading->entered, 1);
        ck_assert(v.slots >= FR_SLOTS_MIN && v.slots <= FR_SLOTS_MAX && v.hand <= v.slots);
        ck_assert(v.index_entries >= 2 * v.slots && v.index_entries <= FR_INDEX_MAX);
        ck_assert(lies_in(m, v.index, 8 * (uint64_t)v.index_entries));
        ck_assert(lies_in(m, v.descriptors, v.slots * sizeof(struct fr_layout_slot)));
        ck_assert(v.slot_bytes <= v.size && lies_in(m, v.slots_base, v.slots * v.slot_bytes));
        ck_assert_int_eq(fr_geometry_check(&v.geometry), 0);
        ck_assert_uint_ge(v.slot_bytes, v.geometry.slot_bytes);
        ck_assert_ptr_nonnull(memchr(v.camera, 0, sizeof v.camera));
    }
    return NULL;
}

static double seconds_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

START_TEST(s7_every_field_may_change_while_it_is_read)
{
    static struct attacked a;
    static struct reading readings[READERS], attaching;
    pthread_t writer, flipper[FLIPPERS], reader[READERS], attacher;
    double end = seconds_now() + attack_seconds(2), give_up = end + 60;
    model_between_guards(&a.model);
    ck_assert_int_eq(pthread_create(&writer, NULL, publish_on, &a), 0);
    for (unsigned i = 0; i < FLIPPERS; i++)
        ck_assert_int_eq(pthread_create(&flipper[i], NULL, flip_on, &a), 0);
    for (unsigned i = 0; i < READERS; i++) {
        readings[i] = (struct reading){.attacked = &a, .is_pinned = i % 2};
        ck_assert_int_eq(pthread_create(&reader[i], NULL, read_on, &readings[i]), 0);
    }
    attaching.attacked = &a;
    ck_assert_int_eq(pthread_create(&attacher, NULL, attach_on, &attaching), 0);
    /* For the time of it, and until every kind of answer was had. */
    bool has_all = false;
    while (seconds_now() < end || (!has_all && seconds_now() < give_up)) {
        struct timespec ts = {.tv_nsec = 10000000};
        nanosleep(&ts, NULL);
        has_all = atomic_load(&a.flips) > 1000 && atomic_load(&attaching.entered) > 1000 &&
                  atomic_load(&attaching.refused) > 1000;
        for (unsigned i = 0; i < READERS; i++)
            has_all &= atomic_load(&readings[i].refused) > 10 &&
                       atomic_load(&readings[i].entered) > 10 &&
                       atomic_load(&readings[i].taken) > 10 &&
                       atomic_load(&readings[i].contradictions) > 0;
    }
    atomic_store(&a.stop, true);
    pthread_join(writer, NULL);
    pthread_join(attacher, NULL);
    for (unsigned i = 0; i < FLIPPERS; i++)
        pthread_join(flipper[i], NULL);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(reader[i], NULL);
    for (unsigned i = 0; i < READERS; i++)
        printf(
            "%s reader: %llu lies; entered %llu times, refused %llu, took %llu frames, left %llu "
            "times\n",
            i % 2 ? "pinned" : "peek", (unsigned long long)a.flips,
            (unsigned long long)readings[i].entered, (unsigned long long)readings[i].refused,
            (unsigned long long)readings[i].taken, (unsigned long long)readings[i].contradictions);
    printf("attached and left %llu times, refused %llu times\n",
           (unsigned long long)attaching.entered, (unsigned long long)attaching.refused);
    ck_assert_msg(has_all, "the attack did not meet the readers");
}
END_TEST

/* ---------------------------------------------------------------- without chance */

START_TEST(s7_the_header_is_not_looked_at_again)
{
    static struct attacked a;
    struct ring_model *m = &a.model;
    model_between_guards(m);
    struct fr_view view = model_view(m);
    struct fr_ring_reader r;
    fr_ring_reader_init(&r, &view);
    for (unsigned i = 0; i < 256; i += 5) {
        struct fr_ring_taken taken;
        struct fr_frame_meta meta = {.jpeg_bytes = 2000};
        uint32_t slot;
        memset(m->base, (int)i, offsetof(struct fr_layout_header, head));
        ck_assert_int_eq(fr_ring_take(&m->writer, &slot), 0);
        ck_assert_int_eq(fr_ring_publish(&m->writer, slot, &meta, 1), 0);
        ck_assert_int_eq(fr_ring_read(&r, false, true, &model_single_ops, m, &taken), 0);
        ck_assert_uint_eq(taken.slot_idx, slot);
        ck_assert_uint_eq(taken.n_planes, m->geometry.n_planes);
        ck_assert_mem_eq(taken.planes, m->geometry.planes, sizeof *taken.planes * taken.n_planes);
        model_unpin(m, slot);
    }
}
END_TEST

/* A writer that shows another head each time that it is looked at, and never a frame. */
static int run_ahead(void *ctx, uint32_t slot)
{
    struct reading *r = ctx;
    struct ring_model *m = &r->attacked->model;
    struct fr_layout_header *h = m->base;
    uint64_t n = atomic_load(&h->head) + 1000;
    ck_assert_msg(r->waits++ < 1 << 22, "it is kept for ever");
    atomic_store(&m->writer.index[n % m->plan.index_entries], fr_index_word(n, slot));
    atomic_store(&h->head, n);
    return 0;
}

static void let_be(void *ctx, uint32_t slot)
{
    (void)ctx;
    (void)slot;
}

START_TEST(s6_a_head_that_runs_ahead_does_not_keep_the_reader)
{
    static struct attacked a;
    struct reading reading = {.attacked = &a};
    const struct fr_reader_ops ops = {
        .wait_gate = wait_a_little, .is_alive = is_alive, .pin = run_ahead, .unpin = let_be};
    model_between_guards(&a.model);
    struct fr_view view = model_view(&a.model);
    for (unsigned latest = 0; latest < 2; latest++) {
        struct fr_ring_reader r;
        struct fr_ring_taken taken;
        fr_ring_reader_init(&r, &view);
        run_ahead(&reading, 3); /* its sequence word is odd: no frame there */
        ck_assert_int_eq(fr_ring_read(&r, latest, true, &ops, &reading, &taken), -EPROTO);
    }
}
END_TEST

UNIT_MAIN_TIMEOUT("lying ring", 124, s6_a_head_that_runs_ahead_does_not_keep_the_reader,
                  s7_the_header_is_not_looked_at_again, s7_every_field_may_change_while_it_is_read)
