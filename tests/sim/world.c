/* What is neither a System V object nor in the folder: see world.h. */
#include "tests/sim/world.h"

#include "common/ring/forks.h"
#include "common/ring/limits.h"

#include <stdio.h>
#include <string.h>

int fr_forks_init(void)
{
    return 0;
}

unsigned fr_forks_generation(void)
{
    return 0;
}

void fr_forks_add(struct fr_fork_fd *entry)
{
    (void)entry;
}

void fr_forks_hold(void)
{
}

void fr_forks_release(void)
{
}

void fr_forks_close(struct fr_fork_fd *entry)
{
    if (entry->fd >= 0)
        sim_close(entry->fd);
    entry->fd = -1;
}

int64_t fr_memory_available(void)
{
    return INT64_MAX;
}

void fr_limits_explain(int error, const char *call, const struct fr_need *need, char *reason,
                       size_t reason_size)
{
    (void)need;
    snprintf(reason, reason_size, "%s: error %d", call, error);
}

int sim_madvise(void *at, size_t bytes, int advice)
{
    (void)at, (void)bytes, (void)advice;
    return 0;
}

void *sim_calloc(size_t n, size_t bytes)
{
    return process_alloc(n * bytes);
}

void sim_free(void *block)
{
    process_free(block);
}

int sim_getpid(void)
{
    return process_now()->pid;
}

uid_t sim_geteuid(void)
{
    return SIM_USER;
}

gid_t sim_getegid(void)
{
    return SIM_USER;
}

ssize_t sim_getrandom(void *buf, size_t bytes, unsigned flags)
{
    (void)flags;
    uint64_t random = sim_random();
    memcpy(buf, &random, bytes < sizeof random ? bytes : sizeof random);
    return (ssize_t)bytes;
}

int sim_clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    (void)clock;
    *ret_now = (struct timespec){.tv_sec = sim.now_mono_ns / 1000000000,
                                 .tv_nsec = sim.now_mono_ns % 1000000000};
    return 0;
}

int sim_mkdir(const char *path, mode_t mode)
{
    (void)path, (void)mode;
    return 0;
}

int sim_chmod(const char *path, mode_t mode)
{
    (void)path, (void)mode;
    return 0;
}

int sim_stat(const char *path, struct stat *ret_stat)
{
    (void)path;
    *ret_stat = (struct stat){.st_mode = S_IFDIR | 0755, .st_uid = SIM_USER};
    return 0;
}

int sim_fstat(int fd, struct stat *ret_stat)
{
    (void)fd;
    *ret_stat = (struct stat){.st_mode = S_IFREG | 0600, .st_uid = SIM_USER, .st_ino = 5};
    return 0;
}

/* Sentences for people cost more than all the rest: they are made where somebody reads them. */
int sim_vsnprintf(char *buf, size_t size, const char *format, va_list args)
{
    if (sim.is_tracing)
        return vsnprintf(buf, size, format, args);
    if (size > 0)
        buf[0] = 0;
    return 0;
}
