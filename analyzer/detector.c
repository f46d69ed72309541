#include "analyzer/detector.h"
#include "analyzer/background.h"
#include "analyzer/components.h"
#include "analyzer/detector_steps.h"
#include "analyzer/gain.h"
#include "analyzer/habit.h"
#include "analyzer/majority.h"
#include "analyzer/relight.h"
#include "analyzer/sensitivity.h"
#include "analyzer/shadow.h"
#include "analyzer/shake.h"
#include "analyzer/texture.h"
#include "common/media/half_luma.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const int64_t NS_PER_S = 1000000000, NS_PER_MS = 1000000;

/* After a start or a change of light: no alarm so long. */
static const int64_t SETTLE_NS = 1000000000;
/* So long the model is young, and a candidate is believed sooner; but never sooner than this. */
static const int64_t YOUNG_NS = 4000000000;
static const int64_t BELIEVE_NS = 500000000;
/* When over half of the picture is new: no alarm so long. If it kept its texture it is the light, and
 * if most of it stands still for FLOOD_STILL_NS it is another view; either way no object. */
static const int64_t FLOOD_DOUBT_NS = 500000000;
static const int64_t FLOOD_STILL_NS = 300000000;

enum {
    SHIFT_MIN = 3,         /* the background follows by 1/8 of a difference at most, */
    SHIFT_MAX = 8,         /* and by 1/256 at least: less is lost in the rounding */
    GAIN_IGNORED_Q10 = 10, /* 1 %: the mean follows that by itself */
    GAIN_TILES_MIN = 4,    /* fewer may all lie on one object */
    SHAKING_FRAMES = 64,   /* a camera that shook shakes for so long, */
    SHAKEN_MIN = 3,        /* and it is told when it did so often meanwhile */
};

/* What stands in `plane`. */
enum plane_state { PLANE_EMPTY, PLANE_LUMA, PLANE_MASK };

/* Something that grows evenly with time and is given in whole steps. */
struct due {
    double steps;
};

struct fr_detector {
    struct fr_detector_settings settings;
    uint32_t width_px, height_px;           /* of the frame */
    uint32_t half_width_px, half_height_px; /* of the plane, the mask and the background */
    size_t n_tiles;

    enum plane_state state;
    uint8_t *plane;      /* the frame reduced; in place of the background once it is decided */
    uint8_t *mask;       /* of the last decision */
    uint8_t *blocks;     /* where scores are, that stand in the mask until it is decided */
    uint8_t *busy;       /* for each tile: how much of it moved a frame ago */
    uint16_t *sums;      /* for each tile: of the plane */
    uint16_t *mean_sums; /* and of the mean, unless are_mean_sums_old */
    bool are_mean_sums_old;
    uint16_t *ratios_q10; /* for each tile: its brightness beside its background's */
    uint8_t *scratch;
    struct fr_background background;
    struct fr_components *components;
    const struct fr_area_map *map; /* NULL: everything is looked at, and alike */
    struct fr_shadow shadow;
    struct fr_habit habit;
    struct fr_shake shake;
    struct fr_shift shift;  /* of this frame */
    uint32_t shaking_count; /* frames for which the camera is still held to shake */
    uint32_t shaken_count;  /* displaced frames since it stood still, to SHAKEN_MIN */
    int64_t relight_ns;     /* until the transition to another light is over; 0: there is none */

    uint64_t n_learnt; /* frames since the start; 0: the next one begins */
    int64_t last_mono_ns;
    int64_t interval_ns;        /* from frame to frame, smoothed */
    int64_t age_ns;             /* since the model was last new */
    int64_t settled_ns;         /* since the start, or since the light changed */
    int64_t flood_ns, still_ns; /* for how long over half of the picture was new; and still */
    double brightness;          /* gains of about the last second, multiplied */
    struct due gain, loss, wear;
};

struct fr_detector_settings fr_detector_settings_default(void)
{
    return (struct fr_detector_settings){
        .threshold_base = 5,
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

size_t fr_detector_bytes(uint32_t width_px, uint32_t height_px)
{
    uint32_t w = fr_half_px(width_px), h = fr_half_px(height_px);
    size_t n_tiles = (size_t)fr_tiles(w) * fr_tiles(h);
    return sizeof(struct fr_detector) + 2 * (size_t)w * h + fr_background_bytes((size_t)w * h) +
           fr_blocks((size_t)w * h) + n_tiles * (2 * sizeof(uint8_t) + 4 * sizeof(uint16_t)) +
           fr_majority_scratch_bytes(w) + fr_components_bytes(w);
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
    d->plane = malloc(n_px);
    d->mask = malloc(n_px);
    d->blocks = malloc(fr_blocks(n_px));
    d->busy = malloc(d->n_tiles);
    d->sums = malloc(d->n_tiles * sizeof *d->sums);
    d->mean_sums = malloc(d->n_tiles * sizeof *d->mean_sums);
    d->ratios_q10 = malloc(d->n_tiles * sizeof *d->ratios_q10);
    d->scratch = malloc(fr_majority_scratch_bytes(d->half_width_px));
    if (!d->plane || !d->mask || !d->blocks || !d->busy || !d->sums || !d->mean_sums ||
        !d->ratios_q10 || !d->scratch || fr_background_init(&d->background, n_px) < 0 ||
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
    free(detector->blocks);
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
    detector->age_ns = detector->settled_ns = detector->flood_ns = detector->still_ns = 0;
}

/* Rows of the plane that make a row of tiles, from row y on. */
static uint32_t tile_rows(const struct fr_detector *d, uint32_t y)
{
    return d->half_height_px - y < FR_TILE_SIDE ? d->half_height_px - y : FR_TILE_SIDE;
}

static void sum_tiles_at(struct fr_detector *d, uint32_t y)
{
    fr_tiles_sum(d->plane + (size_t)y * d->half_width_px, d->half_width_px, tile_rows(d, y),
                 d->sums + (size_t)(y / FR_TILE_SIDE) * fr_tiles(d->half_width_px));
}

static void sum_mean_tiles_at(struct fr_detector *d, uint32_t y)
{
    fr_tiles_sum_levels(d->background.mean + (size_t)y * d->half_width_px, d->half_width_px,
                        tile_rows(d, y),
                        d->mean_sums + (size_t)(y / FR_TILE_SIDE) * fr_tiles(d->half_width_px));
}

int fr_detector_look(struct fr_detector *detector, const struct fr_luma *luma)
{
    struct fr_detector *d = detector;
    struct fr_luma strip = *luma;

    if (luma->width_px != detector->width_px || luma->height_px != detector->height_px ||
        !luma->step_bytes ||
        (uint64_t)(luma->width_px - 1) * luma->step_bytes >= luma->stride_bytes)
        return -EINVAL;
    /* What is reduced is added up while it is near. */
    for (uint32_t y = 0; y < d->half_height_px; y += FR_TILE_SIDE) {
        uint32_t rows = luma->height_px - 2 * y;
        strip.data = luma->data + (size_t)2 * y * luma->stride_bytes;
        strip.height_px = rows < 2 * FR_TILE_SIDE ? rows : 2 * FR_TILE_SIDE;
        fr_half_luma(&strip, d->plane + (size_t)y * d->half_width_px, d->half_width_px);
        sum_tiles_at(d, y);
    }
    fr_detector_step_done(FR_STEP_REDUCE);
    detector->state = PLANE_LUMA;
    return 0;
}

/* Luma that somebody has reduced already. */
static int look_at_half(struct fr_detector *d, const struct fr_plane *half)
{
    if (half->stride_bytes < d->half_width_px || half->rows < d->half_height_px ||
        half->size_bytes <
            (uint64_t)(d->half_height_px - 1) * half->stride_bytes + d->half_width_px)
        return -EINVAL;
    for (uint32_t y = 0; y < d->half_height_px; y++) {
        memcpy(d->plane + (size_t)y * d->half_width_px, half->data + (size_t)y * half->stride_bytes,
               d->half_width_px);
        if (y % FR_TILE_SIDE == FR_TILE_SIDE - 1 || y + 1 == d->half_height_px)
            sum_tiles_at(d, y - y % FR_TILE_SIDE);
    }
    fr_detector_step_done(FR_STEP_REDUCE);
    d->state = PLANE_LUMA;
    return 0;
}

int fr_detector_look_frame(struct fr_detector *detector, const struct fr_frame *frame)
{
    const struct fr_plane *half = fr_frame_plane(frame, FR_PLANE_HALF_Y);
    struct fr_luma luma;

    int r = fr_frame_luma(frame, &luma);
    if (r < 0)
        return r;
    if (half && luma.width_px == detector->width_px && luma.height_px == detector->height_px &&
        look_at_half(detector, half) == 0)
        return 0;
    return fr_detector_look(detector, &luma);
}

/* The first frame is the background, and nothing moves in it. */
static void begin(struct fr_detector *d, int64_t captured_mono_ns)
{
    fr_background_restart(&d->background, d->plane);
    d->are_mean_sums_old = true;
    memset(d->mask, 0, d->background.n_px);
    memset(d->busy, 0, d->n_tiles);
    d->n_learnt = 1;
    d->last_mono_ns = captured_mono_ns;
    d->interval_ns = 0;
    d->age_ns = d->settled_ns = d->flood_ns = d->still_ns = d->relight_ns = 0;
    d->shaking_count = d->shaken_count = 0;
    d->shift = (struct fr_shift){0};
    d->shadow = (struct fr_shadow){0};
    fr_habit_restart(&d->habit);
    fr_shake_init(&d->shake, d->half_width_px, d->half_height_px);
    fr_shake_choose(&d->shake, d->background.mean, FR_SHAKE_SPOTS);
    d->brightness = 1;
    d->gain = d->loss = d->wear = (struct due){0};
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

/* Scales the background when the light of the whole picture changed. Returns the gain. */
static uint32_t follow_light(struct fr_detector *d)
{
    struct fr_gain gain = fr_gain_estimate(d->ratios_q10, d->busy, d->n_tiles);
    bool is_known = gain.n_trusted >= GAIN_TILES_MIN && gain.n_trusted > d->n_tiles / 16 &&
                    2 * gain.n_agreed >= gain.n_trusted;
    if (!is_known || (gain.gain_q10 < FR_GAIN_ONE + GAIN_IGNORED_Q10 &&
                      gain.gain_q10 > FR_GAIN_ONE - GAIN_IGNORED_Q10))
        return FR_GAIN_ONE;
    fr_background_scale(&d->background, gain.gain_q10, d->plane);
    return gain.gain_q10;
}

/* The whole steps that have come due, at `rate` a second. */
static int16_t take_due(struct due *due, double rate, int64_t elapsed_ns)
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
        /* What was known for certain is forgotten by eight seconds of other things, and sooner while
         * little is. */
        .wear = take_due(&d->wear, is_young ? rate / 4 : FR_EVIDENCE_KNOWN / 8.0, elapsed_ns),
    };
}

/* Learns pixels one after the other. Each row of tiles is added up when its last pixel has been learnt,
 * while it is near. */
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

/* Learns the picture, each area of it as sensitive as it is to be. What is ignored is learnt as well,
 * and known when it is looked at again; but it says nothing about the light. */
static struct fr_background_count learn(struct fr_detector *d, int64_t elapsed_ns)
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

static void fill_ignored(struct fr_detector *d, uint8_t value)
{
    const struct fr_spans *spans = &d->map->ignored;
    for (size_t i = 0; i < spans->n; i++) {
        const struct fr_span *span = &spans->items[i];
        memset(d->mask + (size_t)span->y * d->half_width_px + span->first, value,
               span->last - span->first + 1);
    }
}

/* Whether this frame completes a change of light. */
static bool notice_light_change(struct fr_detector *d, uint32_t gain_q10,
                                const struct fr_background_count *count, int64_t elapsed_ns)
{
    const uint64_t half_of_it = (d->map ? d->map->n_watched_px : d->background.n_px) / 2;
    bool is_change = false, is_new_view = false;

    /* Either the whole picture followed one factor: it was scaled, and may yet be clipped in places. */
    double passed = (double)elapsed_ns / (double)NS_PER_S;
    d->brightness += (1 - d->brightness) * passed;
    d->brightness *= (double)gain_q10 / FR_GAIN_ONE;
    if (d->brightness > 1 + d->settings.light_change_share ||
        d->brightness * (1 + d->settings.light_change_share) < 1)
        is_change = true;

    /* Or most of it is new, each part in its own way, and stands still again. */
    d->flood_ns = count->n_moving > half_of_it ? d->flood_ns + elapsed_ns : 0;
    d->still_ns = count->n_still > half_of_it ? d->still_ns + elapsed_ns : 0;
    if (d->still_ns > FLOOD_STILL_NS) {
        fr_background_believe(&d->background);
        d->are_mean_sums_old = true;
        is_change = is_new_view = true;
    }

    if (is_change) {
        d->settled_ns = d->flood_ns = d->still_ns = 0;
        d->age_ns = is_new_view ? 0 : d->age_ns;
        d->brightness = 1;
    }
    return is_change;
}

static void tell_objects(struct fr_detector *d, const struct fr_spans *within, double min_share,
                         double max_share, struct fr_detection *detection)
{
    const double n_px = (double)d->background.n_px;
    struct fr_component kept[FR_DETECTOR_BOXES_MAX];
    struct fr_component_filter filter = {.min_area_px = (uint64_t)(min_share * n_px),
                                         .max_area_px = (uint64_t)(max_share * n_px),
                                         .within = within};
    /* None is smaller than a pixel, whatever the shares say. */
    filter.min_area_px += !filter.min_area_px;
    filter.max_area_px += !filter.max_area_px;
    struct fr_components_found found =
        fr_components_find(d->components, d->mask, d->half_width_px, d->half_height_px, &filter,
                           kept, FR_DETECTOR_BOXES_MAX);

    detection->n_objects = found.n_objects;
    detection->n_told = found.n_kept;
    detection->share = (double)found.area_px / n_px;
    for (size_t i = 0; i < found.n_kept; i++) {
        const struct fr_component *c = &kept[i];
        struct fr_object *object = &detection->objects[i];
        uint32_t right = 2 * (c->right_px + 1), bottom = 2 * (c->bottom_px + 1);

        /* A frame of odd size ends within the last pixels of half size. */
        object->x_px = 2 * c->left_px;
        object->y_px = 2 * c->top_px;
        object->width_px = (right < d->width_px ? right : d->width_px) - object->x_px;
        object->height_px = (bottom < d->height_px ? bottom : d->height_px) - object->y_px;
        uint64_t box_px = (uint64_t)object->width_px * object->height_px;
        object->area_px = 4 * c->area_px < box_px ? 4 * c->area_px : box_px;
        object->centre_x_px = (uint32_t)((2 * c->sum_x + c->area_px) / c->area_px);
        object->centre_y_px = (uint32_t)((2 * c->sum_y + c->area_px) / c->area_px);
        if (object->centre_x_px >= d->width_px)
            object->centre_x_px = d->width_px - 1;
        if (object->centre_y_px >= d->height_px)
            object->centre_y_px = d->height_px - 1;
    }
}

/* Whether all that is told of it moves as a rule. */
static bool is_expected(const struct fr_detector *d, const struct fr_detection *detection)
{
    for (size_t i = 0; i < detection->n_told; i++)
        if (!fr_habit_expects(&d->habit, d->busy, &detection->objects[i]))
            return false;
    return true;
}

static void swap_planes(struct fr_detector *d)
{
    uint8_t *swap = d->plane;
    d->plane = d->mask;
    d->mask = swap;
}

/* Undoes the camera's shaking in the plane. */
static void stand_still(struct fr_detector *d)
{
    fr_shake_choose(&d->shake, d->background.mean, 1);
    d->shift =
        fr_shake_estimate(&d->shake, d->plane, d->background.mean, d->busy, d->shaking_count);
    if (!fr_shift_is_none(d->shift)) {
        d->shaking_count = SHAKING_FRAMES;
        d->shaken_count += d->shaken_count < SHAKEN_MIN;
        fr_shake_align(d->plane, d->half_width_px, d->half_height_px, d->shift, d->mask);
        swap_planes(d);
        for (uint32_t y = 0; y < d->half_height_px; y += FR_TILE_SIDE)
            sum_tiles_at(d, y);
    } else if (d->shaking_count && !--d->shaking_count) {
        d->shaken_count = 0;
    }
}

/* Compares the plane with the background, and learns from it: scores into the mask. Tells whether the
 * light changed; when that is more than a gain, the transition begins. */
static bool compare(struct fr_detector *d, int64_t elapsed_ns, uint32_t *ret_gain_q10)
{
    const uint32_t width = d->half_width_px, height = d->half_height_px;
    const int16_t *mean = d->background.mean;

    for (uint32_t y = 0; d->are_mean_sums_old && y < height; y += FR_TILE_SIDE)
        sum_mean_tiles_at(d, y);
    fr_tiles_ratio(d->sums, d->mean_sums, width, height, d->ratios_q10);
    *ret_gain_q10 = follow_light(d);
    fr_detector_step_done(FR_STEP_GAIN);
    struct fr_background_count count = learn(d, elapsed_ns);
    d->n_learnt++;
    if (d->map)
        fill_ignored(d, 0);
    if (d->shaking_count)
        fr_shake_forgive(d->plane, mean, width, height, d->mask);
    if (2 * count.n_moving > (d->map ? d->map->n_watched_px : d->background.n_px) &&
        fr_relight_is_due(d->plane, mean, d->mask, width, height)) {
        fr_relight_begin(&d->background);
        d->relight_ns = FR_RELIGHT_NS;
        d->flood_ns = d->still_ns = 0;
        return true;
    }
    fr_detector_step_done(FR_STEP_LEARN);
    fr_texture_clear_lit(d->plane, mean, width, height, d->ratios_q10, *ret_gain_q10, d->mask);
    fr_detector_step_done(FR_STEP_LIT);
    const struct fr_scores scores = {d->mask, d->blocks};
    fr_shadow_clear(&d->shadow, d->plane, mean, width, height, &scores);
    fr_detector_step_done(FR_STEP_SHADOW);
    return notice_light_change(d, *ret_gain_q10, &count, elapsed_ns);
}

static void follow_other_light(struct fr_detector *d, int64_t elapsed_ns)
{
    fr_relight_step(&d->background, d->plane, d->half_width_px, d->half_height_px, elapsed_ns,
                    d->mask);
    memset(d->blocks, 1 | 2, fr_blocks(d->background.n_px)); /* anything */
    d->are_mean_sums_old = true;
    d->n_learnt = 1;
    d->age_ns = d->settled_ns = 0;
    d->brightness = 1;
    d->relight_ns -= elapsed_ns;
    if (d->relight_ns <= 0) {
        d->relight_ns = 0;
        fr_relight_end(&d->background);
    }
}

int fr_detector_decide(struct fr_detector *detector, int64_t captured_mono_ns,
                       struct fr_detection *ret_detection)
{
    struct fr_detector *d = detector;
    const uint32_t width = d->half_width_px, height = d->half_height_px;

    if (d->state != PLANE_LUMA)
        return -ENODATA;
    d->state = PLANE_MASK;
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
        follow_other_light(d, elapsed_ns);
    fr_detector_step_done(FR_STEP_LEARN);
    fr_majority_5x5(d->mask, width, height, d->scratch);
    fr_detector_step_done(FR_STEP_CLEAN);
    /* What is ignored is no witness of the light: as busy as can be. */
    if (d->map)
        fill_ignored(d, 1);
    fr_tiles_count(d->mask, width, height, d->busy);
    if (d->map)
        fill_ignored(d, 0);
    if (!fr_shift_is_none(d->shift)) {
        fr_shake_move_mask(d->mask, width, height, d->shift, d->plane);
        swap_planes(d);
        if (d->map)
            fill_ignored(d, 0);
    }
    fr_detector_step_done(FR_STEP_COUNT);

    ret_detection->gain = (double)gain_q10 / FR_GAIN_ONE;
    ret_detection->is_light_change = is_light_change;
    ret_detection->is_shaking = d->shaken_count >= SHAKEN_MIN;
    bool is_doubtful = d->flood_ns && d->flood_ns <= FLOOD_DOUBT_NS;
    ret_detection->is_settling = d->settled_ns < SETTLE_NS || is_doubtful;
    tell_objects(d, NULL, d->settings.object_min_share, d->settings.object_max_share,
                 ret_detection);
    fr_habit_learn(&d->habit, d->busy, ret_detection->objects, ret_detection->n_told, elapsed_ns,
                   d->settings.static_object_ns);
    ret_detection->is_expected = is_expected(d, ret_detection);
    fr_detector_step_done(FR_STEP_OBJECTS);
    return 0;
}

int fr_detector_look_into(struct fr_detector *detector, size_t zone, double object_min_share,
                          double object_max_share, struct fr_detection *detection)
{
    if (detector->state != PLANE_MASK || !detector->map || zone >= detector->map->n_zones)
        return -ENODATA;
    tell_objects(detector, &detector->map->zones[zone], object_min_share, object_max_share,
                 detection);
    detection->is_expected = is_expected(detector, detection);
    return 0;
}

const uint8_t *fr_detector_mask(const struct fr_detector *detector, uint32_t *ret_width_px,
                                uint32_t *ret_height_px)
{
    if (detector->state != PLANE_MASK)
        return NULL;
    *ret_width_px = detector->half_width_px;
    *ret_height_px = detector->half_height_px;
    return detector->mask;
}

int fr_detector_expand_mask(const struct fr_detector *detector, uint8_t *full, size_t stride_bytes,
                            uint8_t set)
{
    if (detector->state != PLANE_MASK)
        return -ENODATA;
    for (uint32_t y = 0; y < detector->height_px; y++, full += stride_bytes) {
        const uint8_t *row = detector->mask + (size_t)(y / 2) * detector->half_width_px;
        for (uint32_t x = 0; x < detector->width_px; x++)
            full[x] = row[x / 2] ? set : 0;
    }
    return 0;
}
