/* See report.h. Figures go to stdout, and nothing else does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

static double us(int64_t ns)
{
    return (double)ns / 1e3;
}

static double ms(int64_t ns)
{
    return (double)ns / 1e6;
}

static enum bench_way ring_way(const struct bench_results *results)
{
    return results->options.mode == FR_READ_PEEK ? BENCH_PEEK : BENCH_PINNED;
}

/* ---------------------------------------------------------------- for people */

static void print_wakes(const struct bench_results *results)
{
    enum bench_way ring = ring_way(results);
    printf(
        "\nWake-up: from just before the publish to the frame in hand, in µs. Readers block, in\n"
        "processes of their own, %s; the futex is a bare broadcast to as many, in the same "
        "run.\n\n",
        ring == BENCH_PEEK ? "peeking" : "pinning");
    printf("%-16s %7s %7s  %8s %8s %8s  %8s %8s %8s  %6s  %8s\n", "", "", "", "ring", "", "",
           "futex", "", "", "ring:", "publish");
    printf("%-16s %7s %7s  %8s %8s %8s  %8s %8s %8s  %6s  %8s\n", "frame", "readers", "rounds",
           "p50", "p99", "p99.9", "p50", "p99", "p99.9", "futex", "p50");
    for (unsigned i = 0; i < results->n_wakes; i++) {
        const struct bench_wake *w = &results->wakes[i];
        const struct bench_spread *r = &w->wake[ring], *f = &w->wake[BENCH_FUTEX];
        printf("%-16s %7u %7" PRIu64 "  %8.2f %8.2f %8.2f  %8.2f %8.2f %8.2f  %6.2f  %8.2f\n",
               w->size.name, w->readers, w->rounds, us(r->p50_ns), us(r->p99_ns), us(r->p999_ns),
               us(f->p50_ns), us(f->p99_ns), us(f->p999_ns),
               f->p50_ns ? (double)r->p50_ns / (double)f->p50_ns : 0, us(w->write[ring].p50_ns));
    }
}

static void print_ways(const struct bench_results *results)
{
    const struct bench_wake *w = &results->ways;
    printf(
        "\nWays to wait: one reader, %s, in µs. eventfd is docs/reading.md's helper thread: the\n"
        "library in one thread, poll() in another.\n\n",
        w->size.name);
    printf("%-16s %7s  %8s %8s %8s\n", "way", "rounds", "p50", "p99", "p99.9");
    for (unsigned way = 0; way < BENCH_WAYS; way++)
        printf("%-16s %7" PRIu64 "  %8.2f %8.2f %8.2f\n", bench_way_name((enum bench_way)way),
               w->rounds, us(w->wake[way].p50_ns), us(w->wake[way].p99_ns),
               us(w->wake[way].p999_ns));
}

static void print_cost(const char *name, const struct bench_spread *spread)
{
    printf("%-40s %8" PRId64 " %8" PRId64 " %8" PRId64 "\n", name, spread->p50_ns, spread->p99_ns,
           spread->p999_ns);
}

static void print_costs(const struct bench_costs *costs)
{
    printf("\nSingle calls, nobody waiting, in ns (each includes reading the clock once)\n\n");
    printf("%-40s %8s %8s %8s\n", "call", "p50", "p99", "p99.9");
    print_cost("reading the clock", &costs->clock);
    print_cost("take a slot to fill", &costs->take);
    print_cost("publish", &costs->publish);
    print_cost("pin a frame that is there", &costs->pin);
    print_cost("unpin it", &costs->unpin);
    print_cost("peek at a frame that is there", &costs->peek);
    print_cost("give it back", &costs->unpeek);
    print_cost("bare semop -1 and +1 with SEM_UNDO", &costs->semop_pair);
}

static void print_beside(const char *name, const struct bench_spread *alone,
                         const struct bench_spread *crowded)
{
    printf("%-24s %8" PRId64 " %8" PRId64 "  %8" PRId64 " %8" PRId64 "  %6.2f\n", name,
           alone->p50_ns, alone->p99_ns, crowded->p50_ns, crowded->p99_ns,
           alone->p99_ns ? (double)crowded->p99_ns / (double)alone->p99_ns : 0);
}

static void print_stopped(const struct bench_stopped *stopped)
{
    printf(
        "\nReaders that do not keep up, in ns: one stopped while it holds a pin and one at a "
        "third\n"
        "of the rate, beside a ring that nobody reads; 640x480 YU12, frame by frame in turn.\n\n");
    printf("%-24s %8s %8s  %8s %8s  %6s\n", "", "nobody", "", "both", "", "p99:");
    printf("%-24s %8s %8s  %8s %8s  %6s\n", "call", "p50", "p99", "p50", "p99", "nobody");
    print_beside("take a slot to fill", &stopped->take_alone, &stopped->take_crowded);
    print_beside("publish", &stopped->publish_alone, &stopped->publish_crowded);
}

static void print_waiters(const struct bench_waiters *crowds)
{
    printf("\nWaiters: what a publish takes with so many at its gate, beside a store and "
           "FUTEX_WAKE of as\n"
           "many, in µs. In the worst way: each in one call of as many operations as the kernel "
           "allows.\n\n");
    printf("%-24s %8s %8s  %8s %8s  %8s %8s\n", "", "publish", "", "futex", "",
           "publish:", "more for");
    printf("%-24s %8s %8s  %8s %8s  %8s %8s\n", "waiters", "p50", "p99", "p50", "p99", "futex",
           "each");
    for (unsigned i = 0; i < BENCH_CROWDS; i++) {
        const struct bench_waiters *w = &crowds[i];
        const struct bench_spread *p = &w->publish, *f = &w->futex;
        printf("%3u%-21s %8.2f %8.2f", w->waiters, w->is_worst ? " in the worst way" : "",
               us(p->p50_ns), us(p->p99_ns));
        if (f->p50_ns)
            printf("  %8.2f %8.2f  %8.2f", us(f->p50_ns), us(f->p99_ns),
                   (double)p->p50_ns / (double)f->p50_ns);
        else
            printf("  %8s %8s  %8s", "", "", "");
        if (w->waiters)
            printf(" %8.2f", us(p->p50_ns - crowds[0].publish.p50_ns) / w->waiters);
        printf("\n");
    }
}

static void print_luma_row(const char *name, const struct bench_luma *luma,
                           const struct bench_spread *planar, const struct bench_spread *packed)
{
    printf("%-24s %8.3f %8.3f %6.2f  %8.3f %8.3f %6.2f\n", name, ms(planar->p50_ns),
           ms(planar->p99_ns), (double)planar->p50_ns / (double)luma->planar.read.p50_ns,
           ms(packed->p50_ns), ms(packed->p99_ns),
           (double)packed->p50_ns / (double)luma->packed.read.p50_ns);
}

static void print_luma(const struct bench_luma *luma)
{
    printf("\nHalf-size luma of 1920x1080, in ms, beside reading the bytes that the luma lies in; "
           "%" PRIu64 " MB\nin turn. Used here: %s.\n\n",
           luma->planes_bytes >> 20, fr_simd_name(fr_simd()));
    printf("%-24s %8s %8s %6s  %8s %8s %6s\n", "", "planar", "", "", "YUYV", "", "");
    printf("%-24s %8s %8s %6s  %8s %8s %6s\n", "", "p50", "p99", ":read", "p50", "p99", ":read");
    print_luma_row("read once", luma, &luma->planar.read, &luma->packed.read);
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        if (luma->planar.half[level].samples)
            print_luma_row(fr_simd_name(level), luma, &luma->planar.half[level],
                           &luma->packed.half[level]);
}

void bench_print_table(const struct bench_results *results)
{
    struct utsname name;
    uname(&name);
    printf("framering-bench: %ld processors, %s %s %s%s\n", sysconf(_SC_NPROCESSORS_ONLN),
           name.sysname, name.release, name.machine,
           results->options.is_quick ? "; --quick: too few rounds to mean anything" : "");
    if (!results->is_detector_alone) {
        print_wakes(results);
        print_ways(results);
        print_costs(&results->costs);
        print_stopped(&results->stopped);
        print_waiters(results->waiters);
        print_luma(&results->luma);
    }
    bench_print_detector_table(&results->detector);
}

/* ---------------------------------------------------------------- for programs */

static void json_spread(const char *prefix, const struct bench_spread *spread)
{
    printf("\"%sp50_ns\": %" PRId64 ", \"%sp99_ns\": %" PRId64 ", \"%sp999_ns\": %" PRId64, prefix,
           spread->p50_ns, prefix, spread->p99_ns, prefix, spread->p999_ns);
}

static void json_cost(const char *name, const struct bench_spread *spread, const char *after)
{
    printf("    \"%s\": {", name);
    json_spread("", spread);
    printf("}%s\n", after);
}

static void json_luma(const struct bench_luma *luma)
{
    printf("  \"half_luma\": {\n    \"used\": \"%s\",\n", fr_simd_name(fr_simd()));
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        if (luma->planar.half[level].samples) {
            printf("    \"%s\": {", fr_simd_name(level));
            json_spread("planar_", &luma->planar.half[level]);
            printf(", ");
            json_spread("packed_", &luma->packed.half[level]);
            printf("},\n");
        }
    printf("    \"read\": {");
    json_spread("planar_", &luma->planar.read);
    printf(", ");
    json_spread("packed_", &luma->packed.read);
    printf("}\n  },\n");
}

static void json_ring(const struct bench_results *results)
{
    const struct bench_wake *ways = &results->ways;
    const struct bench_costs *costs = &results->costs;
    const struct bench_stopped *stopped = &results->stopped;
    enum bench_way ring = ring_way(results);

    printf("  \"mode\": \"%s\",\n  \"wake\": [\n", bench_way_name(ring));
    for (unsigned i = 0; i < results->n_wakes; i++) {
        const struct bench_wake *w = &results->wakes[i];
        printf("    {\"frame_bytes\": %" PRIu64 ", \"width\": %u, \"height\": %u, \"readers\": %u, "
               "\"rounds\": %" PRIu64 ", ",
               w->size.frame_bytes, w->size.width_px, w->size.height_px, w->readers, w->rounds);
        json_spread("", &w->wake[ring]);
        printf(", ");
        json_spread("futex_", &w->wake[BENCH_FUTEX]);
        printf(", ");
        json_spread("publish_", &w->write[ring]);
        printf(", ");
        json_spread("futex_wake_", &w->write[BENCH_FUTEX]);
        printf("}%s\n", i + 1 < results->n_wakes ? "," : "");
    }
    printf("  ],\n  \"ways\": {\n    \"frame_bytes\": %" PRIu64 ", \"rounds\": %" PRIu64 ",\n",
           ways->size.frame_bytes, ways->rounds);
    for (unsigned way = 0; way < BENCH_WAYS; way++)
        json_cost(bench_way_name((enum bench_way)way), &ways->wake[way],
                  way + 1 < BENCH_WAYS ? "," : "");
    printf("  },\n  \"calls\": {\n");
    json_cost("clock", &costs->clock, ",");
    json_cost("take", &costs->take, ",");
    json_cost("publish", &costs->publish, ",");
    json_cost("pin", &costs->pin, ",");
    json_cost("unpin", &costs->unpin, ",");
    json_cost("peek", &costs->peek, ",");
    json_cost("unpeek", &costs->unpeek, ",");
    json_cost("semop_pair", &costs->semop_pair, "");
    printf("  },\n  \"stopped\": {\n");
    json_cost("take_alone", &stopped->take_alone, ",");
    json_cost("take_crowded", &stopped->take_crowded, ",");
    json_cost("publish_alone", &stopped->publish_alone, ",");
    json_cost("publish_crowded", &stopped->publish_crowded, "");
    printf("  },\n  \"waiters\": [\n");
    for (unsigned i = 0; i < BENCH_CROWDS; i++) {
        const struct bench_waiters *w = &results->waiters[i];
        printf("    {\"waiters\": %u, \"is_worst\": %s, ", w->waiters,
               w->is_worst ? "true" : "false");
        json_spread("publish_", &w->publish);
        printf(", ");
        json_spread("futex_wake_", &w->futex);
        printf("}%s\n", i + 1 < BENCH_CROWDS ? "," : "");
    }
    printf("  ],\n");
    json_luma(&results->luma);
}

/* Material and names are our own strings, without anything to escape. */
void bench_print_json(const struct bench_results *results)
{
    printf("{\n  \"quick\": %s,\n  \"processors\": %ld,\n",
           results->options.is_quick ? "true" : "false", sysconf(_SC_NPROCESSORS_ONLN));
    if (!results->is_detector_alone)
        json_ring(results);
    bench_print_detector_json(&results->detector);
    printf("\n}\n");
}
