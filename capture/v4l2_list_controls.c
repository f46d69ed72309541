/* Listing controls in the form in which they are configured. */
#include "capture/v4l2_list_controls.h"

#include "capture/append.h"
#include "capture/v4l2_controls.h"

#include <errno.h>
#include <linux/videodev2.h>

enum { COMMENT_COLUMN = 40 };

static bool has_default(const struct fr_v4l2_control *control)
{
    return control->type != V4L2_CTRL_TYPE_STRING && control->type != V4L2_CTRL_TYPE_BUTTON;
}

static void print_comment(FILE *out, const struct fr_v4l2_control *control)
{
    struct fr_v4l2_control_value usual = {.number = control->default_value};
    const char *obstacle = fr_v4l2_control_obstacle(control);
    char text[FR_V4L2_CONTROL_TEXT_MAX], expected[1024];

    if (obstacle) {
        fputs(obstacle, out);
        return;
    }
    fputs(fr_v4l2_control_expected(control, expected, sizeof expected), out);
    if (has_default(control))
        fprintf(out, "; default %s", fr_v4l2_control_format(control, &usual, text, sizeof text));
    if (control->flags & V4L2_CTRL_FLAG_INACTIVE)
        fputs("; inactive now: another control decides", out);
    if (control->flags & V4L2_CTRL_FLAG_GRABBED)
        fputs("; in use now", out);
}

/* -ENODEV when it is gone. */
static int print_control(FILE *out, int fd, const struct fr_v4l2_control *control)
{
    struct fr_v4l2_control_value now = {0};
    char text[FR_V4L2_CONTROL_TEXT_MAX] = "";
    bool is_button = control->type == V4L2_CTRL_TYPE_BUTTON;
    int rc = is_button ? 0 : fr_v4l2_control_get(fd, control, &now);
    if (rc == -ENODEV)
        return rc;
    if (rc == 0)
        fr_v4l2_control_format(control, &now, text, sizeof text);
    bool is_line = *text && !is_button && !fr_v4l2_control_obstacle(control);
    int n = fprintf(out, "%s%s = %s", is_line ? "" : "#", control->name, text);
    fprintf(out, "%*s ; ", n < COMMENT_COLUMN ? COMMENT_COLUMN - n : 0, "");
    print_comment(out, control);
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
