/* A drawn scene and a detector that looks at it, for tests that know what it must find. */
#pragma once

#include "analyzer/detector.h"
#include "tests/unit/unit.h"

enum { WIDTH = 320, HEIGHT = 240 };
static const int64_t FRAME_NS = 40000000;

/* A scene: smooth, with some texture and a little noise. */
struct scene {
    uint32_t width, height;
    uint8_t *frame;
    struct fr_detector *detector;
    struct fr_detection detection;
    int64_t now_ns;
    uint32_t random_state;
    int gain_percent;
};

static inline uint32_t next_random(struct scene *scene)
{
    scene->random_state = scene->random_state * 1664525u + 1013904223u;
    return scene->random_state >> 16;
}

static inline struct scene scene_new(uint32_t width, uint32_t height,
                                     const struct fr_detector_settings *settings)
{
    struct fr_detector_settings defaults = fr_detector_settings_default();
    struct scene scene = {.width = width, .height = height, .random_state = 1, .gain_percent = 100};
    scene.frame = malloc((size_t)width * height);
    ck_assert_int_eq(
        fr_detector_new(settings ? settings : &defaults, width, height, &scene.detector), 0);
    return scene;
}

static inline void scene_free(struct scene *scene)
{
    fr_detector_free(scene->detector);
    free(scene->frame);
}

/* The empty scene; noise of +-5. */
static inline void draw_background(struct scene *scene)
{
    for (uint32_t y = 0; y < scene->height; y++)
        for (uint32_t x = 0; x < scene->width; x++) {
            int level = 70 + (int)((x * 3 + y * 2) % 64) + (int)((x / 16 + y / 16) % 2) * 25;
            level = level * scene->gain_percent / 100 + (int)(next_random(scene) % 11) - 5;
            level = level < 0 ? 0 : level > 255 ? 255 : level;
            scene->frame[(size_t)y * scene->width + x] = (uint8_t)level;
        }
}

static inline void draw_square(struct scene *scene, uint32_t left, uint32_t top, uint32_t side,
                               int level)
{
    for (uint32_t y = top; y < top + side && y < scene->height; y++)
        for (uint32_t x = left; x < left + side && x < scene->width; x++)
            scene->frame[(size_t)y * scene->width + x] =
                (uint8_t)(level + (int)(next_random(scene) % 11) - 5);
}

static inline void detect(struct scene *scene)
{
    struct fr_luma luma = {.data = scene->frame,
                           .width_px = scene->width,
                           .height_px = scene->height,
                           .stride_bytes = scene->width,
                           .step_bytes = 1};
    ck_assert_int_eq(fr_detector_look(scene->detector, &luma), 0);
    ck_assert_int_eq(fr_detector_decide(scene->detector, scene->now_ns, &scene->detection), 0);
    scene->now_ns += FRAME_NS;
}

static inline void detect_background(struct scene *scene, int frames)
{
    for (int i = 0; i < frames; i++) {
        draw_background(scene);
        detect(scene);
    }
}

static inline double overlap(const struct fr_object *o, uint32_t left, uint32_t top, uint32_t side)
{
    double x0 = o->x_px > left ? o->x_px : left, y0 = o->y_px > top ? o->y_px : top;
    double x1 = o->x_px + o->width_px < left + side ? o->x_px + o->width_px : left + side;
    double y1 = o->y_px + o->height_px < top + side ? o->y_px + o->height_px : top + side;
    double both = x1 > x0 && y1 > y0 ? (x1 - x0) * (y1 - y0) : 0;
    return both / ((double)o->width_px * o->height_px + (double)side * side - both);
}
