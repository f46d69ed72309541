/* Listing cameras by asking their drivers; nothing is set. */
#include "capture/v4l2_list.h"

#include "capture/v4l2_choice.h"
#include "capture/v4l2_input.h"
#include "capture/v4l2_ioctl.h"
#include "capture/v4l2_nodes.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

struct listing {
    FILE *out;
    int n_usable;
    int n_shown;
};

/* Frames a second of an interval, in thousandths; 0 when it makes no sense. */
static uint64_t rate_milli(const struct v4l2_fract *interval)
{
    if (!interval->numerator || !interval->denominator)
        return 0;
    return (interval->denominator * UINT64_C(1000) + interval->numerator / 2) / interval->numerator;
}

/* "30", "29.97". */
static void print_rate(FILE *out, uint64_t milli)
{
    if (milli % 1000 == 0)
        fprintf(out, "%llu", (unsigned long long)(milli / 1000));
    else
        fprintf(out, "%llu.%02llu", (unsigned long long)(milli / 1000),
                (unsigned long long)(milli % 1000 / 10));
}

static void list_rates(FILE *out, int fd, uint32_t fourcc, uint32_t width_px, uint32_t height_px)
{
    const char *before = " at ";
    for (uint32_t i = 0; i < FR_V4L2_ENUM_MAX; i++) {
        struct v4l2_frmivalenum ival = {
            .index = i, .pixel_format = fourcc, .width = width_px, .height = height_px};
        if (fr_v4l2_ioctl(fd, VIDIOC_ENUM_FRAMEINTERVALS, &ival) < 0)
            break;
        fputs(before, out);
        before = ", ";
        if (ival.type == V4L2_FRMIVAL_TYPE_DISCRETE) {
            print_rate(out, rate_milli(&ival.discrete));
            continue;
        }
        /* The longest interval is the lowest rate. */
        print_rate(out, rate_milli(&ival.stepwise.max));
        fputs(" to ", out);
        print_rate(out, rate_milli(&ival.stepwise.min));
        break;
    }
    fputs(*before == ',' ? " frames/s\n" : "\n", out);
}

static void list_range(FILE *out, int fd, uint32_t fourcc, const char *name,
                       const struct v4l2_frmsize_stepwise *range, bool has_steps)
{
    fprintf(out, "  %s %ux%u to %ux%u", name, range->min_width, range->min_height, range->max_width,
            range->max_height);
    if (has_steps && (range->step_width > 1 || range->step_height > 1))
        fprintf(out, " in steps of %ux%u", range->step_width, range->step_height);
    list_rates(out, fd, fourcc, range->max_width, range->max_height);
}

static void list_sizes(FILE *out, int fd, uint32_t fourcc)
{
    char name[8];
    fr_v4l2_format_name(fourcc, name);
    for (uint32_t i = 0; i < FR_V4L2_ENUM_MAX; i++) {
        struct v4l2_frmsizeenum size = {.index = i, .pixel_format = fourcc};
        if (fr_v4l2_ioctl(fd, VIDIOC_ENUM_FRAMESIZES, &size) < 0) {
            if (i == 0)
                fprintf(out, "  %s (the driver does not tell its sizes)\n", name);
            return;
        }
        if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
            list_range(out, fd, fourcc, name, &size.stepwise,
                       size.type == V4L2_FRMSIZE_TYPE_STEPWISE);
            return;
        }
        fprintf(out, "  %s %ux%u", name, size.discrete.width, size.discrete.height);
        list_rates(out, fd, fourcc, size.discrete.width, size.discrete.height);
    }
}

/* How a format would be read: an enum fr_v4l2_how, or -1 when it is not. */
static int how_read(uint32_t fourcc)
{
    const struct fr_v4l2_layout *layout = fr_v4l2_layout_find(fourcc);
    return layout ? layout->how : -1;
}

/* Only the names of the formats that are read in this way. */
static void list_names(FILE *out, const struct fr_v4l2_device *device, int how, const char *before)
{
    bool has_any = false;
    for (uint32_t i = 0; i < FR_V4L2_ENUM_MAX; i++) {
        struct v4l2_fmtdesc desc = {.index = i, .type = device->buf_type};
        char name[8];
        if (fr_v4l2_ioctl(device->fd, VIDIOC_ENUM_FMT, &desc) < 0)
            break;
        if (how_read(desc.pixelformat) != how)
            continue;
        fprintf(out, "%s %s", has_any ? "" : before, fr_v4l2_format_name(desc.pixelformat, name));
        has_any = true;
    }
    if (has_any)
        fputc('\n', out);
}

/* Formats that are read, each with its sizes; of the others only the names. */
static void list_formats(FILE *out, const struct fr_v4l2_device *device)
{
    for (uint32_t i = 0; i < FR_V4L2_ENUM_MAX; i++) {
        struct v4l2_fmtdesc desc = {.index = i, .type = device->buf_type};
        if (fr_v4l2_ioctl(device->fd, VIDIOC_ENUM_FMT, &desc) < 0)
            break;
        int how = how_read(desc.pixelformat);
        if (how == FR_V4L2_AS_IS || how == FR_V4L2_JPEG)
            list_sizes(out, device->fd, desc.pixelformat);
    }
    list_names(out, device, FR_V4L2_CONVERTED, "  through libv4l2:");
    list_names(out, device, -1, "  not read by framering:");
}

/* Where there is a choice. */
static void list_inputs(FILE *out, const struct fr_v4l2_device *device)
{
    char inputs[1024];
    if (fr_v4l2_input_list(device, inputs, sizeof inputs) > 1)
        fprintf(out, "  inputs: %s\n", inputs);
}

static int list_node(const char *path, void *userdata)
{
    struct listing *listing = userdata;
    struct fr_v4l2_device device;
    char reason[FR_SOURCE_REASON_MAX];

    int rc = fr_v4l2_device_open(path, &device, reason);
    if (rc < 0) {
        listing->n_shown++;
        fprintf(listing->out, "%s: cannot be used: %s\n", path, reason);
        return 0;
    }
    if (fr_v4l2_device_has_pictures(&device)) {
        listing->n_shown++;
        fprintf(listing->out, "%s: %s (driver %s, %s)\n", path, device.card, device.driver,
                device.bus);
        if (fr_v4l2_device_check_camera(&device, reason) < 0) {
            fprintf(listing->out, "  cannot be used: %s\n", reason);
        } else {
            listing->n_usable++;
            list_inputs(listing->out, &device);
            list_formats(listing->out, &device);
        }
    }
    fr_v4l2_device_close(&device);
    return 0;
}

int fr_v4l2_list(FILE *out)
{
    struct listing listing = {.out = out};
    int rc = fr_v4l2_nodes_each(list_node, &listing);
    if (rc < 0)
        return rc;
    if (!listing.n_shown)
        fputs(
            "No camera found. Plug one in (a USB webcam needs no driver of its own; `dmesg` tells "
            "what the\nkernel made of it), or use one that needs none: --source synthetic: or "
            "--source replay:PATH.\n"
            "For trying things out the kernel has a virtual camera: sudo modprobe vivid.\n",
            out);
    return listing.n_usable;
}
