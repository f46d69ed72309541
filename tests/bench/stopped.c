/* What readers that do not keep up cost the writer: one stopped while it holds a pin, and one at a
 * third of the camera's rate, beside a ring that nobody reads. Both rings take turns frame by
 * frame, in one run; each gets a frame every millisecond.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD_NS NS_PER_MS
#define WARM      50u

enum { ALONE, CROWDED, RINGS };
static const char *const cameras[RINGS] = {"alone", "crowded"};

static void rest(int64_t ns)
{
    struct timespec ts = {.tv_nsec = ns};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
}

static _Noreturn void read_badly(bool is_to_stop)
{
    struct fr_reader *reader = NULL;
    struct fr_frame frame;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (fr_reader_open(cameras[CROWDED], FR_READ_PINNED, &reader) != 0)
        bench_fail("no reader");
    for (;;) {
        int r = fr_reader_next(reader, -1, &frame);
        if (r < 0)
            bench_fail("reader: %s: %s", strerror(-r), fr_reader_reason(reader));
        if (is_to_stop)
            raise(SIGSTOP);
        rest(3 * PERIOD_NS);
        if (fr_reader_release(reader, &frame) != 0)
            bench_fail("a pinned frame was overwritten");
    }
}

static pid_t start_reader(bool is_to_stop)
{
    pid_t pid = fork();
    if (pid < 0)
        bench_fail("fork: %s", strerror(errno));
    if (pid == 0)
        read_badly(is_to_stop);
    return pid;
}

struct camera {
    struct fr_writer *writer;
    struct fr_geometry geometry;
    int64_t *take_ns, *publish_ns;
};

static void write_one(struct camera *camera, uint64_t round)
{
    uint32_t slot;
    int64_t t0 = bench_now_ns();
    int r = fr_writer_take(camera->writer, &slot);
    int64_t t1 = bench_now_ns();
    if (r < 0)
        bench_fail("take: %s", strerror(-r));
    memset(fr_writer_slot(camera->writer, slot), (int)round, (size_t)camera->geometry.slot_bytes);
    int64_t t2 = bench_now_ns();
    r = fr_writer_publish(camera->writer, slot, NULL);
    int64_t t3 = bench_now_ns();
    if (r < 0)
        bench_fail("publish: %s", fr_writer_reason(camera->writer));
    camera->take_ns[round] = t1 - t0;
    camera->publish_ns[round] = t3 - t2;
}

/* Frames for whoever is to pin one, until the reader to be stopped has stopped with it. */
static void await_stopped(struct camera *camera, pid_t pid)
{
    int status = 0;
    for (;;) {
        write_one(camera, 0);
        pid_t found = waitpid(pid, &status, WUNTRACED | WNOHANG);
        if (found == pid && WIFSTOPPED(status))
            return;
        if (found != 0)
            bench_fail("the reader to be stopped has ended");
        rest(PERIOD_NS);
    }
}

static void end_reader(pid_t pid)
{
    kill(pid, SIGKILL);
    if (waitpid(pid, NULL, 0) != pid)
        bench_fail("waitpid: %s", strerror(errno));
}

void bench_stopped(const struct bench_options *options, struct bench_stopped *ret_stopped)
{
    uint64_t rounds = WARM + (options->is_quick ? 50u : 8000u);
    struct camera camera[RINGS] = {0};

    bench_progress("a stopped and a slow reader, %u frames", (unsigned)rounds);
    for (unsigned i = 0; i < RINGS; i++) {
        camera[i].writer = bench_writer(cameras[i], FR_FOURCC_YU12, 640, 480, &camera[i].geometry);
        camera[i].take_ns = malloc((size_t)rounds * sizeof(int64_t));
        camera[i].publish_ns = malloc((size_t)rounds * sizeof(int64_t));
        if (!camera[i].take_ns || !camera[i].publish_ns)
            bench_fail("no memory for the samples");
    }
    pid_t stopped = start_reader(true);
    await_stopped(&camera[CROWDED], stopped);
    pid_t slow = start_reader(false);
    for (uint64_t round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < RINGS; i++)
            write_one(&camera[(round + i) % RINGS], round);
        rest(PERIOD_NS);
    }
    int status;
    if (waitpid(slow, &status, WNOHANG) != 0)
        bench_fail("the slow reader has ended");
    end_reader(stopped);
    end_reader(slow);

    struct bench_spread take[RINGS], publish[RINGS];
    for (unsigned i = 0; i < RINGS; i++) {
        take[i] = bench_spread_of(camera[i].take_ns + WARM, rounds - WARM);
        publish[i] = bench_spread_of(camera[i].publish_ns + WARM, rounds - WARM);
        free(camera[i].take_ns);
        free(camera[i].publish_ns);
        fr_writer_close(camera[i].writer);
    }
    *ret_stopped = (struct bench_stopped){.take_alone = take[ALONE],
                                          .take_crowded = take[CROWDED],
                                          .publish_alone = publish[ALONE],
                                          .publish_crowded = publish[CROWDED]};
}
