/* Lines to a descriptor that may be blocked, closed or full, without ever waiting for it.
 *
 * Lines wait in a bounded queue, and a thread of its own writes them. A pipe that nobody reads
 * stops that thread and nothing else; when the queue is full the oldest line goes (the newest news
 * is worth most) and is counted. As soon as a line can be written again, the count is told in a
 * line of its own before it. A reader that is gone costs the lines that came meanwhile, and they
 * are counted as well.
 *
 * The descriptor's flags are left alone (they would change for everybody who shares it): before
 * each write poll() must have said that there is room, and no write is longer than a pipe then
 * takes whole.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fr_output;

/* Makes the line that tells that `n_dropped` lines are missing; memory from malloc(), or NULL.
 * Called on the output's thread. */
typedef char *fr_output_missing(uint64_t n_dropped, void *userdata, size_t *ret_length);

/* An output to `fd`, which stays the caller's, with room for `room` lines (at least 1). Starts its
 * thread. SIGPIPE must be ignored or blocked. -ENOMEM, -EAGAIN, -EMFILE. */
int fr_output_new(int fd, size_t room, fr_output_missing *missing, void *userdata,
                  struct fr_output **ret_output);

/* Queues a line, whose memory (from malloc()) becomes the output's; NULL counts as a line dropped.
 * Never blocks for longer than the thread needs to take a line from the queue. */
void fr_output_line(struct fr_output *output, char *line, size_t length);

struct fr_output_counts {
    uint64_t written;
    uint64_t dropped;
    int last_errno; /* why a line could not be written; 0: the queue was full */
};
void fr_output_counts(struct fr_output *output, struct fr_output_counts *ret_counts);

/* Gives the queue up to timeout_ns to be written, then drops and counts the rest, ends the thread
 * and frees everything. The counts so far in *ret_counts (may be NULL). Takes NULL. */
void fr_output_free(struct fr_output *output, int64_t timeout_ns,
                    struct fr_output_counts *ret_counts);
