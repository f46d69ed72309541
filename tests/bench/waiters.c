/* What a publish takes with many at its gate: nobody, 16 and 500, beside a store and FUTEX_WAKE for
 * as many, in turn, round by round. A publish opens one gate; the kernel puts each sleeper of its
 * queue on a processor's list, as it does for a futex.
 *
 * And with 500 that wait in the way that is worst for it: each in one call of as many operations as
 * the kernel allows, of which all but the last can be done. They never wake, and the kernel tries
 * each of them again whenever a gate opens. That is a hostile user's doing, bounded by the number
 * of his threads (TasksMax) and by the third number of kernel.sem.
 *
 * SPDX-License-Identifier: MIT
 */
#include "common/ring/layout.h"
#include "tests/bench/bench.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAMERA      "waiters"
#define OPS_MAX     500u
#define WARM        4u /* rounds not counted */
#define A_PROCESS   100u
#define PROCESSES   (BENCH_WAITERS_MAX / A_PROCESS)
#define ASLEEP_NS   (300 * NS_PER_US)
#define IN_VAIN_MAX 20000u

struct crowd {
    _Atomic uint32_t word; /* the futex */
    _Atomic uint64_t ready;
    int gates_id;
    unsigned threads; /* of a process */
    bool is_worst;
};

static unsigned ops_allowed(void)
{
    unsigned per_set, in_all, ops = 32;
    FILE *f = fopen("/proc/sys/kernel/sem", "r");
    if (!f || fscanf(f, "%u %u %u", &per_set, &in_all, &ops) != 3)
        bench_fail("/proc/sys/kernel/sem: %s", strerror(errno));
    fclose(f);
    return ops < OPS_MAX ? ops : OPS_MAX;
}

static _Noreturn void wait_for_ever(struct crowd *crowd)
{
    struct sembuf ops[OPS_MAX] = {0};
    unsigned n = ops_allowed();
    for (unsigned i = 0; i < n; i++)
        ops[i].sem_num = FR_GATES - 1; /* open, but for two frames in sixteen */
    ops[n - 1].sem_num = FR_GATE_ALIVE;
    atomic_fetch_add(&crowd->ready, 1);
    for (;;)
        semop(crowd->gates_id, ops, n);
}

/* Rounds in turn: of the gate of the next frame, and of the futex. */
static void *waiter(void *arg)
{
    struct crowd *crowd = arg;
    if (crowd->is_worst)
        wait_for_ever(crowd);
    for (uint64_t round = 0;; round++) {
        uint32_t word = atomic_load(&crowd->word);
        struct sembuf zero = {.sem_num = (unsigned short)((round / 2 + 1) % FR_GATES)};
        atomic_fetch_add(&crowd->ready, 1);
        if (round % 2 == 0)
            while (semop(crowd->gates_id, &zero, 1) < 0 && errno == EINTR)
                ;
        else
            while (atomic_load(&crowd->word) == word)
                syscall(SYS_futex, &crowd->word, FUTEX_WAIT, word, NULL, NULL, 0);
    }
    return NULL;
}

static pid_t start_process(struct crowd *crowd)
{
    pid_t pid = fork();
    if (pid < 0)
        bench_fail("fork: %s", strerror(errno));
    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    for (unsigned i = 0; i < crowd->threads; i++) {
        pthread_t thread;
        int r = pthread_create(&thread, &attributes, waiter, crowd);
        if (r)
            bench_fail("thread: %s", strerror(r));
    }
    for (;;)
        pause();
}

static void await_ready(struct crowd *crowd, uint64_t ready)
{
    int64_t end_ns = bench_now_ns() + 60 * NS_PER_S;
    while (atomic_load(&crowd->ready) < ready)
        if (sched_yield(), bench_now_ns() > end_ns)
            bench_fail("the waiters do not come");
}

static void rest(int64_t ns)
{
    struct timespec ts = {.tv_nsec = ns};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

/* One frame. What the publish took, once all wait at its gate. */
static int64_t publish(struct fr_writer *writer, const struct crowd *crowd, int gate, int waiters)
{
    uint32_t slot_idx;
    int r = fr_writer_take(writer, &slot_idx);
    if (r < 0)
        bench_fail("take: %s", strerror(-r));
    if (!crowd->is_worst)
        while (semctl(crowd->gates_id, gate, GETZCNT) < waiters)
            sched_yield();
    int64_t t0_ns = bench_now_ns();
    r = fr_writer_publish(writer, slot_idx, NULL);
    int64_t took_ns = bench_now_ns() - t0_ns;
    if (r < 0)
        bench_fail("publish: %s", strerror(-r));
    return took_ns;
}

/* One broadcast. True when all had been asleep: else it was done with fewer. */
static bool broadcast(struct crowd *crowd, long waiters, int64_t *ret_took_ns)
{
    rest(ASLEEP_NS);
    int64_t t0_ns = bench_now_ns();
    atomic_fetch_add_explicit(&crowd->word, 1, memory_order_release);
    long woken = syscall(SYS_futex, &crowd->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    *ret_took_ns = bench_now_ns() - t0_ns;
    return woken == waiters;
}

void bench_waiters(const struct bench_options *options, unsigned waiters, bool is_worst,
                   struct bench_waiters *ret_waiters)
{
    uint64_t rounds = WARM + (options->is_quick ? 8 : 400);
    struct crowd *crowd =
        mmap(NULL, sizeof *crowd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t *publish_ns = malloc(rounds * sizeof *publish_ns);
    int64_t *futex_ns = malloc(rounds * sizeof *futex_ns);
    struct fr_geometry geometry;
    struct fr_ring_info info;
    pid_t pid[PROCESSES];
    unsigned processes = (waiters + A_PROCESS - 1) / A_PROCESS;

    if (crowd == MAP_FAILED || !publish_ns || !futex_ns || processes > PROCESSES)
        bench_fail("no memory for the samples");
    bench_progress("%u waiters%s", waiters, is_worst ? ", in the worst way" : "");
    struct fr_writer *writer = bench_writer(CAMERA, FR_FOURCC_YU12, 640, 480, &geometry);
    if (fr_ring_info(CAMERA, &info) < 0)
        bench_fail("no ring");
    crowd->gates_id = info.gates_id;
    crowd->is_worst = is_worst;
    crowd->threads = processes ? waiters / processes : 0;
    for (unsigned i = 0; i < processes; i++)
        pid[i] = start_process(crowd);

    uint64_t n = 0, in_vain = 0;
    for (uint64_t frame = 1; n < rounds; frame++) {
        await_ready(crowd, waiters * (is_worst ? 1 : 2 * frame - 1));
        publish_ns[n] = publish(writer, crowd, (int)(frame % FR_GATES), (int)waiters);
        if (is_worst) {
            n++;
            continue;
        }
        await_ready(crowd, waiters * 2 * frame);
        if (broadcast(crowd, waiters, &futex_ns[n]))
            n++;
        else if (++in_vain == IN_VAIN_MAX)
            bench_fail("the waiters do not sleep");
    }
    for (unsigned i = 0; i < processes; i++) {
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
    }
    *ret_waiters = (struct bench_waiters){
        .waiters = waiters,
        .is_worst = is_worst,
        .publish = bench_spread_of(publish_ns + WARM, rounds - WARM),
        .futex = bench_spread_of(futex_ns + WARM, is_worst ? 0 : rounds - WARM),
    };
    fr_writer_close(writer);
    free(publish_ns);
    free(futex_ns);
    munmap(crowd, sizeof *crowd);
}
