/* The V4L2 source on a made-up driver and a real ring: all that vivid does not do on demand. */
#include "tests/ipc/asleep.h"
#include "tests/ipc/camera_rig.h"
#include "tests/unit/make_jpeg.h"

#include "capture/v4l2_format.h"

/* ---------------------------------------------------------------- the two raw ways */

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

START_TEST(when_we_are_behind_the_newest_frame_wins_and_those_before_it_count_as_late)
{
    for (int i = 0; i < 2; i++) {
        grey_camera();
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        uint32_t had = camera.n_queued;
        for (uint32_t k = 0; k < 20; k++) {
            camera_shoot(3);
            ck_assert_int_eq(rig_step(&rig), 1);
            expect_frame(&rig, 3 * k + 2, FR_FRAME_AFTER_GAP);
            expect_no_frame(&rig);
            ck_assert_uint_eq(camera.n_queued, had); /* all are the driver's again */
        }
        ck_assert_uint_eq(dropped(&rig, FR_DROP_LATE), 40);
        /* Not behind any more: nothing is late. */
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, 60, 0);
        ck_assert_uint_eq(dropped(&rig, FR_DROP_LATE), 40);
        rig_close(&rig);
    }
}
END_TEST

static void bend_error_on_last(struct v4l2_buffer *buffer)
{
    if (buffer->sequence % 3 == 2)
        buffer->flags |= V4L2_BUF_FLAG_ERROR;
}

START_TEST(C11_frames_far_faster_than_agreed_are_dropped_at_the_source)
{
    enum { SHOT = 2000, BURST = 200 }; /* twice 25 frames/s for four seconds */
    for (int i = 0; i < 2; i++) {
        grey_camera();
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        struct timespec began, ended;
        int published = 0;
        clock_t cpu = clock();
        clock_gettime(CLOCK_MONOTONIC, &began);
        for (int k = 0; k < SHOT; k++) {
            camera_shoot(1);
            int n = rig_step(&rig);
            ck_assert_int_ge(n, 0);
            published += n;
        }
        clock_gettime(CLOCK_MONOTONIC, &ended);
        ck_assert_int_ge(published, BURST);
        ck_assert_int_le(published, BURST + 1 + 50 * (int)(ended.tv_sec - began.tv_sec + 1));
        ck_assert_uint_eq(dropped(&rig, FR_DROP_LATE), (uint64_t)(SHOT - published));
        /* A camera of 1,000 frames/s takes two seconds for that many. Ours is in it, and is drawn. */
        ck_assert_double_lt((double)(clock() - cpu) / CLOCKS_PER_SEC, 1);
        rig_close(&rig);
    }
}
END_TEST

START_TEST(C14_after_a_sleep_the_newest_frame_comes_first_and_tells_of_the_gap)
{
    asleep_begin();
    for (int i = 0; i < 2; i++) {
        grey_camera();
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        uint32_t sequence = 0;
        for (int k = 0; k < 3; k++) {
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            expect_frame(&rig, sequence++, 0);
        }
        asleep(3600);
        camera_shoot(1); /* to begin with */
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, sequence++, FR_FRAME_AFTER_GAP);
        asleep(3600);
        camera_shoot(2); /* they waited in the driver's queue, and are no burst */
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, ++sequence, FR_FRAME_AFTER_GAP);
        expect_no_frame(&rig);
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, ++sequence, 0);
        rig_close(&rig);
    }
}
END_TEST

START_TEST(the_newest_frame_that_is_complete_wins)
{
    for (int i = 0; i < 2; i++) {
        grey_camera();
        camera.bend = bend_error_on_last;
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        for (uint32_t k = 0; k < 10; k++) {
            camera_shoot(3);
            ck_assert_int_eq(rig_step(&rig), 1);
            expect_frame(&rig, 3 * k + 1, FR_FRAME_AFTER_GAP);
            expect_no_frame(&rig);
        }
        ck_assert_uint_eq(dropped(&rig, FR_DROP_LATE), 10);
        ck_assert_uint_eq(dropped(&rig, FR_DROP_CORRUPT), 10);
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

START_TEST(a_driver_without_buffers_loses_frames_and_the_gap_is_told)
{
    for (int i = 0; i < 2; i++) {
        grey_camera();
        struct rig rig = rig_streaming(i ? &one_copy : &zero_copy);
        uint32_t had = camera.n_queued;
        camera_shoot(had + 5);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, had - 1, FR_FRAME_AFTER_GAP);
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, had + 5, FR_FRAME_AFTER_GAP);
        ck_assert_uint_eq(dropped(&rig, FR_DROP_SOURCE), 5);
        rig_close(&rig);
    }
}
END_TEST

/* ---------------------------------------------------------------- choosing the way */

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

/* ---------------------------------------------------------------- bad buffers */

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

/* ---------------------------------------------------------------- starvation */

START_TEST(no_slot_to_copy_into_is_starvation_and_not_a_lost_camera)
{
    grey_camera();
    struct rig rig = rig_streaming(&one_copy);
    uint32_t slot, held[FR_SLOTS_MAX], n = 0;
    while (fr_writer_take(rig.writer, &slot) == 0)
        held[n++] = slot;
    for (uint32_t k = 0; k < 2; k++) {
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 0);
    }
    ck_assert_uint_eq(dropped(&rig, FR_DROP_STARVED), 2);
    ck_assert_uint_eq(camera.n_queued, 4); /* the driver has its buffers again */
    while (n)
        fr_writer_discard(rig.writer, held[--n], FR_DROP_REASONS);
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    expect_frame(&rig, 2, FR_FRAME_AFTER_GAP);
    rig_close(&rig);
}
END_TEST

START_TEST(N1_readers_that_pin_everything_leave_the_driver_buffers_to_fill)
{
    grey_camera();
    struct rig rig = rig_streaming(&zero_copy);
    struct fr_reader *hog;
    struct fr_frame held[SLOTS];
    uint32_t n = 0, sequence = 0;
    ck_assert_int_eq(fr_reader_open("cam0", FR_READ_PINNED, &hog), 0);
    int rc = fr_reader_next(hog, 0, &held[0]);
    ck_assert(rc == -ETIMEDOUT || rc == -ENOTCONN);
    ck_assert_int_eq(fr_reader_next(hog, 0, &held[0]), -ETIMEDOUT);
    for (rc = 0; rc == 0; sequence++) {
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, sequence, n == SLOTS - 3 ? FR_FRAME_WITHHELD : 0);
        rc = fr_reader_next(hog, 0, &held[n]);
        n += rc == 0;
    }
    ck_assert_int_eq(rc, -EBUSY);
    ck_assert_uint_eq(n, SLOTS - 3);
    for (int i = 0; i < 50; i++, sequence++) {
        ck_assert_uint_ge(camera.n_queued, 2);
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, sequence, FR_FRAME_WITHHELD);
    }
    ck_assert_uint_eq(dropped(&rig, FR_DROP_STARVED), 0);
    fr_reader_close(hog);
    for (int i = 0; i < 10; i++, sequence++) {
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        expect_frame(&rig, sequence, 0);
    }
    rig_close(&rig);
}
END_TEST

/* ---------------------------------------------------------------- failing calls */

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

/* ---------------------------------------------------------------- MJPEG */

static struct made_jpeg jpeg_of(uint32_t width, uint32_t height)
{
    return make_jpeg(&(struct make_jpeg){.width = width, .height = height, .h = 2, .v = 1});
}

START_TEST(mjpeg_is_decoded_into_the_slot)
{
    static const struct {
        uint32_t asked, given;
    } cases[] = {{0, FR_FOURCC_422P},
                 {FR_FOURCC_MJPG, FR_FOURCC_422P},
                 {FR_FOURCC_YU12, FR_FOURCC_YU12},
                 {FR_FOURCC_422P, FR_FOURCC_422P},
                 {FR_FOURCC_GREY, FR_FOURCC_GREY}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct made_jpeg jpeg = jpeg_of(W, H);
        /* The raw format is none that framering knows. */
        camera_reset(FR_FOURCC('R', 'G', 'B', '3'), W, H, W * 3, W * H * 3);
        camera.jpeg = jpeg.bytes;
        camera.jpeg_bytes = jpeg.length;
        const struct fr_source_request request = {
            .spec = "/dev/null", .slots = SLOTS, .fourcc = cases[c].asked};
        struct rig rig = rig_streaming(&request);
        ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_MJPEG);
        ck_assert_uint_eq(rig.offer.geometry.format.fourcc, cases[c].given);

        struct fr_frame frame;
        for (uint32_t k = 0; k < 5; k++) {
            camera_shoot(1);
            ck_assert_int_eq(rig_step(&rig), 1);
            ck_assert_int_eq(fr_reader_next(rig.reader, 0, &frame), 0);
            ck_assert_uint_eq(frame.source_sequence, k);
            const struct fr_plane *plane = fr_frame_plane(&frame, FR_PLANE_Y);
            unsigned min = 255, max = 0;
            for (uint32_t y = 0; y < H; y++)
                for (uint32_t x = 0; x < W; x++) {
                    unsigned value = plane->data[y * plane->stride_bytes + x];
                    min = value < min ? value : min;
                    max = value > max ? value : max;
                }
            ck_assert_uint_gt(max - min, 60); /* there is a picture */
            ck_assert_int_eq(fr_reader_release(rig.reader, &frame), 0);
        }
        rig_close(&rig);
        free(jpeg.bytes);
    }
}
END_TEST

START_TEST(C5_C7_jpegs_that_are_none_are_dropped_as_undecodable)
{
    static const uint8_t page[] =
        "<html><body>Error 404: this camera speaks HTTP, and it speaks of "
        "nothing but itself, at some length</body></html>";
    struct made_jpeg good = jpeg_of(W, H), other = jpeg_of(W * 2, H);
    const struct {
        const uint8_t *bytes;
        size_t length;
    } cases[] = {{page, sizeof page},
                 {good.bytes, good.length / 2}, /* cut off: its rest would look like motion */
                 {other.bytes, other.length}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        camera_reset(FR_FOURCC('R', 'G', 'B', '3'), W, H, W * 3, W * H * 3);
        camera.jpeg = good.bytes;
        camera.jpeg_bytes = good.length;
        struct rig rig = rig_streaming(&zero_copy);
        camera.jpeg = cases[c].bytes;
        camera.jpeg_bytes = cases[c].length;
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 0);
        expect_no_frame(&rig);
        ck_assert_uint_eq(dropped(&rig, FR_DROP_UNDECODABLE), 1);
        camera.jpeg = good.bytes;
        camera.jpeg_bytes = good.length;
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        struct fr_frame frame;
        ck_assert_int_eq(fr_reader_next(rig.reader, 0, &frame), 0);
        ck_assert_uint_eq(frame.flags, FR_FRAME_AFTER_GAP);
        fr_reader_release(rig.reader, &frame);
        rig_close(&rig);
    }
    free(good.bytes);
    free(other.bytes);
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

UNIT_MAIN("v4l2_source", userptr_gives_every_frame_in_order_without_a_copy,
          mmap_gives_every_frame_in_order_at_our_own_strides,
          userptr_takes_the_drivers_strides_and_all_the_room_it_wants,
          when_we_are_behind_the_newest_frame_wins_and_those_before_it_count_as_late,
          C11_frames_far_faster_than_agreed_are_dropped_at_the_source,
          C14_after_a_sleep_the_newest_frame_comes_first_and_tells_of_the_gap,
          the_newest_frame_that_is_complete_wins,
          a_frame_that_was_good_is_published_though_the_camera_is_pulled_out_behind_it,
          a_driver_without_buffers_loses_frames_and_the_gap_is_told,
          a_driver_that_refuses_our_memory_is_read_with_mmap,
          a_driver_that_wants_many_buffers_gets_them_or_is_copied_from,
          C4_a_format_that_another_program_changed_is_noticed_before_the_stream_starts,
          C1_C2_bad_buffers_are_counted_and_queued_again_and_never_published,
          C1_a_camera_that_gives_nothing_but_bad_buffers_is_opened_anew,
          C3_a_driver_whose_books_are_wrong_loses_the_camera_and_nothing_else,
          no_slot_to_copy_into_is_starvation_and_not_a_lost_camera,
          N1_readers_that_pin_everything_leave_the_driver_buffers_to_fill,
          C17_a_driver_that_fails_in_the_middle_is_told_and_left_clean,
          a_storm_of_signals_at_dequeuing_is_no_loss,
          P1_every_call_may_fail_once_and_the_second_try_works,
          a_busy_camera_is_told_as_busy_wherever_it_says_so,
          another_picture_at_the_input_is_told_and_the_source_is_to_be_opened_anew,
          mjpeg_is_decoded_into_the_slot, C5_C7_jpegs_that_are_none_are_dropped_as_undecodable,
          a_format_that_is_not_there_is_refused_with_what_is)
