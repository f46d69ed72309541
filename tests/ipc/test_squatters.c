/* Keys that a stranger has taken before the camera could: it takes others, at last none. Row S14 of
 * FAULTS.md, with real users, so it wants root.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/stage.h"

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define SLOTS SLOTS_OF_STAGE

struct squat {
    struct stage stage;
    key_t key; /* for any project id; the highest byte is the id */
    int keys;  /* project ids 0 to this */
    int mode;
    int held; /* how many keys were taken */
};

static key_t key_of(const struct squat *squat, int id)
{
    return (key_t)(((uint32_t)squat->key & 0x00ffffffu) | (uint32_t)id << 24);
}

/* Takes every key that the writer might think of, and stays. */
static void squatter_main(void *arg)
{
    struct squat *squat = arg;
    for (int id = 0; id <= squat->keys; id++) {
        key_t key = key_of(squat, id);
        int flags = IPC_CREAT | IPC_EXCL | squat->mode;
        bool has_shm = shmget(key, 1 << 20, flags) >= 0;
        bool has_sem = semget(key, 17, flags) >= 0;
        squat->held += has_shm && has_sem;
    }
    meet_add(&squat->stage.attached);
    for (;;)
        pause();
}

static void squatted_camera_runs(const char *camera, int keys, int mode)
{
    struct squat *squat = shared_alloc(sizeof *squat);
    struct stage *stage = &squat->stage;
    stage->camera = camera;

    /* Once without him, so that the lock file is there. */
    pid_t writer = stage_start_writer(stage, &user_writer);
    stage_end_writer(stage, writer);
    char rundir[256], lock[PATH_MAX];
    snprintf(lock, sizeof lock, "%s/%s/lock", fr_rundir(0, rundir, sizeof rundir), camera);
    squat->key = ftok(lock, 1); /* worked out here: he may not even see the file */
    must(squat->key != -1, "%s: %s", lock, strerror(errno));
    squat->keys = keys;
    squat->mode = mode;
    pid_t squatter = child_start_as(&user_stranger, squatter_main, squat);
    meet_wait(&stage->attached, 1);
    ck_assert_int_eq(squat->held, keys + 1);

    atomic_store(&stage->seen.count, 0);
    atomic_store(&stage->stop_reading, false);
    writer = stage_start_writer(stage, &user_writer);
    struct fr_ring_info info = ring_info(camera);
    ck_assert_int_eq(info.state, FR_RING_LIVE);
    struct shmid_ds shm;
    struct semid_ds sem;
    ck_assert_int_eq(shmctl(info.shm_id, IPC_STAT, &shm), 0);
    ck_assert_uint_eq(shm.shm_perm.cuid, user_writer.uid);
    ck_assert_int_eq(semctl(info.gates_id, 0, IPC_STAT, &sem), 0);
    ck_assert_uint_eq(sem.sem_perm.cuid, user_writer.uid);
    ck_assert_int_eq(semctl(info.pins_id, 0, IPC_STAT, &sem), 0);
    ck_assert_uint_eq(sem.sem_perm.cuid, user_writer.uid);

    pid_t honest = child_start_as(&user_reader, stage_reader_main, stage);
    meet_wait(&stage->seen, 2 * SLOTS);
    atomic_store(&stage->stop_reading, true);
    child_ends_well(honest);
    stage_end_writer(stage, writer);

    /* His are still there: nothing that is not the writer's own was removed. */
    int left = 0;
    for (int id = 0; id <= keys; id++) {
        key_t taken = key_of(squat, id);
        left += shmget(taken, 0, 0) >= 0 && semget(taken, 0, 0) >= 0;
        shmctl(shmget(taken, 0, 0), IPC_RMID, NULL);
        semctl(semget(taken, 0, 0), 0, IPC_RMID);
    }
    ck_assert_int_eq(left, keys + 1);
    child_kill(squatter);
}

START_TEST(s14_squatted_keys_do_not_stop_a_camera)
{
    squatted_camera_runs("s14-closed", 10, 0600);
    squatted_camera_runs("s14-open", 10, 0666);
}
END_TEST

START_TEST(s14_nor_does_every_key_squatted)
{
    squatted_camera_runs("s14-all", 255, 0666);
}
END_TEST

IPC_MAIN_AS_USERS("squatters", s14_squatted_keys_do_not_stop_a_camera,
                  s14_nor_does_every_key_squatted)
