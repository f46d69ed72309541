/* Telling the figures: a table for people, an object for programs.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "tests/bench/bench.h"

#define BENCH_WAKES_MAX 12
#define BENCH_CROWDS    4

struct bench_results {
    bool wants_json;
    bool is_detector_alone; /* nothing else was measured */
    struct bench_options options;
    unsigned n_wakes;
    struct bench_wake wakes[BENCH_WAKES_MAX]; /* sizes times readers: the ring beside the futex */
    struct bench_wake ways;                   /* one reader, every way to wait */
    struct bench_costs costs;
    struct bench_stopped stopped;
    struct bench_waiters waiters[BENCH_CROWDS];
    struct bench_luma luma;
    struct bench_detector detector;
};

void bench_print_table(const struct bench_results *results);
void bench_print_json(const struct bench_results *results);

/* detector_report.c: its parts of these two. */
void bench_print_detector_table(const struct bench_detector *detector);
void bench_print_detector_json(const struct bench_detector *detector);
