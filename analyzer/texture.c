#include "analyzer/texture.h"
#include "analyzer/kernels.h"

#include <string.h>

enum {
    FAINT = 2,   /* the same for a tile that may be in the dark */
    TEXTURE = 4, /* grey levels: standard deviation from which a tile has a pattern */
    /* The squares of what the correlation must reach (0.9), and of how far the contrast may be from
     * what the brightness says (1.5), in 256ths. */
    CORRELATION2_Q8 = 205,
    CONTRAST2_Q8 = 576,
    AT_ONCE = 64,   /* tiles */
    MOVING_MIN = 4, /* pixels of a tile: fewer are cleared by the vote of 5x5 */
};

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Any tile; what the kernels are compared with. */
static struct fr_texture_sums sum_pixels(const uint8_t *half, const uint8_t *levels,
                                         size_t stride_px, uint32_t columns, uint32_t rows)
{
    struct fr_texture_sums s = {.n = (int32_t)(rows * columns)};

    for (uint32_t y = 0; y < rows; y++, half += stride_px, levels += stride_px)
        for (uint32_t x = 0; x < columns; x++) {
            const int32_t pixel = half[x], level = levels[x];
            s.now += pixel;
            s.before += level;
            s.now2 += pixel * pixel;
            s.before2 += level * level;
            s.product += pixel * level;
        }
    return s;
}

static struct fr_texture_sums sum_tile(const struct fr_kernels *kernels, const uint8_t *half,
                                       const uint8_t *levels, size_t stride_px)
{
    return kernels ? kernels->sum_tile(half, levels, stride_px)
                   : sum_pixels(half, levels, stride_px, FR_TILE_SIDE, FR_TILE_SIDE);
}

struct fr_texture_sums fr_texture_sum_at(enum fr_simd level, const uint8_t *half,
                                         const uint8_t *levels, size_t stride_px)
{
    return sum_tile(fr_kernels_at(level), half, levels, stride_px);
}

/* n^2 times the variances and the covariance: each below 2^28 (64 * 64 * 255^2). */
struct moments {
    int32_t var_now, var_before, covariance;
};

static struct moments moments_of(const struct fr_texture_sums *s)
{
    return (struct moments){.var_now = s->n * s->now2 - s->now * s->now,
                            .var_before = s->n * s->before2 - s->before * s->before,
                            .covariance = s->n * s->product - s->now * s->before};
}

/* Correlation and contrast are ratios, where a float's 24 bits are plenty; they say nothing where
 * the first conditions are not met. */
static bool is_same_texture(const struct fr_texture_sums *s)
{
    const struct moments m = moments_of(s);
    const float now = (float)m.var_now, before = (float)m.var_before, both = (float)m.covariance;
    const float correlation2 = both * both / (now * before);
    const float brightness = (float)s->now / (float)(s->before + 1);
    const float excess2 = now / before / (brightness * brightness);

    return (m.var_before >= TEXTURE * TEXTURE * s->n * s->n) & (m.var_now > 0) &
           (m.covariance > 0) & (correlation2 * 256 >= CORRELATION2_Q8) &
           (excess2 * 256 <= CONTRAST2_Q8) & (excess2 * CONTRAST2_Q8 >= 256);
}

/* How many pixels of one tile move, from pixel `at` on. */
static uint32_t count_moving(const uint8_t *moves, size_t at, size_t stride, uint32_t columns,
                             uint32_t rows)
{
    const uint8_t within = (uint8_t)fr_bits_below(columns);
    uint64_t tile = 0;

    if (at % 8 == 0 && stride % 8 == 0) /* whole bytes */
        for (uint32_t y = 0; y < rows; y++)
            tile |= (uint64_t)(moves[(at + y * stride) / 8] & within) << 8 * y;
    else
        for (uint32_t y = 0; y < rows; y++)
            tile |= (uint64_t)(fr_bits_8(moves, at + y * stride) & within) << 8 * y;
    return fr_bits_count(tile);
}

/* A plane, its model and its scores; or a row of tiles of them. */
struct picture {
    const uint8_t *half, *levels;
    const struct fr_scores *scores;
    size_t first_px; /* where that begins in the scores */
    uint32_t width_px, rows;
};

/* Whether one tile is lit differently. */
static bool is_lit(const struct fr_kernels *kernels, const struct picture *p, uint32_t x)
{
    const uint32_t columns = lesser(FR_TILE_SIDE, p->width_px - x);
    const struct fr_texture_sums sums =
        columns == FR_TILE_SIDE && p->rows == FR_TILE_SIDE
            ? sum_tile(kernels, p->half + x, p->levels + x, p->width_px)
            : sum_pixels(p->half + x, p->levels + x, p->width_px, columns, p->rows);

    return is_same_texture(&sums);
}

/* Tiles side by side, of one row: for each a bit. What becomes of a tile is as good as chance, and
 * to guess wrong is dear: so there is a list after each question, without a branch. */
static size_t clear_tiles(const struct fr_kernels *kernels, const struct picture *p,
                          const uint16_t *ratios_q10, uint32_t first, uint32_t n_tiles,
                          uint32_t gain_q10)
{
    const uint32_t near_q10 = (gain_q10 - 1) / 32;
    uint32_t lefts[AT_ONCE], n_off = 0, n_moving = 0, n_lit = 0;

    for (uint32_t i = first; i < first + n_tiles; i++) {
        lefts[n_off] = i * FR_TILE_SIDE;
        n_off += (ratios_q10[i] != 0) & (ratios_q10[i] + near_q10 - gain_q10 > 2 * near_q10);
    }
    for (uint32_t i = 0; i < n_off; i++) {
        const uint32_t x = lefts[i], columns = lesser(FR_TILE_SIDE, p->width_px - x);
        lefts[n_moving] = x;
        n_moving += count_moving(p->scores->moves, p->first_px + x, p->width_px, columns,
                                 p->rows) >= MOVING_MIN;
    }
    for (uint32_t i = 0; i < n_moving; i++) {
        const uint32_t x = lefts[i];
        lefts[n_lit] = x;
        n_lit += is_lit(kernels, p, x);
    }
    for (uint32_t i = 0; i < n_lit; i++)
        for (uint32_t row = 0; row < p->rows; row++) {
            const size_t at = p->first_px + row * p->width_px + lefts[i];
            fr_scores_clear(p->scores, at, lesser(FR_TILE_SIDE, p->width_px - lefts[i]));
        }
    return n_lit;
}

size_t fr_texture_clear_lit_at(enum fr_simd level, const uint8_t *half, const uint8_t *levels,
                               uint32_t width_px, uint32_t height_px, const uint16_t *ratios_q10,
                               uint32_t gain_q10, const struct fr_scores *scores)
{
    const struct fr_kernels *kernels = fr_kernels_at(level);
    size_t n_lit = 0;

    for (uint32_t y = 0; y < height_px; y += FR_TILE_SIDE, ratios_q10 += fr_tiles(width_px)) {
        const size_t at = (size_t)y * width_px;
        const struct picture row = {half + at, levels + at, scores,
                                    at,        width_px,    lesser(FR_TILE_SIDE, height_px - y)};
        for (uint32_t first = 0; first < fr_tiles(width_px); first += AT_ONCE)
            n_lit += clear_tiles(kernels, &row, ratios_q10, first,
                                 lesser(AT_ONCE, fr_tiles(width_px) - first), gain_q10);
    }
    return n_lit;
}

size_t fr_texture_clear_lit(const uint8_t *half, const uint8_t *levels, uint32_t width_px,
                            uint32_t height_px, const uint16_t *ratios_q10, uint32_t gain_q10,
                            const struct fr_scores *scores)
{
    return fr_texture_clear_lit_at(fr_simd(), half, levels, width_px, height_px, ratios_q10,
                                   gain_q10, scores);
}

enum fr_texture fr_texture_compare(const uint8_t *half, const uint8_t *levels, size_t stride)
{
    const struct fr_texture_sums s = fr_texture_sum_at(fr_simd(), half, levels, stride);
    const struct moments m = moments_of(&s);
    const int64_t now = m.var_now, before = m.var_before, both = m.covariance;

    if (before < FAINT * FAINT * s.n * s.n)
        return FR_TEXTURE_NONE;
    return both > 0 && 10 * both * both > 3 * now * before ? FR_TEXTURE_KEPT : FR_TEXTURE_LOST;
}
