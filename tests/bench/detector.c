/* The detector's time for a frame, and that of each of its steps, beside the time to read the
 * frame's luma once.
 *
 * There are more planes than the caches hold, and they are used in turn, so that each comes from
 * memory, as a camera's frame does. Reading once is summing as many 64-bit words as a luma plane
 * has; it takes turns with the detector, half the rotation away.
 *
 * It is the processor's time that is told: on a machine that does other things as well, a frame
 * takes long enough to be interrupted in the middle, and reading a plane does not.
 *
 * Each row is measured by a process of its own, for which kind of instructions is used is settled
 * once in a process.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"
#include "tests/bench/detector_footage.h"

#include "analyzer/detector.h"
#include "common/media/half_luma.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAME_NS (40 * NS_PER_MS)

static volatile uint64_t sink; /* so that there is a result */

/* ---------------------------------------------------------------- material */

/* Planes in turn, in memory that others may be given. */
struct material {
    uint32_t width_px, height_px, step_bytes;
    unsigned n;
    size_t frame_bytes, bytes;
    int fd;
    uint8_t *frames;
    uint8_t *halves; /* capture's half-size planes; NULL: none */
    unsigned n_halves;
};

static void fill_packed(const struct footage *footage, const struct material *m)
{
    const size_t px = (size_t)m->width_px * m->height_px;
    uint8_t *planes = malloc(px * m->n);

    if (!planes)
        bench_fail("no memory for %u planes", m->n);
    footage_fill(footage, m->width_px, m->height_px, m->n, planes);
    for (size_t i = 0; i < px * m->n; i++) {
        m->frames[2 * i] = planes[i];
        m->frames[2 * i + 1] = 128;
    }
    free(planes);
}

static struct material make_material(const struct bench_options *options,
                                     const struct footage *footage, uint32_t width_px,
                                     uint32_t height_px, uint32_t step_bytes)
{
    struct material m = {.width_px = width_px,
                         .height_px = height_px,
                         .step_bytes = step_bytes,
                         .frame_bytes = (size_t)width_px * height_px * step_bytes};

    m.n = bench_planes_needed(options, m.frame_bytes) | 1; /* odd: each takes every part in turn */
    m.bytes = m.n * m.frame_bytes;
    bench_progress("detector: preparing %u frames of %ux%u", m.n, width_px, height_px);
    m.fd = memfd_create("planes", 0);
    if (m.fd < 0 || ftruncate(m.fd, (off_t)m.bytes) < 0 ||
        (m.frames = mmap(NULL, m.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m.fd, 0)) == MAP_FAILED)
        bench_fail("no memory for %u frames of %ux%u", m.n, width_px, height_px);
    if (step_bytes == 1)
        footage_fill(footage, width_px, height_px, m.n, m.frames);
    else
        fill_packed(footage, &m);
    return m;
}

static size_t half_bytes(const struct material *m)
{
    return (size_t)fr_half_px(m->width_px) * fr_half_px(m->height_px);
}

static struct fr_luma luma_of(const struct material *m, unsigned i)
{
    return (struct fr_luma){.data = m->frames + i * m->frame_bytes,
                            .width_px = m->width_px,
                            .height_px = m->height_px,
                            .stride_bytes = m->width_px * m->step_bytes,
                            .step_bytes = m->step_bytes};
}

/* As many times one behind the other as it takes for them to have as much memory as the frames. */
static void add_halves(struct material *m)
{
    m->n_halves = (unsigned)(m->bytes / half_bytes(m) / m->n) * m->n;
    m->halves = malloc(half_bytes(m) * m->n_halves);
    if (!m->halves)
        bench_fail("no memory for half-size planes");
    for (unsigned i = 0; i < m->n_halves; i++) {
        struct fr_luma luma = luma_of(m, i % m->n);
        fr_half_luma(&luma, m->halves + i * half_bytes(m), fr_half_px(m->width_px));
    }
}

static void free_material(struct material *m)
{
    munmap(m->frames, m->bytes);
    close(m->fd);
    free(m->halves);
}

/* As the analyzer gets it from a ring. */
static struct fr_frame frame_of(const struct material *m, unsigned i)
{
    struct fr_frame frame = {
        .format = {.fourcc = m->step_bytes == 2 ? FR_FOURCC_YUYV : FR_FOURCC_GREY,
                   .width_px = m->width_px,
                   .height_px = m->height_px},
        .n_planes = m->halves ? 2 : 1};
    frame.planes[0] = (struct fr_plane){.data = m->frames + i % m->n * m->frame_bytes,
                                        .kind = m->step_bytes == 2 ? FR_PLANE_PACKED : FR_PLANE_Y,
                                        .stride_bytes = m->width_px * m->step_bytes,
                                        .rows = m->height_px,
                                        .size_bytes = m->frame_bytes};
    if (m->halves)
        frame.planes[1] = (struct fr_plane){.data = m->halves + i % m->n_halves * half_bytes(m),
                                            .kind = FR_PLANE_HALF_Y,
                                            .stride_bytes = fr_half_px(m->width_px),
                                            .rows = fr_half_px(m->height_px),
                                            .size_bytes = half_bytes(m)};
    return frame;
}

/* ---------------------------------------------------------------- measuring */

static bool is_timing_steps; /* every other frame: looking at the clock so often takes time, too */
static int64_t steps_ns[FR_STEPS], step_began_ns;

static int64_t cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

void fr_detector_step_done(enum fr_detector_step step)
{
    if (!is_timing_steps)
        return;
    int64_t now_ns = cpu_ns();
    steps_ns[step] += now_ns - step_began_ns;
    step_began_ns = now_ns;
}

/* Returns what it took; that of its steps is in steps_ns. */
static int64_t detect(struct fr_detector *detector, const struct material *m, unsigned i,
                      struct fr_detection *ret_detection)
{
    struct fr_frame frame = frame_of(m, i);

    memset(steps_ns, 0, sizeof steps_ns);
    int64_t began_ns = step_began_ns = cpu_ns();
    if (fr_detector_look_frame(detector, &frame) < 0 ||
        fr_detector_decide(detector, (i + 1) * FRAME_NS, ret_detection) < 0)
        bench_fail("the detector refused a plane");
    int64_t took_ns = cpu_ns() - began_ns;
    sink += ret_detection->n_objects;
    return took_ns;
}

static void measure(const struct material *m, unsigned warm, unsigned rounds,
                    struct bench_detector_row *row)
{
    const struct fr_detector_settings settings = fr_detector_settings_default();
    const size_t plane_bytes = (size_t)m->width_px * m->height_px;
    enum { READ = FR_STEPS, TOTAL, WAYS };
    struct fr_detector *detector;
    struct fr_detection detection;
    int64_t *samples[WAYS];

    for (unsigned way = 0; way < WAYS; way++)
        if (!(samples[way] = malloc(rounds * sizeof *samples[way])))
            bench_fail("no memory");
    if (fr_detector_new(&settings, m->width_px, m->height_px, &detector) < 0)
        bench_fail("no memory for a detector");
    for (unsigned i = 0; i < m->n;
         i++) /* or reading would wait for pages that are new to this process */
        bench_read_once(m->frames + i * m->frame_bytes, plane_bytes);
    for (unsigned i = 0; i < warm; i++)
        detect(detector, m, i, &detection);
    for (unsigned i = 0; i < rounds; i++) {
        is_timing_steps = false;
        samples[TOTAL][i] = detect(detector, m, warm + 2 * i, &detection);
        is_timing_steps = true;
        detect(detector, m, warm + 2 * i + 1, &detection);
        row->share += detection.share / rounds;
        for (unsigned step = 0; step < FR_STEPS; step++)
            samples[step][i] = steps_ns[step];
        int64_t began_ns = cpu_ns();
        bench_read_once(m->frames + (warm + 2 * i + m->n / 2) % m->n * m->frame_bytes, plane_bytes);
        samples[READ][i] = cpu_ns() - began_ns;
    }
    for (unsigned step = 0; step < FR_STEPS; step++)
        row->steps[step] = bench_spread_of(samples[step], rounds);
    row->read = bench_spread_of(samples[READ], rounds);
    row->total = bench_spread_of(samples[TOTAL], rounds);
    row->level = fr_simd();
    row->planes = m->n;
    row->planes_bytes = m->bytes;
    row->state_bytes_per_px =
        (double)fr_detector_bytes(m->width_px, m->height_px) / (double)plane_bytes;
    fr_detector_free(detector);
    for (unsigned way = 0; way < WAYS; way++)
        free(samples[way]);
}

/* A row in a process of its own; `level` NULL: the best that there is. */
static void add_row(const struct bench_options *options, const struct material *m, const char *name,
                    const char *level, struct bench_detector *result)
{
    struct bench_detector_row *row =
        mmap(NULL, sizeof *row, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;

    if (row == MAP_FAILED || result->n_rows == BENCH_DETECTOR_ROWS_MAX)
        bench_fail("no room for another row");
    bench_progress("detector: %s%s%s", name, level ? ", " : "", level ? level : "");
    pid_t child = fork();
    if (child == 0) {
        if (level)
            setenv("FRAMERING_SIMD", level, 1);
        else
            unsetenv("FRAMERING_SIMD");
        measure(m, options->is_quick ? 5 : m->n, options->is_quick ? 3 : 300, row);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        bench_fail("the detector's process failed");
    snprintf(row->name, sizeof row->name, "%s", name);
    result->rows[result->n_rows++] = *row;
    munmap(row, sizeof *row);
}

/* ---------------------------------------------------------------- others */

/* OpenCV's, on the same planes. They take long, and need fewer rounds. */
static void measure_peers(const struct bench_options *options, const struct material *m,
                          struct bench_detector *result)
{
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    char command[1024], line[160];
    int status = -1;

    for (size_t i = 0; i < 2 && status != 0; i++) {
        snprintf(command, sizeof command, "%s -B %s /dev/fd/%d %u %u %u %u", pythons[i],
                 BENCH_PEER_TIMES, m->fd, m->width_px, m->height_px, options->is_quick ? 1 : 60,
                 options->is_quick ? 2 : 90);
        bench_progress("detector: OpenCV's (%s)", pythons[i]);
        FILE *told = popen(command, "r");
        if (!told)
            break;
        while (result->n_peers < BENCH_PEERS_MAX && fgets(line, sizeof line, told)) {
            struct bench_peer *peer = &result->peers[result->n_peers];
            long long p50, p99;
            if (sscanf(line, "%31s %lld %lld", peer->name, &p50, &p99) == 3) {
                peer->p50_ns = p50;
                peer->p99_ns = p99;
                result->n_peers++;
            }
        }
        status = pclose(told);
    }
}

void bench_detector(const struct bench_options *options, struct bench_detector *ret_detector)
{
    struct bench_detector result = {0};
    struct footage footage;

    footage_load(&footage);
    result.is_real = footage.is_real;
    snprintf(result.material, sizeof result.material, "%s", footage.name);

    struct material m = make_material(options, &footage, 1920, 1080, 1);
    add_row(options, &m, "1920x1080", NULL, &result);
    for (enum fr_simd level = FR_SIMD_PLAIN; level < FR_SIMD_LEVELS; level++)
        if (fr_simd_has(level) && fr_simd_name(level) != fr_simd_name(result.rows[0].level))
            add_row(options, &m, "1920x1080", fr_simd_name(level), &result);
    add_halves(&m);
    add_row(options, &m, "capture's half", NULL, &result);
    measure_peers(options, &m, &result);
    free_material(&m);

    m = make_material(options, &footage, 1920, 1080, 2);
    add_row(options, &m, "YUYV", NULL, &result);
    free_material(&m);

    m = make_material(options, &footage, 3840, 2160, 1);
    add_row(options, &m, "3840x2160", NULL, &result);
    free_material(&m);

    footage_free(&footage);
    *ret_detector = result;
}
