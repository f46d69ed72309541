/* One process that is everything at once: a writer, readers of every kind and somebody who cancels,
 * each in a thread. Made for the thread sanitizer, which sees the handles and all that the library
 * keeps in the process; between two attaches of one segment it is blind, which is what the history
 * checker is for.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <pthread.h>

#define EPOCHS  12u
#define FRAMES  150u /* an epoch */
#define READERS 4u
#define CAMERA  "threads"

static struct meet followed[READERS]; /* epochs of which a reader has had a frame */
static atomic_bool stop;

struct thread_reader {
    pthread_t thread;
    unsigned i;
    struct fr_reader *reader;
    struct history history;
    uint64_t cancelled;
};

static void *reader_thread(void *arg)
{
    struct thread_reader *me = arg;
    uint64_t epoch = 0;
    while (!atomic_load(&stop)) {
        struct fr_frame frame;
        int r = me->i & 2 ? fr_reader_latest(me->reader, -1, &frame)
                          : fr_reader_next(me->reader, -1, &frame);
        if (r == -ENOTCONN || r == -EBUSY || r == -EINTR)
            continue;
        if (r == -ECANCELED) {
            me->cancelled++;
            continue;
        }
        must(r == 0, "%s: %s", strerror(-r), fr_reader_reason(me->reader));
        history_taken(&me->history, &frame);
        if (history_release(&me->history, me->reader, &frame, history_look(&frame)) &&
            epoch != me->history.epoch) {
            epoch = me->history.epoch;
            meet_add(&followed[me->i]);
        }
    }
    history_check_counts(&me->history, me->reader);
    return NULL;
}

static void *cancelling_thread(void *arg)
{
    struct thread_reader *readers = arg;
    while (!atomic_load(&stop)) {
        pass_time(NS_PER_MS);
        for (unsigned i = 0; i < READERS; i++)
            fr_reader_cancel(readers[i].reader);
    }
    return NULL;
}

static void *writer_thread(void *arg)
{
    struct camera *camera = arg;
    for (uint32_t e = 1; e <= EPOCHS; e++) {
        struct fr_epoch_options options = camera_options(64 + 8 * e, 48);
        if (camera->writer)
            camera_begin(camera, &options);
        else
            camera_open(camera, CAMERA, &options);
        bool all = false;
        for (uint32_t n = 0; n < FRAMES || !all; n++) {
            must(n < (uint32_t)DEADLINE_S * 5000, "a reader did not follow");
            camera_publish(camera);
            if (n % 8 == 0)
                pass_time(NS_PER_MS / 5);
            all = true;
            for (unsigned i = 0; i < READERS; i++)
                all &= atomic_load(&followed[i].count) >= e;
        }
        camera_verify_slots(camera);
    }
    return NULL;
}

START_TEST(threads_of_one_process_share_a_camera)
{
    static struct thread_reader readers[READERS];
    struct camera camera = {0};
    pthread_t writer, canceller;
    for (unsigned i = 0; i < READERS; i++) {
        readers[i].i = i;
        readers[i].reader = reader_open(CAMERA, i & 1 ? FR_READ_PINNED : FR_READ_PEEK);
        ck_assert_int_eq(pthread_create(&readers[i].thread, NULL, reader_thread, &readers[i]), 0);
    }
    ck_assert_int_eq(pthread_create(&writer, NULL, writer_thread, &camera), 0);
    ck_assert_int_eq(pthread_create(&canceller, NULL, cancelling_thread, readers), 0);
    pthread_join(writer, NULL);
    atomic_store(&stop, true);
    pthread_join(canceller, NULL);
    for (unsigned i = 0; i < READERS; i++) {
        fr_reader_cancel(readers[i].reader);
        pthread_join(readers[i].thread, NULL);
        ck_assert_uint_ge(readers[i].history.n_epochs, EPOCHS);
        ck_assert_uint_ge(readers[i].cancelled, 1);
        fr_reader_close(readers[i].reader);
    }
    fr_writer_close(camera.writer);
}
END_TEST

IPC_MAIN("threads", threads_of_one_process_share_a_camera)
