/* A frame from plane to mask, step by step; detector_private.h tells which file has what else. */
#include "analyzer/detector_private.h"
#include "analyzer/detector_steps.h"
#include "analyzer/gain.h"
#include "analyzer/majority.h"
#include "analyzer/texture.h"

#include <errno.h>
#include <string.h>

static const int64_t NS_PER_S = 1000000000, NS_PER_MS = 1000000;

enum {
    SHAKING_FRAMES = 64, /* a camera that shook shakes for so long, */
    SHAKEN_MIN = 3,      /* and it is told when it did so often meanwhile */
};

/* The first frame is the background, and nothing moves in it. */
static void begin(struct fr_detector *d, int64_t captured_mono_ns)
{
    fr_background_restart(&d->background, d->plane);
    d->are_mean_sums_old = true;
    memset(d->mask, 0, fr_mask_bytes(d->half_width_px, d->half_height_px));
    memset(d->busy, 0, d->n_tiles);
    d->n_learnt = 1;
    d->last_mono_ns = captured_mono_ns;
    d->interval_ns = 0;
    d->settled_ns = FR_SETTLE_NS - FR_START_NS;
    d->age_ns = d->flood_ns = d->still_ns = d->relight_ns = 0;
    d->shaking_count = d->shaken_count = 0;
    d->shift = (struct fr_shift){0};
    d->shadow = (struct fr_shadow){0};
    fr_habit_restart(&d->habit);
    fr_shake_init(&d->shake, d->half_width_px, d->half_height_px);
    fr_shake_choose(&d->shake, d->background.level, FR_SHAKE_SPOTS);
    d->brightness = 1;
    memset(d->turns, 0, sizeof d->turns);
}

/* Time since the frame before; a gap counts as a second, for nobody saw what happened in it. */
static int64_t elapse(struct fr_detector *d, int64_t captured_mono_ns)
{
    /* Without a sign, a difference of any two times fits. */
    uint64_t passed_ns = (uint64_t)captured_mono_ns - (uint64_t)d->last_mono_ns;
    int64_t elapsed_ns = passed_ns < (uint64_t)NS_PER_S ? (int64_t)passed_ns : NS_PER_S;
    if (captured_mono_ns <= d->last_mono_ns || elapsed_ns < NS_PER_MS)
        elapsed_ns = NS_PER_MS;
    d->last_mono_ns = captured_mono_ns;
    d->interval_ns =
        d->interval_ns ? d->interval_ns + (elapsed_ns - d->interval_ns) / 8 : elapsed_ns;
    d->age_ns += elapsed_ns;
    d->settled_ns += elapsed_ns;
    return elapsed_ns;
}

/* In planes of bits, whose rows are so far from each other. */
static void fill_ignored(const struct fr_detector *d, uint8_t *bits, size_t stride_px, bool is_set)
{
    const struct fr_spans *spans = &d->map->ignored;
    for (size_t i = 0; i < spans->n; i++) {
        const struct fr_span *span = &spans->items[i];
        fr_bits_fill(bits, span->y * stride_px + span->first, span->last - span->first + 1, is_set);
    }
}

/* Undoes the camera's shaking in the plane. */
static void stand_still(struct fr_detector *d)
{
    fr_shake_choose(&d->shake, d->background.level, 1);
    d->shift =
        fr_shake_estimate(&d->shake, d->plane, d->background.level, d->busy, d->shaking_count);
    if (!fr_shift_is_none(d->shift)) {
        d->shaking_count = SHAKING_FRAMES;
        d->shaken_count += d->shaken_count < SHAKEN_MIN;
        fr_shake_align(d->plane, d->half_width_px, d->half_height_px, d->shift, d->spare);
        uint8_t *swap = d->plane;
        d->plane = d->spare;
        d->spare = swap;
        for (uint32_t y = 0; y < d->half_height_px; y += FR_TILE_SIDE)
            fr_detector_sum_tiles_at(d, y);
    } else if (d->shaking_count && !--d->shaking_count) {
        d->shaken_count = 0;
    }
}

/* Compares the plane with the background, which scores, and learns from it. Tells whether the light
 * changed; when that is more than a gain, the transition begins. */
static bool compare(struct fr_detector *d, int64_t elapsed_ns, uint32_t *ret_gain_q10)
{
    const uint32_t width = d->half_width_px, height = d->half_height_px;
    const uint8_t *levels = d->background.level;

    fr_detector_sum_mean_tiles(d);
    fr_tiles_ratio(d->sums, d->mean_sums, width, height, d->ratios_q10);
    *ret_gain_q10 = fr_detector_follow_gain(d);
    fr_detector_step_done(FR_STEP_GAIN);
    struct fr_background_count count = fr_detector_learn(d, elapsed_ns);
    d->n_learnt++;
    if (d->map) {
        fill_ignored(d, d->scores.moves, width, false);
        fill_ignored(d, d->scores.strays, width, false);
    }
    if (d->shaking_count)
        fr_shake_forgive(d->plane, levels, width, height, &d->scores);
    if (fr_detector_begin_other_light(d, &count))
        return true;
    fr_detector_step_done(FR_STEP_LEARN);
    fr_texture_clear_lit(d->plane, levels, width, height, d->ratios_q10, *ret_gain_q10, &d->scores);
    fr_detector_step_done(FR_STEP_LIT);
    fr_shadow_clear(&d->shadow, d->plane, levels, width, height, &d->scores);
    fr_detector_step_done(FR_STEP_SHADOW);
    return fr_detector_notice_light_change(d, *ret_gain_q10, &count, elapsed_ns);
}

int fr_detector_decide(struct fr_detector *detector, int64_t captured_mono_ns,
                       struct fr_detection *ret_detection)
{
    struct fr_detector *d = detector;
    const uint32_t width = d->half_width_px, height = d->half_height_px;

    if (d->state != FR_PLANE_LUMA)
        return -ENODATA;
    d->state = FR_PLANE_MASK;
    *ret_detection = (struct fr_detection){.gain = 1, .is_settling = true};
    if (!d->n_learnt) {
        begin(d, captured_mono_ns);
        return 0;
    }

    int64_t elapsed_ns = elapse(d, captured_mono_ns);
    uint32_t gain_q10 = FR_GAIN_ONE;
    bool is_light_change = false;

    stand_still(d);
    fr_detector_step_done(FR_STEP_STILL);
    if (!d->relight_ns)
        is_light_change = compare(d, elapsed_ns, &gain_q10);
    if (d->relight_ns)
        fr_detector_follow_other_light(d, elapsed_ns);
    fr_detector_step_done(FR_STEP_LEARN);
    fr_majority_5x5(&d->scores, width, height, d->scratch, d->mask);
    fr_detector_step_done(FR_STEP_CLEAN);
    /* What is ignored is no witness of the light: as busy as can be. */
    const size_t stride_px = 8 * fr_mask_stride_bytes(width);
    if (d->map)
        fill_ignored(d, d->mask, stride_px, true);
    fr_tiles_count(d->mask, width, height, d->busy);
    if (d->map)
        fill_ignored(d, d->mask, stride_px, false);
    if (!fr_shift_is_none(d->shift)) {
        fr_shake_move_mask(d->mask, width, height, d->shift, d->spare);
        memcpy(d->mask, d->spare, fr_mask_stride_bytes(width) * height);
        if (d->map)
            fill_ignored(d, d->mask, stride_px, false);
    }
    fr_detector_step_done(FR_STEP_COUNT);

    ret_detection->gain = (double)gain_q10 / FR_GAIN_ONE;
    ret_detection->is_light_change = is_light_change;
    ret_detection->is_shaking = d->shaken_count >= SHAKEN_MIN;
    ret_detection->is_settling = fr_detector_is_settling(d);
    fr_detector_tell_objects(d, NULL, d->settings.object_min_share, d->settings.object_max_share,
                             ret_detection);
    fr_habit_learn(&d->habit, d->busy, ret_detection->objects, ret_detection->n_told, elapsed_ns,
                   d->settings.static_object_ns);
    ret_detection->is_expected = fr_detector_is_expected(d, ret_detection);
    fr_detector_step_done(FR_STEP_OBJECTS);
    return 0;
}
