#include "analyzer/signal_watch.h"
#include "common/daemon/signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { STACK_BYTES = 128 * 1024 };

struct fr_signal_watch {
    int signal_fd;
    int end_fd; /* readable when the thread is to end */
    struct fr_reader *reader;
    pthread_t thread;
    atomic_bool is_stopping; /* flags alone: nothing else is handed over with them */
    atomic_bool is_reloading;
    atomic_int failed;
};

static void *run(void *userdata)
{
    struct fr_signal_watch *watch = userdata;
    struct pollfd fds[] = {{.fd = watch->signal_fd, .events = POLLIN},
                           {.fd = watch->end_fd, .events = POLLIN}};

    for (;;) {
        int number = poll(fds, 2, -1) < 0 ? (errno == EINTR ? 0 : -errno) : 0;
        if (number == 0 && fds[1].revents)
            return NULL;
        if (number == 0)
            number = fr_signals_read(watch->signal_fd);
        if (number == 0)
            continue;
        /* Nobody could stop a program that is deaf to signals but with a kill: it ends by
         * itself. */
        if (number < 0)
            atomic_store(&watch->failed, number);
        atomic_store(number == SIGHUP ? &watch->is_reloading : &watch->is_stopping, true);
        fr_reader_cancel(watch->reader);
        if (number < 0)
            return NULL;
    }
}

int fr_signal_watch_new(int signal_fd, struct fr_reader *reader, struct fr_signal_watch **ret_watch)
{
    struct fr_signal_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->signal_fd = signal_fd;
    watch->reader = reader;
    watch->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watch->end_fd < 0) {
        int r = -errno;
        free(watch);
        return r;
    }
    pthread_attr_t attributes;
    int r = pthread_attr_init(&attributes);
    if (r == 0) {
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        r = pthread_create(&watch->thread, &attributes, run, watch);
        pthread_attr_destroy(&attributes);
    }
    if (r != 0) {
        close(watch->end_fd);
        free(watch);
        return -r;
    }
    *ret_watch = watch;
    return 0;
}

void fr_signal_watch_free(struct fr_signal_watch *watch)
{
    if (!watch)
        return;
    eventfd_write(watch->end_fd, 1);
    pthread_join(watch->thread, NULL);
    close(watch->end_fd);
    free(watch);
}

bool fr_signal_watch_is_stopping(const struct fr_signal_watch *watch)
{
    return atomic_load(&watch->is_stopping);
}

int fr_signal_watch_failed(const struct fr_signal_watch *watch)
{
    return atomic_load(&watch->failed);
}

bool fr_signal_watch_take_reload(struct fr_signal_watch *watch)
{
    return atomic_exchange(&watch->is_reloading, false);
}
