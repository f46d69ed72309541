/* framering-capture-bench: what a frame costs capture itself, on each of its ways, beside the least
 * that a copy or a decode can cost.
 *
 * It drives the V4L2 source through all its steps, with real rings and readers, on a driver that
 * costs nothing; so no camera is needed, and what is measured is ours alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/capture_bench.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_USAGE = 2, READERS_MAX = 4 };

struct run {
    struct capture_options options;
    struct capture_result results[CAPTURE_WAYS_MAX];
};

static void print_help(void)
{
    puts(
        "Usage: framering-capture-bench [--quick] [--json] [--readers N]\n"
        "\n"
        "Measures the CPU time that capture itself takes for a frame (1080p where nothing else is\n"
        "said): everything but the driver. Beside it, in the same rounds, a bare memcpy of the\n"
        "same bytes, or libjpeg-turbo alone decoding the same JPEG.\n"
        "\n"
        "  --readers N  readers of each ring, 0 to 4 (default 1)\n"
        "  --json       one JSON object on stdout in place of the table\n"
        "  --quick      a few rounds of everything, to see that it works\n"
        "  --help       this text\n"
        "\n"
        "Progress goes to stderr. For figures worth telling use a release build on a machine with\n"
        "nothing else to do.");
}

static double ratio(const struct capture_result *result)
{
    return result->bare.p50_ns ? (double)result->cpu.p50_ns / (double)result->bare.p50_ns : 0;
}

static bool is_missed(const struct capture_result *result)
{
    const struct capture_way *way = result->way;
    return (way->target_ns && result->cpu.p50_ns > way->target_ns) ||
           (way->target_ratio > 0 && ratio(result) > way->target_ratio);
}

static const char *bare_name(const struct capture_way *way)
{
    return way->bare == BARE_MEMCPY        ? "memcpy"
           : way->bare == BARE_DECODE      ? "libjpeg"
           : way->bare == BARE_DECODE_LUMA ? "libjpeg, luma"
                                           : "";
}

static void print_table(const struct run *run)
{
    printf(
        "Capture's own CPU for a frame, in µs, everything but the driver; 1920x1080 where nothing\n"
        "else is said, %llu rounds, readers of each ring: %u. Bare: in the same rounds, copying "
        "or\ndecoding the same bytes and nothing else.\n\n",
        (unsigned long long)run->results[0].cpu.samples, run->options.readers);
    printf("%-26s %-29s %9s %9s  %-14s %9s %6s  %s\n", "way", "path", "p50", "p99", "bare", "p50",
           "ratio", "target");
    for (unsigned i = 0; i < capture_n_ways; i++) {
        const struct capture_result *r = &run->results[i];
        const struct capture_way *way = r->way;
        char bare[48] = "", target[32] = "";
        if (way->bare != BARE_NONE)
            snprintf(bare, sizeof bare, "%9.1f %6.2f", (double)r->bare.p50_ns / 1e3, ratio(r));
        if (way->target_ns)
            snprintf(target, sizeof target, "%.0f µs: %s", (double)way->target_ns / 1e3,
                     is_missed(r) ? "missed" : "met");
        else if (way->target_ratio > 0)
            snprintf(target, sizeof target, "%.1f: %s", way->target_ratio,
                     is_missed(r) ? "missed" : "met");
        printf("%-26s %-29s %9.1f %9.1f  %-14s %16s  %s\n", way->name,
               fr_copy_path_name(r->copy_path), (double)r->cpu.p50_ns / 1e3,
               (double)r->cpu.p99_ns / 1e3, bare_name(way), bare, target);
    }
}

static void print_json(const struct run *run)
{
    printf("{\"capture\": [");
    for (unsigned i = 0; i < capture_n_ways; i++) {
        const struct capture_result *r = &run->results[i];
        const struct capture_way *way = r->way;
        printf("%s\n  {\"way\": \"%s\", \"path\": \"%s\", \"width\": %u, \"height\": %u, "
               "\"rounds\": %llu, \"readers\": %u, \"cpu_p50_ns\": %lld, \"cpu_p99_ns\": %lld",
               i ? "," : "", way->name, fr_copy_path_name(r->copy_path), way->width_px,
               way->height_px, (unsigned long long)r->cpu.samples, run->options.readers,
               (long long)r->cpu.p50_ns, (long long)r->cpu.p99_ns);
        if (way->bare != BARE_NONE)
            printf(", \"bare\": \"%s\", \"bare_p50_ns\": %lld, \"ratio\": %.3f", bare_name(way),
                   (long long)r->bare.p50_ns, ratio(r));
        if (way->target_ns)
            printf(", \"target_ns\": %lld, \"is_met\": %s", (long long)way->target_ns,
                   is_missed(r) ? "false" : "true");
        else if (way->target_ratio > 0)
            printf(", \"target_ratio\": %.1f, \"is_met\": %s", way->target_ratio,
                   is_missed(r) ? "false" : "true");
        printf("}");
    }
    puts("\n]}");
}

static int run_bench(void *userdata)
{
    struct run *run = userdata;
    capture_measure(&run->options, run->results);
    if (run->options.wants_json)
        print_json(run);
    else
        print_table(run);
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"quick", no_argument, NULL, 'q'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"readers", required_argument, NULL, 'r'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    static struct run run = {.options.readers = 1};
    bench_name = "framering-capture-bench";
    for (int c; (c = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        char *end = NULL;
        switch (c) {
        case 'q':
            run.options.is_quick = true;
            break;
        case 'j':
            run.options.wants_json = true;
            break;
        case 'r':
            run.options.readers = (unsigned)strtoul(optarg, &end, 10);
            if (end == optarg || *end || run.options.readers > READERS_MAX) {
                fprintf(stderr, "%s: --readers %s: expected 0 to %d\n", bench_name, optarg,
                        READERS_MAX);
                return EXIT_USAGE;
            }
            break;
        case 'h':
            print_help();
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "Try `%s --help`.\n", bench_name);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "%s: %s: no such argument; try `%s --help`\n", bench_name, argv[optind],
                bench_name);
        return EXIT_USAGE;
    }
    return bench_supervise(run_bench, &run);
}
