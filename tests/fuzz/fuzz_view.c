/* S6: any bytes as a segment, in a buffer of exactly their size: attach, then take every frame that
 * there is.
 *
 * The first byte says how: the segment itself; a run of bytes over a good ring, anywhere; or words
 * put here and there over one, which is how a header, an index, a descriptor and its plane table
 * are made to lie at the same time. The good ring has every kind of plane, and frames in it. */
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

static int succeed(void *ctx, uint32_t number)
{
    (void)ctx;
    (void)number;
    return 0;
}

static struct fr_layout_plan plan;

/* The good ring, in zeroed memory of its size, with as many frames published as it has slots. */
static void make_ring(uint8_t *base)
{
    static const struct fr_writer_ops ops = {.claim = succeed,
                                             .give = succeed,
                                             .mend = succeed,
                                             .close_gate = succeed,
                                             .open_gate = succeed};
    struct fr_format format = {.fourcc = FR_FOURCC_NV12, .width_px = 30, .height_px = 17};
    struct fr_ring_identity identity = {.epoch = 1, .has_pins = true, .camera = "fuzz"};
    struct fr_frame_meta meta = {.jpeg_bytes = 700};
    struct fr_ring_writer w;
    struct fr_geometry geometry;
    uint32_t slot;
    if (fr_geometry_init(&format, &geometry) < 0 ||
        fr_geometry_add_plane(&geometry, FR_PLANE_HALF_Y, 0) < 0 ||
        fr_geometry_add_plane(&geometry, FR_PLANE_JPEG, 1000) < 0 ||
        fr_layout_plan(&geometry, 4, 2, &plan) < 0)
        abort();
    if (!base)
        return;
    fr_ring_format(base, &plan, &geometry, &identity);
    fr_ring_writer_init(&w, base, &plan, &geometry, &identity, &ops, NULL);
    for (unsigned i = 0; i < plan.slots; i++)
        if (fr_ring_take(&w, &slot) < 0 || fr_ring_publish(&w, slot, &meta, 1) < 0)
            abort();
}

/* Words over the ring: two bytes that say where, eight that say what. */
static void put_words(uint8_t *base, const uint8_t *data, size_t size)
{
    uint32_t words = (uint32_t)(plan.slots_offset / 8);
    for (; size >= 10; data += 10, size -= 10)
        memcpy(base + 8 * ((data[0] | (uint32_t)data[1] << 8) % words), data + 2, 8);
}

static void put_run(uint8_t *base, uint32_t at, const uint8_t *data, size_t size)
{
    at %= (uint32_t)plan.segment_bytes;
    memcpy(base + at, data, size < plan.segment_bytes - at ? size : plan.segment_bytes - at);
}

static void read_all(const struct fr_view *view, unsigned behind)
{
    static const struct fr_reader_ops ops = {
        .wait_gate = wait_gate, .is_alive = is_alive, .pin = pin, .unpin = unpin};
    struct fr_ring_reader r;
    struct fr_ring_taken taken;
    fr_ring_reader_init(&r, view);
    r.seen = r.given = r.seen - behind;
    for (unsigned i = 0; i < 100; i++) {
        if (fr_ring_read(&r, i % 2, i % 3 == 0, &ops, NULL, &taken) != 0)
            break;
        /* Every byte of every plane lies in its slot, and can be read. */
        volatile uint8_t sum = 0;
        const uint8_t *slot = view->slots_base + taken.slot_idx * view->slot_bytes;
        if (taken.slot_idx >= view->slots || taken.n_planes > FR_PLANES_MAX)
            abort();
        for (uint32_t p = 0; p < taken.n_planes; p++) {
            const struct fr_plane_layout *plane = &taken.planes[p];
            uint64_t bytes =
                plane->kind == FR_PLANE_JPEG ? taken.frame.jpeg_bytes : plane->size_bytes;
            if (plane->offset_bytes > view->slot_bytes ||
                bytes > view->slot_bytes - plane->offset_bytes)
                abort();
            for (uint64_t b = 0; b < bytes; b++)
                sum = (uint8_t)(sum + slot[plane->offset_bytes + b]);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { SEGMENT = 0, RUN = 1 }; /* others: words */
    struct fr_view view;
    const char *why = NULL;
    void *base;
    if (size < 5)
        return 0;
    uint8_t how = data[0] & 3;
    make_ring(NULL); /* for its plan */
    size_t room = how == SEGMENT ? size - 1 : plan.segment_bytes;
    if (posix_memalign(&base, 64, room) != 0)
        return 0;
    memset(base, 0, room);
    if (how == SEGMENT) {
        memcpy(base, data + 1, room);
    } else {
        make_ring(base);
        if (how == RUN)
            put_run(base, data[1] | (uint32_t)data[2] << 8, data + 3, size - 3);
        else
            put_words(base, data + 1, size - 1);
    }
    int rc = fr_view_init(base, room, &view, &why);
    if (rc == 0)
        read_all(&view, (data[0] >> 2) % 64);
    else if (rc != -EPROTO || !why)
        abort();
    free(base);
    return 0;
}
