/* What callers may get wrong: each is refused, with the reason where there is a place for it, and
 * harms nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <sys/stat.h>

START_TEST(names_and_modes_that_cannot_be_are_refused)
{
    static const char *const names[] = {"", ".", "..", "../x", "a/b", "-a", "a b"};
    char reason[512] = "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct fr_writer *writer;
        struct fr_reader *reader;
        struct fr_ring_info info;
        ck_assert_int_eq(fr_writer_open(names[i], NULL, &writer, reason, sizeof reason), -EINVAL);
        ck_assert_ptr_nonnull(strstr(reason, "not a camera name"));
        ck_assert_int_eq(fr_writer_open(names[i], NULL, &writer, NULL, 0), -EINVAL);
        ck_assert_int_eq(fr_writer_open(names[i], NULL, &writer, reason, 0), -EINVAL);
        ck_assert_int_eq(fr_reader_open(names[i], FR_READ_PEEK, &reader), -EINVAL);
        ck_assert_int_eq(fr_ring_info(names[i], &info), -EINVAL);
        ck_assert_int_eq(fr_ring_remove(names[i], reason, sizeof reason), -EINVAL);
    }
    struct fr_reader *reader;
    ck_assert_int_eq(fr_reader_open("misuse", (enum fr_read_mode)77, &reader), -EINVAL);
}
END_TEST

START_TEST(a_ring_that_cannot_be_is_refused_with_what_could)
{
    const struct {
        uint32_t slots, hand;
    } wrong[] = {{3, 2}, {8, 1}, {8, 7}, {33, 2}, {UINT32_MAX, 2}, {8, UINT32_MAX}, {1, 0}, {0, 7}};
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_writer *writer;
    struct fr_need need;
    ck_assert_int_eq(fr_writer_open("misuse-ring", NULL, &writer, NULL, 0), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        options.slots = wrong[i].slots;
        options.hand = wrong[i].hand;
        ck_assert_int_lt(fr_epoch_need(&options, &need), 0);
        ck_assert_int_lt(fr_writer_begin(writer, &options), 0);
        ck_assert_ptr_nonnull(strstr(fr_writer_reason(writer), "slots"));
    }
    options = camera_options(64, 48);
    options.geometry.planes[0].offset_bytes = options.geometry.slot_bytes;
    ck_assert_int_lt(fr_writer_begin(writer, &options), 0);
    options.slots = options.hand = 0; /* as many as is usual, and all the rest right */
    options.geometry = camera_options(64, 48).geometry;
    ck_assert_int_eq(fr_writer_begin(writer, &options), 0);
    fr_writer_close(writer);
    fr_writer_close(NULL);
    fr_reader_close(NULL);
}
END_TEST

START_TEST(without_an_epoch_there_is_nothing_to_take_or_to_publish)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_writer *writer;
    struct fr_writer_counts counts;
    uint32_t slot;
    ck_assert_int_eq(fr_writer_open("misuse-epoch", NULL, &writer, NULL, 0), 0);
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(fr_writer_take(writer, &slot), -EAGAIN);
        ck_assert_int_eq(fr_writer_publish(writer, 0, NULL), -EINVAL);
        ck_assert_int_eq(fr_writer_discard(writer, 0, FR_DROP_SHORT), -EINVAL);
        ck_assert_ptr_null(fr_writer_slot(writer, 0));
        ck_assert_uint_eq(fr_writer_slot_bytes(writer), 0);
        ck_assert_int_eq(fr_writer_check(writer), 0);
        fr_writer_count_drop(writer, FR_DROP_SOURCE, 2); /* a camera that is absent may lose some */
        fr_writer_count_drop(writer, FR_DROP_REASONS, 2);
        fr_writer_counts(writer, &counts);
        ck_assert_uint_eq(counts.dropped[FR_DROP_SOURCE], round ? 7 : 2);
        ck_assert_int_eq(fr_writer_begin(writer, &options), 0);
        fr_writer_count_drop(writer, FR_DROP_SOURCE, 3);
        fr_writer_count_drop(writer, FR_DROP_REASONS, 3);
        fr_writer_end(writer);
    }
    fr_writer_counts(writer, &counts);
    ck_assert_uint_eq(counts.dropped[FR_DROP_SOURCE], 10);
    fr_writer_close(writer);
}
END_TEST

START_TEST(only_what_was_taken_is_published_or_given_back)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    uint32_t slot;
    camera_open(&camera, "misuse-slots", &options);
    ck_assert_int_eq(fr_writer_publish(camera.writer, 0, NULL), -EINVAL);
    ck_assert_int_eq(fr_writer_publish(camera.writer, 8, NULL), -EINVAL);
    ck_assert_int_eq(fr_writer_discard(camera.writer, 0, FR_DROP_SHORT), -EINVAL);
    ck_assert_int_eq(fr_writer_discard(camera.writer, UINT32_MAX, FR_DROP_SHORT), -EINVAL);
    ck_assert_ptr_null(fr_writer_slot(camera.writer, 8));
    ck_assert_int_eq(fr_writer_take(camera.writer, &slot), 0);
    ck_assert_int_eq(fr_writer_discard(camera.writer, slot, FR_DROP_SHORT), 0);
    ck_assert_int_eq(fr_writer_discard(camera.writer, slot, FR_DROP_SHORT), -EINVAL);
    ck_assert_int_eq(fr_writer_publish(camera.writer, slot, NULL), -EINVAL);
    camera_publish(&camera);
    fr_writer_close(camera.writer);
}
END_TEST

START_TEST(a_frame_is_given_back_once_and_a_time_that_never_comes_is_for_ever)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;
    struct fr_frame frame;
    camera_open(&camera, "misuse-frame", &options);
    struct fr_reader *reader = reader_open("misuse-frame", FR_READ_PINNED);
    reader_attach(reader);
    camera_publish(&camera);
    ck_assert_int_eq(fr_reader_next(reader, INT64_MAX, &frame), 0);
    ck_assert_int_eq(fr_reader_release(reader, &frame), 0);
    ck_assert_int_eq(fr_reader_release(reader, &frame), -EINVAL);
    struct fr_ring_info info = ring_info("misuse-frame");
    ck_assert_uint_eq(ring_pins(&info), 0);
    fr_reader_close(reader);
    fr_writer_close(camera.writer);
}
END_TEST

/* Whatever stands in the folder's place, or can be written by others, is no place for a ring:
 * readers would refuse it. */
START_TEST(a_folder_that_readers_would_refuse_is_refused_by_the_writer)
{
    char rundir[256], folder[300], reason[512];
    struct fr_writer *writer;
    fr_rundir(0, rundir, sizeof rundir);
    for (int i = 0; i < 4; i++) {
        bool is_others = i == 3;
        snprintf(folder, sizeof folder, "%s/misuse-folder%d", rundir, i);
        if (i == 0) {
            int fd = open(folder, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
            must(fd >= 0, "%s", strerror(errno));
            close(fd);
        } else {
            must(mkdir(folder, 0755) == 0, "%s", strerror(errno));
            must(chmod(folder, i == 1 ? 0775 : i == 2 ? 0757 : 0755) == 0, "%s", strerror(errno));
        }
        if (is_others && (!can_be_others() || chown(folder, user_reader.uid, user_reader.gid) < 0))
            break;
        ck_assert_int_eq(
            fr_writer_open(strrchr(folder, '/') + 1, NULL, &writer, reason, sizeof reason), -EPERM);
        ck_assert_ptr_nonnull(strstr(reason, "nobody else can write"));
    }
    ck_assert_int_eq(chmod(rundir, 0775), 0);
    ck_assert_int_eq(fr_writer_open("misuse-any", NULL, &writer, reason, sizeof reason), -EPERM);
    ck_assert_int_eq(chmod(rundir, 0755), 0);
    ck_assert_int_eq(fr_writer_open("misuse-any", "no such group", &writer, reason, sizeof reason),
                     -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "no such group"));
    ck_assert_int_eq(fr_writer_open("misuse-any", "", &writer, reason, sizeof reason), 0);
    fr_writer_close(writer);
}
END_TEST

static int n_listed;

static int stop_at_the_second(const char *camera, void *userdata)
{
    (void)camera, (void)userdata;
    return ++n_listed == 2 ? 7 : 0;
}

START_TEST(a_list_ends_where_its_caller_wants_no_more)
{
    struct fr_writer *writers[3];
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "listed%d", i);
        ck_assert_int_eq(fr_writer_open(name, NULL, &writers[i], NULL, 0), 0);
    }
    ck_assert_int_eq(fr_ring_list(stop_at_the_second, NULL), 7);
    ck_assert_int_eq(n_listed, 2);
    for (int i = 0; i < 3; i++)
        fr_writer_close(writers[i]);
}
END_TEST

static void of_the_program(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
}

/* SIGURG wakes who waits; a program that handles it itself keeps its handler. */
START_TEST(a_signal_that_the_program_handles_is_left_alone)
{
    struct sigaction mine = {.sa_sigaction = of_the_program, .sa_flags = SA_SIGINFO}, now;
    ck_assert_int_eq(sigaction(SIGURG, &mine, NULL), 0);
    fr_reader_close(reader_open("misuse-signal", FR_READ_PEEK));
    ck_assert_int_eq(sigaction(SIGURG, NULL, &now), 0);
    ck_assert(now.sa_sigaction == of_the_program);
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    ck_assert_int_eq(sigaction(SIGURG, &ignored, NULL), 0);
    fr_reader_close(reader_open("misuse-signal", FR_READ_PEEK));
    ck_assert_int_eq(sigaction(SIGURG, NULL, &now), 0);
    ck_assert(now.sa_handler != SIG_IGN && now.sa_handler != SIG_DFL);
}
END_TEST

IPC_MAIN("misuse", names_and_modes_that_cannot_be_are_refused,
         a_ring_that_cannot_be_is_refused_with_what_could,
         without_an_epoch_there_is_nothing_to_take_or_to_publish,
         only_what_was_taken_is_published_or_given_back,
         a_frame_is_given_back_once_and_a_time_that_never_comes_is_for_ever,
         a_folder_that_readers_would_refuse_is_refused_by_the_writer,
         a_list_ends_where_its_caller_wants_no_more,
         a_signal_that_the_program_handles_is_left_alone)
