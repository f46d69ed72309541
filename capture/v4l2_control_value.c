/* Control values to and from text. */
#include "capture/v4l2_control_value.h"

#include "capture/append.h"
#include "common/daemon/log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <strings.h>

void fr_v4l2_control_name(const char *title, char *ret_name, size_t size)
{
    size_t n = 0;
    bool is_gap = false;
    for (const unsigned char *c = (const unsigned char *)title; *c && n + 2 < size; c++) {
        if (*c >= 128 || !isalnum(*c)) {
            is_gap = n > 0;
            continue;
        }
        if (is_gap)
            ret_name[n++] = '_';
        is_gap = false;
        ret_name[n++] = (char)tolower(*c);
    }
    ret_name[n] = 0;
}

const char *fr_v4l2_control_obstacle(const struct fr_v4l2_control *control)
{
    if (control->is_array)
        return "has a value of several parts, which framering does not set";
    if (control->flags & V4L2_CTRL_FLAG_READ_ONLY)
        return "is read-only";
    switch (control->type) {
    case V4L2_CTRL_TYPE_INTEGER:
    case V4L2_CTRL_TYPE_BOOLEAN:
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_BUTTON:
    case V4L2_CTRL_TYPE_INTEGER64:
    case V4L2_CTRL_TYPE_STRING:
    case V4L2_CTRL_TYPE_BITMASK:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
        return NULL;
    default:
        return "has a value of a kind that framering does not set";
    }
}

/* ---------------------------------------------------------------- what is expected */

static void append_items(const struct fr_v4l2_control *control, char *buf, size_t size)
{
    bool has_labels = control->type == V4L2_CTRL_TYPE_MENU;
    for (uint32_t i = 0; i < control->n_items; i++) {
        const char *before = i == 0 ? "" : i + 1 < control->n_items ? ", " : " or ";
        if (has_labels)
            fr_append(buf, size, "%s%s", before, control->items[i].label);
        else
            fr_append(buf, size, "%s%" PRId64, before, control->items[i].value);
    }
    if (!control->n_items)
        fr_append(buf, size, "nothing: its menu is empty");
}

char *fr_v4l2_control_expected(const struct fr_v4l2_control *control, char *buf, size_t size)
{
    *buf = 0;
    switch (control->type) {
    case V4L2_CTRL_TYPE_BOOLEAN:
        fr_append(buf, size, "yes or no");
        break;
    case V4L2_CTRL_TYPE_BUTTON:
        fr_append(buf, size, "press");
        break;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
        append_items(control, buf, size);
        break;
    case V4L2_CTRL_TYPE_BITMASK:
        fr_append(buf, size, "bits of 0x%" PRIx64, (uint64_t)control->max & UINT32_MAX);
        break;
    case V4L2_CTRL_TYPE_STRING:
        fr_append(buf, size, "%" PRId64 " to %" PRId64 " characters", control->min, control->max);
        break;
    default:
        fr_append(buf, size, "a whole number from %" PRId64 " to %" PRId64, control->min,
                  control->max);
        break;
    }
    if (control->step > 1 &&
        (control->type == V4L2_CTRL_TYPE_INTEGER || control->type == V4L2_CTRL_TYPE_INTEGER64 ||
         control->type == V4L2_CTRL_TYPE_STRING))
        fr_append(buf, size, " in steps of %" PRIu64, control->step);
    return buf;
}

/* ---------------------------------------------------------------- from text */

/* Decimal, or hexadecimal with 0x; nothing else, for 010 is ten to most. */
static int parse_number(const char *text, int64_t *ret_number)
{
    const char *digits = text + (*text == '-' || *text == '+');
    bool is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    if (is_hex ? !isxdigit((unsigned char)digits[2]) : !isdigit((unsigned char)digits[0]))
        return -EINVAL;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, is_hex ? 16 : 10);
    if (*end)
        return -EINVAL;
    if (errno == ERANGE)
        return -ERANGE;
    *ret_number = number;
    return 0;
}

static int parse_bool(const char *text, int64_t *ret_number)
{
    static const char *const words[] = {"0", "no", "off", "false", "1", "yes", "on", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *ret_number = i >= 4;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_item(const struct fr_v4l2_control *control, const char *text, int64_t *ret_number)
{
    int64_t number = -1;
    bool is_menu = control->type == V4L2_CTRL_TYPE_MENU;
    for (uint32_t i = 0; is_menu && i < control->n_items; i++) {
        if (strcasecmp(text, control->items[i].label) == 0) {
            *ret_number = control->items[i].index;
            return 0;
        }
    }
    int r = parse_number(text, &number);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < control->n_items; i++) {
        if (number == (is_menu ? (int64_t)control->items[i].index : control->items[i].value)) {
            *ret_number = control->items[i].index;
            return 0;
        }
    }
    return -ERANGE;
}

/* Range and step. The differences are of two's complement, so that no driver's range overflows. */
static int check_range(const struct fr_v4l2_control *control, int64_t number, char *hint,
                       size_t hint_size)
{
    if (number < control->min || number > control->max)
        return -ERANGE;
    uint64_t above = (uint64_t)number - (uint64_t)control->min;
    if (control->step <= 1 || above % control->step == 0)
        return 0;
    int64_t lower = (int64_t)((uint64_t)number - above % control->step);
    uint64_t room = (uint64_t)control->max - (uint64_t)lower;
    fr_append(hint, hint_size, " (%" PRId64, lower);
    if (room >= control->step)
        fr_append(hint, hint_size, " or %" PRId64, (int64_t)((uint64_t)lower + control->step));
    fr_append(hint, hint_size, ")");
    return -ERANGE;
}

static int parse(const struct fr_v4l2_control *control, const char *text,
                 struct fr_v4l2_control_value *value, char *hint, size_t hint_size)
{
    int r;
    switch (control->type) {
    case V4L2_CTRL_TYPE_BOOLEAN:
        return parse_bool(text, &value->number);
    case V4L2_CTRL_TYPE_BUTTON:
        value->number = 0;
        return strcasecmp(text, "press") == 0 ? 0 : -EINVAL;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
        return parse_item(control, text, &value->number);
    case V4L2_CTRL_TYPE_STRING:
        if (strlen(text) >= sizeof value->text)
            return -ERANGE;
        strcpy(value->text, text);
        return check_range(control, (int64_t)strlen(text), hint, hint_size);
    case V4L2_CTRL_TYPE_BITMASK:
        r = parse_number(text, &value->number);
        if (r == 0 && ((uint64_t)value->number & ~((uint64_t)control->max & UINT32_MAX)))
            r = -ERANGE;
        return r;
    default:
        r = parse_number(text, &value->number);
        return r < 0 ? r : check_range(control, value->number, hint, hint_size);
    }
}

int fr_v4l2_control_parse(const struct fr_v4l2_control *control, const char *text,
                          struct fr_v4l2_control_value *ret_value, char *reason, size_t reason_size)
{
    struct fr_v4l2_control_value value = {0};
    char shown[96], expected[1024], hint[64] = "";
    const char *obstacle = fr_v4l2_control_obstacle(control);
    if (obstacle) {
        snprintf(reason, reason_size, "it %s", obstacle);
        return -EINVAL;
    }
    int r = parse(control, text, &value, hint, sizeof hint);
    if (r == 0) {
        *ret_value = value;
        return 0;
    }
    snprintf(reason, reason_size, "\"%s\" %s; expected %s%s",
             fr_log_escape(text, shown, sizeof shown),
             r == -ERANGE ? "is out of range" : "cannot be used",
             fr_v4l2_control_expected(control, expected, sizeof expected), hint);
    return r;
}

/* ---------------------------------------------------------------- to text */

char *fr_v4l2_control_format(const struct fr_v4l2_control *control,
                             const struct fr_v4l2_control_value *value, char *buf, size_t size)
{
    *buf = 0;
    switch (control->type) {
    case V4L2_CTRL_TYPE_BOOLEAN:
        fr_append(buf, size, value->number ? "yes" : "no");
        return buf;
    case V4L2_CTRL_TYPE_BUTTON:
        fr_append(buf, size, "press");
        return buf;
    case V4L2_CTRL_TYPE_STRING:
        return fr_log_escape(value->text, buf, size);
    case V4L2_CTRL_TYPE_BITMASK:
        fr_append(buf, size, "0x%" PRIx64, (uint64_t)value->number & UINT32_MAX);
        return buf;
    case V4L2_CTRL_TYPE_MENU:
    case V4L2_CTRL_TYPE_INTEGER_MENU:
        for (uint32_t i = 0; i < control->n_items; i++) {
            const struct fr_v4l2_menu_item *item = &control->items[i];
            if (item->index != value->number)
                continue;
            if (control->type == V4L2_CTRL_TYPE_MENU)
                fr_append(buf, size, "%s", item->label);
            else
                fr_append(buf, size, "%" PRId64, item->value);
            return buf;
        }
        break;
    default:
        break;
    }
    fr_append(buf, size, "%" PRId64, value->number);
    return buf;
}
