#include "capture/scene_picture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/scene_hash.h"

enum { NOISE_TABLE_BYTES = 1 << 16, NOISE_ALIGN = 16, NOISE_SIGMAS = 3 };

/* ---------------------------------------------------------------- noise */

static uint8_t luma_position(uint32_t fourcc)
{
    return fourcc == FR_FOURCC_UYVY ? 1 : 0;
}

static bool is_packed(uint32_t fourcc)
{
    return fourcc == FR_FOURCC_YUYV || fourcc == FR_FOURCC_UYVY;
}

/* The sum of twelve evenly distributed bytes has a standard deviation of 256 and looks normal. */
static int gaussian_256(uint64_t seed, uint64_t n)
{
    uint64_t a = fr_scene_hash(seed, n, 1), b = fr_scene_hash(seed, n, 2);
    int sum = -12 * 255 / 2;
    for (unsigned i = 0; i < 8; i++)
        sum += (int)(a >> (8 * i) & 255);
    for (unsigned i = 0; i < 4; i++)
        sum += (int)(b >> (8 * i) & 255);
    return sum;
}

int fr_noise_init(struct fr_noise *noise, uint64_t seed, uint32_t levels, uint32_t fourcc,
                  uint32_t width_px)
{
    *noise = (struct fr_noise){.amplitude = (uint8_t)(levels * NOISE_SIGMAS)};
    if (levels == 0)
        return 0;
    size_t step = is_packed(fourcc) ? 2 : 1;
    size_t n = NOISE_TABLE_BYTES + width_px * step;
    noise->bytes = calloc(n, 1);
    if (!noise->bytes)
        return -ENOMEM;
    int amplitude = noise->amplitude;
    for (size_t i = is_packed(fourcc) ? luma_position(fourcc) : 0; i < n; i += step) {
        int scaled = gaussian_256(seed, i) * (int)levels;
        int value = (scaled + (scaled < 0 ? -128 : 128)) / 256;
        if (value > amplitude)
            value = amplitude;
        if (value < -amplitude)
            value = -amplitude;
        noise->bytes[i] = (uint8_t)(value + amplitude);
    }
    return 0;
}

void fr_noise_fini(struct fr_noise *noise)
{
    free(noise->bytes);
    *noise = (struct fr_noise){0};
}

static const uint8_t *noise_row(const struct fr_noise *noise, uint64_t key, uint32_t row)
{
    size_t offset = fr_scene_hash(key, row, 0) % NOISE_TABLE_BYTES;
    return noise->bytes + offset / NOISE_ALIGN * NOISE_ALIGN;
}

/* ---------------------------------------------------------------- drawing beforehand */

static uint8_t darker(uint8_t value, unsigned middle, unsigned percent)
{
    return (uint8_t)((int)middle + ((int)value - (int)middle) * (100 - (int)percent) / 100);
}

/* Rows of luma for one row of this plane, as a shift. */
static unsigned rows_shift(const struct fr_format *format, const struct fr_plane_layout *plane)
{
    return plane->rows < format->height_px ? 1 : 0;
}

static void draw_pixel(const struct fr_picture *picture, unsigned light, uint32_t x, uint32_t y,
                       const uint8_t yuv[3])
{
    const struct fr_format *format = &picture->geometry.format;
    for (uint32_t i = 0; i < picture->geometry.n_planes; i++) {
        const struct fr_plane_layout *plane = &picture->geometry.planes[i];
        unsigned shift = rows_shift(format, plane);
        uint8_t *row = picture->pixels[light] + plane->offset_bytes +
                       (size_t)(y >> shift) * plane->stride_bytes;
        bool has_chroma = x % 2 == 0 && y % (1u << shift) == 0;
        switch (plane->kind) {
        case FR_PLANE_Y:
            row[x] = yuv[0];
            break;
        case FR_PLANE_PACKED:
            row[2 * x + luma_position(format->fourcc)] = yuv[0];
            if (has_chroma) {
                row[2 * x + 1 - luma_position(format->fourcc)] = yuv[1];
                row[2 * x + 3 - luma_position(format->fourcc)] = yuv[2];
            }
            break;
        case FR_PLANE_U:
        case FR_PLANE_V:
            if (has_chroma)
                row[x / 2] = yuv[plane->kind == FR_PLANE_U ? 1 : 2];
            break;
        case FR_PLANE_UV:
        case FR_PLANE_VU:
            if (has_chroma) {
                row[x] = yuv[plane->kind == FR_PLANE_UV ? 1 : 2];
                row[x + 1] = yuv[plane->kind == FR_PLANE_UV ? 2 : 1];
            }
            break;
        default:
            break;
        }
    }
}

static uint32_t root(uint64_t n)
{
    uint64_t r = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((r | bit) * (r | bit) <= n)
            r |= bit;
    return (uint32_t)r;
}

static void inset_ellipse(uint32_t *inset_px, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < height; y++) {
        /* Twice the distance of the row pair from the middle. */
        int64_t d = (int64_t)(y & ~1u) * 2 + 2 - height;
        uint64_t rest = (uint64_t)height * height - (uint64_t)(d * d);
        uint32_t chord = (uint32_t)((uint64_t)width * root(rest) / height);
        uint32_t inset = (width - chord) / 2 & ~1u;
        inset_px[y] = 2 * inset < width ? inset : (width / 2 - 1) & ~1u;
    }
}

int fr_picture_init(struct fr_picture *picture, const struct fr_format *format, bool is_ellipse,
                    uint32_t light_percent, uint8_t amplitude, fr_picture_paint *paint,
                    const void *userdata)
{
    *picture = (struct fr_picture){0};
    int r = fr_geometry_init(format, &picture->geometry);
    if (r < 0)
        return r;
    picture->inset_px = calloc(format->height_px, sizeof *picture->inset_px);
    if (!picture->inset_px)
        return -ENOMEM;
    if (is_ellipse)
        inset_ellipse(picture->inset_px, format->width_px, format->height_px);
    for (unsigned light = 0; light < FR_LIGHTS; light++) {
        picture->pixels[light] = calloc(picture->geometry.slot_bytes, 1);
        if (!picture->pixels[light])
            return -ENOMEM;
    }
    for (uint32_t y = 0; y < format->height_px; y++)
        for (uint32_t x = 0; x < format->width_px; x++) {
            uint8_t yuv[3];
            paint(userdata, x, y, yuv);
            for (unsigned light = 0; light < FR_LIGHTS; light++) {
                unsigned percent = light ? light_percent : 0;
                int luma = darker(yuv[0], 0, percent);
                if (luma < amplitude)
                    luma = amplitude;
                if (luma > 255 - amplitude)
                    luma = 255 - amplitude;
                const uint8_t lit[3] = {(uint8_t)(luma - amplitude), darker(yuv[1], 128, percent),
                                        darker(yuv[2], 128, percent)};
                draw_pixel(picture, light, x, y, lit);
            }
        }
    return 0;
}

void fr_picture_fini(struct fr_picture *picture)
{
    for (unsigned light = 0; light < FR_LIGHTS; light++)
        free(picture->pixels[light]);
    free(picture->inset_px);
    *picture = (struct fr_picture){0};
}

/* ---------------------------------------------------------------- putting it into a frame */

bool fr_picture_row_span(const struct fr_picture *picture, uint32_t row, int64_t x_px,
                         uint32_t frame_width_px, uint32_t *ret_begin, uint32_t *ret_end)
{
    int64_t inset = picture->inset_px[row];
    int64_t begin = x_px + inset;
    int64_t end = x_px + (int64_t)picture->geometry.format.width_px - inset;
    if (begin < 0)
        begin = 0;
    if (end > (int64_t)frame_width_px)
        end = frame_width_px;
    if (begin >= end)
        return false;
    *ret_begin = (uint32_t)begin;
    *ret_end = (uint32_t)end;
    return true;
}

/* Where the bytes of the pixels from column x on begin, x rounded up to whole chroma samples. */
static size_t column_bytes(uint32_t kind, uint32_t x)
{
    switch (kind) {
    case FR_PLANE_PACKED:
        return (size_t)x * 2;
    case FR_PLANE_U:
    case FR_PLANE_V:
        return ((size_t)x + 1) / 2;
    case FR_PLANE_UV:
    case FR_PLANE_VU:
        return ((size_t)x + 1) / 2 * 2;
    default:
        return x;
    }
}

/* Sixteen bytes that may stand anywhere. */
typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));

static void add_rows(uint8_t *to, const uint8_t *from, const uint8_t *noise, size_t n)
{
    size_t i = 0;
    for (; i + sizeof(bytes16) <= n; i += sizeof(bytes16))
        *(bytes16 *)(to + i) = *(const bytes16 *)(from + i) + *(const bytes16 *)(noise + i);
    for (; i < n; i++)
        to[i] = (uint8_t)(from[i] + noise[i]);
}

void fr_picture_put(const struct fr_picture *picture, unsigned light,
                    const struct fr_geometry *frame, uint8_t *slot, int64_t x_px, uint32_t y_px,
                    const struct fr_noise *noise, uint64_t noise_key)
{
    for (uint32_t i = 0; i < frame->n_planes; i++) {
        const struct fr_plane_layout *to = &frame->planes[i];
        const struct fr_plane_layout *from = &picture->geometry.planes[i];
        unsigned shift = rows_shift(&frame->format, to);
        bool has_noise = noise->bytes && (to->kind == FR_PLANE_Y || to->kind == FR_PLANE_PACKED);
        for (uint32_t row = 0; row < from->rows; row++) {
            uint32_t begin = 0, end = 0;
            if (!fr_picture_row_span(picture, row << shift, x_px, frame->format.width_px, &begin,
                                     &end))
                continue;
            uint32_t frame_row = (y_px >> shift) + row;
            size_t at = column_bytes(to->kind, begin), n = column_bytes(to->kind, end) - at;
            uint8_t *dst = slot + to->offset_bytes + (size_t)frame_row * to->stride_bytes + at;
            const uint8_t *src = picture->pixels[light] + from->offset_bytes +
                                 (size_t)row * from->stride_bytes +
                                 column_bytes(to->kind, (uint32_t)((int64_t)begin - x_px));
            if (has_noise)
                add_rows(dst, src, noise_row(noise, noise_key, frame_row) + at, n);
            else
                memcpy(dst, src, n);
        }
    }
}
