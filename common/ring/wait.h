/* A wait on a gate that can be cancelled, from a signal handler or another thread, without a race
 * and without polling.
 *
 * The kernel reads the operation of semtimedop() from the process's memory when it enters the call.
 * So cancelling writes an impossible semaphore number there: whoever is about to enter the call is
 * refused at once (EFBIG), and whoever is inside already is woken by a signal, for semtimedop() is
 * never restarted after a handler. In a signal handler of the waiting thread the signal is there
 * already; from another thread one is sent. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fr_wait {
    /* Looks like a struct sembuf to the kernel. */
    struct {
        _Atomic unsigned short number;
        short by;
        short flags;
    } operation;
    atomic_bool is_cancelled;
    _Atomic pid_t waiting_tid; /* 0: nobody waits */
    pid_t prepared_tid;        /* this thread has the signal unblocked */
    int event_fd;              /* readable when cancelled, for the waits that poll() */
};

int fr_wait_init(struct fr_wait *wait);
void fr_wait_fini(struct fr_wait *wait);

/* Any thread, any signal handler. */
void fr_wait_cancel(struct fr_wait *wait);

/* True once after fr_wait_cancel(). */
bool fr_wait_take_cancel(struct fr_wait *wait);

/* Waits until semaphore `number` of the set is 0. deadline_mono_ns below 0: for ever.
 * 0, -EIDRM (also when the set does not exist), -ETIMEDOUT, -ECANCELED, -EINTR. */
int fr_wait_for_zero(struct fr_wait *wait, int sem_id, uint32_t number, int64_t deadline_mono_ns);

/* Waits until `fd` is readable. 0, -ETIMEDOUT, -ECANCELED, -EINTR. */
int fr_wait_for_fd(struct fr_wait *wait, int fd, int64_t deadline_mono_ns);

/* The moment that is timeout_ns from now; -1 for a negative timeout. */
int64_t fr_wait_deadline(int64_t timeout_ns);
