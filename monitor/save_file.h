/* A file that is there completely or not at all. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Writes the bytes to a temporary file beside `path`, makes sure that they are on the disk, and
 * only then gives it the name; an existing file is replaced. On failure nothing of it is left, and
 * `reason` says why. What stands there and is no ordinary file keeps its name: a character device
 * or a FIFO gets the bytes (blocks until a reader has them; -EINTR as save_write()); -EEXIST, and
 * left alone: a folder, a symbolic link, a disk. */
int save_file(const char *path, const uint8_t *bytes, size_t length, char *reason,
              size_t reason_size);

/* All of it, to a descriptor. 0, -EINTR when a signal asked to stop, others as write(). */
int save_write(int fd, const uint8_t *bytes, size_t length);
