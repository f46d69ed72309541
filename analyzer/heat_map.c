#include "analyzer/heat_map.h"
#include "common/media/half_luma.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fr_heat_map {
    uint32_t width_px, height_px;
    uint32_t half_width_px, half_height_px;
    uint64_t n_frames; /* counted */
    uint32_t *counts;  /* for each pixel of half size: frames in which it moved */
    uint8_t *scene;    /* the frame to be seen below */
    bool has_scene;
    double scene_share; /* of it that moved */
};

int fr_heat_map_new(uint32_t width_px, uint32_t height_px, struct fr_heat_map **ret_map)
{
    struct fr_heat_map *map = calloc(1, sizeof *map);
    if (!map)
        return -ENOMEM;
    *map = (struct fr_heat_map){.width_px = width_px,
                                .height_px = height_px,
                                .half_width_px = fr_half_px(width_px),
                                .half_height_px = fr_half_px(height_px)};
    map->counts = calloc((size_t)map->half_width_px * map->half_height_px, sizeof *map->counts);
    map->scene = calloc(width_px, height_px);
    if (!map->counts || !map->scene) {
        fr_heat_map_free(map);
        return -ENOMEM;
    }
    *ret_map = map;
    return 0;
}

void fr_heat_map_free(struct fr_heat_map *map)
{
    if (!map)
        return;
    free(map->counts);
    free(map->scene);
    free(map);
}

void fr_heat_map_add(struct fr_heat_map *map, const struct fr_luma *luma,
                     const struct fr_detector *detector, const struct fr_detection *detection)
{
    uint32_t width, height;
    const uint8_t *mask = fr_detector_mask(detector, &width, &height);

    if (!map->has_scene || detection->share <= map->scene_share) {
        map->has_scene = true;
        map->scene_share = detection->share;
        for (uint32_t y = 0; y < map->height_px; y++)
            memcpy(map->scene + (size_t)y * map->width_px,
                   luma->data + (size_t)y * luma->stride_bytes, map->width_px);
    }
    if (!mask || detection->is_settling)
        return;
    map->n_frames++;
    for (size_t i = 0; i < (size_t)width * height; i++)
        map->counts[i] += mask[i];
}

/* Violet, red, orange, yellow: brighter all the way, so that it can be read without colours as
 * well. */
static struct fr_colour heat(double share)
{
    static const double stops[][3] = {{90, 20, 140}, {190, 30, 90}, {240, 100, 30}, {255, 240, 90}};
    double at = share * 3;
    int i = at >= 3 ? 2 : (int)at;
    double part = at - i;
    return (struct fr_colour){(uint8_t)(stops[i][0] + part * (stops[i + 1][0] - stops[i][0])),
                              (uint8_t)(stops[i][1] + part * (stops[i + 1][1] - stops[i][1])),
                              (uint8_t)(stops[i][2] + part * (stops[i + 1][2] - stops[i][2]))};
}

static void draw_scale(const struct fr_heat_map *map, uint32_t most, struct fr_canvas *canvas)
{
    const struct fr_colour white = {255, 255, 255};
    uint32_t scale = map->height_px / 240 ? map->height_px / 240 : 1;
    uint32_t height = FR_LETTER_HEIGHT * scale, wide = 60 * scale;
    const int32_t y = (int32_t)(map->height_px - height);
    char text[64];

    for (uint32_t x = 0; x < wide; x++)
        for (uint32_t row = 0; row < height; row++)
            fr_canvas_tint(canvas, (int32_t)x, y + (int32_t)row, 1, heat((double)x / wide), 256);
    snprintf(text, sizeof text, " up to %.1f %% of %" PRIu64 " frames",
             map->n_frames ? 100.0 * most / (double)map->n_frames : 0, map->n_frames);
    fr_canvas_text(canvas, (int32_t)wide, y, scale, white, text);
}

void fr_heat_map_draw(const struct fr_heat_map *map, const struct fr_watch *watch,
                      struct fr_canvas *canvas)
{
    uint32_t most = 0;
    for (size_t i = 0; i < (size_t)map->half_width_px * map->half_height_px; i++)
        most = map->counts[i] > most ? map->counts[i] : most;

    fr_canvas_take_grey(canvas, map->scene, map->width_px, 120);
    for (uint32_t y = 0; most && y < map->height_px; y++) {
        const uint32_t *row = map->counts + (size_t)(y / 2) * map->half_width_px;
        for (uint32_t x = 0; x < map->half_width_px; x++) {
            if (!row[x])
                continue;
            /* The root: what moves seldom is to be seen beside what always does. */
            double share = sqrt((double)row[x] / most);
            fr_canvas_tint(canvas, (int32_t)(2 * x), (int32_t)y, 2, heat(share),
                           (uint32_t)(120 + 110 * share));
        }
    }
    fr_picture_draw_zones(canvas, watch);
    draw_scale(map, most, canvas);
}
