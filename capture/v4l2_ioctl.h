/* The only calls that the V4L2 source makes to a driver after open(). A test's fake camera puts its
 * own two functions in their place. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* ioctl(), again when a signal interrupted it, but not for ever. 0, or negative errno (-EINTR: a
 * storm of signals; try later). Does not block on a descriptor that was opened with O_NONBLOCK. */
int fr_v4l2_ioctl(int fd, unsigned long request, void *argument);

/* Maps a driver's buffer, read-only, for munmap(). NULL with errno. */
void *fr_v4l2_map(int fd, size_t bytes, uint32_t offset);
