/* What other users can do to a camera: members of its group (analyzers, perhaps taken over) and
 * strangers. Rows S1 and N6 of FAULTS.md, with real users, so it wants root.
 * What the kernel forbids is asserted by errno; what it allows is in test_hostile_reader.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/stage.h"

#include <dirent.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>

#define SLOTS SLOTS_OF_STAGE

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

#define refused(call, error)                                                                       \
    do {                                                                                           \
        errno = 0;                                                                                 \
        must((call) == -1 && errno == (error), "gave errno %d (%s), expected " #error, errno,      \
             strerror(errno));                                                                     \
    } while (0)

/* The mapping of the ring, once the kernel has been asked for another. */
static void attack_the_mapping(uint8_t *ring, size_t bytes, int shm_id)
{
    /* It cannot become writable … */
    refused(mprotect(ring, bytes, PROT_READ | PROT_WRITE), EACCES);
    refused(mprotect(ring, 4096, PROT_WRITE), EACCES);
    /* … nor be mapped anew for writing, … */
    refused((intptr_t)shmat(shm_id, NULL, 0), EACCES);
    refused((intptr_t)shmat(shm_id, ring, SHM_REMAP), EACCES);
    /* … nor be written behind the page table's back, by the process itself, … */
    int mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    must(mem >= 0, "/proc/self/mem: %s", strerror(errno));
    refused(pwrite(mem, "x", 1, (off_t)(uintptr_t)ring), EIO);
    close(mem);
    uint8_t evil = 'x';
    struct iovec from = {&evil, 1}, to = {ring, 1};
    refused(process_vm_writev(getpid(), &from, 1, &to, 1, 0), EFAULT);
    /* … nor by the kernel on its behalf, … */
    int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    refused(read(zero, ring, 1), EFAULT);
    close(zero);
    /* … nor its pages be taken away. */
    refused(madvise(ring, 4096, MADV_REMOVE), EACCES);
    refused(shmctl(shm_id, SHM_LOCK, NULL), EPERM);
    refused(shmctl(shm_id, SHM_UNLOCK, NULL), EPERM);
}

/* A debugger may write what its victim may not, but not this. */
static void attack_by_debugging(uint8_t *ring)
{
    pid_t victim = fork();
    if (victim == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        end_child(0);
    }
    child_await_stop(victim);
    refused(ptrace(PTRACE_POKEDATA, victim, ring, (void *)(uintptr_t)-1), EIO);
    kill(victim, SIGKILL);
    child_end(victim);
}

/* The writer is another user's process: its memory is none of ours. */
static void attack_the_writer(pid_t writer, uint8_t *ring)
{
    char path[64];
    uint8_t evil = 'x';
    struct iovec from = {&evil, 1}, to = {ring, 1};
    refused(ptrace(PTRACE_ATTACH, writer, NULL, NULL), EPERM);
    refused(ptrace(PTRACE_SEIZE, writer, NULL, NULL), EPERM);
    refused(process_vm_writev(writer, &from, 1, &to, 1, 0), EPERM);
    refused(process_vm_readv(writer, &from, 1, &to, 1, 0), EPERM);
    refused(kill(writer, SIGSTOP), EPERM);
    snprintf(path, sizeof path, "/proc/%d/mem", (int)writer);
    refused(open(path, O_RDWR | O_CLOEXEC), EACCES);
}

/* The objects' owner, mode and life are not the group's; nor are the gates. */
static void attack_the_objects(const struct fr_ring_info *info)
{
    struct shmid_ds shm;
    must(shmctl(info->shm_id, IPC_STAT, &shm) == 0, "%s", strerror(errno));
    must((shm.shm_perm.mode & 0777) == 0640, "mode %o", shm.shm_perm.mode & 0777u);
    shm.shm_perm.mode = 0666;
    refused(shmctl(info->shm_id, IPC_SET, &shm), EPERM);
    refused(shmctl(info->shm_id, IPC_RMID, NULL), EPERM);
    const int sets[] = {info->gates_id, info->pins_id};
    for (unsigned i = 0; i < 2; i++) {
        struct semid_ds sem;
        must(semctl(sets[i], 0, IPC_STAT, &sem) == 0, "%s", strerror(errno));
        must((sem.sem_perm.mode & 0777) == (i ? 0660 : 0640), "set %u has mode %o", i,
             sem.sem_perm.mode & 0777u);
        sem.sem_perm.mode = 0666;
        refused(semctl(sets[i], 0, IPC_SET, &sem), EPERM);
        refused(semctl(sets[i], 0, IPC_RMID), EPERM);
    }
    struct sembuf open_gate = {.sem_op = -1, .sem_flg = IPC_NOWAIT};
    struct sembuf close_gate = {.sem_op = 1, .sem_flg = IPC_NOWAIT | SEM_UNDO};
    unsigned short zeroes[64] = {0};
    refused(semop(info->gates_id, &open_gate, 1), EACCES);
    refused(semop(info->gates_id, &close_gate, 1), EACCES);
    refused(semctl(info->gates_id, 0, SETVAL, 0), EACCES);
    refused(semctl(info->gates_id, 0, SETALL, zeroes), EACCES);
}

/* Where the writer's files are, readers can only read. */
static void attack_the_folder(const struct fr_ring_info *info)
{
    static const char *const names[] = {"ring", "lock", "ring.new"};
    char path[PATH_MAX], mine[PATH_MAX];
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", info->folder, names[i]);
        snprintf(mine, sizeof mine, "%s/%s.mine", info->folder, names[i]);
        refused(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), EACCES);
        refused(truncate(path, 0), i < 2 ? EACCES : ENOENT);
        refused(unlink(path), i < 2 ? EACCES : ENOENT);
        refused(rename(path, mine), i < 2 ? EACCES : ENOENT);
        refused(symlink("/etc/passwd", mine), EACCES);
        refused(mkfifo(mine, 0644), EACCES);
    }
    snprintf(path, sizeof path, "%s.mine", info->folder);
    refused(rename(info->folder, path), EACCES);
    refused(mkdir(path, 0755), EACCES);
    refused(chmod(info->folder, 0777), EPERM);
}

struct target {
    struct stage stage;
    pid_t writer;
};

/* Everything that a member of the group may try; each must fail, and with this error. */
static void attack_by_system_calls(void *arg)
{
    struct target *target = arg;
    struct fr_ring_info info = ring_info(target->stage.camera);
    must(info.state == FR_RING_LIVE, "%s", info.reason);
    uint8_t *ring = shmat(info.shm_id, NULL, SHM_RDONLY);
    must(ring != (void *)-1, "%s", strerror(errno));
    attack_the_mapping(ring, info.segment_bytes, info.shm_id);
    attack_by_debugging(ring);
    attack_the_writer(target->writer, ring);
    attack_the_objects(&info);
    attack_the_folder(&info);
}

/* The segment's bytes, as another process sees them. */
struct witness {
    struct stage *stage;
    uint64_t sum;
};

static void witness_main(void *arg)
{
    struct witness *witness = arg;
    struct fr_ring_info info = ring_info(witness->stage->camera);
    const uint64_t *word = shmat(info.shm_id, NULL, SHM_RDONLY);
    must(word != (void *)-1, "%s", strerror(errno));
    for (size_t i = 0; i < info.segment_bytes / 8; i++)
        witness->sum = history_mix(witness->sum ^ word[i]) + i;
}

static uint64_t witnessed(struct stage *stage)
{
    struct witness *witness = shared_alloc(sizeof *witness);
    witness->stage = stage;
    child_ends_well(child_start_as(&user_reader, witness_main, witness));
    return witness->sum;
}

START_TEST(s1_reader_cannot_write_the_ring)
{
    struct target *target = shared_alloc(sizeof *target);
    struct stage *stage = &target->stage;
    stage->camera = "s1";
    pid_t writer = target->writer = stage_start_writer(stage, &user_writer);
    pid_t honest = child_start_as(&user_reader, stage_reader_main, stage);
    meet_wait(&stage->seen, 1);

    pid_t storer = child_start_as(&user_reader, attack_by_store, stage);
    int status = child_end(storer);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status 0x%x", status);
    ck_assert_uint_eq(stage->attached.count, 1); /* it was the store, and nothing before it */

    /* While the writer is stopped nothing in the segment changes, whatever is tried. */
    kill(writer, SIGSTOP);
    child_await_stop(writer);
    uint64_t before = witnessed(stage);
    child_ends_well(child_start_as(&user_reader, attack_by_system_calls, target));
    ck_assert_uint_eq(witnessed(stage), before);
    kill(writer, SIGCONT);

    /* Nobody noticed: a ring's worth of frames later all checksums are still right. */
    meet_more(&stage->seen, 2 * SLOTS);
    ck_assert_uint_ne(witnessed(stage), before); /* it does see the writer's own stores */
    atomic_store(&stage->stop_reading, true);
    child_ends_well(honest);
    stage_end_writer(stage, writer);
}
END_TEST

static void stranger_main(void *arg)
{
    struct target *target = arg;
    struct stage *stage = &target->stage;
    struct fr_frame frame;
    struct fr_reader *reader = reader_open(stage->camera, FR_READ_PEEK);
    int r = fr_reader_next(reader, NS_PER_S, &frame);
    must(r == -EACCES, "a stranger got %d", r);
    must(*fr_reader_reason(reader), "and is not told why");
    fr_reader_close(reader);

    /* The library is not what stands in his way. */
    struct fr_ring_info info = ring_info(stage->camera);
    must(info.state == FR_RING_REFUSED && *info.reason, "state %d", (int)info.state);
    struct shmid_ds shm;
    refused((intptr_t)shmat(info.shm_id, NULL, SHM_RDONLY), EACCES);
    refused((intptr_t)shmat(info.shm_id, NULL, 0), EACCES);
    refused(shmctl(info.shm_id, IPC_STAT, &shm), EACCES);
    refused(shmctl(info.shm_id, IPC_RMID, NULL), EPERM);
    const int sets[] = {info.gates_id, info.pins_id};
    for (unsigned i = 0; i < 2; i++) {
        unsigned short values[64];
        struct semid_ds sem;
        struct sembuf ops[] = {{.sem_op = 0, .sem_flg = IPC_NOWAIT},
                               {.sem_op = -1, .sem_flg = IPC_NOWAIT},
                               {.sem_op = 1, .sem_flg = IPC_NOWAIT}};
        for (unsigned k = 0; k < 3; k++)
            refused(semop(sets[i], &ops[k], 1), EACCES);
        refused(semctl(sets[i], 0, GETVAL), EACCES);
        refused(semctl(sets[i], 0, GETPID), EACCES);
        refused(semctl(sets[i], 0, GETNCNT), EACCES);
        refused(semctl(sets[i], 0, GETALL, values), EACCES);
        refused(semctl(sets[i], 0, IPC_STAT, &sem), EACCES);
        refused(semctl(sets[i], 0, SETVAL, 0), EACCES);
        refused(semctl(sets[i], 0, SETALL, values), EACCES);
        refused(semctl(sets[i], 0, IPC_RMID), EPERM);
    }
    attack_the_folder(&info);
    attack_the_writer(target->writer, NULL);
}

START_TEST(s1_stranger_cannot_even_look)
{
    struct target *target = shared_alloc(sizeof *target);
    target->stage.camera = "s1-stranger";
    pid_t writer = target->writer = stage_start_writer(&target->stage, &user_writer);
    child_ends_well(child_start_as(&user_stranger, stranger_main, target));
    stage_end_writer(&target->stage, writer);
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
    pid_t writer = stage_start_writer(stage, &user_writer);
    find_lock(stage->camera, (char *)(stage + 1), PATH_MAX);

    pid_t thief = child_start_as(&user_reader, lock_thief_main, stage);
    meet_wait(&stage->attached, 1);
    /* With the thief's locks in place the camera stops, starts, dies and starts. */
    stage_end_writer(stage, writer);
    writer = stage_start_writer(stage, &user_writer);
    child_kill(writer);
    writer = stage_start_writer(stage, &user_writer);
    stage_end_writer(stage, writer);
    child_kill(thief);
}
END_TEST

IPC_MAIN_AS_USERS("users", s1_reader_cannot_write_the_ring, s1_stranger_cannot_even_look,
                  n6_reader_cannot_hold_the_writers_lock)
