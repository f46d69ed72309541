/* What single calls cost when nobody waits: publish, and taking and giving back a frame that is
 * there already, pinned and not. Each call is timed by itself; reading the clock is part of it, and
 * is told beside.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#define WARM 200u

struct column {
    int64_t *ns;
};

static struct column column_new(uint64_t n)
{
    struct column column = {malloc((size_t)n * sizeof(int64_t))};
    if (!column.ns)
        bench_fail("no memory for the samples");
    return column;
}

static struct bench_spread column_end(struct column *column, uint64_t n)
{
    struct bench_spread spread = bench_spread_of(column->ns + WARM, n - WARM);
    free(column->ns);
    return spread;
}

static void measure_clock(uint64_t n, struct bench_costs *costs)
{
    struct column clock = column_new(n);
    for (uint64_t i = 0; i < n; i++) {
        int64_t t0 = bench_now_ns();
        clock.ns[i] = bench_now_ns() - t0;
    }
    costs->clock = column_end(&clock, n);
}

static void publish_one(struct fr_writer *writer)
{
    uint32_t slot;
    if (fr_writer_take(writer, &slot) != 0 || fr_writer_publish(writer, slot, NULL) != 0)
        bench_fail("publish: %s", fr_writer_reason(writer));
}

static void measure_publish(uint64_t n, struct fr_writer *writer, struct bench_costs *costs)
{
    struct column take = column_new(n), publish = column_new(n);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t slot;
        int64_t t0 = bench_now_ns();
        int r = fr_writer_take(writer, &slot);
        int64_t t1 = bench_now_ns();
        if (r == 0)
            r = fr_writer_publish(writer, slot, NULL);
        int64_t t2 = bench_now_ns();
        if (r < 0)
            bench_fail("publish: %s", fr_writer_reason(writer));
        take.ns[i] = t1 - t0;
        publish.ns[i] = t2 - t1;
    }
    costs->take = column_end(&take, n);
    costs->publish = column_end(&publish, n);
}

static void measure_reading(uint64_t n, struct fr_writer *writer, enum fr_read_mode mode,
                            struct bench_spread *ret_take, struct bench_spread *ret_release)
{
    struct column take = column_new(n), release = column_new(n);
    struct fr_reader *reader = NULL;
    struct fr_frame frame;
    if (fr_reader_open("costs", mode, &reader) != 0)
        bench_fail("no reader");
    fr_reader_next(reader, 0, &frame); /* attaches */
    for (uint64_t i = 0; i < n; i++) {
        publish_one(writer);
        int64_t t0 = bench_now_ns();
        int r = fr_reader_next(reader, 0, &frame);
        int64_t t1 = bench_now_ns();
        if (r < 0)
            bench_fail("reader: %s: %s", strerror(-r), fr_reader_reason(reader));
        r = fr_reader_release(reader, &frame);
        int64_t t2 = bench_now_ns();
        if (r < 0)
            bench_fail("release: %s", strerror(-r));
        take.ns[i] = t1 - t0;
        release.ns[i] = t2 - t1;
    }
    fr_reader_close(reader);
    *ret_take = column_end(&take, n);
    *ret_release = column_end(&release, n);
}

static void measure_semop(uint64_t n, struct bench_costs *costs)
{
    struct column pair = column_new(n);
    struct sembuf down = {.sem_op = -1, .sem_flg = IPC_NOWAIT | SEM_UNDO};
    struct sembuf up = {.sem_op = 1, .sem_flg = IPC_NOWAIT | SEM_UNDO};
    int id = semget(IPC_PRIVATE, 8, 0600);
    if (id < 0 || semctl(id, 0, SETVAL, 1) < 0)
        bench_fail("no semaphores");
    for (uint64_t i = 0; i < n; i++) {
        int64_t t0 = bench_now_ns();
        int r = semop(id, &down, 1) | semop(id, &up, 1);
        pair.ns[i] = bench_now_ns() - t0;
        if (r < 0)
            bench_fail("semop");
    }
    semctl(id, 0, IPC_RMID);
    costs->semop_pair = column_end(&pair, n);
}

void bench_costs(const struct bench_options *options, struct bench_costs *ret_costs)
{
    uint64_t n = options->is_quick ? 2000 : 100000;
    struct bench_costs costs = {0};
    struct fr_geometry geometry;
    bench_progress("single calls, %u each", (unsigned)n);
    struct fr_writer *writer = bench_writer("costs", FR_FOURCC_YU12, 640, 480, &geometry);
    measure_clock(n, &costs);
    measure_publish(n, writer, &costs);
    measure_reading(n, writer, FR_READ_PINNED, &costs.pin, &costs.unpin);
    measure_reading(n, writer, FR_READ_PEEK, &costs.peek, &costs.unpeek);
    measure_semop(n, &costs);
    fr_writer_close(writer);
    *ret_costs = costs;
}
