/* A made-up scene for the synthetic camera: what is in it, and where, at every frame.
 *
 * The picture is a function of (parameters, format, frame number) and of nothing else, so that a
 * test which knows the frame number knows the truth: fr_scene_truth() gives the exact boxes of the
 * objects in any frame, whether it was ever drawn or not.
 *
 * Time goes in rounds of still_ns + move_ns. In the still part nothing moves, and a detector can
 * learn the background; only the sensor's noise changes. In the moving part every object crosses
 * the picture once from side to side, each in a lane of its own, so that no object hides another.
 * In the middle of a still part, every light_ns (rounded up to whole rounds), the light goes down
 * by light_percent, or up again.
 *
 * All is drawn once when the scene is made (background and objects, in both lights, in the layout
 * of the format asked for), so that a frame costs little more than copying it: rows are copied with
 * one byte-wise addition of noise, which comes from a table at an offset that depends on frame and
 * row.
 */
#pragma once

#include "framering/framering.h"

enum {
    FR_SCENE_OBJECTS_MAX = 16,
    FR_SCENE_NOISE_MAX = 8,
    FR_SCENE_LIGHT_PERCENT_MAX = 60,
    FR_SCENE_PART_S_MAX = 86400,
    FR_SCENE_SIDE_MIN = 16,
    FR_SCENE_LANE_MIN = 4, /* rows of picture that an object needs */
};

/* What was asked for. */
struct fr_scene_params {
    uint64_t seed;
    uint32_t objects;       /* 0 to FR_SCENE_OBJECTS_MAX */
    uint32_t noise_levels;  /* standard deviation of luma in grey levels, to FR_SCENE_NOISE_MAX */
    uint32_t light_percent; /* how much darker, 0 to FR_SCENE_LIGHT_PERCENT_MAX */
    int64_t still_ns;       /* length of the still part; 0: always something moves */
    int64_t move_ns;        /* length of the moving part; 0: nothing ever moves */
    int64_t light_ns;       /* between two changes of light; 0: none */
};

/* For --help: name, range, default, meaning. A test compares it with what the parser takes. */
#define FR_SCENE_PARAMS_HELP                                                                       \
    "  seed=N      0 to 18446744073709551615 [1]  which scene\n"                                   \
    "  objects=N   0 to 16 [3]                    objects that cross the picture\n"                \
    "  noise=N     0 to 8 [2]                     sensor noise in grey levels (deviation)\n"       \
    "  still=S     0 to 86400 [5]                 seconds without motion in each round\n"          \
    "  move=S      0 to 86400 [5]                 seconds with motion in each round\n"             \
    "  light=S     0 to 86400 [30]                seconds between changes of light; 0: none\n"     \
    "  dim=P       0 to 60 [30]                   percent that the light goes down\n"

/* Parses "seed=1,objects=3,noise=2,still=5,move=5,light=30,dim=30": each part optional, times in
 * seconds with up to three decimals; what is not told has its default. NULL and "" are all
 * defaults. -EINVAL with `reason` (what was wrong, what was expected). Pure. */
int fr_scene_params_parse(const char *text, struct fr_scene_params *ret_params, char *reason,
                          size_t reason_size);

struct fr_scene_box {
    uint32_t x_px, y_px, width_px, height_px;
};

struct fr_scene;

/* Draws everything that frames are put together from. Takes the time of some frames: 0.2 s for
 * 1080p. The geometry is copied; its rate gives frames their time and must be above 0/0. The
 * caller frees the scene. -EINVAL: sides below FR_SCENE_SIDE_MIN, more objects than height_px /
 * FR_SCENE_LANE_MIN, parameters out of range, no rate, a geometry that fr_geometry_check() refuses;
 * -ENOTSUP: a plane kind that is not a picture; -ENOMEM. */
int fr_scene_new(const struct fr_scene_params *params, const struct fr_geometry *geometry,
                 struct fr_scene **ret_scene);

/* Takes NULL. */
void fr_scene_free(struct fr_scene *scene);

/* Draws frame `frame` (from 0) into a slot of the geometry that the scene was made for: all pixels
 * of all planes; padding at the end of rows is left alone. Pure; any number of threads may draw
 * from one scene. */
void fr_scene_draw(const struct fr_scene *scene, uint64_t frame, uint8_t *slot);

/* Where the objects are in frame `frame`: for each the smallest box around its visible pixels; none
 * for one that is not in the picture. Returns their number. Pure, thread-safe. */
uint32_t fr_scene_truth(const struct fr_scene *scene, uint64_t frame,
                        struct fr_scene_box ret_boxes[FR_SCENE_OBJECTS_MAX]);

/* True when frame `frame` belongs to a still part. Pure. */
bool fr_scene_is_still(const struct fr_scene *scene, uint64_t frame);

/* True when the light is down in frame `frame`. Pure. */
bool fr_scene_is_dim(const struct fr_scene *scene, uint64_t frame);
