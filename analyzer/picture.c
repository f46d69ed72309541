#include "analyzer/picture.h"

#include <stdio.h>
#include <string.h>

/* The bar is full when so much of the frame moves. */
static const double FULL_SHARE = 0.1;

struct fr_colour fr_picture_zone_colour(size_t zone)
{
    static const struct fr_colour colours[] = {{0, 230, 230}, {60, 255, 60},   {255, 120, 255},
                                               {255, 150, 0}, {120, 150, 255}, {255, 255, 255}};
    return colours[zone % (sizeof colours / sizeof *colours)];
}

/* Letters and lines grow with the picture, so that both can be seen at every size. */
static uint32_t scale_of(const struct fr_canvas *canvas)
{
    uint32_t scale = canvas->height_px / 240;
    return scale ? scale : 1;
}

/* Text that would be cut off at the right is moved to the left. */
static void draw_text(struct fr_canvas *canvas, int32_t x, int32_t y, struct fr_colour colour,
                      const char *text)
{
    const uint32_t scale = scale_of(canvas);
    int64_t most = (int64_t)canvas->width_px - (int64_t)(strlen(text) * FR_LETTER_WIDTH * scale);
    fr_canvas_text(canvas, x < most ? x : most > 0 ? (int32_t)most : 0, y, scale, colour, text);
}

static void draw_mask(struct fr_canvas *canvas, const struct fr_detector *detector)
{
    uint32_t width, height;
    const uint8_t *mask = fr_detector_mask(detector, &width, &height);

    for (uint32_t y = 0; mask && y < canvas->height_px; y++) {
        const uint8_t *row = mask + (size_t)(y / 2) * width;
        for (uint32_t x = 0; x < width; x++)
            if (row[x])
                fr_canvas_tint(canvas, (int32_t)(2 * x), (int32_t)y, 2, FR_PICTURE_MOTION, 128);
    }
}

static void draw_ignored(struct fr_canvas *canvas, const struct fr_spans *ignored)
{
    const struct fr_colour black = {0}, hatch = {150, 150, 150};
    const uint32_t step = 12 * scale_of(canvas);

    for (size_t i = 0; i < ignored->n; i++) {
        const struct fr_span *span = &ignored->items[i];
        for (uint32_t y = 2 * span->y; y < 2 * span->y + 2; y++) {
            fr_canvas_tint(canvas, (int32_t)(2 * span->first), (int32_t)y,
                           2 * (span->last - span->first + 1), black, 140);
            for (uint32_t x = 2 * span->first; x <= 2 * span->last + 1; x++)
                if ((x + y) % step < step / 8 + 1)
                    fr_canvas_tint(canvas, (int32_t)x, (int32_t)y, 1, hatch, 160);
        }
    }
}

/* Where a point of a polygon is on the canvas. */
static int32_t place(int32_t share_q16, uint32_t side_px)
{
    int64_t at = (int64_t)share_q16 * side_px / FR_SHARE_ONE;
    return (int32_t)(at < side_px ? at : side_px - 1);
}

static void draw_zone(struct fr_canvas *canvas, const struct fr_watch *watch, size_t zone,
                      bool moves, double share)
{
    const struct fr_polygon *edge = &watch->tuning.areas.zones[zone].polygon;
    const struct fr_colour colour = fr_picture_zone_colour(zone);
    const uint32_t scale = scale_of(canvas), width = canvas->width_px, height = canvas->height_px;
    uint32_t top = 0;
    char text[64];

    for (uint32_t i = 0; i < edge->n; i++) {
        const struct fr_point *a = &edge->points[i], *b = &edge->points[(i + 1) % edge->n];
        fr_canvas_line(canvas, place(a->x_q16, width), place(a->y_q16, height),
                       place(b->x_q16, width), place(b->y_q16, height), moves ? 2 * scale : scale,
                       colour);
        if (a->y_q16 < edge->points[top].y_q16 ||
            (a->y_q16 == edge->points[top].y_q16 && a->x_q16 < edge->points[top].x_q16))
            top = i;
    }
    snprintf(text, sizeof text, moves ? "%s %.2f %%" : "%s", watch->tuning.zones[zone].events.name,
             100 * share);
    /* Within its corner, and below the line of text. */
    int32_t y = place(edge->points[top].y_q16, height) + 3 * (int32_t)scale;
    int32_t first = (FR_LETTER_HEIGHT + 3) * (int32_t)scale;
    draw_text(canvas, place(edge->points[top].x_q16, width) + 3 * (int32_t)scale,
              y > first ? y : first, colour, text);
}

void fr_picture_draw_zones(struct fr_canvas *canvas, const struct fr_watch *watch)
{
    for (size_t i = 0; i < watch->tuning.n_zones; i++)
        draw_zone(canvas, watch, i, false, 0);
}

static void draw_object(struct fr_canvas *canvas, const struct fr_object *object)
{
    const uint32_t scale = scale_of(canvas);
    const int32_t x = (int32_t)object->x_px, y = (int32_t)object->y_px;
    const int32_t line = FR_LETTER_HEIGHT * (int32_t)scale;
    char text[32];

    fr_canvas_box(canvas, x, y, object->width_px, object->height_px, scale, FR_PICTURE_OBJECT);
    snprintf(text, sizeof text, "%.2f%%",
             100.0 * (double)object->area_px / ((double)canvas->width_px * canvas->height_px));
    /* Above it, but not over the line of text. */
    draw_text(canvas, x, y >= 2 * line ? y - line : y + (int32_t)object->height_px,
              FR_PICTURE_OBJECT, text);
}

static void draw_level(struct fr_canvas *canvas, const struct fr_detection *detection)
{
    const uint32_t scale = scale_of(canvas), height = FR_LETTER_HEIGHT * scale;
    const int32_t y = (int32_t)(canvas->height_px - height);
    const struct fr_colour white = {255, 255, 255}, grey = {90, 90, 90};
    char text[32];

    double filled = detection->share / FULL_SHARE;
    uint32_t left = 17 * FR_LETTER_WIDTH * scale;
    uint32_t room = canvas->width_px > left ? canvas->width_px - left : 0;
    uint32_t wide = (uint32_t)((filled < 1 ? filled : 1) * room);
    for (int32_t row = y + (int32_t)(2 * scale); row < y + (int32_t)(height - scale); row++) {
        fr_canvas_tint(canvas, (int32_t)left, row, room, grey, 160);
        fr_canvas_tint(canvas, (int32_t)left, row, wide, FR_PICTURE_MOTION, 256);
    }
    snprintf(text, sizeof text, "level %6.2f %%  ", 100 * detection->share);
    fr_canvas_text(canvas, 0, y, scale, white, text);
}

void fr_picture_draw(struct fr_canvas *canvas, const struct fr_luma *luma,
                     const struct fr_watch *watch, const struct fr_detection *detection,
                     const char *text)
{
    const struct fr_colour white = {255, 255, 255};
    char line[256];

    fr_canvas_take_grey(canvas, luma->data, luma->stride_bytes, 256);
    draw_mask(canvas, watch->detector);
    if (watch->map)
        draw_ignored(canvas, &watch->map->ignored);
    for (size_t i = 0; i < detection->n_told; i++)
        draw_object(canvas, &detection->objects[i]);
    for (size_t i = 0; i < watch->tuning.n_zones; i++)
        draw_zone(canvas, watch, i, watch->zones[i].n_objects && !detection->is_settling,
                  watch->zones[i].share);
    draw_level(canvas, detection);
    snprintf(line, sizeof line, "%s%s%s%s", text, detection->is_settling ? "  settling" : "",
             detection->is_light_change ? "  light" : "", detection->is_shaking ? "  shaking" : "");
    fr_canvas_text(canvas, 0, 0, scale_of(canvas), white, line);
}
