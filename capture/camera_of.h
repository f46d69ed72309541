/* Which configured camera a device is: what the udev rule asks when one appears. */
#pragma once

#include <stddef.h>

#include "framering/framering.h"

enum { FR_CAMERA_OF_NOTES_MAX = 2048 };

/* Looks through NAME.conf of `folder`, in the order of their names, for a v4l2 source that is one
 * of `paths`, or another path to the same device. `paths` are separated by blanks: the device, and
 * links to it, as paths or as names below /dev (which is how udev gives them, also when they are
 * not made yet). Takes the first that fits. Files whose names are no camera names are passed over,
 * and files that are wrong or not to be trusted, each with a line in `notes`; so are further files
 * that fit. 0; -ENOENT: none fits, or there is no such folder. Others as the folder could not be
 * read. Reads files; sets nothing. */
int fr_camera_of(const char *folder, const char *paths, char ret_name[FR_CAMERA_NAME_MAX + 1],
                 char notes[FR_CAMERA_OF_NOTES_MAX]);
