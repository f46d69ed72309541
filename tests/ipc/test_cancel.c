/* Waits that are cancelled: from another thread and from a signal handler, at every moment, the
 * moment just before the wait begins included. A wait that a cancel has missed would last for ever,
 * and the test with it, until its time is up.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <pthread.h>

#define ROUNDS 10000

static void silent_writer_main(void *arg)
{
    struct meet *ring = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    camera_open(&camera, "silent", &options);
    meet_add(ring);
    for (;;)
        pause();
}

/* A reader that will wait for a frame that never comes ("silent"), or for a ring ("nobody"). */
static struct fr_reader *waiting_reader(const char *camera)
{
    struct fr_frame frame;
    static struct meet *ring;
    if (strcmp(camera, "silent") == 0) {
        ring = shared_alloc(sizeof *ring);
        child_start(silent_writer_main, ring);
        meet_wait(ring, 1);
    }
    struct fr_reader *reader = reader_open(camera, FR_READ_PEEK);
    int r = fr_reader_next(reader, 0, &frame);
    must(r == (ring ? -ETIMEDOUT : -ENOTCONN), "%d", r);
    return reader;
}

/* Keeps the processor for a random while, so that the two meet in every order. */
static void dither(void)
{
    for (uint64_t n = chance(2000); n; n--)
        atomic_signal_fence(memory_order_seq_cst);
}

/* ---------------------------------------------------------------- another thread */

struct pair {
    struct fr_reader *reader;
    struct meet begun; /* rounds that the waiting thread has begun */
    struct meet done;
};

static void *waiting_thread(void *arg)
{
    struct pair *pair = arg;
    struct fr_frame frame;
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        meet_add(&pair->begun);
        int r;
        do { /* the signal of the last cancel may come late, and interrupts as any signal does */
            r = i % 2 ? fr_reader_next(pair->reader, -1, &frame)
                      : fr_reader_latest(pair->reader, -1, &frame);
        } while (r == -EINTR);
        must(r == -ECANCELED, "round %u: %d", i, r);
        meet_add(&pair->done);
    }
    return NULL;
}

static void cancel_from_a_thread(const char *camera)
{
    struct pair pair = {.reader = waiting_reader(camera)};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, waiting_thread, &pair), 0);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        meet_wait(&pair.begun, i); /* it is about to call, has called, or sleeps already */
        if (i % 4 == 0)
            sched_yield();
        dither();
        fr_reader_cancel(pair.reader);
        meet_wait(&pair.done, i);
    }
    pthread_join(thread, NULL);
    struct fr_frame frame; /* each cancelled one wait, and no more */
    ck_assert_int_eq(fr_reader_next(pair.reader, 0, &frame), -ETIMEDOUT);
    fr_reader_close(pair.reader);
}

START_TEST(wait_for_a_frame_is_cancelled_from_another_thread)
{
    cancel_from_a_thread("silent");
}
END_TEST

START_TEST(wait_for_a_ring_is_cancelled_from_another_thread)
{
    cancel_from_a_thread("nobody");
}
END_TEST

/* ---------------------------------------------------------------- a signal handler */

static struct fr_reader *to_cancel;
static volatile sig_atomic_t signals;

static void cancelling_handler(int signal)
{
    (void)signal;
    signals = signals + 1;
    fr_reader_cancel(to_cancel);
}

static void plain_handler(int signal)
{
    (void)signal;
    signals = signals + 1;
}

static timer_t timer_to_signal(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    must(sigaction(SIGUSR1, &action, NULL) == 0, "%s", strerror(errno));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "%s", strerror(errno));
    return timer;
}

static void timer_in(timer_t timer, int64_t ns)
{
    struct itimerspec at = {.it_value = {.tv_nsec = (long)ns}};
    must(timer_settime(timer, 0, &at, NULL) == 0, "%s", strerror(errno));
}

/* The thread sanitizer puts handlers off until the thread next calls something that it knows to
 * block, and semtimedop() is none of these: under it no handler can end a wait. */
static bool handlers_are_put_off(void)
{
#if defined(__SANITIZE_THREAD__)
    fprintf(stderr, "left out: signal handlers, which the thread sanitizer delays\n");
    return true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    fprintf(stderr, "left out: signal handlers, which the thread sanitizer delays\n");
    return true;
#endif
#endif
    return false;
}

static void cancel_from_a_handler(const char *camera)
{
    if (handlers_are_put_off())
        return;
    struct fr_reader *reader = to_cancel = waiting_reader(camera);
    timer_t timer = timer_to_signal(cancelling_handler);
    struct fr_frame frame;
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        timer_in(timer, 1 + (int64_t)chance(20000)); /* before, while or after the call begins */
        dither();
        int r = fr_reader_next(reader, -1, &frame);
        must(r == -ECANCELED, "round %u: %d", i, r);
        must(signals == (sig_atomic_t)i, "round %u: %d signals", i, (int)signals);
    }
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT);
    timer_delete(timer);
    fr_reader_close(reader);
}

START_TEST(wait_for_a_frame_is_cancelled_from_a_signal_handler)
{
    cancel_from_a_handler("silent");
}
END_TEST

START_TEST(wait_for_a_ring_is_cancelled_from_a_signal_handler)
{
    cancel_from_a_handler("nobody");
}
END_TEST

START_TEST(handler_that_does_not_cancel_interrupts)
{
    static const char *const cameras[] = {"nobody", "silent"};
    for (unsigned i = 0; i < 2 && !handlers_are_put_off(); i++) {
        struct fr_reader *reader = waiting_reader(cameras[i]);
        timer_t timer = timer_to_signal(plain_handler);
        struct fr_frame frame;
        signals = 0;
        /* Again and again, for a signal that comes before the wait begins is nobody's business. */
        struct itimerspec often = {.it_value = {.tv_nsec = 20 * NS_PER_MS},
                                   .it_interval = {.tv_nsec = 20 * NS_PER_MS}};
        ck_assert_int_eq(timer_settime(timer, 0, &often, NULL), 0);
        ck_assert_int_eq(fr_reader_next(reader, DEADLINE_S * NS_PER_S, &frame), -EINTR);
        ck_assert_int_ge(signals, 1);
        timer_delete(timer);
        fr_reader_close(reader);
    }
}
END_TEST

START_TEST(cancel_before_the_call_cancels_the_next_wait_once)
{
    static const char *const cameras[] = {"nobody", "silent"};
    for (unsigned i = 0; i < 2; i++) {
        struct fr_reader *reader = waiting_reader(cameras[i]);
        struct fr_frame frame;
        fr_reader_cancel(reader);
        fr_reader_cancel(reader);
        ck_assert_int_eq(fr_reader_next(reader, -1, &frame), -ECANCELED);
        ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT);
        fr_reader_close(reader);
    }
}
END_TEST

IPC_MAIN("cancel", wait_for_a_frame_is_cancelled_from_another_thread,
         wait_for_a_ring_is_cancelled_from_another_thread,
         wait_for_a_frame_is_cancelled_from_a_signal_handler,
         wait_for_a_ring_is_cancelled_from_a_signal_handler,
         handler_that_does_not_cancel_interrupts, cancel_before_the_call_cancels_the_next_wait_once)
