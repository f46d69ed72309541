/* Notices that nobody reads our pipe any more, while we wait for something else.
 *
 * A write would tell; but a camera that delivers nothing gives no occasion to write, and the
 * command would stay for ever behind a player that was closed. A thread waits in poll() for the
 * pipe's end and cancels the reader.
 */
#pragma once

#include "framering/framering.h"

struct pipe_watch;

/* Watches fd until pipe_watch_free(), which must come before the reader is closed. -ENOMEM,
 * -EMFILE, -EAGAIN. */
int pipe_watch_new(int fd, struct fr_reader *reader, struct pipe_watch **ret_watch);
void pipe_watch_free(struct pipe_watch *watch);

/* The pipe's other end is closed. */
bool pipe_watch_is_closed(const struct pipe_watch *watch);
