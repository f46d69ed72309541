/* The detector's time for a 1920x1080 luma plane, beside the time to read such a plane once.
 *
 * The planes are real footage (cdnet_highway, 320x240, scaled up bilinearly) when it is there, else
 * synthetic texture with noise and moving blocks. There are more of them than the caches hold, and
 * they are used in turn, so that each comes from memory, as a camera's frame does. Reading once is
 * summing the plane's 64-bit words; it takes turns with the detector, on the plane half the
 * rotation away.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"

#include "analyzer/detector.h"
#include "common/media/recording.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 1920, HEIGHT = 1080 };
#define PLANE_BYTES ((size_t)WIDTH * HEIGHT)
#define FRAME_NS    (40 * NS_PER_MS)

static volatile uint64_t sink; /* so that there is a result */

/* ---------------------------------------------------------------- material */

/* Bilinear, in 16.16 fixed point. */
static void scale_up(const uint8_t *from, uint32_t width_px, uint32_t height_px,
                     uint32_t stride_bytes, uint8_t *to)
{
    uint32_t step_x = (width_px - 1) * 65536u / (WIDTH - 1);
    uint32_t step_y = (height_px - 1) * 65536u / (HEIGHT - 1);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        uint32_t at_y = y * step_y, fy = (at_y & 65535) >> 8;
        const uint8_t *above = from + (size_t)(at_y >> 16) * stride_bytes;
        const uint8_t *below = (at_y >> 16) + 1 < height_px ? above + stride_bytes : above;
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t at_x = x * step_x, fx = (at_x & 65535) >> 8, x0 = at_x >> 16;
            uint32_t x1 = x0 + 1 < width_px ? x0 + 1 : x0;
            uint32_t top = above[x0] * (256 - fx) + above[x1] * fx;
            uint32_t bottom = below[x0] * (256 - fx) + below[x1] * fx;
            to[(size_t)y * WIDTH + x] = (uint8_t)((top * (256 - fy) + bottom * fy) >> 16);
        }
    }
}

/* Fills the planes with the recording's frames, from the start again when there are too few. How
 * many there were; 0 when the recording is not there. */
static unsigned load_footage(const char *path, uint8_t *planes, unsigned n)
{
    struct fr_recording *recording = NULL;
    struct fr_recording_frame what;
    struct fr_geometry geometry;
    char reason[256];
    uint8_t *small = NULL;
    unsigned loaded = 0;

    if (fr_recording_open(path, &recording, reason, sizeof reason) < 0)
        return 0;
    struct fr_format format = fr_recording_info(recording)->format;
    format.fourcc = FR_FOURCC_GREY;
    if (fr_geometry_init(&format, &geometry) == 0)
        small = malloc((size_t)geometry.slot_bytes);
    while (small && loaded < n) {
        int r = fr_recording_next(recording, &geometry, small, &what);
        if (r == -EBADMSG)
            continue;
        if (r < 0)
            break;
        scale_up(small, format.width_px, format.height_px, geometry.planes[0].stride_bytes,
                 planes + loaded++ * PLANE_BYTES);
    }
    free(small);
    fr_recording_close(recording);
    for (unsigned i = loaded; loaded && i < n; i++)
        memcpy(planes + i * PLANE_BYTES, planes + i % loaded * PLANE_BYTES, PLANE_BYTES);
    return loaded;
}

static void draw_texture(uint8_t *planes, unsigned n)
{
    uint64_t seed = 1;
    for (unsigned p = 0; p < n; p++) {
        uint8_t *plane = planes + p * PLANE_BYTES;
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++) {
                seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
                plane[(size_t)y * WIDTH + x] =
                    (uint8_t)(60 + (x ^ y) % 97 + (x / 64 + y / 48) % 31 + (seed & 7));
            }
        for (unsigned block = 0; block < 4; block++) {
            uint32_t x0 = (p * (7 + block) + block * 400) % (WIDTH - 160), y0 = 100 + block * 220;
            for (uint32_t y = y0; y < y0 + 120; y++)
                memset(plane + (size_t)y * WIDTH + x0, (int)(220 - 40 * block), 160);
        }
    }
}

static void get_material(uint8_t *planes, unsigned n, struct bench_detector *result)
{
    const char *folder = getenv("FRAMERING_DATA");
    char path[PATH_MAX];
    if (!folder || !*folder)
        folder = BENCH_DATA_FOLDER;
    snprintf(path, sizeof path, "%s/motion/cdnet_highway/input.mjpeg", folder);
    unsigned loaded = load_footage(path, planes, n);
    result->is_real = loaded > 0;
    if (result->is_real) {
        snprintf(result->material, sizeof result->material,
                 "cdnet_highway, its first %u frames, scaled up from 320x240", loaded);
    } else {
        snprintf(result->material, sizeof result->material,
                 "synthetic texture with noise and moving blocks (no footage in $FRAMERING_DATA)");
        draw_texture(planes, n);
    }
}

/* ---------------------------------------------------------------- measuring */

static void detect(struct fr_detector *detector, const uint8_t *plane, int64_t *captured_ns)
{
    struct fr_luma luma = {.data = plane,
                           .width_px = WIDTH,
                           .height_px = HEIGHT,
                           .stride_bytes = WIDTH,
                           .step_bytes = 1};
    struct fr_detection detection;
    *captured_ns += FRAME_NS;
    if (fr_detector_look(detector, &luma) < 0 ||
        fr_detector_decide(detector, *captured_ns, &detection) < 0)
        bench_fail("the detector refused a plane");
    sink += detection.n_objects;
}

void bench_detector(const struct bench_options *options, struct bench_detector *ret_detector)
{
    struct bench_detector result = {0};
    unsigned n = bench_planes_needed(options, PLANE_BYTES);
    unsigned rounds = options->is_quick ? 20 : 600;
    unsigned warm = options->is_quick ? 10 : n;
    uint8_t *planes = aligned_alloc(4096, (n * PLANE_BYTES + 4095) / 4096 * 4096);
    int64_t *process_ns = malloc(rounds * sizeof *process_ns);
    int64_t *read_ns = malloc(rounds * sizeof *read_ns);
    struct fr_detector_settings settings = fr_detector_settings_default();
    struct fr_detector *detector = NULL;
    int64_t captured_ns = 0;

    if (!planes || !process_ns || !read_ns ||
        fr_detector_new(&settings, WIDTH, HEIGHT, &detector) < 0)
        bench_fail("no memory for %u planes of 1920x1080", n);
    bench_progress("detector: preparing %u planes of 1920x1080", n);
    get_material(planes, n, &result);
    result.planes = n;
    result.planes_bytes = n * PLANE_BYTES;
    for (unsigned i = 0; i < warm; i++)
        detect(detector, planes + i % n * PLANE_BYTES, &captured_ns);
    bench_progress("detector: %u planes", rounds);
    for (unsigned i = 0; i < rounds; i++) {
        unsigned at = (warm + i) % n;
        int64_t t0 = bench_now_ns();
        detect(detector, planes + at * PLANE_BYTES, &captured_ns);
        int64_t t1 = bench_now_ns();
        bench_read_once(planes + (at + n / 2) % n * PLANE_BYTES, PLANE_BYTES);
        int64_t t2 = bench_now_ns();
        process_ns[i] = t1 - t0;
        read_ns[i] = t2 - t1;
    }
    result.process = bench_spread_of(process_ns, rounds);
    result.read = bench_spread_of(read_ns, rounds);
    fr_detector_free(detector);
    free(read_ns);
    free(process_ns);
    free(planes);
    *ret_detector = result;
}
