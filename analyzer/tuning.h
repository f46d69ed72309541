/* From the settings that a person writes (percent, seconds) to those of the detector and the
 * events. */
#pragma once

#include "analyzer/detector.h"
#include "analyzer/events.h"
#include "config/analyzer_settings.h"

struct fr_tuning {
    struct fr_detector_settings detector;
    struct fr_event_settings events;
};

/* -EINVAL: two settings that contradict each other; `reason` gets a line that says which, what was
 * expected and what to do. Pure. */
int fr_tuning_init(struct fr_tuning *tuning, const struct fr_analyzer_settings *settings,
                   char *reason, size_t reason_size);
