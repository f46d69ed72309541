#include "analyzer/texture.h"

#include <string.h>

enum {
    FAINT = 2,   /* the same for a tile that may be in the dark */
    TEXTURE = 4, /* grey levels: standard deviation from which a tile has a pattern */
    /* The squares of what the correlation must reach (0.8), and of how far the contrast may be from
     * what the brightness says (1.5), in 256ths. */
    CORRELATION2_Q8 = 164,
    CONTRAST2_Q8 = 576,
    MOVING_MIN = 4, /* pixels of a tile: fewer are cleared by the vote of 5x5 */
};

/* Sums over one tile of at most 64 pixels of at most 255: all fit 32 bits, and their products 64. */
struct sums {
    int64_t n, now, before, now2, before2, product;
};

static inline __attribute__((always_inline)) struct sums
sum_pixels(const uint8_t *half, const int16_t *mean, size_t stride, uint32_t columns, uint32_t rows)
{
    int32_t now = 0, before = 0, now2 = 0, before2 = 0, product = 0;

    for (uint32_t y = 0; y < rows; y++, half += stride, mean += stride)
        for (uint32_t x = 0; x < columns; x++) {
            const int16_t pixel = half[x], level = (int16_t)(mean[x] >> FR_LEVEL_BITS);
            now += pixel;
            before += level;
            now2 += pixel * pixel;
            before2 += level * level;
            product += pixel * level;
        }
    return (struct sums){.n = (int64_t)rows * columns,
                         .now = now,
                         .before = before,
                         .now2 = now2,
                         .before2 = before2,
                         .product = product};
}

/* Nearly all tiles are whole, and with numbers that compilers know, a row is one vector. */
static struct sums sum_tile(const uint8_t *half, const int16_t *mean, size_t stride,
                            uint32_t columns, uint32_t rows)
{
    if (columns == FR_TILE_SIDE && rows == FR_TILE_SIDE)
        return sum_pixels(half, mean, stride, FR_TILE_SIDE, FR_TILE_SIDE);
    return sum_pixels(half, mean, stride, columns, rows);
}

static bool is_same_texture(const struct sums *s)
{
    /* n^2 times the variances and the covariance; each below 2^32. */
    int64_t var_now = s->n * s->now2 - s->now * s->now;
    int64_t var_before = s->n * s->before2 - s->before * s->before;
    int64_t covariance = s->n * s->product - s->now * s->before;

    if (var_before < TEXTURE * TEXTURE * s->n * s->n || var_now <= 0 || covariance <= 0)
        return false;
    /* Correlation and contrast are ratios, where a float's 24 bits are plenty. */
    float correlation2 =
        (float)covariance * (float)covariance / ((float)var_now * (float)var_before);
    if (correlation2 * 256 < CORRELATION2_Q8)
        return false;
    float contrast2 = (float)var_now / (float)var_before;
    float brightness = (float)s->now / (float)(s->before + 1);
    float excess2 = contrast2 / (brightness * brightness);
    return excess2 * 256 <= CONTRAST2_Q8 && excess2 * CONTRAST2_Q8 >= 256;
}

/* How many pixels of one tile move. */
static uint32_t count_moving(const uint8_t *scores, size_t stride, uint32_t columns, uint32_t rows)
{
    uint64_t sums = 0, eight = 0;

    /* A byte for each column, which counts to 8; the product gathers their sum in its highest byte. */
    for (uint32_t y = 0; y < rows; y++, scores += stride) {
        if (columns == FR_TILE_SIDE)
            memcpy(&eight, scores, sizeof eight);
        else
            memcpy(&eight, scores, columns);
        sums += eight >> 1 & 0x0101010101010101u;
    }
    return (uint32_t)(sums * 0x0101010101010101u >> 56);
}

size_t fr_texture_clear_lit(const uint8_t *half, const int16_t *mean, uint32_t width_px,
                            uint32_t height_px, const uint16_t *ratios_q10, uint32_t gain_q10,
                            uint8_t *scores)
{
    size_t n_lit = 0;

    for (uint32_t y = 0; y < height_px; y += FR_TILE_SIDE) {
        const uint32_t rows = height_px - y < FR_TILE_SIDE ? height_px - y : FR_TILE_SIDE;
        for (uint32_t x = 0; x < width_px; x += FR_TILE_SIDE) {
            const uint32_t columns = width_px - x < FR_TILE_SIDE ? width_px - x : FR_TILE_SIDE;
            const uint32_t ratio = *ratios_q10++;
            const uint32_t off = ratio > gain_q10 ? ratio - gain_q10 : gain_q10 - ratio;
            const size_t at = (size_t)y * width_px + x;
            if (!ratio || off * 32 < gain_q10 ||
                count_moving(scores + at, width_px, columns, rows) < MOVING_MIN)
                continue;
            const struct sums sums = sum_tile(half + at, mean + at, width_px, columns, rows);
            if (!is_same_texture(&sums))
                continue;
            for (uint32_t row = 0; row < rows; row++)
                memset(scores + at + (size_t)row * width_px, 0, columns);
            n_lit++;
        }
    }
    return n_lit;
}

enum fr_texture fr_texture_compare(const uint8_t *half, const int16_t *mean, size_t stride)
{
    struct sums s = sum_tile(half, mean, stride, FR_TILE_SIDE, FR_TILE_SIDE);
    int64_t var_now = s.n * s.now2 - s.now * s.now;
    int64_t var_before = s.n * s.before2 - s.before * s.before;
    int64_t covariance = s.n * s.product - s.now * s.before;

    if (var_before < FAINT * FAINT * s.n * s.n)
        return FR_TEXTURE_NONE;
    /* Each is below 2^28 (64 * 64 * 255^2), so these products fit. */
    return covariance > 0 && 10 * covariance * covariance > 3 * var_now * var_before
               ? FR_TEXTURE_KEPT
               : FR_TEXTURE_LOST;
}
