/* The lever that pinned reading gives a reader, pulled as far as it goes. Rows N1, N2 and N5 of
 * FAULTS.md.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <sys/sem.h>

#define SLOTS     8u
#define PINNABLE  1u /* frames before all is held */
#define PIN_VALUE 32767
#define TURNS     50u

struct stage {
    const char *camera;
    struct meet ring;
    struct meet attached;
    struct meet published;
    struct meet pinned; /* turns of the hostile reader */
    struct meet read;   /* turns of the honest ones: two a turn */
    struct meet freed;  /* the hostile one is dead, and one more frame is out */
    atomic_bool stop;
    int64_t patience_ns;
    uint64_t waits, frames;
    struct fr_writer_counts counts;
};

static bool pin_raw(int pins_id, uint32_t slot)
{
    struct sembuf pin = {.sem_num = (uint16_t)slot, .sem_op = -1, .sem_flg = IPC_NOWAIT | SEM_UNDO};
    return semop(pins_id, &pin, 1) == 0;
}

/* ---------------------------------------------------------------- N1 */

/* Pins all that can be pinned after every frame, never lets go. */
static void hoarder_main(void *arg)
{
    struct stage *stage = arg;
    meet_wait(&stage->ring, 1);
    struct fr_ring_info info = ring_info(stage->camera);
    for (uint32_t turn = 1;; turn++) {
        meet_wait(&stage->published, turn);
        for (uint32_t s = 0; s < info.slots; s++)
            pin_raw(info.pins_id, s);
        meet_add(&stage->pinned);
    }
}

/* Goes on seeing every frame. */
static void peek_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PEEK);
    meet_wait(&stage->ring, 1);
    /* It was opened before the ring was there, and may be told so. */
    struct fr_frame frame;
    int r = fr_reader_next(reader, 0, &frame);
    must(r == -ENOTCONN || r == -ETIMEDOUT, "%d", r);
    reader_attach(reader);
    meet_add(&stage->attached);
    for (uint32_t turn = 1; turn <= TURNS; turn++) {
        meet_wait(&stage->pinned, turn);
        r = fr_reader_next(reader, 0, &frame);
        must(r == 0, "frame %u: %s", turn, strerror(-r));
        history_taken(&history, &frame);
        must(frame.number == turn && frame.missed == 0, "frame %" PRIu64 " at turn %u",
             frame.number, turn);
        must(!!(frame.flags & FR_FRAME_WITHHELD) == (turn > PINNABLE), "flags %x at turn %u",
             frame.flags, turn);
        must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
        meet_add(&stage->read);
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

/* Is told of every frame that it cannot be pinned, once; and has the next when it can. */
static void pinned_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_frame frame;
    meet_wait(&stage->ring, 1);
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PINNED);
    reader_attach(reader);
    meet_add(&stage->attached);
    for (uint32_t turn = 1; turn <= TURNS; turn++) {
        meet_wait(&stage->pinned, turn);
        int r = fr_reader_next(reader, 0, &frame);
        if (turn <= PINNABLE) { /* many may pin one frame */
            must(r == 0, "%s", strerror(-r));
            history_taken(&history, &frame);
            must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
        } else {
            must(r == -EBUSY, "frame %u: %d", turn, r);
            must(*fr_reader_reason(reader), "without a reason");
            r = fr_reader_next(reader, 0, &frame);
            must(r == -ETIMEDOUT, "frame %u, told again: %d", turn, r);
        }
        meet_add(&stage->read);
    }
    meet_wait(&stage->freed, 1);
    int r = fr_reader_next(reader, 0, &frame);
    must(r == 0, "after the hoarder's death: %s", strerror(-r));
    history_taken(&history, &frame);
    must(frame.number == TURNS + 1 && frame.missed == TURNS - PINNABLE,
         "frame %" PRIu64 ", %" PRIu64 " missed", frame.number, frame.missed);
    must(!(frame.flags & FR_FRAME_WITHHELD), "still withheld");
    must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

/* The writer as a driver makes it: all slots of the hand are queued, the oldest is filled first. */
struct queue {
    uint32_t slot[FR_SLOTS_MAX];
    uint32_t n;
};

static void publish_oldest(struct camera *camera, struct queue *queue)
{
    uint64_t before = thread_waits();
    while (fr_writer_take(camera->writer, &queue->slot[queue->n]) == 0)
        queue->n++;
    camera->waits += thread_waits() - before;
    must(queue->n >= 1, "nothing left to fill");
    uint32_t slot = queue->slot[0];
    memmove(queue->slot, queue->slot + 1, --queue->n * sizeof *queue->slot);
    history_stamp(fr_writer_slot(camera->writer, slot),
                  camera_stamp_bytes(&camera->options.geometry), camera->epoch, ++camera->number);
    before = thread_waits();
    int r = fr_writer_publish(camera->writer, slot, NULL);
    camera->waits += thread_waits() - before;
    must(r == 0, "%s: %s", strerror(-r), fr_writer_reason(camera->writer));
    camera->in_slot[slot] = camera->number;
}

static void hoard(const char *name, uint32_t hand)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = name;
    pid_t hoarder = child_start(hoarder_main, stage);
    pid_t peek = child_start(peek_reader_main, stage);
    pid_t pinned = child_start(pinned_reader_main, stage);
    struct fr_epoch_options options = camera_options(64, 48);
    options.slots = SLOTS;
    options.hand = hand;
    options.pin_patience_ns = -1; /* however long the box takes for it */
    struct camera camera;
    struct queue queue = {0};
    camera_open(&camera, name, &options);
    meet_add(&stage->ring);
    meet_wait(&stage->attached, 2);
    for (uint32_t turn = 1; turn <= TURNS; turn++) {
        publish_oldest(&camera, &queue);
        meet_add(&stage->published);
        meet_wait(&stage->read, 2 * turn);
    }

    /* The writer was never held up, and says what happened. */
    struct fr_writer_counts counts;
    fr_writer_counts(camera.writer, &counts);
    ck_assert_uint_eq(counts.frames, TURNS);
    ck_assert_uint_eq(counts.withheld, TURNS - PINNABLE);
    ck_assert_uint_eq(counts.dropped[FR_DROP_STARVED], 0);
    ck_assert_uint_le(camera.waits, 1);
    struct fr_ring_info info = ring_info(name);
    ck_assert_uint_eq(info.withheld, TURNS - PINNABLE);
    unsigned held = 0, withheld = 0;
    for (uint32_t s = 0; s < SLOTS; s++) {
        const struct fr_slot_info *slot = &info.slot[s];
        ck_assert_uint_eq(slot->is_writers, slot->pins == 0);
        withheld += slot->is_withheld;
        held += slot->pins > 0;
        if (slot->pins)
            ck_assert_int_eq(slot->last_pid, hoarder);
    }
    ck_assert_uint_eq(held, SLOTS - hand);
    ck_assert_uint_eq(withheld, 1);

    /* Released the instant it dies. */
    child_kill(hoarder);
    info = ring_info(name);
    ck_assert_uint_eq(ring_pins(&info), 0);
    publish_oldest(&camera, &queue);
    meet_add(&stage->freed);
    child_ends_well(pinned);
    child_ends_well(peek);
    camera_verify_slots(&camera);
    fr_writer_close(camera.writer);
}

START_TEST(n1_reader_that_pins_all_it_can_blinds_nobody)
{
    hoard("n1", 2);
}
END_TEST

START_TEST(n1_nor_does_it_with_three_slots_at_the_driver)
{
    hoard("n1-driver", 3);
}
END_TEST

/* ---------------------------------------------------------------- N2 */

static void publisher_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(160, 120);
    options.pin_patience_ns = stage->patience_ns;
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    meet_add(&stage->ring);
    while (!atomic_load(&stage->stop)) {
        camera_publish(&camera);
        meet_add(&stage->published);
        pass_time(NS_PER_MS / 10);
    }
    fr_writer_counts(camera.writer, &stage->counts);
    stage->waits = camera.waits;
    stage->frames = camera.number;
    camera_verify_slots(&camera);
    fr_writer_close(camera.writer);
}

/* Checks every frame until it is told to stop. */
static void checking_reader(struct stage *stage, enum fr_read_mode mode)
{
    struct history history = {0};
    meet_wait(&stage->ring, 1);
    struct fr_reader *reader = reader_open(stage->camera, mode);
    while (!atomic_load(&stage->stop)) {
        struct fr_frame frame;
        int r = fr_reader_next(reader, 20 * NS_PER_MS, &frame);
        if (r == -EBUSY || r == -ETIMEDOUT || r == -ENOTCONN)
            continue;
        must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(reader));
        history_taken(&history, &frame);
        history_release(&history, reader, &frame, history_look(&frame));
        meet_add(&stage->read);
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

static void checking_pinned_main(void *arg)
{
    checking_reader(arg, FR_READ_PINNED);
}

static void checking_peek_main(void *arg)
{
    checking_reader(arg, FR_READ_PEEK);
}

/* Sets, adds and takes what is not its own, without end. */
static void meddler_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_ring_info info = ring_info(stage->camera);
    while (!atomic_load(&stage->stop)) {
        uint16_t slot = (uint16_t)chance(info.slots);
        static const int values[] = {0, 1, PIN_VALUE - 1, PIN_VALUE, PIN_VALUE};
        struct sembuf stray = {.sem_num = slot, .sem_flg = IPC_NOWAIT};
        switch (chance(3)) {
        case 0:
            semctl(info.pins_id, slot, SETVAL, values[chance(5)]);
            break;
        case 1:
            stray.sem_op = 1;
            semop(info.pins_id, &stray, 1);
            break;
        case 2:
            stray.sem_op = -1;
            semop(info.pins_id, &stray, 1);
            break;
        }
        pass_time(NS_PER_MS / 50);
    }
}

START_TEST(n2_meddling_with_pins_never_makes_a_torn_frame_pass_nor_stops_the_camera)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "n2";
    pid_t peek = child_start(checking_peek_main, stage);
    pid_t pinned = child_start(checking_pinned_main, stage);
    pid_t writer = child_start(publisher_main, stage);
    meet_wait(&stage->read, 2);

    /* Every slot is declared free, the writer's too: each such one it finds, it mends. */
    struct fr_ring_info info = ring_info(stage->camera);
    for (uint32_t s = 0; s < info.slots; s++)
        ck_assert_int_eq(semctl(info.pins_id, (int)s, SETVAL, PIN_VALUE), 0);
    uint32_t published = atomic_load(&stage->published.count);
    meet_wait(&stage->published, published + 2 * SLOTS);
    info = ring_info(stage->camera);
    ck_assert_uint_ge(info.mended, 1);

    pid_t meddler = child_start(meddler_main, stage);
    published = atomic_load(&stage->published.count);
    meet_wait(&stage->published, published + 3000);
    atomic_store(&stage->stop, true);
    child_ends_well(meddler);
    child_ends_well(writer);
    child_ends_well(peek);
    child_ends_well(pinned);
    ck_assert_uint_eq(stage->frames, stage->published.count);
    ck_assert_uint_le(stage->waits, stage->frames / 100);
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        ck_assert_uint_eq(stage->counts.dropped[i], 0);
}
END_TEST

/* Makes pins that nobody will ever give back, in every way there is, and dies. */
static void phantom_maker_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_ring_info info = ring_info(stage->camera);
    /* The writer goes on meanwhile: until it has no slot to claim. */
    while (ring_info(stage->camera).withheld < info.withheld + 2 * SLOTS) {
        for (uint16_t s = 0; s < info.slots; s++) {
            struct sembuf take = {.sem_num = s, .sem_op = (short)(-1 - s), .sem_flg = IPC_NOWAIT};
            if (s % 2)
                semop(info.pins_id, &take, 1);
            else if (semctl(info.pins_id, s, GETVAL) == PIN_VALUE)
                semctl(info.pins_id, s, SETVAL, PIN_VALUE / 2);
        }
    }
}

START_TEST(n2_pins_that_nobody_has_are_taken_back_although_a_reader_is_there)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "n2-phantoms";
    stage->patience_ns = NS_PER_S / 4;
    pid_t pinned = child_start(checking_pinned_main, stage);
    pid_t writer = child_start(publisher_main, stage);
    meet_wait(&stage->read, 2);
    child_ends_well(child_start(phantom_maker_main, stage));

    /* After that the honest one has frames as before, and none is withheld any more. */
    struct fr_ring_info info;
    uint64_t withheld;
    int64_t end_ns = now_ns() + DEADLINE_S * NS_PER_S;
    do {
        ck_assert_msg(now_ns() < end_ns, "frames are withheld for ever");
        withheld = ring_info(stage->camera).withheld;
        uint32_t published = atomic_load(&stage->published.count);
        meet_wait(&stage->published, published + 20 * SLOTS);
        info = ring_info(stage->camera);
    } while (info.withheld != withheld);
    ck_assert_uint_ge(info.mended, 1);
    uint32_t read = atomic_load(&stage->read.count);
    meet_wait(&stage->read, read + 4 * SLOTS);

    atomic_store(&stage->stop, true);
    child_ends_well(writer);
    child_ends_well(pinned);
    ck_assert_uint_le(stage->waits, stage->frames / 100);
}
END_TEST

/* Somebody lets go of what is not his, the slot is rewritten, and the holder learns of it. */
START_TEST(n2_a_frame_whose_pin_was_taken_away_is_torn_when_its_slot_is_rewritten)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    struct fr_frame frame;
    options.slots = SLOTS;
    camera_open(&camera, "n2-taken", &options);
    struct fr_ring_info info = ring_info("n2-taken");
    struct fr_reader *reader = reader_open("n2-taken", FR_READ_PINNED);
    reader_attach(reader);
    camera_publish(&camera);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), 0);
    ck_assert_int_eq(semctl(info.pins_id, (int)frame.slot_idx, SETVAL, PIN_VALUE), 0);
    ck_assert(fr_frame_intact(&frame));
    for (unsigned i = 0; i < 2 * SLOTS; i++)
        camera_publish(&camera);
    ck_assert(!fr_frame_intact(&frame));
    ck_assert_int_eq(fr_reader_release(reader, &frame), -ESTALE);
    fr_reader_close(reader);
    fr_writer_close(camera.writer);
}
END_TEST

/* ---------------------------------------------------------------- N5 */

START_TEST(n5_where_pins_are_off_peek_works_and_pinned_is_refused)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    struct fr_frame frame;
    struct history history = {0};
    options.no_pins = true;
    camera_open(&camera, "n5", &options);
    struct fr_ring_info info = ring_info("n5");
    ck_assert_int_eq(info.state, FR_RING_LIVE);
    ck_assert(!info.has_pins);

    struct fr_reader *pinned = reader_open("n5", FR_READ_PINNED);
    int r = fr_reader_next(pinned, 0, &frame);
    ck_assert_msg(r == -EPERM || r == -EACCES || r == -ENOTSUP, "%d", r);
    ck_assert_msg(strstr(fr_reader_reason(pinned), "pin") != NULL, "reason: %s",
                  fr_reader_reason(pinned));
    ck_assert_int_eq(fr_reader_next(pinned, 0, &frame), -ETIMEDOUT); /* told once */
    fr_reader_close(pinned);

    struct fr_reader *peek = reader_open("n5", FR_READ_PEEK);
    reader_attach(peek);
    for (unsigned i = 0; i < 3 * SLOTS; i++) {
        camera_publish(&camera);
        reader_next(peek, &history, &frame);
        ck_assert_uint_eq(frame.number, i + 1);
        ck_assert(history_release(&history, peek, &frame, history_look(&frame)));
    }
    history_check_counts(&history, peek);
    fr_reader_close(peek);
    fr_writer_close(camera.writer);
}
END_TEST

IPC_MAIN("pins", n1_reader_that_pins_all_it_can_blinds_nobody,
         n1_nor_does_it_with_three_slots_at_the_driver,
         n2_meddling_with_pins_never_makes_a_torn_frame_pass_nor_stops_the_camera,
         n2_pins_that_nobody_has_are_taken_back_although_a_reader_is_there,
         n2_a_frame_whose_pin_was_taken_away_is_torn_when_its_slot_is_rewritten,
         n5_where_pins_are_off_peek_works_and_pinned_is_refused)
