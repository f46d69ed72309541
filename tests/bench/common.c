/* What the parts of the bench share; see bench.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *bench_name = "framering-bench";

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Nearest rank: the smallest sample that `permille` of all do not exceed. */
static int64_t percentile(const int64_t *sorted, uint64_t n, uint64_t permille)
{
    uint64_t rank = (n * permille + 999) / 1000;
    return sorted[rank ? rank - 1 : 0];
}

struct bench_spread bench_spread_of(int64_t *samples, uint64_t n)
{
    if (n == 0)
        return (struct bench_spread){0};
    qsort(samples, (size_t)n, sizeof *samples, by_value);
    return (struct bench_spread){.samples = n,
                                 .p50_ns = percentile(samples, n, 500),
                                 .p99_ns = percentile(samples, n, 990),
                                 .p999_ns = percentile(samples, n, 999)};
}

unsigned bench_planes_needed(const struct bench_options *options, size_t plane_bytes)
{
    long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
    size_t bytes = options->is_quick ? 32u << 20 : 128u << 20;
    if (!options->is_quick && cache > 0 && 2 * (size_t)cache > bytes)
        bytes = 2 * (size_t)cache;
    if (bytes > 640u << 20)
        bytes = 640u << 20;
    return (unsigned)(bytes / plane_bytes + 1);
}

void bench_read_once(const uint8_t *plane, size_t bytes)
{
    const uint64_t *word = (const void *)plane;
    uint64_t sum = 0;
    for (size_t i = 0; i < bytes / sizeof *word; i++)
        sum += word[i];
    __asm__ volatile("" : : "r"(sum)); /* so that it is made */
}

void bench_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", bench_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    _exit(1); /* also in a reader's process, which must not run the parent's endings */
}

void bench_progress(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", bench_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

struct fr_writer *bench_writer(const char *camera, uint32_t fourcc, uint32_t width_px,
                               uint32_t height_px, struct fr_geometry *ret_geometry)
{
    struct fr_format format = {
        .fourcc = fourcc, .width_px = width_px, .height_px = height_px, .field = 1};
    struct fr_epoch_options options = {.slots = 8, .hand = 2, .copy_path = FR_PATH_SYNTHETIC};
    struct fr_writer *writer = NULL;
    char reason[400] = "";

    if (fr_geometry_init(&format, &options.geometry) < 0)
        bench_fail("no such format");
    if (fr_writer_open(camera, NULL, &writer, reason, sizeof reason) < 0)
        bench_fail("%s", reason);
    if (fr_writer_begin(writer, &options) < 0)
        bench_fail("%s", fr_writer_reason(writer));
    *ret_geometry = options.geometry;
    return writer;
}
