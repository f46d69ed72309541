/* The ring from end to end in one process or two: frames come out as they went in, in both
 * modes. */
#include "tests/ipc/ipc.h"

#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>

START_TEST(frames_come_out_as_they_went_in)
{
    ipc_begin();
    for (int mode = FR_READ_PINNED; mode <= FR_READ_PEEK; mode++) {
        struct fr_epoch_options options = ipc_options(FR_FOURCC_YU12, 64, 48);
        struct fr_writer *writer = ipc_writer(&options);
        struct fr_reader *reader;
        struct fr_frame frame;
        ck_assert_int_eq(fr_reader_open("cam0", (enum fr_read_mode)mode, &reader), 0);
        ck_assert_int_eq(ipc_publish(writer, 1), 0); /* before the reader came: not for it */
        ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT);

        for (uint64_t n = 2; n < 200; n++) {
            ck_assert_int_eq(ipc_publish(writer, (int)(n & 0xff)), 0);
            int rc = fr_reader_next(reader, SECOND, &frame);
            ck_assert_msg(rc == 0, "frame %llu: %d %s", (unsigned long long)n, rc,
                          fr_reader_reason(reader));
            ck_assert_uint_eq(frame.number, n);
            ck_assert_uint_eq(frame.missed, 0);
            ck_assert_uint_eq(frame.n_planes, 3);
            ck_assert_uint_eq(frame.planes[0].data[0], n & 0xff);
            ck_assert_uint_eq(frame.planes[2].data[frame.planes[2].size_bytes - 1], n & 0xff);
            ck_assert_int_eq(fr_reader_release(reader, &frame), 0);
        }
        ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT);
        fr_writer_close(writer);
        ck_assert_int_eq(fr_reader_next(reader, SECOND, &frame), -ENOTCONN);
        ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT);
        fr_reader_close(reader);
        ck_assert_uint_eq(ipc_objects(), 0);
    }
}
END_TEST

START_TEST(lagging_reader_gets_the_oldest_or_the_newest_and_the_gap)
{
    ipc_begin();
    struct fr_epoch_options options = ipc_options(FR_FOURCC_GREY, 64, 48);
    struct fr_writer *writer = ipc_writer(&options);
    struct fr_reader *reader;
    struct fr_frame frame;
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PINNED, &reader), 0);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT);
    for (int n = 1; n <= 100; n++)
        ck_assert_int_eq(ipc_publish(writer, n), 0);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), 0);
    ck_assert_uint_gt(frame.number, 90);
    ck_assert_uint_eq(frame.missed, frame.number - 1);
    ck_assert_uint_eq(frame.planes[0].data[0], frame.number);
    ck_assert_int_eq(fr_reader_release(reader, &frame), 0);
    ck_assert_int_eq(fr_reader_latest(reader, 0, &frame), 0);
    ck_assert_uint_eq(frame.number, 100);
    ck_assert_int_eq(fr_reader_release(reader, &frame), 0);
    fr_reader_close(reader);
    fr_writer_close(writer);
}
END_TEST

START_TEST(killed_writer_is_noticed_and_followed)
{
    ipc_begin();
    struct fr_reader *reader;
    struct fr_frame frame;
    struct fr_ring_info info;
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PEEK, &reader), 0);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ENOTCONN);
    for (unsigned round = 1; round <= 3; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            struct fr_epoch_options options = ipc_options(FR_FOURCC_GREY, 64 * round, 48);
            struct fr_writer *writer = ipc_writer(&options);
            for (;;) {
                ipc_publish(writer, (int)round);
                usleep(1000);
            }
        }
        ck_assert_int_eq(fr_reader_next(reader, 10 * (int64_t)SECOND, &frame), 0);
        ck_assert_uint_eq(frame.epoch, round);
        ck_assert_uint_eq(frame.format.width_px, 64 * round);
        fr_reader_release(reader, &frame);
        kill(pid, SIGKILL);
        ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
        int rc;
        while ((rc = fr_reader_next(reader, 10 * (int64_t)SECOND, &frame)) == 0)
            fr_reader_release(reader, &frame);
        ck_assert_int_eq(rc, -ENOTCONN);
        ck_assert_int_eq(fr_ring_info("cam0", &info), 0);
        ck_assert_int_eq(info.state, FR_RING_DEAD);
    }
    fr_reader_close(reader);
    char reason[256];
    ck_assert_int_eq(fr_ring_remove("cam0", reason, sizeof reason), 0);
    ck_assert_uint_eq(ipc_objects(), 0);
}
END_TEST

START_TEST(a_reader_that_pins_all_blinds_nobody)
{
    ipc_begin();
    struct fr_epoch_options options = ipc_options(FR_FOURCC_GREY, 64, 48);
    struct fr_writer *writer = ipc_writer(&options);
    struct fr_reader *hog, *honest;
    struct fr_frame held[FR_SLOTS_MAX], frame;
    struct fr_ring_info info;
    unsigned n_held = 0;
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PINNED, &hog), 0);
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PEEK, &honest), 0);
    ck_assert_int_eq(fr_reader_next(hog, 0, &frame), -ETIMEDOUT);
    ck_assert_int_eq(fr_reader_next(honest, 0, &frame), -ETIMEDOUT);
    bool was_told = false;
    for (uint64_t n = 1; n <= 100; n++) {
        ck_assert_int_eq(ipc_publish(writer, (int)n), 0);
        int rc = fr_reader_next(hog, 0, &held[n_held]);
        if (rc == 0)
            n_held++;
        was_told |= rc == -EBUSY;
        ck_assert_int_eq(fr_reader_next(honest, 0, &frame), 0);
        ck_assert_uint_eq(frame.number, n);
        ck_assert_uint_eq(frame.planes[0].data[0], n);
        ck_assert_int_eq(fr_reader_release(honest, &frame), 0);
    }
    ck_assert(was_told);
    ck_assert_uint_eq(n_held, 6);
    ck_assert_int_eq(fr_ring_info("cam0", &info), 0);
    ck_assert_uint_ge(info.withheld, 90);
    unsigned pins = 0;
    for (unsigned i = 0; i < info.slots; i++)
        pins += info.slot[i].pins;
    ck_assert_uint_eq(pins, 6);
    for (unsigned i = 0; i < n_held; i++) {
        ck_assert_uint_eq(held[i].planes[0].data[5], held[i].number);
        ck_assert_int_eq(fr_reader_release(hog, &held[i]), 0);
    }
    ck_assert_int_eq(ipc_publish(writer, 1), 0);
    ck_assert_int_eq(fr_reader_next(hog, 0, &frame), 0);
    fr_reader_release(hog, &frame);
    fr_reader_close(hog);
    fr_reader_close(honest);
    fr_writer_close(writer);
    ck_assert_uint_eq(ipc_objects(), 0);
}
END_TEST

static uint64_t thread_sleeps(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (uint64_t)usage.ru_nvcsw;
}

/* A wait is one sleep in the kernel, for a frame as for a ring. Who polls every millisecond sleeps
 * two hundred times meanwhile. */
START_TEST(nothing_is_polled_while_nothing_comes)
{
    ipc_begin();
    struct fr_epoch_options options = ipc_options(FR_FOURCC_GREY, 64, 48);
    struct fr_reader *reader;
    struct fr_frame frame;
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PINNED, &reader), 0);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ENOTCONN);
    uint64_t before = thread_sleeps();
    ck_assert_int_eq(fr_reader_next(reader, SECOND / 5, &frame), -ETIMEDOUT);
    ck_assert_uint_le(thread_sleeps() - before, 5);

    struct fr_writer *writer = ipc_writer(&options);
    ck_assert_int_eq(fr_reader_next(reader, 0, &frame), -ETIMEDOUT);
    before = thread_sleeps();
    ck_assert_int_eq(fr_reader_next(reader, SECOND / 5, &frame), -ETIMEDOUT);
    ck_assert_uint_le(thread_sleeps() - before, 5);
    fr_reader_close(reader);
    fr_writer_close(writer);
}
END_TEST

/* System V memory is no file of anybody's, so that no limit of a folder counts and no reader's is
 * cut off. */
START_TEST(the_ring_is_no_file_in_dev_shm)
{
    ipc_begin();
    struct fr_epoch_options options = ipc_options(FR_FOURCC_GREY, 64, 48);
    struct fr_writer *writer = ipc_writer(&options);
    uintptr_t slot = (uintptr_t)fr_writer_slot(writer, 0);
    FILE *maps = fopen("/proc/self/maps", "r");
    ck_assert_ptr_nonnull(maps);
    char line[512], name[256] = "";
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        char path[256] = "";
        if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %255s", &from, &to, path) >= 2 && slot >= from &&
            slot < to)
            memcpy(name, path, sizeof name);
    }
    fclose(maps);
    ck_assert_msg(strncmp(name, "/SYSV", 5) == 0, "the slot is in \"%s\"", name);
    fr_writer_close(writer);
}
END_TEST

UNIT_MAIN("ring", frames_come_out_as_they_went_in,
          lagging_reader_gets_the_oldest_or_the_newest_and_the_gap,
          killed_writer_is_noticed_and_followed, a_reader_that_pins_all_blinds_nobody,
          nothing_is_polled_while_nothing_comes, the_ring_is_no_file_in_dev_shm)
