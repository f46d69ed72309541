/* The detector's settings, its memory, and another start. */
#include "analyzer/components.h"
#include "analyzer/detector_private.h"
#include "analyzer/majority.h"
#include "analyzer/sensitivity.h"
#include "common/media/half_luma.h"

#include <errno.h>
#include <stdlib.h>

static const int64_t NS_PER_S = 1000000000, NS_PER_MS = 1000000;

struct fr_detector_settings fr_detector_settings_default(void)
{
    return (struct fr_detector_settings){
        .threshold_base = 4,
        .threshold_contrast = 0.0625,
        .threshold_spread = 3.25,
        .threshold_most = 64,
        .sensitivity = FR_SENSITIVITY_DEFAULT,
        .object_min_share = 0.0003,
        .object_max_share = 1,
        .light_change_share = 0.15,
        .adapt_ns = 2500 * NS_PER_MS,
        .static_object_ns = 30 * NS_PER_S,
    };
}

static bool is_within(double value, double least, double most)
{
    return value >= least && value <= most; /* false for a NaN */
}

static bool settings_make_sense(const struct fr_detector_settings *s)
{
    return is_within(s->threshold_base, 1, 96) && is_within(s->threshold_contrast, 0, 0.25) &&
           is_within(s->threshold_spread, 0, 3.9) &&
           is_within(s->threshold_most, s->threshold_base, 96) &&
           s->sensitivity >= FR_SENSITIVITY_MIN && s->sensitivity <= FR_SENSITIVITY_MAX &&
           is_within(s->object_min_share, 0, 1) &&
           is_within(s->object_max_share, s->object_min_share, 1) &&
           is_within(s->light_change_share, 0.001, 3) && s->adapt_ns > 0 && s->static_object_ns > 0;
}

int fr_detector_set(struct fr_detector *detector, const struct fr_detector_settings *settings)
{
    if (!settings_make_sense(settings))
        return -EINVAL;
    detector->settings = *settings;
    return 0;
}

int fr_detector_set_map(struct fr_detector *detector, const struct fr_area_map *map)
{
    uint64_t n_px = 0;

    if (map) {
        if (map->width_px != detector->half_width_px || map->height_px != detector->half_height_px)
            return -EINVAL;
        for (size_t i = 0; i < map->n_runs; i++)
            n_px += map->runs[i].n_px;
        if (n_px != detector->background.n_px)
            return -EINVAL;
    }
    detector->map = map;
    return 0;
}

/* For a plane, or for a mask, which has more where rows are narrow. */
static size_t spare_bytes(uint32_t half_width_px, uint32_t half_height_px)
{
    const size_t n_px = (size_t)half_width_px * half_height_px;
    const size_t mask_bytes = fr_mask_bytes(half_width_px, half_height_px);
    return n_px > mask_bytes ? n_px : mask_bytes;
}

size_t fr_detector_bytes(uint32_t width_px, uint32_t height_px)
{
    uint32_t w = fr_half_px(width_px), h = fr_half_px(height_px);
    size_t n_tiles = (size_t)fr_tiles(w) * fr_tiles(h);
    return sizeof(struct fr_detector) + (size_t)w * h + spare_bytes(w, h) +
           fr_background_bytes((size_t)w * h) + 2 * fr_bits_bytes((size_t)w * h) +
           fr_mask_bytes(w, h) + n_tiles * (sizeof(uint8_t) + 3 * sizeof(uint16_t)) +
           fr_habit_bytes(w, h) + fr_majority_scratch_bytes(w) + fr_components_bytes(w);
}

int fr_detector_new(const struct fr_detector_settings *settings, uint32_t width_px,
                    uint32_t height_px, struct fr_detector **ret_detector)
{
    if (!settings_make_sense(settings) || width_px < FR_DETECTOR_SIDE_MIN ||
        height_px < FR_DETECTOR_SIDE_MIN || width_px > FR_SIDE_MAX || height_px > FR_SIDE_MAX)
        return -EINVAL;
    struct fr_detector *d = calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    d->width_px = width_px;
    d->height_px = height_px;
    d->half_width_px = fr_half_px(width_px);
    d->half_height_px = fr_half_px(height_px);
    d->n_tiles = (size_t)fr_tiles(d->half_width_px) * fr_tiles(d->half_height_px);
    fr_detector_set(d, settings);

    const size_t n_px = (size_t)d->half_width_px * d->half_height_px;
    d->plane = fr_simd_alloc(n_px);
    d->spare = fr_simd_alloc(spare_bytes(d->half_width_px, d->half_height_px));
    d->scores.moves = fr_simd_alloc(fr_bits_bytes(n_px));
    d->scores.strays = fr_simd_alloc(fr_bits_bytes(n_px));
    d->mask = fr_simd_alloc(fr_mask_bytes(d->half_width_px, d->half_height_px));
    d->busy = fr_simd_alloc(d->n_tiles);
    d->sums = fr_simd_alloc(d->n_tiles * sizeof *d->sums);
    d->mean_sums = fr_simd_alloc(d->n_tiles * sizeof *d->mean_sums);
    d->ratios_q10 = fr_simd_alloc(d->n_tiles * sizeof *d->ratios_q10);
    d->scratch = fr_simd_alloc(fr_majority_scratch_bytes(d->half_width_px));
    if (!d->plane || !d->spare || !d->scores.moves || !d->scores.strays || !d->mask || !d->busy ||
        !d->sums || !d->mean_sums || !d->ratios_q10 || !d->scratch ||
        fr_background_init(&d->background, n_px) < 0 ||
        fr_habit_init(&d->habit, d->half_width_px, d->half_height_px) < 0 ||
        fr_components_new(d->half_width_px, &d->components) < 0) {
        fr_detector_free(d);
        return -ENOMEM;
    }
    *ret_detector = d;
    return 0;
}

void fr_detector_free(struct fr_detector *detector)
{
    if (!detector)
        return;
    free(detector->plane);
    free(detector->mask);
    free(detector->spare);
    free(detector->scores.moves);
    free(detector->scores.strays);
    free(detector->busy);
    free(detector->sums);
    free(detector->mean_sums);
    free(detector->ratios_q10);
    free(detector->scratch);
    fr_background_fini(&detector->background);
    fr_habit_fini(&detector->habit);
    fr_components_free(detector->components);
    free(detector);
}

void fr_detector_restart(struct fr_detector *detector)
{
    detector->n_learnt = 0;
}

void fr_detector_doubt(struct fr_detector *detector)
{
    detector->age_ns = detector->flood_ns = detector->still_ns = 0;
    detector->settled_ns = FR_SETTLE_NS - FR_START_NS;
}
