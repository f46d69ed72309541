/* Events out: each as a line of JSON to a descriptor that is never waited for (output.h), with ids
 * of this start of the analyzer. When lines are dropped, the log says so. */
#pragma once

#include "analyzer/event_json.h"
#include "analyzer/output.h"
#include "common/daemon/log.h"

/* Stays where it is while it is used. */
struct fr_event_output {
    struct fr_output *output;
    struct fr_event_teller teller;
    uint64_t n_dropped_told;
    struct fr_log_limit limit;
};

/* To `fd`, with room for queue_events lines; the strings and the descriptor stay the caller's. Logs
 * what is wrong: -ENOMEM, -EMFILE, -EAGAIN. */
int fr_event_output_init(struct fr_event_output *output, const char *camera, const char *analyzer,
                         int fd, size_t queue_events);

/* Queues it. Never waits. */
void fr_event_output_write(struct fr_event_output *output, const struct fr_event *event);

/* Logs that the descriptor does not take the events, if it does not: once in a minute at most. */
void fr_event_output_watch(struct fr_event_output *output, int64_t now_mono_ns);

/* Gives what is queued half a second, and logs how many events were dropped if it was not told.
 * Takes a zeroed one. */
void fr_event_output_fini(struct fr_event_output *output);
