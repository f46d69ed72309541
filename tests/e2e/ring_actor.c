/* A writer, or a reader that holds what it can, led by commands on stdin: so that a test decides
 * what happens when, and never waits for a clock.
 *
 *   ring_actor write CAMERA      begin FOURCC WIDTH HEIGHT [SLOTS RATE_NUM RATE_DEN RANGE]
 *                                publish N | drop REASON N | end
 *                                spoil: changes a pixel of every slot, as no writer may
 *                                keep FILE: the next epoch has half-size luma, and this JPEG in
 *                                each frame, in room for one byte more; "keep" alone: in none
 *   ring_actor hold CAMERA       take: waits for a frame, pins it, and keeps it
 *                                give: gives back the one that was taken last
 *                                (each answered with a line: "ok NUMBER" or "error RC REASON")
 *
 * Each sample of a frame tells which it is: component c at (x, y) of frame n is
 *   40 + 20 * c + (x * (c + 1) + y * (3 - c) + n * 5) % 128
 */
#include "framering/framering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t sample(unsigned c, uint32_t x, uint32_t y, uint64_t n)
{
    return (uint8_t)(40 + 20 * c + (x * (c + 1) + y * (3 - c) + n * 5) % 128);
}

static uint8_t plane_byte(uint32_t kind, uint32_t fourcc, uint32_t x, uint32_t y, uint64_t n)
{
    unsigned place = fourcc == FR_FOURCC_UYVY ? (x + 1) % 2 : x % 2; /* 0: luma */
    unsigned chroma = x % 4 < 2 ? 1 : 2;
    switch (kind) {
    case FR_PLANE_Y:
        return sample(0, x, y, n);
    case FR_PLANE_U:
        return sample(1, x, y, n);
    case FR_PLANE_V:
        return sample(2, x, y, n);
    case FR_PLANE_UV:
        return sample(1 + x % 2, x / 2, y, n);
    case FR_PLANE_VU:
        return sample(2 - x % 2, x / 2, y, n);
    default:
        return place == 0 ? sample(0, x / 2, y, n) : sample(chroma, x / 4, y, n);
    }
}

static void draw(const struct fr_geometry *geometry, uint8_t *slot, uint64_t n)
{
    for (unsigned i = 0; i < geometry->n_planes; i++) {
        const struct fr_plane_layout *plane = &geometry->planes[i];
        for (uint32_t y = 0; y < plane->rows; y++)
            for (uint32_t x = 0; x < plane->stride_bytes; x++)
                slot[plane->offset_bytes + (uint64_t)y * plane->stride_bytes + x] =
                    plane_byte(plane->kind, geometry->format.fourcc, x, y, n);
    }
}

static void answer(int rc, unsigned long long number, const char *reason)
{
    if (rc < 0)
        printf("error %d %s\n", rc, reason);
    else
        printf("ok %llu\n", number);
    fflush(stdout);
}

struct act {
    struct fr_writer *writer;
    struct fr_epoch_options options;
    uint64_t n; /* of the last frame */
    uint8_t jpeg[65536];
    size_t jpeg_bytes;
    bool has_jpeg;
};

static int keep(struct act *act, const char *path)
{
    act->jpeg_bytes = 0;
    if (!*path)
        return 0;
    FILE *file = fopen(path, "rb");
    if (!file)
        return -1;
    act->jpeg_bytes = fread(act->jpeg, 1, sizeof act->jpeg, file);
    fclose(file);
    act->has_jpeg = true;
    return 0;
}

static int begin(struct act *act, const char *words)
{
    char fourcc[5] = "    ";
    unsigned width, height, slots = 0, num = 25, den = 1, range = 0;
    if (sscanf(words, "%4s %u %u %u %u %u %u", fourcc, &width, &height, &slots, &num, &den,
               &range) < 3)
        return -1;
    struct fr_format format = {.fourcc = FR_FOURCC(fourcc[0], fourcc[1], fourcc[2], fourcc[3]),
                               .width_px = width,
                               .height_px = height,
                               .field = 1,
                               .colorimetry.range = (uint8_t)range,
                               .rate_num = num,
                               .rate_den = den};
    act->options =
        (struct fr_epoch_options){.slots = slots, .copy_path = FR_PATH_MMAP, .pin_patience_ns = -1};
    int rc = fr_geometry_init(&format, &act->options.geometry);
    act->n = 0;
    if (rc == 0 && act->has_jpeg)
        rc = fr_geometry_add_plane(&act->options.geometry, FR_PLANE_HALF_Y, 0);
    if (rc == 0 && act->has_jpeg)
        rc = fr_geometry_add_plane(&act->options.geometry, FR_PLANE_JPEG, act->jpeg_bytes + 1);
    return rc < 0 ? rc : fr_writer_begin(act->writer, &act->options);
}

static int publish(struct act *act, unsigned times)
{
    int rc = 0;
    for (unsigned i = 0; i < times && rc == 0; i++) {
        uint32_t slot_idx;
        rc = fr_writer_take(act->writer, &slot_idx);
        if (rc < 0)
            break;
        const struct fr_geometry *geometry = &act->options.geometry;
        uint8_t *slot = fr_writer_slot(act->writer, slot_idx);
        draw(geometry, slot, ++act->n);
        if (act->has_jpeg)
            memcpy(slot + geometry->planes[geometry->n_planes - 1].offset_bytes, act->jpeg,
                   act->jpeg_bytes);
        struct fr_frame_meta meta = {.source_sequence = (uint32_t)act->n,
                                     .jpeg_bytes = act->jpeg_bytes};
        rc = fr_writer_publish(act->writer, slot_idx, &meta);
    }
    return rc;
}

static int write_camera(const char *camera)
{
    static struct act act;
    char line[256], reason[512] = "";
    unsigned a, b;

    int rc = fr_writer_open(camera, NULL, &act.writer, reason, sizeof reason);
    answer(rc, 0, reason);
    while (rc == 0 && fgets(line, sizeof line, stdin)) {
        int done = 0;
        unsigned long long number = 0;
        if (!strncmp(line, "begin ", 6)) {
            done = begin(&act, line + 6);
        } else if (sscanf(line, "publish %u", &a) == 1) {
            done = publish(&act, a);
            number = act.n;
        } else if (sscanf(line, "drop %u %u", &a, &b) == 2) {
            fr_writer_count_drop(act.writer, a, b);
        } else if (!strncmp(line, "keep", 4)) {
            line[strcspn(line, "\n")] = 0;
            done = keep(&act, line + 4 + strspn(line + 4, " "));
        } else if (!strncmp(line, "spoil", 5)) {
            uint8_t *slot;
            for (unsigned i = 0; (slot = fr_writer_slot(act.writer, i)); i++)
                slot[0] ^= 1;
        } else if (!strncmp(line, "end", 3)) {
            fr_writer_end(act.writer);
        } else {
            done = -1;
        }
        answer(done, number, fr_writer_reason(act.writer));
    }
    fr_writer_close(act.writer);
    return rc < 0;
}

static int hold_camera(const char *camera)
{
    struct fr_reader *reader;
    char line[256];

    int rc = fr_reader_open(camera, FR_READ_PINNED, &reader);
    answer(rc, 0, "");
    if (rc < 0)
        return 1;
    struct fr_frame frame = {0};
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "give", 4)) {
            rc = fr_reader_release(reader, &frame);
        } else { /* never released: that is its trade */
            frame = (struct fr_frame){0};
            rc = fr_reader_next(reader, -1, &frame);
        }
        answer(rc, frame.number, fr_reader_reason(reader));
    }
    fr_reader_close(reader);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "write"))
        return write_camera(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "hold"))
        return hold_camera(argv[2]);
    fputs("usage: ring_actor write|hold CAMERA\n", stderr);
    return 2;
}
