/* Five hundred of one user's threads at the camera's semaphores, each in the kernel's own queue:
 * the writer does not wait, all who should wake do, an honest reader has every frame, and nothing
 * is left when they are killed. What it costs the publish is the bench's to tell. Row S19 of
 * FAULTS.md.
 *
 * SPDX-License-Identifier: MIT
 */
#include "common/ring/rendezvous.h"
#include "tests/ipc/history.h"

#include <pthread.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define WAITERS   500u
#define PROCESSES 5u
#define FRAMES    20u
#define PIN_VALUE 32767

struct crowd {
    const char *camera;
    struct meet ring, attached, read; /* of the honest reader: frames */
    struct meet woken;
    struct fr_rendezvous meet;
    atomic_uint newcomers; /* each waiter takes a number */
};

/* ---------------------------------------------------------------- waiters */

/* As a reader sleeps: at the gate of the next frame, again and again. */
static void *wait_for_frames(void *arg)
{
    struct crowd *crowd = arg;
    const struct fr_layout_header *header = shmat(crowd->meet.ids.shm_id, NULL, SHM_RDONLY);
    must(header != (void *)-1, "%s", strerror(errno));
    for (uint64_t seen = 0;; seen++) {
        struct sembuf zero = {.sem_num = (unsigned short)((seen + 1) % FR_GATES)};
        while (semop(crowd->meet.ids.gates_id, &zero, 1) < 0)
            must(errno == EINTR, "%s", strerror(errno));
        must(atomic_load(&header->head) >= seen + 1, "woken without a frame");
        atomic_fetch_add(&crowd->woken.count, 1);
    }
    return NULL;
}

/* In every way that makes the kernel look longer: at a gate and at all others, at ALIVE behind as
 * many operations as one call may have, for a slot's whole semaphore, for a value that never
 * comes. */
static void *wait_in_the_worst_way(void *arg)
{
    struct crowd *crowd = arg;
    unsigned me = atomic_fetch_add(&crowd->newcomers, 1);
    struct sembuf ops[500] = {0};
    size_t n = 1;
    int id = crowd->meet.ids.pins_id;
    switch (me % 4) {
    case 0:
        id = crowd->meet.ids.gates_id;
        for (n = 0; n < 499; n++) /* one that is open for long, over and over */
            ops[n].sem_num = FR_GATES - 1;
        ops[n++].sem_num = FR_GATE_ALIVE;
        break;
    case 1:
        id = crowd->meet.ids.gates_id;
        for (n = 0; n < FR_GATES; n++)
            ops[n].sem_num = (unsigned short)n;
        ops[n++].sem_num = FR_GATE_ALIVE;
        break;
    case 2:
        ops[0] = (struct sembuf){.sem_num = (unsigned short)(me / 4 % 8), .sem_op = -PIN_VALUE};
        break;
    default:
        for (n = 0; n < 8; n++)
            ops[n] =
                (struct sembuf){.sem_num = (unsigned short)n, .sem_op = -1, .sem_flg = SEM_UNDO};
        ops[n++] = (struct sembuf){.sem_num = (unsigned short)(me / 4 % 8), .sem_op = -PIN_VALUE};
    }
    atomic_fetch_add(&crowd->woken.count, 1);
    for (;;)
        if (semop(id, ops, n) < 0)
            must(errno == EINTR, "%s", strerror(errno));
    return NULL;
}

static void start_threads(struct crowd *crowd, void *(*body)(void *))
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 << 10);
    meet_wait(&crowd->ring, 1);
    for (unsigned i = 0; i < WAITERS / PROCESSES; i++) {
        pthread_t thread;
        int r = pthread_create(&thread, &attributes, body, crowd);
        must(r == 0, "thread %u: %s", i, strerror(r));
    }
    for (;;)
        pause();
}

static void waiters_main(void *arg)
{
    start_threads(arg, wait_for_frames);
}

static void worst_waiters_main(void *arg)
{
    start_threads(arg, wait_in_the_worst_way);
}

/* ---------------------------------------------------------------- the camera */

static void honest_main(void *arg)
{
    struct crowd *crowd = arg;
    struct history history = {0};
    meet_wait(&crowd->ring, 1);
    struct fr_reader *reader = reader_open(crowd->camera, FR_READ_PEEK);
    reader_attach(reader);
    meet_add(&crowd->attached);
    for (uint32_t n = 1; n <= FRAMES; n++) {
        struct fr_frame frame;
        reader_next(reader, &history, &frame);
        must(frame.number == n, "frame %" PRIu64 ", not %u", frame.number, n);
        must(history_release(&history, reader, &frame, history_look(&frame)), "torn");
        meet_add(&crowd->read);
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

/* Sleepers at a semaphore, or in every queue of a set. */
static int sleepers(int id, int number)
{
    return semctl(id, number, GETZCNT) + semctl(id, number, GETNCNT);
}

static unsigned sleepers_of(int id, int n_sems)
{
    int n = 0;
    for (int i = 0; i < n_sems; i++)
        n += sleepers(id, i);
    return (unsigned)n;
}

#define await(condition, what)                                                                     \
    for (int64_t end_ns_ = now_ns() + DEADLINE_S * NS_PER_S; !(condition); pass_time(NS_PER_MS))   \
    must(now_ns() < end_ns_ && !child_has_failed(), "%s", what)

static uint64_t resident_bytes(void)
{
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    must(f && fscanf(f, "%lu %lu", &size, &resident) == 2, "no /proc/self/statm");
    fclose(f);
    return resident * UINT64_C(4096);
}

static struct crowd *camera_with_crowd(const char *name, struct camera *camera,
                                       void (*body)(void *), pid_t pid[PROCESSES + 1])
{
    struct crowd *crowd = shared_alloc(sizeof *crowd);
    char rundir[256];
    crowd->camera = name;
    for (unsigned i = 0; i < PROCESSES; i++)
        pid[i] = child_start(body, crowd);
    pid[PROCESSES] = child_start(honest_main, crowd);
    struct fr_epoch_options options = camera_options(64, 48);
    camera_open(camera, name, &options);
    must(fr_rendezvous_read(fr_rundir(0, rundir, sizeof rundir), name, &crowd->meet, NULL, 0) == 0,
         "no ring file");
    meet_add(&crowd->ring);
    meet_wait(&crowd->attached, 1);
    return crowd;
}

static void crowd_is_gone(struct crowd *crowd, struct camera *camera,
                          const pid_t pid[PROCESSES + 1])
{
    child_ends_well(pid[PROCESSES]);
    for (unsigned i = 0; i < PROCESSES; i++)
        child_kill(pid[i]);
    ck_assert_uint_eq(sleepers_of(crowd->meet.ids.gates_id, FR_GATE_SEMS), 0);
    ck_assert_uint_eq(sleepers_of(crowd->meet.ids.pins_id, 8), 0);
    ck_assert_uint_le(camera->waits, 1);
    fr_writer_close(camera->writer);
}

START_TEST(s19_500_waiters_all_wake_and_the_writer_does_not_wait)
{
    struct camera camera;
    pid_t pid[PROCESSES + 1];
    struct crowd *crowd = camera_with_crowd("s19", &camera, waiters_main, pid);
    uint64_t before = 0;
    for (uint32_t n = 1; n <= FRAMES; n++) {
        int gate = (int)(n % FR_GATES);
        await(sleepers(crowd->meet.ids.gates_id, gate) == WAITERS + 1, "they do not all sleep");
        camera_publish(&camera);
        meet_wait(&crowd->read, n);
        await(atomic_load(&crowd->woken.count) == n * WAITERS, "they do not all wake");
        if (n == 2)
            before = resident_bytes();
    }
    ck_assert_uint_le(resident_bytes(), before + (1 << 20)); /* none of it is the writer's memory */
    crowd_is_gone(crowd, &camera, pid);
}
END_TEST

START_TEST(s19_nor_when_they_wait_in_the_worst_way)
{
    struct camera camera;
    pid_t pid[PROCESSES + 1];
    struct crowd *crowd = camera_with_crowd("s19-worst", &camera, worst_waiters_main, pid);
    /* Those at the pins come to sleep when there is nothing more for them to have. */
    await(atomic_load(&crowd->woken.count) == WAITERS, "they do not all come");
    await(sleepers_of(crowd->meet.ids.gates_id, FR_GATE_SEMS) >= WAITERS / 2, "they do not sleep");
    for (uint32_t n = 1; n <= FRAMES; n++) {
        camera_publish(&camera);
        meet_wait(&crowd->read, n);
    }
    struct fr_writer_counts counts;
    fr_writer_counts(camera.writer, &counts);
    ck_assert_uint_eq(counts.frames, FRAMES);
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        ck_assert_uint_eq(counts.dropped[i], 0);
    crowd_is_gone(crowd, &camera, pid);
}
END_TEST

IPC_MAIN("waiters", s19_500_waiters_all_wake_and_the_writer_does_not_wait,
         s19_nor_when_they_wait_in_the_worst_way)
