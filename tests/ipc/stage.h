/* A camera in a process of its own, honest readers in others, and a test that plays with them: what
 * the tests of hostile readers have in common. A stage is shared memory, made before anybody is
 * started.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "tests/ipc/history.h"

struct stage {
    const char *camera;
    int64_t patience_ns;   /* for pins; 0: the default */
    struct meet published; /* frames */
    struct meet seen;      /* frames that the honest pinned reader accepted */
    struct meet peeked;    /* and the peeking one */
    struct meet torn;      /* frames that either was told to throw away */
    struct meet attached;
    atomic_bool stop;         /* the writer */
    atomic_bool stop_reading; /* readers, while the writer still runs */
    /* What the writer had to say when it stopped. */
    struct fr_writer_counts counts;
    uint64_t waits; /* times that it went to sleep in taking or publishing */
};

enum { SLOTS_OF_STAGE = 8 };

static inline struct stage *stage_new(const char *camera, size_t more_bytes)
{
    struct stage *stage = shared_alloc(sizeof *stage + more_bytes);
    stage->camera = camera;
    return stage;
}

/* Frames at a kilohertz until it is told to stop. */
static inline void stage_writer_main(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(320, 240);
    struct camera camera;

    options.pin_patience_ns = stage->patience_ns;
    camera_open(&camera, stage->camera, &options);
    while (!atomic_load(&stage->stop)) {
        camera_publish(&camera);
        meet_add(&stage->published);
        pass_time(NS_PER_MS);
    }
    camera_verify_slots(&camera);
    fr_writer_counts(camera.writer, &stage->counts);
    stage->waits = camera.waits;
    fr_writer_close(camera.writer);
}

/* Where the camera's folder is there already. `user` NULL: the same as ours. */
static inline pid_t stage_start_writer_in_its_folder(struct stage *stage, const struct user *user)
{
    atomic_store(&stage->stop, false);
    atomic_store(&stage->published.count, 0);
    pid_t pid = child_start_as(user, stage_writer_main, stage);
    meet_wait(&stage->published, 1);
    return pid;
}

static inline pid_t stage_start_writer(struct stage *stage, const struct user *user)
{
    char folder[PATH_MAX];
    must(fr_rundir(0, folder, sizeof folder), "no run folder");
    if (user) /* as tmpfiles does for the service */
        must(chown(folder, user->uid, user->gid) == 0, "%s", strerror(errno));
    return stage_start_writer_in_its_folder(stage, user);
}

static inline void stage_end_writer(struct stage *stage, pid_t writer)
{
    atomic_store(&stage->stop, true);
    child_ends_well(writer);
    /* Nothing that readers do makes it wait, or drop what it has. */
    ck_assert_msg(stage->waits <= 1 + stage->counts.frames / 100,
                  "the writer slept %" PRIu64 " times in %" PRIu64 " frames", stage->waits,
                  stage->counts.frames);
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        ck_assert_uint_eq(stage->counts.dropped[i], 0);
}

static inline void meet_more(struct meet *meet, uint32_t more)
{
    uint32_t now = atomic_load(&meet->count);
    meet_wait(meet, now + more);
}

/* Verifies every frame until it is told to stop. With `is_spoilt` somebody is at the pins: then
 * frames may be unpinnable, and none may come for a while; and some are held for as long as it
 * takes to be overwritten, if they can be. */
static inline void stage_read(struct stage *stage, enum fr_read_mode mode, bool is_spoilt)
{
    struct history history = {0};
    struct fr_reader *reader = reader_open(stage->camera, mode);
    struct meet *seen = mode == FR_READ_PINNED ? &stage->seen : &stage->peeked;

    while (!atomic_load(&stage->stop_reading)) {
        struct fr_frame frame;
        int r = fr_reader_next(reader, is_spoilt ? 20 * NS_PER_MS : DEADLINE_S * NS_PER_S, &frame);
        if (r == -ENOTCONN && atomic_load(&stage->stop))
            break; /* the writer saw it first */
        if (is_spoilt && (r == -EBUSY || r == -ETIMEDOUT))
            continue;
        must(r == 0, "fr_reader_next: %s: %s", strerror(-r), fr_reader_reason(reader));
        history_taken(&history, &frame);
        if (is_spoilt && history.frames % 8 == 0)
            meet_more(&stage->published, 2 * SLOTS_OF_STAGE);
        meet_add(history_release(&history, reader, &frame, history_look(&frame)) ? seen
                                                                                 : &stage->torn);
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
}

static inline void stage_reader_main(void *arg)
{
    stage_read(arg, FR_READ_PINNED, false);
}

static inline void stage_spoilt_reader_main(void *arg)
{
    stage_read(arg, FR_READ_PINNED, true);
}

static inline void stage_peek_reader_main(void *arg)
{
    stage_read(arg, FR_READ_PEEK, true);
}

/* main() of tests that need other users. */
#define IPC_MAIN_AS_USERS(name, ...)                                                               \
    int main(void)                                                                                 \
    {                                                                                              \
        if (!can_be_others()) {                                                                    \
            printf("skipped: this needs other users, and setresuid() does not work here; run the " \
                   "tests as root\n");                                                             \
            return 77;                                                                             \
        }                                                                                          \
        return IPC_TESTS(name, __VA_ARGS__);                                                       \
    }
