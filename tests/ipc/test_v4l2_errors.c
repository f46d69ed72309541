/* The V4L2 source on a driver that gives bad buffers, or whose calls fail. */
#include "tests/ipc/camera_rig.h"

static void bend_error_on_odd(struct v4l2_buffer *buffer)
{
    if (buffer->sequence % 2)
        buffer->flags |= V4L2_BUF_FLAG_ERROR;
}
static void bend_short_on_odd(struct v4l2_buffer *buffer)
{
    if (buffer->sequence % 2)
        buffer->bytesused = GREY_BYTES - 1;
}
static void bend_long_on_odd(struct v4l2_buffer *buffer)
{
    if (buffer->sequence % 2)
        buffer->bytesused = UINT32_MAX;
}

START_TEST(C1_C2_bad_buffers_are_counted_and_queued_again_and_never_published)
{
    static const struct {
        void (*bend)(struct v4l2_buffer *);
        enum fr_drop_reason reason;
    } cases[] = {{bend_error_on_odd, FR_DROP_CORRUPT},
                 {bend_short_on_odd, FR_DROP_SHORT},
                 {bend_long_on_odd, FR_DROP_OTHER}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int i = 0; i < 2; i++) {
            grey_camera();
            camera.bend = cases[c].bend;
            struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
            uint32_t had = camera.n_queued;
            for (uint32_t k = 0; k < 20; k += 2) {
                camera_shoot(2);
                ck_assert_int_eq(rig_step(&rig), 1);
                expect_frame(&rig, k, k ? FR_FRAME_AFTER_GAP : 0);
                expect_no_frame(&rig);
            }
            ck_assert_uint_eq(dropped(&rig, cases[c].reason), 10);
            ck_assert_uint_eq(camera.n_queued, had);
            rig_close(&rig);
        }
}
END_TEST

static void bend_error(struct v4l2_buffer *buffer)
{
    buffer->flags |= V4L2_BUF_FLAG_ERROR;
}

START_TEST(C1_a_camera_that_gives_nothing_but_bad_buffers_is_opened_anew)
{
    for (int i = 0; i < 2; i++) {
        grey_camera();
        camera.bend = bend_error;
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        int rc = 0;
        for (int k = 0; k < 1000 && rc == 0; k++) {
            camera_shoot(1);
            rc = rig_step(&rig);
        }
        ck_assert_int_eq(rc, -EIO);
        ck_assert_ptr_nonnull(strstr(rig.reason, "unusable"));
        rig_close(&rig);
    }
}
END_TEST

static void bend_index(struct v4l2_buffer *buffer)
{
    buffer->index = UINT32_MAX;
}
static void bend_other_index(struct v4l2_buffer *buffer)
{
    buffer->index = SLOTS - 1; /* in range, and never queued */
}
static void bend_memory(struct v4l2_buffer *buffer)
{
    buffer->memory = V4L2_MEMORY_DMABUF;
}
static void bend_address(struct v4l2_buffer *buffer)
{
    buffer->m.userptr += 4096;
}

START_TEST(C3_a_driver_whose_books_are_wrong_loses_the_camera_and_nothing_else)
{
    static void (*const cases[])(struct v4l2_buffer *) = {bend_index, bend_other_index, bend_memory,
                                                          bend_address};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int i = 0; i < 2; i++) {
            if (i && cases[c] == bend_address)
                continue; /* MMAP has none */
            grey_camera();
            struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
            camera_shoot(1);
            camera.bend = cases[c];
            ck_assert_int_eq(rig_step(&rig), -EPROTO);
            expect_no_frame(&rig);
            rig_close(&rig);
        }
}
END_TEST

START_TEST(C17_a_driver_that_fails_in_the_middle_is_told_and_left_clean)
{
    static const struct {
        unsigned long request;
        int error;
    } cases[] = {{VIDIOC_DQBUF, ENODEV}, {VIDIOC_DQBUF, EIO},   {VIDIOC_DQBUF, EINVAL},
                 {VIDIOC_DQBUF, EPIPE},  {VIDIOC_QBUF, ENODEV}, {VIDIOC_QBUF, EIO},
                 {VIDIOC_QBUF, EINVAL}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (int i = 0; i < 2; i++) {
            grey_camera();
            struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
            camera_shoot(1);
            camera.fail_request = cases[c].request;
            camera.fail_errno = cases[c].error;
            ck_assert_int_eq(rig_step(&rig), -cases[c].error);
            /* The same camera in the same ring, as the loop does after a pause. */
            camera.fail_request = 0;
            rig_leave(&rig);
            ck_assert(!camera.is_on);
            for (uint32_t k = 0; k < SLOTS; k++)
                fr_writer_discard(rig.writer, k, FR_DROP_REASONS);
            ck_assert_int_eq(rig_try(&rig, i ? &one_copy : &zero_copy), 0);
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            rig_close(&rig);
        }
}
END_TEST

START_TEST(a_frame_that_was_good_is_published_though_the_camera_is_pulled_out_behind_it)
{
    for (int i = 0; i < 2; i++) {
        grey_camera();
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        camera_shoot(1);
        camera.fail_call = 2; /* the second DQBUF */
        camera.fail_errno = ENODEV;
        ck_assert_int_eq(rig_step(&rig), -ENODEV);
        ck_assert_ptr_nonnull(strstr(rig.reason, "is gone"));
        expect_frame(&rig, 0, 0);
        rig_close(&rig);
    }
}
END_TEST

START_TEST(a_storm_of_signals_at_dequeuing_is_no_loss)
{
    grey_camera();
    struct rig rig = rig_streaming(&zero_copy);
    camera_shoot(1);
    camera.fail_request = VIDIOC_DQBUF;
    camera.fail_errno = EINTR;
    ck_assert_int_eq(rig_step(&rig), 0);
    camera.fail_request = 0;
    ck_assert_int_eq(rig_step(&rig), 1);
    expect_frame(&rig, 0, 0);
    rig_close(&rig);
}
END_TEST

/* Every call of the driver's fails once, with every error; then all is asked again and works. */
START_TEST(P1_every_call_may_fail_once_and_the_second_try_works)
{
    static const int errors[] = {EINVAL, ENODEV, EBUSY, EIO, ENOMEM, ENOTTY, EINTR, ENOSPC};
    for (int i = 0; i < 2; i++)
        for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
            bool has_failed = true;
            for (int call = 1; has_failed; call++) {
                struct rig rig = {0};
                grey_camera();
                ipc_begin();
                rig_open_ring(&rig);
                camera.fail_call = call;
                camera.fail_errno = errors[e];
                int rc = rig_try(&rig, i ? &one_copy : &zero_copy);
                if (rc == 0) {
                    camera_shoot(1);
                    rc = rig_step(&rig);
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

START_TEST(a_busy_camera_is_told_as_busy_wherever_it_says_so)
{
    static const unsigned long requests[] = {VIDIOC_S_FMT, VIDIOC_REQBUFS, VIDIOC_STREAMON};
    for (size_t r = 0; r < sizeof requests / sizeof *requests; r++)
        for (int i = 0; i < 2; i++) {
            struct rig rig = {0};
            grey_camera();
            ipc_begin();
            rig_open_ring(&rig);
            camera.fail_request = requests[r];
            camera.fail_errno = EBUSY;
            ck_assert_int_eq(rig_try(&rig, i ? &one_copy : &zero_copy), -EBUSY);
            ck_assert_ptr_nonnull(strstr(rig.reason, "in use by another program"));
            rig_close(&rig);
        }
}
END_TEST

UNIT_MAIN("v4l2_errors", C1_C2_bad_buffers_are_counted_and_queued_again_and_never_published,
          C1_a_camera_that_gives_nothing_but_bad_buffers_is_opened_anew,
          C3_a_driver_whose_books_are_wrong_loses_the_camera_and_nothing_else,
          C17_a_driver_that_fails_in_the_middle_is_told_and_left_clean,
          a_frame_that_was_good_is_published_though_the_camera_is_pulled_out_behind_it,
          a_storm_of_signals_at_dequeuing_is_no_loss,
          P1_every_call_may_fail_once_and_the_second_try_works,
          a_busy_camera_is_told_as_busy_wherever_it_says_so)
