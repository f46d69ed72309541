/* The model's next step: how far it goes after so much time, and in which areas.
 *
 * The background itself (background.h) knows frames; here they become time, so that it learns as
 * fast at 5 frames a second as at 60. */
#include "analyzer/detector_private.h"
#include "analyzer/sensitivity.h"

static const int64_t NS_PER_S = 1000000000;

/* So long the model is young, and a candidate is believed sooner; but never sooner than this. */
static const int64_t YOUNG_NS = 4000000000;
static const int64_t BELIEVE_NS = 500000000;

enum {
    SHIFT_MIN = 3, /* the background follows by 1/8 of a difference at most, */
    SHIFT_MAX = 8, /* and by 1/256 at least: less is lost in the rounding */
};

/* The whole steps that have come due, at `rate` a second. */
static int16_t take_due(struct fr_due *due, double rate, int64_t elapsed_ns)
{
    due->steps += rate * (double)elapsed_ns / (double)NS_PER_S;
    int16_t whole = due->steps < FR_EVIDENCE_KNOWN ? (int16_t)due->steps : FR_EVIDENCE_KNOWN;
    due->steps = whole < FR_EVIDENCE_KNOWN ? due->steps - whole : 0;
    return whole;
}

/* 0 to 2^shift - 1 in the order of their bits reversed: each once in 2^shift frames. */
static int16_t dither(uint64_t n_learnt, int16_t shift)
{
    int16_t reversed = 0;
    for (int16_t i = 0; i < shift; i++)
        reversed = (int16_t)(2 * reversed + (int16_t)(n_learnt >> i & 1));
    return reversed;
}

static struct fr_background_step plan_step(struct fr_detector *d, int64_t elapsed_ns)
{
    const struct fr_detector_settings *s = &d->settings;
    const double level = 1 << FR_LEVEL_BITS;

    /* 2^shift frames are the time constant; at the start, as many as there have been. */
    int16_t shift = SHIFT_MIN;
    while (shift < SHIFT_MAX && (d->interval_ns << shift) * 3 / 2 < s->adapt_ns)
        shift++;
    int16_t young = 1;
    while (young < shift && (UINT64_C(1) << young) <= d->n_learnt)
        young++;

    /* What a young model takes for background may well be an object that was there when it began,
     * so another level is believed as soon as it has been seen for as long as the model is old. */
    int64_t believe_ns = d->age_ns > BELIEVE_NS ? d->age_ns : BELIEVE_NS;
    const bool is_young = d->age_ns <= YOUNG_NS && believe_ns <= s->static_object_ns;
    if (!is_young)
        believe_ns = s->static_object_ns;
    double rate = FR_EVIDENCE_KNOWN * (double)NS_PER_S / (double)believe_ns;

    return (struct fr_background_step){
        .base = (uint16_t)(s->threshold_base * level),
        .contrast_q8 = (uint16_t)(s->threshold_contrast * 256),
        .deviations_q4 = (uint16_t)(s->threshold_spread * 16),
        .most = (uint16_t)(s->threshold_most * level),
        .shift = young,
        .dither = dither(d->n_learnt, young),
        .gain = take_due(&d->gain, rate, elapsed_ns),
        /* A level seen for a fifth of the time or more will be known in the end. */
        .loss = take_due(&d->loss, rate / 4, elapsed_ns),
        /* And so will one where something else passes most of the time, as on a busy street. */
        .wear = take_due(&d->wear, rate / 4, elapsed_ns),
    };
}

static void sum_mean_tiles_at(struct fr_detector *d, uint32_t y)
{
    fr_tiles_sum_levels(d->background.mean + (size_t)y * d->half_width_px, d->half_width_px,
                        fr_detector_tile_rows(d, y),
                        d->mean_sums + (size_t)(y / FR_TILE_SIDE) * fr_tiles(d->half_width_px));
}

void fr_detector_sum_mean_tiles(struct fr_detector *d)
{
    for (uint32_t y = 0; d->are_mean_sums_old && y < d->half_height_px; y += FR_TILE_SIDE)
        sum_mean_tiles_at(d, y);
}

/* Learns pixels one after the other. Each row of tiles is added up when its last pixel has been
 * learnt, while it is near. */
static void learn_run(struct fr_detector *d, const struct fr_background_step *step, size_t first_px,
                      size_t n_px, struct fr_background_count *sum)
{
    const struct fr_scores scores = {d->mask, d->blocks};
    const size_t strip_px = (size_t)FR_TILE_SIDE * d->half_width_px, end = first_px + n_px;

    for (size_t at = first_px, to; at < end; at = to) {
        to = (at / strip_px + 1) * strip_px;
        to = to < end ? to : end;
        struct fr_background_count count =
            fr_background_learn(&d->background, at, to - at, step, d->plane, &scores);
        sum->n_moving += count.n_moving;
        sum->n_still += count.n_still;
        if (to % strip_px == 0 || to == d->background.n_px)
            sum_mean_tiles_at(d, (uint32_t)((to - 1) / strip_px) * FR_TILE_SIDE);
    }
}

struct fr_background_count fr_detector_learn(struct fr_detector *d, int64_t elapsed_ns)
{
    const struct fr_background_step step = plan_step(d, elapsed_ns);
    struct fr_background_count sum = {0}, ignored = {0};

    if (!d->map) {
        struct fr_background_step own = fr_sensitivity_step(step, d->settings.sensitivity);
        learn_run(d, &own, 0, d->background.n_px, &sum);
    }
    for (size_t i = 0, at = 0; d->map && i < d->map->n_runs; at += d->map->runs[i++].n_px) {
        const struct fr_area_run *run = &d->map->runs[i];
        unsigned sensitivity = run->sensitivity ? run->sensitivity : d->settings.sensitivity;
        struct fr_background_step own = fr_sensitivity_step(step, sensitivity);
        learn_run(d, &own, at, run->n_px, run->is_ignored ? &ignored : &sum);
    }
    d->are_mean_sums_old = false;
    return sum;
}
