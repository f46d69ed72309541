/* What is to be told goes into a box, and from there to the manager by sd_notify() in a thread of
 * its own, for that call waits as long as the manager does not read its socket, and no camera stops
 * for that. Meanwhile a newer status takes the place of an older one. The thread ends when the box
 * is empty. Errors are told to nobody, for there is nobody; when no thread can be had, the next
 * message takes this one along.
 */
#include "common/daemon/notify.h"

#include "common/daemon/log.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

enum {
    GOODBYE_S = 1, /* so long the end waits for its message to be taken */
    STACK_BYTES = 256 << 10,
};

static struct {
    pthread_mutex_t lock; /* held for one message; nothing under it blocks */
    pthread_cond_t is_told;
    bool has_thread, is_ready, is_alive, is_stopping;
    char status[1024]; /* escaped; "": none */
} box = {.lock = PTHREAD_MUTEX_INITIALIZER, .is_told = PTHREAD_COND_INITIALIZER};

bool fr_notify_has_manager(void)
{
    const char *address = getenv("NOTIFY_SOCKET");
    return address && *address;
}

/* All that is in the box as one message, which empties it. False: there is nothing. With the
 * lock. */
static bool take(char *message, size_t size)
{
    int n = snprintf(message, size, "%s%s%s%s%s", box.is_ready ? "READY=1\n" : "",
                     box.is_alive ? "WATCHDOG=1\n" : "", box.is_stopping ? "STOPPING=1\n" : "",
                     *box.status ? "STATUS=" : "", box.status);
    box.is_ready = box.is_alive = box.is_stopping = false;
    box.status[0] = 0;
    if (n > 0 && message[n - 1] == '\n')
        message[n - 1] = 0;
    return n > 0;
}

static void *tell(void *unused)
{
    char message[sizeof box.status + 64];

    (void)unused;
    pthread_mutex_lock(&box.lock);
    while (take(message, sizeof message)) {
        pthread_mutex_unlock(&box.lock);
        sd_notify(0, message);
        pthread_mutex_lock(&box.lock);
    }
    box.has_thread = false;
    pthread_cond_broadcast(&box.is_told);
    pthread_mutex_unlock(&box.lock);
    return NULL;
}

static int start_telling(void)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;

    int rc = pthread_attr_init(&attributes);
    if (rc)
        return -rc;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = -pthread_create(&thread, &attributes, tell, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return rc;
}

/* Something has come into the box. With the lock. */
static void have_it_told(void)
{
    if (!box.has_thread && fr_notify_has_manager())
        box.has_thread = start_telling() == 0;
}

static void set_and_tell(bool *flag)
{
    pthread_mutex_lock(&box.lock);
    *flag = true;
    have_it_told();
    pthread_mutex_unlock(&box.lock);
}

void fr_notify_ready(void)
{
    set_and_tell(&box.is_ready);
}

void fr_notify_status(const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    pthread_mutex_lock(&box.lock);
    fr_log_escape(text, box.status, sizeof box.status);
    have_it_told();
    pthread_mutex_unlock(&box.lock);
}

void fr_notify_watchdog(void)
{
    set_and_tell(&box.is_alive);
}

void fr_notify_stopping(void)
{
    struct timespec until;

    set_and_tell(&box.is_stopping);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += GOODBYE_S;
    pthread_mutex_lock(&box.lock);
    while (box.has_thread && pthread_cond_timedwait(&box.is_told, &box.lock, &until) == 0)
        ;
    pthread_mutex_unlock(&box.lock);
}

int64_t fr_notify_watchdog_interval_ns(void)
{
    uint64_t timeout_us = 0;

    if (sd_watchdog_enabled(0, &timeout_us) <= 0 || timeout_us > INT64_MAX / 1000)
        return 0;
    return (int64_t)timeout_us * 1000 / 2;
}
