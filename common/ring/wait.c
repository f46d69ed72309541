/* See wait.h. */
#include "common/ring/wait.h"

#include "common/ring/mono.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define CANCEL_SIGNAL SIGURG /* ignored by default, so that a stray one harms nobody */

enum { IMPOSSIBLE = 0xffff };

static_assert(sizeof(((struct fr_wait *)0)->operation) == sizeof(struct sembuf),
              "as the kernel has it");

int64_t fr_wait_deadline(int64_t timeout_ns)
{
    if (timeout_ns < 0)
        return -1;
    int64_t now = fr_mono_ns();
    return timeout_ns > INT64_MAX - now ? -1 : now + timeout_ns;
}

/* The time left, for the kernel; NULL for ever. */
static struct timespec *time_left(int64_t deadline_mono_ns, struct timespec *buf)
{
    if (deadline_mono_ns < 0)
        return NULL;
    int64_t left = deadline_mono_ns - fr_mono_ns();
    if (left < 0)
        left = 0;
    *buf = (struct timespec){.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    return buf;
}

static void do_nothing(int signal_number)
{
    (void)signal_number;
}

int fr_wait_init(struct fr_wait *wait)
{
    struct sigaction old, action = {.sa_handler = do_nothing};

    memset(wait, 0, sizeof *wait);
    wait->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wait->event_fd < 0)
        return -errno;
    /* A signal that is ignored does not interrupt; one that the program handles does. */
    if (sigaction(CANCEL_SIGNAL, NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) &&
        (old.sa_handler == SIG_DFL || old.sa_handler == SIG_IGN))
        sigaction(CANCEL_SIGNAL, &action, NULL);
    return 0;
}

void fr_wait_fini(struct fr_wait *wait)
{
    if (wait->event_fd >= 0)
        close(wait->event_fd);
    wait->event_fd = -1;
}

void fr_wait_cancel(struct fr_wait *wait)
{
    int saved = errno;
    uint64_t one = 1;

    /* In this order (sequentially consistent, as all of this is but one first look): a waiter that
     * stores its number over ours looks at is_cancelled after that, and sees it. */
    atomic_store(&wait->is_cancelled, true);
    atomic_store(&wait->operation.number, IMPOSSIBLE);
    if (write(wait->event_fd, &one, sizeof one) < 0) {
        /* it is full of ones: readable, which is all that counts */
    }
    /* Sequentially consistent with the store of waiting_tid: either the waiter's later look at the
     * operation sees it impossible, or we see the waiter here. */
    pid_t tid = atomic_load(&wait->waiting_tid);
    if (tid != 0 && tid != (pid_t)syscall(SYS_gettid))
        syscall(SYS_tgkill, getpid(), tid, CANCEL_SIGNAL);
    errno = saved;
}

bool fr_wait_take_cancel(struct fr_wait *wait)
{
    uint64_t count;
    /* Relaxed: a look that saves an exchange. A cancel that it is too early for is there the next
     * time. */
    if (!atomic_load_explicit(&wait->is_cancelled, memory_order_relaxed) ||
        !atomic_exchange(&wait->is_cancelled, false))
        return false;
    if (read(wait->event_fd, &count, sizeof count) < 0) {
        /* already empty: the same cancel, seen twice */
    }
    return true;
}

static pid_t own_tid(void)
{
    static _Thread_local pid_t tid;
    if (tid == 0)
        tid = (pid_t)syscall(SYS_gettid);
    return tid;
}

/* A thread that blocks the signal could not be woken. Once a thread. */
static void prepare_thread(struct fr_wait *wait, pid_t tid)
{
    sigset_t set;
    if (wait->prepared_tid == tid)
        return;
    sigemptyset(&set);
    sigaddset(&set, CANCEL_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    wait->prepared_tid = tid;
}

int fr_wait_for_zero(struct fr_wait *wait, int sem_id, uint32_t number, int64_t deadline_mono_ns)
{
    struct timespec buf;
    pid_t tid = own_tid();
    int rc;

    prepare_thread(wait, tid);
    wait->operation.by = 0;
    wait->operation.flags = 0;
    atomic_store(&wait->operation.number, (unsigned short)number);
    atomic_store(&wait->waiting_tid, tid);
    /* A cancel before the store of `number` shows here; one after it has spoilt the operation. */
    if (atomic_load(&wait->is_cancelled))
        rc = -EFBIG;
    else
        rc = semtimedop(sem_id, (struct sembuf *)(void *)&wait->operation, 1,
                        time_left(deadline_mono_ns, &buf)) < 0
                 ? -errno
                 : 0;
    atomic_store(&wait->waiting_tid, 0);

    if (rc < 0 && fr_wait_take_cancel(wait))
        return -ECANCELED;
    switch (rc) {
    case -EAGAIN:
        return -ETIMEDOUT;
    case -EINVAL:
        return -EIDRM;
    case -EFBIG: /* cancelled, and somebody took the cancel: as good as a signal */
        return -EINTR;
    default:
        return rc;
    }
}

int fr_wait_for_fd(struct fr_wait *wait, int fd, int64_t deadline_mono_ns)
{
    struct timespec buf;
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = wait->event_fd, .events = POLLIN}};
    int n = ppoll(fds, 2, time_left(deadline_mono_ns, &buf), NULL);
    int rc = n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
    return fr_wait_take_cancel(wait) ? -ECANCELED : rc;
}
