/* Detector and events together on the synthetic camera's scene, whose truth is known. */
#include "analyzer/events.h"
#include "capture/scene.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static const int64_t MS = 1000000;

/* There is one thread here, so the thread sanitizer has little to look for, and it is slower by a
 * hundred times: it gets a part of it. */
#if defined(__SANITIZE_THREAD__)
enum { SHARE = 4 };
#else
enum { SHARE = 1 };
#endif

struct truth {
    int64_t began_ns;     /* of the moving part under way: the first frame with enough to see */
    bool is_moving;       /* something to see in this frame */
    bool is_still;        /* the scene's still part */
    int64_t light_ns;     /* the last change */
    int n_parts, n_found; /* moving parts, and those for which an event began */
    int n_lights, n_lights_told;
    bool is_found;
    int64_t slowest_ns;
    const char *wrong; /* the first event that was none */
    int64_t wrong_ns;
};

static void listen(const struct fr_event *event, void *userdata)
{
    struct truth *truth = userdata;
    if (event->kind == FR_EVENT_LIGHT_CHANGE) {
        truth->n_lights_told++;
        if (event->decided_mono_ns - truth->light_ns > 500 * MS)
            truth->wrong = "light_change";
    } else if (event->kind == FR_EVENT_MOTION_START) {
        if (truth->is_still || truth->is_found) {
            truth->wrong = "motion_start";
            truth->wrong_ns = event->decided_mono_ns;
            return;
        }
        int64_t after_ns = event->decided_mono_ns - truth->began_ns;
        truth->is_found = true;
        truth->n_found++;
        truth->slowest_ns = after_ns > truth->slowest_ns ? after_ns : truth->slowest_ns;
    }
}

static struct fr_geometry make_geometry(uint32_t width, uint32_t height, uint32_t fps)
{
    struct fr_geometry geometry;
    struct fr_format format = {.fourcc = FR_FOURCC_GREY,
                               .width_px = width,
                               .height_px = height,
                               .rate_num = fps,
                               .rate_den = 1};
    ck_assert_int_eq(fr_geometry_init(&format, &geometry), 0);
    return geometry;
}

/* Whether an object shows enough of itself to be one: twice the least share that counts. */
static bool has_object(const struct fr_scene *scene, uint64_t frame, uint32_t frame_px)
{
    struct fr_scene_box boxes[FR_SCENE_OBJECTS_MAX];
    uint32_t n = fr_scene_truth(scene, frame, boxes);
    for (uint32_t i = 0; i < n; i++)
        if (boxes[i].width_px * boxes[i].height_px > frame_px / 500)
            return true;
    return false;
}

static struct truth play(const char *parameters, uint32_t width, uint32_t height, uint32_t fps,
                         int seconds)
{
    struct fr_scene_params params;
    struct fr_scene *scene;
    struct fr_detector *detector;
    struct fr_events events;
    struct truth truth = {.is_still = true};
    struct fr_geometry geometry = make_geometry(width, height, fps);
    struct fr_detector_settings settings = fr_detector_settings_default();
    struct fr_event_settings event_settings = {.start_ns = 200 * MS, .end_ns = 1000 * MS};
    char reason[200];

    ck_assert_int_eq(fr_scene_params_parse(parameters, &params, reason, sizeof reason), 0);
    ck_assert_int_eq(fr_scene_new(&params, &geometry, &scene), 0);
    ck_assert_int_eq(fr_detector_new(&settings, width, height, &detector), 0);
    fr_events_init(&events, &event_settings, 0, listen, &truth);
    uint8_t *slot = malloc(geometry.slot_bytes);
    bool was_dim = false;
    for (uint64_t frame = 0; frame < (uint64_t)seconds * fps; frame++) {
        struct fr_frame_id id = {.number = frame,
                                 .captured_mono_ns = (int64_t)(frame * 1000 / fps) * MS,
                                 .width_px = width,
                                 .height_px = height};
        bool was_still = truth.is_still, is_dim = fr_scene_is_dim(scene, frame);
        truth.is_still = fr_scene_is_still(scene, frame);
        if (was_still && !truth.is_still)
            truth.is_found = truth.is_moving = false;
        if (!truth.is_still && !truth.is_moving && has_object(scene, frame, width * height)) {
            truth.is_moving = true;
            truth.n_parts++;
            truth.began_ns = id.captured_mono_ns;
        }
        if (is_dim != was_dim) {
            truth.n_lights++;
            truth.light_ns = id.captured_mono_ns;
            was_dim = is_dim;
        }

        struct fr_detection detection;
        fr_scene_draw(scene, frame, slot);
        struct fr_luma luma = {slot + geometry.planes[0].offset_bytes, width, height,
                               geometry.planes[0].stride_bytes, 1};
        ck_assert_int_eq(fr_detector_look(detector, &luma), 0);
        ck_assert_int_eq(fr_detector_decide(detector, id.captured_mono_ns, &detection), 0);
        fr_events_frame(&events, &id, &detection, NULL);
    }
    free(slot);
    fr_detector_free(detector);
    fr_scene_free(scene);
    return truth;
}

static void assert_as_it_was(const struct truth *truth, const char *parameters)
{
    ck_assert_msg(!truth->wrong, "%s: %s at %.2f s", parameters, truth->wrong,
                  (double)truth->wrong_ns * 1e-9);
    ck_assert_msg(truth->n_parts > 0 && truth->n_found == truth->n_parts, "%s: %d of %d found",
                  parameters, truth->n_found, truth->n_parts);
    ck_assert_msg(truth->n_lights_told == truth->n_lights, "%s: %d of %d lights", parameters,
                  truth->n_lights_told, truth->n_lights);
    ck_assert_msg(truth->slowest_ns <= 300 * MS, "%s: after %.3f s", parameters,
                  (double)truth->slowest_ns * 1e-9);
}

START_TEST(every_motion_is_an_event_within_a_third_of_a_second_and_nothing_else_is)
{
    for (int seed = 1; seed <= 4 / SHARE; seed++) {
        char parameters[80];
        snprintf(parameters, sizeof parameters, "seed=%d,light=20", seed);
        struct truth truth = play(parameters, 320, 240, 15, 65);
        assert_as_it_was(&truth, parameters);
        ck_assert_int_ge(truth.n_lights, 2);
    }
}
END_TEST

START_TEST(rate_and_size_change_nothing_in_it)
{
    struct truth truth = play("seed=3,light=20", 160, 120, 60, 45);
    assert_as_it_was(&truth, "160x120, 60 frames/s");
    truth = play("seed=3,light=20", 641, 479, 20, 45 / SHARE);
    assert_as_it_was(&truth, "641x479, 20 frames/s");
}
END_TEST

START_TEST(deep_changes_of_light_and_strong_noise_are_no_motion)
{
    struct truth truth =
        play("seed=5,objects=0,light=10,dim=60,noise=2", 320, 240, 15, 120 / SHARE);
    ck_assert_msg(!truth.wrong, "dim: %s at %.2f s", truth.wrong, (double)truth.wrong_ns * 1e-9);
    ck_assert_int_eq(truth.n_lights_told, truth.n_lights);
    truth = play("seed=6,objects=0,light=0,noise=8", 320, 240, 15, 120 / SHARE);
    ck_assert_msg(!truth.wrong, "noise: %s at %.2f s", truth.wrong, (double)truth.wrong_ns * 1e-9);
}
END_TEST

UNIT_MAIN("detector_scene", every_motion_is_an_event_within_a_third_of_a_second_and_nothing_else_is,
          rate_and_size_change_nothing_in_it, deep_changes_of_light_and_strong_noise_are_no_motion)
