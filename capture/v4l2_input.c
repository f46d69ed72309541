/* Inputs, their signals and their changes. */
#include "capture/v4l2_input.h"

#include "capture/append.h"
#include "capture/v4l2_ioctl.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <strings.h>

enum {
    INPUTS_MAX = 64,
    EVENTS_MAX = 64, /* at once; the rest at the next look */
};

/* -EINVAL: no such input. */
static int query(const struct fr_v4l2_device *device, uint32_t index,
                 struct fr_v4l2_input *ret_input)
{
    struct v4l2_input input = {.index = index};
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_ENUMINPUT, &input);
    if (rc < 0)
        return rc;
    *ret_input = (struct fr_v4l2_input){
        .index = index, .capabilities = input.capabilities, .status = input.status};
    fr_v4l2_text(ret_input->name, sizeof ret_input->name, input.name, sizeof input.name);
    return 0;
}

int fr_v4l2_input_list(const struct fr_v4l2_device *device, char *buf, size_t size)
{
    struct fr_v4l2_input input;
    int n = 0;
    *buf = 0;
    for (uint32_t i = 0; i < INPUTS_MAX; i++, n++) {
        int rc = query(device, i, &input);
        if (rc == -ENODEV)
            return rc;
        if (rc < 0)
            break;
        fr_append(buf, size, "%s%u (%s)", n ? ", " : "", i, input.name);
    }
    return n;
}

/* Names of inputs need not differ: the first one counts. A number is a number. */
static int find(const struct fr_v4l2_device *device, const char *wanted,
                struct fr_v4l2_input *ret_input, char reason[FR_SOURCE_REASON_MAX])
{
    char *end, list[FR_SOURCE_REASON_MAX / 2];
    unsigned long number = strtoul(wanted, &end, 10);
    bool is_number = *wanted >= '0' && *wanted <= '9' && !*end;

    for (uint32_t i = 0; i < INPUTS_MAX; i++) {
        struct fr_v4l2_input input;
        int rc = query(device, i, &input);
        if (rc == -ENODEV)
            return fr_v4l2_device_failed(device, rc, "asking for its inputs", reason);
        if (rc < 0)
            break;
        if (is_number ? i == number : strcasecmp(wanted, input.name) == 0) {
            *ret_input = input;
            return 0;
        }
    }
    int n = fr_v4l2_input_list(device, list, sizeof list);
    if (n < 0)
        return fr_v4l2_device_failed(device, n, "asking for its inputs", reason);
    snprintf(reason, FR_SOURCE_REASON_MAX, "input: %s (%s) has no input \"%.64s\"; it has %s",
             device->path, device->card, wanted, n ? list : "none to choose from");
    return -EINVAL;
}

int fr_v4l2_input_choose(const struct fr_v4l2_device *device, const char *wanted,
                         struct fr_v4l2_input *ret_input, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_input input = {0};
    int current = 0;
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_G_INPUT, &current);
    if (rc == -ENODEV)
        return fr_v4l2_device_failed(device, rc, "asking for its input", reason);
    bool is_known = rc == 0 && current >= 0;

    if (wanted && *wanted) {
        rc = find(device, wanted, &input, reason);
        if (rc < 0)
            return rc;
        if (!is_known || (uint32_t)current != input.index) {
            int index = (int)input.index;
            rc = fr_v4l2_ioctl(device->fd, VIDIOC_S_INPUT, &index);
            if (rc < 0)
                return fr_v4l2_device_failed(device, rc, "choosing the input", reason);
        }
        current = (int)input.index;
        is_known = true;
    }
    /* Once more: some drivers tell the signal of the chosen input only. */
    if (is_known && query(device, (uint32_t)current, &input) == -ENODEV)
        return fr_v4l2_device_failed(device, -ENODEV, "asking for its input", reason);
    *ret_input = input;
    return 0;
}

char *fr_v4l2_input_trouble(const struct fr_v4l2_input *input, char *buf, size_t size)
{
    static const struct {
        uint32_t flag;
        const char *words;
    } troubles[] = {
        {V4L2_IN_ST_NO_POWER, "no power"},
        {V4L2_IN_ST_NO_SIGNAL, "no signal"},
        {V4L2_IN_ST_NO_COLOR, "no colour"},
        {V4L2_IN_ST_NO_H_LOCK, "no lock to the lines"},
        {V4L2_IN_ST_NO_V_LOCK, "no lock to the pictures"},
        {V4L2_IN_ST_NO_STD_LOCK, "no lock to the TV standard"},
        {V4L2_IN_ST_NO_SYNC, "no synchronisation"},
        {V4L2_IN_ST_NO_EQU, "no equaliser lock"},
        {V4L2_IN_ST_NO_CARRIER, "no carrier"},
        {V4L2_IN_ST_MACROVISION, "copy protection"},
        {V4L2_IN_ST_NO_ACCESS, "conditional access denied"},
    };
    *buf = 0;
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (input->status & troubles[i].flag)
            fr_append(buf, size, "%s%s", *buf ? ", " : "", troubles[i].words);
    return buf;
}

/* ---------------------------------------------------------------- digital timings */

static bool are_same(const struct v4l2_dv_timings *a, const struct v4l2_dv_timings *b)
{
    return a->type == b->type && memcmp(&a->bt, &b->bt, sizeof a->bt) == 0;
}

int fr_v4l2_input_lock(const struct fr_v4l2_device *device, const struct fr_v4l2_input *input,
                       char reason[FR_SOURCE_REASON_MAX])
{
    struct v4l2_dv_timings now = {0}, set = {0};
    if (!(input->capabilities & V4L2_IN_CAP_DV_TIMINGS))
        return 0;
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_QUERY_DV_TIMINGS, &now);
    const char *why = rc == -ENOLINK  ? "nothing comes in"
                      : rc == -ENOLCK ? "what comes in is not stable"
                      : rc == -ERANGE ? "what comes in is beyond what the device can do"
                                      : NULL;
    if (why) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): no signal at input %s: %s", device->path,
                 device->card, input->name, why);
        return -ENOLINK;
    }
    if (rc == -ENOTTY || rc == -ENODATA) /* timings that are fixed, or only set by hand */
        return 0;
    if (rc < 0)
        return fr_v4l2_device_failed(device, rc, "asking for the input's timings", reason);
    /* Setting what is set would reset the format of some. */
    if (fr_v4l2_ioctl(device->fd, VIDIOC_G_DV_TIMINGS, &set) == 0 && are_same(&now, &set))
        return 0;
    rc = fr_v4l2_ioctl(device->fd, VIDIOC_S_DV_TIMINGS, &now);
    return rc < 0 ? fr_v4l2_device_failed(device, rc, "setting the input's timings", reason) : 0;
}

/* ---------------------------------------------------------------- events */

bool fr_v4l2_input_subscribe(const struct fr_v4l2_device *device, const struct fr_v4l2_input *input)
{
    struct v4l2_event_subscription sub = {.type = V4L2_EVENT_SOURCE_CHANGE, .id = input->index};
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_SUBSCRIBE_EVENT, &sub);
    if (input->index != 0) {
        /* An event is of an input, but many drivers count them all as the first. */
        struct v4l2_event_subscription first = {.type = V4L2_EVENT_SOURCE_CHANGE};
        if (fr_v4l2_ioctl(device->fd, VIDIOC_SUBSCRIBE_EVENT, &first) == 0)
            rc = 0;
    }
    return rc == 0;
}

bool fr_v4l2_input_has_changed(const struct fr_v4l2_device *device)
{
    bool has_changed = false;
    for (unsigned i = 0; i < EVENTS_MAX; i++) {
        struct v4l2_event event = {0};
        if (fr_v4l2_ioctl(device->fd, VIDIOC_DQEVENT, &event) < 0)
            break;
        if (event.type == V4L2_EVENT_SOURCE_CHANGE &&
            event.u.src_change.changes & V4L2_EVENT_SRC_CH_RESOLUTION)
            has_changed = true;
    }
    return has_changed;
}
