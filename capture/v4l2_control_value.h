/* One control of a V4L2 device and a line of text about it: its name, what it can be set to, and
 * what a value looks like. No system call; what a driver told is as suspect here as what a user
 * wrote.
 *
 * Names are those that v4l2-ctl prints: the driver's, lower case, with an underscore for everything
 * between letters and digits ("Exposure Time, Absolute" is exposure_time_absolute).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FR_V4L2_CONTROL_NAME_MAX = 64,
    FR_V4L2_CONTROL_TEXT_MAX = 256, /* of a value as text, with its zero */
    FR_V4L2_MENU_ITEMS_MAX = 256,   /* what a driver has beyond them is not looked at */
};

struct fr_v4l2_menu_item {
    uint32_t index;
    int64_t value;  /* integer menus */
    char label[33]; /* menus; printable */
};

struct fr_v4l2_control {
    uint32_t id;
    uint32_t type;  /* enum v4l2_ctrl_type */
    uint32_t flags; /* V4L2_CTRL_FLAG_… */
    bool is_array;  /* or another value of several parts */
    char name[FR_V4L2_CONTROL_NAME_MAX];
    int64_t min, max, default_value;
    uint64_t step;
    uint32_t n_items;
    struct fr_v4l2_menu_item *items; /* of menus and integer menus */
};

struct fr_v4l2_control_value {
    int64_t number;                      /* of menus: the index */
    char text[FR_V4L2_CONTROL_TEXT_MAX]; /* of strings */
};

/* "Exposure, Auto" to "exposure_auto"; "" when there is no letter and no digit in it. */
void fr_v4l2_control_name(const char *title, char *ret_name, size_t size);

/* NULL when its value can be set by a line of text; else why not, to be put behind "it": "is
 * read-only". */
const char *fr_v4l2_control_obstacle(const struct fr_v4l2_control *control);

/* A value from text: numbers decimal or with 0x, yes and no, a menu's label (capitals do not
 * matter) or the index of its item, a number of an integer menu, `press` for a button. A text that
 * is a label is taken for the label, also when it looks like an index. -EINVAL, -ERANGE; `reason`
 * is "what was wrong; expected …". */
int fr_v4l2_control_parse(const struct fr_v4l2_control *control, const char *text,
                          struct fr_v4l2_control_value *ret_value, char *reason,
                          size_t reason_size);

/* A value as fr_v4l2_control_parse() reads it. Returns buf. */
char *fr_v4l2_control_format(const struct fr_v4l2_control *control,
                             const struct fr_v4l2_control_value *value, char *buf, size_t size);

/* What it can be set to, as it stands behind "expected". Returns buf. */
char *fr_v4l2_control_expected(const struct fr_v4l2_control *control, char *buf, size_t size);
