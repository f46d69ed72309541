/* Dying and stopping at the library's crash points (common/ring/crash_point.h), and the company in
 * which a victim does it: two readers that follow the camera through everything, in step with its
 * writer.
 *
 * In step means that a writer publishes only when both have been given the frame before, and the
 * first frame of an epoch when both have attached to it. So the two must be given every single
 * frame, whatever happens to a writer or to another reader between: "within one frame period"
 * without a clock.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "common/ring/crash_point.h"
#include "common/ring/layout.h"
#include "tests/ipc/history.h"
#include "tests/ipc/leftovers.h"

#define COMPANIONS 2
#define POINTS_MAX 128

/* ---------------------------------------------------------------- the points */

extern const char *const __start_fr_crash_points[], *const __stop_fr_crash_points[];

static inline unsigned crash_points(void)
{
    return (unsigned)(__stop_fr_crash_points - __start_fr_crash_points);
}

static inline const char *crash_name(unsigned point)
{
    return __start_fr_crash_points[point];
}

static inline unsigned crash_find(const char *name)
{
    for (unsigned i = 0; i < crash_points(); i++)
        if (strcmp(crash_name(i), name) == 0)
            return i;
    must(false, "no crash point %s", name);
    return 0;
}

/* Each point is a writer's or a reader's. */
static inline bool crash_is_readers(const char *name)
{
    static const char *const groups[] = {"attach.",  "detach.", "leave.", "pin.",
                                         "release.", "read.",   "unpin.", "wait."};
    for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strncmp(name, groups[i], strlen(groups[i])) == 0)
            return true;
    return false;
}

/* A point that no life passes is one that no test stands behind. */
static inline void crash_all_passed(const uint32_t *passes, bool of_readers)
{
    for (unsigned i = 0; i < crash_points(); i++)
        must(passes[i] > 0 || crash_is_readers(crash_name(i)) != of_readers, "%s is never passed",
             crash_name(i));
}

/* What this process does at its points. */
static struct {
    uint32_t *passes; /* of each point, counted up; NULL: it is not a victim */
    unsigned point;   /* here … */
    uint32_t pass;    /* … at this time of passing, from 1 (0: never) … */
    int signal;       /* … it raises this */
    void (*also)(const char *name);
} crash;

void fr_crash_here(const char *const *point)
{
    unsigned i = (unsigned)(point - __start_fr_crash_points);
    must(i < POINTS_MAX, "more points than room");
    if (crash.passes && ++crash.passes[i] == crash.pass && i == crash.point)
        raise(crash.signal);
    if (crash.also)
        crash.also(*point);
}

/* What a supervisor wants of its next victim; in shared memory. */
struct victim {
    uint32_t passes[POINTS_MAX]; /* in this life, or the last */
    unsigned point;
    uint32_t pass;
    int signal;
};

static inline void crash_arm(struct victim *victim)
{
    memset(victim->passes, 0, sizeof victim->passes);
    crash.passes = victim->passes;
    crash.point = victim->point;
    crash.pass = victim->pass;
    crash.signal = victim->signal;
}

/* The next victim's name for messages. */
static inline const char *crash_where(const struct victim *victim)
{
    static char text[100];
    snprintf(text, sizeof text, "at %s, passed %u times", crash_name(victim->point), victim->pass);
    return text;
}

#define dies_of_it(pid, victim)                                                                    \
    do {                                                                                           \
        int status_ = child_end(pid);                                                              \
        ck_assert_msg(WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL,                        \
                      "status 0x%x, not killed %s", status_, crash_where(victim));                 \
    } while (0)

#define stops_of_it(pid, victim)                                                                   \
    do {                                                                                           \
        int status_ = 0;                                                                           \
        ck_assert_int_eq(waitpid(pid, &status_, WUNTRACED), pid);                                  \
        ck_assert_msg(WIFSTOPPED(status_), "status 0x%x, not stopped %s", status_,                 \
                      crash_where(victim));                                                        \
    } while (0)

/* Kills or stops (`act`) at each point that a life without a death has passed: the first time and,
 * with `every_pass`, the last and one between. Returns how often. */
static inline unsigned crash_at_each(struct victim *victim, bool every_pass,
                                     void (*act)(void *stage), void *stage)
{
    uint32_t passes[POINTS_MAX];
    unsigned n_acts = 0;
    memcpy(passes, victim->passes, sizeof passes);
    for (victim->point = 0; victim->point < crash_points(); victim->point++) {
        uint32_t n = passes[victim->point];
        uint32_t tried[] = {n > 0, n > 1 ? n : 0, n > 2 ? 2 + (uint32_t)chance(n - 2) : 0};
        for (unsigned i = 0; i < (every_pass ? 3 : 1); i++) {
            victim->pass = tried[i];
            if (victim->pass == 0)
                continue;
            act(stage);
            n_acts++;
        }
    }
    victim->pass = 0;
    return n_acts;
}

/* ---------------------------------------------------------------- the company */

struct company {
    const char *camera;
    struct meet attached[COMPANIONS]; /* the newest epoch that each has attached */
    struct meet given[COMPANIONS];    /* frames, or told that there is one that cannot be pinned */
    atomic_bool stop;
};

struct companion {
    struct company *company;
    unsigned i;
};

static struct companion companion_self;

/* The newest epoch in this process's memory, as the kernel has it: the reader tells of it with a
 * frame only. */
static inline uint32_t newest_epoch_mapped(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    must(maps, "%s", strerror(errno));
    char line[512];
    uint64_t newest = 0;
    unsigned long start;
    while (fgets(line, sizeof line, maps))
        if (strstr(line, "/SYSV") && sscanf(line, "%lx", &start) == 1) {
            const struct fr_layout_header *header = (const void *)start;
            newest = header->epoch > newest ? header->epoch : newest;
        }
    fclose(maps);
    return (uint32_t)newest;
}

static inline void companion_attached(const char *name)
{
    if (strcmp(name, "attach.done") != 0)
        return;
    struct meet *attached = &companion_self.company->attached[companion_self.i];
    atomic_store(&attached->count, newest_epoch_mapped() - 1);
    meet_add(attached);
}

static inline void companion_main(void *arg)
{
    companion_self = *(struct companion *)arg;
    struct company *company = companion_self.company;
    unsigned me = companion_self.i, fds = ipc_descriptors();
    struct history *history = calloc(1, sizeof *history);
    struct fr_reader *reader =
        reader_open(company->camera, me == 0 ? FR_READ_PEEK : FR_READ_PINNED);
    uint64_t refused = 0; /* frames since the last one that could not be pinned */

    crash.also = companion_attached;
    for (;;) {
        struct fr_frame frame;
        int r = fr_reader_next(reader, -1, &frame);
        if (r == -ENOTCONN) {
            refused = 0;
            if (atomic_load(&company->stop))
                break;
            continue;
        }
        if (r == -EBUSY) {
            must(me == 1, "a peeking reader is told that it cannot pin");
            refused++;
        } else {
            must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(reader));
            bool is_first = frame.epoch != history->epoch;
            history_taken(history, &frame);
            must(frame.missed == refused && (!is_first || frame.number == 1 + refused),
                 "epoch %" PRIu64 " frame %" PRIu64 ": %" PRIu64 " missed, %" PRIu64 " refused",
                 frame.epoch, frame.number, frame.missed, refused);
            must(history_release(history, reader, &frame, history_look(&frame)), "torn");
            refused = 0;
        }
        meet_add(&company->given[me]);
    }
    history_check_counts(history, reader);
    fr_reader_close(reader);
    must(ipc_descriptors() == fds, "a descriptor has leaked");
    must(newest_epoch_mapped() == 0, "a segment is still attached");
    free(history);
}

/* ---------------------------------------------------------------- a writer in step */

/* In an epoch just begun: the next frame will be seen by both. */
static inline void company_assembles(struct company *company, const struct camera *camera)
{
    for (unsigned i = 0; i < COMPANIONS; i++)
        must(meet_reached(&company->attached[i], (uint32_t)camera->epoch),
             "reader %u has not followed to epoch %" PRIu64, i, camera->epoch);
}

static inline void company_given(struct company *company, const uint32_t before[COMPANIONS])
{
    for (unsigned i = 0; i < COMPANIONS; i++)
        must(meet_reached(&company->given[i], before[i] + 1), "reader %u was not given the frame",
             i);
}

static inline void company_count(struct company *company, uint32_t ret_counts[COMPANIONS])
{
    for (unsigned i = 0; i < COMPANIONS; i++)
        ret_counts[i] = atomic_load(&company->given[i].count);
}

static inline void publish_in_step(struct company *company, struct camera *camera, unsigned n)
{
    while (n-- > 0) {
        uint32_t before[COMPANIONS];
        company_count(company, before);
        camera_publish(camera);
        company_given(company, before);
    }
}
