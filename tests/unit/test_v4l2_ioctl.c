/* The one place where drivers are called: rows C10 and C17. ioctl() itself is made up here. */
#include "capture/v4l2_ioctl.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int calls, interruptions, then_errno;

/* Interrupted so many times, then it fails, or does not (then_errno 0). */
int ioctl(int fd, unsigned long request, ...)
{
    (void)fd, (void)request;
    calls++;
    errno = interruptions > 0 ? EINTR : then_errno;
    return interruptions-- > 0 || then_errno ? -1 : 0;
}

static int call(int n, int error)
{
    calls = 0;
    interruptions = n;
    then_errno = error;
    return fr_v4l2_ioctl(7, 4711, NULL);
}

START_TEST(C10_interrupted_calls_are_made_again_but_not_for_ever)
{
    ck_assert_int_eq(call(0, 0), 0);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(call(3, 0), 0);
    ck_assert_int_eq(calls, 4);
    ck_assert_int_eq(call(1000000000, 0), -EINTR);
    ck_assert_int_le(calls, 100);
}
END_TEST

START_TEST(C17_errors_come_back_as_the_driver_gave_them)
{
    static const int errors[] = {ENODEV, EIO, EINVAL, EBUSY, EAGAIN, ENOTTY, ENOSPC, EPIPE};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        ck_assert_int_eq(call(0, errors[i]), -errors[i]);
        ck_assert_int_eq(calls, 1); /* EAGAIN, too, is not asked for twice */
        ck_assert_int_eq(call(2, errors[i]), -errors[i]);
    }
}
END_TEST

START_TEST(a_buffer_is_mapped_for_reading_alone)
{
    char line[256];
    int fd = memfd_create("buffer", MFD_CLOEXEC), is_found = 0;
    ck_assert_int_eq(ftruncate(fd, 8192), 0);
    ck_assert_int_eq((int)pwrite(fd, "picture", 7, 4096), 7);
    const char *data = fr_v4l2_map(fd, 4096, 4096);
    ck_assert_ptr_nonnull(data);
    ck_assert_mem_eq(data, "picture", 7);
    FILE *maps = fopen("/proc/self/maps", "re");
    while (fgets(line, sizeof line, maps))
        if (strtoul(line, NULL, 16) == (unsigned long)data) {
            is_found = 1;
            ck_assert_ptr_nonnull(strstr(line, " r--s "));
        }
    fclose(maps);
    ck_assert_int_eq(is_found, 1);
    errno = 0;
    ck_assert_ptr_null(fr_v4l2_map(-1, 4096, 0));
    ck_assert_int_eq(errno, EBADF);
    close(fd);
}
END_TEST

UNIT_MAIN("v4l2_ioctl", C10_interrupted_calls_are_made_again_but_not_for_ever,
          C17_errors_come_back_as_the_driver_gave_them, a_buffer_is_mapped_for_reading_alone)
