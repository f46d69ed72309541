/* Cameras of the multi-planar API: parts of a buffer become planes of one slot. */
#include "tests/ipc/camera_rig.h"

#include "capture/v4l2_format.h"

/* A picture of NM12, YM12 or YM61 with padding of its own in each part. */
static void parts_camera(uint32_t fourcc, uint32_t n_parts)
{
    camera_reset_parts(fourcc, W, H, n_parts);
    for (uint32_t k = 0; k < n_parts; k++) {
        bool is_half_wide = k > 0 && n_parts == 3;
        uint32_t rows = k > 0 && fourcc != V4L2_PIX_FMT_YVU422M ? H / 2 : H;
        camera.parts[k].stride_bytes = (is_half_wide ? W / 2 : W) + 10 * (k + 1);
        camera.parts[k].image_bytes = camera.parts[k].stride_bytes * rows + 5000 * k;
    }
}

/* Where the driver has this plane of the ring. */
static uint32_t part_of(uint32_t kind)
{
    if (camera.fourcc == V4L2_PIX_FMT_YVU422M || camera.fourcc == V4L2_PIX_FMT_YVU420M)
        return kind == FR_PLANE_V ? 1 : kind == FR_PLANE_U ? 2 : 0;
    return kind == FR_PLANE_V ? 2 : kind == FR_PLANE_Y ? 0 : 1;
}

static uint32_t bytes_of_row(uint32_t kind)
{
    return kind == FR_PLANE_U || kind == FR_PLANE_V ? W / 2 : W;
}

/* The next frame is the one that the driver took as `sequence`, every plane of it. */
static void expect_parts(struct rig *rig, uint32_t sequence, uint32_t flags)
{
    struct fr_frame frame;
    int rc = fr_reader_next(rig->reader, 0, &frame);
    ck_assert_msg(rc == 0, "%d: %s", rc, fr_reader_reason(rig->reader));
    ck_assert_uint_eq(frame.source_sequence, sequence);
    ck_assert_uint_eq(frame.flags, flags);
    for (uint32_t p = 0; p < frame.n_planes; p++) {
        const struct fr_plane *plane = &frame.planes[p];
        uint32_t part = part_of(plane->kind);
        for (uint32_t y = 0; y < plane->rows; y++)
            for (uint32_t x = 0; x < bytes_of_row(plane->kind); x++)
                ck_assert_uint_eq(
                    plane->data[y * plane->stride_bytes + x],
                    camera_part_byte(sequence, part, y * camera.parts[part].stride_bytes + x));
    }
    ck_assert_int_eq(fr_reader_release(rig->reader, &frame), 0);
}

static const struct {
    uint32_t fourcc, n_parts, seen;
} formats[] = {
    {V4L2_PIX_FMT_NV12M, 2, FR_FOURCC_NV12},   {V4L2_PIX_FMT_NV21M, 2, FR_FOURCC_NV21},
    {V4L2_PIX_FMT_YUV420M, 3, FR_FOURCC_YU12}, {V4L2_PIX_FMT_YVU420M, 3, FR_FOURCC_YV12},
    {V4L2_PIX_FMT_YUV422M, 3, FR_FOURCC_422P}, {V4L2_PIX_FMT_YVU422M, 3, FR_FOURCC_422P}};
enum { N_FORMATS = sizeof formats / sizeof *formats };

static void format_camera(size_t f)
{
    parts_camera(formats[f].fourcc, formats[f].n_parts);
    if (formats[f].fourcc == V4L2_PIX_FMT_YUV422M)
        for (uint32_t k = 1; k < 3; k++)
            camera.parts[k].image_bytes = camera.parts[k].stride_bytes * H + 3;
}

START_TEST(every_part_arrives_in_its_plane_both_ways)
{
    for (size_t f = 0; f < N_FORMATS; f++)
        for (int i = 0; i < 2; i++) {
            format_camera(f);
            struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
            ck_assert_uint_eq(rig.offer.copy_path, i ? FR_PATH_MMAP : FR_PATH_USERPTR);
            ck_assert_uint_eq(rig.offer.geometry.format.fourcc, formats[f].seen);
            for (uint32_t k = 0; k < 20; k++) {
                camera_shoot(1);
                ck_assert_int_eq(rig_step(&rig), 1);
                expect_parts(&rig, k, 0);
            }
            rig_close(&rig);
        }
}
END_TEST

START_TEST(parts_of_a_slot_stand_on_pages_of_their_own_with_all_the_room_that_the_driver_wants)
{
    parts_camera(V4L2_PIX_FMT_YUV420M, 3);
    struct rig rig = rig_streaming(&zero_copy);
    for (unsigned i = 0; i < CAMERA_BUFFERS; i++) {
        if (!camera.buffers[i].is_queued)
            continue;
        const uint8_t *slot = fr_writer_slot(rig.writer, i), *end = slot;
        for (uint32_t k = 0; k < 3; k++) {
            const uint8_t *part = camera.buffers[i].parts[k].memory;
            ck_assert_uint_eq((uintptr_t)part % 4096, 0);
            ck_assert_msg(part >= end, "parts overlap");
            end = part + camera.parts[k].image_bytes;
        }
        ck_assert_msg(end <= slot + fr_writer_slot_bytes(rig.writer), "beyond the slot");
    }
    rig_close(&rig);
}
END_TEST

START_TEST(half_size_luma_stands_behind_all_parts_of_a_zero_copy_slot)
{
    struct fr_source_request request = zero_copy;
    request.half_luma = true;
    parts_camera(V4L2_PIX_FMT_YUV420M, 3);
    struct rig rig = rig_streaming(&request);
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_USERPTR);
    for (uint32_t k = 0; k < 10; k++) {
        struct fr_frame frame;
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        ck_assert_int_eq(fr_reader_next(rig.reader, 0, &frame), 0);
        const struct fr_plane *half = fr_frame_plane(&frame, FR_PLANE_HALF_Y);
        const struct fr_plane *last = fr_frame_plane(&frame, FR_PLANE_V);
        ck_assert_ptr_nonnull(half);
        ck_assert_msg(half->data >= last->data + camera.parts[2].image_bytes,
                      "in the driver's room");
        for (uint32_t p = 0; p < 3; p++)
            ck_assert_uint_eq(frame.planes[p].data[0],
                              camera_part_byte(k, part_of(frame.planes[p].kind), 0));
        ck_assert_int_eq(fr_reader_release(rig.reader, &frame), 0);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(C2_what_a_driver_wrote_before_the_picture_is_not_shown)
{
    for (int i = 0; i < 2; i++) {
        parts_camera(V4L2_PIX_FMT_NV12M, 2);
        camera.parts[0].data_offset = 128;
        camera.parts[1].data_offset = 7;
        camera.parts[0].image_bytes += 128;
        camera.parts[1].image_bytes += 7;
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        for (uint32_t k = 0; k < 5; k++) {
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            expect_parts(&rig, k, 0);
        }
        rig_close(&rig);
    }
}
END_TEST

/* ---------------------------------------------------------------- bad parts */

static void bend_offset_behind_the_end(struct v4l2_buffer *buffer)
{
    buffer->m.planes[1].data_offset = buffer->m.planes[1].bytesused + 1;
}
static void bend_offset_to_the_end(struct v4l2_buffer *buffer)
{
    buffer->m.planes[0].data_offset = buffer->m.planes[0].bytesused;
}
static void bend_offset_huge(struct v4l2_buffer *buffer)
{
    buffer->m.planes[0].data_offset = UINT32_MAX;
}
static void bend_offset_by_too_much(struct v4l2_buffer *buffer)
{
    buffer->m.planes[0].data_offset = 11; /* the last row's padding is 10 */
}
static void bend_second_part_short(struct v4l2_buffer *buffer)
{
    buffer->m.planes[1].bytesused = 100;
}
static void bend_second_part_long(struct v4l2_buffer *buffer)
{
    buffer->m.planes[1].bytesused = UINT32_MAX;
}
static void bend_second_part_empty(struct v4l2_buffer *buffer)
{
    buffer->m.planes[1].bytesused = 0;
}
static void bend_error(struct v4l2_buffer *buffer)
{
    buffer->flags |= V4L2_BUF_FLAG_ERROR;
}

START_TEST(C1_C2_a_bad_part_spoils_the_frame_and_nothing_else)
{
    static const struct {
        void (*bend)(struct v4l2_buffer *);
        enum fr_drop_reason reason;
    } cases[] = {
        {bend_offset_behind_the_end, FR_DROP_SHORT}, {bend_offset_to_the_end, FR_DROP_SHORT},
        {bend_offset_huge, FR_DROP_SHORT},           {bend_offset_by_too_much, FR_DROP_SHORT},
        {bend_second_part_short, FR_DROP_SHORT},     {bend_second_part_long, FR_DROP_OTHER},
        {bend_second_part_empty, FR_DROP_SHORT},     {bend_error, FR_DROP_CORRUPT},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int i = 0; i < 2; i++) {
            parts_camera(V4L2_PIX_FMT_NV12M, 2);
            struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
            uint32_t had = camera.n_queued;
            camera.bend = cases[c].bend;
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 0);
            expect_no_frame(&rig);
            ck_assert_msg(dropped(&rig, cases[c].reason) == 1, "case %zu", c);
            camera.bend = NULL;
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            expect_parts(&rig, 1, FR_FRAME_AFTER_GAP);
            ck_assert_uint_eq(camera.n_queued, had);
            rig_close(&rig);
        }
}
END_TEST

static void bend_fewer_parts(struct v4l2_buffer *buffer)
{
    buffer->length = 1;
}
static void bend_more_parts(struct v4l2_buffer *buffer)
{
    buffer->length = UINT32_MAX;
}
static void bend_no_planes(struct v4l2_buffer *buffer)
{
    buffer->length = 0;
    buffer->m.planes = NULL;
}
static void bend_type(struct v4l2_buffer *buffer)
{
    buffer->type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
}
static void bend_second_address(struct v4l2_buffer *buffer)
{
    buffer->m.planes[1].m.userptr += 4096;
}

START_TEST(C3_parts_that_are_not_those_that_were_queued_are_the_drivers_fault)
{
    static void (*const cases[])(struct v4l2_buffer *) = {
        bend_fewer_parts, bend_more_parts, bend_no_planes, bend_type, bend_second_address};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int i = 0; i < 2; i++) {
            if (i && cases[c] == bend_second_address)
                continue; /* MMAP has none */
            parts_camera(V4L2_PIX_FMT_NV12M, 2);
            struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
            camera_shoot(1);
            camera.bend = cases[c];
            ck_assert_int_eq(rig_step(&rig), -EPROTO);
            expect_no_frame(&rig);
            rig_close(&rig);
        }
}
END_TEST

START_TEST(a_number_of_parts_that_the_format_does_not_have_is_refused)
{
    static const uint32_t numbers[] = {1, 3};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct rig rig = {0};
        parts_camera(V4L2_PIX_FMT_NV12M, numbers[i]);
        camera.parts[2].image_bytes = 100;
        ipc_begin();
        rig_open_ring(&rig);
        ck_assert_int_eq(rig_try(&rig, &zero_copy), -EPROTO);
        ck_assert_ptr_nonnull(strstr(rig.reason, "memory planes; expected 2"));
        rig_close(&rig);
    }
}
END_TEST

START_TEST(a_driver_of_parts_that_refuses_our_memory_is_read_with_mmap)
{
    parts_camera(V4L2_PIX_FMT_YUV420M, 3);
    camera.has_userptr = false;
    struct rig rig = rig_streaming(&zero_copy);
    ck_assert_int_eq(rig.fallbacks, 1);
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_MMAP);
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    expect_parts(&rig, 0, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(P1_every_call_may_fail_once_and_the_second_try_works_in_parts_too)
{
    for (int i = 0; i < 2; i++) {
        bool has_failed = true;
        for (int call = 1; has_failed; call++) {
            struct rig rig = {0};
            parts_camera(V4L2_PIX_FMT_YUV420M, 3);
            ipc_begin();
            rig_open_ring(&rig);
            camera.fail_call = call;
            camera.fail_errno = EIO;
            int rc = rig_try(&rig, i ? &one_copy : &zero_copy);
            if (rc == 0) {
                camera_shoot(1);
                rig_step(&rig);
            }
            has_failed = camera.fail_call == 0;
            ck_assert_int_lt(call, 200);
            camera.fail_call = 0;
            rig_leave(&rig);
            ck_assert_int_eq(rig_try(&rig, i ? &one_copy : &zero_copy), 0);
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            rig_close(&rig);
        }
    }
}
END_TEST

UNIT_MAIN("v4l2_parts", every_part_arrives_in_its_plane_both_ways,
          parts_of_a_slot_stand_on_pages_of_their_own_with_all_the_room_that_the_driver_wants,
          half_size_luma_stands_behind_all_parts_of_a_zero_copy_slot,
          C2_what_a_driver_wrote_before_the_picture_is_not_shown,
          C1_C2_a_bad_part_spoils_the_frame_and_nothing_else,
          C3_parts_that_are_not_those_that_were_queued_are_the_drivers_fault,
          a_number_of_parts_that_the_format_does_not_have_is_refused,
          a_driver_of_parts_that_refuses_our_memory_is_read_with_mmap,
          P1_every_call_may_fail_once_and_the_second_try_works_in_parts_too)
