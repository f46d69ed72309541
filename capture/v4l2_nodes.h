/* The V4L2 device nodes of this machine. */
#pragma once

#include <stddef.h>

/* Calls `each` with the path of every /dev/videoN, N ascending; stops when it returns other than 0,
 * and returns that. No such node is no error. Negative errno when /dev cannot be read. */
int fr_v4l2_nodes_each(int (*each)(const char *path, void *userdata), void *userdata);

/* The node that gives the pictures of the camera at `bus` (as VIDIOC_QUERYCAP names it). -ENOENT
 * when none does, or it may not be opened. */
int fr_v4l2_nodes_find(const char *bus, char *ret_path, size_t size);
