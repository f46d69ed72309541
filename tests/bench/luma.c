/* The time for the half-size luma of a 1920x1080 frame with each kind of this machine's
 * instructions, beside the time to read the bytes that its luma lies in: a plane, or the YUYV of
 * twice as many bytes.
 *
 * All take turns, each on the next of more frames than the caches hold, so that each comes from
 * memory, as a camera's frame does.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/bench.h"

#include "common/media/half_luma.h"

#include <stdlib.h>

enum { WIDTH = 1920, HEIGHT = 1080, READ = FR_SIMD_LEVELS, WAYS };

/* One round: every way once, each on a frame of its own. */
static void measure(const uint8_t *frames, unsigned n_frames, uint32_t step_bytes, unsigned *at,
                    uint8_t *half, int64_t took_ns[WAYS])
{
    const size_t frame_bytes = (size_t)WIDTH * HEIGHT * step_bytes;

    for (unsigned way = 0; way < WAYS; way++) {
        if (way != READ && !fr_simd_has((enum fr_simd)way))
            continue;
        const struct fr_luma luma = {.data = frames + (*at)++ % n_frames * frame_bytes,
                                     .width_px = WIDTH,
                                     .height_px = HEIGHT,
                                     .stride_bytes = WIDTH * step_bytes,
                                     .step_bytes = step_bytes};
        int64_t began_ns = bench_now_ns();
        if (way == READ)
            bench_read_once(luma.data, frame_bytes);
        else
            fr_half_luma_at((enum fr_simd)way, &luma, half, WIDTH / 2);
        took_ns[way] = bench_now_ns() - began_ns;
    }
}

static void measure_format(const uint8_t *frames, uint64_t frames_bytes, uint32_t step_bytes,
                           unsigned rounds, uint8_t *half, struct bench_luma_format *ret_format)
{
    unsigned n_frames = (unsigned)(frames_bytes / ((uint64_t)WIDTH * HEIGHT * step_bytes));
    int64_t *samples[WAYS], took_ns[WAYS];
    unsigned at = 0;

    for (unsigned way = 0; way < WAYS; way++)
        if (!(samples[way] = malloc(rounds * sizeof *samples[way])))
            bench_fail("no memory");
    for (unsigned i = 0; i < rounds; i++) {
        measure(frames, n_frames, step_bytes, &at, half, took_ns);
        for (unsigned way = 0; way < WAYS; way++)
            samples[way][i] = took_ns[way];
    }
    for (unsigned way = 0; way < WAYS; way++) {
        struct bench_spread *spread = way == READ ? &ret_format->read : &ret_format->half[way];
        if (way == READ || fr_simd_has((enum fr_simd)way))
            *spread = bench_spread_of(samples[way], rounds);
        free(samples[way]);
    }
}

void bench_luma(const struct bench_options *options, struct bench_luma *ret_luma)
{
    const size_t plane_bytes = (size_t)WIDTH * HEIGHT;
    unsigned n_planes = bench_planes_needed(options, plane_bytes);
    unsigned rounds = options->is_quick ? 10 : 400;
    struct bench_luma luma = {.planes_bytes = n_planes * plane_bytes};
    uint8_t *frames = aligned_alloc(4096, (luma.planes_bytes + 4095) / 4096 * 4096);
    uint8_t *half = malloc(plane_bytes / 4);
    uint32_t random = 1;

    if (!frames || !half)
        bench_fail("no memory for %u planes of 1920x1080", n_planes);
    bench_progress("half-size luma: %u rounds", rounds);
    for (size_t i = 0; i < luma.planes_bytes; i++) {
        random = random * 1664525u + 1013904223u;
        frames[i] = (uint8_t)(random >> 24);
    }
    measure_format(frames, luma.planes_bytes, 1, rounds, half, &luma.planar);
    measure_format(frames, luma.planes_bytes, 2, rounds, half, &luma.packed);
    free(half);
    free(frames);
    *ret_luma = luma;
}
