/* The analyzer's loop: frames of one ring in, events out.
 *
 *   - The frame is read where it lies: once by the detector (and once more by the frame log, when
 *     there is one), and given back before anything is decided. A frame that was overwritten
 *     meanwhile is counted and changes nothing.
 *   - The writer may come, go, die, restart or change its geometry: the reader follows, the
 *     detector keeps what it knows as long as the size stays the same, and the events say that the
 *     signal was lost and is back.
 *   - Waiting ends often enough to feed the watchdog and to notice that no frame comes; nothing is
 *     polled for.
 */
#pragma once

#include "analyzer/event_output.h"
#include "analyzer/frame_log.h"
#include "analyzer/signal_watch.h"
#include "analyzer/watch.h"

struct fr_analysis;

struct fr_analysis_options {
    const char *camera, *name;
    int64_t signal_timeout_ns;
    size_t queue_events;
    int output_fd;
    struct fr_frame_log *frame_log; /* NULL: none; stays the caller's */
};

/* The loop over `reader`, which stays the caller's and must outlive it; *tuning becomes the loop's
 * when it succeeds, and is emptied. Logs. -ENOMEM, -EMFILE, -EAGAIN. */
int fr_analysis_new(const struct fr_analysis_options *options, struct fr_tuning *tuning,
                    struct fr_reader *reader, struct fr_analysis **ret_analysis);
/* Tells the end of a motion under way, gives the output half a second, and frees. Takes NULL. */
void fr_analysis_free(struct fr_analysis *analysis);

/* Other settings; what was learnt stays. *tuning becomes the loop's and is emptied. -ENOMEM:
 * nothing has changed. */
int fr_analysis_tune(struct fr_analysis *analysis, struct fr_tuning *tuning,
                     int64_t signal_timeout_ns);

/* Waits for a frame, and analyses it; or says why there is none. 0: go on. -ECANCELED: a signal
 * came. Others: it cannot go on (logged). */
int fr_analysis_step(struct fr_analysis *analysis);
