/* What the detector is given: the ways in which luma comes, what it refuses, what it may hold. */
#include "common/media/half_luma.h"
#include "tests/unit/noisy_scene.h"

#include <errno.h>

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

UNIT_MAIN("detector_input", packed_luma_gives_what_planar_luma_gives,
          the_half_size_plane_of_a_frame_gives_what_its_luma_gives_bit_for_bit,
          the_half_size_plane_is_read_instead_of_luma_and_only_if_it_is_whole,
          a_frame_that_was_only_looked_at_changes_nothing,
          settings_and_frames_that_make_no_sense_are_refused, state_is_two_bytes_a_pixel_at_most)
