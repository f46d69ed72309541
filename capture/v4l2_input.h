/* The inputs of a device that has several (grabbers: HDMI, S-Video …): choosing one, its signal,
 * and the events by which the driver tells that another picture comes. */
#pragma once

#include "capture/source.h"
#include "capture/v4l2_device.h"

struct fr_v4l2_input {
    uint32_t index;
    char name[33];         /* "" when the device tells nothing about inputs */
    uint32_t capabilities; /* V4L2_IN_CAP_… */
    uint32_t status;       /* V4L2_IN_ST_… */
};

/* Chooses the input that `wanted` names by its number, or by its name (capitals do not matter);
 * NULL or "": the one that is chosen already. -EINVAL: there is none of that name, `reason` lists
 * those that there are; others as the driver gave them: -EBUSY, -ENODEV. */
int fr_v4l2_input_choose(const struct fr_v4l2_device *device, const char *wanted,
                         struct fr_v4l2_input *ret_input, char reason[FR_SOURCE_REASON_MAX]);

/* The inputs that there are, "0 (Webcam 0), 1 (HDMI 0)", in buf; "" when there are none to choose
 * from. How many, or negative errno: -ENODEV. */
int fr_v4l2_input_list(const struct fr_v4l2_device *device, char *buf, size_t size);

/* What is wrong with its signal, "no signal, no colour"; "" when nothing is. Returns buf. Pure. */
char *fr_v4l2_input_trouble(const struct fr_v4l2_input *input, char *buf, size_t size);

/* Finds out what picture comes in at an input with digital timings (HDMI, DVI, SDI), and sets the
 * device to it; other inputs are left alone. -ENOLINK: there is no picture, or none that the device
 * can lock to; others as the driver gave them. */
int fr_v4l2_input_lock(const struct fr_v4l2_device *device, const struct fr_v4l2_input *input,
                       char reason[FR_SOURCE_REASON_MAX]);

/* Has the driver tell when the picture of the input changes. False when it cannot, as most cameras'
 * drivers cannot: their picture never does. */
bool fr_v4l2_input_subscribe(const struct fr_v4l2_device *device,
                             const struct fr_v4l2_input *input);
/* Takes all events that are there; true when the picture has changed. Does not block. */
bool fr_v4l2_input_has_changed(const struct fr_v4l2_device *device);
