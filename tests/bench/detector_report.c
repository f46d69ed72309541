/* What the detector took: a table for people, an object for programs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/report.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const step_names[FR_STEPS] = {
    [FR_STEP_REDUCE] = "reduce", [FR_STEP_STILL] = "stand_still", [FR_STEP_GAIN] = "gain",
    [FR_STEP_LIT] = "lit_tiles", [FR_STEP_LEARN] = "learn",       [FR_STEP_SHADOW] = "shadows",
    [FR_STEP_CLEAN] = "clean",   [FR_STEP_COUNT] = "count",       [FR_STEP_OBJECTS] = "objects",
};

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static double beside(const struct bench_spread *spread, const struct bench_spread *read)
{
    return read->p50_ns ? (double)spread->p50_ns / (double)read->p50_ns : 0;
}

void bench_print_detector_table(const struct bench_detector *detector)
{
    printf("\nDetector: p50 of a frame, and of its steps in multiples of reading its luma once, in "
           "time\n"
           "of the processor. %s; in turn, so that each comes from memory.\n\n%-20s",
           detector->material, "");
    for (unsigned i = 0; i < detector->n_rows; i++)
        printf(" %14s", detector->rows[i].name);
    printf("\n%-20s", "");
    for (unsigned i = 0; i < detector->n_rows; i++)
        printf(" %14s", fr_simd_name(detector->rows[i].level));
#define ROW(name, format, value)                                                                   \
    do {                                                                                           \
        printf("\n%-20s", name);                                                                   \
        for (unsigned i = 0; i < detector->n_rows; i++) {                                          \
            const struct bench_detector_row *row = &detector->rows[i];                             \
            printf(" %14" format, value);                                                          \
        }                                                                                          \
    } while (0)
    ROW("frames, MB", PRIu64, row->planes_bytes >> 20);
    ROW("moving, %", ".1f", 100 * row->share);
    ROW("state, bytes/pixel", ".2f", row->state_bytes_per_px);
    ROW("read once, ms", ".3f", ms(row->read.p50_ns));
    ROW("frame, ms", ".3f", ms(row->total.p50_ns));
    ROW("  p99", ".3f", ms(row->total.p99_ns));
    ROW("frame : read", ".2f", beside(&row->total, &row->read));
    for (unsigned step = 0; step < FR_STEPS; step++)
        ROW(step_names[step], ".2f", beside(&row->steps[step], &row->read));
#undef ROW
    printf("\n");

    if (!detector->n_peers) {
        printf("\nOpenCV's detectors: skipped, for there is no OpenCV for python3 (Debian: "
               "python3-opencv).\n");
        return;
    }
    printf("\nOpenCV's detectors on the planes of 1920x1080: model, clean, label; one thread.\n\n"
           "%-20s %8s %8s %8s %8s\n",
           "", "p50 ms", "p99 ms", ": read", ": ours");
    for (unsigned i = 0; i < detector->n_peers; i++) {
        const struct bench_peer *peer = &detector->peers[i];
        printf("%-20s %8.2f %8.2f %8.1f %8.1f\n", peer->name, ms(peer->p50_ns), ms(peer->p99_ns),
               (double)peer->p50_ns / (double)detector->rows[0].read.p50_ns,
               (double)peer->p50_ns / (double)detector->rows[0].total.p50_ns);
    }
}

void bench_print_detector_json(const struct bench_detector *detector)
{
    const struct bench_detector_row *first = &detector->rows[0];

    printf("  \"detector\": {\"ms_1080p\": %.4f, \"ms_1080p_p99\": %.4f, "
           "\"read_ms_1080p\": %.4f, \"read_ms_1080p_p99\": %.4f, \"planes\": %u, "
           "\"planes_bytes\": %" PRIu64 ", \"is_real\": %s, \"material\": \"%s\",\n    \"rows\": [",
           ms(first->total.p50_ns), ms(first->total.p99_ns), ms(first->read.p50_ns),
           ms(first->read.p99_ns), first->planes, first->planes_bytes,
           detector->is_real ? "true" : "false", detector->material);
    for (unsigned i = 0; i < detector->n_rows; i++) {
        const struct bench_detector_row *row = &detector->rows[i];
        printf("%s\n      {\"name\": \"%s\", \"level\": \"%s\", \"share\": %.4f, "
               "\"state_bytes_per_px\": %.3f, \"ms\": %.4f, \"ms_p99\": %.4f, \"read_ms\": %.4f, "
               "\"to_read\": %.3f, \"steps_to_read\": {",
               i ? "," : "", row->name, fr_simd_name(row->level), row->share,
               row->state_bytes_per_px, ms(row->total.p50_ns), ms(row->total.p99_ns),
               ms(row->read.p50_ns), beside(&row->total, &row->read));
        for (unsigned step = 0; step < FR_STEPS; step++)
            printf("%s\"%s\": %.3f", step ? ", " : "", step_names[step],
                   beside(&row->steps[step], &row->read));
        printf("}}");
    }
    printf("],\n    \"peers\": {");
    for (unsigned i = 0; i < detector->n_peers; i++)
        printf("%s\"%s\": {\"ms\": %.4f, \"ms_p99\": %.4f}", i ? ", " : "", detector->peers[i].name,
               ms(detector->peers[i].p50_ns), ms(detector->peers[i].p99_ns));
    printf("}}");
}
