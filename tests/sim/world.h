/* What a process sees beside System V objects: the folder of its camera (in place of rendezvous.c,
 * which keeps it in files), waiting (in place of wait.c, which knows of signals), forks and limits
 * (of which there are none here), its heap, the clock. */
#pragma once

#include "tests/sim/kernel.h"

#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>

void world_reset(void);
/* What goes with a process's open files: its lock. */
void world_close_files(struct process *process);
/* Readers that wait for a ring give up, for there will be none. */
void world_end(void);

int sim_madvise(void *at, size_t bytes, int advice);
void *sim_calloc(size_t n, size_t bytes);
void sim_free(void *block);
int sim_getpid(void);
uid_t sim_geteuid(void);
gid_t sim_getegid(void);
ssize_t sim_getrandom(void *buf, size_t bytes, unsigned flags);
int sim_clock_gettime(clockid_t clock, struct timespec *ret_now);
int sim_mkdir(const char *path, mode_t mode);
int sim_chmod(const char *path, mode_t mode);
int sim_stat(const char *path, struct stat *ret_stat);
int sim_fstat(int fd, struct stat *ret_stat);
int sim_close(int fd);
ssize_t sim_read(int fd, void *buf, size_t bytes);
int sim_inotify_init1(int flags);
int sim_vsnprintf(char *buf, size_t size, const char *format, va_list args);
