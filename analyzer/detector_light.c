/* What the light does to the whole picture: a gain, which the background follows at once; a change
 * that is told; a lamp, after which it is another picture (relight.h); and for how long no alarm is
 * raised. */
#include "analyzer/detector_private.h"
#include "analyzer/gain.h"
#include "analyzer/relight.h"

static const int64_t NS_PER_S = 1000000000;

/* When over half of the picture is new: no alarm so long. If it kept its texture it is the light,
 * and if most of it stands still for FLOOD_STILL_NS it is another view; either way no object. */
static const int64_t FLOOD_DOUBT_NS = 500000000;
static const int64_t FLOOD_STILL_NS = 300000000;

enum {
    GAIN_IGNORED_Q10 = 10, /* 1 %: the mean follows that by itself */
    GAIN_TILES_MIN = 4,    /* fewer may all lie on one object */
};

uint32_t fr_detector_follow_gain(struct fr_detector *d)
{
    struct fr_gain gain = fr_gain_estimate(d->ratios_q10, d->busy, d->n_tiles);
    bool is_known = gain.n_trusted >= GAIN_TILES_MIN && gain.n_trusted > gain.n_asked / 16 &&
                    2 * gain.n_agreed >= gain.n_trusted;
    if (!is_known || (gain.gain_q10 < FR_GAIN_ONE + GAIN_IGNORED_Q10 &&
                      gain.gain_q10 > FR_GAIN_ONE - GAIN_IGNORED_Q10))
        return FR_GAIN_ONE;
    fr_background_scale(&d->background, gain.gain_q10, d->plane);
    d->are_mean_sums_old = true;
    return gain.gain_q10;
}

static bool is_over_half(const struct fr_detector *d, uint64_t n_px)
{
    return 2 * n_px > (d->map ? d->map->n_watched_px : d->background.n_px);
}

bool fr_detector_notice_light_change(struct fr_detector *d, uint32_t gain_q10,
                                     const struct fr_background_count *count, int64_t elapsed_ns)
{
    bool is_change = false, is_new_view = false;

    /* Either the whole picture followed one factor: it was scaled, and may yet be clipped in
     * places. */
    double passed = (double)elapsed_ns / (double)NS_PER_S;
    d->brightness += (1 - d->brightness) * passed;
    d->brightness *= (double)gain_q10 / FR_GAIN_ONE;
    if (d->brightness > 1 + d->settings.light_change_share ||
        d->brightness * (1 + d->settings.light_change_share) < 1)
        is_change = true;

    /* Or most of it is new, each part in its own way, and stands still again. */
    d->flood_ns = is_over_half(d, count->n_moving) ? d->flood_ns + elapsed_ns : 0;
    d->still_ns = is_over_half(d, count->n_still) ? d->still_ns + elapsed_ns : 0;
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

bool fr_detector_begin_other_light(struct fr_detector *d, const struct fr_background_count *count)
{
    if (!is_over_half(d, count->n_moving) ||
        !fr_relight_is_due(d->plane, d->background.level, d->scores.moves, d->half_width_px,
                           d->half_height_px))
        return false;
    fr_relight_begin(&d->background);
    d->relight_ns = FR_RELIGHT_NS;
    d->flood_ns = d->still_ns = 0;
    return true;
}

void fr_detector_follow_other_light(struct fr_detector *d, int64_t elapsed_ns)
{
    fr_relight_step(&d->background, d->plane, d->half_width_px, d->half_height_px, elapsed_ns,
                    &d->scores);
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

bool fr_detector_is_settling(const struct fr_detector *d)
{
    bool is_doubtful = d->flood_ns && d->flood_ns <= FLOOD_DOUBT_NS;
    return d->settled_ns < FR_SETTLE_NS || is_doubtful;
}
