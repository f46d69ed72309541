/* A reader killed, and stopped, at each of its crash points. Rows S2, S3, S4 and N3 of FAULTS.md.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/crash.h"

#define SLOTS 8u

enum wish { PUBLISH_ONE, TURN_OVER, NEW_EPOCH, END };

struct stage {
    struct company company;
    /* The writer does what it is asked; one asks at a time. */
    enum wish wish;
    struct meet asked, answered;
    uint64_t frames, waits; /* of the writer, when it has ended */
    enum fr_read_mode mode; /* the victim's */
    struct victim victim;
    bool is_disturbed; /* stopped for a while: it may have missed and lost frames */
};

/* ---------------------------------------------------------------- the writer */

static void writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    struct fr_writer_counts counts;

    camera_open(&camera, stage->company.camera, &options);
    company_assembles(&stage->company, &camera);
    meet_add(&stage->answered);
    for (uint32_t n = 1;; n++) {
        while (!meet_reached(&stage->asked, n))
            must(!child_has_failed(), "nobody asks any more");
        switch (stage->wish) {
        case PUBLISH_ONE:
            publish_in_step(&stage->company, &camera, 1);
            break;
        case TURN_OVER: /* every slot more than once */
            publish_in_step(&stage->company, &camera, 3 * SLOTS);
            break;
        case NEW_EPOCH:
            camera_verify_slots(&camera);
            camera_begin(&camera, &options);
            company_assembles(&stage->company, &camera);
            break;
        case END:
            fr_writer_counts(camera.writer, &counts);
            stage->frames = counts.frames;
            stage->waits = camera.waits;
            must(counts.withheld == 0 && counts.mended == 0,
                 "%" PRIu64 " withheld, %" PRIu64 " mended", counts.withheld, counts.mended);
            atomic_store(&stage->company.stop, true);
            fr_writer_close(camera.writer);
            return;
        }
        meet_add(&stage->answered);
    }
}

static void ask(struct stage *stage, enum wish wish)
{
    stage->wish = wish;
    meet_add(&stage->asked);
    if (wish != END)
        meet_wait(&stage->answered, atomic_load(&stage->asked.count) + 1);
}

/* ---------------------------------------------------------------- the victim */

static struct stage *victim_stage;
static bool turns_over_when_indexed;

/* Once: the frame that was just found goes before it is pinned. */
static void victim_is_slow(const char *name)
{
    if (!turns_over_when_indexed || strcmp(name, "read.indexed") != 0)
        return;
    turns_over_when_indexed = false;
    ask(victim_stage, TURN_OVER);
}

static void give_back(struct stage *stage, struct fr_reader *reader, struct history *history,
                      struct fr_frame *frame)
{
    bool counts = history_release(history, reader, frame, history_look(frame));
    must(counts || (stage->is_disturbed && stage->mode == FR_READ_PEEK), "it is lost");
}

static void arrive(struct stage *stage, struct fr_reader *reader)
{
    struct fr_frame frame;
    int r = fr_reader_next(reader, 0, &frame);
    if (r == 0 && stage->is_disturbed) { /* stopped after it came: what was published then */
        fr_reader_release(reader, &frame);
        r = -ETIMEDOUT;
    }
    must(r == -ETIMEDOUT, "attaching gave %d: %s", r, fr_reader_reason(reader));
}

static void is_told_of_the_end(struct fr_reader *reader)
{
    struct fr_frame frame;
    int r;
    while ((r = fr_reader_next(reader, -1, &frame)) == 0)
        fr_reader_release(reader, &frame); /* what the epoch still had */
    must(r == -ENOTCONN, "%d", r);
}

static void life(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_frame frame;

    crash_arm(&stage->victim);
    crash.also = victim_is_slow;
    victim_stage = stage;

    unsigned fds = ipc_descriptors();
    struct fr_reader *reader = reader_open(stage->company.camera, stage->mode);
    arrive(stage, reader);
    ask(stage, PUBLISH_ONE);
    reader_next(reader, &history, &frame);
    give_back(stage, reader, &history, &frame);
    /* A frame that goes between finding and pinning it. */
    turns_over_when_indexed = true;
    ask(stage, PUBLISH_ONE);
    reader_next(reader, &history, &frame);
    give_back(stage, reader, &history, &frame);
    must(!turns_over_when_indexed, "nothing was found");
    /* A frame held over the end of its epoch. */
    ask(stage, PUBLISH_ONE);
    reader_next(reader, &history, &frame);
    ask(stage, NEW_EPOCH);
    is_told_of_the_end(reader);
    give_back(stage, reader, &history, &frame);
    arrive(stage, reader);
    /* An epoch that ends with nothing in hand. */
    ask(stage, NEW_EPOCH);
    is_told_of_the_end(reader);
    arrive(stage, reader);
    /* The end with a frame in hand. */
    ask(stage, PUBLISH_ONE);
    reader_next(reader, &history, &frame);
    fr_reader_close(reader);
    must(ipc_descriptors() == fds, "a descriptor has leaked");
    must(newest_epoch_mapped() == 0, "a segment is still attached");
}

/* Comes, reads a frame, follows to the next epoch and reads one there; whatever happens in
 * between. */
static void following_life(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};

    crash_arm(&stage->victim);
    struct fr_reader *reader = reader_open(stage->company.camera, stage->mode);
    for (unsigned n = 0; n < 2;) {
        struct fr_frame frame;
        int r = fr_reader_next(reader, 0, &frame);
        if (r == -ETIMEDOUT)
            ask(stage, PUBLISH_ONE);
        if (r == -ETIMEDOUT || r == -ENOTCONN)
            continue;
        must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(reader));
        history_taken(&history, &frame);
        give_back(stage, reader, &history, &frame);
        if (n++ == 0)
            ask(stage, NEW_EPOCH);
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

/* ---------------------------------------------------------------- the supervisor */

static void nothing_is_left(struct stage *stage)
{
    struct fr_ring_info info = ring_info(stage->company.camera);
    ck_assert_int_eq(info.state, FR_RING_LIVE);
    ck_assert_msg(ring_pins(&info) == 0, "%u pins are left %s", ring_pins(&info),
                  crash_where(&stage->victim));
    ck_assert_uint_eq(info.attached, 1 + COMPANIONS);
    ck_assert_uint_eq(ipc_objects(), 3);
    ask(stage, TURN_OVER); /* every slot can be had, and the others see every frame */
}

static void kill_here(void *arg)
{
    struct stage *stage = arg;
    stage->victim.signal = SIGKILL;
    dies_of_it(child_start(life, stage), &stage->victim);
    /* It may have died with a wish. */
    meet_wait(&stage->answered, atomic_load(&stage->asked.count) + 1);
    nothing_is_left(stage);
}

/* While it is stopped, with a pin perhaps, the ring turns over; then it goes on. */
static void stop_here(void *arg)
{
    struct stage *stage = arg;
    stage->victim.signal = SIGSTOP;
    stage->is_disturbed = true;
    pid_t reader = child_start(life, stage);
    stops_of_it(reader, &stage->victim);
    ask(stage, TURN_OVER);
    ask(stage, TURN_OVER);
    kill(reader, SIGCONT);
    child_ends_well(reader);
    nothing_is_left(stage);
}

/* While it is stopped one epoch after another goes by; it keeps the memory of one at most, and
 * follows. */
static void stop_over_epochs_here(void *arg)
{
    struct stage *stage = arg;
    stage->victim.signal = SIGSTOP;
    stage->is_disturbed = true;
    pid_t reader = child_start(following_life, stage);
    stops_of_it(reader, &stage->victim);
    for (unsigned i = 0; i < 3; i++) {
        ask(stage, PUBLISH_ONE);
        ask(stage, NEW_EPOCH);
        ck_assert_msg(ipc_objects() <= 4, "%u objects with a reader stopped %s", ipc_objects(),
                      crash_where(&stage->victim));
    }
    kill(reader, SIGCONT);
    child_ends_well(reader);
    nothing_is_left(stage);
}

static void at_every_point(const char *camera, void (*a_life)(void *stage),
                           void (*act)(void *stage), bool every_pass)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    struct companion companion[COMPANIONS];
    pid_t pid[COMPANIONS];
    uint32_t passed[POINTS_MAX] = {0};
    unsigned n_acts = 0;
    stage->company.camera = camera;
    ck_assert_msg(ipc_objects() == 0, "an earlier test has left %u objects", ipc_objects());
    for (unsigned i = 0; i < COMPANIONS; i++) {
        companion[i] = (struct companion){&stage->company, i};
        pid[i] = child_start(companion_main, &companion[i]);
    }
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->answered, 1);
    static const enum fr_read_mode modes[] = {FR_READ_PINNED, FR_READ_PEEK};
    for (unsigned m = 0; m < 2; m++) {
        /* A life that ends well shows what is passed, how often. */
        stage->mode = modes[m];
        stage->is_disturbed = false;
        child_ends_well(child_start(a_life, stage));
        for (unsigned i = 0; i < POINTS_MAX; i++)
            passed[i] += stage->victim.passes[i];
        n_acts += crash_at_each(&stage->victim, every_pass, act, stage);
    }
    if (a_life == life)
        crash_all_passed(passed, true);
    ask(stage, END);
    child_ends_well(writer);
    for (unsigned i = 0; i < COMPANIONS; i++)
        child_ends_well(pid[i]);
    ipc_objects_become(0);
    ck_assert_uint_eq(ipc_files(camera), 1); /* the lock */
    /* Never did taking or publishing put the writer to sleep (a page fault may). */
    ck_assert_uint_le(stage->waits, 1 + stage->frames / 10);
    fprintf(stderr, "%s: %u times\n", camera, n_acts);
}

START_TEST(s2_n3_reader_killed_at_each_point_gives_all_back_and_nobody_notices)
{
    at_every_point("s2-point", life, kill_here, true);
}
END_TEST

START_TEST(s3_reader_stopped_at_each_point_while_the_ring_turns_over_holds_nobody_up)
{
    at_every_point("s3-point", life, stop_here, false);
}
END_TEST

START_TEST(s4_reader_stopped_at_each_point_over_several_epochs_keeps_one_and_follows)
{
    at_every_point("s4-point", following_life, stop_over_epochs_here, false);
}
END_TEST

IPC_MAIN("crash_reader", s2_n3_reader_killed_at_each_point_gives_all_back_and_nobody_notices,
         s3_reader_stopped_at_each_point_while_the_ring_turns_over_holds_nobody_up,
         s4_reader_stopped_at_each_point_over_several_epochs_keeps_one_and_follows)
