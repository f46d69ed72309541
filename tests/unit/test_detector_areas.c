/* The detector with areas: ignored ones, those with a sensitivity of their own, zones. */
#include "tests/unit/noisy_scene.h"

#include <errno.h>

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

UNIT_MAIN("detector_areas", what_is_ignored_does_not_move_and_is_known_when_it_is_looked_at_again,
          what_is_ignored_says_nothing_about_the_light, an_area_has_the_sensitivity_of_its_own,
          a_zone_has_its_part_of_what_moves, a_map_of_another_size_is_refused)
