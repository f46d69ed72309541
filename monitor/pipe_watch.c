/* Notices that nobody reads our pipe any more. */
#include "monitor/pipe_watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct pipe_watch {
    pthread_t thread;
    int fd;
    int stop_fd;
    struct fr_reader *reader;
    atomic_bool is_closed;
};

static void *watch_pipe(void *argument)
{
    struct pipe_watch *watch = argument;
    /* No events asked for: only the errors, which always come. */
    struct pollfd fds[2] = {{.fd = watch->fd}, {.fd = watch->stop_fd, .events = POLLIN}};

    while (poll(fds, 2, -1) < 0 && errno == EINTR)
        ;
    if (fds[0].revents & (POLLERR | POLLHUP)) {
        atomic_store_explicit(&watch->is_closed, true, memory_order_relaxed);
        fr_reader_cancel(watch->reader);
    }
    return NULL;
}

int pipe_watch_new(int fd, struct fr_reader *reader, struct pipe_watch **ret_watch)
{
    struct pipe_watch *watch = calloc(1, sizeof *watch);
    sigset_t all, before;

    if (!watch)
        return -ENOMEM;
    watch->fd = fd;
    watch->reader = reader;
    watch->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (watch->stop_fd < 0) {
        int rc = -errno;
        free(watch);
        return rc;
    }
    /* Signals are for the thread that reads frames. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int rc = -pthread_create(&watch->thread, NULL, watch_pipe, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc < 0) {
        close(watch->stop_fd);
        free(watch);
        return rc;
    }
    *ret_watch = watch;
    return 0;
}

void pipe_watch_free(struct pipe_watch *watch)
{
    if (!watch)
        return;
    eventfd_write(watch->stop_fd, 1);
    pthread_join(watch->thread, NULL);
    close(watch->stop_fd);
    free(watch);
}

bool pipe_watch_is_closed(const struct pipe_watch *watch)
{
    /* Relaxed: a flag that guards nothing else; whoever is cancelled looks at it then. */
    return atomic_load_explicit(&watch->is_closed, memory_order_relaxed);
}
