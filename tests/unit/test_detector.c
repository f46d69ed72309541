/* What the detector finds in a scene, and where. */
#include "tests/unit/noisy_scene.h"

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
          a_camera_that_shakes_is_no_motion_and_what_moves_is_found,
          any_size_works_and_boxes_stay_inside, the_mask_in_full_size_is_the_mask)
