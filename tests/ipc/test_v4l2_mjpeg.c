/* The V4L2 source on a camera that gives JPEG. */
#include "tests/ipc/camera_rig.h"
#include "tests/unit/make_jpeg.h"

#include "capture/v4l2_format.h"

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

UNIT_MAIN("v4l2_mjpeg", mjpeg_is_decoded_into_the_slot,
          C5_C7_jpegs_that_are_none_are_dropped_as_undecodable)
