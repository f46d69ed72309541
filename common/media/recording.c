/* Recorded footage: what a path holds, and the calls that all kinds share. */
#include "common/media/recording.h"

#include "common/media/recording_kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int recording_fail(struct fr_recording *recording, int rc, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(recording->reason, sizeof recording->reason, format, arguments);
    va_end(arguments);
    return rc;
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
static int open_in(int folder_fd, const char *name)
{
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* Replaces the fd of a folder by that of the recording in it, when there is one. */
static int enter_folder(int *fd, struct stat *status)
{
    static const char *const names[] = {"input.mjpeg", "input.y4m"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int inner = open_in(*fd, names[i]);
        if (inner == -ENOENT)
            continue;
        if (inner < 0)
            return inner;
        close(*fd);
        *fd = inner;
        return fstat(inner, status) < 0 ? -errno : 0;
    }
    return 0;
}

/* What the file's first bytes say. */
static int recognise_file(struct fr_recording *recording, int fd,
                          const struct recording_ops **ret_ops)
{
    uint8_t head[16];
    ssize_t n = pread(fd, head, sizeof head, 0);

    if (n < 0) {
        int rc = -errno;
        return recording_fail(recording, rc, "%s", strerror(-rc));
    }
    if (n == 0)
        return recording_fail(recording, -ENODATA, "an empty file");
    if (n >= 2 && head[0] == 0x1f && head[1] == 0x8b)
        return recording_fail(recording, -ENOTSUP, "gzip; unpack it first with gunzip");
    *ret_ops = n >= 9 && !memcmp(head, "YUV4MPEG2", 9) ? &recording_y4m_ops : &recording_stream_ops;
    return 0;
}

static int open_kind(struct fr_recording *recording, const char *path)
{
    struct stat status;
    const struct recording_ops *ops = NULL;

    int fd = open_in(AT_FDCWD, path);
    if (fd < 0)
        return recording_fail(recording, fd, "%s", strerror(-fd));
    int rc = fstat(fd, &status) < 0 ? -errno : 0;
    if (rc == 0 && S_ISDIR(status.st_mode))
        rc = enter_folder(&fd, &status);
    if (rc < 0) {
        recording_fail(recording, rc, "%s", strerror(-rc));
    } else if (S_ISDIR(status.st_mode)) {
        ops = &recording_folder_ops;
    } else if (S_ISREG(status.st_mode)) {
        rc = recognise_file(recording, fd, &ops);
    } else {
        rc = recording_fail(recording, -EBADMSG,
                            "neither a file nor a folder; expected a folder of JPEGs, a file of "
                            "concatenated JPEGs, or Y4M");
    }
    if (rc < 0) {
        close(fd);
        return rc;
    }
    recording->ops = ops;
    return ops->open(recording, fd);
}

int fr_recording_open(const char *path, struct fr_recording **ret_recording, char *reason,
                      size_t reason_size)
{
    struct fr_recording *recording = calloc(1, sizeof *recording);
    int rc = -ENOMEM;

    if (recording) {
        recording->window.fd = -1;
        recording->path = strdup(path);
        rc = recording->path ? open_kind(recording, path) : -ENOMEM;
    }
    if (rc < 0) {
        if (reason && reason_size)
            snprintf(reason, reason_size, "%s: %s", path,
                     recording && recording->reason[0] ? recording->reason : strerror(-rc));
        fr_recording_close(recording);
        return rc;
    }
    recording->reason[0] = 0;
    *ret_recording = recording;
    return 0;
}

void fr_recording_close(struct fr_recording *recording)
{
    if (!recording)
        return;
    if (recording->ops)
        recording->ops->close(recording);
    window_fini(&recording->window);
    fr_jpeg_decoder_free(recording->decoder);
    free(recording->path);
    free(recording);
}

const struct fr_recording_info *fr_recording_info(const struct fr_recording *recording)
{
    return &recording->info;
}

struct choices {
    uint32_t fourcc[4];
    const char *text;
};

/* What a recording can be delivered as. */
static const struct choices *choices_of(const struct fr_recording *recording)
{
    static const struct choices grey = {{FR_FOURCC_GREY}, "GREY"},
                                jpeg = {{FR_FOURCC_GREY, FR_FOURCC_YU12, FR_FOURCC_YV12,
                                         FR_FOURCC_422P},
                                        "GREY, YU12, YV12 or 422P"},
                                y4m_420 = {{FR_FOURCC_YU12, FR_FOURCC_YV12, FR_FOURCC_GREY},
                                           "YU12, YV12 or GREY"},
                                y4m_422 = {{FR_FOURCC_422P, FR_FOURCC_GREY}, "422P or GREY"};
    if (recording->info.kind != FR_RECORDING_Y4M)
        return recording->is_luma_only ? &grey : &jpeg;
    return recording->info.format.fourcc == FR_FOURCC_YU12   ? &y4m_420
           : recording->info.format.fourcc == FR_FOURCC_422P ? &y4m_422
                                                             : &grey;
}

bool fr_recording_delivers(const struct fr_recording *recording, uint32_t fourcc)
{
    const struct choices *choices = choices_of(recording);
    bool is = false;
    for (size_t i = 0; i < sizeof choices->fourcc / sizeof *choices->fourcc; i++)
        is |= fourcc && choices->fourcc[i] == fourcc;
    return is;
}

const char *fr_recording_choices(const struct fr_recording *recording)
{
    return choices_of(recording)->text;
}

/* The geometry is of the recording's size, can be had of it, and is all right in itself. */
static int check_geometry(struct fr_recording *recording, const struct fr_geometry *geometry)
{
    const struct fr_format *have = &recording->info.format, *want = &geometry->format;
    int rc = fr_geometry_check(geometry);
    if (rc < 0)
        return recording_fail(recording, rc, "the geometry asked for makes no sense");
    if (have->width_px != want->width_px || have->height_px != want->height_px)
        return recording_fail(recording, -EINVAL, "%ux%u was asked for, it has %ux%u",
                              want->width_px, want->height_px, have->width_px, have->height_px);
    if (!fr_recording_delivers(recording, want->fourcc))
        return recording_fail(recording, -ENOTSUP, "it is delivered as %s only",
                              fr_recording_choices(recording));
    return 0;
}

/* Puts path and frame in front of what went wrong. */
static void tell_where(struct fr_recording *recording, uint64_t idx)
{
    char what[sizeof recording->reason];
    if (!recording->reason[0])
        return;
    memcpy(what, recording->reason, sizeof what);
    snprintf(recording->reason, sizeof recording->reason, "%.120s: frame %llu: %.160s",
             recording->path, (unsigned long long)idx, what);
}

int fr_recording_next(struct fr_recording *recording, const struct fr_geometry *geometry,
                      uint8_t *slot, struct fr_recording_frame *ret_frame)
{
    struct fr_recording_frame frame = {.idx = recording->next_idx};

    recording->reason[0] = 0;
    int rc = check_geometry(recording, geometry);
    if (rc == 0)
        rc = recording->ops->next(recording, geometry, slot, &frame);
    if (rc == 0 || rc == -EBADMSG)
        recording->next_idx++;
    if (rc < 0) {
        tell_where(recording, frame.idx);
        return rc;
    }
    if (recording->decoder)
        frame.warnings = fr_jpeg_decoder_warnings(recording->decoder);
    *ret_frame = frame;
    return 0;
}

int fr_recording_rewind(struct fr_recording *recording)
{
    recording->reason[0] = 0;
    recording->next_idx = 0;
    return recording->ops->rewind(recording);
}

const char *fr_recording_reason(const struct fr_recording *recording)
{
    return recording->reason;
}
