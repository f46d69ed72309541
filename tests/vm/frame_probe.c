/* frame_probe CAMERA COUNT [--pin-all] [--patience S]: what a reader sees, as JSON, one frame a
 * line.
 *
 * Takes the next COUNT frames in order and prints for each its number, the driver's sequence, flags
 * and times, and Y, Cb, Cr in the middle of eight columns of the picture (Cb and Cr null for GREY),
 * which is what it takes to recognise colour bars; and the number that our USB camera draws into
 * its pictures (null: none, or not the same at both edges). What happens between frames has a line
 * of its own: {"event": "no writer"}. With --pin-all it first pins every frame that it can, and
 * keeps them, while it goes on reading as one that only peeks.
 *
 * For the tests in the virtual machine. Exit code 1: no frame for 20 seconds, or as --patience has
 * it. */
#include "framering/framering.h"
#include "tests/vm/usb_camera/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 8 };
#define NS_PER_S INT64_C(1000000000)

struct sample {
    int y, cb, cr; /* -1: there is none */
};

/* Byte at column `x`, row `y` of a plane whose samples are `step` bytes apart. */
static int byte_at(const struct fr_plane *plane, uint32_t x, uint32_t y, uint32_t step)
{
    return plane->data[(uint64_t)y * plane->stride_bytes + (uint64_t)x * step];
}

static struct sample sample_at(const struct fr_frame *frame, uint32_t x, uint32_t y)
{
    struct sample sample = {-1, -1, -1};
    struct fr_luma luma;
    if (fr_frame_luma(frame, &luma) == 0)
        sample.y = luma.data[(uint64_t)y * luma.stride_bytes + (uint64_t)x * luma.step_bytes];

    const struct fr_plane *plane;
    bool is_half_height = frame->format.fourcc != FR_FOURCC_422P;
    uint32_t chroma_y = is_half_height ? y / 2 : y;
    if ((plane = fr_frame_plane(frame, FR_PLANE_U)))
        sample.cb = byte_at(plane, x / 2, chroma_y, 1);
    if ((plane = fr_frame_plane(frame, FR_PLANE_V)))
        sample.cr = byte_at(plane, x / 2, chroma_y, 1);
    if ((plane = fr_frame_plane(frame, FR_PLANE_UV))) {
        sample.cb = byte_at(plane, x / 2 * 2, chroma_y, 1);
        sample.cr = byte_at(plane, x / 2 * 2 + 1, chroma_y, 1);
    }
    if ((plane = fr_frame_plane(frame, FR_PLANE_VU))) {
        sample.cr = byte_at(plane, x / 2 * 2, chroma_y, 1);
        sample.cb = byte_at(plane, x / 2 * 2 + 1, chroma_y, 1);
    }
    if ((plane = fr_frame_plane(frame, FR_PLANE_PACKED))) {
        /* Y Cb Y Cr, or Cb Y Cr Y. */
        uint32_t first = frame->format.fourcc == FR_FOURCC_YUYV ? 1 : 0;
        sample.cb = byte_at(plane, x / 2 * 4 + first, y, 1);
        sample.cr = byte_at(plane, x / 2 * 4 + first + 2, y, 1);
    }
    return sample;
}

static void print_value(int value, const char *after)
{
    if (value < 0)
        printf("null%s", after);
    else
        printf("%d%s", value, after);
}

/* The number in the picture, or -1. */
static int64_t drawn_number(const struct fr_frame *frame)
{
    struct fr_luma luma;
    if (fr_frame_luma(frame, &luma) < 0)
        return -1;
    return number_read(luma.data, luma.stride_bytes, luma.step_bytes, luma.width_px,
                       luma.height_px);
}

static void print_frame(const struct fr_frame *frame, bool is_intact, const struct sample *samples,
                        int64_t drawn)
{
    char name[5];
    printf("{\"epoch\": \"%llx\", \"number\": %llu, \"sequence\": %u, \"missed\": %llu, "
           "\"flags\": %u, \"captured_ns\": %lld, \"published_ns\": %lld, \"bytes\": %llu, "
           "\"slot\": %u, \"format\": \"%s\", \"width\": %u, \"height\": %u, \"field\": %u, "
           "\"intact\": %s, "
           "\"samples\": [",
           (unsigned long long)frame->epoch, (unsigned long long)frame->number,
           frame->source_sequence, (unsigned long long)frame->missed, frame->flags,
           (long long)frame->captured_mono_ns, (long long)frame->published_mono_ns,
           (unsigned long long)frame->bytes_used, frame->slot_idx,
           fr_fourcc_name(frame->format.fourcc, name), frame->format.width_px,
           frame->format.height_px, frame->format.field, is_intact ? "true" : "false");
    for (int i = 0; i < COLUMNS; i++) {
        printf("%s[", i ? ", " : "");
        print_value(samples[i].y, ", ");
        print_value(samples[i].cb, ", ");
        print_value(samples[i].cr, "]");
    }
    printf("], \"drawn\": ");
    if (drawn < 0)
        puts("null}");
    else
        printf("%lld}\n", (long long)drawn);
    fflush(stdout);
}

static void print_event(const char *what)
{
    printf("{\"event\": \"%s\"}\n", what);
    fflush(stdout);
}

/* Pins frames until none can be pinned any more. */
static int pin_all(struct fr_reader *reader, int64_t patience_ns)
{
    static struct fr_frame held[FR_SLOTS_MAX];
    int n = 0, rc = 0;
    while (n < (int)FR_SLOTS_MAX &&
           (rc = fr_reader_next(reader, patience_ns, &held[n])) != -EBUSY) {
        if (rc == 0)
            n++;
        else if (rc != -ENOTCONN)
            return rc;
    }
    printf("{\"event\": \"pinned all\", \"held\": %d}\n", n);
    fflush(stdout);
    return 0;
}

static int read_frames(struct fr_reader *reader, long count, int64_t patience_ns)
{
    while (count > 0) {
        struct fr_frame frame;
        struct sample samples[COLUMNS];
        int rc = fr_reader_next(reader, patience_ns, &frame);
        if (rc == -ENOTCONN) {
            print_event("no writer");
            continue;
        }
        if (rc < 0) {
            fprintf(stderr, "frame_probe: %s %s\n", strerror(-rc), fr_reader_reason(reader));
            return 1;
        }
        for (uint32_t i = 0; i < COLUMNS; i++)
            samples[i] = sample_at(&frame, frame.format.width_px * (2 * i + 1) / (2 * COLUMNS),
                                   frame.format.height_px / 2);
        int64_t drawn = drawn_number(&frame);
        bool is_intact = fr_reader_release(reader, &frame) == 0;
        print_frame(&frame, is_intact, samples, drawn);
        count--;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct fr_reader *peeking = NULL, *pinning = NULL;
    int64_t patience_ns = 20 * NS_PER_S;
    bool is_pinning = false, is_understood = argc >= 3;
    for (int i = 3; i < argc && is_understood; i++) {
        if (strcmp(argv[i], "--pin-all") == 0)
            is_pinning = true;
        else if (strcmp(argv[i], "--patience") == 0 && i + 1 < argc)
            patience_ns = strtol(argv[++i], NULL, 10) * NS_PER_S;
        else
            is_understood = false;
    }
    if (!is_understood) {
        fprintf(stderr, "usage: frame_probe CAMERA COUNT [--pin-all] [--patience S]\n");
        return 2;
    }
    int status = fr_reader_open(argv[1], FR_READ_PEEK, &peeking) < 0 ||
                 fr_reader_open(argv[1], FR_READ_PINNED, &pinning) < 0;
    if (status == 0 && is_pinning && pin_all(pinning, patience_ns) < 0) {
        fprintf(stderr, "frame_probe: pinning failed: %s\n", fr_reader_reason(pinning));
        status = 1;
    }
    if (status == 0)
        status = read_frames(peeking, strtol(argv[2], NULL, 10), patience_ns);
    fr_reader_close(peeking);
    fr_reader_close(pinning);
    return status;
}
