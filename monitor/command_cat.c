/* framering cat: a camera's video as Y4M on stdout.
 *
 * Each frame is brought into a buffer of our own, the ring is asked whether it was whole, and only
 * then it is written. The writer may come and go; a new epoch with another geometry is the end, for
 * Y4M has one header for all.
 */
#include "common/media/frame_convert.h"
#include "monitor/command.h"
#include "monitor/pipe_watch.h"
#include "monitor/save_file.h"
#include "monitor/stop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int take_frames(void *userdata, const char *text, char *reason, size_t reason_size)
{
    return command_number(text, 1, INT64_MAX, userdata, reason, reason_size);
}

static const struct fr_option options[] = {
    {.name = "frames",
     .argument = "N",
     .help = "End after N frames. (default: never)",
     .apply = take_frames},
};

static const struct fr_program program = {
    .name = "framering cat",
    .summary = "Writes a camera's frames to stdout as Y4M, with the sample values that the ring "
               "has: GREY as Cmono,\nNV12, NV21, YU12 and YV12 as C420, 422P, YUYV and UYVY as "
               "C422. Waits for a camera that is not\nthere yet, and for one that comes back.",
    .operands = "CAMERA",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .epilogue = "Examples:\n"
                "  framering cat cam0 | ffplay -\n"
                "  framering cat cam0 --frames 250 > ten_seconds.y4m",
};

struct cat {
    const char *camera;
    struct fr_reader *reader;
    struct pipe_watch *watch;
    struct fr_y4m_header header;
    bool has_header;
    uint64_t epoch;
    uint8_t *buffer; /* FRAME line and planes */
    size_t buffer_bytes;
    uint64_t written;
    uint64_t missed; /* published while we were behind */
};

enum { GO_ON = -1 }; /* no exit code */

/* Writes, and makes an exit code of what went wrong: a pipe that was closed is a good end. */
static int write_out(const void *bytes, size_t length)
{
    int rc = save_write(STDOUT_FILENO, bytes, length);
    if (rc == 0)
        return GO_ON;
    if (rc == -EPIPE || rc == -EINTR)
        return EXIT_SUCCESS;
    return command_fail(&program, "stdout: %s", strerror(-rc));
}

static int begin(struct cat *cat, const struct fr_y4m_header *header)
{
    char line[FR_Y4M_LINE_MAX];
    int length = fr_y4m_write_header(header, line, sizeof line);

    cat->buffer_bytes = strlen(FR_Y4M_FRAME) + fr_y4m_frame_bytes(header);
    cat->buffer = malloc(cat->buffer_bytes);
    if (!cat->buffer || length < 0)
        return command_fail(&program, "no memory for a frame");
    memcpy(cat->buffer, FR_Y4M_FRAME, strlen(FR_Y4M_FRAME));
    cat->header = *header;
    cat->has_header = true;
    return write_out(line, (size_t)length);
}

/* A new ring: its first frame decides whether the stream can go on. */
static int enter_epoch(struct cat *cat, const struct fr_frame *frame)
{
    struct fr_y4m_header header;
    char reason[128], before[FR_Y4M_LINE_MAX], now[FR_Y4M_LINE_MAX];

    cat->epoch = frame->epoch;
    if (fr_frame_y4m_header(&frame->format, &header, reason, sizeof reason) < 0)
        return command_fail(&program, "camera %s: %s", cat->camera, reason);
    if (!cat->has_header)
        return begin(cat, &header);
    /* The rate may differ: frames come when they come. */
    header.rate_num = cat->header.rate_num;
    header.rate_den = cat->header.rate_den;
    if (fr_y4m_write_header(&cat->header, before, sizeof before) > 0 &&
        fr_y4m_write_header(&header, now, sizeof now) > 0 && !strcmp(before, now)) {
        command_say(&program, "camera %s is back", cat->camera);
        return GO_ON;
    }
    before[strcspn(before, "\n")] = now[strcspn(now, "\n")] = 0;
    return command_fail(&program,
                        "camera %s came back with another geometry, which one Y4M stream cannot "
                        "carry (\"%s\", before \"%s\"); start again",
                        cat->camera, now, before);
}

static int take_frame(struct cat *cat, struct fr_frame *frame)
{
    int code = GO_ON, rc = 0;

    cat->missed += frame->missed;
    if (!cat->has_header || frame->epoch != cat->epoch)
        code = enter_epoch(cat, frame);
    if (code == GO_ON)
        rc = fr_frame_to_y4m(frame, cat->buffer + strlen(FR_Y4M_FRAME),
                             cat->buffer_bytes - strlen(FR_Y4M_FRAME));
    bool is_whole = fr_reader_release(cat->reader, frame) == 0;
    if (code != GO_ON)
        return code;
    if (rc < 0)
        return command_fail(&program, "camera %s: frame %llu: %s", cat->camera,
                            (unsigned long long)frame->number, strerror(-rc));
    if (!is_whole)
        return GO_ON; /* counted by the reader as torn */
    code = write_out(cat->buffer, cat->buffer_bytes);
    if (code == GO_ON)
        cat->written++;
    return code;
}

static int run(struct cat *cat, uint64_t n_frames)
{
    int code = GO_ON;

    while (code == GO_ON && (!n_frames || cat->written < n_frames)) {
        struct fr_frame frame;
        if (stop_was_asked() || pipe_watch_is_closed(cat->watch))
            return EXIT_SUCCESS;
        int rc = fr_reader_next(cat->reader, -1, &frame);
        if (rc == 0)
            code = take_frame(cat, &frame);
        else if (rc == -ENOTCONN)
            command_say(&program, "%s", fr_reader_reason(cat->reader));
        else if (rc != -EINTR && rc != -ECANCELED && rc != -ETIMEDOUT)
            code =
                command_fail(&program, "camera %s: %s", cat->camera, fr_reader_reason(cat->reader));
    }
    return code == GO_ON ? EXIT_SUCCESS : code;
}

static void tell_losses(const struct cat *cat)
{
    struct fr_reader_counts counts;
    fr_reader_counts(cat->reader, &counts);
    if (cat->missed || counts.torn)
        command_say(&program,
                    "%llu frames written, %llu lost: %llu published while the output was behind, "
                    "%llu overwritten while they were copied",
                    (unsigned long long)cat->written,
                    (unsigned long long)(cat->missed + counts.torn),
                    (unsigned long long)cat->missed, (unsigned long long)counts.torn);
}

int command_cat(int argc, char **argv)
{
    struct cat cat = {0};
    uint64_t n_frames = 0;

    int code = command_read(&program, argc, argv, &n_frames, &cat.camera);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    if (isatty(STDOUT_FILENO)) {
        command_fail(&program, "video is nothing for a terminal; expected a pipe or a file, as in "
                               "`framering cat cam0 | ffplay -`");
        return FR_EXIT_USAGE;
    }
    int rc = fr_reader_open(cat.camera, FR_READ_PEEK, &cat.reader);
    if (rc < 0)
        return command_fail(&program, "camera %s: %s", cat.camera, strerror(-rc));
    stop_reader_on_signals(cat.reader);
    rc = pipe_watch_new(STDOUT_FILENO, cat.reader, &cat.watch);
    code = rc < 0 ? command_fail(&program, "%s", strerror(-rc)) : run(&cat, n_frames);
    pipe_watch_free(cat.watch);
    tell_losses(&cat);
    stop_reader_on_signals(NULL);
    fr_reader_close(cat.reader);
    free(cat.buffer);
    return code;
}
