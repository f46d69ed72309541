/* See view.h. */
#include "common/ring/view.h"

#include <errno.h>
#include <string.h>

static uint64_t align_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

int fr_layout_plan(const struct fr_geometry *geometry, uint32_t slots, uint32_t hand,
                   struct fr_layout_plan *ret_plan)
{
    int rc = fr_geometry_check(geometry);
    if (rc < 0)
        return rc;
    if (hand < FR_HAND_MIN || slots < FR_SLOTS_MIN || hand > slots - 2 || slots > FR_SLOTS_MAX)
        return -EINVAL;

    struct fr_layout_plan p = {.slots = slots, .hand = hand, .index_entries = 2 * slots};
    p.index_offset = FR_LAYOUT_PAGE;
    p.descriptors_offset = align_up(p.index_offset + 8 * (uint64_t)p.index_entries, 64);
    p.slots_offset =
        align_up(p.descriptors_offset + slots * sizeof(struct fr_layout_slot), FR_LAYOUT_PAGE);
    p.slot_bytes = align_up(geometry->slot_bytes, FR_LAYOUT_PAGE);
    p.segment_bytes = p.slots_offset + slots * p.slot_bytes;
    *ret_plan = p;
    return 0;
}

/* True when `bytes` bytes at `offset` lie behind the header and inside `size`. */
static bool lies_inside(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset >= FR_LAYOUT_PAGE && offset <= size && bytes <= size - offset;
}

static bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

static const char *what_is_wrong(const struct fr_layout_header *h, size_t size)
{
    if (h->magic != FR_LAYOUT_MAGIC)
        return "the segment is not a framering ring";
    if (h->byte_order != FR_LAYOUT_BYTE_ORDER)
        return "the ring was made by a machine of another byte order";
    if (h->version != FR_LAYOUT_VERSION)
        return "the ring has another layout version: writer and reader are of different releases";
    if (h->segment_bytes > size)
        return "the ring says that it is larger than its segment";
    if (h->slots < FR_SLOTS_MIN || h->slots > FR_SLOTS_MAX || h->hand < FR_HAND_MIN ||
        h->hand > h->slots - 2)
        return "the ring's number of slots makes no sense";
    if (h->index_entries < 2 * h->slots || h->index_entries > FR_INDEX_MAX ||
        h->gates != FR_GATES || h->has_pins > 1)
        return "the ring's index or gates make no sense";
    if (fr_geometry_check(&h->geometry) < 0)
        return "the ring's picture format or plane table makes no sense";
    if (h->slot_bytes < h->geometry.slot_bytes || h->slot_bytes > size)
        return "the ring's slots are too small for its picture, or too large";
    if (!memchr(h->camera, 0, sizeof h->camera))
        return "the ring's camera name does not end";

    uint64_t index_bytes = 8 * (uint64_t)h->index_entries;
    uint64_t descriptor_bytes = h->slots * sizeof(struct fr_layout_slot);
    uint64_t slots_bytes = h->slots * h->slot_bytes;
    if (h->index_offset % 8 || h->descriptors_offset % 64 || h->slots_offset % FR_LAYOUT_PAGE ||
        h->slot_bytes % FR_LAYOUT_PAGE)
        return "the ring's parts are not aligned";
    if (!lies_inside(h->index_offset, index_bytes, size) ||
        !lies_inside(h->descriptors_offset, descriptor_bytes, size) ||
        !lies_inside(h->slots_offset, slots_bytes, size))
        return "parts of the ring lie outside its segment";
    if (overlap(h->index_offset, index_bytes, h->descriptors_offset, descriptor_bytes) ||
        overlap(h->index_offset, index_bytes, h->slots_offset, slots_bytes) ||
        overlap(h->descriptors_offset, descriptor_bytes, h->slots_offset, slots_bytes))
        return "parts of the ring overlap";
    return NULL;
}

/* One copy, then never again the original: it may change under a hostile writer. Word by word with
 * relaxed atomics, so that the compiler cannot read a field again after it was checked. What is
 * constant ends where `head` begins. */
static void copy_header(const void *base, struct fr_layout_header *ret_header)
{
    enum { WORDS = offsetof(struct fr_layout_header, head) / 8 };
    const _Atomic uint64_t *shared = base;
    uint64_t words[WORDS];
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&shared[i], memory_order_relaxed);
    memset(ret_header, 0, sizeof *ret_header);
    memcpy(ret_header, words, sizeof words);
}

int fr_view_init(const void *base, size_t size, struct fr_view *ret_view, const char **ret_why)
{
    if (size < FR_LAYOUT_PAGE) {
        *ret_why = "the segment is too small for a ring";
        return -EPROTO;
    }
    struct fr_layout_header h;
    copy_header(base, &h);

    *ret_why = what_is_wrong(&h, size);
    if (*ret_why)
        return -EPROTO;

    const uint8_t *bytes = base;
    *ret_view = (struct fr_view){
        .base = bytes,
        .size = size,
        .shared = base,
        .index = (const void *)(bytes + h.index_offset),
        .descriptors = (const void *)(bytes + h.descriptors_offset),
        .slots_base = bytes + h.slots_offset,
        .epoch = h.epoch,
        .cookie = h.cookie,
        .slot_bytes = h.slot_bytes,
        .restarts = h.restarts,
        .begun_mono_ns = h.begun_mono_ns,
        .slots = h.slots,
        .hand = h.hand,
        .index_entries = h.index_entries,
        .copy_path = h.copy_path,
        .writer_pid = h.writer_pid,
        .gates_id = h.gates_id,
        .pins_id = h.pins_id,
        .has_pins = h.has_pins == 1,
        .geometry = h.geometry,
    };
    memcpy(ret_view->camera, h.camera, sizeof ret_view->camera);
    return 0;
}
