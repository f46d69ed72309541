#include "capture/scene.h"

#include <errno.h>
#include <stdlib.h>

#include "capture/frame_time.h"
#include "capture/scene_hash.h"
#include "capture/scene_picture.h"

/* Background luma stays between the dark objects and the bright ones, in both lights. */
enum { LUMA_MIN = 75, LUMA_MAX = 165 };

struct scene_object {
    struct fr_picture picture;
    uint32_t lane_y_px, lane_rows; /* even */
};

struct fr_scene {
    struct fr_scene_params params;
    struct fr_geometry geometry;
    struct fr_noise noise;
    struct fr_picture background;
    struct scene_object objects[FR_SCENE_OBJECTS_MAX];
};

/* ---------------------------------------------------------------- what things look like */

/* A surface of hills: random values on a grid of `cell` pixels, straight lines between; 0 to 255.
 */
static uint32_t hills(uint64_t seed, uint32_t x, uint32_t y, uint32_t cell)
{
    uint32_t cx = x / cell, cy = y / cell;
    uint32_t fx = (x % cell) * 256 / cell, fy = (y % cell) * 256 / cell;
    uint32_t v[2][2];
    for (uint32_t j = 0; j < 2; j++)
        for (uint32_t i = 0; i < 2; i++)
            v[j][i] = (uint32_t)(fr_scene_hash(seed, cx + i, cy + j) & 255);
    uint32_t top = v[0][0] * (256 - fx) + v[0][1] * fx;
    uint32_t bottom = v[1][0] * (256 - fx) + v[1][1] * fx;
    return (top * (256 - fy) + bottom * fy) >> 16;
}

static uint8_t bounded(int32_t value, int32_t min, int32_t max)
{
    return (uint8_t)(value < min ? min : value > max ? max : value);
}

/* A place: broad light and shade, walls and windows, rough ground. */
static void paint_background(const void *userdata, uint32_t x, uint32_t y, uint8_t ret[3])
{
    const struct fr_scene *scene = userdata;
    const struct fr_format *format = &scene->geometry.format;
    uint64_t seed = scene->params.seed;
    uint32_t block = format->width_px / 12 + 4;
    int32_t wall = (int32_t)(fr_scene_hash(seed ^ 3, x / block, y / block) & 31) - 16;
    int32_t luma = 60 + (int32_t)(y * 40 / format->height_px) + wall;
    luma += (int32_t)hills(seed ^ 1, x, y, format->width_px / 4 + 1) / 4;
    luma += (int32_t)hills(seed ^ 2, x, y, 5) / 8;
    ret[0] = bounded(luma, LUMA_MIN, LUMA_MAX);
    ret[1] =
        bounded(128 - 24 + (int32_t)hills(seed ^ 4, x, y, format->width_px / 3 + 1) / 5, 0, 255);
    ret[2] =
        bounded(128 - 24 + (int32_t)hills(seed ^ 5, x, y, format->width_px / 3 + 1) / 5, 0, 255);
}

struct object_look {
    uint64_t seed;
    uint32_t cell_px;
    bool is_bright;
};

static void paint_object(const void *userdata, uint32_t x, uint32_t y, uint8_t ret[3])
{
    const struct object_look *look = userdata;
    int32_t texture = (int32_t)hills(look->seed, x, y, look->cell_px) / 8;
    ret[0] = (uint8_t)(look->is_bright ? 205 + texture : 25 + texture);
    ret[1] = (uint8_t)(64 + (look->seed & 127));
    ret[2] = (uint8_t)(64 + (look->seed >> 8 & 127));
}

static int make_object(struct fr_scene *scene, uint32_t idx)
{
    struct scene_object *object = &scene->objects[idx];
    const struct fr_format *frame = &scene->geometry.format;
    uint64_t h = fr_scene_hash(scene->params.seed, idx, 100);
    object->lane_y_px = (uint32_t)((uint64_t)frame->height_px * idx / scene->params.objects) & ~1u;
    uint32_t lane_end =
        (uint32_t)((uint64_t)frame->height_px * (idx + 1) / scene->params.objects) & ~1u;
    object->lane_rows = lane_end - object->lane_y_px;

    /* An eighth to a quarter of the picture high, and half to one and a half times as wide. */
    uint32_t height = frame->height_px * (uint32_t)(128 + (h & 127)) / 1024;
    if (height > object->lane_rows * 3 / 4)
        height = object->lane_rows * 3 / 4;
    height = height < 4 ? 2 : height & ~1u;
    uint32_t width = height * (uint32_t)(128 + (h >> 8 & 255)) / 256;
    if (width > frame->width_px / 2)
        width = frame->width_px / 2;
    width = width < 4 ? 4 : width & ~1u;

    struct fr_format format = *frame;
    format.width_px = width;
    format.height_px = height;
    const struct object_look look = {
        .seed = h >> 16,
        .cell_px = height / 6 + 2,
        .is_bright = idx % 2 == 0,
    };
    return fr_picture_init(&object->picture, &format, height >= 8, scene->params.light_percent,
                           scene->noise.amplitude, paint_object, &look);
}

/* ---------------------------------------------------------------- what happens when */

static int64_t round_ns(const struct fr_scene *scene)
{
    return scene->params.still_ns + scene->params.move_ns;
}

static int64_t time_of(const struct fr_scene *scene, uint64_t frame)
{
    const struct fr_format *format = &scene->geometry.format;
    return fr_frame_time_ns(frame, format->rate_num, format->rate_den);
}

bool fr_scene_is_still(const struct fr_scene *scene, uint64_t frame)
{
    return time_of(scene, frame) % round_ns(scene) < scene->params.still_ns;
}

bool fr_scene_is_dim(const struct fr_scene *scene, uint64_t frame)
{
    if (scene->params.light_ns == 0)
        return false;
    int64_t since = time_of(scene, frame) - scene->params.still_ns / 2;
    int64_t rounds = (scene->params.light_ns - 1) / round_ns(scene) + 1;
    return since >= 0 && since / round_ns(scene) / rounds % 2 == 1;
}

/* Where the upper left corner of an object is. False when it is not about. */
static bool place(const struct fr_scene *scene, uint32_t idx, uint64_t frame, int64_t *ret_x_px,
                  uint32_t *ret_y_px)
{
    const struct scene_object *object = &scene->objects[idx];
    const struct fr_format *size = &object->picture.geometry.format;
    int64_t now = time_of(scene, frame);
    int64_t since = now % round_ns(scene) - scene->params.still_ns;
    uint64_t h = fr_scene_hash(scene->params.seed, (uint64_t)(now / round_ns(scene)), 200 + idx);

    /* The first sets out at once, the others within the first quarter of the moving part. */
    int64_t delay = idx == 0 ? 0 : (int64_t)(h & 255) * (scene->params.move_ns / 1024);
    since -= delay;
    if (since < 0)
        return false;
    int64_t way_px = (int64_t)scene->geometry.format.width_px + size->width_px;
    int64_t gone_px = (int64_t)((__int128)since * way_px / (scene->params.move_ns - delay));
    int64_t x =
        h & 256 ? gone_px - size->width_px : (int64_t)scene->geometry.format.width_px - gone_px;
    uint32_t spare_rows = object->lane_rows - size->height_px;
    *ret_x_px = x & ~INT64_C(1);
    *ret_y_px = (object->lane_y_px + (uint32_t)((h >> 16) % (spare_rows + 1))) & ~1u;
    return true;
}

uint32_t fr_scene_truth(const struct fr_scene *scene, uint64_t frame,
                        struct fr_scene_box ret_boxes[FR_SCENE_OBJECTS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < scene->params.objects; i++) {
        const struct fr_picture *picture = &scene->objects[i].picture;
        int64_t x = 0;
        uint32_t y = 0, x_min = UINT32_MAX, x_max = 0, y_min = UINT32_MAX, y_max = 0;
        if (!place(scene, i, frame, &x, &y))
            continue;
        for (uint32_t row = 0; row < picture->geometry.format.height_px; row++) {
            uint32_t begin = 0, end = 0;
            if (!fr_picture_row_span(picture, row, x, scene->geometry.format.width_px, &begin,
                                     &end))
                continue;
            if (y_min == UINT32_MAX)
                y_min = y + row;
            y_max = y + row + 1;
            x_min = begin < x_min ? begin : x_min;
            x_max = end > x_max ? end : x_max;
        }
        if (y_min != UINT32_MAX)
            ret_boxes[n++] = (struct fr_scene_box){x_min, y_min, x_max - x_min, y_max - y_min};
    }
    return n;
}

void fr_scene_draw(const struct fr_scene *scene, uint64_t frame, uint8_t *slot)
{
    unsigned light = fr_scene_is_dim(scene, frame) ? 1 : 0;
    uint64_t noise_key = fr_scene_hash(scene->params.seed, frame, 300);
    fr_picture_put(&scene->background, light, &scene->geometry, slot, 0, 0, &scene->noise,
                   noise_key);
    for (uint32_t i = 0; i < scene->params.objects; i++) {
        int64_t x = 0;
        uint32_t y = 0;
        if (place(scene, i, frame, &x, &y))
            fr_picture_put(&scene->objects[i].picture, light, &scene->geometry, slot, x, y,
                           &scene->noise, noise_key);
    }
}

/* ---------------------------------------------------------------- making and freeing */

static int check(const struct fr_scene_params *p, const struct fr_geometry *g)
{
    const int64_t part_max = FR_SCENE_PART_S_MAX * FR_NS_PER_S;
    int r = fr_geometry_check(g);
    if (r < 0)
        return r;
    if (g->format.width_px < FR_SCENE_SIDE_MIN || g->format.height_px < FR_SCENE_SIDE_MIN ||
        g->format.rate_num == 0 || g->format.rate_den == 0)
        return -EINVAL;
    if (p->objects > FR_SCENE_OBJECTS_MAX || p->objects * FR_SCENE_LANE_MIN > g->format.height_px ||
        p->noise_levels > FR_SCENE_NOISE_MAX || p->light_percent > FR_SCENE_LIGHT_PERCENT_MAX)
        return -EINVAL;
    if (p->still_ns < 0 || p->still_ns > part_max || p->move_ns < 0 || p->move_ns > part_max ||
        p->still_ns + p->move_ns == 0 || p->light_ns < 0 || p->light_ns > part_max)
        return -EINVAL;
    for (uint32_t i = 0; i < g->n_planes; i++)
        if (g->planes[i].kind == FR_PLANE_JPEG || g->planes[i].kind == FR_PLANE_HALF_Y)
            return -ENOTSUP;
    return 0;
}

int fr_scene_new(const struct fr_scene_params *params, const struct fr_geometry *geometry,
                 struct fr_scene **ret_scene)
{
    int r = check(params, geometry);
    if (r < 0)
        return r;
    struct fr_scene *scene = calloc(1, sizeof *scene);
    if (!scene)
        return -ENOMEM;
    scene->params = *params;
    scene->geometry = *geometry;
    const struct fr_format *format = &geometry->format;
    r = fr_noise_init(&scene->noise, params->seed, params->noise_levels, format->fourcc,
                      format->width_px);
    if (r == 0)
        r = fr_picture_init(&scene->background, format, false, params->light_percent,
                            scene->noise.amplitude, paint_background, scene);
    for (uint32_t i = 0; r == 0 && i < params->objects; i++)
        r = make_object(scene, i);
    if (r < 0) {
        fr_scene_free(scene);
        return r;
    }
    *ret_scene = scene;
    return 0;
}

void fr_scene_free(struct fr_scene *scene)
{
    if (!scene)
        return;
    for (uint32_t i = 0; i < FR_SCENE_OBJECTS_MAX; i++)
        fr_picture_fini(&scene->objects[i].picture);
    fr_picture_fini(&scene->background);
    fr_noise_fini(&scene->noise);
    free(scene);
}
