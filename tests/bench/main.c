/* framering-bench: how fast the ring is, beside what the kernel can do at best.
 *
 * Everything is measured in this one run.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/report.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

static const struct bench_size sizes[] = {
    {"64 B", FR_FOURCC_GREY, 8, 8, 64},
    {"640x480 YU12", FR_FOURCC_YU12, 640, 480, 640 * 480 * 3 / 2},
    {"1920x1080 YU12", FR_FOURCC_YU12, 1920, 1080, 1920 * 1080 * 3 / 2},
    {"3840x2160 YU12", FR_FOURCC_YU12, 3840, 2160, 3840 * 2160 * 3 / 2},
};
static const unsigned readers[] = {1, 4, 16};
enum { SIZES = sizeof sizes / sizeof *sizes, READERS = sizeof readers / sizeof *readers };

static void print_help(void)
{
    puts("Usage: framering-bench [--quick] [--json] [--mode peek|pinned] [--detector]\n"
         "\n"
         "Measures the ring on this machine, in about two minutes:\n"
         "  - wake-up latency from publish to a blocking reader, 1, 4 and 16 readers, four frame\n"
         "    sizes, beside a bare futex broadcast to as many waiters, taking turns round by "
         "round;\n"
         "  - the ways to wait (peek, pinned, helper thread with eventfd) side by side;\n"
         "  - single calls: publish, pin, unpin;\n"
         "  - the writer's calls with one reader stopped and one slow, beside a ring that nobody "
         "reads;\n"
         "  - what a publish takes with 0, 16 and 500 waiters, beside a futex broadcast to as "
         "many;\n"
         "  - the half-size luma of a 1080p frame, with each kind of this machine's instructions,\n"
         "    beside reading the frame's luma once;\n"
         "  - the motion detector and each of its steps, on 1080p planes, YUYV and 4K, beside "
         "reading\n"
         "    the plane once, and beside OpenCV's detectors, if they are installed.\n"
         "\n"
         "  --mode MODE  how the readers of the wake-up table read: peek (default) or pinned\n"
         "  --detector   the detector alone\n"
         "  --json       one JSON object on stdout in place of the table\n"
         "  --quick      a few rounds of everything, to see that it works (a few seconds)\n"
         "  --help       this text\n"
         "\n"
         "Footage for the detector is looked for in $FRAMERING_DATA. Progress goes to stderr. For\n"
         "figures worth telling use a release build on a machine with nothing else to do.");
}

/* ---------------------------------------------------------------- measuring */

static void measure(struct bench_results *results)
{
    const struct bench_options *options = &results->options;
    enum bench_way pair[] = {options->mode == FR_READ_PEEK ? BENCH_PEEK : BENCH_PINNED,
                             BENCH_FUTEX};
    uint64_t rounds = options->is_quick ? 30 : 6000;
    int64_t limit_ns = options->is_quick ? NS_PER_S / 2 : 9 * NS_PER_S / 2;

    for (unsigned s = 0; s < SIZES; s++)
        for (unsigned r = 0; r < READERS; r++) {
            bench_progress("wake-up: %s, %u reader%s", sizes[s].name, readers[r],
                           readers[r] == 1 ? "" : "s");
            bench_wake(&sizes[s], readers[r], pair, 2, rounds, limit_ns,
                       &results->wakes[results->n_wakes++]);
        }
    static const enum bench_way ways[] = {BENCH_FUTEX, BENCH_PEEK, BENCH_PINNED, BENCH_EVENTFD};
    bench_progress("ways to wait: %s, 1 reader", sizes[2].name);
    bench_wake(&sizes[2], 1, ways, 4, rounds, 2 * limit_ns, &results->ways);
    bench_costs(options, &results->costs);
    bench_stopped(options, &results->stopped);
    static const struct {
        unsigned waiters;
        bool is_worst;
    } crowds[BENCH_CROWDS] = {
        {0, false}, {16, false}, {BENCH_WAITERS_MAX, false}, {BENCH_WAITERS_MAX, true}};
    for (unsigned i = 0; i < BENCH_CROWDS; i++)
        bench_waiters(options, crowds[i].waiters, crowds[i].is_worst, &results->waiters[i]);
    bench_luma(options, &results->luma);
    bench_detector(options, &results->detector);
}

static int run(void *userdata)
{
    struct bench_results *results = userdata;
    if (results->is_detector_alone)
        bench_detector(&results->options, &results->detector);
    else
        measure(results);
    if (results->wants_json)
        bench_print_json(results);
    else
        bench_print_table(results);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"quick", no_argument, NULL, 'q'},    {"json", no_argument, NULL, 'j'},
        {"detector", no_argument, NULL, 'd'}, {"mode", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},     {0}};
    static struct bench_results results = {.options.mode = FR_READ_PEEK};
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (c) {
        case 'q':
            results.options.is_quick = true;
            break;
        case 'j':
            results.wants_json = true;
            break;
        case 'd':
            results.is_detector_alone = true;
            break;
        case 'm':
            if (strcmp(optarg, "peek") != 0 && strcmp(optarg, "pinned") != 0) {
                fprintf(stderr, "framering-bench: --mode %s: expected peek or pinned\n", optarg);
                return EXIT_USAGE;
            }
            results.options.mode = optarg[1] == 'e' ? FR_READ_PEEK : FR_READ_PINNED;
            break;
        case 'h':
            print_help();
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "Try `framering-bench --help`.\n");
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "framering-bench: %s: no such argument; try `framering-bench --help`\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    return bench_supervise(run, &results);
}
