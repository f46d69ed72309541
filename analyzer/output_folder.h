/* A folder for files that a replay makes, one for each frame: 000000.pgm, 000001.pgm and so on. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct fr_output_folder {
    const char *path;
    int fd; /* -1: closed */
};

/* Opens the folder, which is made when it is not there (but not what it stands in); `path` must
 * stay valid. On failure `reason` gets a line: "folder for WHAT PATH: ...". As mkdir(2) and
 * open(2). */
int fr_output_folder_open(struct fr_output_folder *folder, const char *path, const char *what,
                          char *reason, size_t reason_size);
void fr_output_folder_close(struct fr_output_folder *folder);

/* Writes a frame's file, `suffix` without its dot; one that is there is replaced. As open(2) and
 * write(2), with a reason. */
int fr_output_folder_write(const struct fr_output_folder *folder, uint64_t idx, const char *suffix,
                           const void *bytes, size_t n_bytes, char *reason, size_t reason_size);

/* The same with a single file anywhere. */
int fr_output_file_write(const char *path, const void *bytes, size_t n_bytes, char *reason,
                         size_t reason_size);
