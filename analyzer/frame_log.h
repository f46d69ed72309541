/* A line of JSON for every frame that was analysed, for tests and for finding faults:
 *
 *     {"epoch":1,"frame":42,"missed":0,"hash":"9c5f…","verdict":"intact"}
 *
 *   epoch, frame  as in the ring
 *   missed        frames between this one and the line before, or the beginning of the epoch, that
 *                 the analyzer did not see
 *   hash          16 hexadecimal digits: frame_hash.h
 *   verdict       "intact": the slot was not written to while it was read; "torn": it was, and the
 *                 frame was thrown away; "corrupt": the source called it damaged, and it was not
 *                 analysed
 *
 * Each line is one write(2), so that a killed analyzer leaves whole lines behind. Meant for regular
 * files: a pipe that nobody reads would block the analyzer.
 */
#pragma once

#include "framering/framering.h"

struct fr_frame_log;

enum fr_frame_verdict { FR_FRAME_VERDICT_INTACT, FR_FRAME_VERDICT_TORN, FR_FRAME_VERDICT_CORRUPT };

/* Opens `path`, made when it is not there, to append. As open(2); -ENOMEM. */
int fr_frame_log_open(const char *path, struct fr_frame_log **ret_log);
void fr_frame_log_close(struct fr_frame_log *log);

/* One line. The first failure is returned; further ones are not tried, and return 0. */
int fr_frame_log_write(struct fr_frame_log *log, const struct fr_frame *frame, uint64_t hash,
                       enum fr_frame_verdict verdict);
