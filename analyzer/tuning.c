#include "analyzer/tuning.h"
#include "analyzer/sensitivity.h"

#include <errno.h>
#include <stdio.h>

static int64_t seconds_to_ns(double seconds)
{
    return (int64_t)(seconds * 1e9 + 0.5);
}

int fr_tuning_init(struct fr_tuning *tuning, const struct fr_analyzer_settings *settings,
                   char *reason, size_t reason_size)
{
    if (settings->threshold_levels > settings->threshold_most_levels) {
        snprintf(reason, reason_size,
                 "threshold %g is above threshold_most %g; expected at most that: lower threshold "
                 "or raise threshold_most",
                 settings->threshold_levels, settings->threshold_most_levels);
        return -EINVAL;
    }
    *tuning = (struct fr_tuning){
        .detector =
            {
                .threshold_base = settings->threshold_levels,
                .threshold_contrast = settings->threshold_contrast_percent / 100,
                .threshold_spread = settings->threshold_spread,
                .threshold_most = settings->threshold_most_levels,
                .sensitivity = FR_SENSITIVITY_DEFAULT,
                .object_min_share = settings->object_min_percent / 100,
                .object_max_share = 1,
                .light_change_share = settings->light_change_percent / 100,
                .adapt_ns = seconds_to_ns(settings->adapt_time_s),
                .static_object_ns = seconds_to_ns(settings->static_time_s),
            },
        .events =
            {
                .start_ns = seconds_to_ns(settings->motion_start_s),
                .end_ns = seconds_to_ns(settings->motion_end_s),
            },
    };
    return 0;
}
