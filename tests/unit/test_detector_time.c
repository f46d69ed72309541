/* What the detector takes for background, and when. */
#include "tests/unit/noisy_scene.h"

/* Something whose every pixel is another in each frame. */
static void draw_noise(struct scene *scene, uint32_t left, uint32_t top, uint32_t side)
{
    for (uint32_t y = top; y < top + side; y++)
        for (uint32_t x = left; x < left + side; x++)
            draw_square(scene, x, y, 1, 10 + (int)(next_random(scene) % 230));
}

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

/* Part of the picture becomes another one, with a pattern of its own, in so many percent. */
static void blend(struct scene *scene, uint32_t right, int percent)
{
    for (uint32_t y = 0; y < scene->height; y++)
        for (uint32_t x = 0; x < right; x++) {
            uint8_t *px = &scene->frame[y * scene->width + x];
            const int other = 110 + (int)((x * 5 + y * 7) % 48);
            *px = (uint8_t)((*px * (100 - percent) + other * percent) / 100);
        }
}

START_TEST(every_row_follows_what_changes_slowly_at_any_rate)
{
    for (int fps = 5; fps <= 105; fps += 20) {
        struct scene scene = scene_new(WIDTH, 96, NULL);
        for (int i = 0; i < 45 * fps; i++) { /* 5 s, and then 40 */
            scene.now_ns = (int64_t)i * 1000000000 / fps;
            draw_background(&scene);
            blend(&scene, WIDTH / 4, i < 5 * fps ? 0 : 100 * (i - 5 * fps) / (40 * fps));
            detect(&scene);
            ck_assert_uint_eq(scene.detection.n_objects, 0);
        }
        /* And it would be seen if it came at once. */
        detect_background(&scene, 1);
        ck_assert_uint_gt(scene.detection.n_objects, 0);
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

START_TEST(the_ghost_of_an_object_in_a_busy_place_goes_between_those_that_pass)
{
    struct fr_detector_settings settings = fr_detector_settings_default();
    settings.static_object_ns = 10000000000;
    struct scene scene = scene_new(WIDTH, HEIGHT, &settings);

    /* For most of every second others hide the place, no two alike. */
    for (int i = 0; i < 1500; i++) { /* 60 s */
        draw_background(&scene);
        if (!i)
            draw_square(&scene, 100, 80, 60, 220);
        else if (i % 25 < 15)
            draw_noise(&scene, 100, 80, 60);
        detect(&scene);
    }
    ck_assert_int_eq(frames_until_quiet(&scene, 0, 25), 0);
    scene_free(&scene);
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

UNIT_MAIN("detector_time", a_static_object_is_background_after_its_time_and_its_place_stays_known,
          what_comes_and_goes_is_motion_each_time_until_its_time_has_come,
          static_time_is_time_and_not_frames, every_row_follows_what_changes_slowly_at_any_rate,
          the_ghost_of_an_object_of_the_first_frame_goes_soon,
          the_ghost_of_an_object_in_a_busy_place_goes_between_those_that_pass,
          time_that_stands_still_or_runs_back_does_no_harm)
