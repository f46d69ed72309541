/* The one place through which every ioctl of the V4L2 source goes. */
#pragma once

/* ioctl(), again when a signal interrupted it, but not for ever. 0, or negative errno (-EINTR: a
 * storm of signals; try later). Does not block on a descriptor that was opened with O_NONBLOCK. */
int fr_v4l2_ioctl(int fd, unsigned long request, void *argument);
