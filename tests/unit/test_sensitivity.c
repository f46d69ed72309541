/* One number above the thresholds. */
#include "analyzer/sensitivity.h"
#include "tests/unit/unit.h"

static const struct fr_background_step usual = {.base = 6 * FR_HALF_LEVELS,
                                                .contrast_q8 = 16,
                                                .deviations_q4 = 48,
                                                .most = 64 * FR_HALF_LEVELS,
                                                .shift = 6,
                                                .gain = 2,
                                                .loss = 1,
                                                .wear = 3};

START_TEST(the_default_changes_nothing)
{
    struct fr_background_step step = fr_sensitivity_step(usual, FR_SENSITIVITY_DEFAULT);
    ck_assert(memcmp(&step, &usual, sizeof step) == 0);
}
END_TEST

START_TEST(a_quarter_of_the_range_halves_or_doubles_the_thresholds)
{
    struct fr_background_step high = fr_sensitivity_step(usual, 75);
    ck_assert_uint_eq(high.base, 3 * FR_HALF_LEVELS);
    ck_assert_uint_eq(high.contrast_q8, 8);
    ck_assert_uint_eq(high.most, 32 * FR_HALF_LEVELS);
    ck_assert_uint_eq(high.deviations_q4, 34); /* by the root: 48 / 1.41 */
    struct fr_background_step low = fr_sensitivity_step(usual, 25);
    ck_assert_uint_eq(low.base, 12 * FR_HALF_LEVELS);
    ck_assert_uint_eq(low.contrast_q8, 32);
    ck_assert_uint_eq(low.most, 96 * FR_HALF_LEVELS); /* its limit */
    ck_assert_uint_eq(low.deviations_q4, 62);
    ck_assert_int_eq(low.shift, usual.shift);
    ck_assert_int_eq(low.wear, usual.wear);
}
END_TEST

START_TEST(more_is_never_less_sensitive_and_all_stays_within_its_limits)
{
    for (uint16_t base = 1; base <= 96; base = (uint16_t)(base + 19)) {
        struct fr_background_step given = {.base = (uint16_t)(base * FR_HALF_LEVELS),
                                           .contrast_q8 = 64,
                                           .deviations_q4 = 62,
                                           .most = 96 * FR_HALF_LEVELS};
        struct fr_background_step before = fr_sensitivity_step(given, FR_SENSITIVITY_MIN);
        for (unsigned s = FR_SENSITIVITY_MIN; s <= FR_SENSITIVITY_MAX; s++) {
            struct fr_background_step step = fr_sensitivity_step(given, s);
            ck_assert_uint_le(step.base, before.base);
            ck_assert_uint_le(step.contrast_q8, before.contrast_q8);
            ck_assert_uint_le(step.deviations_q4, before.deviations_q4);
            ck_assert_uint_le(step.most, before.most);
            ck_assert_uint_le(step.base, step.most);
            ck_assert_uint_le(step.most, 96 * FR_HALF_LEVELS);
            ck_assert_uint_le(step.contrast_q8, 64);
            ck_assert_uint_lt(step.deviations_q4, 63);
            ck_assert_uint_gt(step.base, 0);
            before = step;
        }
    }
}
END_TEST

UNIT_MAIN("sensitivity", the_default_changes_nothing,
          a_quarter_of_the_range_halves_or_doubles_the_thresholds,
          more_is_never_less_sensitive_and_all_stays_within_its_limits)
