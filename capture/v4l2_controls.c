/* Settings against a device's controls. The ioctls are in v4l2_control_io.c. */
#include "capture/v4l2_controls.h"

#include "capture/append.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>

const struct fr_v4l2_control *fr_v4l2_controls_find(const struct fr_v4l2_controls *controls,
                                                    const char *name)
{
    for (size_t i = 0; i < controls->n; i++)
        if (strcmp(controls->items[i].name, name) == 0)
            return &controls->items[i];
    return NULL;
}

const struct fr_v4l2_control *fr_v4l2_controls_find_id(const struct fr_v4l2_controls *controls,
                                                       uint32_t id)
{
    for (size_t i = 0; i < controls->n; i++)
        if (controls->items[i].id == id)
            return fr_v4l2_control_obstacle(&controls->items[i]) ? NULL : &controls->items[i];
    return NULL;
}

static const char *nearest(const struct fr_v4l2_controls *controls, const char *name)
{
    const char *best = NULL;
    unsigned least = 5; /* further apart is another word; names are long */
    for (size_t i = 0; i < controls->n; i++) {
        const char *other = controls->items[i].name;
        unsigned distance = fr_word_distance(name, other);
        if (distance < least && distance * 2 < strlen(other)) {
            least = distance;
            best = other;
        }
    }
    return best;
}

/* "brightness, contrast, …": as many names as fit. */
static void append_names(const struct fr_v4l2_controls *controls, char reason[FR_SOURCE_REASON_MAX])
{
    enum { REST = 64 };
    size_t left = controls->n;
    const char *before = "";
    for (size_t i = 0; i < controls->n; i++, left--) {
        const struct fr_v4l2_control *control = &controls->items[i];
        if (fr_v4l2_control_obstacle(control))
            continue;
        if (strlen(reason) + strlen(control->name) + REST >= FR_SOURCE_REASON_MAX) {
            fr_append(reason, FR_SOURCE_REASON_MAX, " and %zu more", left);
            return;
        }
        fr_append(reason, FR_SOURCE_REASON_MAX, "%s%s", before, control->name);
        before = ", ";
    }
}

static void place(const char *file, const struct fr_control_setting *setting, const char *what,
                  char *buf, size_t size)
{
    if (file && *file)
        fr_append(buf, size, "%s:%d: %s: %s", file, setting->line, setting->name, what);
    else
        fr_append(buf, size, "[controls] line %d: %s: %s", setting->line, setting->name, what);
}

int fr_v4l2_controls_match(const struct fr_v4l2_controls *controls, const char *device,
                           const char *file, const struct fr_control_setting *setting,
                           const struct fr_v4l2_control **ret_control,
                           struct fr_v4l2_control_value *ret_value,
                           char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_control *control = fr_v4l2_controls_find(controls, setting->name);
    char why[FR_SOURCE_REASON_MAX / 2] = "";

    if (control &&
        fr_v4l2_control_parse(control, setting->value, ret_value, why, sizeof why) == 0) {
        *ret_control = control;
        return 0;
    }
    *reason = 0;
    place(file, setting, why, reason, FR_SOURCE_REASON_MAX);
    if (control)
        return -EBADR;
    const char *meant = nearest(controls, setting->name);
    fr_append(reason, FR_SOURCE_REASON_MAX, "%s has no such control", device);
    if (meant)
        fr_append(reason, FR_SOURCE_REASON_MAX, "; did you mean %s?", meant);
    fr_append(reason, FR_SOURCE_REASON_MAX, controls->n ? "%s It has " : "%s It has none",
              meant ? "" : ".");
    append_names(controls, reason);
    return -EBADR;
}

/* ---------------------------------------------------------------- setting */

struct wish {
    const struct fr_control_setting *setting;
    const struct fr_v4l2_control *control;
    struct fr_v4l2_control_value value;
    int error;
};

static bool stands_in(const struct fr_control_settings *before,
                      const struct fr_control_setting *setting)
{
    for (size_t i = 0; before && i < before->n; i++)
        if (strcmp(before->items[i].name, setting->name) == 0)
            return strcmp(before->items[i].value, setting->value) == 0;
    return false;
}

/* Says what became of one that was set: nothing when it is as it was asked. */
static void note(const struct wish *wish, const char *file, char notes[FR_SOURCE_REASON_MAX])
{
    char what[FR_V4L2_CONTROL_TEXT_MAX + 200] = "", took[FR_V4L2_CONTROL_TEXT_MAX];
    struct fr_v4l2_control_value asked;
    if (wish->error < 0) {
        const char *hint =
            wish->error == -EACCES || wish->error == -EPERM
                ? "; it may follow an automatic control that has to be switched off first"
            : wish->error == -EBUSY
                ? "; it cannot be changed while frames come, or another program "
                  "holds it"
                : "";
        snprintf(what, sizeof what, "the device does not take %s now (%s)%s", wish->setting->value,
                 strerror(-wish->error), hint);
    } else {
        fr_v4l2_control_parse(wish->control, wish->setting->value, &asked, what, sizeof what);
        if (asked.number == wish->value.number)
            return;
        snprintf(what, sizeof what, "the device made %s of %s",
                 fr_v4l2_control_format(wish->control, &wish->value, took, sizeof took),
                 wish->setting->value);
    }
    place(file, wish->setting, what, notes, FR_SOURCE_REASON_MAX - 1);
    fr_append(notes, FR_SOURCE_REASON_MAX, "\n");
}

/* Sets all that are not set yet; -ENODEV when the device is gone. */
static int set_all(int fd, struct wish *wishes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (wishes[i].error == 0)
            continue;
        wishes[i].error = fr_v4l2_control_set(fd, wishes[i].control, &wishes[i].value);
        if (wishes[i].error == -ENODEV)
            return -ENODEV;
    }
    return 0;
}

int fr_v4l2_controls_apply(const struct fr_v4l2_device *device, const char *file,
                           const struct fr_control_setting *wanted, size_t n_wanted,
                           const struct fr_control_settings *before,
                           char notes[FR_SOURCE_REASON_MAX], char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_controls controls = {0};
    struct wish *wishes = calloc(n_wanted ? n_wanted : 1, sizeof *wishes);
    size_t n = 0;
    int r = n_wanted ? fr_v4l2_controls_read(device->fd, &controls) : 0;

    if (!wishes)
        r = -ENOMEM;
    for (size_t i = 0; r == 0 && i < n_wanted; i++) {
        struct wish wish = {.setting = &wanted[i], .error = -EAGAIN};
        r = fr_v4l2_controls_match(&controls, device->path, file, &wanted[i], &wish.control,
                                   &wish.value, reason);
        if (r == 0 && !stands_in(before, &wanted[i]))
            wishes[n++] = wish;
    }
    if (r == -EBADR)
        goto out;
    for (int pass = 0; r == 0 && pass < 2; pass++)
        r = set_all(device->fd, wishes, n);
    if (r < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): setting its controls failed: %s",
                 device->path, device->card, strerror(-r));
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        note(&wishes[i], file, notes);
out:
    free(wishes);
    fr_v4l2_controls_fini(&controls);
    return r;
}
