/* What the process tests stand on: children, users, meeting points and chance.
 *
 * A test's children are forked *before* anything of the library is opened in the parent, so that a
 * child inherits neither a mapping nor the writer's lock. They meet at counters in shared memory
 * (`struct meet`), waited for by futex with a generous deadline: no test depends on how fast the
 * box is. A child that finds something wrong says so on stderr and exits with 1; the parent asserts
 * how each child ended. Children die with their parent.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS  INT64_C(1000000)
#define NS_PER_S   INT64_C(1000000000)
#define DEADLINE_S deadline_s() /* until something that must happen counts as never happening */

/* For helpers and children: says what is wrong and ends the process with 1. */
#define must(condition, ...)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            end_child(1);                                                                          \
        }                                                                                          \
    } while (0)

/* A minute of grace, or $FRAMERING_TEST_DEADLINE_S, where failing is what is expected. */
static inline int deadline_s(void)
{
    const char *text = getenv("FRAMERING_TEST_DEADLINE_S");
    int seconds = text ? atoi(text) : 0;
    return seconds > 0 ? seconds : 60;
}

static inline int64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* Lets time pass: the pace of a camera, or a random moment for a kill. Never to wait for a fact. */
static inline void pass_time(int64_t ns)
{
    struct timespec ts = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
        ;
}

/* ---------------------------------------------------------------- chance */

/* xorshift64*; the seed is printed, and $FRAMERING_TEST_SEED gives it again. */
static uint64_t chance_state;

static inline uint64_t chance(uint64_t below)
{
    if (!chance_state) {
        const char *seed = getenv("FRAMERING_TEST_SEED");
        chance_state = seed ? strtoull(seed, NULL, 0) : (uint64_t)now_ns();
        chance_state |= 1;
        fprintf(stderr, "seed: FRAMERING_TEST_SEED=%llu\n", (unsigned long long)chance_state);
    }
    chance_state ^= chance_state >> 12;
    chance_state ^= chance_state << 25;
    chance_state ^= chance_state >> 27;
    return (chance_state * UINT64_C(0x2545F4914F6CDD1D) >> 11) % below;
}

/* How many a killing loop kills: `usual`, or $FRAMERING_TEST_KILLS. */
static inline unsigned kills_wanted(unsigned usual)
{
    const char *text = getenv("FRAMERING_TEST_KILLS");
    unsigned long n = text ? strtoul(text, NULL, 10) : usual;
    return n ? (unsigned)n : usual;
}

static inline void kills_told(const char *what, unsigned n, int64_t began_ns)
{
    fprintf(stderr, "%s: %u killed in %.1f s\n", what, n, (double)(now_ns() - began_ns) / 1e9);
}

/* ---------------------------------------------------------------- meeting points */

struct meet {
    _Atomic uint32_t count;
};

static inline void meet_add(struct meet *meet)
{
    atomic_fetch_add(&meet->count, 1);
    syscall(SYS_futex, &meet->count, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* True when a child has ended with a complaint: what it was to do will not happen any more. */
static inline bool child_has_failed(void)
{
    siginfo_t info = {0};
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0 &&
           info.si_code == CLD_EXITED && info.si_status != 0;
}

/* Waits until the counter has come to `at_least`. False when the deadline passed before, or when it
 * is clear that it never will. */
static inline bool meet_reached(struct meet *meet, uint32_t at_least)
{
    int64_t end_ns = now_ns() + DEADLINE_S * NS_PER_S;
    for (;;) {
        uint32_t count = atomic_load(&meet->count);
        if (count >= at_least)
            return true;
        if (now_ns() >= end_ns || child_has_failed())
            return false;
        struct timespec ts = {.tv_nsec = NS_PER_S / 4};
        syscall(SYS_futex, &meet->count, FUTEX_WAIT, count, &ts, NULL, 0);
    }
}

#define meet_wait(meet, at_least)                                                                  \
    must(meet_reached(meet, at_least), "still at %u, not %u", atomic_load(&(meet)->count),         \
         (unsigned)(at_least))

/* Zeroed memory that children share with their parent. */
static inline void *shared_alloc(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(p != MAP_FAILED, "%s", strerror(errno));
    return p;
}

/* ---------------------------------------------------------------- users */

/* Some that no box has in its files: the writer's, two members of its group, and a stranger. */
struct user {
    uid_t uid;
    gid_t gid;
};
static const struct user user_writer = {40001, 40000};
static const struct user user_reader = {40002, 40000};
static const struct user user_honest = {40004, 40000};
static const struct user user_stranger = {40003, 40003};

static inline bool become(const struct user *user)
{
    if (setgroups(0, NULL) || setresgid(user->gid, user->gid, user->gid) ||
        setresuid(user->uid, user->uid, user->uid))
        return false;
    /* A change of user hides /proc/self from it; the tests want the attack at its best. */
    return prctl(PR_SET_DUMPABLE, 1) == 0;
}

static inline bool can_be_others(void)
{
    pid_t pid = fork();
    if (pid == 0)
        end_child(become(&user_writer) ? 0 : 1);
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---------------------------------------------------------------- children */

/* `user` NULL: the same as the parent. */
static inline pid_t child_start_as(const struct user *user, void (*body)(void *arg), void *arg)
{
    fflush(NULL);
    pid_t pid = fork();
    must(pid >= 0, "%s", strerror(errno));
    if (pid)
        return pid;
    chance_state = chance_state ? chance_state ^ (uint64_t)getpid() << 20 : 0;
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (user)
        must(become(user), "cannot become uid %u: %s", (unsigned)user->uid, strerror(errno));
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the change of user, which clears it */
    body(arg);
    fflush(NULL);
    end_child(0);
}

static inline pid_t child_start(void (*body)(void *arg), void *arg)
{
    return child_start_as(NULL, body, arg);
}

/* Waits for its end; the status is waitpid's. */
static inline int child_end(pid_t pid)
{
    int status = 0;
    pid_t got;
    while ((got = waitpid(pid, &status, 0)) < 0 && errno == EINTR)
        ;
    must(got == pid, "%s", strerror(errno));
    return status;
}

#define child_ends_well(pid)                                                                       \
    do {                                                                                           \
        int status_ = child_end(pid);                                                              \
        ck_assert_msg(WIFEXITED(status_) && WEXITSTATUS(status_) == 0,                             \
                      "a child ended with status 0x%x; see its message above", status_);           \
    } while (0)

/* kill -9, and the body is taken away: whatever the kernel gives back has been given back. */
static inline void child_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    int status = child_end(pid);
    must(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
         "it had ended before it was killed, status 0x%x", (unsigned)status);
}

/* Waits until the child has stopped itself. */
static inline void child_await_stop(pid_t pid)
{
    int status = 0;
    pid_t got;
    while ((got = waitpid(pid, &status, WUNTRACED)) < 0 && errno == EINTR)
        ;
    must(got == pid && WIFSTOPPED(status), "not stopped: status 0x%x", (unsigned)status);
}

/* ---------------------------------------------------------------- the run folder */

/* Runs the tests with a run folder of their own. Each test uses a camera of its own. */
static inline int ipc_run(const char *name, const TTest *const *tests, size_t n, double timeout_s)
{
    char folder[UNIT_FOLDER_MAX];
    unit_begin();
    chmod(unit_folder(folder), 0755);
    setenv("FRAMERING_RUNDIR", folder, 1);
    return unit_run(name, tests, n, timeout_s);
}

#define IPC_TESTS(name, ...)                                                                       \
    ({                                                                                             \
        const TTest *const tests_[] = {__VA_ARGS__};                                               \
        ipc_run(name, tests_, sizeof tests_ / sizeof *tests_, 240);                                \
    })
#define IPC_MAIN(name, ...)                                                                        \
    int main(void)                                                                                 \
    {                                                                                              \
        return IPC_TESTS(name, __VA_ARGS__);                                                       \
    }
