/* The V4L2 source when frames come faster than they are taken, late, or with no place to go. */
#include "tests/ipc/asleep.h"
#include "tests/ipc/camera_rig.h"

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
        /* A camera of 1,000 frames/s takes two seconds for that many. Ours is in it, and is
         * drawn. */
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

UNIT_MAIN("v4l2_pace", when_we_are_behind_the_newest_frame_wins_and_those_before_it_count_as_late,
          the_newest_frame_that_is_complete_wins,
          C11_frames_far_faster_than_agreed_are_dropped_at_the_source,
          C14_after_a_sleep_the_newest_frame_comes_first_and_tells_of_the_gap,
          a_driver_without_buffers_loses_frames_and_the_gap_is_told,
          no_slot_to_copy_into_is_starvation_and_not_a_lost_camera,
          N1_readers_that_pin_everything_leave_the_driver_buffers_to_fill)
