/* From the settings that a person writes (percent, seconds) to those of the detector, the areas and
 * the events. */
#pragma once

#include "analyzer/areas.h"
#include "analyzer/detector.h"
#include "analyzer/events.h"
#include "config/analyzer_settings.h"

struct fr_zone_tuning {
    double object_min_share, object_max_share;
    struct fr_event_zone events;
};

struct fr_tuning {
    struct fr_detector_settings detector;
    struct fr_event_settings events;
    bool has_levels;
    struct fr_areas areas;
    size_t n_zones; /* as areas.n_zones, in the same order */
    struct fr_zone_tuning zones[FR_ZONES_MAX];
};

/* Reads the files of masks, relative to that of the settings ("" when there was none). -EINVAL: two
 * settings that contradict each other; or as fr_areas_init(). `reason` gets a line that says which,
 * what was expected and what to do. The caller ends it with fr_tuning_fini(). */
int fr_tuning_init(struct fr_tuning *tuning, const struct fr_analyzer_settings *settings,
                   const char *config_path, char *reason, size_t reason_size);
void fr_tuning_fini(struct fr_tuning *tuning);
