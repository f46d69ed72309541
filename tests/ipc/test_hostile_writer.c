/* A writer that has been taken over: it publishes, and meanwhile every field of its ring changes,
 * and every semaphore, and the pixels. Readers must come to no harm, whatever they are told: not
 * the library, read through a mapping between guard pages, nor the programs. Rows S6 and S7 of
 * FAULTS.md. tests/unit/test_lying_ring.c does the same to the core, under the thread sanitizer's
 * eyes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "common/ring/rendezvous.h"
#include "tests/history/log.h"
#include "tests/ipc/guarded_shmat.h"
#include "tests/ipc/history.h"
#include "tests/unit/flipper.h"

#include <spawn.h>
#include <sys/sem.h>

#define CAMERA   "s7"
#define MEMORY   ((rlim_t)64 << 20) /* that a reader may ask for */
#define PROGRAMS 8u

extern char **environ;

struct stage {
    struct fr_geometry geometry;
    struct meet published, flips, told; /* told: readings of `framering info` */
    struct meet taken, refused, left;   /* by readers: frames; rings, and why they went */
    struct meet programs;
    atomic_bool stop;
};

/* ---------------------------------------------------------------- the writer */

static struct fr_epoch_options hostile_options(void)
{
    struct fr_epoch_options options = {.slots = 6, .copy_path = FR_PATH_SYNTHETIC};
    struct fr_format format = {
        .fourcc = FR_FOURCC_NV12, .width_px = 126, .height_px = 66, .field = 1};
    must(fr_geometry_init(&format, &options.geometry) == 0 &&
             fr_geometry_add_plane(&options.geometry, FR_PLANE_HALF_Y, 0) == 0 &&
             fr_geometry_add_plane(&options.geometry, FR_PLANE_JPEG, 5000) == 0,
         "no such geometry");
    return options;
}

/* Bytes that begin as a JPEG does, with lengths that mean nothing. */
static void draw(uint8_t *slot, size_t bytes, const struct fr_plane_layout *jpeg)
{
    static const uint8_t start[] = {0xff, 0xd8, 0xff, 0xc0, 0, 17, 8,    0, 66,   0,    126, 3, 1,
                                    0x22, 0,    2,    0x11, 1, 3,  0x11, 1, 0xff, 0xda, 0,   12};
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
        uint64_t word = history_mix(chance(1u << 30));
        memcpy(slot + i, &word, 8);
    }
    memcpy(slot + jpeg->offset_bytes, start, sizeof start);
    if (chance(2))
        slot[jpeg->offset_bytes + chance(sizeof start)] = (uint8_t)chance(256);
}

static void publisher_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = hostile_options();
    struct fr_writer *writer;
    char reason[256] = "";
    int r = fr_writer_open(CAMERA, NULL, &writer, reason, sizeof reason);
    must(r == 0, "%s: %s", strerror(-r), reason);
    must(fr_writer_begin(writer, &options) == 0, "%s", fr_writer_reason(writer));
    stage->geometry = options.geometry;
    while (!atomic_load(&stage->stop)) {
        uint32_t slot;
        r = fr_writer_take(writer, &slot);
        if (r == 0) {
            draw(fr_writer_slot(writer, slot), fr_writer_slot_bytes(writer),
                 &options.geometry.planes[3]);
            struct fr_frame_meta meta = {.jpeg_bytes = chance(5001)};
            r = fr_writer_publish(writer, slot, &meta);
        }
        must(r == 0, "%s", strerror(-r));
        meet_add(&stage->published);
        pass_time(NS_PER_MS / 5);
    }
    fr_writer_close(writer);
}

/* A semaphore has a value that it cannot have, or should not, for a moment. */
static void flip_semaphore(const struct fr_sysv *ids)
{
    static const int values[] = {0, 1, 2, 32766, 32767};
    bool is_gate = chance(2);
    int id = is_gate ? ids->gates_id : ids->pins_id;
    int number = (int)chance(is_gate ? FR_GATE_SEMS : 8);
    int truth = semctl(id, number, GETVAL);
    if (truth < 0)
        return;
    semctl(id, number, SETVAL, values[chance(5)]);
    pass_time((int64_t)chance(50000));
    semctl(id, number, SETVAL, truth);
}

static void flipper_main(void *arg)
{
    struct stage *stage = arg;
    char rundir[256];
    struct fr_rendezvous meet;
    meet_wait(&stage->published, 1);
    must(fr_rendezvous_read(fr_rundir(0, rundir, sizeof rundir), CAMERA, &meet, NULL, 0) == 0,
         "no ring");
    void *base = shmat(meet.ids.shm_id, NULL, 0);
    must(base != (void *)-1, "%s", strerror(errno));
    struct flipper f = {
        .words = base, .geometry = stage->geometry, .state = chance(UINT32_MAX) + 1};
    must(fr_layout_plan(&stage->geometry, 6, 2, &f.plan) == 0, "no plan");
    for (uint32_t i = 0; !atomic_load(&stage->stop); i++) {
        for (unsigned k = 0; k < 50; k++)
            flip_turn(&f);
        if (i % 4 == 0)
            flip_semaphore(&meet.ids);
        meet_add(&stage->flips);
        if (i % 4 == 0) /* a time in which the ring is as it should be */
            pass_time((int64_t)chance(NS_PER_MS));
    }
}

/* ---------------------------------------------------------------- the library */

static void limit_memory(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return; /* their shadows are large */
#else
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    must(f && fscanf(f, "%lu", &pages) == 1, "no /proc/self/statm");
    fclose(f);
    struct rlimit limit = {pages * 4096 + MEMORY, pages * 4096 + MEMORY};
    must(setrlimit(RLIMIT_AS, &limit) == 0, "%s", strerror(errno));
#endif
}

HISTORY_UNSANITIZED
static void look_at_all(const struct fr_frame *frame)
{
    static volatile uint8_t sum;
    must(frame->n_planes >= 1 && frame->n_planes <= FR_PLANES_MAX, "%u planes", frame->n_planes);
    for (uint32_t p = 0; p < frame->n_planes; p++) {
        const struct fr_plane *plane = &frame->planes[p];
        must(is_guarded(plane->data, plane->size_bytes),
             "plane %u of %" PRIu64 " bytes lies outside", p, plane->size_bytes);
        for (uint64_t i = 0; i < plane->size_bytes; i++)
            sum = (uint8_t)(sum + ((const volatile uint8_t *)plane->data)[i]);
    }
    struct fr_luma luma;
    if (fr_frame_luma(frame, &luma) == 0)
        must(is_guarded(luma.data,
                        (uint64_t)luma.stride_bytes * (luma.height_px - 1) + luma.width_px),
             "luma of %ux%u lies outside", luma.width_px, luma.height_px);
}

static void reading(struct stage *stage, enum fr_read_mode mode)
{
    meet_wait(&stage->published, 1);
    limit_memory();
    while (!atomic_load(&stage->stop)) {
        struct fr_reader *reader = reader_open(CAMERA, mode);
        struct fr_frame held[3];
        unsigned n = 0;
        for (unsigned i = 0; i < 40; i++) {
            int64_t timeout_ns = 2 * NS_PER_MS;
            int r = chance(2) ? fr_reader_next(reader, timeout_ns, &held[n])
                              : fr_reader_latest(reader, timeout_ns, &held[n]);
            must(r == 0 || r == -ETIMEDOUT || r == -ENOTCONN || r == -EBUSY || r == -EPROTO ||
                     (r == -ENOTSUP && mode == FR_READ_PINNED),
                 "%s: %s", strerror(-r), fr_reader_reason(reader));
            if (r == -EPROTO)
                meet_add(strstr(fr_reader_reason(reader), "contradicts") ? &stage->left
                                                                         : &stage->refused);
            if (r == -EPROTO || r == -ENOTCONN || r == -ENOTSUP)
                break; /* anew: it would not enter this ring again */
            if (r < 0)
                continue;
            look_at_all(&held[n]);
            meet_add(&stage->taken);
            if (++n == 3)
                while (n > 0) {
                    fr_frame_intact(&held[--n]);
                    fr_reader_release(reader, &held[n]);
                }
        }
        if (chance(2))
            while (n > 0)
                fr_reader_release(reader, &held[--n]);
        fr_reader_close(reader);
    }
}

static void peek_main(void *arg)
{
    reading(arg, FR_READ_PEEK);
}

static void pinned_main(void *arg)
{
    reading(arg, FR_READ_PINNED);
}

static void info_main(void *arg)
{
    struct stage *stage = arg;
    meet_wait(&stage->published, 1);
    limit_memory();
    while (!atomic_load(&stage->stop)) {
        struct fr_ring_info info;
        int r = fr_ring_info(CAMERA, &info);
        if (r == -ENOENT && atomic_load(&stage->stop))
            break; /* the writer saw it first */
        must(r == 0, "%s", strerror(-r));
        must(info.state <= FR_RING_REFUSED, "state %d", (int)info.state);
        must(info.slots <= FR_SLOTS_MAX && info.hand <= FR_SLOTS_MAX &&
                 info.geometry.n_planes <= FR_PLANES_MAX,
             "%u slots, %u in hand, %u planes", info.slots, info.hand, info.geometry.n_planes);
        must(memchr(info.camera, 0, sizeof info.camera) &&
                 memchr(info.reason, 0, sizeof info.reason),
             "a text without an end");
        for (uint32_t s = 0; s < info.slots; s++)
            must(info.slot[s].pins <= 32767 && info.slot[s].last_pid >= 0, "slot %u has %u pins", s,
                 info.slot[s].pins);
        if (info.state == FR_RING_LIVE)
            meet_add(&stage->told);
    }
}

/* ---------------------------------------------------------------- the programs */

/* Runs one to its end, or ends it after a while; what it said is shown if it ended as it should
 * not. */
static void run_program(const char *const argv[], bool goes_on)
{
    char path[PATH_MAX], said[8192];
    pid_t pid;
    int log = memfd_create("said", MFD_CLOEXEC);
    posix_spawn_file_actions_t actions;
    snprintf(path, sizeof path, "%s/%s", getenv("FRAMERING_BUILD"), argv[0]);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, log, 2);
    int r = posix_spawn(&pid, path, &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    must(r == 0, "%s: %s", path, strerror(r));
    if (goes_on) {
        pass_time(NS_PER_S / 4);
        kill(pid, SIGTERM);
    }
    int status = child_end(pid);
    bool is_well = WIFEXITED(status) && WEXITSTATUS(status) <= 1;
    is_well |=
        goes_on && WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM; /* before it had a handler */
    ssize_t n = is_well ? 0 : pread(log, said, sizeof said - 1, 0);
    said[n > 0 ? n : 0] = 0;
    must(is_well, "%s %s ended with status 0x%x:\n%s", argv[0], argv[1], (unsigned)status, said);
    close(log);
}

static void programs_main(void *arg)
{
    static const struct {
        const char *argv[8];
        bool goes_on;
    } commands[] = {
        {{"monitor/framering", "info", CAMERA, "--json", "--window", "0.05"}, false},
        {{"monitor/framering", "info", CAMERA, "--window", "0"}, false},
        {{"monitor/framering", "list"}, false},
        {{"monitor/framering", "snapshot", CAMERA, "-o", "-", "--timeout", "1"}, false},
        {{"monitor/framering", "snapshot", CAMERA, "-o", "-", "--quality", "50"}, true},
        {{"monitor/framering", "cat", CAMERA}, true},
        {{"analyzer/framering-analyzer", "--camera", CAMERA, "--read-mode", "peek"}, true},
        {{"analyzer/framering-analyzer", "--camera", CAMERA}, true},
    };
    struct stage *stage = arg;
    /* A sanitizer's finding must not look like a command that failed. */
    setenv("ASAN_OPTIONS", "exitcode=99:detect_leaks=0", 1);
    setenv("UBSAN_OPTIONS", "exitcode=99:print_stacktrace=1", 1);
    setenv("TSAN_OPTIONS", "exitcode=99", 1);
    meet_wait(&stage->published, 1);
    for (unsigned i = 0; !atomic_load(&stage->stop); i++) {
        run_program(commands[i % PROGRAMS].argv, commands[i % PROGRAMS].goes_on);
        meet_add(&stage->programs);
    }
}

/* ---------------------------------------------------------------- all of it */

START_TEST(s7_a_header_that_changes_after_attaching_is_not_looked_at)
{
    struct fr_epoch_options options = camera_options(320, 240);
    struct camera camera;
    struct history history = {0};
    camera_open(&camera, "s7-header", &options);
    struct fr_reader *reader = reader_open("s7-header", FR_READ_PINNED);
    reader_attach(reader);
    uint8_t *header = shmat(ring_info("s7-header").shm_id, NULL, 0);
    ck_assert_ptr_ne(header, (void *)-1);
    for (unsigned i = 0; i < 256; i += 5) {
        struct fr_frame frame;
        memset(header, (int)i, offsetof(struct fr_layout_header, head));
        camera_publish(&camera);
        reader_next(reader, &history, &frame);
        ck_assert_uint_eq(frame.epoch, camera.epoch);
        ck_assert_uint_eq(frame.format.width_px, 320);
        ck_assert(history_release(&history, reader, &frame, history_look(&frame)));
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
    fr_writer_close(camera.writer);
    shmdt(header);
}
END_TEST

START_TEST(s7_readers_come_to_no_harm_by_a_writer_that_lies)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    history_writer_lies();
    void (*const bodies[])(void *) = {publisher_main, flipper_main, peek_main,
                                      pinned_main,    info_main,    programs_main};
    pid_t pid[6];
    int64_t end_ns = now_ns() + (int64_t)(attack_seconds(2) * 1e9);
    for (unsigned i = 0; i < 6; i++)
        pid[i] = child_start(bodies[i], stage);

    /* For the time of it, and until every kind of answer was had. */
    meet_wait(&stage->taken, 100);
    meet_wait(&stage->refused, 10);
    meet_wait(&stage->left, 10);
    meet_wait(&stage->told, 10);
    meet_wait(&stage->programs, PROGRAMS);
    while (now_ns() < end_ns && !child_has_failed())
        pass_time(10 * NS_PER_MS);
    atomic_store(&stage->stop, true);
    for (unsigned i = 0; i < 6; i++)
        child_ends_well(pid[i]);
    printf(
        "%u frames published, %u lies; readers took %u frames, were refused %u times and left %u "
        "times; %u readings of info, %u programs\n",
        stage->published.count, 50 * stage->flips.count, stage->taken.count, stage->refused.count,
        stage->left.count, stage->told.count, stage->programs.count);
}
END_TEST

IPC_MAIN("hostile writer", s7_a_header_that_changes_after_attaching_is_not_looked_at,
         s7_readers_come_to_no_harm_by_a_writer_that_lies)
