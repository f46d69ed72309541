/* Shared memory as the library's atomics see it: each access is a point where others may run, and
 * is checked (does this process have that memory attached? for writing?).
 *
 * Half of the schedules run with weak memory, which is no stronger than what C promises for the
 * orders that the code names: a load may give an older value than the newest, unless something that
 * the loading process has seen forbids it. Each store is a message with a number (its place in the
 * order of its word). A process has a view: for each word the oldest message that it may still see.
 * A release, by store or by fence, makes a snapshot of the view, which goes with the messages of
 * that store or of those after that fence; an acquire, by load or by fence, takes over the
 * snapshots of the messages read. A semaphore has a view too, which every call on it gives and
 * takes. Loads do not come early and stores are not delayed beyond that: loads that depend on
 * nothing yet to come cannot be told from those here. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    MEMORY_SEGMENTS = 8,
    MEMORY_SLOTS = 8,
    MEMORY_PIXELS = 4, /* words of a picture */
    MEMORY_BYTES =
        1 << 16, /* room for a segment: header, index and descriptors, a page for each slot */
    MEMORY_WORDS = 120, /* that are ever read by others */
};

struct view {
    int16_t oldest[MEMORY_WORDS];
};

/* A segment's memory, zeroed and as if never seen before. */
void *memory_begin(unsigned segment_idx);

/* What is done to a word; `where` and `what` are for the trace. */
uint64_t sim_load(const volatile void *word, memory_order order, const char *where,
                  const char *what);
void sim_store(volatile void *word, uint64_t value, memory_order order, const char *where,
               const char *what);
void sim_fence(memory_order order, const char *where);

/* A system call on an object with that view, for its segment: takes and gives. As a fence also
 * where the call is a long one (a driver's). */
void memory_meet(unsigned segment_idx, struct view *view, bool is_fence);
/* An actor begins: it has seen nothing. */
void memory_forget(unsigned actor_idx);
