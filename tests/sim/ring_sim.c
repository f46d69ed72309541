/* ring-sim: runs the library in a world where everything that could happen by chance follows from a
 * seed.
 *
 * A schedule is one such world from its beginning to its end: a writer with one to three lives, one
 * or two epochs in each, one to four readers, a driver, deaths, and here and there a stranger.
 * Schedule i of a run has the seed SEED + i. The first that shows a fault ends the run: its seed,
 * what was wrong, and its last steps are printed. */
#include "tests/sim/actors.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "Usage: ring-sim [--seed N] [--schedules N] [--seconds N] [--jobs N] [--trace] [--steps N]\n"
    "\n"
    "  --seed N       the first schedule's; the others' follow on it (1)\n"
    "  --schedules N  so many (100000; with --seconds, no limit)\n"
    "  --seconds N    stop after that time\n"
    "  --jobs N       so many processes, which share the seeds out among them (1)\n"
    "  --trace        print every step; with the seed of a failure, and --schedules 1\n"
    "  --steps N      of a failure print the last N steps (60)\n";

enum { JOBS_MAX = 64 };

static struct {
    uint64_t seed, schedules, seconds, jobs, steps;
    bool is_tracing;
} asked = {.seed = 1, .jobs = 1, .steps = 60};

/* Of all jobs. */
static struct shared {
    atomic_bool has_failed;
    _Atomic uint64_t done;
    struct totals totals[JOBS_MAX];
} * shared;

static double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Of the processors' time, which other work on the machine changes less. */
static double busy_s(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (double)used.ru_utime.tv_sec + (double)used.ru_utime.tv_usec / 1e6;
}

/* The same again, told. */
static void tell_failure(uint64_t seed)
{
    char failure[sizeof sim.failure];
    snprintf(failure, sizeof failure, "%s", sim.failure);
    if (!asked.is_tracing)
        sim_run(seed, true, actors_begin, actors_end);
    sim_print_trace(asked.is_tracing ? UINT32_MAX : (unsigned)asked.steps);
    fprintf(stderr, "ring-sim: seed %" PRIu64 " fails: %s\n", seed, failure);
    if (!sim.failure[0])
        fprintf(stderr,
                "ring-sim: and did not when it was run again: the simulation is at fault\n");
    fprintf(stderr, "ring-sim: run it again with --seed %" PRIu64 " --schedules 1 --trace\n", seed);
}

/* Every jobs-th schedule from the job's number on. */
static int run_job(unsigned job, double began_s)
{
    double told_s = began_s;
    for (uint64_t i = job; i < asked.schedules; i += asked.jobs) {
        bool is_right = sim_run(asked.seed + i, asked.is_tracing, actors_begin, actors_end);
        if (asked.is_tracing && is_right)
            sim_print_trace(UINT32_MAX);
        shared->totals[job] = totals;
        if (!is_right) {
            if (!atomic_exchange(&shared->has_failed, true))
                tell_failure(asked.seed + i);
            return 1;
        }
        if (totals.schedules % 1024 != 0)
            continue;
        atomic_fetch_add(&shared->done, 1024);
        double t_s = now_s();
        if (atomic_load(&shared->has_failed) ||
            (asked.seconds && t_s - began_s >= (double)asked.seconds))
            break;
        if (job == 0 && t_s - told_s >= 10) {
            fprintf(stderr, "ring-sim: %" PRIu64 " schedules, %.0f s\n", atomic_load(&shared->done),
                    t_s - began_s);
            told_s = t_s;
        }
    }
    return 0;
}

static void print_summary(double elapsed_s)
{
    struct totals t = {0};
    for (unsigned job = 0; job < asked.jobs; job++) {
        const uint64_t *from = (const uint64_t *)&shared->totals[job];
        for (size_t i = 0; i < sizeof t / 8; i++)
            ((uint64_t *)&t)[i] += from[i];
    }
    printf("%" PRIu64 " schedules, seeds from %" PRIu64
           ", in %.1f s: %.2f million a minute, and %.2f "
           "million a minute of a processor's time\n",
           t.schedules, asked.seed, elapsed_s, (double)t.schedules * 60 / elapsed_s / 1e6,
           (double)t.schedules * 60 / busy_s() / 1e6);
    printf("%" PRIu64 " steps (%.0f a schedule), %" PRIu64 " switches\n", t.steps,
           (double)t.steps / (double)t.schedules, t.switches);
    printf("%" PRIu64 " frames in %" PRIu64 " epochs, %" PRIu64 " withheld, %" PRIu64
           " slots taken back\n",
           t.frames, t.epochs, t.withheld, t.mended);
    printf("%" PRIu64 " frames taken, %" PRIu64 " missed, %" PRIu64 " told as torn, %" PRIu64
           " could not be pinned\n",
           t.taken, t.missed, t.torn, t.busy);
    printf("%" PRIu64 " deaths of writers, %" PRIu64 " of readers\n", t.writer_deaths,
           t.reader_deaths);
}

static bool number(const char *text, uint64_t *ret_value)
{
    char *end;
    *ret_value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0;
}

static bool read_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},    {"schedules", required_argument, NULL, 'n'},
        {"seconds", required_argument, NULL, 't'}, {"jobs", required_argument, NULL, 'j'},
        {"steps", required_argument, NULL, 'l'},   {"trace", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        uint64_t *value = c == 's'   ? &asked.seed
                          : c == 'n' ? &asked.schedules
                          : c == 't' ? &asked.seconds
                          : c == 'j' ? &asked.jobs
                          : c == 'l' ? &asked.steps
                                     : NULL;
        if (c == 'h') {
            fputs(usage, stdout);
            exit(0);
        }
        if (c == 'v')
            asked.is_tracing = true;
        else if (!value || !number(optarg, value))
            return false;
    }
    if (asked.schedules == 0)
        asked.schedules = asked.seconds ? UINT64_MAX - JOBS_MAX : 100000;
    return optind == argc && asked.jobs > 0 && asked.jobs <= JOBS_MAX;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("ring-sim: mmap");
        return 1;
    }
    double began_s = now_s();
    for (unsigned job = 0; job < asked.jobs; job++) {
        pid_t child = fork();
        if (child == 0)
            _exit(run_job(job, began_s));
        if (child < 0) {
            perror("ring-sim: fork");
            return 1;
        }
    }
    int status, code = 0;
    while (wait(&status) > 0)
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            if (WIFSIGNALED(status))
                fprintf(stderr, "ring-sim: a job died of signal %d\n", WTERMSIG(status));
            code = 1;
        }
    if (code == 0)
        print_summary(now_s() - began_s);
    return code;
}
