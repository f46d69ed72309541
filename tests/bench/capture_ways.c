/* Every way of a picture into the ring, driven through the V4L2 source itself.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/capture_bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 8, BUFFERS = 4, READERS_MAX = 64, OTHER_BYTES = 8 << 20 };

#define HD  .width_px = 1920, .height_px = 1080
#define RAW .fourcc = FR_FOURCC_YU12

const struct capture_way capture_ways[] = {
    {"USERPTR, 640x480", RAW, .width_px = 640, .height_px = 480, .target_ns = 30 * NS_PER_US},
    {"USERPTR", RAW, HD, .target_ns = 30 * NS_PER_US},
    {"USERPTR, 3840x2160", RAW, .width_px = 3840, .height_px = 2160, .target_ns = 30 * NS_PER_US},
    {"USERPTR, half-size luma", RAW, HD, .request = {.half_luma = true}},
    {"MMAP", RAW, HD, .request = {.no_zero_copy = true}, .bare = BARE_MEMCPY, .target_ratio = 1.1},
    {"MMAP, rotated by 180", RAW, HD, .request = {.rotate_deg = 180}, .bare = BARE_MEMCPY},
    {"MMAP, rotated by 90", RAW, HD, .request = {.rotate_deg = 90}, .bare = BARE_MEMCPY},
    {"MJPEG 4:2:2, full", HD, .bare = BARE_DECODE, .target_ratio = 1.1},
    {"MJPEG 4:2:0, full", HD, .jpeg = CAPTURE_JPEG_420, .request = {.fourcc = FR_FOURCC_YU12},
     .bare = BARE_DECODE, .target_ratio = 1.1},
    {"MJPEG 4:2:2, luma only", HD, .request = {.mjpeg_luma = true}, .bare = BARE_DECODE_LUMA,
     .target_ratio = 1.1},
    {"MJPEG 4:2:2, half size", HD, .request = {.mjpeg_scale = 2}, .bare = BARE_DECODE},
    {"MJPEG 4:2:2, quarter size", HD, .request = {.mjpeg_scale = 4}, .bare = BARE_DECODE},
    {"MJPEG 4:2:2, JPEG kept", HD, .request = {.keep_jpeg = true}, .bare = BARE_DECODE},
};
const unsigned capture_n_ways = sizeof capture_ways / sizeof *capture_ways;

struct rig {
    const struct capture_way *way;
    struct capture_device device;
    struct fr_source *source;
    struct fr_source_offer offer;
    struct fr_writer *writer;
    struct fr_geometry bare_geometry;
    struct capture_target target;
    int64_t *cpu_ns, *bare_ns;
};

static const struct fr_source_ops *const ops = &fr_source_v4l2;

static int64_t cpu_now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void plug(struct rig *rig, const struct capture_material *material)
{
    const struct capture_way *way = rig->way;
    struct capture_device *device = &rig->device;
    *device = (struct capture_device){.fourcc = FR_FOURCC('M', 'J', 'P', 'G'),
                                      .width_px = way->width_px,
                                      .height_px = way->height_px,
                                      .image_bytes = way->width_px * way->height_px * 2,
                                      .has_userptr = true,
                                      .bytes = material->jpeg[way->jpeg].bytes,
                                      .length = material->jpeg[way->jpeg].length};
    if (way->fourcc) {
        device->fourcc = way->fourcc;
        device->stride_bytes = way->width_px;
        device->image_bytes = way->width_px * way->height_px * 3 / 2;
        device->bytes = material->picture;
        device->length = device->image_bytes; /* other sizes are USERPTR, and not filled */
    }
    capture_device_plug(device);
}

static void open_rig(struct rig *rig, unsigned n)
{
    struct fr_source_request request = rig->way->request;
    char camera[32], reason[FR_SOURCE_REASON_MAX] = "";
    request.spec = "/dev/null"; /* a character device that is always there */
    request.slots = SLOTS;
    snprintf(camera, sizeof camera, "way%u", n);
    if (ops->open(&request, &rig->source, &rig->offer, reason) < 0)
        bench_fail("%s: %s", rig->way->name, reason);
    if (fr_writer_open(camera, NULL, &rig->writer, reason, sizeof reason) < 0)
        bench_fail("%s: %s", rig->way->name, reason);
    const struct fr_epoch_options options = {.geometry = rig->offer.geometry,
                                             .slots = SLOTS,
                                             .hand = rig->offer.hand,
                                             .copy_path = rig->offer.copy_path};
    if (fr_writer_begin(rig->writer, &options) < 0)
        bench_fail("%s: %s", rig->way->name, fr_writer_reason(rig->writer));
    if (ops->start(rig->source, rig->writer, &rig->offer, reason) < 0)
        bench_fail("%s: %s", rig->way->name, reason);
}

static void prepare_bare(struct rig *rig, const struct capture_material *material)
{
    const struct capture_way *way = rig->way;
    struct fr_format format = {
        .fourcc = FR_FOURCC_GREY, .width_px = way->width_px, .height_px = way->height_px};
    if (way->bare == BARE_NONE)
        return;
    if (way->bare == BARE_MEMCPY)
        format.fourcc = material->raw.format.fourcc;
    else if (way->bare == BARE_DECODE)
        format.fourcc = way->jpeg == CAPTURE_JPEG_420 ? FR_FOURCC_YU12 : FR_FOURCC_422P;
    if (fr_geometry_init(&format, &rig->bare_geometry) < 0)
        bench_fail("no such format");
    rig->target = capture_target_new(rig->bare_geometry.slot_bytes);
}

/* A reader as most are: waits, peeks, gives back. */
static pid_t start_reader(unsigned n)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct fr_reader *reader;
    struct fr_frame frame;
    char camera[32];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(camera, sizeof camera, "way%u", n);
    if (fr_reader_open(camera, FR_READ_PEEK, &reader) < 0)
        bench_fail("a reader cannot be opened");
    for (;;)
        if (fr_reader_next(reader, -1, &frame) == 0)
            fr_reader_release(reader, &frame);
}

/* A camera's frames come far apart, and the processor does other things between them: what is
 * measured finds its caches full of those. */
static void do_other_things(void)
{
    static uint64_t other[OTHER_BYTES / sizeof(uint64_t)];
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        other[i]++;
    __asm__ volatile("" ::"r"(other) : "memory"); /* somebody might look at it */
}

/* One frame of it; what capture itself takes for that. */
static int64_t step(struct rig *rig)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    if (!capture_device_shoot(&rig->device))
        bench_fail("%s: no buffer is queued", rig->way->name);
    do_other_things();
    int64_t begun_ns = cpu_now_ns();
    int n = ops->step(rig->source, rig->writer, reason);
    int64_t took_ns = cpu_now_ns() - begun_ns;
    if (n != 1)
        bench_fail("%s: %d frames published: %s", rig->way->name, n, reason);
    return took_ns;
}

static int64_t step_bare(struct rig *rig, struct capture_decoder *decoder,
                         const uint8_t *const buffers[BUFFERS], unsigned round)
{
    uint8_t *to = capture_target_next(&rig->target);
    do_other_things();
    int64_t begun_ns = cpu_now_ns();
    if (rig->way->bare == BARE_MEMCPY)
        memcpy(to, buffers[round % BUFFERS], rig->device.image_bytes);
    else
        capture_decode_bare(decoder, rig->device.bytes, rig->device.length, &rig->bare_geometry,
                            to);
    return cpu_now_ns() - begun_ns;
}

/* Another order in each round, the same ones in each run: none always comes behind the same other,
 * of whose code the caches are full. */
static void shuffle(unsigned *order)
{
    static uint32_t state = 1;
    for (unsigned i = capture_n_ways; i-- > 1;) {
        state = state * 1664525u + 1013904223u;
        unsigned k = (state >> 16) % (i + 1), swapped = order[i];
        order[i] = order[k];
        order[k] = swapped;
    }
}

static void measure_rounds(struct rig *rigs, unsigned warm_up, unsigned rounds,
                           const uint8_t *const buffers[BUFFERS])
{
    struct capture_decoder *decoder = capture_decoder_new();
    unsigned order[CAPTURE_WAYS_MAX];
    for (unsigned i = 0; i < capture_n_ways; i++)
        order[i] = i;
    for (unsigned round = 0; round < warm_up + rounds; round++) {
        shuffle(order);
        for (unsigned i = 0; i < capture_n_ways; i++) {
            struct rig *rig = &rigs[order[i]];
            int64_t cpu_ns = step(rig), bare_ns = 0;
            if (rig->way->bare != BARE_NONE)
                bare_ns = step_bare(rig, decoder, buffers, round);
            if (round < warm_up)
                continue;
            rig->cpu_ns[round - warm_up] = cpu_ns;
            rig->bare_ns[round - warm_up] = bare_ns;
        }
    }
}

static void prepare(struct rig *rigs, unsigned rounds, struct capture_material *material)
{
    capture_material_make(1920, 1080, material);
    for (unsigned i = 0; i < capture_n_ways; i++) {
        rigs[i].way = &capture_ways[i];
        rigs[i].cpu_ns = calloc(rounds, sizeof *rigs[i].cpu_ns);
        rigs[i].bare_ns = calloc(rounds, sizeof *rigs[i].bare_ns);
        if (!rigs[i].cpu_ns || !rigs[i].bare_ns)
            bench_fail("no memory for the figures");
        plug(&rigs[i], material);
        open_rig(&rigs[i], i);
        prepare_bare(&rigs[i], material);
    }
}

void capture_measure(const struct capture_options *options,
                     struct capture_result results[CAPTURE_WAYS_MAX])
{
    static struct rig rigs[CAPTURE_WAYS_MAX];
    static struct capture_material material;
    unsigned rounds = options->is_quick ? 3 : 300, warm_up = options->is_quick ? 1 : 10;
    unsigned n_readers = 0;
    pid_t readers[READERS_MAX];

    bench_progress("preparing %u ways", capture_n_ways);
    prepare(rigs, rounds, &material);
    for (unsigned i = 0; i < capture_n_ways; i++)
        for (unsigned k = 0; k < options->readers && n_readers < READERS_MAX; k++)
            readers[n_readers++] = start_reader(i);
    /* Buffers to copy from as a driver's are: shared memory that is mapped. */
    struct capture_target source = capture_target_new(material.raw.slot_bytes);
    const uint8_t *buffers[BUFFERS];
    for (unsigned i = 0; i < BUFFERS; i++)
        buffers[i] =
            memcpy(capture_target_next(&source), material.picture, material.raw.slot_bytes);
    bench_progress("%u rounds of all of them in turn", rounds);
    measure_rounds(rigs, warm_up, rounds, buffers);
    for (unsigned i = 0; i < n_readers; i++)
        if (readers[i] > 0) {
            kill(readers[i], SIGKILL);
            waitpid(readers[i], NULL, 0);
        }
    for (unsigned i = 0; i < capture_n_ways; i++) {
        results[i] = (struct capture_result){.way = rigs[i].way,
                                             .copy_path = rigs[i].offer.copy_path,
                                             .cpu = bench_spread_of(rigs[i].cpu_ns, rounds)};
        if (rigs[i].way->bare != BARE_NONE)
            results[i].bare = bench_spread_of(rigs[i].bare_ns, rounds);
        ops->stop(rigs[i].source);
        ops->free(rigs[i].source);
        fr_writer_close(rigs[i].writer);
    }
}
