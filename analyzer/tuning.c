#include "analyzer/tuning.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int64_t seconds_to_ns(double seconds)
{
    return (int64_t)(seconds * 1e9 + 0.5);
}

/* A zone's own, or what the whole picture has. */
static double own(double zones, double pictures)
{
    return zones < 0 ? pictures : zones;
}

static int check_sizes(const char *where, double min_percent, double max_percent, char *reason,
                       size_t reason_size)
{
    if (min_percent <= max_percent)
        return 0;
    snprintf(reason, reason_size,
             "%sobject_min %g is above object_max %g; expected at most that: lower object_min or "
             "raise object_max",
             where, min_percent, max_percent);
    return -EINVAL;
}

static int tune_zone(struct fr_zone_tuning *tuning, const struct fr_analyzer_settings *settings,
                     const struct fr_zone_settings *zone, char *reason, size_t reason_size)
{
    double min = own(zone->object_min_percent, settings->object_min_percent);
    double max = own(zone->object_max_percent, settings->object_max_percent);
    char where[FR_SECTION_NAME_MAX + 16];

    *tuning = (struct fr_zone_tuning){
        .object_min_share = min / 100,
        .object_max_share = max / 100,
        .events.settings = {
            .start_ns = seconds_to_ns(own(zone->motion_start_s, settings->motion_start_s)),
            .end_ns = seconds_to_ns(own(zone->motion_end_s, settings->motion_end_s))}};
    memcpy(tuning->events.name, zone->name, sizeof tuning->events.name);
    snprintf(where, sizeof where, "[zone %s]: ", zone->name);
    return check_sizes(where, min, max, reason, reason_size);
}

int fr_tuning_init(struct fr_tuning *tuning, const struct fr_analyzer_settings *settings,
                   const char *config_path, char *reason, size_t reason_size)
{
    if (settings->threshold_levels > settings->threshold_most_levels) {
        snprintf(reason, reason_size,
                 "threshold %g is above threshold_most %g; expected at most that: lower threshold "
                 "or raise threshold_most",
                 settings->threshold_levels, settings->threshold_most_levels);
        return -EINVAL;
    }
    int r = check_sizes("", settings->object_min_percent, settings->object_max_percent, reason,
                        reason_size);
    if (r < 0)
        return r;
    *tuning = (struct fr_tuning){
        .detector =
            {
                .threshold_base = settings->threshold_levels,
                .threshold_contrast = settings->threshold_contrast_percent / 100,
                .threshold_spread = settings->threshold_spread,
                .threshold_most = settings->threshold_most_levels,
                .sensitivity = (unsigned)settings->sensitivity,
                .object_min_share = settings->object_min_percent / 100,
                .object_max_share = settings->object_max_percent / 100,
                .light_change_share = settings->light_change_percent / 100,
                .adapt_ns = seconds_to_ns(settings->adapt_time_s),
                .static_object_ns = seconds_to_ns(settings->static_time_s),
            },
        .events =
            {
                .start_ns = seconds_to_ns(settings->motion_start_s),
                .end_ns = seconds_to_ns(settings->motion_end_s),
            },
        .has_levels = settings->levels,
        .n_zones = settings->n_zones,
    };
    for (size_t i = 0; r == 0 && i < settings->n_zones; i++)
        r = tune_zone(&tuning->zones[i], settings, &settings->zones[i], reason, reason_size);
    if (r == 0)
        r = fr_areas_init(&tuning->areas, settings, config_path, reason, reason_size);
    return r;
}

void fr_tuning_fini(struct fr_tuning *tuning)
{
    fr_areas_fini(&tuning->areas);
}
