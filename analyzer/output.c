#include "analyzer/output.h"
#include "common/daemon/clock.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct line {
    char *text;
    size_t length;
};

struct fr_output {
    int fd;
    int stop_fd; /* readable when the thread is to leave whatever it waits for */
    fr_output_missing *missing;
    void *userdata;
    pthread_t thread;
    size_t room;

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t filled; /* there is a line, or is_closing */
    pthread_cond_t drained;
    struct line *lines; /* a ring of `room` */
    size_t first, n;
    bool is_busy; /* a line is being written */
    bool is_closing;
    uint64_t untold; /* dropped, and not yet told in the output itself */
    struct fr_output_counts counts;
};

/* 0: there is room for PIPE_BUF bytes (or an error that write() will tell); -ECANCELED. */
static int wait_for_room(const struct fr_output *output)
{
    struct pollfd fds[] = {{.fd = output->fd, .events = POLLOUT},
                           {.fd = output->stop_fd, .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        if (fds[0].revents)
            return 0;
        if (fds[1].revents)
            return -ECANCELED;
    }
}

static int write_line(const struct fr_output *output, const char *text, size_t length)
{
    while (length) {
        int r = wait_for_room(output);
        if (r < 0)
            return r;
        ssize_t n = write(output->fd, text, length < PIPE_BUF ? length : PIPE_BUF);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            if (errno != EAGAIN)
                return -errno;
            /* Non-blocking, by somebody else's doing, and full although poll() did not say so (a
             * terminal can): do not spin, nor for ever. */
            if (poll(&(struct pollfd){.fd = output->stop_fd, .events = POLLIN}, 1, 10) > 0)
                return -ECANCELED;
            continue;
        }
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

/* Writes what is missing, and then the line. */
static int write_with_missing(struct fr_output *output, const struct line *line, uint64_t untold)
{
    if (untold) {
        size_t length;
        char *text = output->missing(untold, output->userdata, &length);
        int r = text ? write_line(output, text, length) : 0;
        free(text);
        if (r < 0)
            return r;
        pthread_mutex_lock(&output->mutex);
        output->untold -= untold;
        pthread_mutex_unlock(&output->mutex);
    }
    return write_line(output, line->text, line->length);
}

static void count_dropped(struct fr_output *output, uint64_t n, int error)
{
    output->counts.dropped += n;
    output->counts.last_errno = error;
    output->untold += n;
}

static void *run(void *userdata)
{
    struct fr_output *output = userdata;

    pthread_mutex_lock(&output->mutex);
    for (;;) {
        while (!output->n && !output->is_closing)
            pthread_cond_wait(&output->filled, &output->mutex);
        if (!output->n)
            break;
        struct line line = output->lines[output->first];
        output->first = (output->first + 1) % output->room;
        output->n--;
        output->is_busy = true;
        uint64_t untold = output->untold;
        pthread_mutex_unlock(&output->mutex);

        int r = write_with_missing(output, &line, untold);
        free(line.text);

        pthread_mutex_lock(&output->mutex);
        output->is_busy = false;
        if (r == 0)
            output->counts.written++;
        else
            count_dropped(output, 1, -r);
        if (!output->n)
            pthread_cond_signal(&output->drained);
        if (r == -ECANCELED)
            break;
    }
    pthread_mutex_unlock(&output->mutex);
    return NULL;
}

static int start_thread(struct fr_output *output)
{
    /* Signals are the main thread's. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);
    if (!r) {
        pthread_attr_setstacksize(&attributes, 128 * 1024);
        r = pthread_create(&output->thread, &attributes, run, output);
        pthread_attr_destroy(&attributes);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -r;
}

static void destroy(struct fr_output *output)
{
    for (; output->n; output->n--) {
        free(output->lines[output->first].text);
        output->first = (output->first + 1) % output->room;
    }
    if (output->stop_fd >= 0)
        close(output->stop_fd);
    pthread_cond_destroy(&output->drained);
    pthread_cond_destroy(&output->filled);
    pthread_mutex_destroy(&output->mutex);
    free(output->lines);
    free(output);
}

int fr_output_new(int fd, size_t room, fr_output_missing *missing, void *userdata,
                  struct fr_output **ret_output)
{
    struct fr_output *output = calloc(1, sizeof *output);
    if (!output)
        return -ENOMEM;
    output->fd = fd;
    output->missing = missing;
    output->userdata = userdata;
    output->room = room;
    pthread_mutex_init(&output->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&output->filled, &monotonic);
    pthread_cond_init(&output->drained, &monotonic);
    pthread_condattr_destroy(&monotonic);

    output->lines = calloc(room, sizeof *output->lines);
    output->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int r = !output->lines ? -ENOMEM : output->stop_fd < 0 ? -errno : start_thread(output);
    if (r < 0) {
        destroy(output);
        return r;
    }
    *ret_output = output;
    return 0;
}

void fr_output_line(struct fr_output *output, char *line, size_t length)
{
    char *oldest = NULL;

    pthread_mutex_lock(&output->mutex);
    if (!line) {
        count_dropped(output, 1, ENOMEM);
    } else {
        if (output->n == output->room) {
            oldest = output->lines[output->first].text;
            output->first = (output->first + 1) % output->room;
            output->n--;
            count_dropped(output, 1, 0);
        }
        size_t last = (output->first + output->n++) % output->room;
        output->lines[last] = (struct line){.text = line, .length = length};
        pthread_cond_signal(&output->filled);
    }
    pthread_mutex_unlock(&output->mutex);
    free(oldest);
}

void fr_output_counts(struct fr_output *output, struct fr_output_counts *ret_counts)
{
    pthread_mutex_lock(&output->mutex);
    *ret_counts = output->counts;
    pthread_mutex_unlock(&output->mutex);
}

void fr_output_free(struct fr_output *output, int64_t timeout_ns,
                    struct fr_output_counts *ret_counts)
{
    if (!output)
        return;
    int64_t until_ns = fr_now_mono_ns() + timeout_ns;
    struct timespec until = {.tv_sec = until_ns / FR_NS_PER_S, .tv_nsec = until_ns % FR_NS_PER_S};

    pthread_mutex_lock(&output->mutex);
    output->is_closing = true;
    pthread_cond_signal(&output->filled);
    while ((output->n || output->is_busy) &&
           pthread_cond_timedwait(&output->drained, &output->mutex, &until) == 0)
        ;
    pthread_mutex_unlock(&output->mutex);

    eventfd_write(output->stop_fd, 1);
    pthread_join(output->thread, NULL);
    count_dropped(output, output->n, output->counts.last_errno);
    if (ret_counts)
        *ret_counts = output->counts;
    destroy(output);
}
