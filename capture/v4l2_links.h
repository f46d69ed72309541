/* The names by which a camera is found again: /dev/videoN is a number of the moment, the links of
 * udev below /dev/v4l say which camera it is (by-id: model and serial number) and where it is
 * plugged in (by-path).
 */
#pragma once

#include "capture/source.h"

/* Where udev puts them. */
#define FR_V4L2_LINKS_FOLDER "/dev/v4l"

/* Finds the links below `folder` that lead to the device node `path`, the surest first: by-id when
 * the device `has_serial`, for else all cameras of a model share one; else by-path. Writes "" where
 * there is none, and for a path that is a link itself. */
void fr_v4l2_links_find(const char *folder, const char *path, bool has_serial,
                        struct fr_source_links *ret_links);

/* Whether the USB device behind the node has a serial number. */
bool fr_v4l2_links_has_serial(const char *path);

/* The path to open for a camera that was `path`: the first of its links that is there, followed to
 * its end; `path` itself when it never had links. -ENOENT: it has links, and none of them is there,
 * so that whatever has its number now is another camera; `reason` says so. `links` may be NULL. */
int fr_v4l2_links_follow(const struct fr_source_links *links, const char *path, char *ret_path,
                         size_t size, char reason[FR_SOURCE_REASON_MAX]);
