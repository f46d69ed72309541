/* ioctl() with the interruptions taken out, and mmap(). */
#include "capture/v4l2_ioctl.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

enum { TRIES_MAX = 64 };

int fr_v4l2_ioctl(int fd, unsigned long request, void *argument)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        if (ioctl(fd, request, argument) >= 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
    return -EINTR;
}

void *fr_v4l2_map(int fd, size_t bytes, uint32_t offset)
{
    void *data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, (off_t)offset);
    return data == MAP_FAILED ? NULL : data;
}
