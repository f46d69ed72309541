/* The V4L2 source on a made-up driver and a real ring: the two raw ways, and which is taken. */
#include "tests/ipc/camera_rig.h"

static void stream_many(const struct fr_source_request *request)
{
    struct rig rig = rig_streaming(request);
    for (uint32_t i = 0; i < 100; i++) {
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, i, 0);
    }
    ck_assert_int_eq(rig_step(&rig), 0); /* spurious */
    rig_close(&rig);
}

START_TEST(userptr_gives_every_frame_in_order_without_a_copy)
{
    grey_camera();
    stream_many(&zero_copy);
    ck_assert_uint_eq(camera.memory, V4L2_MEMORY_USERPTR);
}
END_TEST

START_TEST(mmap_gives_every_frame_in_order_at_our_own_strides)
{
    grey_camera();
    camera.stride_bytes = 100; /* not a multiple of anything of ours */
    camera.image_bytes = 100 * H + 12;
    stream_many(&one_copy);
    ck_assert_uint_eq(camera.memory, V4L2_MEMORY_MMAP);
}
END_TEST

START_TEST(userptr_takes_the_drivers_strides_and_all_the_room_it_wants)
{
    grey_camera();
    camera.stride_bytes = 100;
    camera.image_bytes = 100 * H + 50000;
    struct rig rig = rig_streaming(&zero_copy);
    ck_assert_uint_eq(rig.offer.geometry.planes[0].stride_bytes, 100);
    ck_assert_uint_ge(rig.offer.geometry.slot_bytes, camera.image_bytes);
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    expect_frame(&rig, 0, 0);
    rig_close(&rig);
}
END_TEST

START_TEST(a_driver_that_refuses_our_memory_is_read_with_mmap)
{
    static const unsigned long requests[] = {VIDIOC_REQBUFS, VIDIOC_QBUF, VIDIOC_STREAMON};
    grey_camera();
    camera.has_userptr = false;
    struct rig rig = rig_streaming(&zero_copy);
    ck_assert_int_eq(rig.fallbacks, 1);
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_MMAP);
    ck_assert_uint_eq(rig.offer.hand, 2);
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    expect_frame(&rig, 0, 0);
    rig_close(&rig);

    /* Wherever it refuses, nothing of the first try is left at the driver. */
    static const int errors[] = {EINVAL, EFAULT, ENOMEM};
    for (size_t r = 0; r < sizeof requests / sizeof *requests; r++)
        for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
            struct fr_source *source;
            struct fr_source_offer offer;
            char reason[FR_SOURCE_REASON_MAX];
            struct fr_writer *writer;
            grey_camera();
            ipc_begin();
            ck_assert_int_eq(ops->open(&zero_copy, &source, &offer, reason), 0);
            ck_assert_uint_eq(offer.copy_path, FR_PATH_USERPTR);
            ck_assert_uint_eq(offer.hand, 3);
            const struct fr_epoch_options options = {
                .geometry = offer.geometry, .hand = offer.hand, .copy_path = offer.copy_path};
            writer = ipc_writer(&options);
            camera.fail_request = requests[r];
            camera.fail_errno = errors[e];
            ck_assert_int_eq(ops->start(source, writer, &offer, reason), -EAGAIN);
            ck_assert_uint_eq(offer.copy_path, FR_PATH_MMAP);
            ck_assert_uint_eq(camera.n_queued, 0);
            ck_assert(!camera.is_on);
            ops->stop(source);
            ops->free(source);
            fr_writer_close(writer);
        }
}
END_TEST

START_TEST(a_driver_that_wants_many_buffers_gets_them_or_is_copied_from)
{
    grey_camera();
    camera.min_buffers = 4;
    struct rig rig = rig_streaming(&zero_copy);
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_USERPTR);
    ck_assert_uint_eq(rig.offer.hand, 5);
    ck_assert_uint_eq(camera.n_queued, 5);
    rig_close(&rig);

    grey_camera();
    camera.min_buffers = SLOTS - 2; /* nothing would be left for readers */
    rig = rig_streaming(&zero_copy);
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_MMAP);
    ck_assert_uint_eq(camera.n_queued, SLOTS);
    rig_close(&rig);
}
END_TEST

START_TEST(a_format_that_is_not_there_is_refused_with_what_is)
{
    struct fr_source *source;
    struct fr_source_offer offer;
    char reason[FR_SOURCE_REASON_MAX];
    grey_camera();
    const struct fr_source_request request = {.spec = "/dev/null", .fourcc = FR_FOURCC_NV12};
    ck_assert_int_eq(ops->open(&request, &source, &offer, reason), -EINVAL);
    ck_assert_ptr_nonnull(strstr(reason, "does not give NV12; it gives GREY"));
}
END_TEST

static void change_format(void)
{
    camera.pix.width = W / 2;
    camera.pix.sizeimage = GREY_BYTES / 2;
    camera.pix.bytesperline = STRIDE / 2;
}

START_TEST(C4_a_format_that_another_program_changed_is_noticed_before_the_stream_starts)
{
    for (int i = 0; i < 2; i++) {
        struct rig rig = {0};
        grey_camera();
        ipc_begin();
        rig_open_ring(&rig);
        camera.after_reqbufs = change_format;
        ck_assert_int_eq(rig_try(&rig, i ? &one_copy : &zero_copy), -EBUSY);
        ck_assert_ptr_nonnull(strstr(rig.reason, "changed the format"));
        ck_assert(!camera.is_on);
        rig_close(&rig);
    }
}
END_TEST

START_TEST(another_picture_at_the_input_is_told_and_the_source_is_to_be_opened_anew)
{
    grey_camera();
    camera.has_events = true;
    struct rig rig = rig_streaming(&zero_copy);
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    camera.n_changes = 2; /* as many as there are, they are one reason */
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), -ESTALE);
    ck_assert_uint_eq(camera.n_changes, 0);
    rig_close(&rig);
}
END_TEST

UNIT_MAIN("v4l2_source", userptr_gives_every_frame_in_order_without_a_copy,
          mmap_gives_every_frame_in_order_at_our_own_strides,
          userptr_takes_the_drivers_strides_and_all_the_room_it_wants,
          a_driver_that_refuses_our_memory_is_read_with_mmap,
          a_driver_that_wants_many_buffers_gets_them_or_is_copied_from,
          a_format_that_is_not_there_is_refused_with_what_is,
          C4_a_format_that_another_program_changed_is_noticed_before_the_stream_starts,
          another_picture_at_the_input_is_told_and_the_source_is_to_be_opened_anew)
