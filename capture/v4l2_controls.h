/* The controls of a V4L2 device: reading its list, matching settings against it, setting them.
 *
 * Whatever the settings ask for is checked as a whole before anything is set. What the device then
 * refuses all the same (a control that follows an automatic one, or that another program holds) is
 * no reason to do without pictures: it is told in notes, a line each.
 */
#pragma once

#include "capture/source.h"
#include "capture/v4l2_control_value.h"
#include "capture/v4l2_device.h"

enum { FR_V4L2_CONTROLS_MAX = 512 }; /* what a driver lists beyond them is not looked at */

struct fr_v4l2_controls {
    size_t n;
    struct fr_v4l2_control *items; /* in the driver's order */
};

/* Reads the device's list, without those that are disabled. A device that has none is no error. The
 * caller frees it with fr_v4l2_controls_fini(). -ENODEV, -ENOMEM. */
int fr_v4l2_controls_read(int fd, struct fr_v4l2_controls *ret_controls);
void fr_v4l2_controls_fini(struct fr_v4l2_controls *controls);

/* By name; NULL when there is none. Pure. */
const struct fr_v4l2_control *fr_v4l2_controls_find(const struct fr_v4l2_controls *controls,
                                                    const char *name);
/* By V4L2_CID_…; NULL when there is none, or it cannot be set. Pure. */
const struct fr_v4l2_control *fr_v4l2_controls_find_id(const struct fr_v4l2_controls *controls,
                                                       uint32_t id);

/* Matches one setting. `device` is how the device is called in messages, `file` where the setting
 * stands (may be NULL). -EBADR, with a reason that begins with file and line and lists what there
 * is instead. Pure. */
int fr_v4l2_controls_match(const struct fr_v4l2_controls *controls, const char *device,
                           const char *file, const struct fr_control_setting *setting,
                           const struct fr_v4l2_control **ret_control,
                           struct fr_v4l2_control_value *ret_value,
                           char reason[FR_SOURCE_REASON_MAX]);

/* The value that a control has now. Errors as the driver gave them: -EACCES for one that can only
 * be written. */
int fr_v4l2_control_get(int fd, const struct fr_v4l2_control *control,
                        struct fr_v4l2_control_value *ret_value);
/* Sets it; *value becomes what the driver took. */
int fr_v4l2_control_set(int fd, const struct fr_v4l2_control *control,
                        struct fr_v4l2_control_value *value);

/* Checks all of `wanted`, and sets those that do not stand in `before` with the same value
 * (`before` NULL: all). What the driver refuses at first is tried once more after the others, for
 * one control may wait for another. Adds lines to `notes`. 0; -EBADR, -ENODEV, -ENOMEM with
 * `reason`. */
int fr_v4l2_controls_apply(const struct fr_v4l2_device *device, const char *file,
                           const struct fr_control_setting *wanted, size_t n_wanted,
                           const struct fr_control_settings *before,
                           char notes[FR_SOURCE_REASON_MAX], char reason[FR_SOURCE_REASON_MAX]);
