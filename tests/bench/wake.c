/* How long it takes from publishing a frame to a reader having it in hand, beside a bare futex.
 *
 * One writer, this process; the readers are processes of their own. A round:
 *   1. The writer gives way until every reader is through with the last round and has said that it
 *      is about to wait.
 *   2. The writer takes a slot and fills it (for the futex's rounds too, so that the caches are in
 *      the same state), and looks into /proc until every reader's thread sleeps in the kernel. Then
 *      it rests 100 µs, so that an idle processor is idle.
 *   3. t0. fr_writer_publish(), or a store to the futex's word and FUTEX_WAKE of all.
 *   4. Each reader, as soon as it has the frame in hand (fr_reader_next() has returned; FUTEX_WAIT
 *      has returned and the word has changed): t1. The sample is t1 - t0.
 * Ways to wait take turns round by round, in an order that shifts, for rounds differ by more than
 * ways do. Each way has a ring of its own, so that nobody is woken by another way's frame.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define READERS_MAX 16
#define WARM_ROUNDS 16 /* of each way, not counted */
#define REST_NS     (100 * NS_PER_US)

struct seat {                            /* one reader's */
    _Alignas(64) _Atomic uint64_t ready; /* rounds that it has been ready for */
    _Atomic int32_t tid[2];              /* threads that must sleep; 0: none */
    _Atomic uint64_t samples;            /* rounds it has had */
};

struct board {                          /* shared by the processes of one measurement */
    _Alignas(64) _Atomic uint32_t word; /* the futex */
    _Alignas(64) _Atomic int64_t t0_ns;
    _Atomic bool is_over;
    enum bench_way ways[BENCH_WAYS];
    unsigned n_ways;
    uint64_t rounds_max; /* of each way, warm-up included */
    struct seat seat[READERS_MAX];
    int64_t sample_ns[]; /* [reader][round of any way] */
};

/* Each block of n_ways rounds has every way once, in an order that shifts from block to block. */
static enum bench_way way_of_round(const struct board *board, uint64_t round)
{
    return board->ways[(round + round / board->n_ways) % board->n_ways];
}

static int64_t *sample_at(struct board *board, unsigned reader, uint64_t round)
{
    return &board->sample_ns[reader * board->rounds_max * board->n_ways + round];
}

static const char *camera_of_way(enum bench_way way)
{
    return bench_way_name(way);
}

const char *bench_way_name(enum bench_way way)
{
    static const char *const names[BENCH_WAYS] = {"futex", "peek", "pinned", "eventfd"};
    return names[way];
}

/* ---------------------------------------------------------------- a reader */

/* The helper thread of docs/reading.md: waits in the library, hands the frame on by eventfd. */
struct helper {
    struct fr_reader *reader;
    struct fr_frame frame;
    int filled_fd, done_fd;
    _Atomic int32_t tid;
};

static void *helper_main(void *arg)
{
    struct helper *helper = arg;
    uint64_t one = 1;
    atomic_store(&helper->tid, (int32_t)syscall(SYS_gettid));
    for (;;) {
        int r = fr_reader_next(helper->reader, -1, &helper->frame);
        if (r == -ENOTCONN)
            continue;
        if (r < 0)
            bench_fail("helper: %s: %s", strerror(-r), fr_reader_reason(helper->reader));
        if (write(helper->filled_fd, &one, sizeof one) != sizeof one ||
            read(helper->done_fd, &one, sizeof one) != sizeof one)
            bench_fail("eventfd: %s", strerror(errno));
        fr_reader_release(helper->reader, &helper->frame);
    }
    return NULL;
}

static void helper_start(struct helper *helper)
{
    pthread_t thread;
    helper->filled_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    helper->done_fd = eventfd(0, EFD_CLOEXEC);
    if (helper->filled_fd < 0 || helper->done_fd < 0 ||
        pthread_create(&thread, NULL, helper_main, helper) != 0)
        bench_fail("helper: %s", strerror(errno));
    while (!atomic_load(&helper->tid))
        sched_yield();
}

/* Waits for the round's wake-up; returns when the frame is in hand. */
static void wait_once(struct board *board, enum bench_way way, struct fr_reader *reader,
                      struct helper *helper, struct fr_frame *frame, uint32_t word)
{
    uint64_t count;
    int r;
    switch (way) {
    case BENCH_FUTEX:
        while (atomic_load_explicit(&board->word, memory_order_acquire) == word)
            syscall(SYS_futex, &board->word, FUTEX_WAIT, word, NULL, NULL, 0);
        break;
    case BENCH_EVENTFD:
        do {
            struct pollfd fd = {.fd = helper->filled_fd, .events = POLLIN};
            poll(&fd, 1, -1);
        } while (read(helper->filled_fd, &count, sizeof count) != sizeof count);
        *frame = helper->frame;
        break;
    default:
        r = fr_reader_next(reader, -1, frame);
        if (r < 0)
            bench_fail("reader: %s: %s", strerror(-r), fr_reader_reason(reader));
    }
}

static _Noreturn void reader_main(struct board *board, unsigned me)
{
    struct seat *seat = &board->seat[me];
    struct fr_reader *reader[BENCH_WAYS] = {0};
    struct helper helper = {0};
    uint64_t expected[BENCH_WAYS] = {0};

    atomic_store(&seat->tid[0], (int32_t)getpid());
    for (unsigned i = 0; i < board->n_ways; i++) {
        enum bench_way way = board->ways[i];
        struct fr_frame none;
        if (way == BENCH_FUTEX)
            continue;
        enum fr_read_mode mode = way == BENCH_PEEK ? FR_READ_PEEK : FR_READ_PINNED;
        int r = fr_reader_open(camera_of_way(way), mode, &reader[way]);
        if (r < 0 || (r = fr_reader_next(reader[way], 0, &none)) != -ETIMEDOUT)
            bench_fail("attach: %d: %s", r, reader[way] ? fr_reader_reason(reader[way]) : "");
        if (way == BENCH_EVENTFD) {
            helper.reader = reader[way];
            helper_start(&helper);
            atomic_store(&seat->tid[1], atomic_load(&helper.tid));
        }
    }
    for (uint64_t round = 0;; round++) {
        enum bench_way way = way_of_round(board, round);
        struct fr_frame frame = {0};
        uint32_t word = atomic_load(&board->word);
        atomic_store_explicit(&seat->ready, round + 1, memory_order_release);
        wait_once(board, way, reader[way], &helper, &frame, word);
        int64_t t1_ns = bench_now_ns();
        if (atomic_load(&board->is_over))
            _exit(0);
        *sample_at(board, me, round) = t1_ns - atomic_load(&board->t0_ns);
        if (way == BENCH_FUTEX)
            continue;
        if (frame.number != ++expected[way])
            bench_fail("%s: got frame %" PRIu64 ", expected %" PRIu64, bench_way_name(way),
                       frame.number, expected[way]);
        if (way == BENCH_EVENTFD) {
            uint64_t one = 1;
            if (write(helper.done_fd, &one, sizeof one) != sizeof one)
                bench_fail("eventfd: %s", strerror(errno));
        } else if (fr_reader_release(reader[way], &frame) != 0) {
            bench_fail("%s: the frame was overwritten", bench_way_name(way));
        }
    }
}

/* ---------------------------------------------------------------- the writer */

struct stat_files {
    int fd[READERS_MAX][2];
};

/* True when the thread sleeps in the kernel: state S, after the name in parentheses. */
static bool is_asleep(int fd)
{
    char text[128];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        bench_fail("a reader has ended");
    text[n] = 0;
    const char *after = strrchr(text, ')');
    return after && after[1] == ' ' && after[2] == 'S';
}

/* Gives way until every reader is through with the rounds before and about to wait in this one. */
static void await_ready(struct board *board, unsigned readers, uint64_t round)
{
    for (unsigned i = 0; i < readers; i++)
        while (atomic_load_explicit(&board->seat[i].ready, memory_order_acquire) <= round) {
            int status;
            sched_yield();
            if (waitpid(-1, &status, WNOHANG) > 0)
                bench_fail("a reader has ended with status 0x%x", (unsigned)status);
        }
}

static void await_sleepers(struct board *board, unsigned readers, struct stat_files *files)
{
    for (unsigned i = 0; i < readers; i++) {
        struct seat *seat = &board->seat[i];
        for (unsigned t = 0; t < 2; t++) {
            int tid = atomic_load(&seat->tid[t]);
            if (!tid)
                continue;
            if (files->fd[i][t] < 0) {
                char path[64];
                snprintf(path, sizeof path, "/proc/%d/task/%d/stat",
                         (int)atomic_load(&seat->tid[0]), tid);
                files->fd[i][t] = open(path, O_RDONLY | O_CLOEXEC);
                if (files->fd[i][t] < 0)
                    bench_fail("%s: %s", path, strerror(errno));
            }
            while (!is_asleep(files->fd[i][t]))
                sched_yield();
        }
    }
    struct timespec rest = {.tv_nsec = REST_NS};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
}

struct ring {
    struct fr_writer *writer;
    struct fr_geometry geometry;
    uint32_t slot_idx; /* taken */
};

static void ring_take(struct ring *ring)
{
    int r = fr_writer_take(ring->writer, &ring->slot_idx);
    if (r < 0)
        bench_fail("take: %s", strerror(-r));
}

/* One wake-up; returns what it took the writer. */
static int64_t wake_all(struct board *board, enum bench_way way, struct ring *ring)
{
    int64_t t0_ns = bench_now_ns();
    atomic_store_explicit(&board->t0_ns, t0_ns, memory_order_relaxed);
    if (way == BENCH_FUTEX) {
        atomic_fetch_add_explicit(&board->word, 1, memory_order_release);
        syscall(SYS_futex, &board->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    } else {
        int r = fr_writer_publish(ring->writer, ring->slot_idx, NULL);
        if (r < 0)
            bench_fail("publish: %s", strerror(-r));
    }
    return bench_now_ns() - t0_ns;
}

void bench_wake(const struct bench_size *size, unsigned readers, const enum bench_way *ways,
                unsigned n_ways, uint64_t rounds, int64_t limit_ns, struct bench_wake *ret_wake)
{
    uint64_t rounds_max = rounds + WARM_ROUNDS + 1;
    size_t board_bytes =
        sizeof(struct board) + (size_t)(readers * rounds_max * n_ways) * sizeof(int64_t);
    struct board *board =
        mmap(NULL, board_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t *write_ns = malloc((size_t)(rounds_max * n_ways) * sizeof *write_ns);
    struct ring ring[BENCH_WAYS] = {0};
    struct ring *to_fill = NULL;
    struct stat_files files;
    pid_t pid[READERS_MAX];

    if (board == MAP_FAILED || !write_ns || readers > READERS_MAX)
        bench_fail("no memory for the samples");
    memset(files.fd, 0xff, sizeof files.fd);
    memset(board->sample_ns, 0, board_bytes - sizeof *board); /* no page fault while measuring */
    memcpy(board->ways, ways, n_ways * sizeof *ways);
    board->n_ways = n_ways;
    board->rounds_max = rounds_max;
    for (unsigned i = 0; i < n_ways; i++) {
        if (ways[i] == BENCH_FUTEX)
            continue;
        to_fill = &ring[ways[i]];
        to_fill->writer = bench_writer(camera_of_way(ways[i]), size->fourcc, size->width_px,
                                       size->height_px, &to_fill->geometry);
    }
    for (unsigned i = 0; i < readers; i++) {
        pid[i] = fork();
        if (pid[i] < 0)
            bench_fail("fork: %s", strerror(errno));
        if (pid[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            reader_main(board, i);
        }
    }

    int64_t end_ns = bench_now_ns() + limit_ns;
    uint64_t round = 0, blocks = 0;
    for (;; round++) {
        enum bench_way way = way_of_round(board, round);
        await_ready(board, readers, round);
        if (way != BENCH_FUTEX)
            to_fill = &ring[way];
        ring_take(to_fill);
        memset(fr_writer_slot(to_fill->writer, to_fill->slot_idx), (int)(round & 0xff),
               (size_t)to_fill->geometry.slot_bytes);
        await_sleepers(board, readers, &files);
        if (round % n_ways == 0) {
            blocks = round / n_ways;
            if (blocks == rounds_max - 1 || (blocks > WARM_ROUNDS + 8 && bench_now_ns() > end_ns))
                break;
        }
        write_ns[round] = wake_all(board, way, to_fill);
        if (way == BENCH_FUTEX) /* filled for nothing, but filled */
            fr_writer_discard(to_fill->writer, to_fill->slot_idx, FR_DROP_REASONS);
    }
    atomic_store(&board->is_over, true);
    wake_all(board, way_of_round(board, round), to_fill);
    for (unsigned i = 0; i < readers; i++) {
        int status = 0;
        if (waitpid(pid[i], &status, 0) != pid[i] || status != 0)
            bench_fail("a reader ended with status 0x%x", (unsigned)status);
        for (unsigned t = 0; t < 2; t++)
            if (files.fd[i][t] >= 0)
                close(files.fd[i][t]);
    }

    *ret_wake =
        (struct bench_wake){.size = *size, .readers = readers, .rounds = blocks - WARM_ROUNDS};
    int64_t *sorted = malloc((size_t)(blocks * readers) * sizeof *sorted);
    if (!sorted)
        bench_fail("no memory for the samples");
    for (unsigned w = 0; w < n_ways; w++) {
        uint64_t n = 0;
        for (unsigned i = 0; i < readers; i++)
            for (uint64_t r = WARM_ROUNDS * n_ways; r < blocks * n_ways; r++)
                if (way_of_round(board, r) == ways[w])
                    sorted[n++] = *sample_at(board, i, r);
        ret_wake->wake[ways[w]] = bench_spread_of(sorted, n);
        n = 0;
        for (uint64_t r = WARM_ROUNDS * n_ways; r < blocks * n_ways; r++)
            if (way_of_round(board, r) == ways[w])
                sorted[n++] = write_ns[r];
        ret_wake->write[ways[w]] = bench_spread_of(sorted, n);
        fr_writer_close(ring[ways[w]].writer);
    }
    free(sorted);
    free(write_ns);
    munmap(board, board_bytes);
}
