/* stderr as a place for lines that never blocks.
 *
 * A write to stderr can block: a full pipe, a terminal stopped with Ctrl-S, a socket whose peer is
 * busy. Setting O_NONBLOCK on descriptor 2 would change it for every process that shares it, so a
 * second open file of the same thing is made through /proc/self/fd/2, non-blocking and ours alone.
 * Sockets cannot be opened that way, but take MSG_DONTWAIT with each send. Where neither works
 * (a pipe that belongs to another user) poll() is asked before the write, and a line is never
 * longer than PIPE_BUF, so that a pipe said to be writable has room for all of it.
 */
#include "common/daemon/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(FR_LOG_LINE_MAX <= PIPE_BUF, "a line must fit into a pipe whole");

enum out_kind {
    OUT_POLLED,   /* ask poll(), then write to stderr itself */
    OUT_OWN,      /* a non-blocking descriptor of our own */
    OUT_SOCKET,   /* send to stderr with MSG_DONTWAIT */
    OUT_UNPOLLED, /* a regular file: writes do not wait for anybody */
};

static struct {
    pthread_mutex_t lock; /* held for one line; nothing under it blocks */
    const char *program;
    bool is_journal;
    enum out_kind kind;
    int fd;
    bool is_mid_line; /* the last write was taken only in part */
    uint64_t dropped;
} out = {.lock = PTHREAD_MUTEX_INITIALIZER, .program = "framering", .fd = STDERR_FILENO};

static bool stderr_is_journal(const struct stat *st)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long dev, ino;
    char end;

    if (!stream || sscanf(stream, "%llu:%llu%c", &dev, &ino, &end) != 2)
        return false;
    return st->st_dev == dev && st->st_ino == ino;
}

/* A program started with a standard descriptor closed would get its camera or its ring under that
 * number, and write log lines into it. */
static void open_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR | O_NOCTTY); /* takes the lowest number that is free */
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

void fr_log_init(const char *program)
{
    struct stat st;

    open_standard_descriptors();
    fr_log_fini();
    pthread_mutex_lock(&out.lock);
    out.program = program;
    out.is_journal = false;
    out.is_mid_line = false;
    if (fstat(STDERR_FILENO, &st) == 0) {
        out.is_journal = stderr_is_journal(&st);
        if (S_ISSOCK(st.st_mode)) {
            out.kind = OUT_SOCKET;
        } else if (S_ISREG(st.st_mode)) {
            out.kind = OUT_UNPOLLED;
        } else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
            int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
            if (fd >= 0) {
                out.kind = OUT_OWN;
                out.fd = fd;
            }
        }
    }
    pthread_mutex_unlock(&out.lock);
}

void fr_log_fini(void)
{
    pthread_mutex_lock(&out.lock);
    if (out.kind == OUT_OWN)
        close(out.fd);
    out.kind = OUT_POLLED;
    out.fd = STDERR_FILENO;
    pthread_mutex_unlock(&out.lock);
}

/* 0: the bytes are out, or as good as (stderr is closed or broken: nobody is there to be told).
 * -EAGAIN: nothing was taken. */
static int put(const char *bytes, size_t n)
{
    ssize_t done;

    do {
        if (out.kind == OUT_POLLED) {
            struct pollfd pollfd = {.fd = out.fd, .events = POLLOUT};
            if (poll(&pollfd, 1, 0) <= 0) /* an error is an event too: write() tells which */
                return -EAGAIN;
        }
        done = out.kind == OUT_SOCKET ? send(out.fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL)
                                      : write(out.fd, bytes, n);
    } while (done < 0 && errno == EINTR);
    if (done < 0)
        return errno == EAGAIN || errno == ENOBUFS ? -EAGAIN : 0;
    out.is_mid_line = (size_t)done < n;
    return 0;
}

/* Puts prefix, escaped text and newline together. Returns the length. */
static size_t compose(char line[FR_LOG_LINE_MAX], int level, const char *text)
{
    int prefix = out.is_journal ? snprintf(line, FR_LOG_LINE_MAX, "<%d>", level & LOG_PRIMASK)
                                : snprintf(line, FR_LOG_LINE_MAX, "%.64s: ", out.program);
    size_t n = (size_t)prefix;

    if (out.is_mid_line) { /* a new line, so that this one does not hang on to half a line */
        memmove(line + 1, line, n);
        line[0] = '\n';
        n++;
    }
    fr_log_escape(text, line + n, FR_LOG_LINE_MAX - n - 1);
    n += strlen(line + n);
    line[n++] = '\n';
    return n;
}

void fr_log(int level, const char *fmt, ...)
{
    int saved_errno = errno;
    char text[FR_LOG_LINE_MAX], line[FR_LOG_LINE_MAX];
    va_list args;

    va_start(args, fmt);
    int length = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (length >= (int)sizeof text)
        memcpy(text + sizeof text - 4, "...", 4);

    pthread_mutex_lock(&out.lock);
    int r = 0;
    if (out.dropped > 0) {
        char notice[128];
        snprintf(notice, sizeof notice, "%llu log lines were lost here: nobody read them in time",
                 (unsigned long long)out.dropped);
        r = put(line, compose(line, LOG_WARNING, notice));
        if (r == 0)
            out.dropped = 0;
    }
    if (r == 0)
        r = put(line, compose(line, level, length < 0 ? fmt : text));
    if (r < 0)
        out.dropped++;
    pthread_mutex_unlock(&out.lock);
    errno = saved_errno;
}

uint64_t fr_log_dropped(void)
{
    pthread_mutex_lock(&out.lock);
    uint64_t dropped = out.dropped;
    pthread_mutex_unlock(&out.lock);
    return dropped;
}
