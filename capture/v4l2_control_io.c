/* The ioctls about controls. Newer ones first; a driver that has only the old ones is asked by
 * these. */
#include "capture/v4l2_controls.h"

#include "capture/append.h"
#include "capture/v4l2_ioctl.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>

/* The label as a person would write it: printable, without blanks around it. */
static void take_label(char *label, size_t size, const void *from, size_t n)
{
    fr_v4l2_text(label, size, from, n);
    size_t end = strlen(label), start = strspn(label, " ");
    while (end > start && label[end - 1] == ' ')
        end--;
    memmove(label, label + start, end - start);
    label[end - start] = 0;
}

/* Items that the driver leaves out have no index. */
static int read_menu(int fd, struct fr_v4l2_control *control)
{
    int64_t first = control->min < 0 ? 0 : control->min;
    int64_t n = control->max < first ? 0 : control->max - first;
    uint32_t n_max = n < FR_V4L2_MENU_ITEMS_MAX ? (uint32_t)n + 1 : FR_V4L2_MENU_ITEMS_MAX;
    if (first > INT32_MAX || control->max < first)
        return 0;
    control->items = calloc(n_max, sizeof *control->items);
    if (!control->items)
        return -ENOMEM;
    for (uint32_t i = 0; i < n_max; i++) {
        struct v4l2_querymenu menu = {.id = control->id, .index = (uint32_t)first + i};
        struct fr_v4l2_menu_item *item = &control->items[control->n_items];
        int r = fr_v4l2_ioctl(fd, VIDIOC_QUERYMENU, &menu);
        if (r == -ENODEV)
            return r;
        if (r < 0)
            continue;
        *item = (struct fr_v4l2_menu_item){.index = (uint32_t)first + i};
        if (control->type == V4L2_CTRL_TYPE_INTEGER_MENU)
            item->value = menu.value;
        else
            take_label(item->label, sizeof item->label, menu.name, sizeof menu.name);
        control->n_items++;
    }
    return 0;
}

/* The control behind *id; *id becomes its own. */
static int query_next(int fd, uint32_t *id, struct v4l2_query_ext_ctrl *query)
{
    *query = (struct v4l2_query_ext_ctrl){.id = *id | V4L2_CTRL_FLAG_NEXT_CTRL |
                                                V4L2_CTRL_FLAG_NEXT_COMPOUND};
    int r = fr_v4l2_ioctl(fd, VIDIOC_QUERY_EXT_CTRL, query);
    if (r == -ENOTTY) {
        struct v4l2_queryctrl old = {.id = *id | V4L2_CTRL_FLAG_NEXT_CTRL};
        r = fr_v4l2_ioctl(fd, VIDIOC_QUERYCTRL, &old);
        *query = (struct v4l2_query_ext_ctrl){.id = old.id,
                                              .type = old.type,
                                              .flags = old.flags,
                                              .minimum = old.minimum,
                                              .maximum = old.maximum,
                                              .step = old.step < 0 ? 0 : (__u64)old.step,
                                              .default_value = old.default_value};
        memcpy(query->name, old.name, sizeof query->name);
        if (old.type == V4L2_CTRL_TYPE_BITMASK)
            query->maximum = (uint32_t)old.maximum;
    }
    if (r < 0)
        return r;
    if (query->id <= *id) /* it goes round in circles */
        return -EINVAL;
    *id = query->id;
    return 0;
}

/* Two of one name are told apart by a number. */
static void take_name(const struct fr_v4l2_controls *before, struct fr_v4l2_control *control,
                      const char *title, size_t n)
{
    char text[33], name[FR_V4L2_CONTROL_NAME_MAX - 16];
    fr_v4l2_text(text, sizeof text, title, n);
    fr_v4l2_control_name(text, name, sizeof name);
    if (!*name)
        snprintf(name, sizeof name, "control_%08x", control->id);
    snprintf(control->name, sizeof control->name, "%s", name);
    for (unsigned i = 2; fr_v4l2_controls_find(before, control->name) && i < 100; i++)
        snprintf(control->name, sizeof control->name, "%s_%u", name, i);
}

int fr_v4l2_controls_read(int fd, struct fr_v4l2_controls *ret_controls)
{
    struct fr_v4l2_controls controls = {.items =
                                            calloc(FR_V4L2_CONTROLS_MAX, sizeof *controls.items)};
    uint32_t id = 0;
    int r = controls.items ? 0 : -ENOMEM;

    for (unsigned i = 0; r == 0 && i < 2 * FR_V4L2_CONTROLS_MAX; i++) {
        struct v4l2_query_ext_ctrl query;
        r = query_next(fd, &id, &query);
        if (r < 0) {
            r = r == -ENODEV ? r : 0; /* anything else is the end of the list */
            break;
        }
        if (query.type == V4L2_CTRL_TYPE_CTRL_CLASS || query.flags & V4L2_CTRL_FLAG_DISABLED)
            continue;
        if (controls.n == FR_V4L2_CONTROLS_MAX)
            break;
        struct fr_v4l2_control *control = &controls.items[controls.n];
        *control = (struct fr_v4l2_control){.id = query.id,
                                            .type = query.type,
                                            .flags = query.flags,
                                            .is_array = query.nr_of_dims > 0 ||
                                                        query.type >= V4L2_CTRL_COMPOUND_TYPES,
                                            .min = query.minimum,
                                            .max = query.maximum,
                                            .step = query.step,
                                            .default_value = query.default_value};
        take_name(&controls, control, query.name, sizeof query.name);
        controls.n++;
        if (!control->is_array &&
            (query.type == V4L2_CTRL_TYPE_MENU || query.type == V4L2_CTRL_TYPE_INTEGER_MENU))
            r = read_menu(fd, control);
    }
    if (r < 0)
        fr_v4l2_controls_fini(&controls);
    else
        *ret_controls = controls;
    return r;
}

void fr_v4l2_controls_fini(struct fr_v4l2_controls *controls)
{
    for (size_t i = 0; i < controls->n; i++)
        free(controls->items[i].items);
    free(controls->items);
    *controls = (struct fr_v4l2_controls){0};
}

/* ---------------------------------------------------------------- values */

/* One control by the extended ioctls, or by the old ones. */
static int transfer(int fd, unsigned long request, unsigned long old_request,
                    const struct fr_v4l2_control *control, struct fr_v4l2_control_value *value,
                    size_t text_bytes)
{
    struct v4l2_ext_control one = {.id = control->id};
    struct v4l2_ext_controls all = {.which = V4L2_CTRL_WHICH_CUR_VAL, .count = 1, .controls = &one};
    if (control->type == V4L2_CTRL_TYPE_STRING) {
        one.size = (uint32_t)text_bytes;
        one.string = value->text;
    } else if (control->type == V4L2_CTRL_TYPE_INTEGER64) {
        one.value64 = value->number;
    } else {
        one.value = (int32_t)value->number;
    }
    int r = fr_v4l2_ioctl(fd, request, &all);
    if (r == -ENOTTY && control->type != V4L2_CTRL_TYPE_STRING &&
        control->type != V4L2_CTRL_TYPE_INTEGER64) {
        struct v4l2_control old = {.id = control->id, .value = (int32_t)value->number};
        r = fr_v4l2_ioctl(fd, old_request, &old);
        one.value = old.value;
    }
    if (r < 0)
        return r;
    if (control->type == V4L2_CTRL_TYPE_INTEGER64)
        value->number = one.value64;
    else if (control->type == V4L2_CTRL_TYPE_BITMASK)
        value->number = (uint32_t)one.value;
    else if (control->type != V4L2_CTRL_TYPE_STRING)
        value->number = one.value;
    return 0;
}

int fr_v4l2_control_get(int fd, const struct fr_v4l2_control *control,
                        struct fr_v4l2_control_value *ret_value)
{
    struct fr_v4l2_control_value value = {0};
    if (control->is_array)
        return -ENOTSUP;
    int r = transfer(fd, VIDIOC_G_EXT_CTRLS, VIDIOC_G_CTRL, control, &value, sizeof value.text);
    value.text[sizeof value.text - 1] = 0;
    if (r == 0)
        *ret_value = value;
    return r;
}

int fr_v4l2_control_set(int fd, const struct fr_v4l2_control *control,
                        struct fr_v4l2_control_value *value)
{
    return transfer(fd, VIDIOC_S_EXT_CTRLS, VIDIOC_S_CTRL, control, value, strlen(value->text) + 1);
}
