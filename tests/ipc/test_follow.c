/* Readers that follow their camera: before it is there, through new geometries, and when somebody
 * removes its objects. Rows S16 and S21 of FAULTS.md, and the promises of fr_reader_next().
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <sys/sem.h>
#include <sys/shm.h>

struct stage {
    const char *camera;
    struct meet waiting; /* the reader has been told that there is no ring, and waits */
    struct meet read;
    struct meet told;
    atomic_bool stop;
};

/* ---------------------------------------------------------------- not there yet */

static void early_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_frame frame;
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PINNED);
    int r = fr_reader_next(reader, -1, &frame);
    must(r == -ENOTCONN, "%d", r);
    must(*fr_reader_reason(reader), "without a reason");
    r = fr_reader_next(reader, 0, &frame);
    must(r == -ETIMEDOUT, "told again: %d", r);
    meet_add(&stage->waiting);
    reader_next(reader, &history, &frame);
    must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
    meet_add(&stage->read);
    fr_reader_close(reader);
}

/* Publishes until the reader has had a frame. */
static void run_until_read(struct stage *stage)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    for (int i = 0; !atomic_load(&stage->read.count); i++) {
        must(i < DEADLINE_S * 1000, "it never came");
        camera_publish(&camera);
        pass_time(NS_PER_MS);
    }
    fr_writer_close(camera.writer);
}

START_TEST(reader_waits_for_a_ring_that_does_not_exist_yet)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "early";
    pid_t reader = child_start(early_reader_main, stage);
    meet_wait(&stage->waiting, 1);
    run_until_read(stage);
    child_ends_well(reader);
}
END_TEST

START_TEST(reader_waits_even_for_the_run_folder)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    char rundir[256], missing[300];
    stage->camera = "early";
    snprintf(missing, sizeof missing, "%s/not-yet", fr_rundir(0, rundir, sizeof rundir));
    ck_assert_int_eq(setenv("FRAMERING_RUNDIR", missing, 1), 0);
    pid_t reader = child_start(early_reader_main, stage);
    meet_wait(&stage->waiting, 1);
    ck_assert_int_eq(mkdir(missing, 0755), 0);
    run_until_read(stage);
    child_ends_well(reader);
}
END_TEST

/* ---------------------------------------------------------------- another geometry */

START_TEST(reader_follows_to_another_geometry_and_keeps_the_frame_it_holds)
{
    static const struct {
        uint32_t fourcc, width_px, height_px, slots;
    } shapes[] = {{FR_FOURCC_GREY, 64, 48, 8},
                  {FR_FOURCC_YUYV, 320, 240, 4},
                  {FR_FOURCC_NV12, 66, 50, 12},
                  {FR_FOURCC_GREY, 64, 48, 8}};
    static const enum fr_read_mode modes[] = {FR_READ_PINNED, FR_READ_PEEK};
    struct camera camera;
    struct fr_frame frame[2];
    struct fr_reader *reader[2];
    struct history history[2] = {0};

    struct fr_epoch_options options = camera_options(16, 16);
    camera_open(&camera, "shapes", &options);
    for (unsigned i = 0; i < 2; i++) {
        reader[i] = reader_open("shapes", modes[i]);
        reader_attach(reader[i]);
    }
    for (unsigned turn = 0; turn < sizeof shapes / sizeof *shapes; turn++) {
        /* Both hold a frame of the old epoch while the new one begins. */
        camera_publish(&camera);
        for (unsigned i = 0; i < 2; i++) {
            reader_next(reader[i], &history[i], &frame[i]);
            ck_assert_uint_eq(frame[i].epoch, camera.epoch);
            ck_assert_uint_eq(frame[i].format.width_px, camera.options.geometry.format.width_px);
        }
        uint64_t old_epoch = camera.epoch;
        struct fr_format format = {.fourcc = shapes[turn].fourcc,
                                   .width_px = shapes[turn].width_px,
                                   .height_px = shapes[turn].height_px,
                                   .field = 1,
                                   .rate_num = 25,
                                   .rate_den = 1};
        options.slots = shapes[turn].slots;
        ck_assert_int_eq(fr_geometry_init(&format, &options.geometry), 0);
        camera_begin(&camera, &options);
        ck_assert_uint_ne(camera.epoch, old_epoch);

        for (unsigned i = 0; i < 2; i++) {
            struct fr_frame none;
            /* What they hold is theirs until they give it back, and nobody writes to it now. */
            ck_assert(fr_frame_intact(&frame[i]));
            ck_assert(history_release(&history[i], reader[i], &frame[i], history_look(&frame[i])));
            ck_assert_int_eq(fr_reader_next(reader[i], -1, &none), -ENOTCONN);
            reader_attach(reader[i]);
        }
        camera_publish(&camera);
        for (unsigned i = 0; i < 2; i++) {
            reader_next(reader[i], &history[i], &frame[i]);
            ck_assert_uint_eq(frame[i].number, 1);
            ck_assert_uint_eq(frame[i].epoch, camera.epoch);
            ck_assert_uint_eq(frame[i].format.fourcc, format.fourcc);
            ck_assert_uint_eq(frame[i].format.width_px, format.width_px);
            ck_assert_uint_eq(frame[i].format.height_px, format.height_px);
            ck_assert_uint_eq(frame[i].format.rate_num, 25);
            ck_assert_uint_eq(frame[i].n_planes, options.geometry.n_planes);
            ck_assert(history_release(&history[i], reader[i], &frame[i], history_look(&frame[i])));
        }
    }
    fr_writer_close(camera.writer);
    for (unsigned i = 0; i < 2; i++) {
        struct fr_frame none;
        struct fr_reader_counts counts;
        ck_assert_int_eq(fr_reader_next(reader[i], -1, &none), -ENOTCONN);
        history_check_counts(&history[i], reader[i]);
        fr_reader_counts(reader[i], &counts);
        ck_assert_uint_eq(counts.epochs, 1 + sizeof shapes / sizeof *shapes);
        fr_reader_close(reader[i]);
    }
}
END_TEST

/* ---------------------------------------------------------------- S16 */

static void following_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PINNED);
    uint64_t epoch = 0;
    while (!atomic_load(&stage->stop)) {
        struct fr_frame frame;
        int r = fr_reader_next(reader, 20 * NS_PER_MS, &frame);
        if (r == -ETIMEDOUT || r == -ENOTCONN)
            continue;
        must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(reader));
        history_taken(&history, &frame);
        bool counts = history_release(&history, reader, &frame, history_look(&frame));
        if (counts && epoch != history.epoch) {
            epoch = history.epoch;
            meet_add(&stage->read); /* epochs followed */
        }
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

static void remove_segment(const struct fr_ring_info *info)
{
    must(shmctl(info->shm_id, IPC_RMID, NULL) == 0, "%s", strerror(errno));
}

static void remove_gates(const struct fr_ring_info *info)
{
    must(semctl(info->gates_id, 0, IPC_RMID) == 0, "%s", strerror(errno));
}

static void remove_pins(const struct fr_ring_info *info)
{
    must(semctl(info->pins_id, 0, IPC_RMID) == 0, "%s", strerror(errno));
}

static void remove_all(const struct fr_ring_info *info)
{
    remove_segment(info);
    remove_gates(info);
    remove_pins(info);
}

START_TEST(s16_ring_removed_during_a_run_is_told_and_begun_anew_and_readers_follow)
{
    static void (*const removals[])(const struct fr_ring_info *) = {remove_segment, remove_gates,
                                                                    remove_pins, remove_all};
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s16";
    pid_t reader = child_start(following_reader_main, stage);
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    for (uint32_t turn = 0; turn <= 4; turn++) {
        for (int i = 0; atomic_load(&stage->read.count) <= turn; i++) {
            ck_assert_int_lt(i, DEADLINE_S * 1000);
            camera_publish(&camera);
            ck_assert_int_eq(fr_writer_check(camera.writer), 0);
            pass_time(NS_PER_MS);
        }
        if (turn == 4)
            break;
        struct fr_ring_info info = ring_info(stage->camera);
        uint64_t gone = camera.epoch;
        removals[turn](&info);
        /* The writer is told by its check at the latest, by publishing when it needs the object;
         * and neither does it any harm. */
        int r = camera_try_publish(&camera);
        ck_assert_msg(r == 0 || r == -EIDRM, "publish: %s", strerror(-r));
        ck_assert_int_eq(fr_writer_check(camera.writer), -EIDRM);
        camera_begin(&camera, &options);
        ck_assert_uint_ne(camera.epoch, gone);
    }
    atomic_store(&stage->stop, true);
    child_ends_well(reader);
    fr_writer_close(camera.writer);
    struct shm_info shm;
    struct seminfo sem;
    ck_assert_int_ge(shmctl(0, SHM_INFO, (void *)&shm), 0);
    ck_assert_int_ge(semctl(0, 0, SEM_INFO, &sem), 0);
    ck_assert_int_eq(shm.used_ids, 0);
    ck_assert_int_eq(sem.semusz, 0);
}
END_TEST

/* A sleeper learns of the removal of the gates at once, from the kernel. */
static void sleeper_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_frame frame;
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PEEK);
    reader_attach(reader);
    meet_add(&stage->waiting);
    int r = fr_reader_next(reader, -1, &frame);
    must(r == -ENOTCONN, "%d", r);
    meet_add(&stage->told);
    fr_reader_close(reader);
}

START_TEST(s16_sleeping_reader_is_told_when_the_gates_are_removed)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s16-sleep";
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    pid_t reader = child_start(sleeper_main, stage);
    meet_wait(&stage->waiting, 1);
    pass_time((int64_t)chance(NS_PER_MS));
    struct fr_ring_info info = ring_info(stage->camera);
    remove_gates(&info);
    meet_wait(&stage->told, 1);
    child_ends_well(reader);
    fr_writer_close(camera.writer);
}
END_TEST

/* ---------------------------------------------------------------- S21 */

/* The number of the last epoch stands in the lock file; here it is almost the largest there is. */
START_TEST(s21_epoch_numbers_may_wrap)
{
    static const uint64_t expected[] = {UINT64_MAX - 1, UINT64_MAX, 0, 1, 2};
    char rundir[256], folder[300], path[320], reason[512];
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_reader *reader = reader_open("s21", FR_READ_PINNED);
    struct fr_writer *writer;
    struct fr_frame frame;
    snprintf(folder, sizeof folder, "%s/s21", fr_rundir(0, rundir, sizeof rundir));
    snprintf(path, sizeof path, "%s/lock", folder);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    int lock = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(dprintf(lock, "%020llu\n", (unsigned long long)UINT64_MAX - 2), 0);
    close(lock);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ENOTCONN);
    /* In turns by a writer that goes on, and by one that starts. */
    for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (i % 2 == 0)
            ck_assert_msg(fr_writer_open("s21", NULL, &writer, reason, sizeof reason) == 0, "%s",
                          reason);
        ck_assert_int_eq(fr_writer_begin(writer, &options), 0);
        struct fr_ring_info info = ring_info("s21");
        ck_assert_msg(info.state == FR_RING_LIVE, "epoch %" PRIu64 ": %s", expected[i],
                      info.reason);
        ck_assert_uint_eq(info.epoch, expected[i]);
        int r = fr_reader_next(reader, 0, &frame);
        if (r == -ENOTCONN) /* it was told of the end of the epoch before */
            r = fr_reader_next(reader, 0, &frame);
        ck_assert_msg(r == -ETIMEDOUT, "epoch %" PRIu64 ": %d: %s", expected[i], r,
                      fr_reader_reason(reader));
        uint32_t slot;
        for (uint64_t n = 1; n <= 3; n++) {
            ck_assert_int_eq(fr_writer_take(writer, &slot), 0);
            ck_assert_int_eq(fr_writer_publish(writer, slot, NULL), 0);
            ck_assert_int_eq(fr_reader_next(reader, 0, &frame), 0);
            ck_assert_uint_eq(frame.epoch, expected[i]);
            ck_assert_uint_eq(frame.number, n);
            ck_assert_int_eq(fr_reader_release(reader, &frame), 0);
        }
        if (i % 2 == 1)
            fr_writer_close(writer);
    }
    fr_writer_close(writer);
    fr_reader_close(reader);
}
END_TEST

IPC_MAIN("follow", s21_epoch_numbers_may_wrap, reader_waits_for_a_ring_that_does_not_exist_yet,
         reader_waits_even_for_the_run_folder,
         reader_follows_to_another_geometry_and_keeps_the_frame_it_holds,
         s16_ring_removed_during_a_run_is_told_and_begun_anew_and_readers_follow,
         s16_sleeping_reader_is_told_when_the_gates_are_removed)
