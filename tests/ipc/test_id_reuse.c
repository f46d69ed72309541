/* Identifiers that come back in a stranger's hands. Row S15 of FAULTS.md, with real users, so it
 * wants root.
 *
 * A camera's writer is dead, or stopped, somebody removes some of its objects, and before the
 * camera has noticed, a stranger makes his own under the same identifiers
 * (/proc/sys/kernel/shm_next_id and sem_next_id give him just these), with the ring's own bytes and
 * semaphore values in them. No reader may take them for the ring; the camera must notice, make a
 * new one, and leave his alone. For some seconds, or $FRAMERING_TEST_SECONDS.
 *
 * SPDX-License-Identifier: MIT
 */
#include "common/ring/rendezvous.h"
#include "tests/ipc/stage.h"
#include "tests/unit/flipper.h"

#include <sys/sem.h>
#include <sys/shm.h>

#define CAMERA "s15-reuse"

enum { SEGMENT = 1, GATES = 2, PINS = 4, KINDS = 8 };

struct reuse {
    struct stage stage;
    struct meet looked; /* by new readers, at a ring that is partly a stranger's */
    unsigned kinds;     /* that are his */
    int mode;           /* for whom his are */
    struct fr_rendezvous meet;
    unsigned short gates[FR_GATE_SEMS], pins[SLOTS_OF_STAGE + 2];
    uint8_t segment[1 << 20];
};

/* Publishes, and looks once in a while, as the daemon does. */
static void watchful_writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, CAMERA, &options);
    while (!atomic_load(&stage->stop)) {
        int r = camera_try_publish(&camera);
        must(r == 0 || r == -EIDRM, "%s", strerror(-r));
        if (r == -EIDRM || fr_writer_check(camera.writer) == -EIDRM) {
            camera_begin(&camera, &options);
            meet_add(&stage->attached);
        }
        meet_add(&stage->published);
        pass_time(NS_PER_MS);
    }
    fr_writer_close(camera.writer);
}

/* Follows all the while. It may be told of what it finds, and must not take it. */
static void following_reader_main(void *arg)
{
    struct stage *stage = arg;
    static struct history history;
    struct fr_reader *reader = reader_open(CAMERA, FR_READ_PINNED);
    while (!atomic_load(&stage->stop_reading)) {
        struct fr_frame frame;
        int r = fr_reader_next(reader, NS_PER_S / 10, &frame);
        /* -EPROTO: it had just looked away when his gates came, and they are open without a
         * frame. */
        must(r == 0 || r == -ENOTCONN || r == -EPERM || r == -EACCES || r == -EPROTO ||
                 r == -ETIMEDOUT || r == -EBUSY,
             "%s: %s", strerror(-r), fr_reader_reason(reader));
        if (r)
            continue;
        history_taken(&history, &frame);
        history_release(&history, reader, &frame, history_look(&frame));
        meet_add(&stage->seen);
    }
    fr_reader_close(reader);
}

/* Comes upon the stranger's objects. */
static void new_reader_main(void *arg)
{
    struct reuse *reuse = arg;
    static const enum fr_read_mode modes[] = {FR_READ_PINNED, FR_READ_PEEK};
    for (unsigned i = 0; i < 2; i++) {
        struct fr_frame frame;
        struct fr_reader *reader = reader_open(CAMERA, modes[i]);
        int r = fr_reader_next(reader, 0, &frame);
        int expected = !(reuse->kinds & SEGMENT) ? -ENOTCONN : reuse->mode & 04 ? -EPERM : -EACCES;
        must(r == expected, "with kinds %u a reader got %d (%s)", reuse->kinds, r,
             fr_reader_reason(reader));
        must(*fr_reader_reason(reader), "without a reason");
        fr_reader_close(reader);
    }
    struct fr_ring_info info = ring_info(CAMERA);
    must(info.state == FR_RING_GONE || info.state == FR_RING_REFUSED, "state %d", (int)info.state);
    meet_add(&reuse->looked);
}

static bool next_id(const char *kind, int id)
{
    char path[64], text[16];
    snprintf(path, sizeof path, "/proc/sys/kernel/%s_next_id", kind);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int n = snprintf(text, sizeof text, "%d", id);
    bool is_set = fd >= 0 && write(fd, text, (size_t)n) == n;
    if (fd >= 0)
        close(fd);
    return is_set;
}

static void stranger_segment_main(void *arg)
{
    struct reuse *reuse = arg;
    int id = shmget(IPC_PRIVATE, reuse->meet.segment_bytes, IPC_CREAT | reuse->mode);
    must(id == reuse->meet.ids.shm_id, "got segment %d, not %d", id, reuse->meet.ids.shm_id);
    uint8_t *base = shmat(id, NULL, 0);
    must(base != (void *)-1, "%s", strerror(errno));
    memcpy(base, reuse->segment, reuse->meet.segment_bytes);
    /* One more frame, of his own making. */
    ((struct fr_layout_header *)(void *)base)->head++;
}

static void make_set(int wanted, unsigned short *values, int n, int mode)
{
    int id = semget(IPC_PRIVATE, n, IPC_CREAT | mode);
    must(id == wanted, "got set %d, not %d", id, wanted);
    must(semctl(id, 0, SETALL, values) == 0, "%s", strerror(errno));
}

static void stranger_gates_main(void *arg)
{
    struct reuse *reuse = arg;
    make_set(reuse->meet.ids.gates_id, reuse->gates, FR_GATE_SEMS, reuse->mode);
}

static void stranger_pins_main(void *arg)
{
    struct reuse *reuse = arg;
    make_set(reuse->meet.ids.pins_id, reuse->pins, SLOTS_OF_STAGE + 2, reuse->mode);
}

static void steal(struct reuse *reuse, const char *kind, int id, void (*body)(void *))
{
    must(next_id(kind, id), "%s_next_id: %s", kind, strerror(errno));
    child_ends_well(child_start_as(&user_stranger, body, reuse));
}

/* While the writer is stopped, or dead, its objects become a stranger's. */
static void replace_objects(struct reuse *reuse)
{
    char rundir[256];
    must(fr_rendezvous_read(fr_rundir(0, rundir, sizeof rundir), CAMERA, &reuse->meet, NULL, 0) ==
             0,
         "no ring");
    const struct fr_sysv *ids = &reuse->meet.ids;
    must(reuse->meet.segment_bytes <= sizeof reuse->segment, "too large");
    const uint8_t *base = shmat(ids->shm_id, NULL, SHM_RDONLY);
    must(base != (void *)-1, "%s", strerror(errno));
    memcpy(reuse->segment, base, reuse->meet.segment_bytes);
    shmdt(base);
    must(semctl(ids->gates_id, 0, GETALL, reuse->gates) == 0 &&
             semctl(ids->pins_id, 0, GETALL, reuse->pins) == 0,
         "%s", strerror(errno));
    memset(reuse->gates, 0, FR_GATES * sizeof *reuse->gates); /* nobody would wait at his */
    if (reuse->kinds & SEGMENT) {
        must(shmctl(ids->shm_id, IPC_RMID, NULL) == 0, "%s", strerror(errno));
        /* The identifier is taken for as long as somebody is attached. */
        struct shmid_ds ds;
        for (int64_t end_ns = now_ns() + DEADLINE_S * NS_PER_S;
             shmctl(ids->shm_id, IPC_STAT, &ds) == 0; pass_time(NS_PER_MS))
            must(now_ns() < end_ns, "%lu are still attached", (unsigned long)ds.shm_nattch);
        steal(reuse, "shm", ids->shm_id, stranger_segment_main);
    }
    if (reuse->kinds & GATES) {
        must(semctl(ids->gates_id, 0, IPC_RMID) == 0, "%s", strerror(errno));
        steal(reuse, "sem", ids->gates_id, stranger_gates_main);
    }
    if (reuse->kinds & PINS) {
        must(semctl(ids->pins_id, 0, IPC_RMID) == 0, "%s", strerror(errno));
        steal(reuse, "sem", ids->pins_id, stranger_pins_main);
    }
}

/* They are still there; then they are removed, or there would soon be too many. */
static void his_were_left_alone(const struct reuse *reuse)
{
    const struct fr_sysv *ids = &reuse->meet.ids;
    if (reuse->kinds & SEGMENT)
        ck_assert_msg(shmctl(ids->shm_id, IPC_RMID, NULL) == 0, "segment: %s", strerror(errno));
    if (reuse->kinds & GATES)
        ck_assert_msg(semctl(ids->gates_id, 0, IPC_RMID) == 0, "gates: %s", strerror(errno));
    if (reuse->kinds & PINS)
        ck_assert_msg(semctl(ids->pins_id, 0, IPC_RMID) == 0, "pins: %s", strerror(errno));
}

START_TEST(s15_reused_identifiers_are_nobodys_ring)
{
    struct reuse *reuse = shared_alloc(sizeof *reuse);
    struct stage *stage = &reuse->stage;
    char folder[PATH_MAX];
    stage->camera = CAMERA;
    must(chown(fr_rundir(0, folder, sizeof folder), user_writer.uid, user_writer.gid) == 0, "%s",
         strerror(errno));
    pid_t writer = child_start_as(&user_writer, watchful_writer_main, stage);
    meet_wait(&stage->published, 1);
    pid_t reader = child_start_as(&user_honest, following_reader_main, stage);
    meet_wait(&stage->seen, 1);

    int64_t end_ns = now_ns() + (int64_t)(attack_seconds(2) * 1e9);
    for (uint32_t round = 1; round < 2 * KINDS || now_ns() < end_ns; round++) {
        reuse->kinds = 1 + (round - 1) % (KINDS - 1);
        reuse->mode = (round - 1) / (KINDS - 1) % 2 ? 0600 : 0666;
        bool was_killed = reuse->kinds & SEGMENT;
        if (was_killed) {
            child_kill(writer);
        } else {
            kill(writer, SIGSTOP);
            child_await_stop(writer);
        }
        replace_objects(reuse);
        child_ends_well(child_start_as(&user_reader, new_reader_main, reuse));
        uint32_t begun = atomic_load(&stage->attached.count);
        if (was_killed) {
            writer = child_start_as(&user_writer, watchful_writer_main, stage);
        } else {
            kill(writer, SIGCONT);
            meet_wait(&stage->attached, begun + 1); /* it has noticed */
        }
        meet_more(&stage->seen, 3);
        his_were_left_alone(reuse);
    }
    atomic_store(&stage->stop_reading, true);
    child_ends_well(reader);
    atomic_store(&stage->stop, true);
    child_ends_well(writer);
    printf("%u times\n", reuse->looked.count);
}
END_TEST

int main(void)
{
    if (!can_be_others() || access("/proc/sys/kernel/shm_next_id", F_OK) < 0) {
        printf(
            "skipped: this needs other users and /proc/sys/kernel/shm_next_id; run it as root\n");
        return 77;
    }
    return IPC_TESTS("id reuse", s15_reused_identifiers_are_nobodys_ring);
}
