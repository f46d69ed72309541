/* What the camera is told while it runs: one line of words, one answer. */
#pragma once

#include "tests/vm/usb_camera/device.h"

/* The list of commands, for people. */
extern const char command_help[];

/* Does what `line` says (it is cut into words). Writes the answer, "ok" or JSON; or, returning
 * false, what was wrong. */
bool command_run(struct device *device, char *line, FILE *answer);
