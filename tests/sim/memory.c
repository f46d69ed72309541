/* See memory.h. */
#include "tests/sim/memory.h"
#include "tests/sim/kernel.h"
#include "tests/sim/oracle.h"
#include "tests/sim/sched.h"

#include "common/ring/layout.h"

#include <string.h>

enum {
    MESSAGES = 4, /* of a word that can still be read */
    SNAPSHOTS =
        64, /* of an actor that are remembered; in place of an older one the oldest is taken, which
                       promises more than it would and so never fails what is right */
};

static_assert((2 + MEMORY_SLOTS) * 4096 <= MEMORY_BYTES, "room for a segment");

static _Alignas(MEMORY_BYTES) uint8_t memory[MEMORY_SEGMENTS][MEMORY_BYTES];

struct message {
    uint64_t value;
    int16_t number;
    uint8_t actor_idx;
    uint32_t snapshot; /* 0: none */
};

static struct word {
    struct message messages[MESSAGES]; /* number % MESSAGES */
    int16_t newest;                    /* 0: as it was made */
} words[MEMORY_SEGMENTS][MEMORY_WORDS];

/* What an actor knows of a segment. */
static struct knowledge {
    struct view view;
    uint32_t fenced; /* snapshot that later relaxed stores carry; 0: none */
    uint32_t
        pending[SIM_ACTORS]; /* newest snapshot of each actor among the relaxed loads; 0: none */
    bool has_pending, is_used;
    uint32_t snapshots; /* made */
    struct view ring[SNAPSHOTS];
} knowledge[SIM_ACTORS][MEMORY_SEGMENTS];

/* ---------------------------------------------------------------- places */

static inline unsigned segment_of(const volatile void *at)
{
    return (unsigned)((uintptr_t)((const volatile uint8_t *)at - memory[0]) / MEMORY_BYTES);
}

/* The word's number in a view; MEMORY_WORDS: nobody but its writer reads it. */
static inline unsigned word_of(const volatile void *at)
{
    unsigned offset =
        (unsigned)((uintptr_t)((const volatile uint8_t *)at - memory[0]) % MEMORY_BYTES);
    enum { DESCRIPTORS = 2 + 2 * MEMORY_SLOTS, PIXELS = DESCRIPTORS + 8 * MEMORY_SLOTS };
    static_assert(PIXELS + MEMORY_PIXELS * MEMORY_SLOTS <= MEMORY_WORDS, "room in a view");

    if (offset >= 2 * 4096) {
        unsigned i = offset % 4096 / 8;
        return i < MEMORY_PIXELS ? PIXELS + (offset / 4096 - 2) * MEMORY_PIXELS + i : MEMORY_WORDS;
    }
    if (offset >= 4096) {
        unsigned slots = kernel_slots(segment_of(at)), index_bytes = 8 * 2 * slots;
        offset -= 4096;
        if (offset < index_bytes)
            return 2 + offset / 8;
        offset -= (index_bytes + 63) / 64 * 64;
        unsigned slot_idx = offset / sizeof(struct fr_layout_slot);
        unsigned i = offset % sizeof(struct fr_layout_slot) / 8;
        return i < 8 ? DESCRIPTORS + 8 * slot_idx + i : MEMORY_WORDS;
    }
    if (offset == offsetof(struct fr_layout_header, head))
        return 0;
    if (offset == offsetof(struct fr_layout_header, withheld_slot))
        return 1;
    return MEMORY_WORDS;
}

static inline void check_access(const volatile void *at, bool is_store, const char *what)
{
    const volatile uint8_t *byte = at;
    sim_must(byte >= memory[0] && byte < memory[0] + sizeof memory, "%s is outside of all segments",
             what);
    sim_must(kernel_may_access(segment_of(at), is_store), "%s is %s", what,
             is_store ? "not attached for writing" : "not attached any more");
}

/* ---------------------------------------------------------------- views */

static struct knowledge *know(unsigned segment_idx)
{
    struct knowledge *k = &knowledge[sim.current - sim.actors][segment_idx];
    k->is_used = true;
    return k;
}

static void join(struct view *to, const struct view *from)
{
    for (unsigned i = 0; i < MEMORY_WORDS; i++)
        to->oldest[i] = to->oldest[i] > from->oldest[i] ? to->oldest[i] : from->oldest[i];
}

static uint32_t snapshot(struct knowledge *k)
{
    k->snapshots++;
    k->ring[k->snapshots % SNAPSHOTS] = k->view;
    return k->snapshots;
}

static void take_over(struct knowledge *k, unsigned segment_idx, unsigned actor_idx,
                      uint32_t number)
{
    const struct knowledge *from = &knowledge[actor_idx][segment_idx];
    if (number == 0 || from->snapshots == 0)
        return;
    if (number + SNAPSHOTS <= from->snapshots)
        number = from->snapshots - SNAPSHOTS + 1;
    join(&k->view, &from->ring[number % SNAPSHOTS]);
}

static uint64_t weak_load(const volatile void *at, unsigned word_idx, memory_order order)
{
    unsigned segment_idx = segment_of(at);
    struct word *word = &words[segment_idx][word_idx];
    if (word->newest == 0)
        return *(const volatile uint64_t *)at;
    struct knowledge *k = know(segment_idx);
    int oldest = k->view.oldest[word_idx], number = word->newest;
    if (oldest < number - (MESSAGES - 1))
        oldest = number - (MESSAGES - 1);
    if (oldest < 1)
        oldest = 1;
    if (oldest < number && sim_chance(3))
        number = oldest + (int)sim_below((uint32_t)(number - oldest));
    const struct message *m = &word->messages[number % MESSAGES];
    k->view.oldest[word_idx] = (int16_t)number;
    if (m->snapshot == 0)
        return m->value;
    if (order != memory_order_relaxed) {
        take_over(k, segment_idx, m->actor_idx, m->snapshot);
    } else if (k->pending[m->actor_idx] < m->snapshot) {
        k->pending[m->actor_idx] = m->snapshot;
        k->has_pending = true;
    }
    return m->value;
}

static void weak_store(volatile void *at, unsigned word_idx, uint64_t value, memory_order order)
{
    unsigned segment_idx = segment_of(at);
    struct word *word = &words[segment_idx][word_idx];
    struct knowledge *k = know(segment_idx);
    if (word->newest == 0) /* what stood there can still be read */
        word->messages[1] = (struct message){.value = *(volatile uint64_t *)at, .number = 1},
        word->newest = 1;
    int16_t number = ++word->newest;
    k->view.oldest[word_idx] = number;
    word->messages[number % MESSAGES] = (struct message){
        .value = value,
        .number = number,
        .actor_idx = (uint8_t)(sim.current - sim.actors),
        .snapshot = order != memory_order_relaxed ? snapshot(k) : k->fenced,
    };
}

void memory_meet(unsigned segment_idx, struct view *view, bool is_fence)
{
    if (!sim.is_weak || !sim.current || segment_idx >= MEMORY_SEGMENTS)
        return;
    struct knowledge *k = know(segment_idx);
    join(&k->view, view);
    *view = k->view;
    if (is_fence)
        k->fenced = snapshot(k);
}

/* Its snapshots stay, for messages carry them. */
void memory_forget(unsigned actor_idx)
{
    for (unsigned i = 0; i < MEMORY_SEGMENTS; i++)
        if (knowledge[actor_idx][i].is_used)
            memset(&knowledge[actor_idx][i], 0, offsetof(struct knowledge, snapshots));
}

/* ---------------------------------------------------------------- accesses */

uint64_t sim_load(const volatile void *at, memory_order order, const char *where, const char *what)
{
    if ((uintptr_t)at % MEMORY_BYTES < offsetof(struct fr_layout_header, head)) {
        /* What was written before the segment was known never changes: nothing to be late for. */
        check_access(at, false, what);
        return *(const volatile uint64_t *)at;
    }
    sim_step(where, what);
    check_access(at, false, what);
    uint64_t value = *(const volatile uint64_t *)at;
    if (sim.is_weak) {
        unsigned word_idx = word_of(at);
        if (word_idx < MEMORY_WORDS)
            value = weak_load(at, word_idx, order);
    }
    sim_trace("  = %llx", (unsigned long long)value);
    return value;
}

void sim_store(volatile void *at, uint64_t value, memory_order order, const char *where,
               const char *what)
{
    sim_step(where, what);
    check_access(at, true, what);
    sim_trace("  := %llx", (unsigned long long)value);
    unsigned segment_idx = segment_of(at), word_idx = word_of(at);
    oracle_before_store(segment_idx, (uint32_t)((volatile uint8_t *)at - memory[segment_idx]),
                        value);
    if (sim.is_weak && word_idx < MEMORY_WORDS)
        weak_store(at, word_idx, value, order);
    *(volatile uint64_t *)at = value;
}

void sim_fence(memory_order order, const char *where)
{
    if (!sim.is_weak)
        return;
    unsigned actor_idx = (unsigned)(sim.current - sim.actors);
    for (unsigned i = 0; i < MEMORY_SEGMENTS; i++) {
        struct knowledge *k = &knowledge[actor_idx][i];
        if (!k->is_used)
            continue;
        if (order != memory_order_release && k->has_pending) {
            for (unsigned j = 0; j < SIM_ACTORS; j++)
                take_over(k, i, j, k->pending[j]);
            memset(k->pending, 0, sizeof k->pending);
            k->has_pending = false;
        }
        if (order != memory_order_acquire)
            k->fenced = snapshot(k);
    }
    sim_trace("%s: fence", where);
}

void *memory_begin(unsigned segment_idx)
{
    uint8_t *base = memory[segment_idx];
    memset(base, 0, 2 * 4096);
    for (unsigned i = 0; i < MEMORY_SLOTS; i++)
        memset(base + (2 + i) * 4096, 0, MEMORY_PIXELS * 8);
    for (unsigned i = 0; i < MEMORY_WORDS; i++)
        words[segment_idx][i].newest = 0;
    for (unsigned i = 0; i < SIM_ACTORS; i++)
        memset(&knowledge[i][segment_idx], 0, offsetof(struct knowledge, ring));
    return base;
}
