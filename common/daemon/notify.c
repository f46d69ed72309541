/* The protocol of sd_notify(3), spoken by ourselves, for libsystemd's sd_notify() waits as long as the manager
 * does not read its socket, and no camera stops for that.
 *
 * What is to be told goes into a box, and from there as one message to the manager, without waiting. When the
 * manager's socket is full it stays in the box, where a newer status takes the place of an older one, and a
 * thread waits for room; it ends when the box is empty. So there is no thread while the manager reads. Other
 * errors are told to nobody, for there is nobody; what is in the box then goes with the next message.
 */
#include "common/daemon/notify.h"

#include "common/daemon/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    pthread_mutex_t lock; /* held for one message; nothing under it blocks */
    bool is_ready, is_alive, is_stopping;
    char status[1024]; /* escaped; "": none */
    int waiting_fd;    /* the socket on which the thread waits for room, or -1: no thread */
} box = {.lock = PTHREAD_MUTEX_INITIALIZER, .waiting_fd = -1};

bool fr_notify_has_manager(void)
{
    const char *address = getenv("NOTIFY_SOCKET");
    return address && *address;
}

/* A socket to the manager; negative errno when there is none to be had. */
static int open_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *name = getenv("NOTIFY_SOCKET");
    size_t length = name ? strlen(name) : 0;

    if (length < 2 || length >= sizeof address.sun_path || (*name != '/' && *name != '@'))
        return -EAFNOSUPPORT;
    memcpy(address.sun_path, name, length);
    if (*name == '@')
        address.sun_path[0] = 0; /* an abstract name */
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

/* Tells all that is in the box, and empties it. -EAGAIN: there is no room now. With the lock. */
static int tell(int fd)
{
    char message[sizeof box.status + 64];
    int n = snprintf(message, sizeof message, "%s%s%s%s%s", box.is_ready ? "READY=1\n" : "",
                     box.is_alive ? "WATCHDOG=1\n" : "", *box.status ? "STATUS=" : "", box.status,
                     *box.status ? "\n" : "");
    n += snprintf(message + n, sizeof message - (size_t)n, "%s",
                  box.is_stopping ? "STOPPING=1\n" : "");
    ssize_t sent;
    do
        sent = send(fd, message, (size_t)n - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0)
        return -errno;
    box.is_ready = box.is_alive = box.is_stopping = false;
    box.status[0] = 0;
    return 0;
}

static void *wait_for_room(void *unused)
{
    bool is_done;

    (void)unused;
    do {
        /* Nobody else closes it, nor puts another in its place, while we are there. */
        struct pollfd room = {.fd = box.waiting_fd, .events = POLLOUT};
        int rc = poll(&room, 1, -1);
        pthread_mutex_lock(&box.lock);
        is_done = rc < 0 || tell(box.waiting_fd) != -EAGAIN;
        if (is_done) {
            close(box.waiting_fd);
            box.waiting_fd = -1;
        }
        pthread_mutex_unlock(&box.lock);
    } while (!is_done);
    return NULL;
}

static int start_waiting(void)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;

    int rc = pthread_attr_init(&attributes);
    if (rc)
        return -rc;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all); /* signals are for the program's own threads */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    rc = -pthread_create(&thread, &attributes, wait_for_room, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return rc;
}

/* Something has come into the box. With the lock. */
static void tell_or_wait(void)
{
    if (box.waiting_fd >= 0)
        return; /* the thread takes it along */
    int fd = open_socket();
    if (fd < 0)
        return;
    if (tell(fd) != -EAGAIN) {
        close(fd);
        return;
    }
    box.waiting_fd = fd;
    if (start_waiting() < 0) {
        close(fd);
        box.waiting_fd = -1;
    }
}

static void set_and_tell(bool *flag)
{
    pthread_mutex_lock(&box.lock);
    *flag = true;
    tell_or_wait();
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
    tell_or_wait();
    pthread_mutex_unlock(&box.lock);
}

void fr_notify_watchdog(void)
{
    set_and_tell(&box.is_alive);
}

void fr_notify_stopping(void)
{
    set_and_tell(&box.is_stopping);
}

int64_t fr_notify_watchdog_interval_ns(void)
{
    const char *text = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    unsigned long long timeout_us;
    char end;

    if (!text || sscanf(text, "%llu%c", &timeout_us, &end) != 1 || timeout_us > INT64_MAX / 1000)
        return 0;
    if (pid && strtoll(pid, NULL, 10) != getpid()) /* it means another process */
        return 0;
    return (int64_t)timeout_us * 1000 / 2;
}
