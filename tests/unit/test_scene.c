/* The synthetic scene: the truth it tells is the truth it draws. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "capture/frame_time.h"
#include "capture/scene.h"

enum { WIDTH = 160, HEIGHT = 120, RATE = 25 };

/* Check tells its parent about every assertion; once a pixel that would be all that it does. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("not so: %s", #condition);                                                \
    } while (0)

static const uint32_t formats[] = {FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21, FR_FOURCC_YU12,
                                   FR_FOURCC_YV12, FR_FOURCC_422P, FR_FOURCC_YUYV, FR_FOURCC_UYVY};
enum { N_FORMATS = sizeof formats / sizeof *formats };

struct fixture {
    struct fr_geometry geometry;
    struct fr_scene *scene;
    uint8_t *slot;
};

static struct fixture make(const char *text, uint32_t fourcc, uint32_t width, uint32_t height)
{
    struct fixture f = {0};
    char reason[256] = "";
    struct fr_scene_params params;
    ck_assert_msg(fr_scene_params_parse(text, &params, reason, sizeof reason) == 0, "%s", reason);
    const struct fr_format format = {.fourcc = fourcc,
                                     .width_px = width,
                                     .height_px = height,
                                     .field = 1,
                                     .rate_num = RATE,
                                     .rate_den = 1};
    ck_assert_int_eq(fr_geometry_init(&format, &f.geometry), 0);
    ck_assert_int_eq(fr_scene_new(&params, &f.geometry, &f.scene), 0);
    f.slot = malloc(f.geometry.slot_bytes);
    ck_assert_ptr_nonnull(f.slot);
    memset(f.slot, 0xa5, f.geometry.slot_bytes);
    return f;
}

static void done(struct fixture *f)
{
    fr_scene_free(f->scene);
    free(f->slot);
}

/* Luma of pixel (x, y), whatever the format. */
static int luma(const struct fixture *f, const uint8_t *slot, uint32_t x, uint32_t y)
{
    const struct fr_plane_layout *plane = &f->geometry.planes[0];
    const uint8_t *row = slot + plane->offset_bytes + (size_t)y * plane->stride_bytes;
    switch (f->geometry.format.fourcc) {
    case FR_FOURCC_YUYV:
        return row[2 * x];
    case FR_FOURCC_UYVY:
        return row[2 * x + 1];
    default:
        return row[x];
    }
}

/* Cb (want = 1) or Cr (want = 2) over pixel (x, y). */
static int chroma(const struct fixture *f, const uint8_t *slot, uint32_t x, uint32_t y, int want)
{
    for (uint32_t i = 0; i < f->geometry.n_planes; i++) {
        const struct fr_plane_layout *plane = &f->geometry.planes[i];
        uint32_t row_idx = plane->rows < f->geometry.format.height_px ? y / 2 : y;
        const uint8_t *row = slot + plane->offset_bytes + (size_t)row_idx * plane->stride_bytes;
        if (plane->kind == FR_PLANE_U && want == 1)
            return row[x / 2];
        if (plane->kind == FR_PLANE_V && want == 2)
            return row[x / 2];
        if (plane->kind == FR_PLANE_UV)
            return row[(x & ~1u) + (want == 2)];
        if (plane->kind == FR_PLANE_VU)
            return row[(x & ~1u) + (want == 1)];
        if (plane->kind == FR_PLANE_PACKED)
            return row[2 * (x & ~1u) + (f->geometry.format.fourcc == FR_FOURCC_YUYV ? 1 : 0) +
                       (want == 2 ? 2 : 0)];
    }
    ck_abort_msg("no chroma");
}

static bool is_in(const struct fr_scene_box *box, uint32_t x, uint32_t y)
{
    return x >= box->x_px && x < box->x_px + box->width_px && y >= box->y_px &&
           y < box->y_px + box->height_px;
}

/* Without noise, what differs from the empty scene is exactly what the boxes say: nothing outside
 * of them, and something in the outermost row and column of each. */
static void check_truth(struct fixture *f, uint64_t frame, const uint8_t *empty)
{
    struct fr_scene_box boxes[FR_SCENE_OBJECTS_MAX];
    uint32_t n = fr_scene_truth(f->scene, frame, boxes);
    uint32_t x_min[FR_SCENE_OBJECTS_MAX], x_max[FR_SCENE_OBJECTS_MAX];
    uint32_t y_min[FR_SCENE_OBJECTS_MAX], y_max[FR_SCENE_OBJECTS_MAX];
    memset(x_min, 0xff, sizeof x_min);
    memset(y_min, 0xff, sizeof y_min);
    memset(x_max, 0, sizeof x_max);
    memset(y_max, 0, sizeof y_max);
    fr_scene_draw(f->scene, frame, f->slot);
    for (uint32_t y = 0; y < f->geometry.format.height_px; y++)
        for (uint32_t x = 0; x < f->geometry.format.width_px; x++) {
            if (luma(f, f->slot, x, y) == luma(f, empty, x, y))
                continue;
            uint32_t i = 0;
            while (i < n && !is_in(&boxes[i], x, y))
                i++;
            if (i == n)
                ck_abort_msg("frame %llu: (%u, %u) moved outside of every box",
                             (unsigned long long)frame, x, y);
            x_min[i] = x < x_min[i] ? x : x_min[i];
            y_min[i] = y < y_min[i] ? y : y_min[i];
            x_max[i] = x > x_max[i] ? x : x_max[i];
            y_max[i] = y > y_max[i] ? y : y_max[i];
        }
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_uint_eq(x_min[i], boxes[i].x_px);
        ck_assert_uint_eq(y_min[i], boxes[i].y_px);
        ck_assert_uint_eq(x_max[i] + 1, boxes[i].x_px + boxes[i].width_px);
        ck_assert_uint_eq(y_max[i] + 1, boxes[i].y_px + boxes[i].height_px);
    }
}

START_TEST(the_boxes_are_exactly_what_differs_from_the_empty_scene_in_every_format)
{
    for (unsigned k = 0; k < N_FORMATS; k++) {
        struct fixture f = make("seed=7,noise=0,still=1,move=2,light=0", formats[k], WIDTH, HEIGHT);
        uint8_t *empty = malloc(f.geometry.slot_bytes);
        fr_scene_draw(f.scene, 0, empty);
        unsigned seen = 0;
        for (uint64_t frame = 0; frame < 3 * 3 * RATE; frame++) {
            struct fr_scene_box boxes[FR_SCENE_OBJECTS_MAX];
            seen += fr_scene_truth(f.scene, frame, boxes);
            check_truth(&f, frame, empty);
        }
        ck_assert_uint_gt(seen, 200);
        free(empty);
        done(&f);
    }
}
END_TEST

START_TEST(boxes_hold_at_odd_and_tiny_sizes_and_with_many_objects)
{
    static const struct {
        uint32_t fourcc, width, height;
        const char *text;
    } cases[] = {
        {FR_FOURCC_GREY, 161, 97, "noise=0,still=1,move=1,light=0,objects=16"},
        {FR_FOURCC_GREY, 16, 16, "noise=0,still=1,move=1,light=0,objects=4"},
        {FR_FOURCC_YU12, 162, 99, "noise=0,still=1,move=1,light=0,objects=5"},
        {FR_FOURCC_GREY, 1000, 16, "noise=0,still=1,move=1,light=0,objects=1"},
        {FR_FOURCC_GREY, 16, 600, "noise=0,still=1,move=1,light=0,objects=1"},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct fixture f = make(cases[k].text, cases[k].fourcc, cases[k].width, cases[k].height);
        uint8_t *empty = malloc(f.geometry.slot_bytes);
        fr_scene_draw(f.scene, 0, empty);
        for (uint64_t frame = 0; frame < 4 * RATE; frame++)
            check_truth(&f, frame, empty);
        free(empty);
        done(&f);
    }
}
END_TEST

START_TEST(every_format_shows_the_same_scene)
{
    struct fixture grey = make("seed=3,noise=0,still=1,move=1", FR_FOURCC_GREY, WIDTH, HEIGHT);
    struct fixture planar = make("seed=3,noise=0,still=1,move=1", FR_FOURCC_422P, WIDTH, HEIGHT);
    for (unsigned k = 0; k < N_FORMATS; k++) {
        struct fixture f = make("seed=3,noise=0,still=1,move=1", formats[k], WIDTH, HEIGHT);
        for (uint64_t frame = 0; frame < 2 * RATE; frame += 7) {
            fr_scene_draw(grey.scene, frame, grey.slot);
            fr_scene_draw(planar.scene, frame, planar.slot);
            fr_scene_draw(f.scene, frame, f.slot);
            for (uint32_t y = 0; y < HEIGHT; y += 2)
                for (uint32_t x = 0; x < WIDTH; x++) {
                    REQUIRE(luma(&f, f.slot, x, y) == luma(&grey, grey.slot, x, y));
                    for (int c = 1; c <= 2 && formats[k] != FR_FOURCC_GREY; c++)
                        REQUIRE(chroma(&f, f.slot, x, y, c) ==
                                chroma(&planar, planar.slot, x, y, c));
                }
        }
        done(&f);
    }
    done(&grey);
    done(&planar);
}
END_TEST

START_TEST(a_frame_is_a_function_of_seed_and_number)
{
    struct fixture a = make("seed=5", FR_FOURCC_YUYV, WIDTH, HEIGHT);
    struct fixture b = make("seed=5", FR_FOURCC_YUYV, WIDTH, HEIGHT);
    struct fixture other = make("seed=6", FR_FOURCC_YUYV, WIDTH, HEIGHT);
    /* Drawn in another order, and over other frames. */
    fr_scene_draw(a.scene, 180, a.slot);
    fr_scene_draw(b.scene, 9, b.slot);
    ck_assert_mem_ne(a.slot, b.slot, a.geometry.slot_bytes);
    fr_scene_draw(b.scene, 180, b.slot);
    ck_assert_mem_eq(a.slot, b.slot, a.geometry.slot_bytes);
    fr_scene_draw(other.scene, 180, other.slot);
    ck_assert_mem_ne(a.slot, other.slot, a.geometry.slot_bytes);
    done(&a);
    done(&b);
    done(&other);
}
END_TEST

START_TEST(without_noise_the_still_part_does_not_change_by_a_bit)
{
    struct fixture f = make("noise=0,still=2,move=1,light=0", FR_FOURCC_NV12, WIDTH, HEIGHT);
    uint8_t *first = malloc(f.geometry.slot_bytes);
    memcpy(first, f.slot, f.geometry.slot_bytes); /* the padding */
    fr_scene_draw(f.scene, 0, first);
    struct fr_scene_box boxes[FR_SCENE_OBJECTS_MAX];
    for (uint64_t frame = 1; frame < 2 * RATE; frame++) {
        ck_assert(fr_scene_is_still(f.scene, frame));
        ck_assert_uint_eq(fr_scene_truth(f.scene, frame, boxes), 0);
        fr_scene_draw(f.scene, frame, f.slot);
        ck_assert_mem_eq(first, f.slot, f.geometry.slot_bytes);
    }
    ck_assert(!fr_scene_is_still(f.scene, 2 * RATE));
    free(first);
    done(&f);
}
END_TEST

START_TEST(noise_has_the_deviation_asked_for_and_no_bias)
{
    enum { FRAMES = 40 };
    for (unsigned levels = 1; levels <= FR_SCENE_NOISE_MAX; levels++) {
        char text[64];
        snprintf(text, sizeof text, "noise=%u,still=10,move=0,light=0", levels);
        struct fixture f = make(text, FR_FOURCC_UYVY, WIDTH, HEIGHT);
        struct fixture quiet =
            make("noise=0,still=10,move=0,light=0", FR_FOURCC_UYVY, WIDTH, HEIGHT);
        fr_scene_draw(quiet.scene, 0, quiet.slot);
        double sum = 0, squares = 0;
        int largest = 0;
        for (uint64_t frame = 0; frame < FRAMES; frame++) {
            fr_scene_draw(f.scene, frame, f.slot);
            for (uint32_t y = 0; y < HEIGHT; y++)
                for (uint32_t x = 0; x < WIDTH; x++) {
                    int d = luma(&f, f.slot, x, y) - luma(&quiet, quiet.slot, x, y);
                    sum += d;
                    squares += d * d;
                    largest = abs(d) > largest ? abs(d) : largest;
                    REQUIRE(chroma(&f, f.slot, x, y, 1) == chroma(&quiet, quiet.slot, x, y, 1));
                }
        }
        double n = (double)FRAMES * WIDTH * HEIGHT;
        double deviation = sqrt(squares / n - sum / n * sum / n);
        ck_assert_double_lt(fabs(sum / n), 0.1);
        ck_assert_double_lt(fabs(deviation - levels), 0.1 * levels + 0.1);
        ck_assert_int_le(largest, 3 * (int)levels);
        done(&f);
        done(&quiet);
    }
}
END_TEST

START_TEST(neighbouring_frames_have_other_noise_at_every_row)
{
    struct fixture f = make("still=10,move=0,light=0", FR_FOURCC_GREY, WIDTH, HEIGHT);
    uint8_t *before = malloc(f.geometry.slot_bytes);
    fr_scene_draw(f.scene, 10, before);
    fr_scene_draw(f.scene, 11, f.slot);
    for (uint32_t y = 0; y < HEIGHT; y++)
        ck_assert_mem_ne(before + y * f.geometry.planes[0].stride_bytes,
                         f.slot + y * f.geometry.planes[0].stride_bytes, WIDTH);
    free(before);
    done(&f);
}
END_TEST

START_TEST(light_goes_down_and_up_in_still_parts)
{
    struct fixture f = make("noise=0,still=2,move=2,light=4,dim=40", FR_FOURCC_GREY, WIDTH, HEIGHT);
    unsigned changes = 0;
    for (uint64_t frame = 1; frame < 20 * RATE; frame++) {
        if (fr_scene_is_dim(f.scene, frame) == fr_scene_is_dim(f.scene, frame - 1))
            continue;
        changes++;
        ck_assert(fr_scene_is_still(f.scene, frame) && fr_scene_is_still(f.scene, frame - 1));
    }
    ck_assert_uint_eq(changes, 4); /* at 5, 9, 13 and 17 s */

    uint8_t *bright = malloc(f.geometry.slot_bytes);
    fr_scene_draw(f.scene, 0, bright);
    fr_scene_draw(f.scene, 5 * RATE, f.slot);
    ck_assert(fr_scene_is_dim(f.scene, 5 * RATE));
    for (uint32_t i = 0; i < HEIGHT; i++)
        ck_assert_int_eq(luma(&f, f.slot, i, i), luma(&f, bright, i, i) * 60 / 100);
    free(bright);
    done(&f);
}
END_TEST

START_TEST(no_light_no_motion_when_asked_for_none)
{
    struct fixture f = make("still=0.04,move=0,light=0", FR_FOURCC_GREY, WIDTH, HEIGHT);
    struct fixture busy = make("still=0,move=3,light=0", FR_FOURCC_GREY, WIDTH, HEIGHT);
    struct fr_scene_box boxes[FR_SCENE_OBJECTS_MAX];
    for (uint64_t frame = 0; frame < 100 * RATE; frame++) {
        ck_assert(fr_scene_is_still(f.scene, frame) && !fr_scene_is_dim(f.scene, frame));
        ck_assert_uint_eq(fr_scene_truth(f.scene, frame, boxes), 0);
        ck_assert(!fr_scene_is_still(busy.scene, frame));
    }
    done(&f);
    done(&busy);
}
END_TEST

START_TEST(the_schedule_is_in_seconds_whatever_the_rate)
{
    struct fixture f = make("still=2,move=3", FR_FOURCC_GREY, WIDTH, HEIGHT);
    struct fr_geometry slow = f.geometry;
    slow.format.rate_num = 15000;
    slow.format.rate_den = 1001;
    struct fr_scene_params params;
    struct fr_scene *scene = NULL;
    ck_assert_int_eq(fr_scene_params_parse("still=2,move=3", &params, NULL, 0), 0);
    ck_assert_int_eq(fr_scene_new(&params, &slow, &scene), 0);
    for (uint64_t frame = 0; frame < 200; frame++) {
        int64_t ns = fr_frame_time_ns(frame, 15000, 1001);
        ck_assert_int_eq(fr_scene_is_still(scene, frame), ns % (5 * FR_NS_PER_S) < 2 * FR_NS_PER_S);
    }
    fr_scene_free(scene);
    done(&f);
}
END_TEST

START_TEST(nothing_is_written_outside_the_planes_of_a_driver_stride)
{
    for (unsigned k = 0; k < N_FORMATS; k++) {
        struct fixture f = make("", formats[k], WIDTH, HEIGHT);
        struct fr_geometry wide;
        struct fr_scene_params params;
        struct fr_scene *scene = NULL;
        ck_assert_int_eq(fr_scene_params_parse("", &params, NULL, 0), 0);
        ck_assert_int_eq(fr_geometry_init_stride(&f.geometry.format, 2 * WIDTH + 6, &wide), 0);
        ck_assert_int_eq(fr_scene_new(&params, &wide, &scene), 0);
        enum { GUARD = 64 };
        uint8_t *memory = malloc(wide.slot_bytes + 2 * GUARD);
        memset(memory, 0x5a, wide.slot_bytes + 2 * GUARD);
        fr_scene_draw(scene, 170, memory + GUARD);
        for (unsigned i = 0; i < GUARD; i++) {
            ck_assert_uint_eq(memory[i], 0x5a);
            ck_assert_uint_eq(memory[GUARD + wide.slot_bytes + i], 0x5a);
        }
        struct fixture same = f;
        same.geometry = wide;
        fr_scene_draw(f.scene, 170, f.slot);
        for (uint32_t y = 0; y < HEIGHT; y++)
            for (uint32_t x = 0; x < WIDTH; x++)
                REQUIRE(luma(&same, memory + GUARD, x, y) == luma(&f, f.slot, x, y));
        free(memory);
        fr_scene_free(scene);
        done(&f);
    }
}
END_TEST

START_TEST(wrong_parameters_are_named_with_what_was_expected)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"seeds=1", "'seeds' is not a parameter"},
        {"seed", "seed=: expected a whole number"},
        {"seed=-1", "seed=-1: expected"},
        {"seed=18446744073709551616", "expected a whole number from 0 to"},
        {"objects=17", "objects=17: expected a whole number from 0 to 16"},
        {"noise=1.5", "noise=1.5: expected grey levels"},
        {"dim=61", "dim=61: expected percent"},
        {"still=1.2345", "still=1.2345: expected seconds"},
        {"still=1.", "expected seconds"},
        {"still=.5", "expected seconds"},
        {"move=1..5", "expected seconds"},
        {"light=86401", "expected seconds from 0 to 86400"},
        {"light=99999999999999999999", "expected seconds"},
        {"seed=1,", "ends in a comma"},
        {"seed=1,,noise=1", "'' is not a parameter"},
        {" seed=1", "is not a parameter"},
        {"still=0,move=0", "expected one of them above 0"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct fr_scene_params params = {.seed = 77};
        char reason[256] = "";
        ck_assert_int_eq(fr_scene_params_parse(wrong[i].text, &params, reason, sizeof reason),
                         -EINVAL);
        ck_assert_msg(strstr(reason, wrong[i].says), "%s: %s", wrong[i].text, reason);
        ck_assert_uint_eq(params.seed, 77);
    }
}
END_TEST

START_TEST(parameters_are_read_in_any_order)
{
    struct fr_scene_params params;
    char reason[256] = "";
    const char *text = "dim=10,light=0.5,move=0,still=2.25,noise=0,objects=16,"
                       "seed=18446744073709551615";
    ck_assert_int_eq(fr_scene_params_parse(text, &params, reason, sizeof reason), 0);
    ck_assert(params.seed == UINT64_MAX);
    ck_assert_uint_eq(params.objects, 16);
    ck_assert_uint_eq(params.noise_levels, 0);
    ck_assert_uint_eq(params.light_percent, 10);
    ck_assert_int_eq(params.still_ns, 2250 * FR_NS_PER_MS);
    ck_assert_int_eq(params.move_ns, 0);
    ck_assert_int_eq(params.light_ns, 500 * FR_NS_PER_MS);
}
END_TEST

START_TEST(what_cannot_be_drawn_is_refused)
{
    struct fixture f = make("", FR_FOURCC_GREY, WIDTH, HEIGHT);
    struct fr_scene_params good;
    struct fr_scene *scene = NULL;
    ck_assert_int_eq(fr_scene_params_parse("", &good, NULL, 0), 0);
    struct fr_geometry g = f.geometry;
    g.format.rate_num = 0;
    ck_assert_int_eq(fr_scene_new(&good, &g, &scene), -EINVAL);
    g = f.geometry;
    ck_assert_int_eq(fr_geometry_add_plane(&g, FR_PLANE_JPEG, 4096), 0);
    ck_assert_int_eq(fr_scene_new(&good, &g, &scene), -ENOTSUP);
    struct fr_scene_params bad = good;
    bad.objects = HEIGHT / FR_SCENE_LANE_MIN + 1;
    ck_assert_int_eq(fr_scene_new(&bad, &f.geometry, &scene), -EINVAL);
    bad = good;
    bad.still_ns = bad.move_ns = 0;
    ck_assert_int_eq(fr_scene_new(&bad, &f.geometry, &scene), -EINVAL);
    ck_assert_ptr_null(scene);
    fr_scene_free(NULL);
    done(&f);
}
END_TEST

UNIT_MAIN("scene", the_boxes_are_exactly_what_differs_from_the_empty_scene_in_every_format,
          boxes_hold_at_odd_and_tiny_sizes_and_with_many_objects, every_format_shows_the_same_scene,
          a_frame_is_a_function_of_seed_and_number,
          without_noise_the_still_part_does_not_change_by_a_bit,
          noise_has_the_deviation_asked_for_and_no_bias,
          neighbouring_frames_have_other_noise_at_every_row, light_goes_down_and_up_in_still_parts,
          no_light_no_motion_when_asked_for_none, the_schedule_is_in_seconds_whatever_the_rate,
          nothing_is_written_outside_the_planes_of_a_driver_stride,
          wrong_parameters_are_named_with_what_was_expected, parameters_are_read_in_any_order,
          what_cannot_be_drawn_is_refused)
