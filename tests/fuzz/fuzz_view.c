/* Any bytes as a segment, in a buffer of exactly their size: attach, then take every frame that there is. */
#include "common/ring/protocol.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int wait_gate(void *ctx, uint32_t gate)
{
    (void)ctx;
    (void)gate;
    return 0;
}

static bool is_alive(void *ctx)
{
    (void)ctx;
    return true;
}

static int pin(void *ctx, uint32_t slot)
{
    (void)ctx;
    (void)slot;
    return 0;
}

static void unpin(void *ctx, uint32_t slot)
{
    (void)ctx;
    (void)slot;
}

/* A header that is right, so that the fuzzer begins behind the magic. */
static void repair(uint8_t *base, size_t size)
{
    struct fr_format format = {.fourcc = FR_FOURCC_GREY, .width_px = 64, .height_px = 4};
    struct fr_ring_identity identity = {.epoch = 1, .has_pins = true, .camera = "fuzz"};
    struct fr_geometry geometry;
    struct fr_layout_plan plan;
    if (fr_geometry_init(&format, &geometry) == 0 && fr_layout_plan(&geometry, 4, 2, &plan) == 0 &&
        size >= plan.segment_bytes)
        fr_ring_format(base, &plan, &geometry, &identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fr_reader_ops ops = {
        .wait_gate = wait_gate, .is_alive = is_alive, .pin = pin, .unpin = unpin};
    struct fr_view view;
    const char *why;
    if (size < 5)
        return 0;
    uint8_t how = data[0];
    uint32_t at = data[1] | (uint32_t)data[2] << 8;
    size_t room = how & 1 ? 6 * FR_LAYOUT_PAGE : size;
    uint8_t *base = aligned_alloc(64, (room + 63) / 64 * 64);
    if (!base)
        return 0;
    memset(base, 0, room);
    if (how & 1) {
        /* the fuzzer's bytes over a good ring, anywhere */
        repair(base, room);
        at %= (uint32_t)room;
        size_t n = size - 3 < room - at ? size - 3 : room - at;
        memcpy(base + at, data + 3, n);
    } else {
        memcpy(base, data, room);
    }
    if (fr_view_init(base, room, &view, &why) == 0) {
        struct fr_ring_reader r;
        struct fr_ring_taken taken;
        fr_ring_reader_init(&r, &view);
        r.seen = r.given = r.seen - (how >> 1) % 80;
        for (unsigned i = 0; i < 100; i++) {
            if (fr_ring_read(&r, i % 2, i % 3 == 0, &ops, NULL, &taken) != 0)
                break;
            /* every byte of every plane can be read */
            volatile uint8_t sum = 0;
            const uint8_t *slot = view.slots_base + taken.slot_idx * view.slot_bytes;
            for (uint32_t p = 0; p < taken.n_planes; p++)
                for (uint64_t b = 0; b < taken.planes[p].size_bytes; b++)
                    sum = (uint8_t)(sum + slot[taken.planes[p].offset_bytes + b]);
        }
    }
    free(base);
    return 0;
}
