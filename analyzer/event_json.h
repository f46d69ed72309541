/* An event as one line of JSON; docs/events.md describes the fields. */
#pragma once

#include "analyzer/events.h"

#include <stddef.h>

/* Longest prefix of event ids, with its zero. */
enum { FR_EVENT_ID_PREFIX_MAX = 48 };

/* Who tells it. */
struct fr_event_teller {
    const char *camera;
    const char *analyzer;
    /* Before the serial number: different for each start of an analyzer. */
    char id_prefix[FR_EVENT_ID_PREFIX_MAX];
    /* What is added to a frame's time to have the wall clock's (ns since 1970). The caller keeps it
     * up to date, for that clock is set now and then. */
    int64_t wall_minus_mono_ns;
};

/* Writes "SECONDS-RANDOM", both hexadecimal, into teller->id_prefix: with 64 random bits an id is
 * its own across restarts, analyzers and machines, and ids sort by start. Pure. */
void fr_event_id_prefix(struct fr_event_teller *teller, int64_t wall_ns, uint64_t random);

/* The line, ending in a line break, in memory that the caller frees with free(); its length in
 * *ret_length. NULL: no memory. Times are in the local zone. */
char *fr_event_json(const struct fr_event *event, const struct fr_event_teller *teller,
                    size_t *ret_length);

/* The line that tells, once lines can be written again, how many could not be. */
char *fr_event_json_dropped(const struct fr_event_teller *teller, uint64_t n_dropped,
                            int64_t now_mono_ns, size_t *ret_length);
