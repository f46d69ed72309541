/* What other users can do to a camera: members of its group (analyzers, perhaps taken over) and
 * strangers. Rows S1, N6 and S14 of FAULTS.md, with real users, so it wants root.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define SLOTS 8

struct stage {
    const char *camera;
    struct meet published; /* frames */
    struct meet seen;      /* frames that the honest reader accepted */
    struct meet attached;
    atomic_bool stop;         /* the writer */
    atomic_bool stop_reading; /* readers, while the writer still runs */
};

/* The camera of these tests: frames at a kilohertz until it is told to stop. */
static void writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(320, 240);
    struct camera camera;

    camera_open(&camera, stage->camera, &options);
    while (!atomic_load(&stage->stop)) {
        camera_publish(&camera);
        meet_add(&stage->published);
        pass_time(NS_PER_MS);
    }
    camera_verify_slots(&camera);
    fr_writer_close(camera.writer);
}

/* Checks every frame, as one of the group. */
static void honest_reader_main(void *arg)
{
    struct stage *stage = arg;
    struct history history = {0};
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PINNED);

    while (!atomic_load(&stage->stop_reading)) {
        struct fr_frame frame;
        int r = fr_reader_next(reader, DEADLINE_S * NS_PER_S, &frame);
        if (r == -ENOTCONN && atomic_load(&stage->stop))
            break; /* the writer saw it first */
        must(r == 0, "fr_reader_next: %s: %s", strerror(-r), fr_reader_reason(reader));
        history_taken(&history, &frame);
        history_release(&history, reader, &frame, history_look(&frame));
        meet_add(&stage->seen);
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

static pid_t start_writer(struct stage *stage, const struct user *user)
{
    char folder[PATH_MAX];
    must(fr_rundir(0, folder, sizeof folder), "no run folder");
    if (user) /* as tmpfiles does for the service */
        must(chown(folder, user->uid, user->gid) == 0, "%s", strerror(errno));
    pid_t pid = child_start_as(user, writer_main, stage);
    meet_wait(&stage->published, 1);
    return pid;
}

/* ---------------------------------------------------------------- S1 */

static void attack_by_store(void *arg)
{
    struct stage *stage = arg;
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PINNED);
    struct fr_frame frame;
    must(fr_reader_next(reader, DEADLINE_S * NS_PER_S, &frame) == 0, "no frame");
    meet_add(&stage->attached);
    signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would make an exit code of it */
    *(volatile uint8_t *)(uintptr_t)frame.planes[0].data = 1;
    must(false, "the store went through");
}

/* Everything that a member of the group may try; each must fail, and with this error. */
static void attack_by_system_calls(void *arg)
{
    struct stage *stage = arg;
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PINNED);
    struct fr_frame frame;
    must(fr_reader_next(reader, DEADLINE_S * NS_PER_S, &frame) == 0, "no frame");
    uintptr_t pixels = (uintptr_t)frame.planes[0].data;
    struct fr_ring_info info = ring_info(stage->camera);
    must(info.state == FR_RING_LIVE, "%s", info.reason);
#define refused(call, error)                                                                       \
    do {                                                                                           \
        errno = 0;                                                                                 \
        must((call) == -1 && errno == (error), "gave errno %d (%s), expected " #error, errno,      \
             strerror(errno));                                                                     \
    } while (0)

    /* The mapping cannot become writable … */
    uintptr_t page = pixels & ~(uintptr_t)4095;
    refused(mprotect((void *)page, 4096, PROT_READ | PROT_WRITE), EACCES);
    /* … nor be written behind the page table's back … */
    int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    must(mem >= 0, "/proc/self/mem: %s", strerror(errno));
    refused(pwrite(mem, "x", 1, (off_t)pixels), EIO);
    close(mem);
    /* … nor be mapped anew for writing. */
    refused((intptr_t)shmat(info.shm_id, NULL, 0), EACCES);

    /* The objects' owner, mode and life are not the group's. */
    struct shmid_ds shm;
    must(shmctl(info.shm_id, IPC_STAT, &shm) == 0, "%s", strerror(errno));
    must((shm.shm_perm.mode & 0777) == 0640, "mode %o", shm.shm_perm.mode & 0777u);
    shm.shm_perm.mode = 0666;
    refused(shmctl(info.shm_id, IPC_SET, &shm), EPERM);
    refused(shmctl(info.shm_id, IPC_RMID, NULL), EPERM);
    refused(shmctl(info.shm_id, SHM_LOCK, NULL), EPERM);
    const int sets[] = {info.gates_id, info.pins_id};
    for (unsigned i = 0; i < 2; i++) {
        struct semid_ds sem;
        must(semctl(sets[i], 0, IPC_STAT, &sem) == 0, "%s", strerror(errno));
        must((sem.sem_perm.mode & 0777) == (i ? 0660 : 0640), "set %u has mode %o", i,
             sem.sem_perm.mode & 0777u);
        sem.sem_perm.mode = 0666;
        refused(semctl(sets[i], 0, IPC_SET, &sem), EPERM);
        refused(semctl(sets[i], 0, IPC_RMID), EPERM);
    }

    /* The gates are the writer's alone: nobody else opens, closes or sets one. */
    struct sembuf open_gate = {.sem_op = -1, .sem_flg = IPC_NOWAIT};
    struct sembuf close_gate = {.sem_op = 1, .sem_flg = IPC_NOWAIT | SEM_UNDO};
    refused(semop(info.gates_id, &open_gate, 1), EACCES);
    refused(semop(info.gates_id, &close_gate, 1), EACCES);
    refused(semctl(info.gates_id, 0, SETVAL, 0), EACCES);

    /* The reader's own life goes on. */
    must(fr_reader_release(reader, &frame) == 0, "the frame was overwritten");
    fr_reader_close(reader);
#undef refused
}

START_TEST(s1_reader_cannot_write_the_ring)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s1";
    pid_t writer = start_writer(stage, &user_writer);
    pid_t honest = child_start_as(&user_reader, honest_reader_main, stage);
    meet_wait(&stage->seen, 1);

    pid_t storer = child_start_as(&user_reader, attack_by_store, stage);
    int status = child_end(storer);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status 0x%x", status);
    ck_assert_uint_eq(stage->attached.count, 1); /* it was the store, and nothing before it */
    child_ends_well(child_start_as(&user_reader, attack_by_system_calls, stage));

    /* Nobody noticed: a ring's worth of frames later all checksums are still right. */
    uint32_t seen = atomic_load(&stage->seen.count);
    meet_wait(&stage->seen, seen + 2 * SLOTS);
    atomic_store(&stage->stop_reading, true);
    child_ends_well(honest);
    atomic_store(&stage->stop, true);
    child_ends_well(writer);
}
END_TEST

static void stranger_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_frame frame;
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PEEK);
    int r = fr_reader_next(reader, NS_PER_S, &frame);
    must(r == -EACCES, "a stranger got %d", r);
    must(*fr_reader_reason(reader), "and is not told why");
    fr_reader_close(reader);
}

START_TEST(s1_stranger_cannot_even_look)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->camera = "s1-stranger";
    pid_t writer = start_writer(stage, &user_writer);
    child_ends_well(child_start_as(&user_stranger, stranger_main, stage));
    atomic_store(&stage->stop, true);
    child_ends_well(writer);
}
END_TEST

/* ---------------------------------------------------------------- N6 */

/* The one file in the camera's folder that is nobody else's: the lock. */
static void find_lock(const char *camera, char *ret_path, size_t size)
{
    char rundir[256], folder[512];
    snprintf(folder, sizeof folder, "%s/%s", fr_rundir(0, rundir, sizeof rundir), camera);
    DIR *dir = opendir(folder);
    must(dir, "%s: %s", folder, strerror(errno));
    unsigned found = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        struct stat st;
        if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode))
            continue;
        must((st.st_mode & 022) == 0, "%s is for others to write", entry->d_name);
        if ((st.st_mode & 077) == 0) {
            snprintf(ret_path, size, "%s/%s", folder, entry->d_name);
            found++;
        }
    }
    closedir(dir);
    must(found == 1, "%u files look like the lock", found);
}

/* Tries to get at the lock, and locks whatever it can open, until it is killed. */
static void lock_thief_main(void *arg)
{
    struct stage *stage = arg;
    char lock[PATH_MAX], other[PATH_MAX + 8];
    snprintf(lock, sizeof lock, "%s", (const char *)(stage + 1));
    static const int modes[] = {O_RDONLY, O_WRONLY, O_RDWR};
    for (unsigned i = 0; i < 3; i++)
        must(open(lock, modes[i] | O_CLOEXEC) == -1 && errno == EACCES, "%s", strerror(errno));
    must(unlink(lock) == -1 && errno == EACCES, "unlink: %s", strerror(errno));
    snprintf(other, sizeof other, "%s.mine", lock);
    must(rename(lock, other) == -1 && errno == EACCES, "rename: %s", strerror(errno));
    must(link(lock, "/tmp/framering-n6") == -1 && (errno == EPERM || errno == EACCES), "link: %s",
         strerror(errno));

    /* The folder and the rendezvous file can be read by the group, so they can be locked. */
    unsigned locked = 0;
    char *slash = strrchr(lock, '/');
    *slash = 0;
    snprintf(other, sizeof other, "%s/ring", lock);
    const char *const reachable[] = {lock, other};
    for (unsigned i = 0; i < 2; i++) {
        int fd = open(reachable[i], O_RDONLY | O_CLOEXEC);
        locked += fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    }
    must(locked, "nothing could be locked, so nothing was tried");
    meet_add(&stage->attached);
    for (;;)
        pause();
}

START_TEST(n6_reader_cannot_hold_the_writers_lock)
{
    struct stage *stage = shared_alloc(sizeof *stage + PATH_MAX);
    stage->camera = "n6";
    pid_t writer = start_writer(stage, &user_writer);
    find_lock(stage->camera, (char *)(stage + 1), PATH_MAX);

    pid_t thief = child_start_as(&user_reader, lock_thief_main, stage);
    meet_wait(&stage->attached, 1);
    /* With the thief's locks in place the camera stops, starts, dies and starts. */
    atomic_store(&stage->stop, true);
    child_ends_well(writer);
    atomic_store(&stage->stop, false);
    atomic_store(&stage->published.count, 0);
    writer = start_writer(stage, &user_writer);
    child_kill(writer);
    atomic_store(&stage->published.count, 0);
    writer = start_writer(stage, &user_writer);
    atomic_store(&stage->stop, true);
    child_ends_well(writer);
    child_kill(thief);
}
END_TEST

/* ---------------------------------------------------------------- S14 */

struct squat {
    struct stage stage;
    char lock[PATH_MAX];
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
    pid_t writer = start_writer(stage, &user_writer);
    find_lock(camera, squat->lock, sizeof squat->lock);
    atomic_store(&stage->stop, true);
    child_ends_well(writer);
    squat->key = ftok(squat->lock, 1); /* worked out here: he may not even see the file */
    must(squat->key != -1, "%s: %s", squat->lock, strerror(errno));
    squat->keys = keys;
    squat->mode = mode;
    pid_t squatter = child_start_as(&user_stranger, squatter_main, squat);
    meet_wait(&stage->attached, 1);
    ck_assert_int_eq(squat->held, keys + 1);

    atomic_store(&stage->stop, false);
    atomic_store(&stage->published.count, 0);
    atomic_store(&stage->seen.count, 0);
    writer = start_writer(stage, &user_writer);
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

    pid_t honest = child_start_as(&user_reader, honest_reader_main, stage);
    meet_wait(&stage->seen, 2 * SLOTS);
    atomic_store(&stage->stop_reading, true);
    child_ends_well(honest);
    atomic_store(&stage->stop, true);
    child_ends_well(writer);

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

static bool can_be_others(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(become(&user_writer) ? 0 : 1);
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
    if (!can_be_others()) {
        printf("skipped: S1, N6 and S14 need other users, and setresuid() does not work here; run "
               "the tests as root\n");
        return 77;
    }
    return IPC_TESTS("users", s1_reader_cannot_write_the_ring, s1_stranger_cannot_even_look,
                     n6_reader_cannot_hold_the_writers_lock, s14_squatted_keys_do_not_stop_a_camera,
                     s14_nor_does_every_key_squatted);
}
