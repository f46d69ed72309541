/* framering-capture --list-controls: what can be set at one device. */
#pragma once

#include <stdio.h>

#include "capture/source.h"

/* Prints the section [controls] that describes the device as it is now, each line with what the
 * control can be set to: lines of it can be copied into the camera's file. What cannot be set, or
 * is better not set at each start (buttons), is commented out. 0, or negative errno with
 * `reason`. */
int fr_v4l2_list_controls(const char *path, FILE *out, char reason[FR_SOURCE_REASON_MAX]);
