/* Readers that are killed. Rows S2 and N3 of FAULTS.md.
 *
 * Some hundred kills by default; tests/kills has thousands.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"
#include "tests/ipc/leftovers.h"

#include <sys/sem.h>

#define PERIOD_NS (NS_PER_MS / 2)

struct stage {
    const char *camera;
    struct meet published;
    struct meet holding; /* times that a victim had a frame in hand */
    struct meet ended;   /* the writer has written its figures */
    atomic_bool stop;
    enum fr_read_mode mode;
    bool stays; /* the victim keeps the frame that it has */
    /* What the writer found, written when it ends. */
    uint64_t frames, waits, withheld, mended, dropped;
};

static void writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    struct fr_writer_counts counts;

    camera_open(&camera, stage->camera, &options);
    while (!atomic_load(&stage->stop)) {
        camera_publish(&camera);
        meet_add(&stage->published);
        pass_time(PERIOD_NS);
    }
    fr_writer_counts(camera.writer, &counts);
    stage->frames = counts.frames;
    stage->waits = camera.waits;
    stage->withheld = counts.withheld;
    stage->mended = counts.mended;
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        stage->dropped += counts.dropped[i];
    camera_verify_slots(&camera);
    /* Left behind as it is, for the parent to look at. */
    meet_add(&stage->ended);
    for (;;)
        pause();
}

/* Reads until it is killed. */
static void victim_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_reader *reader = reader_open(stage->camera, stage->mode);
    for (;;) {
        struct fr_frame frame;
        reader_next(reader, &history, &frame);
        meet_add(&stage->holding);
        while (stage->stays)
            pause();
        history_release(&history, reader, &frame, history_look(&frame));
    }
}

/* Stops the writer between two frames and compares: nothing that happened to readers shows. */
static void writer_noticed_nothing(struct stage *stage, pid_t writer)
{
    atomic_store(&stage->stop, true);
    meet_wait(&stage->ended, 1);

    struct fr_ring_info info = ring_info(stage->camera);
    ck_assert_int_eq(info.state, FR_RING_LIVE);
    ck_assert_uint_eq(info.frames, stage->frames);
    ck_assert_uint_eq(stage->frames, atomic_load(&stage->published.count));
    ck_assert_uint_eq(stage->dropped, 0);
    ck_assert_uint_eq(stage->mended, 0);
    ck_assert_uint_eq(stage->withheld, 0);
    /* Never once did taking or publishing put the writer to sleep (a page fault may). */
    ck_assert_uint_le(stage->waits, stage->frames / 100);
    /* All that is left attached is the writer, and every pin has come back. */
    ck_assert_uint_eq(info.attached, 1);
    ck_assert_uint_eq(ring_pins(&info), 0);
    unsigned free_slots = 0;
    for (uint32_t s = 0; s < info.slots; s++) {
        int value = semctl(info.pins_id, (int)s, GETVAL);
        ck_assert_msg(value == (info.slot[s].is_writers ? 0 : 32767), "slot %u has value %d", s,
                      value);
        free_slots += value == 32767;
    }
    /* Beside its hand the writer may have a spare, and a slot let go ahead. */
    ck_assert_uint_ge(free_slots, info.slots - info.hand - 1);
    ck_assert_uint_le(free_slots, info.slots - info.hand);
    child_kill(writer);
    char reason[256];
    ck_assert_msg(fr_ring_remove(stage->camera, reason, sizeof reason) == 0, "%s", reason);
    ck_assert_uint_eq(ipc_objects(), 0);
    ck_assert_uint_eq(ipc_files(stage->camera), 1); /* the lock */
    fprintf(stderr, "%s: %" PRIu64 " frames published\n", stage->camera, stage->frames);
}

static void kill_many(struct stage *stage, unsigned rounds)
{
    int64_t began_ns = now_ns();
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->published, 1);
    for (unsigned i = 0; i < rounds; i++) {
        stage->mode = i % 2 ? FR_READ_PEEK : FR_READ_PINNED;
        uint32_t before = atomic_load(&stage->holding.count);
        pid_t victim = child_start(victim_main, stage);
        if (i % 4 < 2) /* anywhere, attaching included; else while it reads */
            meet_wait(&stage->holding, before + 1);
        pass_time((int64_t)chance(3 * NS_PER_MS));
        child_kill(victim);
    }
    kills_told(stage->camera, rounds, began_ns);
    writer_noticed_nothing(stage, writer);
}

START_TEST(s2_killed_reader_is_not_noticed_by_the_writer)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s2";
    kill_many(stage, kills_wanted(300));
}
END_TEST

START_TEST(n3_reader_killed_between_pin_and_release_gives_every_pin_back)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "n3";
    stage->mode = FR_READ_PINNED;
    stage->stays = true;
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->published, 1);
    int64_t began_ns = now_ns();
    unsigned rounds = kills_wanted(300);
    for (unsigned i = 0; i < rounds; i++) {
        uint32_t before = atomic_load(&stage->holding.count);
        pid_t victim = child_start(victim_main, stage);
        meet_wait(&stage->holding, before + 1);
        struct fr_ring_info info = ring_info(stage->camera);
        ck_assert_uint_eq(ring_pins(&info), 1);
        child_kill(victim);
        info = ring_info(stage->camera);
        ck_assert_uint_eq(ring_pins(&info), 0);
    }
    kills_told(stage->camera, rounds, began_ns);
    writer_noticed_nothing(stage, writer);
}
END_TEST

START_TEST(n3_pins_come_back_from_any_point_of_a_reading_loop)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "n3-loop";
    stage->mode = FR_READ_PINNED;
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->published, 1);
    int64_t began_ns = now_ns();
    unsigned rounds = kills_wanted(450) / 3 + 1;
    for (unsigned i = 0; i < rounds; i++) {
        uint32_t before = atomic_load(&stage->holding.count);
        pid_t victim[3];
        for (unsigned v = 0; v < 3; v++)
            victim[v] = child_start(victim_main, stage);
        meet_wait(&stage->holding, before + 3);
        pass_time((int64_t)chance(2 * PERIOD_NS));
        for (unsigned v = 0; v < 3; v++)
            child_kill(victim[v]);
        struct fr_ring_info info = ring_info(stage->camera);
        ck_assert_uint_eq(ring_pins(&info), 0);
    }
    kills_told(stage->camera, 3 * rounds, began_ns);
    writer_noticed_nothing(stage, writer);
}
END_TEST

IPC_MAIN("reader_death", s2_killed_reader_is_not_noticed_by_the_writer,
         n3_reader_killed_between_pin_and_release_gives_every_pin_back,
         n3_pins_come_back_from_any_point_of_a_reading_loop)
