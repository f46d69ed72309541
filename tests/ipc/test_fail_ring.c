/* Every call of the library's fails once, in all that a writer, a reader and an onlooker do. Row P1
 * of FAULTS.md for the library alone; e2e/test_fail_nth.py has the daemons.
 *
 * Whatever fails, it is told: by what the function returns and, where there is a place for it, in
 * words. Nothing is left behind but what could not be removed, and the next try works and removes
 * that.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/history/log.h"
#include "tests/ipc/history.h"
#include "tests/ipc/leftovers.h"
#include "tests/unit/fail_call.h"

#include <sched.h>

static char camera_name[32];

static const struct fail_kind kinds[] = {
    {"calloc", {ENOMEM}},
    {"realloc", {ENOMEM}},
    {"strdup", {ENOMEM}},
    {"open", {EACCES, EMFILE, ENOENT, ELOOP}},
    {"openat", {EACCES, EMFILE, ENOENT}},
    {"read", {EIO, FAIL_SHORT}},
    {"write", {ENOSPC, FAIL_SHORT}},
    {"pread", {EIO}},
    {"pwrite", {EIO, FAIL_SHORT}},
    {"getrandom", {EINTR}},
    {"fstat", {EIO}},
    {"lstat", {EIO}},
    {"fstatat", {EACCES}},
    {"mkdir", {EACCES, EROFS}},
    {"chmod", {EPERM}},
    {"fchmod", {EPERM}},
    {"rename", {EIO}},
    {"unlink", {EACCES}},
    {"flock", {EWOULDBLOCK, ENOLCK}},
    {"opendir", {EACCES, ENOENT}},
    {"fopen", {EMFILE}},
    {"inotify_init1", {EMFILE}},
    {"inotify_add_watch", {ENOSPC, EACCES}},
    {"eventfd", {EMFILE}},
    {"ppoll", {ENOMEM, EINTR}},
    {"getgrnam_r", {EMFILE, ENOENT}},
    {"ftok", {EACCES}},
    {"shmget", {EACCES, ENOSPC}},
    {"shmat", {EACCES, EINVAL, ENOMEM}},
    {"shmctl", {EACCES, EIDRM}},
    {"semget", {EACCES, ENOSPC}},
    {"semctl", {EACCES, EIDRM, EINVAL}},
    {"semop", {EIDRM, ENOMEM, ERANGE}},
    {"semtimedop", {EIDRM, EINVAL, EINTR}},
    {"madvise", {EINVAL, ENOMEM}},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* ---------------------------------------------------------------- what is done */

/* A failure was told in words; only those that cannot find memory have none. */
static void told(int rc, const char *reason)
{
    if (rc < 0 && rc != -ENOMEM)
        must(*reason, "%s has no reason", strerror(-rc));
}

/* Publishes a frame. A ring that was removed gets another, as a daemon does. */
static int publish(struct camera *camera)
{
    int rc = camera_try_publish(camera);
    must(rc == 0 || rc == -EIDRM, "publishing: %s", strerror(-rc));
    return rc;
}

/* That these fail may mean that something could not be removed. */
static bool is_removing(const char *call)
{
    return strcmp(call, "shmctl") == 0 || strcmp(call, "semctl") == 0;
}

/* A beginning that failed leaves nothing, where no reader still has an older ring. */
static int begin(struct camera *camera)
{
    struct fr_writer_counts counts;
    int rc = fr_writer_begin(camera->writer, &camera->options);
    told(rc, fr_writer_reason(camera->writer));
    if (rc < 0 && camera->epoch == 0 && failing.call && !is_removing(failing.call)) {
        __typeof__(failing) saved = failing;
        failing.call = NULL; /* the calls that look do not count */
        must(ipc_objects() == 0, "%u objects are left by: %s", ipc_objects(),
             fr_writer_reason(camera->writer));
        failing = saved;
    }
    fr_writer_counts(camera->writer, &counts);
    must(rc < 0 || counts.epoch > camera->epoch, "epoch %" PRIu64 " after %" PRIu64, counts.epoch,
         camera->epoch);
    camera->epoch = counts.epoch;
    camera->number = 0;
    return rc;
}

/* Reads what there is, at once. */
static int read_one(struct fr_reader *reader, bool want_latest)
{
    struct fr_frame frame;
    int rc = want_latest ? fr_reader_latest(reader, 0, &frame) : fr_reader_next(reader, 0, &frame);
    if (rc < 0) {
        if (rc != -ETIMEDOUT && rc != -EINTR && rc != -ECANCELED)
            told(rc, fr_reader_reason(reader));
        return rc;
    }
    must(history_look(&frame) == HISTORY_WHOLE, "frame %" PRIu64 " is not whole", frame.number);
    rc = fr_reader_release(reader, &frame);
    must(rc == 0, "frame %" PRIu64 " was torn, though nobody writes", frame.number);
    return rc;
}

/* Reads what is left of the old ring, is told of its end, and attaches the new one. */
static int follow(struct fr_reader *reader)
{
    int kept = 0, rc = 0;
    for (int i = 0; i < 4 && rc != -ETIMEDOUT; i++)
        if ((rc = read_one(reader, false)) != -ENOTCONN && kept == 0)
            kept = rc;
    return rc == -ETIMEDOUT && kept == rc ? 0 : kept ? kept : rc;
}

static int each_camera(const char *camera, void *userdata)
{
    *(bool *)userdata |= strcmp(camera, camera_name) == 0;
    return 0;
}

static int each_stray(const struct fr_stray *stray, void *userdata)
{
    (void)stray;
    ++*(unsigned *)userdata;
    return 0;
}

/* Looks at the ring from outside. 0: all of it was seen, in this state. */
static int look(enum fr_ring_state state)
{
    struct fr_ring_info info;
    bool is_listed = false;
    unsigned n_strays = 0, unseen;
    int rc = fr_ring_list(each_camera, &is_listed);
    if (rc == 0 && !is_listed)
        rc = -ENOENT;
    int other = fr_ring_strays(each_stray, &n_strays, &unseen);
    rc = rc ? rc : other;
    other = fr_ring_info(camera_name, &info);
    if (other == 0 && info.state != FR_RING_LIVE)
        must(info.reason[0], "state %d has no reason", (int)info.state);
    if (other == 0 && info.state != state)
        other = -ENOENT;
    return rc ? rc : other;
}

/* The first failure is kept, and the rest tried all the same. */
static void keep(int *kept, int rc)
{
    if (*kept == 0)
        *kept = rc;
}

/* A writer's life over two epochs, with readers of both kinds who follow and a frame held over the
 * change. */
static int live(void)
{
    struct camera camera = {.options = camera_options(64, 48)};
    struct fr_reader *readers[2] = {NULL, NULL};
    struct fr_frame held = {.attachment = NULL};
    char reason[512] = "";
    int kept = 0;

    int rc = fr_writer_open(camera_name, "root", &camera.writer, reason, sizeof reason);
    told(rc, reason);
    if (rc < 0)
        return rc;
    keep(&kept, fr_reader_open(camera_name, FR_READ_PINNED, &readers[0]));
    keep(&kept, fr_reader_open(camera_name, FR_READ_PEEK, &readers[1]));
    for (int epoch = 0; epoch < 2; epoch++) {
        keep(&kept, begin(&camera));
        for (int i = 0; i < 2; i++)
            if (readers[i])
                keep(&kept, follow(readers[i]));
        keep(&kept, look(FR_RING_LIVE));
        keep(&kept, fr_writer_check(camera.writer));
        for (int n = 0; n < 3; n++) {
            if (fr_writer_slot_bytes(camera.writer) == 0 || (rc = publish(&camera)) < 0) {
                keep(&kept, rc);
                keep(&kept, begin(&camera));
                continue;
            }
            for (int i = 0; i < 2; i++)
                if (readers[i])
                    keep(&kept, read_one(readers[i], n > 1));
        }
        if (epoch == 0 && readers[0] && fr_writer_slot_bytes(camera.writer) > 0) {
            keep(&kept, publish(&camera));
            keep(&kept, fr_reader_next(readers[0], 0, &held));
        }
    }
    if (held.attachment) /* its ring is gone, and it is still whole */
        must(fr_reader_release(readers[0], &held) == 0, "the held frame is torn");
    fr_reader_close(readers[0]);
    fr_reader_close(readers[1]);
    fr_writer_close(camera.writer);
    return kept;
}

/* No ring and nobody who makes one. */
static int wait_in_vain(void)
{
    struct fr_reader *reader;
    int kept = 0, rc = fr_reader_open("nobody", FR_READ_PINNED, &reader);
    if (rc < 0)
        return rc;
    keep(&kept, (rc = read_one(reader, false)) == -ENOTCONN ? 0 : rc);
    keep(&kept, (rc = read_one(reader, false)) == -ETIMEDOUT ? 0 : rc);
    fr_reader_close(reader);
    return kept;
}

static void die_writing(void *arg)
{
    struct camera camera;
    struct fr_epoch_options options = camera_options(64, 48);
    (void)arg;
    camera_open(&camera, camera_name, &options);
    camera_publish(&camera);
}

static void leave_a_dead_ring(void)
{
    must(child_end(child_start(die_writing, NULL)) == 0, "no ring was made");
}

/* The ring of a dead writer is looked at and removed. */
static int bury(void)
{
    char reason[512] = "";
    struct fr_reader *reader;
    int kept = look(FR_RING_DEAD);
    int rc = fr_reader_open(camera_name, FR_READ_PEEK, &reader);
    if (rc == 0) {
        rc = read_one(reader, false);
        must(rc < 0, "a frame of the dead");
        fr_reader_close(reader);
    }
    keep(&kept, rc == -ENOTCONN ? 0 : rc);
    rc = fr_ring_remove(camera_name, reason, sizeof reason);
    told(rc, reason);
    keep(&kept, rc);
    return kept;
}

/* ---------------------------------------------------------------- all its calls in turn */

enum { AT_ONCE = 16 };

struct totals {
    _Atomic unsigned reached, refused;
};

struct trial {
    const char *what;
    void (*prepare)(void); /* NULL: nothing */
    int (*act)(void);
    struct totals *totals;
    const struct fail_kind *kind;
    int error;
};

/* One failure, and the next try. False: it was never reached, for there are not so many calls. */
static bool fail_one(const struct trial *t, unsigned n)
{
    const char *call = t->kind->call;
    const char *name = t->error == FAIL_SHORT ? "cut short" : strerror(t->error);
    bool may_leave = t->prepare || is_removing(call);
    char rundir[256], folder[400];
    snprintf(folder, sizeof folder, "%s/%s", fr_rundir(0, rundir, sizeof rundir), camera_name);

    /* Made anew, so that this can fail, too. */
    if (strcmp(call, "mkdir") == 0 || strcmp(call, "chmod") == 0)
        nftw(folder, unit_remove, 8, FTW_DEPTH | FTW_PHYS);
    if (t->prepare)
        t->prepare();
    unsigned descriptors = ipc_descriptors();
    fail_call_nth(call, n, t->error);
    int rc = t->act();
    bool is_reached = fail_call_ended();
    atomic_fetch_add(&t->totals->reached, is_reached);
    atomic_fetch_add(&t->totals->refused, rc < 0);
    must(is_reached || rc == 0, "%s, with no failure: %s", t->what, strerror(-rc));
    must(ipc_descriptors() == descriptors, "%s, %s %u: %s: %u descriptors, not %u", t->what, call,
         n, name, ipc_descriptors(), descriptors);
    must(may_leave || ipc_objects() == 0, "%s, %s %u: %s: %u objects are left", t->what, call, n,
         name, ipc_objects());
    rc = t->act();
    must(t->prepare || rc == 0, "%s, %s %u: %s: the second try: %s", t->what, call, n, name,
         strerror(-rc));
    must(ipc_objects() == 0, "%s, %s %u: %s: %u objects are left after the second try", t->what,
         call, n, name, ipc_objects());
    return is_reached;
}

/* In an IPC namespace of its own, with a camera of its own. */
static void fail_all_of_a_kind(void *arg)
{
    const struct trial *t = arg;
    must(unshare(CLONE_NEWIPC) == 0, "%s", strerror(errno));
    snprintf(camera_name, sizeof camera_name, "p1-%s-%d", t->kind->call, t->error);
    for (unsigned n = 1; fail_one(t, n); n++)
        ;
}

/* Goes through all calls of `act`, which works when none fails; before each time, `prepare`. Many
 * kinds at once, for the kernel takes its time to close an inotify descriptor; not all, for a user
 * has 128 of them, and each reader has one. */
static void fail_each(const char *what, void (*prepare)(void), int (*act)(void))
{
    struct trial trials[N_KINDS * FAIL_ERRORS];
    pid_t children[N_KINDS * FAIL_ERRORS];
    unsigned n = 0, ended = 0;
    /* The log cannot be written when its own calls fail; we look at each frame. */
    history_writer_lies();
    struct totals *totals = shared_alloc(sizeof *totals);
    for (unsigned k = 0; k < N_KINDS; k++)
        for (unsigned e = 0; e < FAIL_ERRORS && kinds[k].errors[e]; e++, n++) {
            trials[n] = (struct trial){what, prepare, act, totals, &kinds[k], kinds[k].errors[e]};
            if (n >= AT_ONCE)
                child_ends_well(children[ended++]);
            children[n] = child_start(fail_all_of_a_kind, &trials[n]);
        }
    while (ended < n)
        child_ends_well(children[ended++]);
    fprintf(stderr, "%s: %u calls failed, and %u times it was told\n", what, totals->reached,
            totals->refused);
    ck_assert_uint_gt(totals->reached, 0);
    ck_assert_uint_gt(totals->refused, 0);
}

START_TEST(p1_every_call_of_a_writer_and_its_readers_fails_in_turn)
{
    fail_each("a life", NULL, live);
}
END_TEST

START_TEST(p1_every_call_of_a_reader_without_a_ring_fails_in_turn)
{
    fail_each("waiting", NULL, wait_in_vain);
}
END_TEST

START_TEST(p1_every_call_of_who_removes_a_dead_ring_fails_in_turn)
{
    fail_each("removing", leave_a_dead_ring, bury);
}
END_TEST

/* The kernel says a limit's number and no limit is short any more, as when somebody has let go of
 * something in between; test_limits.c has those that are short. */
START_TEST(s17_a_refusal_is_told_with_what_was_asked_though_no_limit_is_short)
{
    static const char *const calls[] = {"semget", "shmget"};
    static const int errors[] = {ENOSPC, ENOMEM, EINVAL};
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_need need;
    struct camera camera;
    char reason[512], bytes[32];
    unsigned n_told[2] = {0};

    ck_assert_int_eq(fr_epoch_need(&options, &need), 0);
    snprintf(bytes, sizeof bytes, " %llu bytes", (unsigned long long)need.segment_bytes);
    ck_assert_int_eq(fr_writer_open("s17", "root", &camera.writer, reason, sizeof reason), 0);
    for (unsigned i = 0; i < 2 * 3; i++) {
        const char *call = calls[i / 3], *what = i / 3 ? bytes : " semaphores";
        int error = errors[i % 3];
        for (unsigned nth = 1;; nth++) {
            fail_call_nth(call, nth, error);
            int rc = fr_writer_begin(camera.writer, &options);
            if (!fail_call_ended())
                break;
            if (rc == 0)
                continue; /* it only looked for what an older ring has left */
            const char *why = fr_writer_reason(camera.writer);
            ck_assert_int_eq(rc, error == ENOMEM ? -ENOMEM : -ENOSPC);
            ck_assert_msg(strstr(why, call) && strstr(why, what), "%s", why);
            ck_assert_msg(strstr(why, error == ENOMEM ? "too little memory" : strerror(error)),
                          "%s", why);
            ck_assert_msg(!strstr(why, " 0 ") && !strstr(why, "sysctl"), "%s", why);
            ck_assert_uint_eq(ipc_objects(), 0);
            n_told[i / 3]++;
        }
    }
    ck_assert_uint_eq(n_told[0], 3 * 3); /* gates; pins, by the key of the gates and by the next */
    ck_assert_uint_eq(n_told[1], 3);
    fr_writer_close(camera.writer);
}
END_TEST

IPC_MAIN("fail_ring", s17_a_refusal_is_told_with_what_was_asked_though_no_limit_is_short,
         p1_every_call_of_a_writer_and_its_readers_fails_in_turn,
         p1_every_call_of_a_reader_without_a_ring_fails_in_turn,
         p1_every_call_of_who_removes_a_dead_ring_fails_in_turn)
