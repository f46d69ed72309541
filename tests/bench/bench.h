/* framering-bench: what the parts of the bench share.
 *
 * All times are CLOCK_MONOTONIC nanoseconds. Percentiles are taken from all samples after warm-up;
 * nothing is averaged over rounds first and nothing is thrown away.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "analyzer/detector_steps.h"
#include "common/media/simd.h"
#include "framering/framering.h"

#include <time.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

struct bench_options {
    bool is_quick;          /* a few rounds of everything: to see that it works */
    enum fr_read_mode mode; /* of the wake table's readers */
};

struct bench_spread {
    uint64_t samples;
    int64_t p50_ns, p99_ns, p999_ns;
};

/* Sorts `samples` and takes the percentiles (nearest rank); all zero when there are none. */
struct bench_spread bench_spread_of(int64_t *samples, uint64_t n);

static inline int64_t bench_now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* The program, for its messages. */
extern const char *bench_name;

/* Runs `run` in a child, in an IPC namespace of its own where that can be had; afterwards removes
 * the run folder, whatever became of it. Returns the exit code for main(). */
int bench_supervise(int (*run)(void *userdata), void *userdata);

/* Says `format` on stderr and ends the program with 1: a bench that cannot measure says so. */
_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line of progress on stderr. */
void bench_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How many planes are more than the caches hold: twice the last level, 128 to 640 MB. Used in turn,
 * each comes from memory, as a camera's frame does. */
unsigned bench_planes_needed(const struct bench_options *options, size_t plane_bytes);
/* Sums the plane's 64-bit words: the least that looking at every pixel takes. */
void bench_read_once(const uint8_t *plane, size_t bytes);

/* Opens the writer of `camera` and begins a ring of 8 slots, 2 of them in hand. */
struct fr_writer *bench_writer(const char *camera, uint32_t fourcc, uint32_t width_px,
                               uint32_t height_px, struct fr_geometry *ret_geometry);

/* ---------------------------------------------------------------- wake.c */

enum bench_way {
    BENCH_FUTEX,   /* bare: a word in shared memory, FUTEX_WAIT and FUTEX_WAKE */
    BENCH_PEEK,    /* fr_reader_next(), FR_READ_PEEK */
    BENCH_PINNED,  /* fr_reader_next(), FR_READ_PINNED */
    BENCH_EVENTFD, /* a helper thread in fr_reader_next() (pinned), an eventfd, a thread in poll() */
    BENCH_WAYS,
};
const char *bench_way_name(enum bench_way way);

struct bench_size {
    const char *name;
    uint32_t fourcc, width_px, height_px;
    uint64_t frame_bytes; /* of picture, without padding */
};

struct bench_wake {
    struct bench_size size;
    unsigned readers;
    uint64_t rounds;                       /* of each way */
    struct bench_spread wake[BENCH_WAYS];  /* from just before the publish to the frame in hand */
    struct bench_spread write[BENCH_WAYS]; /* the publish itself (the store and FUTEX_WAKE) */
};

/* Measures `n_ways` ways of waking `readers` processes side by side: round by round in turn, for at
 * most `rounds` rounds each or `limit_ns`. */
void bench_wake(const struct bench_size *size, unsigned readers, const enum bench_way *ways,
                unsigned n_ways, uint64_t rounds, int64_t limit_ns, struct bench_wake *ret_wake);

/* ---------------------------------------------------------------- costs.c */

struct bench_costs {
    struct bench_spread clock;        /* what reading the clock twice takes; part of all others */
    struct bench_spread take;         /* fr_writer_take() */
    struct bench_spread publish;      /* fr_writer_publish(), nobody waiting */
    struct bench_spread pin, unpin;   /* fr_reader_next() and release of a frame that is there */
    struct bench_spread peek, unpeek; /* the same without a pin */
    struct bench_spread semop_pair;   /* a bare -1 and +1 with SEM_UNDO */
};
void bench_costs(const struct bench_options *options, struct bench_costs *ret_costs);

/* ---------------------------------------------------------------- waiters.c */

#define BENCH_WAITERS_MAX 500u

struct bench_waiters {
    unsigned waiters;
    bool is_worst; /* they never wake, and are tried again at each publish */
    struct bench_spread publish;
    struct bench_spread
        futex; /* a store and FUTEX_WAKE of as many; no samples where they never wake */
};
void bench_waiters(const struct bench_options *options, unsigned waiters, bool is_worst,
                   struct bench_waiters *ret_waiters);

/* ---------------------------------------------------------------- stopped.c */

struct bench_stopped {
    struct bench_spread take_alone, publish_alone;     /* nobody reads */
    struct bench_spread take_crowded, publish_crowded; /* a reader stopped with a pin, a slow one */
};
void bench_stopped(const struct bench_options *options, struct bench_stopped *ret_stopped);

/* ---------------------------------------------------------------- luma.c */

struct bench_luma {
    uint64_t planes_bytes; /* that the material rotates through */
    struct bench_luma_format {
        struct bench_spread read; /* summing the words that the luma lies in */
        struct bench_spread
            half[FR_SIMD_LEVELS]; /* no samples where the machine does not have it */
    } planar, packed;
};
void bench_luma(const struct bench_options *options, struct bench_luma *ret_luma);

/* ---------------------------------------------------------------- detector.c */

#define BENCH_DETECTOR_ROWS_MAX 8
#define BENCH_PEERS_MAX         8

struct bench_detector {
    bool is_real;       /* footage; else synthetic texture */
    char material[200]; /* no characters that JSON would escape */
    unsigned n_rows;    /* the first is 1920x1080, planar, as it is used here */
    struct bench_detector_row {
        char name[32];
        enum fr_simd level;
        unsigned planes; /* that the material rotates through */
        uint64_t planes_bytes;
        double state_bytes_per_px; /* what the detector holds, for each pixel of the frame */
        double share;              /* of the frames, that moved in the mean */
        struct bench_spread total, steps[FR_STEPS];
        struct bench_spread read; /* summing the luma's 64-bit words */
    } rows[BENCH_DETECTOR_ROWS_MAX];
    unsigned n_peers; /* 0: there is no OpenCV */
    struct bench_peer {
        char name[32];
        int64_t p50_ns, p99_ns;
    } peers[BENCH_PEERS_MAX];
};
void bench_detector(const struct bench_options *options, struct bench_detector *ret_detector);
