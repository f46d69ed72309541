/* Areas of the picture, cut into the detector's pixels: which are ignored, how sensitive the others
 * are, and which belong to which zone. Made by areas.c for one size; plain memory here, so that the
 * detector need not know where areas come from.
 *
 * Everything is in runs, row by row from the upper left, so that the memory grows with the edges of
 * the areas and not with the picture, and the detector's loops stay as they are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FR_ZONES_MAX = 16 };

/* Pixels of one row, both ends within it. Of one set: in order, and never side by side. */
struct fr_span {
    uint32_t y, first, last;
};

struct fr_spans {
    size_t n;
    struct fr_span *items;
};

/* Pixels that are treated alike, over the ends of rows. */
struct fr_area_run {
    uint32_t n_px;
    bool is_ignored;
    uint8_t sensitivity; /* FR_SENSITIVITY_MIN to FR_SENSITIVITY_MAX; 0: as the picture's */
};

struct fr_area_map {
    uint32_t width_px, height_px; /* of the plane of half size */
    uint64_t n_watched_px;        /* that are not ignored */
    size_t n_runs;
    struct fr_area_run *runs; /* together all pixels */
    struct fr_spans ignored;
    size_t n_zones;
    struct fr_spans zones[FR_ZONES_MAX]; /* without what is ignored */
};
