/* The events of the truth, and which of ours are among them.
 *
 * Something is there from the first frame with a label that moves to the last one; breaks of less
 * than a second are none. It must be found if it ever covers a five-hundredth of the frame; what is
 * smaller may be. An event of ours that begins while something is there, or less than a second
 * before, is true, and finds all that it overlaps; one that begins before the labels do may be. The
 * others are false.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct true_event {
    int64_t began_ns, ended_ns;
    int64_t enough_ns;  /* since when it covers enough; -1: never did */
    bool has_beginning; /* there was rest before it */
    bool is_found;
};

struct true_events {
    int64_t known_ns; /* the first frame with labels; -1: none yet */
    int64_t rest_ns;  /* without anything, together */
    int64_t last_ns;
    size_t n_items;
    struct true_event items[1000];
    size_t n_false;
    int64_t false_ns;   /* how long these lasted */
    int64_t covered_ns; /* of what is there: so much lies within the true ones */
    int64_t slowest_ns; /* from covering enough to being told of, of those with a beginning */
};

void true_events_init(struct true_events *events);

/* A frame with labels, of which n_moving of n_px say that it moves; frames in their order. */
void true_events_add(struct true_events *events, int64_t now_ns, size_t n_moving, size_t n_px);

/* One of ours that is over, when all frames have been added. */
void true_events_compare(struct true_events *events, int64_t began_ns, int64_t told_ns,
                         int64_t ended_ns);
