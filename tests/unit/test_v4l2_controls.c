/* Settings against a made-up device: its list, what it refuses, what it turns by itself, and a
 * driver that lies. */
#include "capture/v4l2_controls.h"
#include "capture/v4l2_ioctl.h"
#include "capture/v4l2_turn.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>

enum { N_MAX = 16 };

/* Stands where the real one would. */
static struct {
    struct v4l2_query_ext_ctrl controls[N_MAX]; /* by id, ascending */
    int64_t values[N_MAX];
    int set_errors[N_MAX];      /* of the next tries to set it, one each, while positive: errno */
    int64_t makes_of_it[N_MAX]; /* when not 0: whatever is asked for */
    int n, n_set;
    uint32_t set_order[64];
    bool is_old;     /* knows the old ioctls only */
    bool is_endless; /* there is always another control */
    bool is_circle;  /* after the last comes the first */
    int error;       /* of every call */
} driver;

static int find(uint32_t id)
{
    for (int i = 0; i < driver.n; i++)
        if (driver.controls[i].id == id)
            return i;
    return -1;
}

static int query(struct v4l2_query_ext_ctrl *query)
{
    uint32_t after = query->id & V4L2_CTRL_ID_MASK;
    if (driver.is_endless) {
        *query = (struct v4l2_query_ext_ctrl){
            .id = after + 1, .type = V4L2_CTRL_TYPE_INTEGER, .name = "Same Name", .maximum = 1};
        return 0;
    }
    for (int i = 0; i < driver.n; i++) {
        if (driver.controls[i].id > after || (driver.is_circle && i == driver.n - 1)) {
            *query = driver.controls[driver.is_circle && driver.controls[i].id <= after ? 0 : i];
            return 0;
        }
    }
    return -EINVAL;
}

static int set(uint32_t id, int64_t *value)
{
    int i = find(id);
    if (i < 0)
        return -EINVAL;
    if (driver.set_errors[i]) {
        int error = driver.set_errors[i];
        driver.set_errors[i] = 0;
        return -error;
    }
    driver.values[i] = driver.makes_of_it[i] ? driver.makes_of_it[i] : *value;
    *value = driver.values[i];
    if (driver.n_set < 64)
        driver.set_order[driver.n_set++] = id;
    return 0;
}

static int query_old(struct v4l2_queryctrl *old)
{
    struct v4l2_query_ext_ctrl one = {.id = old->id};
    int r = query(&one);
    if (r < 0)
        return r;
    *old = (struct v4l2_queryctrl){.id = one.id,
                                   .type = one.type,
                                   .flags = one.flags,
                                   .minimum = (int)one.minimum,
                                   .maximum = (int)one.maximum,
                                   .step = (int)one.step,
                                   .default_value = (int)one.default_value};
    memcpy(old->name, one.name, sizeof old->name);
    return 0;
}

static int transfer_old(struct v4l2_control *one, bool is_set)
{
    int64_t value = one->value;
    int i = find(one->id), r = is_set ? set(one->id, &value) : i < 0 ? -EINVAL : 0;
    one->value = (int)(is_set ? value : driver.values[i < 0 ? 0 : i]);
    return r;
}

static int transfer(struct v4l2_ext_controls *all, bool is_set)
{
    struct v4l2_ext_control *one = all->controls;
    ck_assert_uint_eq(all->count, 1);
    int i = find(one->id);
    if (i < 0)
        return -EINVAL;
    bool is_wide = driver.controls[i].type == V4L2_CTRL_TYPE_INTEGER64;
    int64_t value = is_wide ? one->value64 : one->value;
    int r = is_set ? set(one->id, &value) : 0;
    if (!is_set)
        value = driver.values[i];
    if (r == 0 && is_wide)
        one->value64 = value;
    else if (r == 0)
        one->value = (int)value;
    return r;
}

int fr_v4l2_ioctl(int fd, unsigned long request, void *argument)
{
    (void)fd;
    if (driver.error)
        return -driver.error;
    switch (request) {
    case VIDIOC_QUERY_EXT_CTRL:
        return driver.is_old ? -ENOTTY : query(argument);
    case VIDIOC_S_EXT_CTRLS:
    case VIDIOC_G_EXT_CTRLS:
        return driver.is_old ? -ENOTTY : transfer(argument, request == VIDIOC_S_EXT_CTRLS);
    case VIDIOC_QUERYCTRL:
        return query_old(argument);
    case VIDIOC_S_CTRL:
    case VIDIOC_G_CTRL:
        return transfer_old(argument, request == VIDIOC_S_CTRL);
    case VIDIOC_QUERYMENU: {
        struct v4l2_querymenu *menu = argument;
        if (menu->index == 1) /* a hole */
            return -EINVAL;
        snprintf((char *)menu->name, sizeof menu->name, " Item %u ", menu->index);
        return 0;
    }
    default:
        return -ENOTTY;
    }
}

/* Of the same object file; never called here. */
void *fr_v4l2_map(int fd, size_t bytes, uint32_t offset)
{
    (void)fd;
    (void)bytes;
    (void)offset;
    return NULL;
}

static void add(uint32_t id, uint32_t type, const char *name, int64_t max)
{
    struct v4l2_query_ext_ctrl control = {.id = id, .type = type, .maximum = max, .step = 1};
    snprintf(control.name, sizeof control.name, "%s", name);
    driver.controls[driver.n++] = control;
}

enum {
    CLASS = V4L2_CTRL_CLASS_USER | 1,
    GAIN = V4L2_CID_GAIN,
    AUTO = 0x009a0901,
    EXPOSURE = 0x009a0902,
};

static void camera(void)
{
    memset(&driver, 0, sizeof driver);
    add(CLASS, V4L2_CTRL_TYPE_CTRL_CLASS, "User Controls", 0);
    add(V4L2_CID_BRIGHTNESS, V4L2_CTRL_TYPE_INTEGER, "Brightness", 255);
    add(GAIN, V4L2_CTRL_TYPE_INTEGER, "Gain", 100);
    add(V4L2_CID_HFLIP, V4L2_CTRL_TYPE_BOOLEAN, "Horizontal Flip", 1);
    add(V4L2_CID_VFLIP, V4L2_CTRL_TYPE_BOOLEAN, "Vertical Flip", 1);
    add(V4L2_CID_ROTATE, V4L2_CTRL_TYPE_INTEGER, "Rotate", 270);
    add(AUTO, V4L2_CTRL_TYPE_MENU, "Auto Exposure", 3);
    add(EXPOSURE, V4L2_CTRL_TYPE_INTEGER64, "Exposure Time, Absolute", 5000);
}

static int64_t value_of(uint32_t id)
{
    return driver.values[find(id)];
}

static const struct fr_v4l2_device device = {.fd = 5, .path = "/dev/video7", .card = "Cam"};
static char reason[FR_SOURCE_REASON_MAX], notes[FR_SOURCE_REASON_MAX];

static int apply(const struct fr_control_setting *wanted, size_t n,
                 const struct fr_control_settings *before)
{
    *reason = *notes = 0;
    return fr_v4l2_controls_apply(&device, "f.conf", wanted, n, before, notes, reason);
}

START_TEST(controls_are_found_by_name_and_set_in_the_files_order)
{
    static const struct fr_control_setting wanted[] = {{"exposure_time_absolute", "300", 3},
                                                       {"brightness", "7", 4},
                                                       {"auto_exposure", "item 2", 5}};
    for (int is_old = 0; is_old < 2; is_old++) {
        camera();
        driver.is_old = is_old;
        if (is_old) /* 64 bits are of the new ones */
            driver.controls[find(EXPOSURE)].type = V4L2_CTRL_TYPE_INTEGER;
        ck_assert_msg(apply(wanted, 3, NULL) == 0, "%s", reason);
        ck_assert_str_eq(notes, "");
        ck_assert_int_eq(value_of(EXPOSURE), 300);
        ck_assert_int_eq(value_of(V4L2_CID_BRIGHTNESS), 7);
        ck_assert_int_eq(value_of(AUTO), 2);
        ck_assert_uint_eq(driver.set_order[0], EXPOSURE);
    }
}
END_TEST

START_TEST(what_is_wrong_is_told_by_line_with_the_devices_own_list_and_nothing_is_set)
{
    static const struct {
        struct fr_control_setting wrong;
        const char *words;
    } cases[] = {
        {{"brightnes", "1", 9},
         "f.conf:9: brightnes: /dev/video7 has no such control; did you mean brightness? It has "
         "brightness, gain, horizontal_flip, vertical_flip, rotate, auto_exposure, "
         "exposure_time_absolute"},
        {{"elephant", "1", 9}, "f.conf:9: elephant: /dev/video7 has no such control. It has bri"},
        {{"user_controls", "1", 9}, "has no such control"},
        {{"gain", "101", 9}, "f.conf:9: gain: \"101\" is out of range; expected a whole number"},
        {{"auto_exposure", "Item 1", 9}, "expected Item 0, Item 2 or Item 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct fr_control_setting wanted[] = {{"brightness", "7", 4}, cases[i].wrong};
        camera();
        ck_assert_int_eq(apply(wanted, 2, NULL), -EBADR);
        ck_assert_msg(strstr(reason, cases[i].words) != NULL, "'%s' is not in: %s", cases[i].words,
                      reason);
        ck_assert_int_eq(driver.n_set, 0);
    }
    memset(&driver, 0, sizeof driver); /* no controls at all */
    ck_assert_int_eq(apply(&cases[0].wrong, 1, NULL), -EBADR);
    ck_assert_ptr_nonnull(strstr(reason, "has no such control. It has none"));
}
END_TEST

START_TEST(only_what_differs_from_before_is_set)
{
    static const struct fr_control_settings before = {
        .n = 2, .items = {{"brightness", "7", 4}, {"gain", "50", 5}}};
    static const struct fr_control_setting wanted[] = {
        {"brightness", "7", 14}, {"gain", "51", 15}, {"rotate", "90", 16}};
    camera();
    ck_assert_int_eq(apply(wanted, 3, &before), 0);
    ck_assert_int_eq(driver.n_set, 2);
    ck_assert_int_eq(value_of(GAIN), 51);
    ck_assert_int_eq(value_of(V4L2_CID_BRIGHTNESS), 0);
}
END_TEST

START_TEST(a_control_that_waits_for_another_is_tried_again_after_it)
{
    static const struct fr_control_setting wanted[] = {{"exposure_time_absolute", "300", 3},
                                                       {"auto_exposure", "Item 3", 4}};
    camera();
    driver.set_errors[find(EXPOSURE)] = EACCES; /* until the automatic is off */
    ck_assert_int_eq(apply(wanted, 2, NULL), 0);
    ck_assert_str_eq(notes, "");
    ck_assert_int_eq(value_of(EXPOSURE), 300);
}
END_TEST

START_TEST(what_the_device_refuses_or_changes_is_noted_and_no_reason_to_do_without_pictures)
{
    static const struct fr_control_setting wanted[] = {{"gain", "3", 3}, {"brightness", "7", 4}};
    camera();
    driver.makes_of_it[find(GAIN)] = 4;
    ck_assert_int_eq(apply(wanted, 2, NULL), 0);
    ck_assert_str_eq(notes, "f.conf:3: gain: the device made 4 of 3\n");
    camera();
    driver.controls[find(GAIN)].flags = V4L2_CTRL_FLAG_READ_ONLY;
    ck_assert_int_eq(apply(wanted, 1, NULL), -EBADR);
    ck_assert_str_eq(reason, "f.conf:3: gain: it is read-only");
}
END_TEST

START_TEST(C17_a_device_that_is_gone_is_told_as_gone)
{
    static const struct fr_control_setting wanted[] = {{"gain", "3", 3}};
    camera();
    driver.error = ENODEV;
    ck_assert_int_eq(apply(wanted, 1, NULL), -ENODEV);
    ck_assert_str_ne(reason, "");
    camera();
    driver.set_errors[find(GAIN)] = ENODEV;
    ck_assert_int_eq(apply(wanted, 1, NULL), -ENODEV);
    ck_assert_int_eq(apply(NULL, 0, NULL), 0); /* nothing asked for, nothing asked of it */
}
END_TEST

START_TEST(a_list_without_an_end_or_in_a_circle_ends)
{
    struct fr_v4l2_controls controls;
    camera();
    driver.is_endless = true;
    ck_assert_int_eq(fr_v4l2_controls_read(5, &controls), 0);
    ck_assert_uint_eq(controls.n, FR_V4L2_CONTROLS_MAX);
    ck_assert_ptr_nonnull(fr_v4l2_controls_find(&controls, "same_name_2"));
    fr_v4l2_controls_fini(&controls);
    camera();
    driver.is_circle = true;
    ck_assert_int_eq(fr_v4l2_controls_read(5, &controls), 0);
    ck_assert_uint_eq(controls.n, 7);
    fr_v4l2_controls_fini(&controls);
    fr_v4l2_controls_fini(&controls); /* takes what was undone already */
}
END_TEST

START_TEST(a_menu_of_two_thousand_million_items_is_cut_off)
{
    struct fr_v4l2_controls controls;
    camera();
    driver.controls[find(AUTO)].maximum = INT32_MAX;
    ck_assert_int_eq(fr_v4l2_controls_read(5, &controls), 0);
    ck_assert_uint_eq(fr_v4l2_controls_find(&controls, "auto_exposure")->n_items,
                      FR_V4L2_MENU_ITEMS_MAX - 1); /* without the hole */
    fr_v4l2_controls_fini(&controls);
    driver.controls[find(AUTO)].minimum = INT64_MAX;
    driver.controls[find(AUTO)].maximum = INT64_MIN;
    ck_assert_int_eq(fr_v4l2_controls_read(5, &controls), 0);
    ck_assert_uint_eq(fr_v4l2_controls_find(&controls, "auto_exposure")->n_items, 0);
    fr_v4l2_controls_fini(&controls);
}
END_TEST

/* ---------------------------------------------------------------- turning */

static struct fr_v4l2_turn turned(bool mirror, uint32_t rotate_deg)
{
    const struct fr_source_request request = {.mirror = mirror, .rotate_deg = rotate_deg};
    struct fr_v4l2_turn turn;
    ck_assert_int_eq(fr_v4l2_turn_apply(5, &request, &turn), 0);
    return turn;
}

static void lacks(uint32_t id)
{
    driver.controls[find(id)].flags = V4L2_CTRL_FLAG_DISABLED;
}

START_TEST(the_device_turns_what_it_can_and_tells_what_is_left)
{
    enum { ACROSS = 1, DOWN = 2, ROTATION = 4 };
    static const struct {
        int has;
        bool mirror;
        uint32_t rotate_deg;
        int64_t across, down, rotation; /* then set */
        bool left_mirror;
        uint32_t left_deg;
        bool is_exchanged;
    } cases[] = {
        {7, false, 0, 0, 0, 0, false, 0, false},
        {7, true, 0, 1, 0, 0, false, 0, false},
        {7, false, 180, 1, 1, 0, false, 0, false},
        {7, true, 180, 0, 1, 0, false, 0, false},
        {7, false, 90, 0, 0, 90, false, 0, true},
        {7, false, 270, 0, 0, 270, false, 0, true},
        {7, true, 90, 1, 0, 0, false, 90, false},
        {ROTATION, false, 180, 0, 0, 180, false, 0, false},
        {ROTATION, true, 180, 0, 0, 0, true, 180, false},
        {ACROSS, true, 180, 1, 0, 0, false, 180, false},
        {ACROSS, false, 180, 0, 0, 0, false, 180, false},
        {DOWN, true, 180, 0, 1, 0, false, 0, false},
        {DOWN, true, 0, 0, 0, 0, true, 0, false},
        {ACROSS | DOWN, false, 90, 0, 0, 0, false, 90, false},
        {0, true, 270, 0, 0, 0, true, 270, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        camera();
        if (!(cases[i].has & ACROSS))
            lacks(V4L2_CID_HFLIP);
        if (!(cases[i].has & DOWN))
            lacks(V4L2_CID_VFLIP);
        if (!(cases[i].has & ROTATION))
            lacks(V4L2_CID_ROTATE);
        struct fr_v4l2_turn turn = turned(cases[i].mirror, cases[i].rotate_deg);
        ck_assert_msg(value_of(V4L2_CID_HFLIP) == cases[i].across, "case %zu", i);
        ck_assert_msg(value_of(V4L2_CID_VFLIP) == cases[i].down, "case %zu", i);
        ck_assert_msg(value_of(V4L2_CID_ROTATE) == cases[i].rotation, "case %zu", i);
        ck_assert_msg(turn.mirror == cases[i].left_mirror, "case %zu", i);
        ck_assert_msg(turn.rotate_deg == cases[i].left_deg, "case %zu", i);
        ck_assert_msg(turn.is_exchanged == cases[i].is_exchanged, "case %zu", i);
        fr_v4l2_turn_undo(5, &turn);
        for (int k = 0; k < driver.n; k++)
            ck_assert_msg(driver.values[k] == 0, "case %zu: %s stays", i, driver.controls[k].name);
        fr_v4l2_turn_undo(5, &turn);
    }
}
END_TEST

START_TEST(a_sensor_that_is_mounted_upside_down_is_turned_by_switching_its_flips_off)
{
    camera();
    driver.controls[find(V4L2_CID_HFLIP)].default_value = driver.values[find(V4L2_CID_HFLIP)] = 1;
    driver.controls[find(V4L2_CID_VFLIP)].default_value = driver.values[find(V4L2_CID_VFLIP)] = 1;
    struct fr_v4l2_turn turn = turned(false, 180);
    ck_assert_uint_eq(turn.rotate_deg, 0);
    ck_assert_int_eq(value_of(V4L2_CID_HFLIP), 0);
    ck_assert_int_eq(value_of(V4L2_CID_VFLIP), 0);
}
END_TEST

START_TEST(a_device_that_refuses_half_way_is_put_back)
{
    camera();
    lacks(V4L2_CID_ROTATE);
    driver.set_errors[find(V4L2_CID_VFLIP)] = EBUSY;
    struct fr_v4l2_turn turn = turned(false, 180);
    ck_assert_uint_eq(turn.rotate_deg, 180);
    ck_assert_uint_eq(turn.n_undo, 0);
    ck_assert_int_eq(value_of(V4L2_CID_HFLIP), 0);

    camera(); /* says that it did, and did not */
    driver.makes_of_it[find(V4L2_CID_ROTATE)] = 180;
    turn = turned(false, 90);
    ck_assert_uint_eq(turn.rotate_deg, 90);
    ck_assert(!turn.is_exchanged);
}
END_TEST

START_TEST(a_flip_that_the_file_sets_is_the_files)
{
    static const struct fr_control_setting mine[] = {{"horizontal_flip", "no", 3}};
    const struct fr_source_request request = {.mirror = true, .controls = mine, .n_controls = 1};
    struct fr_v4l2_turn turn;
    camera();
    ck_assert_int_eq(fr_v4l2_turn_apply(5, &request, &turn), 0);
    ck_assert(turn.mirror);
    ck_assert_int_eq(driver.n_set, 0);
}
END_TEST

UNIT_MAIN("v4l2_controls", controls_are_found_by_name_and_set_in_the_files_order,
          what_is_wrong_is_told_by_line_with_the_devices_own_list_and_nothing_is_set,
          only_what_differs_from_before_is_set,
          a_control_that_waits_for_another_is_tried_again_after_it,
          what_the_device_refuses_or_changes_is_noted_and_no_reason_to_do_without_pictures,
          C17_a_device_that_is_gone_is_told_as_gone, a_list_without_an_end_or_in_a_circle_ends,
          a_menu_of_two_thousand_million_items_is_cut_off,
          the_device_turns_what_it_can_and_tells_what_is_left,
          a_sensor_that_is_mounted_upside_down_is_turned_by_switching_its_flips_off,
          a_device_that_refuses_half_way_is_put_back, a_flip_that_the_file_sets_is_the_files)
