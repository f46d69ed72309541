/* The detector while the light changes: that is told, and no motion; nor is a shadow. */
#include "tests/unit/noisy_scene.h"

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

UNIT_MAIN("detector_light", a_step_of_light_is_told_once_and_is_no_motion,
          slow_drift_of_light_is_neither_motion_nor_told,
          another_lamp_is_a_change_of_light_and_no_motion,
          an_object_through_a_step_of_light_is_still_found, a_cast_shadow_is_no_part_of_its_object,
          what_comes_in_with_the_light_is_seen_and_the_room_is_not)
