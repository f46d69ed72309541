/* Has one call of libc's fail with an errno, as seen from all that is linked into this program: the
 * n-th of them since fail_call_nth(). So a test can go through all the calls of an operation, one
 * failure at a time.
 *
 * Programs named test_fail_* are linked so that these stand before libc's (--wrap,
 * ../CMakeLists.txt); include it in one file of such a program. What other libraries call is not
 * touched.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FAIL_ERRORS = 4, FAIL_SHORT = -1 }; /* FAIL_SHORT: half of what was asked for is done */

/* A call, and what it may fail with; 0 behind the last. */
struct fail_kind {
    const char *call;
    int errors[FAIL_ERRORS];
};

static struct {
    const char *call; /* NULL: none fails */
    unsigned nth, count;
    int error;
} failing;

static inline void fail_call_nth(const char *call, unsigned nth, int error)
{
    failing.call = call;
    failing.nth = nth;
    failing.error = error;
    failing.count = 0;
}

/* All calls are libc's again. True: the n-th was reached. */
static inline bool fail_call_ended(void)
{
    failing.call = NULL;
    return failing.count >= failing.nth;
}

/* 0: it may go on. */
static inline int fail_call_here(const char *call)
{
    if (!failing.call || strcmp(call, failing.call) != 0 || ++failing.count != failing.nth)
        return 0;
    if (failing.error != FAIL_SHORT)
        errno = failing.error;
    return failing.error;
}

#define FAIL_CALL(result, failed, name, parameters, arguments)                                     \
    result __real_##name parameters;                                                               \
    result __wrap_##name parameters;                                                               \
    result __wrap_##name parameters                                                                \
    {                                                                                              \
        return fail_call_here(#name) ? (failed) : __real_##name arguments;                         \
    }

/* Reads and writes, which may be cut short. */
#define FAIL_TRANSFER(name, parameters, whole, half)                                               \
    ssize_t __real_##name parameters;                                                              \
    ssize_t __wrap_##name parameters;                                                              \
    ssize_t __wrap_##name parameters                                                               \
    {                                                                                              \
        int error = fail_call_here(#name);                                                         \
        return error == 0 ? __real_##name whole : error == FAIL_SHORT ? __real_##name half : -1;   \
    }

FAIL_CALL(void *, NULL, malloc, (size_t size), (size))
FAIL_CALL(void *, NULL, calloc, (size_t n, size_t size), (n, size))
FAIL_CALL(void *, NULL, realloc, (void *memory, size_t size), (memory, size))
FAIL_CALL(void *, NULL, reallocarray, (void *memory, size_t n, size_t size), (memory, n, size))
FAIL_CALL(char *, NULL, strdup, (const char *text), (text))

FAIL_TRANSFER(read, (int fd, void *buf, size_t n), (fd, buf, n), (fd, buf, n / 2))
FAIL_TRANSFER(write, (int fd, const void *buf, size_t n), (fd, buf, n), (fd, buf, n / 2))
FAIL_TRANSFER(pread, (int fd, void *buf, size_t n, off_t at), (fd, buf, n, at),
              (fd, buf, n / 2, at))
FAIL_TRANSFER(pwrite, (int fd, const void *buf, size_t n, off_t at), (fd, buf, n, at),
              (fd, buf, n / 2, at))
FAIL_TRANSFER(getrandom, (void *buf, size_t n, unsigned flags), (buf, n, flags),
              (buf, n / 2, flags))

FAIL_CALL(off_t, -1, lseek, (int fd, off_t by, int from), (fd, by, from))
FAIL_CALL(int, -1, fstat, (int fd, struct stat *st), (fd, st))
FAIL_CALL(int, -1, lstat, (const char *path, struct stat *st), (path, st))
FAIL_CALL(int, -1, fstatat, (int fd, const char *path, struct stat *st, int flags),
          (fd, path, st, flags))
FAIL_CALL(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
FAIL_CALL(int, -1, chmod, (const char *path, mode_t mode), (path, mode))
FAIL_CALL(int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
FAIL_CALL(int, -1, rename, (const char *from, const char *to), (from, to))
FAIL_CALL(int, -1, unlink, (const char *path), (path))
FAIL_CALL(int, -1, flock, (int fd, int operation), (fd, operation))
FAIL_CALL(DIR *, NULL, opendir, (const char *path), (path))
FAIL_CALL(DIR *, NULL, fdopendir, (int fd), (fd))
FAIL_CALL(struct dirent *, NULL, readdir, (DIR * dir), (dir))
FAIL_CALL(FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
FAIL_CALL(int, -1, inotify_init1, (int flags), (flags))
FAIL_CALL(int, -1, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
FAIL_CALL(int, -1, eventfd, (unsigned count, int flags), (count, flags))
FAIL_CALL(int, -1, ppoll,
          (struct pollfd * fds, nfds_t n, const struct timespec *timeout, const sigset_t *set),
          (fds, n, timeout, set))
FAIL_CALL(int, failing.error, getgrnam_r,
          (const char *name, struct group *entry, char *buf, size_t size, struct group **ret_found),
          (name, entry, buf, size, ret_found))

FAIL_CALL(key_t, -1, ftok, (const char *path, int project), (path, project))
FAIL_CALL(int, -1, shmget, (key_t key, size_t bytes, int flags), (key, bytes, flags))
FAIL_CALL(void *, (void *)-1, shmat, (int id, const void *at, int flags), (id, at, flags))
FAIL_CALL(int, -1, shmctl, (int id, int command, struct shmid_ds *ds), (id, command, ds))
FAIL_CALL(int, -1, semget, (key_t key, int n, int flags), (key, n, flags))
FAIL_CALL(int, -1, semop, (int id, struct sembuf *ops, size_t n), (id, ops, n))
FAIL_CALL(int, -1, semtimedop,
          (int id, struct sembuf *ops, size_t n, const struct timespec *timeout),
          (id, ops, n, timeout))
FAIL_CALL(int, -1, madvise, (void *at, size_t n, int advice), (at, n, advice))

/* Those with an argument that is not always there: a word, whatever it is. */
int __real_semctl(int id, int number, int command, ...);
int __wrap_semctl(int id, int number, int command, ...);
int __wrap_semctl(int id, int number, int command, ...)
{
    va_list list;
    va_start(list, command);
    void *argument =
        command == IPC_RMID || command == GETVAL || command == GETPID ? NULL : va_arg(list, void *);
    va_end(list);
    return fail_call_here("semctl") ? -1 : __real_semctl(id, number, command, argument);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    unsigned mode = flags & O_CREAT ? va_arg(list, unsigned) : 0;
    va_end(list);
    return fail_call_here("open") ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int fd, const char *path, int flags, ...);
int __wrap_openat(int fd, const char *path, int flags, ...);
int __wrap_openat(int fd, const char *path, int flags, ...)
{
    return fail_call_here("openat") ? -1 : __real_openat(fd, path, flags);
}
