/* What the daemon would do with its settings, without doing it: `framering-capture --camera NAME
 * --plan`, which `framering doctor` asks of every camera. */
#pragma once

#include "config/capture_settings.h"

#include <stdio.h>

/* Opens the source as the daemon would (a device is asked for its format; its controls are left
 * alone), and prints a word and its value in each line:
 *
 *     source v4l2:/dev/video0
 *     device Integrated Camera (uvcvideo)       what it is; not when it cannot be opened
 *     problem KIND TEXT                         when it cannot; KIND is absent, busy, access, picture,
 *                                               settings or other
 *     assumed TEXT                              then the picture is one that would fit the settings
 *     picture 1280x720 YU12
 *     path MJPEG (decoded into the slot)        not when it is assumed
 *     slots 8
 *     hand 2
 *     need BYTES SEMAPHORES IN_A_SET OPERATIONS of shared memory and semaphores, in one segment and two sets
 *
 * Returns the exit code: 0; 1: there is a problem. */
int fr_capture_plan(const struct fr_capture_settings *settings, FILE *out);
