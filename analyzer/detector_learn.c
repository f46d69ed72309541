/* The model's next step: how far it goes after so much time, and in which areas.
 *
 * The background itself (background.h) knows frames; here they become time, so that it learns as
 * fast at 5 frames a second as at 60. Where there are more frames than that needs, the rows of
 * tiles take turns: a frame is compared everywhere, and learnt in every second, fourth or eighth
 * row, with so much more weight. */
#include "analyzer/detector_private.h"
#include "analyzer/sensitivity.h"

static const int64_t NS_PER_S = 1000000000;

/* So long the model is young, and a candidate is believed sooner; but never sooner than this. */
static const int64_t YOUNG_NS = 4000000000;
static const int64_t BELIEVE_NS = 500000000;

enum {
    SHIFT_MIN = 3,       /* the background follows by 1/8 of a difference at most, */
    SHIFT_MAX = 8,       /* and by 1/256 at least: less is lost in the rounding */
    TURNS_SHIFT_MIN = 3, /* by turns only where it follows by no more than 1/8 then */
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

/* How the frame is learnt. */
struct plan {
    unsigned n_turns; /* a power of two; 1: all of it is learnt at each frame */
    struct fr_background_step steps[FR_TURNS_MAX]; /* of each row of tiles, by turns */
};

/* 2^shift times the frame's interval are the time constant; at the start, as many as there were. */
static int16_t plan_shift(const struct fr_detector *d)
{
    int16_t shift = SHIFT_MIN;
    while (shift < SHIFT_MAX && (d->interval_ns << shift) * 3 / 2 < d->settings.adapt_ns)
        shift++;
    int16_t young = 1;
    while (young < shift && (UINT64_C(1) << young) <= d->n_learnt)
        young++;
    return young;
}

/* All of it is learnt at once while things change fast: in a young model, or when most is new. And
 * the time until something is known should not depend much on whose turn it is. */
static bool may_take_turns(const struct fr_detector *d, bool is_young, unsigned n_turns)
{
    return !is_young && !d->flood_ns && n_turns <= FR_TURNS_MAX &&
           n_turns * d->interval_ns <= d->settings.static_object_ns / 32;
}

static struct plan plan_step(struct fr_detector *d, int64_t elapsed_ns)
{
    const struct fr_detector_settings *s = &d->settings;
    struct plan plan = {.n_turns = 1};
    int16_t shift = plan_shift(d);

    /* What a young model takes for background may well be an object that was there when it began,
     * so another level is believed as soon as it has been seen for as long as the model is old. */
    int64_t believe_ns = d->age_ns > BELIEVE_NS ? d->age_ns : BELIEVE_NS;
    const bool is_young = d->age_ns <= YOUNG_NS && believe_ns <= s->static_object_ns;
    if (!is_young)
        believe_ns = s->static_object_ns;
    double rate = FR_EVIDENCE_KNOWN * (double)NS_PER_S / (double)believe_ns;

    for (; shift > TURNS_SHIFT_MIN && may_take_turns(d, is_young, 2 * plan.n_turns); shift--)
        plan.n_turns *= 2;

    for (unsigned turn = 0; turn < FR_TURNS_MAX; turn++) {
        struct fr_turn *t = &d->turns[turn];
        struct fr_background_step *step = &plan.steps[turn];
        *step = (struct fr_background_step){
            .base = (uint16_t)(s->threshold_base * FR_HALF_LEVELS),
            .contrast_q8 = (uint16_t)(s->threshold_contrast * 256),
            .deviations_q4 = (uint16_t)(s->threshold_spread * 16),
            .most = (uint16_t)(s->threshold_most * FR_HALF_LEVELS),
            .shift = shift,
            .dither = dither(d->n_learnt / plan.n_turns, shift),
            .is_held = (turn ^ d->n_learnt) % plan.n_turns != 0,
        };
        t->passed_ns += elapsed_ns;
        if (step->is_held)
            continue;
        step->gain = take_due(&t->gain, rate, t->passed_ns);
        /* A level seen for a fifth of the time or more will be known in the end. */
        step->loss = take_due(&t->loss, rate / 4, t->passed_ns);
        /* And so will one where something else passes most of the time, as on a busy street. */
        step->wear = take_due(&t->wear, rate / 4, t->passed_ns);
        t->passed_ns = 0;
    }
    return plan;
}

static void sum_mean_tiles_at(struct fr_detector *d, uint32_t y)
{
    fr_tiles_sum(d->background.level + (size_t)y * d->half_width_px, d->half_width_px,
                 fr_detector_tile_rows(d, y),
                 d->mean_sums + (size_t)(y / FR_TILE_SIDE) * fr_tiles(d->half_width_px));
}

void fr_detector_sum_mean_tiles(struct fr_detector *d)
{
    for (uint32_t y = 0; d->are_mean_sums_old && y < d->half_height_px; y += FR_TILE_SIDE)
        sum_mean_tiles_at(d, y);
}

/* Learns pixels one after the other. Each row of tiles is added up when its last pixel has been
 * learnt, while it is near; unless nothing can have changed in it. */
static void learn_run(struct fr_detector *d, const struct plan *plan, unsigned sensitivity,
                      size_t first_px, size_t n_px, struct fr_background_count *sum)
{
    const size_t strip_px = (size_t)FR_TILE_SIDE * d->half_width_px, end = first_px + n_px;
    struct fr_background_step steps[FR_TURNS_MAX];

    for (unsigned turn = 0; turn < FR_TURNS_MAX; turn++)
        steps[turn] = fr_sensitivity_step(plan->steps[turn], sensitivity);
    for (size_t at = first_px, to; at < end; at = to) {
        const size_t strip = at / strip_px;
        to = (strip + 1) * strip_px;
        to = to < end ? to : end;
        const struct fr_background_step *step = &steps[strip % FR_TURNS_MAX];
        struct fr_background_count count =
            fr_background_learn(&d->background, at, to - at, step, d->plane, &d->scores);
        sum->n_moving += count.n_moving;
        sum->n_still += count.n_still;
        const bool is_last = to % strip_px == 0 || to == d->background.n_px;
        if (is_last &&
            (d->are_mean_sums_old || !step->is_held ||
             fr_background_knows(&d->background, strip * strip_px, to - strip * strip_px)))
            sum_mean_tiles_at(d, (uint32_t)strip * FR_TILE_SIDE);
    }
}

struct fr_background_count fr_detector_learn(struct fr_detector *d, int64_t elapsed_ns)
{
    const struct plan plan = plan_step(d, elapsed_ns);
    struct fr_background_count sum = {0}, ignored = {0};

    if (!d->map)
        learn_run(d, &plan, d->settings.sensitivity, 0, d->background.n_px, &sum);
    for (size_t i = 0, at = 0; d->map && i < d->map->n_runs; at += d->map->runs[i++].n_px) {
        const struct fr_area_run *run = &d->map->runs[i];
        unsigned sensitivity = run->sensitivity ? run->sensitivity : d->settings.sensitivity;
        learn_run(d, &plan, sensitivity, at, run->n_px, run->is_ignored ? &ignored : &sum);
    }
    d->are_mean_sums_old = false;
    return sum;
}
