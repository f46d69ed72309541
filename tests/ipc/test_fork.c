/* Processes that start others while they write or read a ring. Row S22 of FAULTS.md.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <dirent.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/shm.h>

extern char **environ;

struct stage {
    const char *camera;
    struct meet ready, done, closed, go;
    _Atomic pid_t child;
};

/* ---------------------------------------------------------------- descriptors */

struct fds {
    int fd[64];
    unsigned n;
};

static struct fds fds_of(pid_t pid)
{
    struct fds fds = {0};
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    must(dir, "%s: %s", path, strerror(errno));
    for (struct dirent *entry; (entry = readdir(dir));) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || (pid == getpid() && fd == dirfd(dir)))
            continue;
        must(fds.n < 64, "too many descriptors");
        fds.fd[fds.n++] = fd;
    }
    closedir(dir);
    return fds;
}

static bool has_fd(const struct fds *fds, int fd)
{
    for (unsigned i = 0; i < fds->n; i++)
        if (fds->fd[i] == fd)
            return true;
    return false;
}

/* What it leads to: a path, or "anon_inode:…". */
static void target_of(pid_t pid, int fd, char *ret_text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
    ssize_t n = readlink(path, ret_text, size - 1);
    ret_text[n < 0 ? 0 : n] = 0; /* it may have closed it meanwhile */
}

/* `pid` has none open of those that this process has opened since `before`: by what they lead to,
 * for the other opens files of its own. */
static void has_none_since(const struct fds *before, pid_t pid)
{
    struct fds ours = fds_of(getpid()), its = fds_of(pid);
    for (unsigned i = 0; i < its.n; i++)
        for (unsigned k = 0; k < ours.n; k++) {
            char a[256], b[256];
            target_of(pid, its.fd[i], a, sizeof a);
            target_of(getpid(), ours.fd[k], b, sizeof b);
            ck_assert_msg(has_fd(before, ours.fd[k]) || strcmp(a, b) != 0, "it was left %s", a);
        }
}

static bool maps_a_segment(pid_t pid)
{
    char path[64], line[512];
    bool has = false;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "r");
    must(maps, "%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, maps))
        has |= strstr(line, "/SYSV") != NULL;
    fclose(maps);
    return has;
}

/* A writer with an epoch, and a reader of each kind that holds a frame of it. */
struct everything {
    struct camera camera;
    struct fr_reader *reader[2];
    struct fr_frame frame[2];
};

static void open_everything(struct everything *all, const char *camera)
{
    static const enum fr_read_mode modes[] = {FR_READ_PINNED, FR_READ_PEEK};
    struct fr_epoch_options options = camera_options(64, 48);
    camera_open(&all->camera, camera, &options);
    for (unsigned i = 0; i < 2; i++) {
        all->reader[i] = reader_open(camera, modes[i]);
        reader_attach(all->reader[i]);
    }
    camera_publish(&all->camera);
    for (unsigned i = 0; i < 2; i++)
        must(fr_reader_next(all->reader[i], 0, &all->frame[i]) == 0, "no frame");
}

static void close_everything(struct everything *all)
{
    for (unsigned i = 0; i < 2; i++) {
        must(fr_reader_release(all->reader[i], &all->frame[i]) == 0, "overwritten");
        fr_reader_close(all->reader[i]);
    }
    fr_writer_close(all->camera.writer);
}

START_TEST(s22_every_descriptor_of_the_library_is_closed_by_exec)
{
    struct everything all;
    struct fds before = fds_of(getpid());
    open_everything(&all, "s22-fds");
    /* One that waits for its ring has descriptors, too. */
    struct fr_reader *waiting = reader_open("s22-none", FR_READ_PEEK);
    struct fr_frame frame;
    ck_assert_int_eq(fr_reader_next(waiting, 0, &frame), -ENOTCONN);
    struct fds after = fds_of(getpid());
    unsigned ours = 0;
    for (unsigned i = 0; i < after.n; i++) {
        if (has_fd(&before, after.fd[i]))
            continue;
        ours++;
        ck_assert_msg(fcntl(after.fd[i], F_GETFD) & FD_CLOEXEC, "descriptor %d survives exec",
                      after.fd[i]);
    }
    ck_assert_uint_ge(ours, 1 + 3 * 2); /* the lock; of each reader two */
    fr_reader_close(waiting);
    close_everything(&all);
    struct fds closed = fds_of(getpid());
    ck_assert_uint_eq(closed.n, before.n);
}
END_TEST

static pid_t start_by_spawn(void)
{
    char *const argv[] = {"sleep", "100", NULL};
    pid_t pid;
    int r = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    must(r == 0, "%s", strerror(r));
    return pid;
}

static pid_t start_by_fork(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execlp("sleep", "sleep", "100", (char *)NULL);
        end_child(127);
    }
    return pid;
}

/* Starts a program and waits until exec has closed what it closes, which it does in order of the
 * numbers: this pipe's end at last. */
static pid_t start(pid_t (*way)(void))
{
    int told[2];
    char byte;
    must(pipe2(told, O_CLOEXEC) == 0, "%s", strerror(errno));
    int last = fcntl(told[1], F_DUPFD_CLOEXEC, 200);
    must(last >= 200, "%s", strerror(errno));
    close(told[1]);
    pid_t pid = way();
    close(last);
    must(pid > 0 && read(told[0], &byte, 1) == 0, "it was not started");
    close(told[0]);
    return pid;
}

START_TEST(s22_a_program_started_by_writer_and_readers_has_neither_mapping_nor_descriptor_of_theirs)
{
    pid_t (*const ways[])(void) = {start_by_spawn, start_by_fork};
    struct everything all;
    struct fds before = fds_of(getpid());
    open_everything(&all, "s22-exec");
    ck_assert(maps_a_segment(getpid()));
    uint32_t attached = ring_info("s22-exec").attached;
    for (unsigned i = 0; i < 2; i++) {
        pid_t pid = start(ways[i]);
        ck_assert(!maps_a_segment(pid));
        has_none_since(&before, pid);
        ck_assert_uint_eq(ring_info("s22-exec").attached, attached);
        child_kill(pid);
    }
    close_everything(&all);
}
END_TEST

/* ---------------------------------------------------------------- fork without exec */

static void forking_writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, stage->camera, &options);
    camera_publish(&camera);
    pid_t child = fork();
    must(child >= 0, "%s", strerror(errno));
    if (child == 0) {
        alarm(2 * (unsigned)DEADLINE_S); /* whatever becomes of the test */
        meet_add(&stage->ready);         /* lives on, with all that it was left */
        for (;;)
            pause();
    }
    atomic_store(&stage->child, child);
    meet_add(&stage->ready);
    for (;;)
        pause();
}

START_TEST(s22_a_child_that_outlives_its_writer_keeps_neither_lock_nor_memory_nor_the_ring_alive)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    struct fr_reader *reader = reader_open("s22-outlived", FR_READ_PEEK);
    struct fr_frame frame;
    stage->camera = "s22-outlived";
    pid_t writer = child_start(forking_writer_main, stage);
    meet_wait(&stage->ready, 2);
    pid_t child = atomic_load(&stage->child);
    ck_assert(!maps_a_segment(child));
    reader_attach(reader);
    child_kill(writer);
    ck_assert_int_eq(kill(child, 0), 0); /* it is there */

    ck_assert_int_eq(fr_reader_next(reader, -1, &frame), -ENOTCONN);
    ck_assert_int_eq(ring_info(stage->camera).state, FR_RING_DEAD);
    fr_reader_close(reader);
    /* The next writer: another process, at once. */
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_writer *next = NULL;
    char reason[512] = "";
    ck_assert_msg(fr_writer_open(stage->camera, NULL, &next, reason, sizeof reason) == 0, "%s",
                  reason);
    ck_assert_int_eq(fr_writer_begin(next, &options), 0);
    struct shm_info shm;
    ck_assert_int_ge(shmctl(0, SHM_INFO, (void *)&shm), 0);
    ck_assert_int_eq(shm.used_ids, 1); /* the old one went, for nobody has it attached */
    fr_writer_close(next);
    kill(child, SIGKILL);
}
END_TEST

/* What a child may do to its copies, and its end: none of it is the parent's. */
START_TEST(s22_what_a_child_does_to_its_copies_and_its_end_leave_the_parents_lock_ring_and_pins)
{
    struct everything all;
    const char *camera = "s22-copies";
    open_everything(&all, camera);
    struct fr_ring_info before = ring_info(camera);
    ck_assert_uint_eq(ring_pins(&before), 1);

    struct stage *stage = shared_alloc(sizeof *stage);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct fr_frame frame;
        uint32_t slot;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        /* It can look at what the parent holds, and that is all. */
        must(history_look(&all.frame[0]) == HISTORY_WHOLE, "the pixels are gone");
        for (unsigned i = 0; i < 2; i++) {
            must(fr_reader_next(all.reader[i], -1, &frame) == -ECHILD, "it read on");
            must(strstr(fr_reader_reason(all.reader[i]), "fork"), "without a reason");
            fr_reader_cancel(all.reader[i]);
            fr_reader_release(all.reader[i], &all.frame[i]);
        }
        must(fr_writer_take(all.camera.writer, &slot) == -EAGAIN, "it took a slot");
        must(fr_writer_slot(all.camera.writer, 0) == NULL, "it has a slot");
        must(fr_writer_begin(all.camera.writer, &all.camera.options) == -ECHILD, "it began");
        must(strstr(fr_writer_reason(all.camera.writer), "fork"), "without a reason");
        fr_writer_end(all.camera.writer);
        meet_add(&stage->done);
        meet_wait(&stage->go, 1);
        fr_reader_close(all.reader[0]);
        fr_reader_close(all.reader[1]);
        fr_writer_close(all.camera.writer);
        meet_add(&stage->closed);
        meet_wait(&stage->go, 2);
        exit(0); /* as a program ends, not as a test does */
    }
    meet_wait(&stage->done, 1);
    struct fr_ring_info during = ring_info(camera);
    ck_assert_int_eq(during.state, FR_RING_LIVE);
    ck_assert_uint_eq(during.epoch, before.epoch);
    ck_assert_uint_eq(ring_pins(&during), 1);
    meet_add(&stage->go);
    meet_wait(&stage->closed, 1);
    during = ring_info(camera); /* the end of the child would undo what it did to a pin */
    ck_assert_uint_eq(ring_pins(&during), 1);
    meet_add(&stage->go);
    int status = child_end(child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status 0x%x", status);

    struct fr_ring_info after = ring_info(camera);
    ck_assert_int_eq(after.state, FR_RING_LIVE);
    ck_assert_uint_eq(after.epoch, before.epoch);
    ck_assert_uint_eq(ring_pins(&after), 1);
    struct fr_writer *second = NULL;
    ck_assert_int_eq(fr_writer_open(camera, NULL, &second, NULL, 0), -EBUSY);
    /* The pinned frame stays, however many come; and both sides go on. */
    for (unsigned i = 0; i < 40; i++)
        camera_publish(&all.camera);
    ck_assert(history_look(&all.frame[0]) == HISTORY_WHOLE);
    ck_assert_int_eq(fr_reader_release(all.reader[0], &all.frame[0]), 0);
    ck_assert_int_eq(fr_reader_release(all.reader[1], &all.frame[1]), 0); /* the same slot */
    for (unsigned i = 0; i < 2; i++) {
        struct fr_frame frame;
        ck_assert_int_eq(fr_reader_next(all.reader[i], 0, &frame), 0);
        ck_assert_int_eq(fr_reader_release(all.reader[i], &frame), 0);
        fr_reader_close(all.reader[i]);
    }
    struct fr_ring_info end = ring_info(camera);
    ck_assert_uint_eq(ring_pins(&end), 0);
    fr_writer_close(all.camera.writer);
}
END_TEST

static void *fork_for_ever(void *arg)
{
    atomic_bool *stop = arg;
    while (!atomic_load(stop)) {
        pid_t pid = fork();
        if (pid == 0) { /* has what it was left for a moment */
            pass_time(20 * NS_PER_MS);
            _exit(0);
        }
        pass_time(NS_PER_MS / 20);
    }
    return NULL;
}

/* Who gives the lock back gives it back, whatever children have a copy that they have not closed
 * yet. */
START_TEST(s22_a_lock_that_is_given_back_is_free_although_threads_fork_at_any_moment)
{
    atomic_bool stop = false;
    pthread_t thread;
    char reason[512] = "";
    signal(SIGCHLD, SIG_IGN); /* nobody waits for them */
    struct fr_writer *writer;
    ck_assert_int_eq(fr_writer_open("s22-moment", NULL, &writer, NULL, 0), 0);
    fr_writer_close(writer);
    ck_assert_int_eq(pthread_create(&thread, NULL, fork_for_ever, &stop), 0);
    for (unsigned i = 0; i < 3000; i++) {
        int r = fr_writer_open("s22-moment", NULL, &writer, reason, sizeof reason);
        if (r < 0)
            atomic_store(&stop, true);
        ck_assert_msg(r == 0, "opening %u: %s", i, reason);
        fr_writer_close(writer);
        r = fr_ring_remove("s22-moment", reason, sizeof reason);
        ck_assert_msg(r == -ENOENT, "removing %u: %s", i, reason); /* nothing there, and not busy */
    }
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
}
END_TEST

IPC_MAIN("fork", s22_a_lock_that_is_given_back_is_free_although_threads_fork_at_any_moment,
         s22_every_descriptor_of_the_library_is_closed_by_exec,
         s22_a_program_started_by_writer_and_readers_has_neither_mapping_nor_descriptor_of_theirs,
         s22_a_child_that_outlives_its_writer_keeps_neither_lock_nor_memory_nor_the_ring_alive,
         s22_what_a_child_does_to_its_copies_and_its_end_leave_the_parents_lock_ring_and_pins)
