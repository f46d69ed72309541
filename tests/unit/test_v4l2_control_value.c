/* Control values as people write them, for controls as drivers describe them. */
#include "capture/v4l2_control_value.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>

static char reason[512];

static struct fr_v4l2_menu_item hum[] = {{.index = 0, .label = "Disabled"},
                                         {.index = 1, .label = "50 Hz"},
                                         {.index = 3, .label = "60 Hz"}};
static struct fr_v4l2_menu_item ev[] = {{.index = 0, .value = -2000}, {.index = 1, .value = 1500}};

static struct fr_v4l2_control integer(int64_t min, int64_t max, uint64_t step)
{
    return (struct fr_v4l2_control){
        .type = V4L2_CTRL_TYPE_INTEGER, .name = "x", .min = min, .max = max, .step = step};
}

static struct fr_v4l2_control of_type(uint32_t type)
{
    struct fr_v4l2_control control = {.type = type, .name = "x", .max = 3, .step = 1};
    if (type == V4L2_CTRL_TYPE_MENU) {
        control.items = hum;
        control.n_items = 3;
    } else if (type == V4L2_CTRL_TYPE_INTEGER_MENU) {
        control.items = ev;
        control.n_items = 2;
    }
    return control;
}

static struct fr_v4l2_control_value taken(const struct fr_v4l2_control *control, const char *text)
{
    struct fr_v4l2_control_value value;
    ck_assert_msg(fr_v4l2_control_parse(control, text, &value, reason, sizeof reason) == 0, "%s",
                  reason);
    return value;
}

static int refused(const struct fr_v4l2_control *control, const char *text)
{
    struct fr_v4l2_control_value value = {.number = 77};
    *reason = 0;
    int r = fr_v4l2_control_parse(control, text, &value, reason, sizeof reason);
    ck_assert_msg(r == -EINVAL || r == -ERANGE, "\"%s\" was taken", text);
    ck_assert_int_eq(value.number, 77);
    return r;
}

START_TEST(names_are_those_of_v4l2_ctl)
{
    static const char *const names[][2] = {
        {"Brightness", "brightness"},
        {"Exposure Time, Absolute", "exposure_time_absolute"},
        {"White Balance, Auto & Preset", "white_balance_auto_preset"},
        {"  (Gain) ", "gain"},
        {"\xc3\xa4 LED 1", "led_1"},
        {"---", ""},
        {"", ""},
    };
    char name[64], small[6];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fr_v4l2_control_name(names[i][0], name, sizeof name);
        ck_assert_str_eq(name, names[i][1]);
    }
    fr_v4l2_control_name("a b c d e f", small, sizeof small);
    ck_assert_uint_lt(strlen(small), sizeof small);
}
END_TEST

START_TEST(good_values_are_taken)
{
    struct fr_v4l2_control control = integer(-10, 255, 1);
    ck_assert_int_eq(taken(&control, "128").number, 128);
    ck_assert_int_eq(taken(&control, "-10").number, -10);
    ck_assert_int_eq(taken(&control, "+7").number, 7);
    ck_assert_int_eq(taken(&control, "0xff").number, 255);
    ck_assert_int_eq(taken(&control, "010").number, 10);
    control = integer(3, 2047, 4);
    ck_assert_int_eq(taken(&control, "7").number, 7);
    control = integer(INT64_MIN, INT64_MAX, 2);
    control.type = V4L2_CTRL_TYPE_INTEGER64;
    ck_assert_int_eq(taken(&control, "-9223372036854775808").number, INT64_MIN);
    ck_assert_int_eq(taken(&control, "9223372036854775806").number, INT64_MAX - 1);

    control = of_type(V4L2_CTRL_TYPE_BOOLEAN);
    ck_assert_int_eq(taken(&control, "yes").number, 1);
    ck_assert_int_eq(taken(&control, "Off").number, 0);
    ck_assert_int_eq(taken(&control, "1").number, 1);
    control = of_type(V4L2_CTRL_TYPE_MENU);
    ck_assert_int_eq(taken(&control, "50 Hz").number, 1);
    ck_assert_int_eq(taken(&control, "60 hz").number, 3);
    ck_assert_int_eq(taken(&control, "3").number, 3);
    control = of_type(V4L2_CTRL_TYPE_INTEGER_MENU);
    ck_assert_int_eq(taken(&control, "-2000").number, 0);
    ck_assert_int_eq(taken(&control, "1500").number, 1);
    control = of_type(V4L2_CTRL_TYPE_BUTTON);
    ck_assert_int_eq(taken(&control, "press").number, 0);
    control = of_type(V4L2_CTRL_TYPE_BITMASK);
    control.max = (int32_t)0x80ff0002; /* as the kernel gives the highest bit */
    ck_assert_int_eq(taken(&control, "0x80000002").number, 0x80000002);
    control = of_type(V4L2_CTRL_TYPE_STRING);
    ck_assert_str_eq(taken(&control, "abc").text, "abc");
}
END_TEST

START_TEST(a_label_that_looks_like_an_index_is_a_label)
{
    struct fr_v4l2_menu_item items[] = {{.index = 0, .label = "1"}, {.index = 1, .label = "2"}};
    struct fr_v4l2_control control = {.type = V4L2_CTRL_TYPE_MENU, .items = items, .n_items = 2};
    ck_assert_int_eq(taken(&control, "1").number, 0);
    ck_assert_int_eq(taken(&control, "0").number, 0);
}
END_TEST

START_TEST(bad_values_are_refused_with_what_was_expected)
{
    static const struct {
        uint32_t type;
        const char *text, *words;
        int r;
    } bad[] = {
        {V4L2_CTRL_TYPE_INTEGER, "5", "\"5\" is out of range; expected a whole number from 0 to 3",
         -ERANGE},
        {V4L2_CTRL_TYPE_INTEGER, "-1", "out of range", -ERANGE},
        {V4L2_CTRL_TYPE_INTEGER, "99999999999999999999", "out of range", -ERANGE},
        {V4L2_CTRL_TYPE_INTEGER, "1.5", "\"1.5\" cannot be used; expected a whole", -EINVAL},
        {V4L2_CTRL_TYPE_INTEGER, "0x", "cannot be used", -EINVAL},
        {V4L2_CTRL_TYPE_INTEGER, "0x-1", "cannot be used", -EINVAL},
        {V4L2_CTRL_TYPE_INTEGER, "", "cannot be used", -EINVAL},
        {V4L2_CTRL_TYPE_INTEGER, " 1", "cannot be used", -EINVAL},
        {V4L2_CTRL_TYPE_BOOLEAN, "2", "expected yes or no", -EINVAL},
        {V4L2_CTRL_TYPE_MENU, "40 Hz", "expected Disabled, 50 Hz or 60 Hz", -EINVAL},
        {V4L2_CTRL_TYPE_MENU, "2", "expected Disabled, 50 Hz or 60 Hz", -ERANGE},
        {V4L2_CTRL_TYPE_INTEGER_MENU, "1", "expected -2000 or 1500", -ERANGE},
        {V4L2_CTRL_TYPE_BUTTON, "0", "expected press", -EINVAL},
        {V4L2_CTRL_TYPE_BITMASK, "4", "expected bits of 0x3", -ERANGE},
        {V4L2_CTRL_TYPE_BITMASK, "-1", "expected bits of 0x3", -ERANGE},
        {V4L2_CTRL_TYPE_STRING, "abcd", "expected 0 to 3 characters", -ERANGE},
        {V4L2_CTRL_TYPE_INTEGER, "\x1b[2J", "\"\\x1b[2J\" cannot", -EINVAL},
        {4711, "1", "it has a value of a kind", -EINVAL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fr_v4l2_control control = of_type(bad[i].type);
        ck_assert_int_eq(refused(&control, bad[i].text), bad[i].r);
        ck_assert_msg(strstr(reason, bad[i].words) != NULL, "'%s' is not in: %s", bad[i].words,
                      reason);
    }
}
END_TEST

START_TEST(a_value_between_two_steps_is_refused_with_its_neighbours)
{
    struct fr_v4l2_control control = integer(3, 16, 5);
    refused(&control, "10");
    ck_assert_ptr_nonnull(strstr(reason, "from 3 to 16 in steps of 5 (8 or 13)"));
    refused(&control, "16");
    ck_assert_ptr_nonnull(strstr(reason, "(13)"));
    control = integer(INT64_MIN, INT64_MAX, UINT64_MAX);
    refused(&control, "0");
    ck_assert_ptr_nonnull(strstr(reason, "(-9223372036854775808 or 9223372036854775807)"));
}
END_TEST

START_TEST(what_cannot_be_set_says_why)
{
    struct fr_v4l2_control control = integer(0, 1, 1);
    ck_assert_ptr_null(fr_v4l2_control_obstacle(&control));
    control.flags = V4L2_CTRL_FLAG_READ_ONLY;
    refused(&control, "1");
    ck_assert_str_eq(reason, "it is read-only");
    control.is_array = true;
    refused(&control, "1");
    ck_assert_ptr_nonnull(strstr(reason, "several parts"));
}
END_TEST

START_TEST(a_drivers_nonsense_is_no_value)
{
    struct fr_v4l2_control control = integer(10, -10, 0); /* no range at all */
    refused(&control, "0");
    control = of_type(V4L2_CTRL_TYPE_MENU);
    control.n_items = 0;
    refused(&control, "0");
    ck_assert_ptr_nonnull(strstr(reason, "its menu is empty"));
    control = of_type(V4L2_CTRL_TYPE_STRING);
    control.min = -5;
    control.max = INT64_MAX;
    static char endless[4000];
    memset(endless, 'x', sizeof endless - 1);
    ck_assert_int_eq(refused(&control, endless), -ERANGE);
}
END_TEST

START_TEST(a_value_is_printed_as_it_is_read)
{
    static const struct {
        uint32_t type;
        const char *text;
    } cases[] = {
        {V4L2_CTRL_TYPE_INTEGER, "3"},    {V4L2_CTRL_TYPE_BOOLEAN, "no"},
        {V4L2_CTRL_TYPE_MENU, "50 Hz"},   {V4L2_CTRL_TYPE_INTEGER_MENU, "1500"},
        {V4L2_CTRL_TYPE_BUTTON, "press"}, {V4L2_CTRL_TYPE_BITMASK, "0x2"},
        {V4L2_CTRL_TYPE_STRING, "ab"},
    };
    char text[FR_V4L2_CONTROL_TEXT_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_v4l2_control control = of_type(cases[i].type);
        struct fr_v4l2_control_value value = taken(&control, cases[i].text);
        ck_assert_str_eq(fr_v4l2_control_format(&control, &value, text, sizeof text),
                         cases[i].text);
    }
    struct fr_v4l2_control control = of_type(V4L2_CTRL_TYPE_MENU);
    struct fr_v4l2_control_value value = {.number = 2}; /* an item that the menu has not */
    ck_assert_str_eq(fr_v4l2_control_format(&control, &value, text, sizeof text), "2");
}
END_TEST

UNIT_MAIN("v4l2_control_value", names_are_those_of_v4l2_ctl, good_values_are_taken,
          a_label_that_looks_like_an_index_is_a_label,
          bad_values_are_refused_with_what_was_expected,
          a_value_between_two_steps_is_refused_with_its_neighbours, what_cannot_be_set_says_why,
          a_drivers_nonsense_is_no_value, a_value_is_printed_as_it_is_read)
