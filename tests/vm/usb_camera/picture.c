#include "tests/vm/usb_camera/picture.h"

#include "tests/vm/usb_camera/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_PHASES = 8, /* places that the box goes through */
    GREY = 128,
    ODD_PX = 16, /* by how much an odd size is smaller */
};

struct picture {
    struct mode mode;
    struct coded coded[N_PHASES]; /* MJPEG */
    uint8_t *raw[N_PHASES];       /* YUYV */
};

/* Y, Cb, Cr at a place. */
static void look(const struct mode *mode, uint32_t x, uint32_t y, uint32_t phase, uint8_t ycc[3])
{
    uint32_t width = mode->width_px, height = mode->height_px;
    uint32_t box_x = width * phase / N_PHASES, box_y = height * 2 / 5;
    bool is_box = x >= box_x && x < box_x + width / 8 && y >= box_y && y < box_y + height / 5;
    ycc[0] = (uint8_t)(is_box ? 230 : 48 + 96 * y / height);
    ycc[1] = (uint8_t)(96 + 64 * x / width);
    ycc[2] = (uint8_t)(160 - 64 * y / height);
}

/* A picture of 3 bytes a pixel. NULL: no memory. */
static uint8_t *draw(const struct mode *mode, uint32_t phase)
{
    uint8_t *pixels = malloc((size_t)mode->width_px * mode->height_px * 3);
    for (uint32_t y = 0; pixels && y < mode->height_px; y++)
        for (uint32_t x = 0; x < mode->width_px; x++)
            look(mode, x, y, phase, pixels + ((size_t)y * mode->width_px + x) * 3);
    return pixels;
}

static uint8_t *draw_yuyv(const struct mode *mode, uint32_t phase)
{
    uint8_t *raw = malloc(mode->max_frame_bytes), ycc[3];
    for (uint32_t y = 0; raw && y < mode->height_px; y++)
        for (uint32_t x = 0; x < mode->width_px; x++) {
            uint8_t *to = raw + ((size_t)y * mode->width_px + x) * 2;
            look(mode, x & ~1u, y, phase, ycc);
            to[0] = ycc[0];
            to[1] = ycc[x & 1 ? 2 : 1];
        }
    return raw;
}

/* One row of one edge's number, as luma. */
static void number_row(const struct mode *mode, uint32_t number, uint32_t row, uint8_t *luma,
                       uint32_t step_bytes)
{
    uint32_t width = mode->width_px / NUMBER_COLUMNS;
    for (uint32_t x = 0; x < mode->width_px; x++)
        luma[(size_t)x * step_bytes] =
            number_cell(number, x / width, row) ? NUMBER_BRIGHT : NUMBER_DARK;
}

static uint32_t cell_height(const struct mode *mode)
{
    return mode->height_px / NUMBER_CELLS_HIGH;
}

static size_t draw_raw(const struct picture *picture, uint32_t number, uint8_t *bytes, size_t room)
{
    const struct mode *mode = &picture->mode;
    size_t stride = (size_t)mode->width_px * 2;
    uint32_t height = cell_height(mode);
    if (room < mode->max_frame_bytes)
        return 0;
    memcpy(bytes, picture->raw[number % N_PHASES], mode->max_frame_bytes);
    for (uint32_t y = 0; y < NUMBER_ROWS * height; y++) {
        number_row(mode, number, y / height, bytes + y * stride, 2);
        number_row(mode, number, y / height,
                   bytes + (mode->height_px - NUMBER_ROWS * height + y) * stride, 2);
    }
    return mode->max_frame_bytes;
}

/* Both edges as a picture of their own, encoded. */
static int encode_edges(const struct mode *mode, uint32_t number, struct coded *ret_edges)
{
    size_t stride = (size_t)mode->width_px * 3;
    uint32_t height = cell_height(mode), rows = NUMBER_ROWS * height;
    uint8_t *pixels = malloc(2 * rows * stride);
    if (!pixels)
        return -ENOMEM;
    memset(pixels, GREY, 2 * rows * stride);
    for (uint32_t y = 0; y < 2 * rows; y++)
        number_row(mode, number, y % rows / height, pixels + y * stride, 3);
    int rc = coder_encode(pixels, mode->width_px, 2 * rows, CODER_BASELINE, ret_edges);
    free(pixels);
    return rc;
}

size_t picture_draw(const struct picture *picture, uint32_t number, uint8_t *bytes, size_t room)
{
    struct coded edges = {0};
    if (picture->mode.format != FORMAT_MJPEG)
        return draw_raw(picture, number, bytes, room);
    if (encode_edges(&picture->mode, number, &edges) < 0)
        return 0;
    size_t length = coder_join(&picture->coded[number % N_PHASES], &edges, bytes, room);
    coder_free(&edges);
    return length;
}

size_t picture_draw_kind(const struct picture *picture, enum coder_kind kind, int is_odd_size,
                         uint8_t *bytes, size_t room)
{
    struct mode mode = picture->mode;
    struct coded coded = {0};
    size_t length = 0;
    if (is_odd_size) {
        mode.width_px = (uint16_t)(mode.width_px - ODD_PX);
        mode.height_px = (uint16_t)(mode.height_px - ODD_PX);
    }
    uint8_t *pixels = draw(&mode, 0);
    if (pixels && coder_encode(pixels, mode.width_px, mode.height_px, kind, &coded) == 0 &&
        coded.length_bytes <= room) {
        memcpy(bytes, coded.bytes, coded.length_bytes);
        length = coded.length_bytes;
    }
    coder_free(&coded);
    free(pixels);
    return length;
}

int picture_new(const struct mode *mode, struct picture **ret_picture)
{
    struct picture *picture = calloc(1, sizeof *picture);
    if (!picture)
        return -ENOMEM;
    picture->mode = *mode;
    int rc = 0;
    for (uint32_t phase = 0; phase < N_PHASES && rc == 0; phase++) {
        if (mode->format == FORMAT_MJPEG) {
            uint8_t *pixels = draw(mode, phase);
            rc = pixels ? coder_encode(pixels, mode->width_px, mode->height_px, CODER_BASELINE,
                                       &picture->coded[phase])
                        : -ENOMEM;
            free(pixels);
        } else {
            picture->raw[phase] = draw_yuyv(mode, phase);
            rc = picture->raw[phase] ? 0 : -ENOMEM;
        }
    }
    if (rc < 0)
        picture_free(picture);
    else
        *ret_picture = picture;
    return rc;
}

void picture_free(struct picture *picture)
{
    if (!picture)
        return;
    for (int i = 0; i < N_PHASES; i++) {
        coder_free(&picture->coded[i]);
        free(picture->raw[i]);
    }
    free(picture);
}
