/* Where it moved over a whole recording: how often each pixel did, as colours over a darkened frame
 * of the scene, from violet (once in a while) to yellow (most of all).
 *
 * Frames that the detector doubts (the first second, a change of light) are not counted. Pure, but
 * for the memory.
 */
#pragma once

#include "analyzer/picture.h"

struct fr_heat_map;

/* For frames of this size. -ENOMEM. free takes NULL. */
int fr_heat_map_new(uint32_t width_px, uint32_t height_px, struct fr_heat_map **ret_map);
void fr_heat_map_free(struct fr_heat_map *map);

/* Counts the detector's last decision, which was about `luma`. The frame in which least moves, the
 * later of two equals, is the one that will be seen below. */
void fr_heat_map_add(struct fr_heat_map *map, const struct fr_luma *luma,
                     const struct fr_detector *detector, const struct fr_detection *detection);

/* Draws it onto a canvas of the frames' size, with the zones of the watch and a scale: in how many
 * of the frames it moved where it moved most. */
void fr_heat_map_draw(const struct fr_heat_map *map, const struct fr_watch *watch,
                      struct fr_canvas *canvas);
