/* The detector on scenes whose truth is known: what it must find, and what it must not. */
#include "analyzer/detector.h"
#include "common/media/half_luma.h"
#include "tests/unit/unit.h"

#include <errno.h>

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

static uint32_t next_random(struct scene *scene)
{
    scene->random_state = scene->random_state * 1664525u + 1013904223u;
    return scene->random_state >> 16;
}

static struct scene scene_new(uint32_t width, uint32_t height,
                              const struct fr_detector_settings *settings)
{
    struct fr_detector_settings defaults = fr_detector_settings_default();
    struct scene scene = {.width = width, .height = height, .random_state = 1, .gain_percent = 100};
    scene.frame = malloc((size_t)width * height);
    ck_assert_int_eq(
        fr_detector_new(settings ? settings : &defaults, width, height, &scene.detector), 0);
    return scene;
}

static void scene_free(struct scene *scene)
{
    fr_detector_free(scene->detector);
    free(scene->frame);
}

/* The empty scene; noise of +-5. */
static void draw_background(struct scene *scene)
{
    for (uint32_t y = 0; y < scene->height; y++)
        for (uint32_t x = 0; x < scene->width; x++) {
            int level = 70 + (int)((x * 3 + y * 2) % 64) + (int)((x / 16 + y / 16) % 2) * 25;
            level = level * scene->gain_percent / 100 + (int)(next_random(scene) % 11) - 5;
            level = level < 0 ? 0 : level > 255 ? 255 : level;
            scene->frame[(size_t)y * scene->width + x] = (uint8_t)level;
        }
}

static void draw_square(struct scene *scene, uint32_t left, uint32_t top, uint32_t side, int level)
{
    for (uint32_t y = top; y < top + side && y < scene->height; y++)
        for (uint32_t x = left; x < left + side && x < scene->width; x++)
            scene->frame[(size_t)y * scene->width + x] =
                (uint8_t)(level + (int)(next_random(scene) % 11) - 5);
}

static void detect(struct scene *scene)
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

static void detect_background(struct scene *scene, int frames)
{
    for (int i = 0; i < frames; i++) {
        draw_background(scene);
        detect(scene);
    }
}

static double overlap(const struct fr_object *o, uint32_t left, uint32_t top, uint32_t side)
{
    double x0 = o->x_px > left ? o->x_px : left, y0 = o->y_px > top ? o->y_px : top;
    double x1 = o->x_px + o->width_px < left + side ? o->x_px + o->width_px : left + side;
    double y1 = o->y_px + o->height_px < top + side ? o->y_px + o->height_px : top + side;
    double both = x1 > x0 && y1 > y0 ? (x1 - x0) * (y1 - y0) : 0;
    return both / ((double)o->width_px * o->height_px + (double)side * side - both);
}

START_TEST(a_still_scene_with_noise_is_no_motion)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    for (int i = 0; i < 200; i++) {
        detect_background(&scene, 1);
        ck_assert_uint_eq(scene.detection.n_objects, 0);
        ck_assert(scene.detection.share == 0);
        ck_assert(!scene.detection.is_light_change);
        ck_assert(!scene.detection.is_shaking);
        ck_assert(scene.detection.is_settling == (i * FRAME_NS < 1000000000));
    }
    scene_free(&scene);
}
END_TEST

START_TEST(a_moving_square_is_found_where_it_is)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    detect_background(&scene, 50);
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t left = 10 + 4 * i, top = 60 + i;
        draw_background(&scene);
        draw_square(&scene, left, top, 40, 210);
        detect(&scene);
        ck_assert_uint_eq(scene.detection.n_objects, 1);
        const struct fr_object *object = &scene.detection.objects[0];
        ck_assert_double_gt(overlap(object, left, top, 40), 0.8);
        ck_assert_int_le(abs((int)object->centre_x_px - (int)(left + 20)), 3);
        ck_assert_int_le(abs((int)object->centre_y_px - (int)(top + 20)), 3);
        ck_assert_double_lt(scene.detection.share, 1.15 * 1600 / (WIDTH * HEIGHT));
        ck_assert_double_gt(scene.detection.share, 0.85 * 1600 / (WIDTH * HEIGHT));
        ck_assert(!scene.detection.is_settling);
        ck_assert(!scene.detection.is_light_change);
    }
    detect_background(&scene, 1);
    ck_assert_uint_eq(scene.detection.n_objects, 0);
    scene_free(&scene);
}
END_TEST

START_TEST(boxes_come_largest_first_and_all_are_counted)
{
    struct scene scene = scene_new(1280, 720, NULL);
    struct fr_detector_settings settings = fr_detector_settings_default();
    settings.object_min_share = 0;
    ck_assert_int_eq(fr_detector_set(scene.detector, &settings), 0);
    detect_background(&scene, 40);
    draw_background(&scene);
    for (uint32_t i = 0; i < 100; i++)
        draw_square(&scene, 20 + i % 10 * 100, 20 + i / 10 * 60, 16 + i / 10 * 2, 220);
    detect(&scene);
    ck_assert_uint_eq(scene.detection.n_objects, 100);
    ck_assert_uint_eq(scene.detection.n_told, FR_DETECTOR_BOXES_MAX);
    for (size_t i = 1; i < scene.detection.n_told; i++)
        ck_assert_uint_ge(scene.detection.objects[i - 1].area_px,
                          scene.detection.objects[i].area_px);
    scene_free(&scene);
}
END_TEST

START_TEST(objects_below_the_share_do_not_count)
{
    struct fr_detector_settings settings = fr_detector_settings_default();
    settings.object_min_share = 0.01; /* 768 px */
    struct scene scene = scene_new(WIDTH, HEIGHT, &settings);
    detect_background(&scene, 40);
    draw_background(&scene);
    draw_square(&scene, 30, 30, 20, 220);
    draw_square(&scene, 200, 100, 40, 220);
    detect(&scene);
    ck_assert_uint_eq(scene.detection.n_objects, 1);
    ck_assert_double_gt(overlap(&scene.detection.objects[0], 200, 100, 40), 0.8);
    scene_free(&scene);
}
END_TEST

START_TEST(a_step_of_light_is_told_once_and_is_no_motion)
{
    for (int percent = 50; percent <= 160; percent += 10) {
        if (percent > 70 && percent < 130)
            continue;
        struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
        int changes = 0;
        detect_background(&scene, 100);
        scene.gain_percent = percent;
        for (int i = 0; i < 100; i++) {
            detect_background(&scene, 1);
            changes += scene.detection.is_light_change;
            ck_assert(scene.detection.is_settling || !scene.detection.n_objects);
        }
        ck_assert_int_eq(changes, 1);
        scene_free(&scene);
    }
}
END_TEST

START_TEST(slow_drift_of_light_is_neither_motion_nor_told)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    detect_background(&scene, 50);
    for (int i = 0; i < 300; i++) {
        scene.gain_percent = 100 + i / 6;
        detect_background(&scene, 1);
        ck_assert(!scene.detection.is_light_change);
        ck_assert_uint_eq(scene.detection.n_objects, 0);
    }
    scene_free(&scene);
}
END_TEST

START_TEST(another_lamp_is_a_change_of_light_and_no_motion)
{
    /* Not one factor: the light comes from the left now, and stays. */
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    int changes = 0;
    detect_background(&scene, 100);
    for (int i = 0; i < 100; i++) {
        draw_background(&scene);
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++) {
                int level = scene.frame[y * WIDTH + x] + (int)(110 - x * 150 / WIDTH);
                scene.frame[y * WIDTH + x] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level);
            }
        detect(&scene);
        changes += scene.detection.is_light_change;
        ck_assert(scene.detection.is_settling || !scene.detection.n_objects);
    }
    ck_assert_int_eq(changes, 1);
    scene_free(&scene);
}
END_TEST

START_TEST(an_object_through_a_step_of_light_is_still_found)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    detect_background(&scene, 100);
    for (uint32_t i = 0; i < 50; i++) {
        scene.gain_percent = i < 10 ? 100 : 65;
        draw_background(&scene);
        draw_square(&scene, 20 + 4 * i, 80, 40, 200);
        detect(&scene);
        ck_assert_uint_eq(scene.detection.n_objects, 1);
        ck_assert_double_gt(overlap(&scene.detection.objects[0], 20 + 4 * i, 80, 40), 0.7);
    }
    scene_free(&scene);
}
END_TEST

START_TEST(a_camera_that_shakes_is_no_motion_and_what_moves_is_found)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL),
                 wide = scene_new(WIDTH + 8, HEIGHT + 8, NULL);
    for (uint32_t i = 0; i < 140; i++) {
        uint32_t dx = next_random(&scene) % 7, dy = next_random(&scene) % 7, left = 4 * i - 360;
        draw_background(&wide);
        if (i >= 100)
            draw_square(&wide, left + 4, 80, 40, 230);
        for (size_t y = 0; y < HEIGHT; y++)
            memcpy(scene.frame + y * WIDTH, wide.frame + (y + dy) * wide.width + dx, WIDTH);
        detect(&scene);
        ck_assert(!scene.detection.is_light_change);
        ck_assert(scene.detection.is_shaking == (i > 10) || (i > 1 && i <= 10));
        ck_assert_uint_eq(scene.detection.n_objects, i >= 100);
        if (i >= 100)
            ck_assert_double_gt(overlap(&scene.detection.objects[0], left + 4 - dx, 80 - dy, 40),
                                0.75);
    }
    scene_free(&scene);
    scene_free(&wide);
}
END_TEST

/* The scene at 55 % of its light within a bar, and an object at the end of it. */
static void draw_shadow(struct scene *scene, uint32_t left, uint32_t top, uint32_t width,
                        uint32_t height)
{
    for (uint32_t y = top; y < top + height; y++)
        for (uint32_t x = left; x < left + width; x++) {
            uint8_t *pixel = &scene->frame[(size_t)y * scene->width + x];
            *pixel = (uint8_t)(*pixel * 55 / 100);
        }
}

START_TEST(a_cast_shadow_is_no_part_of_its_object)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    uint64_t largest_px = 0;
    detect_background(&scene, 100);
    for (uint32_t i = 0; i < 40; i++) {
        uint32_t left = 20 + 4 * i;
        draw_background(&scene);
        draw_shadow(&scene, left, 100, 80, 40);
        draw_square(&scene, left + 80, 80, 40, 220);
        detect(&scene);
        if (i < 5) /* it learns what a shadow is */
            continue;
        ck_assert_uint_ge(scene.detection.n_objects, 1);
        ck_assert_double_gt(overlap(&scene.detection.objects[0], left + 80, 80, 40), 0.7);
        uint64_t moving_px = (uint64_t)(scene.detection.share * WIDTH * HEIGHT);
        largest_px = moving_px > largest_px ? moving_px : largest_px;
    }
    ck_assert_uint_lt(largest_px, 1600 + 3200 / 4); /* of 1600 and a shadow of 3200 */
    scene_free(&scene);
}
END_TEST

START_TEST(what_comes_in_with_the_light_is_seen_and_the_room_is_not)
{
    /* Dark, then lit from one side by a lamp of eight times the light. */
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    int changes = 0;
    for (uint32_t i = 0; i < 115; i++) {
        scene.gain_percent = i < 100 ? 20 : 110;
        draw_background(&scene);
        if (i >= 100)
            for (size_t j = 0; j < (size_t)WIDTH * HEIGHT; j++)
                scene.frame[j] = (uint8_t)(scene.frame[j] * (100 + j % WIDTH / 4) / 180);
        if (i >= 100)
            draw_square(&scene, 40 + 8 * (i - 100), 90, 60, 8);
        detect(&scene);
        changes += scene.detection.is_light_change;
        if (i < 100)
            continue;
        ck_assert_uint_ge(scene.detection.n_objects, 1);
        ck_assert_double_gt(overlap(&scene.detection.objects[0], 40 + 8 * (i - 100), 90, 60), 0.6);
        ck_assert_double_lt(scene.detection.share, 0.12); /* the square is 0.047 of it */
        ck_assert(scene.detection.is_settling);
    }
    ck_assert_int_eq(changes, 1);
    scene_free(&scene);
}
END_TEST

/* Frames from the first with an object to the first without, at most `most`. */
static int frames_until_quiet(struct scene *scene, uint32_t left, int most)
{
    for (int i = 0; i < most; i++) {
        draw_background(scene);
        if (left)
            draw_square(scene, left, 80, 60, 220);
        detect(scene);
        if (!scene->detection.n_objects)
            return i;
    }
    return most;
}

START_TEST(a_static_object_is_background_after_its_time_and_its_place_stays_known)
{
    struct fr_detector_settings settings = fr_detector_settings_default();
    settings.static_object_ns = 3000000000; /* 75 frames */
    struct scene scene = scene_new(WIDTH, HEIGHT, &settings);
    detect_background(&scene, 200);
    int absorbed = frames_until_quiet(&scene, 100, 200);
    ck_assert_int_ge(absorbed, 70);
    ck_assert_int_le(absorbed, 85);
    /* When it leaves, what was behind it is known, and when it comes back it is as well. */
    ck_assert_int_eq(frames_until_quiet(&scene, 0, 100), 0);
    ck_assert_int_eq(frames_until_quiet(&scene, 100, 100), 0);
    scene_free(&scene);
}
END_TEST

START_TEST(what_comes_and_goes_is_motion_each_time_until_its_time_has_come)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL); /* 30 s */
    detect_background(&scene, 110);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 100; i++) { /* 4 s */
            draw_background(&scene);
            draw_square(&scene, 100, 80, 60, 220);
            detect(&scene);
            ck_assert_uint_eq(scene.detection.n_objects, 1);
        }
        for (int i = 0; i < 100; i++) {
            detect_background(&scene, 1);
            ck_assert_uint_eq(scene.detection.n_objects, 0);
        }
    }
    scene_free(&scene);
}
END_TEST

START_TEST(static_time_is_time_and_not_frames)
{
    for (int fps = 5; fps <= 100; fps += 19) {
        struct fr_detector_settings settings = fr_detector_settings_default();
        settings.static_object_ns = 4000000000;
        struct scene scene = scene_new(64, 64, &settings);
        int64_t interval_ns = 1000000000 / fps;
        int64_t absorbed_ns = 0;
        for (int64_t now_ns = 0; now_ns < 30000000000; now_ns += interval_ns) {
            scene.now_ns = now_ns;
            draw_background(&scene);
            if (now_ns >= 10000000000)
                draw_square(&scene, 16, 16, 32, 230);
            detect(&scene);
            if (now_ns >= 10000000000 && !scene.detection.n_objects) {
                absorbed_ns = now_ns - 10000000000;
                break;
            }
        }
        ck_assert_int_ge(absorbed_ns, 3700000000);
        ck_assert_int_le(absorbed_ns, 4700000000);
        scene_free(&scene);
    }
}
END_TEST

START_TEST(the_ghost_of_an_object_of_the_first_frame_goes_soon)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    draw_background(&scene);
    draw_square(&scene, 100, 80, 60, 220);
    detect(&scene);
    ck_assert_int_le(frames_until_quiet(&scene, 0, 200), 25);
    scene_free(&scene);
}
END_TEST

/* The left half of the picture one way, the right half another. */
static struct fr_area_map halves(struct fr_area_run left, struct fr_area_run right)
{
    static struct fr_area_run runs[HEIGHT];
    static struct fr_span ignored[HEIGHT / 2], right_half[HEIGHT / 2];
    struct fr_area_map map = {.width_px = WIDTH / 2,
                              .height_px = HEIGHT / 2,
                              .n_runs = HEIGHT,
                              .runs = runs,
                              .ignored.items = ignored,
                              .n_zones = 1};
    left.n_px = right.n_px = WIDTH / 4;
    for (uint32_t y = 0; y < HEIGHT / 2; y++) {
        runs[2 * y] = left;
        runs[2 * y + 1] = right;
        right_half[y] = (struct fr_span){.y = y, .first = WIDTH / 4, .last = WIDTH / 2 - 1};
        if (left.is_ignored)
            ignored[map.ignored.n++] = (struct fr_span){.y = y, .last = WIDTH / 4 - 1};
    }
    map.zones[0] = (struct fr_spans){.n = HEIGHT / 2, .items = right_half};
    map.n_watched_px =
        (uint64_t)WIDTH / 4 * HEIGHT / 2 * (left.is_ignored || right.is_ignored ? 1 : 2);
    return map;
}

static void draw_two_squares(struct scene *scene, int i, int level)
{
    draw_background(scene);
    draw_square(scene, 20 + (uint32_t)i, 60, 40, level);
    draw_square(scene, 200 + (uint32_t)i, 60, 40, level);
    detect(scene);
}

START_TEST(what_is_ignored_does_not_move_and_is_known_when_it_is_looked_at_again)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    struct fr_area_map map =
        halves((struct fr_area_run){.is_ignored = true}, (struct fr_area_run){0});
    ck_assert_int_eq(fr_detector_set_map(scene.detector, &map), 0);
    detect_background(&scene, 60);
    for (int i = 0; i < 20; i++) {
        draw_two_squares(&scene, 2 * i, 230);
        ck_assert_uint_eq(scene.detection.n_objects, 1);
        ck_assert_double_gt(overlap(&scene.detection.objects[0], 200 + 2 * (uint32_t)i, 60, 40),
                            0.8);
    }
    ck_assert_int_eq(fr_detector_set_map(scene.detector, NULL), 0);
    detect_background(&scene, 5);
    ck_assert_uint_eq(scene.detection.n_objects, 0);
    ck_assert(!scene.detection.is_settling);
    draw_two_squares(&scene, 0, 230);
    ck_assert_uint_eq(scene.detection.n_objects, 2);
    scene_free(&scene);
}
END_TEST

START_TEST(what_is_ignored_says_nothing_about_the_light)
{
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    struct fr_area_map map =
        halves((struct fr_area_run){.is_ignored = true}, (struct fr_area_run){0});
    ck_assert_int_eq(fr_detector_set_map(scene.detector, &map), 0);
    detect_background(&scene, 60);
    /* A screen that fills the left half, brighter and darker by turns, and still between. */
    for (int i = 0; i < 60; i++) {
        draw_background(&scene);
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH / 2; x++) {
                uint8_t *pixel = &scene.frame[y * WIDTH + x];
                *pixel = (uint8_t)(i / 15 % 2 ? *pixel / 2 : *pixel * 3 / 2);
            }
        detect(&scene);
        ck_assert(!scene.detection.is_light_change);
        ck_assert(!scene.detection.is_settling);
        ck_assert_double_eq(scene.detection.gain, 1);
        ck_assert_uint_eq(scene.detection.n_objects, 0);
    }
    scene_free(&scene);
}
END_TEST

START_TEST(an_area_has_the_sensitivity_of_its_own)
{
    struct fr_area_run low = {.sensitivity = 1}, high = {.sensitivity = 90};
    struct fr_area_map map = halves(low, high);
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    ck_assert_int_eq(fr_detector_set_map(scene.detector, &map), 0);
    detect_background(&scene, 60);
    draw_two_squares(&scene, 0, 105);
    ck_assert_uint_gt(scene.detection.n_objects, 0);
    for (size_t i = 0; i < scene.detection.n_told; i++)
        ck_assert_uint_ge(scene.detection.objects[i].x_px, 190);
    /* The same for the picture as a whole. */
    struct fr_detector_settings settings = fr_detector_settings_default();
    settings.sensitivity = 1;
    ck_assert_int_eq(fr_detector_set(scene.detector, &settings), 0);
    ck_assert_int_eq(fr_detector_set_map(scene.detector, NULL), 0);
    detect_background(&scene, 20);
    draw_two_squares(&scene, 0, 105);
    ck_assert_uint_eq(scene.detection.n_objects, 0);
    draw_two_squares(&scene, 0, 250);
    ck_assert_uint_eq(scene.detection.n_objects, 2);
    scene_free(&scene);
}
END_TEST

START_TEST(a_zone_has_its_part_of_what_moves)
{
    struct fr_area_map map = halves((struct fr_area_run){0}, (struct fr_area_run){0});
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    struct fr_detection zone;
    ck_assert_int_eq(fr_detector_look_into(scene.detector, 0, 0, 1, &zone), -ENODATA);
    ck_assert_int_eq(fr_detector_set_map(scene.detector, &map), 0);
    detect_background(&scene, 60);
    draw_two_squares(&scene, -60, 230); /* the right one from 140 to 179, over the edge at 160 */
    ck_assert_uint_eq(scene.detection.n_objects, 1);
    ck_assert_int_eq(fr_detector_look_into(scene.detector, 0, 0.001, 1, &zone), 0);
    ck_assert_uint_eq(zone.n_objects, 1);
    ck_assert_uint_eq(zone.objects[0].x_px, 160);
    ck_assert_uint_le(zone.objects[0].width_px, 22);
    ck_assert_double_lt(zone.share, 0.6 * scene.detection.share);
    ck_assert_int_eq(fr_detector_look_into(scene.detector, 0, 0.02, 1, &zone), 0);
    ck_assert_uint_eq(zone.n_objects, 0);
    ck_assert_int_eq(fr_detector_look_into(scene.detector, 0, 0.001, 0.002, &zone), 0);
    ck_assert_uint_eq(zone.n_objects, 0);
    ck_assert_int_eq(fr_detector_look_into(scene.detector, 1, 0, 1, &zone), -ENODATA);
    scene_free(&scene);
}
END_TEST

START_TEST(a_map_of_another_size_is_refused)
{
    struct fr_area_map map = halves((struct fr_area_run){0}, (struct fr_area_run){0});
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    map.n_runs--;
    ck_assert_int_eq(fr_detector_set_map(scene.detector, &map), -EINVAL);
    map.n_runs++;
    map.width_px--;
    ck_assert_int_eq(fr_detector_set_map(scene.detector, &map), -EINVAL);
    scene_free(&scene);
}
END_TEST

START_TEST(packed_luma_gives_what_planar_luma_gives)
{
    struct scene planar = scene_new(WIDTH, HEIGHT, NULL);
    struct scene packed = scene_new(WIDTH, HEIGHT, NULL);
    uint8_t *yuyv = malloc(2 * WIDTH * HEIGHT);
    for (uint32_t i = 0; i < 60; i++) {
        draw_background(&planar);
        draw_square(&planar, 10 + 4 * i, 80, 30, 220);
        for (size_t j = 0; j < (size_t)WIDTH * HEIGHT; j++) {
            yuyv[2 * j] = planar.frame[j];
            yuyv[2 * j + 1] = (uint8_t)next_random(&packed);
        }
        detect(&planar);
        struct fr_luma luma = {.data = yuyv,
                               .width_px = WIDTH,
                               .height_px = HEIGHT,
                               .stride_bytes = 2 * WIDTH,
                               .step_bytes = 2};
        ck_assert_int_eq(fr_detector_look(packed.detector, &luma), 0);
        ck_assert_int_eq(fr_detector_decide(packed.detector, i * FRAME_NS, &packed.detection), 0);
        ck_assert_mem_eq(&planar.detection, &packed.detection, sizeof packed.detection);
        uint32_t width, height;
        const uint8_t *mask = fr_detector_mask(planar.detector, &width, &height);
        ck_assert_mem_eq(mask, fr_detector_mask(packed.detector, &width, &height),
                         (size_t)width * height);
    }
    free(yuyv);
    scene_free(&planar);
    scene_free(&packed);
}
END_TEST

/* A ring's frame with the scene as it is, and its half-size plane when `half` is given. */
static struct fr_frame frame_of(const struct scene *scene, uint8_t *half, uint32_t half_stride)
{
    struct fr_frame frame = {
        .format = {.fourcc = FR_FOURCC_GREY, .width_px = scene->width, .height_px = scene->height},
        .n_planes = half ? 2 : 1};
    frame.planes[0] = (struct fr_plane){.data = scene->frame,
                                        .kind = FR_PLANE_Y,
                                        .stride_bytes = scene->width,
                                        .rows = scene->height,
                                        .size_bytes = (uint64_t)scene->width * scene->height};
    if (half) {
        const struct fr_luma luma = {scene->frame, scene->width, scene->height, scene->width, 1};
        uint32_t rows = fr_half_px(scene->height);
        fr_half_luma(&luma, half, half_stride);
        frame.planes[1] = (struct fr_plane){.data = half,
                                            .kind = FR_PLANE_HALF_Y,
                                            .stride_bytes = half_stride,
                                            .rows = rows,
                                            .size_bytes = (uint64_t)half_stride * rows};
    }
    return frame;
}

START_TEST(the_half_size_plane_of_a_frame_gives_what_its_luma_gives_bit_for_bit)
{
    enum { W = 161, H = 121, STRIDE = 128 };
    static uint8_t half[STRIDE * (H / 2 + 1)];
    struct fr_detector_settings settings = fr_detector_settings_default();
    struct scene scene = scene_new(W, H, NULL);
    struct fr_detector *other;
    struct fr_detection detection;
    uint32_t width, height;
    ck_assert_int_eq(fr_detector_new(&settings, W, H, &other), 0);
    for (uint32_t i = 0; i < 60; i++) {
        draw_background(&scene);
        if (i > 40)
            draw_square(&scene, 2 * i, 30, 20, 220);
        const struct fr_frame with = frame_of(&scene, half, STRIDE);
        const struct fr_frame without = frame_of(&scene, NULL, 0);
        ck_assert_int_eq(fr_detector_look_frame(other, &with), 0);
        memset(half, 0, sizeof half); /* the frame may be given back after the look */
        ck_assert_int_eq(fr_detector_look_frame(scene.detector, &without), 0);
        ck_assert_int_eq(fr_detector_decide(scene.detector, scene.now_ns, &scene.detection), 0);
        ck_assert_int_eq(fr_detector_decide(other, scene.now_ns, &detection), 0);
        scene.now_ns += FRAME_NS;
        ck_assert_mem_eq(&detection, &scene.detection, sizeof detection);
        const uint8_t *mask = fr_detector_mask(scene.detector, &width, &height);
        ck_assert_mem_eq(fr_detector_mask(other, &width, &height), mask, (size_t)width * height);
    }
    ck_assert_uint_gt(detection.n_objects, 0);
    fr_detector_free(other);
    scene_free(&scene);
}
END_TEST

START_TEST(the_half_size_plane_is_read_instead_of_luma_and_only_if_it_is_whole)
{
    static uint8_t half[WIDTH / 2 * HEIGHT / 2];
    struct scene scene = scene_new(WIDTH, HEIGHT, NULL);
    draw_background(&scene);
    struct fr_frame frame = frame_of(&scene, half, WIDTH / 2);
    frame.planes[0].data = NULL; /* whoever reads luma falls */
    ck_assert_int_eq(fr_detector_look_frame(scene.detector, &frame), 0);

    frame.planes[0].data = scene.frame;
    frame.planes[1].data = NULL; /* and now whoever reads the half-size plane */
    frame.planes[1].rows--;
    ck_assert_int_eq(fr_detector_look_frame(scene.detector, &frame), 0);
    frame.planes[1].rows++;
    frame.planes[1].stride_bytes--;
    ck_assert_int_eq(fr_detector_look_frame(scene.detector, &frame), 0);
    frame.planes[1].stride_bytes++;
    frame.planes[1].size_bytes--;
    ck_assert_int_eq(fr_detector_look_frame(scene.detector, &frame), 0);
    frame.planes[1].size_bytes++;
    frame.format.width_px += 2;
    ck_assert_int_eq(fr_detector_look_frame(scene.detector, &frame), -EINVAL);
    frame.n_planes = 0;
    ck_assert_int_eq(fr_detector_look_frame(scene.detector, &frame), -ENOTSUP);
    scene_free(&scene);
}
END_TEST

START_TEST(any_size_works_and_boxes_stay_inside)
{
    static const uint32_t sizes[][2] = {{16, 16},   {17, 16},  {16, 17},    {17, 33},
                                        {319, 241}, {16, 999}, {16384, 16}, {16, 16384}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scene scene = scene_new(sizes[i][0], sizes[i][1], NULL);
        detect_background(&scene, 30);
        draw_background(&scene);
        draw_square(&scene, scene.width - 11, scene.height - 11, 11, 220);
        detect(&scene);
        ck_assert_uint_ge(scene.detection.n_objects, scene.width * scene.height < 200000);
        for (size_t j = 0; j < scene.detection.n_told; j++) {
            const struct fr_object *o = &scene.detection.objects[j];
            ck_assert_uint_le(o->x_px + o->width_px, scene.width);
            ck_assert_uint_le(o->y_px + o->height_px, scene.height);
            ck_assert_uint_le(o->area_px, (uint64_t)o->width_px * o->height_px);
            ck_assert_uint_lt(o->centre_x_px, scene.width);
            ck_assert_uint_lt(o->centre_y_px, scene.height);
        }
        /* Random frames: nothing to be found, but nothing to break either. */
        for (int round = 0; round < 3; round++) {
            for (size_t j = 0; j < (size_t)scene.width * scene.height; j++)
                scene.frame[j] = (uint8_t)next_random(&scene);
            detect(&scene);
        }
        scene_free(&scene);
    }
}
END_TEST

START_TEST(a_frame_that_was_only_looked_at_changes_nothing)
{
    struct scene honest = scene_new(WIDTH, HEIGHT, NULL), torn = scene_new(WIDTH, HEIGHT, NULL);
    uint8_t *noise = malloc(WIDTH * HEIGHT);
    memset(noise, 255, WIDTH * HEIGHT);
    struct fr_luma luma = {.data = noise,
                           .width_px = WIDTH,
                           .height_px = HEIGHT,
                           .stride_bytes = WIDTH,
                           .step_bytes = 1};
    for (uint32_t i = 0; i < 50; i++) {
        draw_background(&honest);
        draw_square(&honest, 10 + 4 * i, 80, 30, 220);
        memcpy(torn.frame, honest.frame, WIDTH * HEIGHT);
        ck_assert_int_eq(fr_detector_look(torn.detector, &luma), 0);
        uint32_t width, height;
        ck_assert_ptr_null(fr_detector_mask(torn.detector, &width, &height));
        detect(&honest);
        detect(&torn);
        ck_assert_mem_eq(&honest.detection, &torn.detection, sizeof torn.detection);
    }
    ck_assert_int_eq(fr_detector_decide(torn.detector, 0, &torn.detection), -ENODATA);
    free(noise);
    scene_free(&honest);
    scene_free(&torn);
}
END_TEST

START_TEST(time_that_stands_still_or_runs_back_does_no_harm)
{
    struct scene scene = scene_new(64, 64, NULL);
    static const int64_t times[] = {0, INT64_MAX, INT64_MIN, 5, 5, -5, INT64_MAX, 0};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        scene.now_ns = times[i];
        draw_background(&scene);
        struct fr_luma luma = {scene.frame, 64, 64, 64, 1};
        ck_assert_int_eq(fr_detector_look(scene.detector, &luma), 0);
        ck_assert_int_eq(fr_detector_decide(scene.detector, times[i], &scene.detection), 0);
        ck_assert_uint_eq(scene.detection.n_objects, 0);
    }
    scene_free(&scene);
}
END_TEST

START_TEST(settings_and_frames_that_make_no_sense_are_refused)
{
    struct fr_detector_settings good = fr_detector_settings_default(), bad[9];
    struct fr_detector *detector = NULL;
    for (size_t i = 0; i < 9; i++)
        bad[i] = good;
    bad[0].threshold_base = 0;
    bad[1].threshold_base = good.threshold_most + 1;
    bad[2].threshold_most = 97;
    bad[3].threshold_spread = 4;
    bad[4].threshold_contrast = 0.3;
    bad[5].object_min_share = 1.1;
    bad[6].light_change_share = 0;
    bad[7].static_object_ns = 0;
    bad[8].threshold_base = 0.0 / 0.0;
    for (size_t i = 0; i < 9; i++)
        ck_assert_int_eq(fr_detector_new(&bad[i], 64, 64, &detector), -EINVAL);
    ck_assert_int_eq(fr_detector_new(&good, 15, 64, &detector), -EINVAL);
    ck_assert_int_eq(fr_detector_new(&good, 64, FR_SIDE_MAX + 1, &detector), -EINVAL);
    ck_assert_ptr_null(detector);

    ck_assert_int_eq(fr_detector_new(&good, 64, 64, &detector), 0);
    uint8_t frame[64 * 64] = {0};
    struct fr_luma lumas[] = {{frame, 63, 64, 64, 1},
                              {frame, 64, 65, 64, 1},
                              {frame, 64, 64, 63, 1},
                              {frame, 64, 64, 64, 0},
                              {frame, 64, 64, 64, 2}};
    for (size_t i = 0; i < sizeof lumas / sizeof *lumas; i++)
        ck_assert_int_eq(fr_detector_look(detector, &lumas[i]), -EINVAL);
    fr_detector_free(detector);
    fr_detector_free(NULL);
}
END_TEST

START_TEST(state_is_two_bytes_a_pixel_at_most)
{
    ck_assert_uint_le(fr_detector_bytes(1920, 1080), 1920 * 1080 * 2);
    ck_assert_uint_le(fr_detector_bytes(16384, 16384), 16384ull * 16384 * 2);
}
END_TEST

START_TEST(the_mask_in_full_size_is_the_mask)
{
    struct scene scene = scene_new(321, 243, NULL);
    detect_background(&scene, 30);
    draw_background(&scene);
    draw_square(&scene, 290, 200, 60, 220);
    detect(&scene);
    uint32_t width, height;
    const uint8_t *mask = fr_detector_mask(scene.detector, &width, &height);
    ck_assert_uint_eq(width, 161);
    ck_assert_uint_eq(height, 122);
    uint8_t *full = malloc(400 * 243);
    ck_assert_int_eq(fr_detector_expand_mask(scene.detector, full, 400, 255), 0);
    size_t set = 0;
    for (uint32_t y = 0; y < 243; y++)
        for (uint32_t x = 0; x < 321; x++) {
            ck_assert_uint_eq(full[y * 400 + x], mask[y / 2 * width + x / 2] ? 255 : 0);
            set += full[y * 400 + x] == 255;
        }
    ck_assert_uint_gt(set, 1000);
    free(full);
    scene_free(&scene);
}
END_TEST

UNIT_MAIN("detector", a_still_scene_with_noise_is_no_motion, a_moving_square_is_found_where_it_is,
          boxes_come_largest_first_and_all_are_counted, objects_below_the_share_do_not_count,
          a_step_of_light_is_told_once_and_is_no_motion,
          slow_drift_of_light_is_neither_motion_nor_told,
          another_lamp_is_a_change_of_light_and_no_motion,
          an_object_through_a_step_of_light_is_still_found,
          a_camera_that_shakes_is_no_motion_and_what_moves_is_found,
          a_cast_shadow_is_no_part_of_its_object,
          what_comes_in_with_the_light_is_seen_and_the_room_is_not,
          a_static_object_is_background_after_its_time_and_its_place_stays_known,
          what_comes_and_goes_is_motion_each_time_until_its_time_has_come,
          static_time_is_time_and_not_frames, the_ghost_of_an_object_of_the_first_frame_goes_soon,
          what_is_ignored_does_not_move_and_is_known_when_it_is_looked_at_again,
          what_is_ignored_says_nothing_about_the_light, an_area_has_the_sensitivity_of_its_own,
          a_zone_has_its_part_of_what_moves, a_map_of_another_size_is_refused,
          packed_luma_gives_what_planar_luma_gives,
          the_half_size_plane_of_a_frame_gives_what_its_luma_gives_bit_for_bit,
          the_half_size_plane_is_read_instead_of_luma_and_only_if_it_is_whole,
          any_size_works_and_boxes_stay_inside, a_frame_that_was_only_looked_at_changes_nothing,
          time_that_stands_still_or_runs_back_does_no_harm,
          settings_and_frames_that_make_no_sense_are_refused, state_is_two_bytes_a_pixel_at_most,
          the_mask_in_full_size_is_the_mask)
