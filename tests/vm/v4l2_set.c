/* v4l2_set DEVICE [--input N] [NAME VALUE]…: chooses an input and sets controls of a V4L2 device by
 * the names that the driver gives them; a VALUE is a number or, for menus, the name of an item. A
 * button is pressed by any value. Without NAME it prints them all.
 *
 * For the tests on vivid, whose test picture and whose faults are all controls. */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int next_control(int fd, struct v4l2_queryctrl *control)
{
    control->id |= V4L2_CTRL_FLAG_NEXT_CTRL;
    return ioctl(fd, VIDIOC_QUERYCTRL, control);
}

/* The index of a menu's item called `name`, or -1. */
static int find_item(int fd, const struct v4l2_queryctrl *control, const char *name)
{
    for (int i = control->minimum; i <= control->maximum; i++) {
        struct v4l2_querymenu item = {.id = control->id, .index = (uint32_t)i};
        if (ioctl(fd, VIDIOC_QUERYMENU, &item) == 0 && strcmp((const char *)item.name, name) == 0)
            return i;
    }
    return -1;
}

static void print_items(int fd, const struct v4l2_queryctrl *control)
{
    for (int i = control->minimum; i <= control->maximum; i++) {
        struct v4l2_querymenu item = {.id = control->id, .index = (uint32_t)i};
        if (ioctl(fd, VIDIOC_QUERYMENU, &item) == 0)
            printf("    %d: %s\n", i, (const char *)item.name);
    }
}

static int print_all(int fd)
{
    struct v4l2_queryctrl control = {0};
    while (next_control(fd, &control) == 0) {
        struct v4l2_control value = {.id = control.id};
        if (control.flags & V4L2_CTRL_FLAG_DISABLED || control.type == V4L2_CTRL_TYPE_CTRL_CLASS)
            continue;
        if (ioctl(fd, VIDIOC_G_CTRL, &value) == 0)
            printf("%s = %d (%d to %d)\n", (const char *)control.name, value.value, control.minimum,
                   control.maximum);
        else
            printf("%s\n", (const char *)control.name);
        if (control.type == V4L2_CTRL_TYPE_MENU)
            print_items(fd, &control);
    }
    return 0;
}

static int set(int fd, const char *name, const char *text)
{
    struct v4l2_queryctrl control = {0};
    if (strcmp(name, "--input") == 0) {
        int input = atoi(text);
        if (ioctl(fd, VIDIOC_S_INPUT, &input) == 0)
            return 0;
        fprintf(stderr, "v4l2_set: choosing input %d: %s\n", input, strerror(errno));
        return 1;
    }
    while (next_control(fd, &control) == 0) {
        if (strcmp((const char *)control.name, name) != 0)
            continue;
        char *end;
        long number = strtol(text, &end, 10);
        if (end == text || *end)
            number = control.type == V4L2_CTRL_TYPE_MENU ? find_item(fd, &control, text) : -1;
        if (control.type == V4L2_CTRL_TYPE_BUTTON)
            number = control.minimum = control.maximum = 0;
        if (number < control.minimum || number > control.maximum) {
            fprintf(stderr, "v4l2_set: %s cannot be '%s'\n", name, text);
            return 1;
        }
        struct v4l2_control value = {.id = control.id, .value = (int)number};
        if (ioctl(fd, VIDIOC_S_CTRL, &value) == 0)
            return 0;
        fprintf(stderr, "v4l2_set: setting %s: %s\n", name, strerror(errno));
        return 1;
    }
    fprintf(stderr, "v4l2_set: there is no control %s\n", name);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc % 2) {
        fprintf(stderr, "usage: v4l2_set DEVICE [--input N] [NAME VALUE]...\n");
        return 2;
    }
    int fd = open(argv[1], O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "v4l2_set: %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    int status = argc == 2 ? print_all(fd) : 0;
    for (int i = 2; status == 0 && i < argc; i += 2)
        status = set(fd, argv[i], argv[i + 1]);
    close(fd);
    return status;
}
