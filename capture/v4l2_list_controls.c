/* Listing controls in the form in which they are configured. */
#include "capture/v4l2_list_controls.h"

#include "capture/append.h"
#include "capture/v4l2_controls.h"

#include <errno.h>
#include <linux/videodev2.h>

enum {
    COMMENT_COLUMN = 40,
    COMMENT_MAX = 110, /* a longer one has a line of its own: settings' lines have a limit */
    COMMENT_BYTES = 8192,
};

static bool has_default(const struct fr_v4l2_control *control)
{
    return control->type != V4L2_CTRL_TYPE_STRING && control->type != V4L2_CTRL_TYPE_BUTTON;
}

static void fill_comment(const struct fr_v4l2_control *control, char comment[COMMENT_BYTES])
{
    struct fr_v4l2_control_value usual = {.number = control->default_value};
    const char *obstacle = fr_v4l2_control_obstacle(control);
    char text[FR_V4L2_CONTROL_TEXT_MAX];

    if (obstacle) {
        snprintf(comment, COMMENT_BYTES, "%s", obstacle);
        return;
    }
    fr_v4l2_control_expected(control, comment, COMMENT_BYTES);
    if (has_default(control))
        fr_append(comment, COMMENT_BYTES, "; default %s",
                  fr_v4l2_control_format(control, &usual, text, sizeof text));
    if (control->flags & V4L2_CTRL_FLAG_INACTIVE)
        fr_append(comment, COMMENT_BYTES, "; inactive now: another control decides");
    if (control->flags & V4L2_CTRL_FLAG_GRABBED)
        fr_append(comment, COMMENT_BYTES, "; in use now");
}

/* -ENODEV when it is gone. */
static int print_control(FILE *out, int fd, const struct fr_v4l2_control *control)
{
    struct fr_v4l2_control_value now = {0};
    char text[FR_V4L2_CONTROL_TEXT_MAX] = "", comment[COMMENT_BYTES];
    bool is_button = control->type == V4L2_CTRL_TYPE_BUTTON;
    int rc = is_button ? 0 : fr_v4l2_control_get(fd, control, &now);
    if (rc == -ENODEV)
        return rc;
    if (rc == 0)
        fr_v4l2_control_format(control, &now, text, sizeof text);
    bool is_line = text[strspn(text, " ")] && !is_button && !fr_v4l2_control_obstacle(control);
    fill_comment(control, comment);
    bool is_long = strlen(comment) > COMMENT_MAX;
    if (is_long)
        fprintf(out, "; %s\n", comment);
    int n = fprintf(out, "%s%s = %s", is_line ? "" : "#", control->name, text);
    if (!is_long)
        fprintf(out, "%*s ; %s", n < COMMENT_COLUMN ? COMMENT_COLUMN - n : 0, "", comment);
    fputc('\n', out);
    return 0;
}

int fr_v4l2_list_controls(const char *path, FILE *out, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_controls controls = {0};
    struct fr_v4l2_device device;
    int rc = fr_v4l2_device_open(path, &device, reason);
    if (rc < 0)
        return rc;
    rc = fr_v4l2_controls_read(device.fd, &controls);
    if (rc == 0)
        fprintf(out, "; %s: %s (driver %s, %s)\n[controls]\n", device.path, device.card,
                device.driver, device.bus);
    for (size_t i = 0; rc == 0 && i < controls.n; i++)
        rc = print_control(out, device.fd, &controls.items[i]);
    if (rc < 0)
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): reading its controls failed: %s",
                 device.path, device.card, strerror(-rc));
    else if (!controls.n)
        fputs("; it has none\n", out);
    fr_v4l2_controls_fini(&controls);
    fr_v4l2_device_close(&device);
    return rc;
}
