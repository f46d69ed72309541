/* Writers that are killed, left-overs of theirs, and more than one of them. Rows S8, S9, S11 and
 * S12 of FAULTS.md, and N4 with S8.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"
#include "tests/ipc/leftovers.h"

#include <pthread.h>
#define READERS 3

struct stage {
    const char *camera;
    struct meet ring;              /* epochs begun */
    struct meet published;         /* frames */
    struct meet accepted[READERS]; /* epochs of which a reader has accepted a frame */
    struct meet ended;
    atomic_bool stop;
    _Atomic uint64_t latest_epoch;
    unsigned frames_before_silence;
    struct meet go;
    struct meet winners, losers;
};

struct reader_arg {
    struct stage *stage;
    unsigned i;
};

/* One life of the writer: publishes as fast as it can until it is killed. */
static void writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(320, 240);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    must(camera.epoch != atomic_load(&stage->latest_epoch), "the same epoch again");
    atomic_store(&stage->latest_epoch, camera.epoch);
    meet_add(&stage->ring);
    for (;;) {
        camera_publish(&camera);
        meet_add(&stage->published);
    }
}

/* Follows the camera through all its lives. */
static void reader_main(void *arg)
{
    struct reader_arg *me = arg;
    struct stage *stage = me->stage;
    struct history *history = calloc(1, sizeof *history);
    struct fr_reader *reader =
        reader_open(stage->camera, me->i == 0 ? FR_READ_PEEK : FR_READ_PINNED);
    uint64_t accepted_epoch = 0;

    while (!atomic_load(&stage->stop)) {
        struct fr_frame frame;
        int r = me->i == 2 ? fr_reader_latest(reader, 100 * NS_PER_MS, &frame)
                           : fr_reader_next(reader, 100 * NS_PER_MS, &frame);
        if (r == -ENOTCONN || r == -ETIMEDOUT || r == -EBUSY)
            continue;
        must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(reader));
        history_taken(history, &frame);
        if (history_release(history, reader, &frame, history_look(&frame)) &&
            history->epoch != accepted_epoch) {
            accepted_epoch = history->epoch;
            meet_add(&stage->accepted[me->i]);
        }
    }
    history_check_counts(history, reader);
    fr_reader_close(reader);
    free(history);
}

START_TEST(s8_writer_killed_while_publishing_leaves_no_torn_frame_and_readers_follow_the_next)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    struct reader_arg arg[READERS];
    pid_t readers[READERS];
    stage->camera = "s8";
    for (unsigned i = 0; i < READERS; i++) {
        arg[i] = (struct reader_arg){stage, i};
        readers[i] = child_start(reader_main, &arg[i]);
    }
    int64_t began_ns = now_ns();
    unsigned rounds = kills_wanted(150);
    for (uint32_t life = 1; life <= rounds; life++) {
        pid_t writer = child_start(writer_main, stage);
        meet_wait(&stage->ring, life);
        for (unsigned i = 0; i < READERS; i++) /* each reader follows, to each life */
            meet_wait(&stage->accepted[i], life);
        pass_time((int64_t)chance(2 * NS_PER_MS));
        child_kill(writer);
    }
    kills_told(stage->camera, rounds, began_ns);
    atomic_store(&stage->stop, true);
    for (unsigned i = 0; i < READERS; i++)
        child_ends_well(readers[i]);
    char reason[256];
    ck_assert_msg(fr_ring_remove(stage->camera, reason, sizeof reason) == 0, "%s", reason);
    ck_assert_uint_eq(ipc_objects(), 0);
    ck_assert_uint_eq(ipc_files(stage->camera), 1); /* the lock */
    fprintf(stderr, "%s: %u frames published\n", stage->camera,
            atomic_load(&stage->published.count));
}
END_TEST

/* Killed at any moment of a start as well: what was made before it was recorded is found again. */
START_TEST(s8_writer_killed_while_starting_leaves_nothing_that_the_next_does_not_remove)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s8-start";
    int64_t began_ns = now_ns();
    unsigned rounds = kills_wanted(200);
    for (unsigned i = 0; i < rounds; i++) {
        pid_t writer = child_start(writer_main, stage);
        pass_time((int64_t)chance(2 * NS_PER_MS));
        child_kill(writer);
    }
    kills_told(stage->camera, rounds, began_ns);
    uint32_t begun = atomic_load(&stage->ring.count);
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->ring, begun + 1);
    ck_assert_uint_eq(ipc_objects(), 3);
    child_kill(writer);
    char reason[256];
    ck_assert_msg(fr_ring_remove(stage->camera, reason, sizeof reason) == 0, "%s", reason);
    ck_assert_uint_eq(ipc_objects(), 0);
}
END_TEST

/* ---------------------------------------------------------------- S9 */

START_TEST(s9_stale_ring_of_a_dead_writer_gives_no_frame)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    struct fr_frame frame;
    stage->camera = "s9";
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->published, 20);
    child_kill(writer);
    struct fr_ring_info info = ring_info(stage->camera);
    ck_assert_int_eq(info.state, FR_RING_DEAD);
    uint64_t stale = info.epoch;

    static const enum fr_read_mode modes[] = {FR_READ_PEEK, FR_READ_PINNED};
    struct fr_reader *reader[2];
    for (unsigned i = 0; i < 2; i++) {
        reader[i] = reader_open(stage->camera, modes[i]);
        /* It is told at once, not after a time-out; then it waits, and still gets nothing old. */
        ck_assert_int_eq(fr_reader_next(reader[i], -1, &frame), -ENOTCONN);
        ck_assert_str_ne(fr_reader_reason(reader[i]), "");
        ck_assert_int_eq(fr_reader_latest(reader[i], 20 * NS_PER_MS, &frame), -ETIMEDOUT);
        ck_assert_int_eq(fr_reader_next(reader[i], 0, &frame), -ETIMEDOUT);
    }
    writer = child_start(writer_main, stage);
    for (unsigned i = 0; i < 2; i++) {
        struct history history = {0};
        reader_next(reader[i], &history, &frame);
        ck_assert_uint_ne(frame.epoch, stale);
        history_release(&history, reader[i], &frame, history_look(&frame));
        history_check_counts(&history, reader[i]);
        fr_reader_close(reader[i]);
    }
    child_kill(writer);
}
END_TEST

/* A reader that sleeps in the ring when its writer dies is woken by the kernel: no time-out. */
static void sleeper_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_frame frame;
    meet_wait(&stage->ring, 1);
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PEEK);
    reader_attach(reader);
    meet_add(&stage->accepted[0]);
    int r = fr_reader_next(reader, -1, &frame);
    must(r == -ENOTCONN, "%d", r);
    fr_reader_close(reader);
}

static void silent_writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    for (unsigned n = 0; n < stage->frames_before_silence; n++)
        camera_publish(&camera);
    meet_add(&stage->ring);
    for (;;)
        pause();
}

START_TEST(s9_sleeping_reader_is_woken_by_the_death_of_its_writer)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    static const unsigned frames[] = {0, 1, 2, 15,
                                      40}; /* each gate has been closed by some of them */
    stage->camera = "s9-sleep";
    for (uint32_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        stage->frames_before_silence = frames[i];
        atomic_store(&stage->ring.count, 0);
        pid_t writer = child_start(silent_writer_main, stage);
        pid_t reader = child_start(sleeper_main, stage);
        meet_wait(&stage->accepted[0], i + 1);
        pass_time((int64_t)chance(NS_PER_MS));
        child_kill(writer);
        child_ends_well(reader);
    }
}
END_TEST

/* ---------------------------------------------------------------- S11, S12 */

static void second_is_refused(const char *camera)
{
    char reason[512] = "", rundir[256], folder[400];
    struct fr_writer *second = NULL;
    ck_assert_int_eq(fr_writer_open(camera, NULL, &second, reason, sizeof reason), -EBUSY);
    ck_assert_ptr_null(second);
    /* The text names the lock file: a path in the camera's folder, and it is there. */
    snprintf(folder, sizeof folder, "%s/%s/", fr_rundir(0, rundir, sizeof rundir), camera);
    char *path = strstr(reason, folder);
    ck_assert_msg(path != NULL, "no %s in: %s", folder, reason);
    path[strlen(folder) + strspn(path + strlen(folder), "abcdefghijklmnopqrstuvwxyz._-")] = 0;
    ck_assert_msg(access(path, F_OK) == 0, "%s: %s", path, strerror(errno));
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_msg(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600, "%s is no lock", path);
}

START_TEST(s11_second_writer_is_refused_and_told_the_lock_file)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s11";
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->published, 1);
    struct fr_ring_info before = ring_info(stage->camera);
    second_is_refused(stage->camera);
    struct fr_ring_info after = ring_info(stage->camera);
    ck_assert_uint_eq(before.epoch, after.epoch);
    ck_assert_int_eq(after.state, FR_RING_LIVE);
    uint32_t published = atomic_load(&stage->published.count);
    meet_wait(&stage->published, published + 20); /* the first is unaffected */
    child_kill(writer);
}
END_TEST

START_TEST(s12_stopped_writer_still_holds_its_lock)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s12";
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->published, 1);
    kill(writer, SIGSTOP);
    child_await_stop(writer);
    second_is_refused(stage->camera);
    kill(writer, SIGCONT);
    child_kill(writer);
}
END_TEST

static void *write_for_ever(void *arg)
{
    writer_main(arg);
    return NULL;
}

/* The process as ps shows it: a zombie, while another of its threads writes on. */
static void zombie_main(void *arg)
{
    pthread_t thread;
    must(pthread_create(&thread, NULL, write_for_ever, arg) == 0, "no thread");
    pthread_exit(NULL);
}

static char state_of(pid_t pid)
{
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    must(file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1, "%s", path);
    fclose(file);
    return state;
}

/* Whoever decides by what the process list says takes this writer for dead. */
START_TEST(s12_zombie_whose_thread_still_writes_holds_its_lock)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s12-zombie";
    pid_t writer = child_start(zombie_main, stage);
    meet_wait(&stage->published, 1);
    for (int i = 0; state_of(writer) != 'Z'; i++) {
        ck_assert_int_lt(i, DEADLINE_S * 1000);
        pass_time(NS_PER_MS);
    }
    second_is_refused(stage->camera);
    uint32_t published = atomic_load(&stage->published.count);
    meet_wait(&stage->published, published + 20);
    ck_assert_int_eq(ring_info(stage->camera).state, FR_RING_LIVE);
    child_kill(writer);
}
END_TEST

/* One that is dead altogether, and only not yet taken away by its parent, holds nothing. */
START_TEST(s12_dead_zombie_holds_nothing)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    struct fr_writer *next = NULL;
    char reason[512] = "";
    siginfo_t info;
    stage->camera = "s12-dead";
    pid_t writer = child_start(writer_main, stage);
    meet_wait(&stage->published, 1);
    kill(writer, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)writer, &info, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(state_of(writer), 'Z');
    ck_assert_int_eq(ring_info(stage->camera).state, FR_RING_DEAD);
    int r = fr_writer_open(stage->camera, NULL, &next, reason, sizeof reason);
    ck_assert_msg(r == 0, "%s", reason);
    fr_writer_close(next);
    child_end(writer);
}
END_TEST

static void contender_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_writer *writer = NULL;
    char reason[512] = "";
    meet_wait(&stage->go, 1);
    int r = fr_writer_open(stage->camera, NULL, &writer, reason, sizeof reason);
    must(r == 0 || r == -EBUSY, "%s: %s", strerror(-r), reason);
    meet_add(r ? &stage->losers : &stage->winners);
    meet_wait(&stage->go, 2);
    fr_writer_close(writer);
}

START_TEST(s11_of_fifty_writers_at_once_one_runs)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    pid_t pid[50];
    stage->camera = "s11-fifty";
    for (unsigned i = 0; i < 50; i++)
        pid[i] = child_start(contender_main, stage);
    meet_add(&stage->go);
    meet_wait(&stage->losers, 49);
    meet_wait(&stage->winners, 1);
    meet_add(&stage->go);
    for (unsigned i = 0; i < 50; i++)
        child_ends_well(pid[i]);
    ck_assert_uint_eq(stage->winners.count, 1);
    ck_assert_uint_eq(stage->losers.count, 49);
}
END_TEST

IPC_MAIN("writer_death",
         s8_writer_killed_while_publishing_leaves_no_torn_frame_and_readers_follow_the_next,
         s8_writer_killed_while_starting_leaves_nothing_that_the_next_does_not_remove,
         s9_stale_ring_of_a_dead_writer_gives_no_frame,
         s9_sleeping_reader_is_woken_by_the_death_of_its_writer,
         s11_second_writer_is_refused_and_told_the_lock_file,
         s12_stopped_writer_still_holds_its_lock,
         s12_zombie_whose_thread_still_writes_holds_its_lock, s12_dead_zombie_holds_nothing,
         s11_of_fifty_writers_at_once_one_runs)
