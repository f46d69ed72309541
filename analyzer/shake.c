/* How far the camera is displaced: spots are chosen in the background, and looked for in the
 * frame. */
#include "analyzer/shake.h"

#include <stdlib.h>
#include <string.h>

#ifdef FR_SIMD_X86
#include <immintrin.h>
#endif

enum {
    SIDE = 8, /* of a spot */
    REACH = FR_SHAKE_REACH,
    PLACES = 2 * REACH + 1,
    TEXTURE_MIN = 2 * SIDE * SIDE, /* grey levels from pixel to second next, over the spot */
    BUSY_MAX = FR_TILE_SIDE * FR_TILE_SIDE / 8,
    DIFFERENCE_MAX = 24 * SIDE * SIDE, /* a spot that differs by more has no more to say */
    SPOTS_MIN = 6,
};

void fr_shake_init(struct fr_shake *shake, uint32_t width_px, uint32_t height_px)
{
    *shake = (struct fr_shake){.width_px = width_px, .height_px = height_px};
}

/* The lesser of the sums of differences across and down: an edge alone has no place along
 * itself. */
static uint32_t texture_at(const uint8_t *levels, size_t stride)
{
    int32_t across = 0, down = 0;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            const uint8_t *at = levels + y * stride + x;
            across += abs(at[1] - at[-1]);
            down += abs(at[stride] - *(at - stride));
        }
    return (uint32_t)(across < down ? across : down);
}

void fr_shake_choose(struct fr_shake *shake, const uint8_t *levels, uint32_t n_cells)
{
    const uint32_t margin = REACH + 1, width = shake->width_px, height = shake->height_px;

    for (; n_cells; n_cells--) {
        uint32_t cell = shake->next_cell++ % FR_SHAKE_SPOTS;
        uint32_t column = cell % FR_SHAKE_GRID, row = cell / FR_SHAKE_GRID;
        uint32_t left = column * width / FR_SHAKE_GRID, top = row * height / FR_SHAKE_GRID;
        uint32_t right = (column + 1) * width / FR_SHAKE_GRID;
        uint32_t bottom = (row + 1) * height / FR_SHAKE_GRID;
        struct fr_shake_spot best = {0};
        for (uint32_t y = top > margin ? top : margin; y < bottom && y + SIDE + margin <= height;
             y += SIDE)
            for (uint32_t x = left > margin ? left : margin;
                 x < right && x + SIDE + margin <= width; x += SIDE) {
                uint32_t texture = texture_at(levels + (size_t)y * width + x, width);
                if (texture >= TEXTURE_MIN && texture > best.texture)
                    best = (struct fr_shake_spot){.x_px = x, .y_px = y, .texture = texture};
            }
        shake->spots[cell] = best;
    }
}

static bool is_busy(const struct fr_shake *shake, const struct fr_shake_spot *spot,
                    const uint8_t *busy)
{
    const uint32_t tiles_x = fr_tiles(shake->width_px);
    for (uint32_t y = spot->y_px / FR_TILE_SIDE; y <= (spot->y_px + SIDE - 1) / FR_TILE_SIDE; y++)
        for (uint32_t x = spot->x_px / FR_TILE_SIDE; x <= (spot->x_px + SIDE - 1) / FR_TILE_SIDE;
             x++)
            if (busy[y * tiles_x + x] > BUSY_MAX)
                return true;
    return false;
}

/* A spot of the background as bright as the frame has it. What lies beyond black or white is cut
 * off, for bytes; it differs from any pixel by so much more. */
struct pattern {
    uint8_t px[SIDE][SIDE];
    uint32_t beyond; /* summed up */
};

static void take_pattern_plain(const uint8_t *half, const uint8_t *levels, size_t stride,
                               struct pattern *ret_pattern)
{
    int32_t brighter = 0;

    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            brighter += half[y * stride + x] - levels[y * stride + x];
    brighter /= SIDE * SIDE;
    ret_pattern->beyond = 0;
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            int32_t level = levels[y * stride + x] + brighter;
            int32_t cut = level < 0 ? 0 : level < 255 ? level : 255;
            ret_pattern->px[y][x] = (uint8_t)cut;
            ret_pattern->beyond += (uint32_t)abs(level - cut);
        }
}

/* The sum of absolute differences. `half` is where the frame is laid against the pattern. */
static uint32_t sum_differences_plain(const struct pattern *pattern, const uint8_t *half,
                                      size_t stride)
{
    uint32_t sum = 0;
    for (size_t y = 0; y < SIDE; y++, half += stride)
        for (size_t x = 0; x < SIDE; x++)
            sum += (uint32_t)abs(half[x] - pattern->px[y][x]);
    return sum;
}

#ifdef FR_SIMD_X86
/* There is an instruction for sums of differences, which compilers do not find. */
static __m128i two_rows(const uint8_t *px, size_t stride)
{
    return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)px),
                              _mm_loadl_epi64((const __m128i *)(px + stride)));
}

static int32_t sum_of(__m128i sums)
{
    return _mm_cvtsi128_si32(sums) + _mm_extract_epi16(sums, 4);
}

static void take_pattern_sse2(const uint8_t *half, const uint8_t *levels, size_t stride,
                              struct pattern *ret_pattern)
{
    const __m128i zero = _mm_setzero_si128();
    __m128i rows[SIDE / 2], now = zero, before = zero, kept = zero;

    for (size_t i = 0; i < SIDE / 2; i++) {
        rows[i] = two_rows(levels + 2 * i * stride, stride);
        before = _mm_add_epi64(before, _mm_sad_epu8(rows[i], zero));
        now = _mm_add_epi64(now, _mm_sad_epu8(two_rows(half + 2 * i * stride, stride), zero));
    }
    const int32_t brighter = (sum_of(now) - sum_of(before)) / (SIDE * SIDE);
    const __m128i by = _mm_set1_epi8((char)abs(brighter));
    for (size_t i = 0; i < SIDE / 2; i++) {
        __m128i cut = brighter < 0 ? _mm_subs_epu8(rows[i], by) : _mm_adds_epu8(rows[i], by);
        kept = _mm_add_epi64(kept, _mm_sad_epu8(cut, rows[i]));
        _mm_storeu_si128((__m128i *)ret_pattern->px[2 * i], cut);
    }
    ret_pattern->beyond = (uint32_t)(abs(brighter) * SIDE * SIDE - sum_of(kept));
}

static uint32_t sum_differences_sse2(const struct pattern *pattern, const uint8_t *half,
                                     size_t stride)
{
    __m128i sum = _mm_setzero_si128();
    for (size_t y = 0; y < SIDE; y += 2, half += 2 * stride) {
        __m128i wanted = _mm_loadu_si128((const __m128i *)pattern->px[y]);
        sum = _mm_add_epi64(sum, _mm_sad_epu8(two_rows(half, stride), wanted));
    }
    return (uint32_t)sum_of(sum);
}
#endif

/* A spot, and where the frame has it if the camera stands still. */
struct spot {
    const uint8_t *half;
    size_t stride;
    struct pattern pattern;
};

/* By how much the frame differs from the spot at each place, MIDDLE where the camera stands
 * still. */
struct own {
    uint16_t at[PLACES * PLACES];
};

enum { MIDDLE = REACH * PLACES + REACH };

typedef uint32_t sum_differences_fn(const struct pattern *pattern, const uint8_t *half,
                                    size_t stride);

__attribute__((always_inline)) static inline uint16_t
compare(sum_differences_fn *sum_differences, const struct spot *spot, size_t x, size_t y)
{
    const uint8_t *half = spot->half + y * spot->stride + x - REACH * spot->stride - REACH;
    uint32_t sum = sum_differences(&spot->pattern, half, spot->stride) + spot->pattern.beyond;
    return (uint16_t)(sum < DIFFERENCE_MAX ? sum : DIFFERENCE_MAX);
}

__attribute__((always_inline)) static inline void
compare_all(sum_differences_fn *sum_differences, const struct spot *spot, struct own *ret_own)
{
    for (size_t y = 0; y < PLACES; y++)
        for (size_t x = 0; x < PLACES; x++)
            ret_own->at[y * PLACES + x] = compare(sum_differences, spot, x, y);
}

struct comparison {
    void (*take_pattern)(const uint8_t *half, const uint8_t *levels, size_t stride,
                         struct pattern *ret_pattern);
    uint16_t (*compare_middle)(const struct spot *spot);
    void (*compare_all)(const struct spot *spot, struct own *ret_own);
};

static uint16_t compare_middle_plain(const struct spot *spot)
{
    return compare(sum_differences_plain, spot, REACH, REACH);
}

static void compare_all_plain(const struct spot *spot, struct own *ret_own)
{
    compare_all(sum_differences_plain, spot, ret_own);
}

static const struct comparison plain = {take_pattern_plain, compare_middle_plain,
                                        compare_all_plain};

#ifdef FR_SIMD_X86
static uint16_t compare_middle_sse2(const struct spot *spot)
{
    return compare(sum_differences_sse2, spot, REACH, REACH);
}

static void compare_all_sse2(const struct spot *spot, struct own *ret_own)
{
    compare_all(sum_differences_sse2, spot, ret_own);
}

static const struct comparison sse2 = {take_pattern_sse2, compare_middle_sse2, compare_all_sse2};
#endif

static const struct comparison *comparison_at(enum fr_simd level)
{
    switch (level) {
#ifdef FR_SIMD_X86
    case FR_SIMD_AVX512:
    case FR_SIMD_AVX2:
    case FR_SIMD_SSE2:
        return &sse2;
#endif
    default:
        return &plain;
    }
}

/* How far, in quarters, the minimum lies towards `after`: two lines of equal and opposite slope
 * through the three. */
static int32_t refine(uint32_t before, uint32_t at, uint32_t after)
{
    int64_t steep = (int64_t)(before > after ? before : after) - at;
    int64_t towards = (int64_t)before - after;
    return steep > 0 ? (int32_t)((4 * towards + (towards > 0 ? steep : -steep)) / (2 * steep)) : 0;
}

/* A first displacement takes away an eighth of the difference. */
static bool is_enough(uint32_t difference, uint32_t still)
{
    return 8ull * difference < 7ull * still;
}

/* Whether nothing can become of any displacement any more: differences only grow with each spot. */
static bool stands_still(const uint32_t differences[PLACES * PLACES], uint32_t still)
{
    uint32_t least = UINT32_MAX;
    for (size_t i = 0; i < MIDDLE; i++) {
        least = differences[i] < least ? differences[i] : least;
        least = differences[MIDDLE + 1 + i] < least ? differences[MIDDLE + 1 + i] : least;
    }
    return !is_enough(least, still);
}

struct fr_shift fr_shake_estimate_at(enum fr_simd level, const struct fr_shake *shake,
                                     const uint8_t *half, const uint8_t *levels,
                                     const uint8_t *busy, bool is_shaking)
{
    const struct comparison *const with = comparison_at(level);
    struct spot spots[FR_SHAKE_SPOTS];
    struct own own[FR_SHAKE_SPOTS];
    uint32_t differences[PLACES * PLACES] = {0}, still = 0;
    size_t n = 0, n_agreed = 0, best = MIDDLE;

    for (size_t i = 0; i < FR_SHAKE_SPOTS; i++) {
        const struct fr_shake_spot *at = &shake->spots[i];
        if (!at->texture || is_busy(shake, at, busy))
            continue;
        const size_t px = (size_t)at->y_px * shake->width_px + at->x_px;
        spots[n].half = half + px;
        spots[n].stride = shake->width_px;
        with->take_pattern(half + px, levels + px, shake->width_px, &spots[n].pattern);
        still += with->compare_middle(&spots[n++]);
    }
    if (n < SPOTS_MIN)
        return (struct fr_shift){0};
    for (size_t i = 0; i < n; i++) {
        with->compare_all(&spots[i], &own[i]);
        for (size_t place = 0; place < PLACES * PLACES; place++)
            differences[place] += own[i].at[place];
        if (!is_shaking && stands_still(differences, still))
            return (struct fr_shift){0};
    }
    for (size_t place = 0; place < PLACES * PLACES; place++)
        if (differences[place] < differences[best])
            best = place;
    const size_t best_x = best % PLACES, best_y = best / PLACES;
    /* What moves before a camera that stands still moves a few of the spots. */
    for (size_t i = 0; i < n; i++)
        n_agreed += own[i].at[best] < own[i].at[MIDDLE];
    if (!is_shaking && 2 * n_agreed < n)
        return (struct fr_shift){0};
    struct fr_shift shift = {.x_q2 = 4 * ((int32_t)best_x - REACH),
                             .y_q2 = 4 * ((int32_t)best_y - REACH)};
    if (best_x > 0 && best_x + 1 < PLACES)
        shift.x_q2 += refine(differences[best - 1], differences[best], differences[best + 1]);
    if (best_y > 0 && best_y + 1 < PLACES)
        shift.y_q2 +=
            refine(differences[best - PLACES], differences[best], differences[best + PLACES]);
    return shift;
}

struct fr_shift fr_shake_estimate(const struct fr_shake *shake, const uint8_t *half,
                                  const uint8_t *levels, const uint8_t *busy, bool is_shaking)
{
    return fr_shake_estimate_at(fr_simd(), shake, half, levels, busy, is_shaking);
}
