/* framering snapshot: the next picture of a camera as a JPEG. */
#include "common/daemon/clock.h"
#include "common/media/jpeg_encode.h"
#include "common/media/jpeg_markers.h"
#include "monitor/command.h"
#include "monitor/frame_copy.h"
#include "monitor/save_file.h"
#include "monitor/stop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    const char *path;
    uint64_t quality; /* 0: not told */
    int64_t timeout_ns;
};

static int take_output(void *userdata, const char *text, char *reason, size_t reason_size)
{
    if (!*text) {
        snprintf(reason, reason_size, "an empty name; expected a file's name, or - for stdout");
        return -EINVAL;
    }
    ((struct arguments *)userdata)->path = text;
    return 0;
}

static int take_quality(void *userdata, const char *text, char *reason, size_t reason_size)
{
    return command_number(text, FR_JPEG_QUALITY_MIN, FR_JPEG_QUALITY_MAX,
                          &((struct arguments *)userdata)->quality, reason, reason_size);
}

static int take_timeout(void *userdata, const char *text, char *reason, size_t reason_size)
{
    return command_seconds(text, 0.001, 86400, &((struct arguments *)userdata)->timeout_ns, reason,
                           reason_size);
}

static const struct fr_option options[] = {
    {.name = "output",
     .letter = 'o',
     .argument = "FILE",
     .help = "The JPEG file, which is there completely or not at all; - is stdout.",
     .apply = take_output},
    {.name = "quality",
     .argument = "N",
     .help = "1 to 100: encodes the picture, even where the camera's own JPEG is kept. (default: "
             "that JPEG; else 90)",
     .apply = take_quality},
    {.name = "timeout",
     .argument = "S",
     .help = "Seconds to wait for the camera and its frame. (default 10)",
     .apply = take_timeout},
};

static const struct fr_program program = {
    .name = "framering snapshot",
    .summary =
        "Writes the next picture of a camera as a JPEG: the camera's own where capture keeps it\n"
        "(keep_jpeg), else encoded in the picture's own chroma sampling.",
    .operands = "CAMERA",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .epilogue = "Example:\n  framering snapshot cam0 -o /tmp/cam0.jpg",
};

/* What is taken from a frame: the camera's own JPEG, or its planes. */
struct taken {
    struct fr_frame copy; /* n_planes 0: it is the JPEG */
    uint8_t *memory;
    size_t jpeg_bytes;
};

/* Copies the JPEG that is kept in the frame. It is looked at only then, for what is in a ring is
 * believed of nobody, and may change between two looks. 0; -ENOENT: none, or it does not look like
 * one; -ENOMEM. */
static int copy_jpeg(const struct fr_frame *frame, struct taken *ret_taken)
{
    const struct fr_plane *plane = fr_frame_plane(frame, FR_PLANE_JPEG);
    struct fr_jpeg_info info;
    if (!plane || plane->size_bytes == 0)
        return -ENOENT;
    uint8_t *memory = malloc(plane->size_bytes);
    if (!memory)
        return -ENOMEM;
    memcpy(memory, plane->data, plane->size_bytes);
    if (fr_jpeg_probe(memory, plane->size_bytes, &info) < 0 || !info.has_picture) {
        free(memory);
        return -ENOENT;
    }
    *ret_taken = (struct taken){.memory = memory, .jpeg_bytes = plane->size_bytes};
    return 0;
}

static int copy_picture(const struct fr_frame *frame, bool wants_jpeg, struct taken *ret_taken)
{
    int rc = wants_jpeg ? copy_jpeg(frame, ret_taken) : -ENOENT;
    if (rc != -ENOENT)
        return rc;
    struct taken taken = {0};
    rc = frame_copy(frame, &taken.copy, &taken.memory);
    if (rc == 0)
        *ret_taken = taken;
    return rc;
}

/* Waits for a frame and copies it, until one is whole. 0 or an exit code. */
static int take_picture(struct fr_reader *reader, const char *camera,
                        const struct arguments *arguments, struct taken *ret_taken)
{
    const int64_t timeout_ns = arguments->timeout_ns;
    int64_t end_ns = fr_now_mono_ns() + timeout_ns;
    char why[256] = "no frame came; `framering info` tells the state of its source";

    for (;;) {
        struct fr_frame frame;
        struct taken taken;
        int64_t left_ns = end_ns - fr_now_mono_ns();
        int rc = stop_was_asked() ? -ECANCELED
                 : left_ns > 0    ? fr_reader_latest(reader, left_ns, &frame)
                                  : -ETIMEDOUT;
        if (rc == -EINTR)
            continue;
        if (rc == -ENOTCONN) { /* told once; from now on it waits for a writer */
            snprintf(why, sizeof why, "%s", fr_reader_reason(reader));
            continue;
        }
        if (rc == -ECANCELED)
            return command_fail(&program, "interrupted");
        if (rc == -ETIMEDOUT)
            return command_fail(&program, "camera %s: nothing within %g s: %s", camera,
                                (double)timeout_ns / 1e9, why);
        if (rc < 0)
            return command_fail(&program, "camera %s: %s", camera, fr_reader_reason(reader));
        rc = copy_picture(&frame, arguments->quality == 0, &taken);
        if (rc < 0) {
            fr_reader_release(reader, &frame);
            return command_fail(&program, "no memory for the picture");
        }
        if (fr_reader_release(reader, &frame) == 0) {
            *ret_taken = taken;
            return EXIT_SUCCESS;
        }
        free(taken.memory); /* overwritten meanwhile: the next one */
        snprintf(why, sizeof why, "every frame was overwritten while it was copied");
    }
}

static int write_picture(const struct arguments *arguments, const uint8_t *bytes, size_t length)
{
    char reason[512];
    int rc;

    if (strcmp(arguments->path, "-") != 0) {
        rc = save_file(arguments->path, bytes, length, reason, sizeof reason);
        return rc < 0 ? command_fail(&program, "%s", reason) : EXIT_SUCCESS;
    }
    rc = save_write(STDOUT_FILENO, bytes, length);
    return rc < 0 ? command_fail(&program, "stdout: %s", strerror(-rc)) : EXIT_SUCCESS;
}

int command_snapshot(int argc, char **argv)
{
    struct arguments arguments = {.timeout_ns = 10 * FR_NS_PER_S};
    struct fr_reader *reader;
    struct taken taken;
    const char *camera;
    uint8_t *bytes = NULL;
    size_t length;

    int code = command_read(&program, argc, argv, &arguments, &camera);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    if (!arguments.path) {
        fprintf(stderr, "%s: no file given; expected -o FILE\nTry '%s --help'.\n", program.name,
                program.name);
        return FR_EXIT_USAGE;
    }
    if (!strcmp(arguments.path, "-") && isatty(STDOUT_FILENO)) {
        command_fail(&program, "a JPEG is nothing for a terminal; expected a file or a pipe");
        return FR_EXIT_USAGE;
    }
    int rc = fr_reader_open(camera, FR_READ_PEEK, &reader);
    if (rc < 0)
        return command_fail(&program, "camera %s: %s", camera, strerror(-rc));
    stop_reader_on_signals(reader);
    code = take_picture(reader, camera, &arguments, &taken);
    stop_reader_on_signals(NULL);
    fr_reader_close(reader);
    if (code != EXIT_SUCCESS)
        return code;
    if (taken.copy.n_planes == 0) {
        bytes = taken.memory;
        length = taken.jpeg_bytes;
    } else {
        int quality = arguments.quality ? (int)arguments.quality : FR_JPEG_QUALITY_DEFAULT;
        rc = fr_jpeg_encode(&taken.copy, quality, &bytes, &length);
        free(taken.memory);
        if (rc < 0)
            return command_fail(&program, "the picture cannot be encoded: %s", strerror(-rc));
    }
    code = write_picture(&arguments, bytes, length);
    free(bytes);
    return code;
}
