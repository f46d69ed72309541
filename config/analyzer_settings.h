/* Settings of framering-analyzer: section [analyzer]. */
#pragma once

#include "config/settings.h"

#include "framering/framering.h"

struct fr_analyzer_settings {
    char camera[FR_CAMERA_NAME_MAX + 1];
    char name[FR_CAMERA_NAME_MAX + 1]; /* fr_analyzer_settings_finish() fills it in */
    int read_mode;                     /* enum fr_read_mode */
    double signal_timeout_s;
    int64_t queue_events;
    /* The detector's: struct fr_detector_settings says what they do. */
    double threshold_levels;
    double threshold_contrast_percent;
    double threshold_spread;
    double threshold_most_levels;
    double object_min_percent;
    double light_change_percent;
    double adapt_time_s;
    double static_time_s;
    /* The events'. */
    double motion_start_s;
    double motion_end_s;
};

extern const struct fr_settings_table fr_analyzer_table;

/* Of camera and name, either stands for the other when it was not given. */
void fr_analyzer_settings_finish(struct fr_analyzer_settings *settings);
