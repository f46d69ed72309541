/* Settings of framering-analyzer: section [analyzer]. */
#pragma once

#include "config/settings.h"

#include "framering/framering.h"

enum { FR_ZONE_SETTINGS_MAX = 16, FR_IGNORE_SETTINGS_MAX = 16, FR_MASK_PATH_MAX = 256 };

/* [zone NAME]. What is below 0 is as in [analyzer]. */
struct fr_zone_settings {
    char name[FR_SECTION_NAME_MAX + 1];
    struct fr_polygon polygon;
    int64_t sensitivity;
    double object_min_percent, object_max_percent;
    double motion_start_s, motion_end_s;
};

/* [ignore NAME]: one of the two. */
struct fr_ignore_settings {
    char name[FR_SECTION_NAME_MAX + 1];
    struct fr_polygon polygon;
    char mask[FR_MASK_PATH_MAX];
};

struct fr_analyzer_settings {
    char camera[FR_CAMERA_NAME_MAX + 1];
    char name[FR_CAMERA_NAME_MAX + 1]; /* fr_analyzer_settings_finish() fills it in */
    int read_mode;                     /* enum fr_read_mode */
    double signal_timeout_s;
    int64_t queue_events;
    bool levels;
    /* The detector's: struct fr_detector_settings says what they do. */
    int64_t sensitivity;
    double threshold_levels;
    double threshold_contrast_percent;
    double threshold_spread;
    double threshold_most_levels;
    double object_min_percent, object_max_percent;
    double light_change_percent;
    double adapt_time_s;
    double static_time_s;
    /* The events'. */
    double motion_start_s;
    double motion_end_s;
    size_t n_zones, n_ignored;
    struct fr_zone_settings zones[FR_ZONE_SETTINGS_MAX];
    struct fr_ignore_settings ignored[FR_IGNORE_SETTINGS_MAX];
};

extern const struct fr_settings_table fr_analyzer_table;

/* Of camera and name, either stands for the other when it was not given. */
void fr_analyzer_settings_finish(struct fr_analyzer_settings *settings);
