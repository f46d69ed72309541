/* ring-sim: runs the library in a world where everything that could happen by chance follows from a seed.
 *
 * A schedule is one such world from its beginning to its end: a writer with one to three lives, up to three
 * epochs in each, one to four readers, a driver, deaths, and here and there a stranger. Schedule i of a run
 * has the seed SEED + i. The first that shows a fault ends the run: its seed, what was wrong, and its last
 * steps are printed. */
#include "tests/sim/actors.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
    "Usage: ring-sim [--seed N] [--schedules N] [--seconds N] [--trace] [--steps N]\n"
    "\n"
    "  --seed N       the first schedule's; the others' follow on it (1)\n"
    "  --schedules N  so many (100000; with --seconds, no limit)\n"
    "  --seconds N    stop after that time\n"
    "  --trace        print every step; with the seed of a failure, and --schedules 1\n"
    "  --steps N      of a failure print the last N steps (60)\n";

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Of the processor's time, which other work on the machine does not change. */
static double busy_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool number(const char *text, uint64_t *ret_value)
{
    char *end;
    *ret_value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0;
}

static void print_summary(uint64_t first, double elapsed_s)
{
    printf("%" PRIu64 " schedules, seeds %" PRIu64 " to %" PRIu64 ", in %.1f s\n", totals.schedules,
           first, first + totals.schedules - 1, elapsed_s);
    printf("%.2f million schedules a minute of a processor's time\n",
           (double)totals.schedules * 60 / busy_s() / 1e6);
    printf("%" PRIu64 " steps (%.0f a schedule), %" PRIu64 " switches\n", totals.steps,
           (double)totals.steps / (double)totals.schedules, totals.switches);
    printf("%" PRIu64 " frames in %" PRIu64 " epochs, %" PRIu64 " withheld, %" PRIu64
           " pins mended\n",
           totals.frames, totals.epochs, totals.withheld, totals.mended);
    printf("%" PRIu64 " frames taken, %" PRIu64 " missed, %" PRIu64 " told as torn, %" PRIu64
           " could not be pinned\n",
           totals.taken, totals.missed, totals.torn, totals.busy);
    printf("%" PRIu64 " deaths of writers, %" PRIu64 " of readers\n", totals.writer_deaths,
           totals.reader_deaths);
}

/* The same again, told. */
static void tell_failure(uint64_t seed, unsigned steps)
{
    char failure[sizeof sim.failure];
    snprintf(failure, sizeof failure, "%s", sim.failure);
    if (!sim.is_tracing)
        sim_run(seed, true, actors_begin, actors_end);
    sim_print_trace(steps);
    fprintf(stderr, "ring-sim: seed %" PRIu64 " fails: %s\n", seed, failure);
    if (!sim.failure[0])
        fprintf(stderr,
                "ring-sim: and did not when it was run again: the simulation is at fault\n");
    fprintf(stderr, "ring-sim: run it again with --seed %" PRIu64 " --schedules 1 --trace\n", seed);
}

int main(int argc, char **argv)
{
    enum { SEED = 1, SCHEDULES, SECONDS, TRACE, STEPS, HELP };
    static const struct option options[] = {
        {"seed", required_argument, NULL, SEED},
        {"schedules", required_argument, NULL, SCHEDULES},
        {"seconds", required_argument, NULL, SECONDS},
        {"trace", no_argument, NULL, TRACE},
        {"steps", required_argument, NULL, STEPS},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    uint64_t seed = 1, schedules = 0, seconds = 0, steps = 60;
    bool is_tracing = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        uint64_t *value = c == SEED        ? &seed
                          : c == SCHEDULES ? &schedules
                          : c == SECONDS   ? &seconds
                          : c == STEPS     ? &steps
                                           : NULL;
        if (c == HELP) {
            fputs(usage, stdout);
            return 0;
        }
        if (c == TRACE)
            is_tracing = true;
        else if (!value || !number(optarg, value)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    if (schedules == 0)
        schedules = seconds ? UINT64_MAX : 100000;

    double began_s = now_s(), told_s = began_s;
    for (uint64_t i = 0; i < schedules; i++) {
        bool is_right = sim_run(seed + i, is_tracing, actors_begin, actors_end);
        if (is_tracing && is_right)
            sim_print_trace(UINT32_MAX);
        if (!is_right) {
            tell_failure(seed + i, is_tracing ? UINT32_MAX : (unsigned)steps);
            return 1;
        }
        if (i % 1024 != 1023)
            continue;
        double t_s = now_s();
        if (seconds && t_s - began_s >= (double)seconds)
            break;
        if (t_s - told_s >= 10) {
            fprintf(stderr, "ring-sim: %" PRIu64 " schedules, %.0f s\n", totals.schedules,
                    t_s - began_s);
            told_s = t_s;
        }
    }
    print_summary(seed, now_s() - began_s);
    return 0;
}
