/* Looking at a segment that somebody else made: what it says is copied once, checked, and only the
 * copy is used from then on. Pure: memory in, answer out. */
#pragma once

#include "common/ring/layout.h"

/* A checked, private copy of the header's constant part, and where things are. All offsets lie
 * inside the `size` bytes given to fr_view_init(), whatever the segment says later. */
struct fr_view {
    const uint8_t *base; /* of the mapping; not owned */
    size_t size;
    const struct fr_layout_header *shared; /* for head and the counters only */
    const _Atomic uint64_t *index;
    const struct fr_layout_slot *descriptors;
    const uint8_t *slots_base;

    uint64_t epoch;
    uint64_t cookie;
    uint64_t slot_bytes;
    uint64_t restarts;
    int64_t begun_mono_ns;
    uint32_t slots;
    uint32_t hand;
    uint32_t index_entries;
    uint32_t copy_path;
    int32_t writer_pid;
    int32_t gates_id;
    int32_t pins_id;
    bool has_pins;
    char camera[64];
    struct fr_geometry geometry;
};

/* Copies and checks. `size` is what is mapped at base (page-aligned).
 * -EPROTO with *ret_why (a static text) when it is no ring that this build can read. */
int fr_view_init(const void *base, size_t size, struct fr_view *ret_view, const char **ret_why);

/* Where everything goes in a new segment of this geometry. 0, -EINVAL or -ENOTSUP. */
struct fr_layout_plan {
    uint32_t slots, hand, index_entries;
    uint64_t index_offset, descriptors_offset, slots_offset, slot_bytes, segment_bytes;
};
int fr_layout_plan(const struct fr_geometry *geometry, uint32_t slots, uint32_t hand,
                   struct fr_layout_plan *ret_plan);
