#include "analyzer/frame_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fr_frame_log {
    int fd;
    bool has_failed;
};

int fr_frame_log_open(const char *path, struct fr_frame_log **ret_log)
{
    struct fr_frame_log *log = malloc(sizeof *log);
    if (!log)
        return -ENOMEM;
    *log = (struct fr_frame_log){
        .fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666)};
    if (log->fd < 0) {
        int r = -errno;
        free(log);
        return r;
    }
    *ret_log = log;
    return 0;
}

void fr_frame_log_close(struct fr_frame_log *log)
{
    if (!log)
        return;
    close(log->fd);
    free(log);
}

int fr_frame_log_write(struct fr_frame_log *log, const struct fr_frame *frame, uint64_t hash,
                       enum fr_frame_verdict verdict)
{
    static const char *const names[] = {"intact", "torn", "corrupt"};
    char line[256];

    if (log->has_failed)
        return 0;
    int n = snprintf(line, sizeof line,
                     "{\"epoch\":%" PRIu64 ",\"frame\":%" PRIu64 ",\"missed\":%" PRIu64
                     ",\"hash\":\"%016" PRIx64 "\",\"verdict\":\"%s\"}\n",
                     frame->epoch, frame->number, frame->missed, hash, names[verdict]);
    ssize_t written;
    do
        written = write(log->fd, line, (size_t)n);
    while (written < 0 && errno == EINTR);
    if (written == n)
        return 0;
    log->has_failed = true;
    return written < 0 ? -errno : -ENOSPC;
}
