/* Formats that framering does not know, drivers with few buffers, and fields: on a made-up
 * driver. */
#include "tests/ipc/camera_rig.h"

#include "capture/v4l2_format.h"

/* ---------------------------------------------------------------- libv4l2 */

static void rgb_camera(void)
{
    camera_reset(V4L2_PIX_FMT_RGB24, W, H, W * 3 + 8, (W * 3 + 8) * H);
}

/* BT.601 luma of a pixel of the picture that the driver took as `sequence`. */
static int luma_of(uint32_t sequence, uint32_t x, uint32_t y)
{
    size_t at = (size_t)y * camera.stride_bytes + x * 3u;
    int r = camera_byte(sequence, at), g = camera_byte(sequence, at + 1),
        b = camera_byte(sequence, at + 2);
    return 16 + (66 * r + 129 * g + 25 * b + 128) / 256;
}

static void expect_converted(struct rig *rig, uint32_t sequence, uint32_t flags)
{
    struct fr_frame frame;
    int rc = fr_reader_next(rig->reader, 0, &frame);
    ck_assert_msg(rc == 0, "%d: %s", rc, fr_reader_reason(rig->reader));
    ck_assert_uint_eq(frame.source_sequence, sequence);
    ck_assert_uint_eq(frame.flags, flags);
    const struct fr_plane *plane = fr_frame_plane(&frame, FR_PLANE_Y);
    for (uint32_t y = 0; y < H; y++)
        for (uint32_t x = 0; x < W; x++)
            ck_assert_int_le(
                abs(plane->data[y * plane->stride_bytes + x] - luma_of(sequence, x, y)), 2);
    ck_assert_int_eq(fr_reader_release(rig->reader, &frame), 0);
}

START_TEST(C16_a_camera_that_gives_only_unknown_formats_is_read_through_libv4l2_and_this_is_told)
{
    static const uint32_t asked[] = {0, V4L2_PIX_FMT_RGB24, FR_FOURCC_YU12, FR_FOURCC_YV12};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct fr_source_request request = zero_copy;
        request.fourcc = asked[i];
        rgb_camera();
        struct rig rig = rig_streaming(&request);
        ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_CONVERTED);
        ck_assert_uint_eq(rig.offer.geometry.format.fourcc,
                          asked[i] == FR_FOURCC_YV12 ? FR_FOURCC_YV12 : FR_FOURCC_YU12);
        ck_assert_ptr_nonnull(strstr(rig.offer.notes, "gives RGB3, which libv4l2 converts to Y"));
        for (uint32_t k = 0; k < 10; k++) {
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            expect_converted(&rig, k, 0);
        }
        rig_close(&rig);
    }
}
END_TEST

START_TEST(converted_pictures_are_turned_and_reduced_like_any_other)
{
    struct fr_source_request request = zero_copy;
    request.rotate_deg = 180;
    request.half_luma = true;
    rgb_camera();
    struct rig rig = rig_streaming(&request);
    struct fr_frame frame;
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    ck_assert_int_eq(fr_reader_next(rig.reader, 0, &frame), 0);
    const struct fr_plane *plane = fr_frame_plane(&frame, FR_PLANE_Y);
    for (uint32_t y = 0; y < H; y++)
        for (uint32_t x = 0; x < W; x++)
            ck_assert_int_le(
                abs(plane->data[y * plane->stride_bytes + x] - luma_of(0, W - 1 - x, H - 1 - y)),
                2);
    const struct fr_plane *half = fr_frame_plane(&frame, FR_PLANE_HALF_Y);
    ck_assert_ptr_nonnull(half);
    const uint8_t *upper = plane->data, *lower = plane->data + plane->stride_bytes;
    ck_assert_int_eq(half->data[0], (upper[0] + upper[1] + lower[0] + lower[1] + 2) >> 2);
    ck_assert_int_eq(fr_reader_release(rig.reader, &frame), 0);
    rig_close(&rig);
}
END_TEST

START_TEST(C16_what_is_native_or_jpeg_is_never_converted)
{
    camera_reset(V4L2_PIX_FMT_Y16, W, H, W * 2, W * H * 2);
    camera.other_fourcc = FR_FOURCC_UYVY;
    struct rig rig = rig_streaming(&zero_copy);
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_USERPTR);
    ck_assert_uint_eq(rig.offer.geometry.format.fourcc, FR_FOURCC_UYVY);
    ck_assert_str_eq(rig.offer.notes, "");
    rig_close(&rig);
}
END_TEST

static void expect_refusal(const struct fr_source_request *request, const char *words)
{
    struct fr_source *source;
    struct fr_source_offer offer;
    char reason[FR_SOURCE_REASON_MAX] = "";
    ck_assert_int_eq(ops->open(request, &source, &offer, reason), -EINVAL);
    ck_assert_msg(strstr(reason, words) != NULL, "'%s' is not in: %s", words, reason);
}

START_TEST(C16_with_convert_no_such_formats_are_refused_by_name_and_the_others_named)
{
    struct fr_source_request request = zero_copy;
    request.no_convert = true;
    rgb_camera();
    expect_refusal(&request, "convert = no forbids: RGB3; expected one of NV12");
    camera_reset(V4L2_PIX_FMT_Y16, W, H, W * 2, W * H * 2);
    camera.other_fourcc = FR_FOURCC_UYVY;
    request.fourcc = V4L2_PIX_FMT_Y16;
    expect_refusal(&request, "gives Y16, which is read through libv4l2");
    expect_refusal(&request, "framering reads of this camera: UYVY");
}
END_TEST

START_TEST(formats_that_nobody_reads_are_refused_by_name_and_the_others_named)
{
    struct fr_source_request request = zero_copy;
    camera_reset(V4L2_PIX_FMT_HSV24, W, H, W * 3, W * H * 3);
    expect_refusal(&request, "only formats that framering does not read: HSV3; expected one of");
    camera.other_fourcc = V4L2_PIX_FMT_RGB24;
    request.fourcc = V4L2_PIX_FMT_HSV24;
    expect_refusal(&request, "gives HSV3, which framering does not read; of this camera it reads: "
                             "none; through libv4l2: RGB3");
}
END_TEST

START_TEST(what_libv4l2_cannot_convert_is_dropped_as_undecodable)
{
    /* A maker's format, which has a header; what this camera gives is none. */
    camera_reset(V4L2_PIX_FMT_PAC207, W, H, 0, W * H);
    struct rig rig = rig_streaming(&zero_copy);
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 0);
    expect_no_frame(&rig);
    ck_assert_uint_eq(dropped(&rig, FR_DROP_UNDECODABLE), 1);
    ck_assert_uint_eq(camera.n_queued, 4); /* the driver has its buffer again */
    rig_close(&rig);
}
END_TEST

static void bend_short(struct v4l2_buffer *buffer)
{
    buffer->bytesused = camera.stride_bytes * (H - 1) + W * 3 - 1;
}

START_TEST(C2_short_pictures_never_reach_libv4l2)
{
    rgb_camera();
    struct rig rig = rig_streaming(&zero_copy);
    camera.bend = bend_short;
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 0);
    ck_assert_uint_eq(dropped(&rig, FR_DROP_SHORT), 1);
    camera.bend = NULL;
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    expect_converted(&rig, 1, FR_FRAME_AFTER_GAP);
    rig_close(&rig);
}
END_TEST

/* ---------------------------------------------------------------- few buffers */

START_TEST(a_driver_that_takes_fewer_buffers_than_there_are_slots_is_copied_from)
{
    for (uint32_t n = 2; n < SLOTS; n++) {
        grey_camera();
        camera.max_buffers = n;
        struct rig rig = rig_streaming(&zero_copy);
        ck_assert_int_eq(rig.fallbacks, 1);
        ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_MMAP);
        ck_assert_uint_eq(camera.n_queued, n < 4 ? n : 4);
        for (uint32_t k = 0; k < 10; k++) {
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            expect_frame(&rig, k, 0);
        }
        rig_close(&rig);
    }
}
END_TEST

START_TEST(a_driver_with_one_buffer_or_none_is_refused_in_words)
{
    for (uint32_t n = 0; n < 2; n++) {
        struct rig rig = {0};
        grey_camera();
        camera.max_buffers = n ? n : CAMERA_NO_BUFFERS;
        ipc_begin();
        rig_open_ring(&rig);
        ck_assert_int_eq(rig_try(&rig, &one_copy), -EPROTO);
        ck_assert_ptr_nonnull(strstr(rig.reason, n ? "only 1 buffers" : "only 0 buffers"));
        rig_close(&rig);
    }
}
END_TEST

START_TEST(a_driver_that_makes_more_buffers_than_it_was_asked_for_gets_all_that_it_made)
{
    grey_camera();
    camera.extra_buffers = 3;
    struct rig rig = rig_streaming(&one_copy);
    ck_assert_uint_eq(camera.n_queued, 4 + 3);
    for (uint32_t k = 0; k < 20; k++) {
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, k, 0);
    }
    rig_close(&rig);
    /* Slots that the ring has not are not queued, however many buffers there could be. */
    grey_camera();
    camera.extra_buffers = 3;
    rig = rig_streaming(&zero_copy);
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_USERPTR);
    ck_assert_uint_eq(camera.n_queued, 3);
    rig_close(&rig);
}
END_TEST

/* ---------------------------------------------------------------- what a driver makes of a wish */

START_TEST(C4_what_the_driver_answers_is_used_and_a_second_open_sees_what_changed)
{
    struct fr_source_request request = zero_copy;
    request.width_px = 1920; /* the driver knows better */
    request.height_px = 1080;
    grey_camera();
    struct rig rig = rig_streaming(&request);
    ck_assert_uint_eq(rig.offer.geometry.format.width_px, W);
    ck_assert_uint_eq(rig.offer.geometry.format.height_px, H);
    struct fr_geometry before = rig.offer.geometry;
    rig_leave(&rig);
    /* Opened anew, the driver answers with longer rows: another geometry, hence another epoch. */
    camera.stride_bytes = 96;
    camera.image_bytes = 96 * H;
    for (uint32_t k = 0; k < SLOTS; k++)
        fr_writer_discard(rig.writer, k, FR_DROP_REASONS);
    ck_assert_int_eq(rig_try(&rig, &request), 0);
    ck_assert_uint_eq(rig.offer.geometry.planes[0].stride_bytes, 96);
    ck_assert_mem_ne(&before, &rig.offer.geometry, sizeof before);
    rig_close(&rig);
}
END_TEST

/* ---------------------------------------------------------------- fields */

START_TEST(field_orders_of_one_picture_are_told_and_others_are_refused_by_name)
{
    static const struct {
        uint32_t field;
        const char *refusal;
    } cases[] = {{V4L2_FIELD_NONE, NULL},
                 {V4L2_FIELD_INTERLACED, NULL},
                 {V4L2_FIELD_INTERLACED_BT, NULL},
                 {V4L2_FIELD_TOP, NULL},
                 {V4L2_FIELD_ALTERNATE, "in buffers of their own"},
                 {V4L2_FIELD_SEQ_TB, "one after the other"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        grey_camera();
        camera.field = cases[i].field;
        if (cases[i].refusal) {
            expect_refusal(&zero_copy, cases[i].refusal);
            continue;
        }
        struct rig rig = rig_streaming(&zero_copy);
        struct fr_frame frame;
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        ck_assert_int_eq(fr_reader_next(rig.reader, 0, &frame), 0);
        ck_assert_uint_eq(frame.format.field, cases[i].field);
        ck_assert_int_eq(fr_reader_release(rig.reader, &frame), 0);
        rig_close(&rig);
    }
}
END_TEST

UNIT_MAIN("v4l2_formats",
          C16_a_camera_that_gives_only_unknown_formats_is_read_through_libv4l2_and_this_is_told,
          converted_pictures_are_turned_and_reduced_like_any_other,
          C16_what_is_native_or_jpeg_is_never_converted,
          C16_with_convert_no_such_formats_are_refused_by_name_and_the_others_named,
          formats_that_nobody_reads_are_refused_by_name_and_the_others_named,
          what_libv4l2_cannot_convert_is_dropped_as_undecodable,
          C2_short_pictures_never_reach_libv4l2,
          a_driver_that_takes_fewer_buffers_than_there_are_slots_is_copied_from,
          a_driver_with_one_buffer_or_none_is_refused_in_words,
          a_driver_that_makes_more_buffers_than_it_was_asked_for_gets_all_that_it_made,
          C4_what_the_driver_answers_is_used_and_a_second_open_sees_what_changed,
          field_orders_of_one_picture_are_told_and_others_are_refused_by_name)
