/* The settings table and the detector mean the same. */
#include "analyzer/tuning.h"
#include "tests/unit/unit.h"

#include <errno.h>

START_TEST(the_tables_defaults_are_the_detectors)
{
    struct fr_analyzer_settings settings;
    struct fr_tuning tuning;
    char reason[200];
    ck_assert_int_eq(fr_settings_defaults(&fr_analyzer_table, &settings), 0);
    ck_assert_int_eq(fr_tuning_init(&tuning, &settings, "", reason, sizeof reason), 0);
    struct fr_detector_settings d = fr_detector_settings_default();
    ck_assert_double_eq_tol(tuning.detector.threshold_base, d.threshold_base, 1e-12);
    ck_assert_double_eq_tol(tuning.detector.threshold_contrast, d.threshold_contrast, 1e-12);
    ck_assert_double_eq_tol(tuning.detector.threshold_spread, d.threshold_spread, 1e-12);
    ck_assert_double_eq_tol(tuning.detector.threshold_most, d.threshold_most, 1e-12);
    ck_assert_double_eq_tol(tuning.detector.object_min_share, d.object_min_share, 1e-12);
    ck_assert_double_eq_tol(tuning.detector.object_max_share, d.object_max_share, 1e-12);
    ck_assert_uint_eq(tuning.detector.sensitivity, d.sensitivity);
    ck_assert_double_eq_tol(tuning.detector.light_change_share, d.light_change_share, 1e-12);
    ck_assert_int_eq(tuning.detector.adapt_ns, d.adapt_ns);
    ck_assert_int_eq(tuning.detector.static_object_ns, d.static_object_ns);
    ck_assert_int_eq(tuning.events.start_ns, 200000000);
    ck_assert_int_eq(tuning.events.end_ns, 5000000000);
}
END_TEST

START_TEST(every_value_that_the_table_allows_is_one_that_the_detector_takes)
{
    for (size_t i = 0; i < fr_analyzer_table.n_rows; i++) {
        const struct fr_setting *row = &fr_analyzer_table.rows[i];
        if (row->type != FR_SETTING_REAL)
            continue;
        for (int which = 0; which < 2; which++) {
            struct fr_analyzer_settings settings;
            struct fr_tuning tuning;
            struct fr_detector *detector = NULL;
            char reason[512], text[64];
            ck_assert_int_eq(fr_settings_defaults(&fr_analyzer_table, &settings), 0);
            snprintf(text, sizeof text, "%.17g", which ? row->max : row->min);
            ck_assert_int_eq(fr_setting_parse(row, &settings, text, reason, sizeof reason), 0);
            if (settings.threshold_most_levels < settings.threshold_levels)
                settings.threshold_most_levels = settings.threshold_levels =
                    text[0] == '9' ? 96 : 1;
            if (settings.object_max_percent < settings.object_min_percent)
                settings.object_min_percent = settings.object_max_percent;
            ck_assert_int_eq(fr_tuning_init(&tuning, &settings, "", reason, sizeof reason), 0);
            ck_assert_msg(fr_detector_new(&tuning.detector, 64, 64, &detector) == 0, "%s = %s",
                          row->key, text);
            fr_detector_free(detector);
        }
    }
}
END_TEST

START_TEST(thresholds_that_contradict_each_other_are_named)
{
    struct fr_analyzer_settings settings;
    struct fr_tuning tuning;
    char reason[200];
    ck_assert_int_eq(fr_settings_defaults(&fr_analyzer_table, &settings), 0);
    settings.threshold_levels = 70;
    ck_assert_int_eq(fr_tuning_init(&tuning, &settings, "", reason, sizeof reason), -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "threshold 70 is above threshold_most 64"));
}
END_TEST

UNIT_MAIN("tuning", the_tables_defaults_are_the_detectors,
          every_value_that_the_table_allows_is_one_that_the_detector_takes,
          thresholds_that_contradict_each_other_are_named)
