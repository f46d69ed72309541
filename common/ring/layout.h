/* The ring's segment, byte for byte. This file alone says how it looks.
 *
 *     0      struct fr_layout_header, one page
 *     4096   index: index_entries words of 64 bits
 *            slot descriptors: slots times struct fr_layout_slot, 64-byte aligned
 *            slots: slots times slot_bytes, page-aligned, slot_bytes a multiple of the page
 *
 * All integers are of fixed width, little- or big-endian as the machine is (`byte_order` tells),
 * and naturally aligned; padding is explicit and zero. The writer maps the segment read-write,
 * everybody else read-only.
 *
 * Header. All before `head` is written once, before the segment is made known, and never again.
 * `head` is the number of the newest published frame, 0 before the first. Frames count from 1 in
 * each epoch. What follows `head` are counters that only the writer changes; they are for people
 * and may lag.
 *
 * Index. Entry n % index_entries is (n << 8 | slot) for frame n: one word, so that number and slot
 * can never be of different frames. Slots are reused in any order, and this is how frame n is
 * found.
 *
 * Slot descriptor. `sequence` is odd while the writer or a driver owns the slot, even while its
 * frame stands; it only grows. Everything else in the descriptor and the pixels may be read between
 * two loads of `sequence` that give the same even value, and is worth nothing otherwise. A slot has
 * a plane table of its own, with offsets from the start of the slot.
 *
 * Semaphores. Two sets belong to a segment; the rendezvous file names all three. Gates: `gates`
 * semaphores, 1 closed and 0 open, then ALIVE (1 while the writer lives), then two of a tag. Pins:
 * one for each slot, FR_PIN_MAX when nobody holds it, then two of the tag. protocol.h says how they
 * are used.
 *
 * Every number in here that a reader uses it has copied and checked first (view.h).
 *
 * Changing anything means raising FR_LAYOUT_VERSION.
 */
#pragma once

#include "framering/framering.h"

#include <assert.h>
#include <stdatomic.h>

#define FR_LAYOUT_MAGIC      UINT64_C(0x676e695265727266) /* "frreRing" */
#define FR_LAYOUT_VERSION    1u
#define FR_LAYOUT_BYTE_ORDER 0x01020304u
#define FR_LAYOUT_PAGE       4096u

enum {
    FR_GATES = 16,
    FR_GATE_ALIVE = FR_GATES,    /* semaphore numbers in the gates' set */
    FR_GATE_TAG = FR_GATES + 1,  /* and the next */
    FR_GATE_SEMS = FR_GATES + 3, /* size of the set */
    FR_PIN_MAX = 32767,          /* SEMVMX: no value can be above it */
    FR_INDEX_MAX = 2 * FR_SLOTS_MAX,
    FR_DROP_ROOM = 16,
    FR_SLOTS_MIN = 4,
    FR_HAND_MIN = 2,
};

struct fr_layout_header {
    uint64_t magic;
    uint32_t version;
    uint32_t byte_order;
    uint64_t segment_bytes;
    uint64_t epoch;
    uint64_t cookie;  /* random, the same as in the rendezvous file */
    uint8_t boot[16]; /* of /proc/sys/kernel/random/boot_id */
    uint32_t slots;
    uint32_t hand;
    uint32_t index_entries;
    uint32_t gates;
    uint64_t index_offset;
    uint64_t descriptors_offset;
    uint64_t slots_offset;
    uint64_t slot_bytes;
    uint32_t copy_path;
    uint32_t has_pins;
    int32_t writer_pid;
    int32_t gates_id; /* as in the rendezvous file; here for the next writer's cleaning */
    int32_t pins_id;
    uint32_t reserved0;
    int64_t begun_mono_ns;
    uint64_t restarts;
    char camera[64];
    struct fr_geometry geometry;
    uint8_t reserved1[520];

    /* A line of its own: every reader looks at it. */
    _Alignas(64) _Atomic uint64_t head;
    uint8_t reserved2[56];

    /* Counters: written by the writer alone, relaxed. */
    _Alignas(64) _Atomic uint64_t frames;
    _Atomic uint64_t withheld;
    _Atomic uint64_t mended;
    _Atomic uint64_t gaps;
    _Atomic int64_t last_publish_mono_ns;
    _Atomic uint64_t withheld_slot; /* slot + 1 of the newest when it is withheld, else 0 */
    _Atomic uint64_t dropped[FR_DROP_ROOM];
};

/* A descriptor's body is copied word by word with relaxed atomics, for it is read while it may be
 * written. */
struct fr_layout_frame {
    uint64_t number;
    int64_t captured_mono_ns;
    int64_t published_mono_ns;
    uint64_t bytes_used;
    uint32_t source_sequence;
    uint32_t flags;
    uint32_t n_planes; /* 0: the planes of the header's geometry */
    uint32_t reserved;
    uint64_t jpeg_bytes;
    struct fr_plane_layout planes[FR_PLANES_MAX]; /* n_planes of them */
};

enum {
    FR_FRAME_WORDS = sizeof(struct fr_layout_frame) / 8,
    FR_FRAME_HEAD_WORDS = offsetof(struct fr_layout_frame, planes) / 8,
};

struct fr_layout_slot {
    _Alignas(64) _Atomic uint64_t sequence;
    _Atomic uint64_t frame[FR_FRAME_WORDS]; /* a struct fr_layout_frame */
};

static_assert(sizeof(struct fr_format) == 32, "layout");
static_assert(sizeof(struct fr_plane_layout) == 32, "layout");
static_assert(offsetof(struct fr_geometry, n_planes) == 32, "layout");
static_assert(offsetof(struct fr_geometry, planes) == 40, "layout");
static_assert(offsetof(struct fr_geometry, slot_bytes) == 296, "layout");
static_assert(sizeof(struct fr_geometry) == 304, "layout");
static_assert(offsetof(struct fr_layout_header, segment_bytes) == 16, "layout");
static_assert(offsetof(struct fr_layout_header, epoch) == 24, "layout");
static_assert(offsetof(struct fr_layout_header, cookie) == 32, "layout");
static_assert(offsetof(struct fr_layout_header, boot) == 40, "layout");
static_assert(offsetof(struct fr_layout_header, slots) == 56, "layout");
static_assert(offsetof(struct fr_layout_header, index_entries) == 64, "layout");
static_assert(offsetof(struct fr_layout_header, index_offset) == 72, "layout");
static_assert(offsetof(struct fr_layout_header, descriptors_offset) == 80, "layout");
static_assert(offsetof(struct fr_layout_header, slots_offset) == 88, "layout");
static_assert(offsetof(struct fr_layout_header, slot_bytes) == 96, "layout");
static_assert(offsetof(struct fr_layout_header, copy_path) == 104, "layout");
static_assert(offsetof(struct fr_layout_header, writer_pid) == 112, "layout");
static_assert(offsetof(struct fr_layout_header, begun_mono_ns) == 128, "layout");
static_assert(offsetof(struct fr_layout_header, camera) == 144, "layout");
static_assert(offsetof(struct fr_layout_header, geometry) == 208, "layout");
static_assert(offsetof(struct fr_layout_header, reserved1) == 512, "layout");
static_assert(offsetof(struct fr_layout_header, head) == 1088, "layout");
static_assert(offsetof(struct fr_layout_header, frames) == 1152, "layout");
static_assert(offsetof(struct fr_layout_header, dropped) == 1200, "layout");
static_assert(sizeof(struct fr_layout_header) <= FR_LAYOUT_PAGE, "layout");
static_assert(FR_FRAME_HEAD_WORDS == 7, "with the sequence, one line of the cache");
static_assert(sizeof(struct fr_layout_frame) == 312, "layout");
static_assert(sizeof(struct fr_layout_slot) == 320, "layout");
static_assert((int)FR_DROP_REASONS <= (int)FR_DROP_ROOM, "layout");
static_assert(sizeof(_Atomic uint64_t) == 8, "layout");

/* Number and slot of a frame in one word. */
static inline uint64_t fr_index_word(uint64_t number, uint32_t slot_idx)
{
    return number << 8 | slot_idx;
}
