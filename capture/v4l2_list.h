/* framering-capture --list: the cameras of this machine. */
#pragma once

#include <stdio.h>

/* Prints every camera with its formats, sizes and rates, one format and size a line:
 *
 *   /dev/video0: Integrated Camera (driver uvcvideo, usb-0000:00:14.0-8)
 *     YUYV 640x480 at 30, 15 frames/s
 *
 * and before them its inputs, where it has several.
 *
 * Nodes that give no pictures (metadata, outputs) are left out; a camera that cannot be opened has
 * a line that says why; without any camera it says how to get one. Returns how many cameras can be
 * used, or negative errno when /dev cannot be read. */
int fr_v4l2_list(FILE *out);
