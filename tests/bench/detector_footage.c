/* See detector_footage.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/detector_footage.h"

#include "analyzer/detector.h"
#include "common/media/recording.h"
#include "tests/bench/bench.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOISE_SAMPLES = 1 << 16 };
static const double SHARE_WANTED = 0.05;
/* Of the noise's variance, what interpolating leaves: 2/3 each way on average. */
static const double VARIANCE_LEFT = 4.0 / 9.0;

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* ---------------------------------------------------------------- the recording */

static void read_frames(struct footage *footage, const char *path)
{
    struct fr_recording *recording = NULL;
    struct fr_recording_frame what;
    struct fr_geometry geometry;
    uint8_t *slot = NULL;
    unsigned room = 0;

    if (fr_recording_open(path, &recording, NULL, 0) < 0)
        return;
    struct fr_format format = fr_recording_info(recording)->format;
    format.fourcc = FR_FOURCC_GREY;
    if (fr_geometry_init(&format, &geometry) < 0 || !(slot = malloc((size_t)geometry.slot_bytes)))
        bench_fail("no memory for a frame of %s", path);
    footage->width_px = format.width_px;
    footage->height_px = format.height_px;
    const size_t frame_bytes = (size_t)format.width_px * format.height_px;
    for (int r; (r = fr_recording_next(recording, &geometry, slot, &what)) == 0 || r == -EBADMSG;) {
        if (r < 0)
            continue;
        if (footage->n_frames == room) {
            room = room ? 2 * room : 256;
            footage->frames = realloc(footage->frames, room * frame_bytes);
            if (!footage->frames)
                bench_fail("no memory for the frames of %s", path);
        }
        uint8_t *frame = footage->frames + footage->n_frames++ * frame_bytes;
        for (uint32_t y = 0; y < format.height_px; y++)
            memcpy(frame + (size_t)y * format.width_px,
                   slot + (size_t)y * geometry.planes[0].stride_bytes, format.width_px);
    }
    free(slot);
    fr_recording_close(recording);
}

/* Pixels differ from frame to frame by the noise of both, and some because something moves: what is
 * beyond three standard deviations is left out, until nothing changes any more. */
static double measure_noise(const struct footage *footage)
{
    const size_t frame_bytes = (size_t)footage->width_px * footage->height_px;
    uint64_t histogram[256] = {0};
    double deviation = 255, before;

    for (size_t i = frame_bytes; i < footage->n_frames * frame_bytes; i++)
        histogram[abs(footage->frames[i] - footage->frames[i - frame_bytes])]++;
    do {
        double n = 0, squares = 0;
        for (int i = 0; i < 256 && i <= 3 * deviation; i++) {
            n += (double)histogram[i];
            squares += (double)histogram[i] * i * i;
        }
        before = deviation;
        deviation = n > 0 ? sqrt(squares / n) : 0;
    } while (deviation < before);
    return deviation / sqrt(2);
}

/* In a child: which kind of instructions is used is settled once in a process, and the rows
 * choose. */
static void measure_moves(struct footage *footage)
{
    const struct fr_detector_settings settings = fr_detector_settings_default();
    struct fr_luma luma = {.width_px = footage->width_px,
                           .height_px = footage->height_px,
                           .stride_bytes = footage->width_px,
                           .step_bytes = 1};
    struct fr_detection detection;
    struct fr_detector *detector;

    footage->moves = mmap(NULL, footage->n_frames * sizeof *footage->moves, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (footage->moves == MAP_FAILED)
        bench_fail("no memory for footage");
    pid_t child = fork();
    if (child != 0) {
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            bench_fail("looking at the footage failed");
        return;
    }
    if (fr_detector_new(&settings, luma.width_px, luma.height_px, &detector) < 0)
        bench_fail("no memory for a detector");
    for (unsigned i = 0; i < footage->n_frames; i++) {
        luma.data = footage->frames + (size_t)i * luma.width_px * luma.height_px;
        if (fr_detector_look(detector, &luma) == 0 &&
            fr_detector_decide(detector, (i + 1) * 40 * NS_PER_MS, &detection) == 0)
            footage->moves[i] = detection.share;
    }
    _exit(0);
}

void footage_load(struct footage *ret_footage)
{
    const char *folder = getenv("FRAMERING_DATA");
    char path[PATH_MAX];

    *ret_footage = (struct footage){0};
    snprintf(path, sizeof path, "%s/motion/cdnet_highway/input.mjpeg",
             folder && *folder ? folder : BENCH_DATA_FOLDER);
    read_frames(ret_footage, path);
    if (!ret_footage->n_frames) {
        snprintf(ret_footage->name, sizeof ret_footage->name,
                 "synthetic texture with noise and moving blocks (no footage in $FRAMERING_DATA)");
        return;
    }
    ret_footage->is_real = true;
    ret_footage->noise = measure_noise(ret_footage);
    measure_moves(ret_footage);
    snprintf(ret_footage->name, sizeof ret_footage->name,
             "cdnet_highway, scaled up from %ux%u, with its noise (%.1f levels)",
             ret_footage->width_px, ret_footage->height_px, ret_footage->noise);
}

void footage_free(struct footage *footage)
{
    free(footage->frames);
    if (footage->moves)
        munmap(footage->moves, footage->n_frames * sizeof *footage->moves);
}

/* The first of n frames in a row of which nearest to SHARE_WANTED moves. */
static unsigned choose_first(const struct footage *footage, unsigned n)
{
    unsigned best = 0;
    double sum = 0, least = INFINITY;

    for (unsigned i = 0; i < footage->n_frames; i++) {
        sum += footage->moves[i];
        if (i >= n)
            sum -= footage->moves[i - n];
        if (i + 1 >= n && fabs(sum / n - SHARE_WANTED) < least) {
            least = fabs(sum / n - SHARE_WANTED);
            best = i + 1 - n;
        }
    }
    return best;
}

/* ---------------------------------------------------------------- scaled up */

/* Where a pixel of the larger picture lies in the smaller one, in 16.16 fixed point. */
static uint32_t place_of(uint32_t i, uint32_t from_px, uint32_t to_px)
{
    return i * ((from_px - 1) * 65536u / (to_px - 1));
}

static void scale_up(const struct footage *footage, const uint8_t *from, uint32_t width_px,
                     uint32_t height_px, const int32_t *noise, uint8_t *to)
{
    for (uint32_t y = 0; y < height_px; y++) {
        uint32_t at_y = place_of(y, footage->height_px, height_px), fy = (at_y & 65535) >> 8;
        const uint8_t *above = from + (size_t)(at_y >> 16) * footage->width_px;
        const uint8_t *below =
            (at_y >> 16) + 1 < footage->height_px ? above + footage->width_px : above;
        uint32_t step = place_of(1, footage->width_px, width_px), random = (uint32_t)next_random();
        for (uint32_t x = 0, at_x = 0; x < width_px; x++, at_x += step) {
            uint32_t fx = (at_x & 65535) >> 8, left = at_x >> 16;
            uint32_t right = left + 1 < footage->width_px ? left + 1 : left;
            uint32_t top = above[left] * (256 - fx) + above[right] * fx;
            uint32_t bottom = below[left] * (256 - fx) + below[right] * fx;
            int32_t value =
                (int32_t)(top * (256 - fy) + bottom * fy) + noise[(random + x) % NOISE_SAMPLES];
            value = value < 0 ? 0 : value >> 16;
            *to++ = (uint8_t)(value < 255 ? value : 255);
        }
    }
}

static void fill_real(const struct footage *footage, uint32_t width_px, uint32_t height_px,
                      unsigned n, uint8_t *planes)
{
    const double deviation = footage->noise * sqrt(1 - VARIANCE_LEFT);
    const unsigned first = choose_first(footage, n);
    int32_t *noise = malloc(NOISE_SAMPLES * sizeof *noise);

    if (!noise)
        bench_fail("no memory for noise");
    for (size_t i = 0; i < NOISE_SAMPLES; i++) { /* the sum of twelve is nearly normal */
        double sum = -6;
        for (int k = 0; k < 12; k++)
            sum += (double)(next_random() >> 11) / 9007199254740992.0;
        noise[i] = (int32_t)(sum * deviation * 65536);
    }
    for (unsigned i = 0; i < n; i++)
        scale_up(footage,
                 footage->frames + (size_t)((first + i) % footage->n_frames) * footage->width_px *
                                       footage->height_px,
                 width_px, height_px, noise, planes + (size_t)i * width_px * height_px);
    free(noise);
}

/* ---------------------------------------------------------------- drawn */

static void fill_drawn(uint32_t width_px, uint32_t height_px, unsigned n, uint8_t *planes)
{
    /* Four blocks, a twentieth of the picture together. */
    const uint32_t side_x = width_px / 9, side_y = height_px / 9;

    for (unsigned p = 0; p < n; p++) {
        uint8_t *plane = planes + (size_t)p * width_px * height_px;
        for (uint32_t y = 0; y < height_px; y++)
            for (uint32_t x = 0; x < width_px; x++)
                plane[(size_t)y * width_px + x] =
                    (uint8_t)(60 + (x ^ y) % 97 + (x / 64 + y / 48) % 31 + (next_random() & 7));
        for (unsigned block = 0; block < 4; block++) {
            uint32_t x0 = (p * (7 + block) + block * width_px / 5) % (width_px - side_x);
            uint32_t y0 = height_px / 12 + block * height_px / 5;
            for (uint32_t y = y0; y < y0 + side_y; y++)
                memset(plane + (size_t)y * width_px + x0, (int)(220 - 40 * block), side_x);
        }
    }
}

void footage_fill(const struct footage *footage, uint32_t width_px, uint32_t height_px, unsigned n,
                  uint8_t *planes)
{
    if (footage->is_real)
        fill_real(footage, width_px, height_px, n, planes);
    else
        fill_drawn(width_px, height_px, n, planes);
}
