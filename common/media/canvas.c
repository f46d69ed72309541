#include "common/media/canvas.h"
#include "common/media/font.h"
#include "common/media/jpeg_encode.h"

#include "framering/framering.h"

#include <errno.h>
#include <stdlib.h>

int fr_canvas_init(struct fr_canvas *canvas, uint32_t width_px, uint32_t height_px)
{
    if (!width_px || !height_px || width_px > FR_SIDE_MAX || height_px > FR_SIDE_MAX)
        return -EINVAL;
    *canvas = (struct fr_canvas){.width_px = width_px,
                                 .height_px = height_px,
                                 .rgb = calloc(3, (size_t)width_px * height_px)};
    return canvas->rgb ? 0 : -ENOMEM;
}

void fr_canvas_fini(struct fr_canvas *canvas)
{
    free(canvas->rgb);
    *canvas = (struct fr_canvas){0};
}

void fr_canvas_take_grey(struct fr_canvas *canvas, const uint8_t *grey, size_t stride_bytes,
                         uint32_t dim_q8)
{
    uint8_t *out = canvas->rgb;
    for (uint32_t y = 0; y < canvas->height_px; y++, grey += stride_bytes)
        for (uint32_t x = 0; x < canvas->width_px; x++, out += 3)
            out[0] = out[1] = out[2] = (uint8_t)(grey[x] * dim_q8 >> 8);
}

static uint8_t mix(uint8_t under, uint8_t over, uint32_t share_q8)
{
    return (uint8_t)((under * (256 - share_q8) + over * share_q8) >> 8);
}

void fr_canvas_tint(struct fr_canvas *canvas, int32_t x, int32_t y, uint32_t n_px,
                    struct fr_colour colour, uint32_t share_q8)
{
    int64_t first = x < 0 ? 0 : x, end = (int64_t)x + n_px;
    if (end > canvas->width_px)
        end = canvas->width_px;
    if (y < 0 || y >= (int64_t)canvas->height_px)
        return;
    for (int64_t i = first; i < end; i++) {
        uint8_t *px = canvas->rgb + 3 * ((size_t)y * canvas->width_px + (size_t)i);
        px[0] = mix(px[0], colour.red, share_q8);
        px[1] = mix(px[1], colour.green, share_q8);
        px[2] = mix(px[2], colour.blue, share_q8);
    }
}

static void fill(struct fr_canvas *canvas, int32_t x, int32_t y, uint32_t width_px,
                 uint32_t height_px, struct fr_colour colour)
{
    for (uint32_t row = 0; row < height_px; row++)
        fr_canvas_tint(canvas, x, y + (int32_t)row, width_px, colour, 256);
}

/* A square pen along the longer side of the way. */
void fr_canvas_line(struct fr_canvas *canvas, int32_t x0, int32_t y0, int32_t x1, int32_t y1,
                    uint32_t thick, struct fr_colour colour)
{
    int64_t dx = (int64_t)x1 - x0, dy = (int64_t)y1 - y0;
    int64_t n = llabs(dx) > llabs(dy) ? llabs(dx) : llabs(dy);
    int32_t half = (int32_t)thick / 2;

    for (int64_t i = 0; i <= n; i++)
        fill(canvas, (int32_t)(x0 + (n ? dx * i / n : 0)) - half,
             (int32_t)(y0 + (n ? dy * i / n : 0)) - half, thick, thick, colour);
}

void fr_canvas_box(struct fr_canvas *canvas, int32_t x, int32_t y, uint32_t width_px,
                   uint32_t height_px, uint32_t thick, struct fr_colour colour)
{
    uint32_t wide = thick < width_px ? thick : width_px;
    uint32_t high = thick < height_px ? thick : height_px;
    fill(canvas, x, y, width_px, high, colour);
    fill(canvas, x, y + (int32_t)(height_px - high), width_px, high, colour);
    fill(canvas, x, y, wide, height_px, colour);
    fill(canvas, x + (int32_t)(width_px - wide), y, wide, height_px, colour);
}

void fr_canvas_text(struct fr_canvas *canvas, int32_t x, int32_t y, uint32_t scale,
                    struct fr_colour colour, const char *text)
{
    const int32_t step = (int32_t)scale;
    for (; *text; text++, x += FR_LETTER_WIDTH * step) {
        const uint8_t *rows = fr_font_letter(*text);
        for (int32_t row = 0; row < FR_LETTER_HEIGHT * step; row++)
            fr_canvas_tint(canvas, x, y + row, FR_LETTER_WIDTH * scale, (struct fr_colour){0}, 160);
        for (int32_t row = 0; row < 7; row++)
            for (int32_t column = 0; column < 5; column++)
                if (rows[row] & 0x10 >> column)
                    fill(canvas, x + column * step, y + (row + 1) * step, scale, scale, colour);
    }
}

/* A component of JPEG's YCbCr, with 16 binary places. */
static uint8_t component(const uint8_t *rgb, int32_t red, int32_t green, int32_t blue, int32_t zero)
{
    int32_t value = (red * rgb[0] + green * rgb[1] + blue * rgb[2] + (zero << 16) + 32768) >> 16;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

int fr_canvas_jpeg(const struct fr_canvas *canvas, int quality, uint8_t **ret_bytes,
                   size_t *ret_length)
{
    /* The format wants an even width: the last column is repeated. */
    const uint32_t width = canvas->width_px + (canvas->width_px & 1);
    const size_t n = (size_t)width * canvas->height_px;
    struct fr_frame frame = {
        .format = {.fourcc = FR_FOURCC_422P, .width_px = width, .height_px = canvas->height_px}};
    struct fr_geometry geometry;
    int r = fr_geometry_init_stride(&frame.format, width, &geometry);
    if (r < 0)
        return r;
    uint8_t *memory = malloc(2 * n);
    if (!memory)
        return -ENOMEM;
    uint8_t *luma = memory, *u = memory + n, *v = u + n / 2;
    for (uint32_t y = 0; y < canvas->height_px; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint32_t from = x < canvas->width_px ? x : x - 1;
            const uint8_t *rgb = canvas->rgb + 3 * ((size_t)y * canvas->width_px + from);
            *luma++ = component(rgb, 19595, 38470, 7471, 0);
            if (x & 1)
                continue;
            *u++ = component(rgb, -11056, -21712, 32768, 128);
            *v++ = component(rgb, 32768, -27440, -5328, 128);
        }
    frame.n_planes = geometry.n_planes;
    for (uint32_t i = 0; i < geometry.n_planes; i++)
        frame.planes[i] = (struct fr_plane){.kind = geometry.planes[i].kind,
                                            .data = memory + geometry.planes[i].offset_bytes,
                                            .stride_bytes = geometry.planes[i].stride_bytes,
                                            .rows = geometry.planes[i].rows,
                                            .size_bytes = geometry.planes[i].size_bytes};
    r = fr_jpeg_encode(&frame, quality, ret_bytes, ret_length);
    free(memory);
    return r;
}
