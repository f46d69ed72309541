/* What capture does to every picture, whatever its source: turned, and the half-size plane
 * added. */
#include "tests/ipc/source_rig.h"

#include <unistd.h>

#include "capture/frame_finish.h"
#include "capture/scene.h"
#include "common/media/half_luma.h"

enum { W = 66, H = 50 };

static const struct fr_turn turns[] = {{0, false},  {0, true},    {90, false}, {90, true},
                                       {180, true}, {270, false}, {180, false}};
enum { N_TURNS = sizeof turns / sizeof *turns };

/* The half-size plane is that of the luma in the same slot. */
static void check_half_luma(const struct fr_frame *frame)
{
    const struct fr_plane *plane = fr_frame_plane(frame, FR_PLANE_HALF_Y);
    struct fr_luma luma;
    ck_assert_ptr_nonnull(plane);
    ck_assert_int_eq(fr_frame_luma(frame, &luma), 0);
    uint32_t width = fr_half_px(luma.width_px), height = fr_half_px(luma.height_px);
    uint8_t *want = malloc((size_t)width * height);
    fr_half_luma_at(FR_SIMD_PLAIN, &luma, want, width);
    ck_assert_uint_eq(plane->rows, height);
    for (uint32_t y = 0; y < height; y++)
        ck_assert_mem_eq(plane->data + (size_t)y * plane->stride_bytes, want + (size_t)y * width,
                         width);
    free(want);
}

START_TEST(synthetic_pictures_are_turned_and_reduced_in_every_format)
{
    static const uint32_t formats[] = {FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21,
                                       FR_FOURCC_YU12, FR_FOURCC_YV12, FR_FOURCC_422P,
                                       FR_FOURCC_YUYV, FR_FOURCC_UYVY};
    ipc_begin();
    for (size_t k = 0; k < sizeof formats / sizeof *formats; k++)
        for (size_t t = 0; t < N_TURNS; t++) {
            struct rig rig =
                rig_open(&fr_source_synthetic,
                         &(struct fr_source_request){.spec = "seed=9,still=0.1,move=0.2",
                                                     .width_px = W,
                                                     .height_px = H,
                                                     .fourcc = formats[k],
                                                     .is_fast = true,
                                                     .half_luma = true,
                                                     .rotate_deg = turns[t].rotate_deg,
                                                     .mirror = turns[t].mirror});
            const struct fr_format format = {.fourcc = formats[k],
                                             .width_px = W,
                                             .height_px = H,
                                             .field = 1,
                                             .rate_num = 25,
                                             .rate_den = 1};
            const struct fr_geometry *slot = &rig.offer.geometry;
            struct fr_geometry drawn, turned;
            struct fr_format turned_format;
            struct fr_scene_params params;
            struct fr_scene *scene = NULL;
            ck_assert_int_eq(fr_geometry_init(&format, &drawn), 0);
            ck_assert_int_eq(fr_turn_format(turns[t], &format, &turned_format), 0);
            ck_assert_int_eq(fr_geometry_init(&turned_format, &turned), 0);
            ck_assert_uint_eq(slot->format.width_px, turned_format.width_px);
            ck_assert_uint_eq(slot->format.fourcc, turned_format.fourcc);
            ck_assert_int_eq(fr_scene_params_parse("seed=9,still=0.1,move=0.2", &params, NULL, 0),
                             0);
            ck_assert_int_eq(fr_scene_new(&params, &drawn, &scene), 0);
            uint8_t *picture = calloc(drawn.slot_bytes, 1), *want = calloc(turned.slot_bytes, 1);
            for (unsigned i = 0; i < 5; i++) {
                struct fr_frame frame;
                ck_assert_int_eq(rig_next(&rig, &frame), 0);
                fr_scene_draw(scene, frame.source_sequence, picture);
                fr_turn_picture(turns[t], &drawn, picture, &turned, want);
                check_half_luma(&frame);
                struct fr_frame seen = frame;
                seen.n_planes--; /* the half-size plane stands behind the picture's */
                check_planes(&seen, &turned, want);
                ck_assert_int_eq(fr_reader_release(rig.reader, &frame), 0);
            }
            free(want);
            free(picture);
            fr_scene_free(scene);
            rig_close(&rig);
        }
}
END_TEST

/* A Y4M of one frame of which every byte is another; `field` as Y4M writes it. */
static void write_film(const char *path, char field, uint8_t *ret_picture, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "YUV4MPEG2 W%d H%d F25:1 I%c C420jpeg\nFRAME\n", W, H, field);
    for (size_t i = 0; i < bytes; i++)
        ret_picture[i] = (uint8_t)(i * 31 + i / 256);
    ck_assert_uint_eq(fwrite(ret_picture, 1, bytes, file), bytes);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(recorded_pictures_are_turned_and_reduced)
{
    static uint8_t film[W * H * 3 / 2];
    char folder[UNIT_FOLDER_MAX], path[UNIT_FOLDER_MAX + 8];
    struct fr_geometry recorded, turned;
    struct fr_format turned_format,
        format = {.fourcc = FR_FOURCC_YU12, .width_px = W, .height_px = H, .field = 1};
    snprintf(path, sizeof path, "%s/film", unit_folder(folder));
    write_film(path, 'p', film, sizeof film);
    ck_assert_int_eq(fr_geometry_init_stride(&format, W, &recorded), 0);
    ipc_begin();
    for (size_t t = 0; t < N_TURNS; t++) {
        struct rig rig = rig_open(&fr_source_replay,
                                  &(struct fr_source_request){.spec = path,
                                                              .is_fast = true,
                                                              .half_luma = true,
                                                              .rotate_deg = turns[t].rotate_deg,
                                                              .mirror = turns[t].mirror});
        struct fr_frame frame;
        ck_assert_int_eq(fr_turn_format(turns[t], &format, &turned_format), 0);
        ck_assert_int_eq(fr_geometry_init(&turned_format, &turned), 0);
        uint8_t *want = calloc(turned.slot_bytes, 1);
        fr_turn_picture(turns[t], &recorded, film, &turned, want);
        ck_assert_int_eq(rig_next(&rig, &frame), 0);
        check_half_luma(&frame);
        struct fr_frame seen = frame;
        seen.n_planes--;
        check_planes(&seen, &turned, want);
        fr_reader_release(rig.reader, &frame);
        free(want);
        rig_close(&rig);
    }

    /* Interlaced: its rows come from two moments, and are not to become columns. */
    struct fr_source *source = NULL;
    struct fr_source_offer offer;
    char reason[FR_SOURCE_REASON_MAX] = "";
    write_film(path, 't', film, sizeof film);
    ck_assert_int_eq(
        fr_source_replay.open(&(struct fr_source_request){.spec = path, .rotate_deg = 90}, &source,
                              &offer, reason),
        -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "interlaced"));
    ck_assert_int_eq(
        fr_source_replay.open(&(struct fr_source_request){.spec = path, .mirror = true}, &source,
                              &offer, reason),
        0);
    fr_source_replay.free(source);
}
END_TEST

START_TEST(without_a_wish_a_slot_holds_the_picture_alone)
{
    struct fr_source *source = NULL;
    struct fr_source_offer offer;
    char reason[FR_SOURCE_REASON_MAX] = "";
    ck_assert_int_eq(
        fr_source_synthetic.open(&(struct fr_source_request){.spec = ""}, &source, &offer, reason),
        0);
    ck_assert_uint_eq(offer.geometry.n_planes, 3);
    fr_source_synthetic.free(source);
    ck_assert_int_eq(
        fr_source_synthetic.open(&(struct fr_source_request){.spec = "", .rotate_deg = 45}, &source,
                                 &offer, reason),
        -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "expected 0, 90, 180 or 270"));
}
END_TEST

START_TEST(a_slot_that_would_be_too_large_is_refused)
{
    const struct fr_source_request request = {.half_luma = true};
    const struct fr_format format = {
        .fourcc = FR_FOURCC_YUYV, .width_px = FR_SIDE_MAX, .height_px = FR_SIDE_MAX};
    struct fr_geometry picture;
    struct fr_frame_finish *finish;
    char reason[FR_SOURCE_REASON_MAX] = "";
    ck_assert_int_eq(fr_geometry_init(&format, &picture), 0);
    ck_assert_int_eq(
        fr_frame_finish_new(&request, (struct fr_turn){0}, &picture, UINT32_MAX, &finish, reason),
        -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "16384x16384"));
    ck_assert_int_eq(
        fr_frame_finish_new(&request, (struct fr_turn){0}, &picture, 0, &finish, reason), 0);
    fr_frame_finish_free(finish);
    fr_frame_finish_free(NULL);
}
END_TEST

UNIT_MAIN("frame_finish", synthetic_pictures_are_turned_and_reduced_in_every_format,
          recorded_pictures_are_turned_and_reduced, without_a_wish_a_slot_holds_the_picture_alone,
          a_slot_that_would_be_too_large_is_refused)
