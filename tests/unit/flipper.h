/* A writer that lies: changes single fields of a ring's header, index and descriptors, and puts
 * them right again a moment later, so that a reader meets each lie alone among truths, at any
 * moment. All stores are atomic, for here it is not the writer's races that are under test. */
#pragma once

#include "common/ring/view.h"
#include "tests/unit/unit.h"

#include <sched.h>
#include <time.h>

struct flipper {
    _Atomic uint64_t *words; /* of the mapping */
    struct fr_layout_plan plan;
    struct fr_geometry geometry;
    /* All but one of those at the same ring: two that changed the same field could leave a lie
     * there for good, which the writer proper does not put right in the header. */
    bool spares_header;
    uint64_t state; /* of chance; never 0 */
};

static inline uint64_t flip_chance(struct flipper *f, uint64_t below)
{
    f->state ^= f->state >> 12;
    f->state ^= f->state << 25;
    f->state ^= f->state >> 27;
    return (f->state * UINT64_C(0x2545F4914F6CDD1D) >> 11) % below;
}

static inline uint64_t flip_random(struct flipper *f)
{
    return flip_chance(f, UINT64_C(1) << 32) << 32 | flip_chance(f, UINT64_C(1) << 32);
}

static inline uint64_t flip_interesting(struct flipper *f)
{
    const struct fr_layout_plan *p = &f->plan;
    const uint64_t values[] = {
        0,
        1,
        UINT64_MAX,
        INT64_MAX,
        UINT64_C(1) << 63,
        UINT64_C(1) << 56,
        UINT32_MAX,
        UINT64_MAX - 4095,
        UINT64_MAX / 8 + 1,
        UINT64_MAX / p->slots + 1,
        p->segment_bytes,
        p->segment_bytes - 1,
        p->segment_bytes - 64,
        p->slots_offset,
        p->slot_bytes,
        p->slot_bytes + 4096,
        f->geometry.slot_bytes,
    };
    return values[flip_chance(f, sizeof values / sizeof *values)];
}

static inline uint32_t flip_interesting32(struct flipper *f)
{
    const uint32_t values[] = {0,
                               1,
                               2,
                               3,
                               4,
                               7,
                               8,
                               9,
                               16,
                               31,
                               32,
                               33,
                               63,
                               64,
                               65,
                               127,
                               128,
                               255,
                               256,
                               4096,
                               f->geometry.format.width_px,
                               16383,
                               16384,
                               16385,
                               INT32_MAX,
                               UINT32_C(0x80000000),
                               UINT32_MAX - 1,
                               UINT32_MAX};
    return values[flip_chance(f, sizeof values / sizeof *values)];
}

/* A lie in the place of `truth`. */
static inline uint64_t flip_value(struct flipper *f, uint64_t truth)
{
    static const int64_t by[] = {1, -1, 2, -2, 8, 64, -64, 4096, -4096, 1 << 20};
    unsigned shift = flip_chance(f, 2) ? 32 : 0;
    uint64_t half = UINT64_C(0xffffffff) << shift;
    switch (flip_chance(f, 6)) {
    case 0:
        return flip_random(f);
    case 1:
        return truth ^ UINT64_C(1) << flip_chance(f, 64);
    case 2:
        return flip_interesting(f);
    case 3:
        return (truth & ~half) | (uint64_t)flip_interesting32(f) << shift;
    case 4:
        return truth + (uint64_t)by[flip_chance(f, 10)];
    default:
        return (truth & ~half) | ((truth + ((uint64_t)by[flip_chance(f, 10)] << shift)) & half);
    }
}

static inline uint64_t flip_load(struct flipper *f, size_t at)
{
    return atomic_load_explicit(&f->words[at], memory_order_relaxed);
}

/* Where the index has the newest frame. */
static inline size_t flip_newest(struct flipper *f)
{
    uint64_t n = flip_load(f, offsetof(struct fr_layout_header, head) / 8);
    return f->plan.index_offset / 8 + n % f->plan.index_entries;
}

/* A slot's descriptor: of the newest as often as of any. */
static inline size_t flip_descriptor(struct flipper *f)
{
    size_t slot = flip_chance(f, 2) ? flip_load(f, flip_newest(f)) & 0xff : f->plan.slots;
    if (slot >= f->plan.slots)
        slot = flip_chance(f, f->plan.slots);
    return (f->plan.descriptors_offset + slot * sizeof(struct fr_layout_slot)) / 8;
}

/* Which word. */
static inline size_t flip_where(struct flipper *f)
{
    switch (flip_chance(f, 7)) {
    case 0:
    case 1:
        return flip_chance(f, offsetof(struct fr_layout_header, reserved1) / 8);
    case 2:
        return offsetof(struct fr_layout_header, head) / 8;
    case 3:
        return f->plan.index_offset / 8 + flip_chance(f, f->plan.index_entries);
    case 4: /* sequence, number, flags, n_planes, jpeg_bytes … */
        return flip_descriptor(f) + flip_chance(f, 1 + FR_FRAME_HEAD_WORDS);
    case 5:
        return flip_descriptor(f) + flip_chance(f, 1 + FR_FRAME_WORDS);
    default:
        return flip_chance(f, f->plan.slots_offset / 8);
    }
}

static inline void flip_hold(struct flipper *f)
{
    for (volatile uint64_t i = flip_chance(f, 2000); i > 0; i--)
        ;
    if (flip_chance(f, 8) == 0)
        sched_yield();
}

static inline void flip_store(struct flipper *f, size_t at, uint64_t value)
{
    atomic_store_explicit(&f->words[at], value, memory_order_relaxed);
}

static inline void flip_for_a_moment(struct flipper *f, size_t at, uint64_t truth, uint64_t lie)
{
    flip_store(f, at, lie);
    flip_hold(f);
    /* Unless the writer proper has written meanwhile. */
    atomic_compare_exchange_strong(&f->words[at], &lie, truth);
}

static inline void flip_one(struct flipper *f)
{
    size_t at = flip_where(f);
    if (f->spares_header && at < offsetof(struct fr_layout_header, head) / 8)
        at = flip_descriptor(f);
    uint64_t truth = flip_load(f, at);
    flip_for_a_moment(f, at, truth, flip_value(f, truth));
}

/* The newest frame is in another slot, which may not exist. */
static inline void flip_slot(struct flipper *f)
{
    size_t at = flip_newest(f);
    uint64_t truth = flip_load(f, at);
    flip_for_a_moment(f, at, truth, (truth & ~UINT64_C(0xff)) | flip_chance(f, 256));
}

/* Gives a frame a plane table of its own, in which one field lies. */
static inline void flip_table(struct flipper *f)
{
    enum { N_PLANES = offsetof(struct fr_layout_frame, n_planes) / 8 };
    size_t frame = flip_descriptor(f) + 1, planes = frame + FR_FRAME_HEAD_WORDS;
    uint64_t words[sizeof f->geometry.planes / 8];
    memcpy(words, f->geometry.planes, sizeof words);
    size_t used = f->geometry.n_planes * sizeof(struct fr_plane_layout) / 8;
    size_t at = flip_chance(f, used);
    if (flip_chance(f, 4))
        words[at] = flip_value(f, words[at]);
    for (size_t i = 0; i < used; i++)
        flip_store(f, planes + i, words[i]);
    flip_store(f, frame + N_PLANES, f->geometry.n_planes + (flip_chance(f, 16) == 0));
    flip_hold(f);
    flip_store(f, planes + flip_chance(f, used), flip_random(f));
    flip_hold(f);
    flip_store(f, frame + N_PLANES, 0);
}

/* A field of the header goes to and fro as fast as it can: true when it is checked, a lie when it
 * is used. */
static inline void flip_hammer(struct flipper *f)
{
    size_t at = flip_chance(f, offsetof(struct fr_layout_header, reserved1) / 8);
    uint64_t truth = flip_load(f, at), lie = flip_value(f, truth);
    for (unsigned i = 0; i < 500 && !f->spares_header; i++) {
        flip_store(f, at, lie);
        flip_store(f, at, truth);
        for (volatile unsigned k = i % 64; k > 0;
             k--) /* the truth is believed, and so the longer */
            ;
    }
}

static inline void flip_turn(struct flipper *f)
{
    switch (flip_chance(f, 8)) {
    case 0:
    case 1:
        flip_table(f);
        break;
    case 2:
        flip_slot(f);
        break;
    case 3:
        flip_hammer(f);
        break;
    default:
        flip_one(f);
    }
}
