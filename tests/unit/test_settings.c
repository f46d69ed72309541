/* The settings table: values. */
#include "config/analyzer_settings.h"
#include "tests/unit/sample_settings.h"

#include <errno.h>

START_TEST(defaults_are_the_tables)
{
    struct sample s = defaults();
    ck_assert_str_eq(s.text, "");
    ck_assert_int_eq(s.number, 8);
    ck_assert_double_eq(s.real, 2.5);
    ck_assert(s.flag);
    ck_assert_uint_eq(s.size.width_px, 0);
    ck_assert_uint_eq(s.rate.num, 15);
    ck_assert_uint_eq(s.rate.den, 1);
    ck_assert_int_eq(s.colour, 1);
}
END_TEST

START_TEST(good_values_are_taken)
{
    ck_assert_str_eq(with("text", "fifteen letters").text, "fifteen letters");
    ck_assert_str_eq(with("name", "Front-Door_2.b").name, "Front-Door_2.b");
    ck_assert_int_eq(with("number", "-5").number, -5);
    ck_assert_int_eq(with("number", "+32").number, 32);
    ck_assert_double_eq(with("real_number", ".5").real, 0.5);
    ck_assert_double_eq(with("real_number", "1e1").real, 10);
    ck_assert(!with("flag", "off").flag);
    ck_assert(with("flag", "true").flag);
    ck_assert_uint_eq(with("size", "1280x720").size.width_px, 1280);
    ck_assert_uint_eq(with("size", "1280x720").size.height_px, 720);
    ck_assert_uint_eq(with("size", "0x0").size.height_px, 0);
    ck_assert_uint_eq(with("fourcc", "YUYV").fourcc, FR_FOURCC_YUYV);
    ck_assert_uint_eq(with("fourcc", "any").fourcc, 0);
    ck_assert_uint_eq(with("fourcc", "Y16").fourcc, FR_FOURCC('Y', '1', '6', ' '));
    ck_assert_uint_eq(with("fourcc", "Y16 ").fourcc, FR_FOURCC('Y', '1', '6', ' '));
    ck_assert_uint_eq(with("fourcc", "Y16-BE").fourcc, FR_FOURCC('Y', '1', '6', ' ') | 1u << 31);
    ck_assert_uint_eq(with("fourcc", "Y16 -BE").fourcc, FR_FOURCC('Y', '1', '6', ' ') | 1u << 31);
    ck_assert_uint_eq(with("fourcc", "AR15-BE").fourcc, FR_FOURCC('A', 'R', '1', '5') | 1u << 31);
    ck_assert_int_eq(with("colour", "red").colour, 0);
}
END_TEST

START_TEST(rates_are_fractions)
{
    static const struct {
        const char *text;
        uint32_t num, den;
    } good[] = {{"15", 15, 1},
                {"29.97", 2997, 100},
                {"30000/1001", 30000, 1001},
                {"30/2", 15, 1},
                {"0.1", 1, 10},
                {"any", 0, 1},
                {"0", 0, 1},
                {"7.50", 15, 2},
                {"999999999/1000000", 999999999, 1000000},
                {"12.3456789", 123456789, 10000000}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct sample s = with("rate", good[i].text);
        ck_assert_uint_eq(s.rate.num, good[i].num);
        ck_assert_uint_eq(s.rate.den, good[i].den);
    }
}
END_TEST

START_TEST(bad_values_are_refused_and_change_nothing)
{
    static const struct {
        const char *key, *text;
        int r;
    } bad[] = {
        {"text", "sixteen  letters", -ERANGE},
        {"text", "a\nb", -EINVAL},
        {"name", "../x", -EINVAL},
        {"name", "", -EINVAL},
        {"number", "33", -ERANGE},
        {"number", "-6", -ERANGE},
        {"number", "9223372036854775808", -ERANGE},
        {"number", "99999999999999999999999", -ERANGE},
        {"number", "8x", -EINVAL},
        {"number", " 8", -EINVAL},
        {"number", "0x8", -EINVAL},
        {"number", "8.0", -EINVAL},
        {"number", "", -EINVAL},
        {"number", "-", -EINVAL},
        {"real_number", "nan", -EINVAL},
        {"real_number", "inf", -EINVAL},
        {"real_number", "0x1p1", -EINVAL},
        {"real_number", "1,5", -EINVAL},
        {"real_number", ".", -EINVAL},
        {"real_number", "1e", -EINVAL},
        {"real_number", "1e999", -ERANGE},
        {"real_number", "10.1", -ERANGE},
        {"real_number", "", -EINVAL},
        {"flag", "maybe", -EINVAL},
        {"flag", "YES", -EINVAL},
        {"flag", "", -EINVAL},
        {"size", "1280", -EINVAL},
        {"size", "1280x", -EINVAL},
        {"size", "x720", -EINVAL},
        {"size", "1280x720x3", -EINVAL},
        {"size", "-1x720", -EINVAL},
        {"size", "0x720", -ERANGE},
        {"size", "16385x1", -ERANGE},
        {"size", "99999999999x1", -ERANGE},
        {"rate", "15/0", -EINVAL},
        {"rate", "15/", -EINVAL},
        {"rate", "/1", -EINVAL},
        {"rate", "1.2.3", -EINVAL},
        {"rate", "15.", -EINVAL},
        {"rate", "-15", -EINVAL},
        {"rate", "1001", -ERANGE},
        {"rate", "0.05", -ERANGE},
        {"rate", "1.0000000001", -ERANGE},
        {"rate", "fast", -EINVAL},
        {"fourcc", "YUY", -EINVAL},
        {"fourcc", "MJPEG", -EINVAL},
        {"fourcc", "", -EINVAL},
        {"fourcc", "Y1", -EINVAL},
        {"fourcc", "Y  6", -EINVAL},
        {"fourcc", "AR15-", -EINVAL},
        {"fourcc", "AR15-LE", -EINVAL},
        {"fourcc", "AR15-BEE", -EINVAL},
        {"fourcc", "YU\n2", -EINVAL},
        {"colour", "blue", -EINVAL},
    };
    const struct sample before = defaults();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample s;
        memcpy(&s, &before, sizeof s);
        int r = fr_settings_set(&table, &s, bad[i].key, bad[i].text, reason, sizeof reason);
        ck_assert_msg(r == bad[i].r, "%s = \"%s\": %d, %s", bad[i].key, bad[i].text, r, reason);
        ck_assert(memcmp(&s, &before, sizeof s) == 0);
        ck_assert(strncmp(reason, bad[i].key, strlen(bad[i].key)) == 0);
        ck_assert_ptr_nonnull(strstr(reason, "; expected "));
        ck_assert(!strchr(reason, '\n'));
    }
}
END_TEST

START_TEST(a_reason_says_what_was_expected)
{
    struct sample s = defaults();
    fr_settings_set(&table, &s, "number", "33", reason, sizeof reason);
    ck_assert_str_eq(reason,
                     "number: \"33\" is out of range; expected a whole number from -5 to 32");
    fr_settings_set(&table, &s, "real_number", "x", reason, sizeof reason);
    ck_assert_str_eq(reason,
                     "real_number: \"x\" cannot be used; expected a number from 0.5 to 10 s");
    fr_settings_set(&table, &s, "colour", "x", reason, sizeof reason);
    ck_assert_str_eq(reason, "colour: \"x\" cannot be used; expected red or green");
}
END_TEST

START_TEST(an_unknown_key_gets_its_nearest_neighbour)
{
    struct sample s = defaults();
    ck_assert_int_eq(fr_settings_set(&table, &s, "nubmer", "1", reason, sizeof reason), -ENOENT);
    ck_assert_str_eq(reason, "nubmer: no such setting; did you mean number?");
    ck_assert_int_eq(fr_settings_set(&table, &s, "elephant", "1", reason, sizeof reason), -ENOENT);
    ck_assert_str_eq(reason, "elephant: no such setting");
    static char long_key[5000];
    memset(long_key, 'n', sizeof long_key - 1);
    ck_assert_int_eq(fr_settings_set(&table, &s, long_key, "1", reason, sizeof reason), -ENOENT);
}
END_TEST

START_TEST(what_differs_between_two_settings_is_told_by_key)
{
    struct sample a = with("text", "long text"), b = defaults();
    char buf[64];
    fr_settings_set(&table, &a, "text", "", reason, sizeof reason);
    ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, sizeof buf), "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const char *const other[] = {"x", "x", "1", "1", "no", "8x8", "2", "YUYV", "red"};
        b = defaults();
        ck_assert_int_eq(fr_settings_set(&table, &b, rows[i].key, other[i], reason, sizeof reason),
                         0);
        ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, sizeof buf), rows[i].key);
    }
    fr_settings_set(&table, &b, "text", "x", reason, sizeof reason);
    ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, sizeof buf), "text, colour");
    ck_assert_str_eq(fr_settings_differences(&table, &a, &b, buf, 7), "text, ");
}
END_TEST

START_TEST(an_analyzer_is_named_like_its_camera)
{
    struct fr_analyzer_settings a;
    fr_settings_defaults(&fr_analyzer_table, &a);
    fr_settings_set(&fr_analyzer_table, &a, "name", "yard", reason, sizeof reason);
    fr_analyzer_settings_finish(&a);
    ck_assert_str_eq(a.camera, "yard");
    fr_settings_defaults(&fr_analyzer_table, &a);
    fr_settings_set(&fr_analyzer_table, &a, "camera", "cam0", reason, sizeof reason);
    fr_analyzer_settings_finish(&a);
    ck_assert_str_eq(a.name, "cam0");
}
END_TEST

UNIT_MAIN("settings", defaults_are_the_tables, good_values_are_taken, rates_are_fractions,
          bad_values_are_refused_and_change_nothing, a_reason_says_what_was_expected,
          an_unknown_key_gets_its_nearest_neighbour,
          what_differs_between_two_settings_is_told_by_key, an_analyzer_is_named_like_its_camera)
