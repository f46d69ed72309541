/* Readers that stop or are slow, in lockstep with the writer, so that every count is exact. Rows
 * S3, S4 and S5 of FAULTS.md.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <sys/sem.h>
#include <sys/shm.h>

#define SLOTS 8

struct stage {
    const char *camera;
    enum fr_read_mode mode;
    struct meet ring;      /* a ring is there */
    struct meet attached;  /* the reader has come */
    struct meet published; /* frames, as far as the reader may know */
    struct meet read;      /* steps of the reader */
    uint64_t newest;       /* number of the last frame published */
    bool takes_latest;
};

static struct stage *stage_new(const char *camera, enum fr_read_mode mode)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = camera;
    stage->mode = mode;
    return stage;
}

static void publish(struct stage *stage, struct camera *camera, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        camera_publish(camera);
    stage->newest = camera->number;
    meet_add(&stage->published);
}

/* A writer that nobody held up: no sleep, no drop, no frame withheld. */
static void camera_was_free(const struct camera *camera)
{
    struct fr_writer_counts counts;
    fr_writer_counts(camera->writer, &counts);
    ck_assert_uint_eq(counts.withheld, 0);
    ck_assert_uint_eq(counts.mended, 0);
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        ck_assert_uint_eq(counts.dropped[i], 0);
    ck_assert_uint_le(camera->waits, 1 + counts.frames / 10);
    camera_verify_slots(camera);
}

/* ---------------------------------------------------------------- S3 */

/* Takes frame 1, stops with it in hand, and goes on when it is continued. */
static void stopping_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_frame frame;

    meet_wait(&stage->ring, 1);
    struct fr_reader *reader = reader_open(stage->camera, stage->mode);
    reader_attach(reader);
    meet_add(&stage->attached);
    reader_next(reader, &history, &frame);
    must(frame.number == 1 && frame.missed == 0, "frame %" PRIu64, frame.number);
    must(fr_frame_intact(&frame) && history_look(&frame) == HISTORY_WHOLE, "at first");

    raise(SIGSTOP);

    bool is_pinned = stage->mode == FR_READ_PINNED;
    must(fr_frame_intact(&frame) == is_pinned, "after %" PRIu64 " frames", stage->newest);
    must((history_look(&frame) == HISTORY_WHOLE) == is_pinned, "the pixels say otherwise");
    bool counted = history_release(&history, reader, &frame, history_look(&frame));
    must(counted == is_pinned, "the release says otherwise");
    must(history.torn == !is_pinned, "%" PRIu64, history.torn);

    /* It goes on at the head, knows what it has missed, and sees the next one as ever. */
    must(fr_reader_latest(reader, 0, &frame) == 0, "%s", fr_reader_reason(reader));
    history_taken(&history, &frame);
    must(frame.number == stage->newest && frame.missed == stage->newest - 2,
         "got %" PRIu64 " with %" PRIu64 " missed", frame.number, frame.missed);
    must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
    must(fr_reader_next(reader, 0, &frame) == -ETIMEDOUT, "a frame that does not exist");
    meet_add(&stage->read);
    reader_next(reader, &history, &frame);
    must(frame.missed == 0, "%" PRIu64, frame.missed);
    must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

static void stop_for_two_rings(const char *name, enum fr_read_mode mode)
{
    struct stage *stage = stage_new(name, mode);
    struct fr_epoch_options options = camera_options(320, 240);
    struct camera camera;

    pid_t reader = child_start(stopping_reader_main, stage);
    camera_open(&camera, name, &options);
    meet_add(&stage->ring);
    meet_wait(&stage->attached, 1);
    publish(stage, &camera, 1);
    child_await_stop(reader);
    publish(stage, &camera, 2 * SLOTS);
    kill(reader, SIGCONT);
    meet_wait(&stage->read, 1);
    publish(stage, &camera, 1);
    child_ends_well(reader);
    camera_was_free(&camera);
    fr_writer_close(camera.writer);
}

START_TEST(s3_stopped_peek_reader_drops_its_frame_and_resumes_at_the_head)
{
    stop_for_two_rings("s3-peek", FR_READ_PEEK);
}
END_TEST

START_TEST(s3_stopped_pinned_reader_keeps_its_frame)
{
    stop_for_two_rings("s3-pinned", FR_READ_PINNED);
}
END_TEST

/* ---------------------------------------------------------------- S5 */

/* Reads one frame for every three that are published. */
static void slow_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_frame frame;

    meet_wait(&stage->ring, 1);
    struct fr_reader *reader = reader_open(stage->camera, stage->mode);
    reader_attach(reader);
    meet_add(&stage->attached);
    for (uint32_t turn = 1; turn <= 60; turn++) {
        meet_wait(&stage->published, turn);
        int r = stage->takes_latest ? fr_reader_latest(reader, 0, &frame)
                                    : fr_reader_next(reader, 0, &frame);
        must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(reader));
        uint64_t before = history.number;
        history_taken(&history, &frame); /* and the gap is the jump of the number */
        if (stage->takes_latest)
            must(frame.number == stage->newest && frame.number == before + 3, "%" PRIu64,
                 frame.number);
        else /* the oldest that there is: it can lag by the ring, and no more */
            must(stage->newest - frame.number < SLOTS, "frame %" PRIu64 " of %" PRIu64,
                 frame.number, stage->newest);
        must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
        meet_add(&stage->read);
    }
    history_check_counts(&history, reader);
    must(history.frames == 60, "%" PRIu64, history.frames);
    must(stage->takes_latest ? history.missed == 120 : history.missed >= 120 - SLOTS,
         "missed %" PRIu64, history.missed);
    fr_reader_close(reader);
}

static void publish_three_times_too_fast(const char *name, enum fr_read_mode mode, bool latest)
{
    struct stage *stage = stage_new(name, mode);
    stage->takes_latest = latest;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;

    pid_t reader = child_start(slow_reader_main, stage);
    camera_open(&camera, name, &options);
    meet_add(&stage->ring);
    meet_wait(&stage->attached, 1);
    for (uint32_t turn = 1; turn <= 60; turn++) {
        publish(stage, &camera, 3);
        meet_wait(&stage->read, turn);
    }
    child_ends_well(reader);
    camera_was_free(&camera);
    fr_writer_close(camera.writer);
}

START_TEST(s5_slow_reader_skips_to_the_newest_frame)
{
    publish_three_times_too_fast("s5-peek", FR_READ_PEEK, true);
    publish_three_times_too_fast("s5-pinned", FR_READ_PINNED, true);
}
END_TEST

START_TEST(s5_slow_reader_that_wants_every_frame_lags_by_the_ring_at_most)
{
    publish_three_times_too_fast("s5-next-peek", FR_READ_PEEK, false);
    publish_three_times_too_fast("s5-next-pinned", FR_READ_PINNED, false);
}
END_TEST

/* ---------------------------------------------------------------- S4 */

#define RESTARTS 20

/* Holds a frame of the first epoch over all restarts, then follows. */
static void left_behind_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history *history = calloc(1, sizeof *history);
    struct fr_frame frame;

    meet_wait(&stage->ring, 1);
    struct fr_reader *reader = reader_open(stage->camera, stage->mode);
    reader_next(reader, history, &frame);
    uint64_t first_epoch = frame.epoch;
    raise(SIGSTOP);
    if (stage->mode == FR_READ_PINNED)
        must(fr_frame_intact(&frame) && history_look(&frame) == HISTORY_WHOLE, "it is lost");
    history_release(history, reader, &frame, history_look(&frame));
    /* What the first epoch still had for it, in order; then it is told, and follows. */
    bool was_told = false;
    for (;;) {
        int r = fr_reader_next(reader, DEADLINE_S * NS_PER_S, &frame);
        was_told |= r == -ENOTCONN;
        if (r == -ENOTCONN)
            continue;
        must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(reader));
        history_taken(history, &frame);
        if (frame.epoch != first_epoch)
            break;
        history_release(history, reader, &frame, history_look(&frame));
    }
    must(was_told, "it was not told that its writer had died");
    must(history_release(history, reader, &frame, history_look(&frame)), "torn");
    history_check_counts(history, reader);
    fr_reader_close(reader);
    meet_add(&stage->read);
    free(history);
}

/* One life of the writer, until it is killed. */
static void mortal_writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    meet_add(&stage->ring);
    for (;;) {
        camera_publish(&camera);
        meet_add(&stage->published);
        pass_time(NS_PER_MS);
    }
}

static void restart_twenty_times(const char *name, enum fr_read_mode mode)
{
    struct stage *stage = stage_new(name, mode);
    struct shm_info shm;
    struct seminfo sem;

    pid_t reader = child_start(left_behind_reader_main, stage);
    pid_t writer = child_start(mortal_writer_main, stage);
    child_await_stop(reader);
    for (uint32_t i = 0; i < RESTARTS; i++) {
        child_kill(writer);
        uint32_t published = atomic_load(&stage->published.count);
        writer = child_start(mortal_writer_main, stage);
        meet_wait(&stage->published, published + 2);
        ck_assert_int_ge(shmctl(0, SHM_INFO, (void *)&shm), 0);
        ck_assert_int_ge(semctl(0, 0, SEM_INFO, &sem), 0);
        ck_assert_int_le(shm.used_ids, 2); /* the living one, and the one that is held */
        ck_assert_int_le(sem.semusz, 2);
    }
    kill(reader, SIGCONT);
    child_ends_well(reader);
    ck_assert_uint_eq(stage->read.count, 1);
    ck_assert_int_ge(shmctl(0, SHM_INFO, (void *)&shm), 0);
    ck_assert_int_eq(shm.used_ids, 1); /* the held one went with its last holder */
    child_kill(writer);
    char reason[256];
    ck_assert_int_eq(fr_ring_remove(name, reason, sizeof reason), 0);
}

START_TEST(s4_stopped_reader_holds_one_epoch_however_often_the_writer_restarts)
{
    restart_twenty_times("s4-pinned", FR_READ_PINNED);
    restart_twenty_times("s4-peek", FR_READ_PEEK);
}
END_TEST

IPC_MAIN("slow_reader", s3_stopped_peek_reader_drops_its_frame_and_resumes_at_the_head,
         s3_stopped_pinned_reader_keeps_its_frame, s5_slow_reader_skips_to_the_newest_frame,
         s5_slow_reader_that_wants_every_frame_lags_by_the_ring_at_most,
         s4_stopped_reader_holds_one_epoch_however_often_the_writer_restarts)
