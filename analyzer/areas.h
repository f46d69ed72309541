/* Zones and ignored areas as a person set them, in shares of the picture, and their map for
 * pictures of one size (area_map.h).
 *
 * What is ignored belongs to no zone. Where zones overlap, a pixel belongs to all of them, and the
 * first one's sensitivity holds.
 */
#pragma once

#include "analyzer/area_map.h"
#include "common/media/grey_picture.h"
#include "config/analyzer_settings.h"

_Static_assert((int)FR_ZONES_MAX == (int)FR_ZONE_SETTINGS_MAX, "a map has room for every zone");

struct fr_areas {
    size_t n_zones, n_edges, n_masks;
    struct {
        struct fr_polygon polygon;
        uint8_t sensitivity; /* 0: as the picture's */
    } zones[FR_ZONES_MAX];
    struct fr_polygon edges[FR_IGNORE_SETTINGS_MAX];      /* of what is ignored */
    struct fr_grey_picture masks[FR_IGNORE_SETTINGS_MAX]; /* dark where it is ignored */
};

/* Takes the areas from the settings and reads their masks, relative paths in the folder of
 * `config_path` ("" or one without a slash: where the process stands). The caller ends it with
 * fr_areas_fini(). On failure `reason` says which area, what was wrong and what was expected:
 * -EINVAL, or as fr_grey_picture_load(). */
int fr_areas_init(struct fr_areas *areas, const struct fr_analyzer_settings *settings,
                  const char *config_path, char *reason, size_t reason_size);
void fr_areas_fini(struct fr_areas *areas);

/* The map for planes of this (half) size; the caller frees it with fr_area_map_free(). *ret_map is
 * NULL when there are no areas. -ENOMEM. Pure. */
int fr_areas_map(const struct fr_areas *areas, uint32_t width_px, uint32_t height_px,
                 struct fr_area_map **ret_map);
void fr_area_map_free(struct fr_area_map *map);
