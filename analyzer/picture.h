/* What the detector sees, drawn onto the picture, so that a person can tune it by looking:
 *
 *   moving pixels   tinted red
 *   objects         yellow boxes with their size in percent of the frame, as object_min has it
 *   zones           their edge and name, each in a colour of its own, thick while something moves there
 *   ignored         darkened and hatched
 *   level           below: the number, and a bar that is full at 10 percent of the frame
 *   above           the frame's number and time, and what is told with it
 *
 * The picture itself is grey, so that colour is the detector's. Pure.
 */
#pragma once

#include "analyzer/watch.h"
#include "common/media/canvas.h"

/* What is drawn; the colours of zones come round again after six. */
struct fr_colour fr_picture_zone_colour(size_t zone);
#define FR_PICTURE_MOTION ((struct fr_colour){255, 40, 40})
#define FR_PICTURE_OBJECT ((struct fr_colour){255, 220, 0})

/* Draws the watch's last decision, which was about `luma` (of the canvas's size), with the
 * detection that it gave and a line of text. */
void fr_picture_draw(struct fr_canvas *canvas, const struct fr_luma *luma,
                     const struct fr_watch *watch, const struct fr_detection *detection,
                     const char *text);

/* Only the zones' edges and names, for other pictures of the same scene. */
void fr_picture_draw_zones(struct fr_canvas *canvas, const struct fr_watch *watch);
