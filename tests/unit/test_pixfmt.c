/* Plane tables: laid out as V4L2 defines them, and refused when they make no sense. */
#include "framering/framering.h"
#include "tests/unit/unit.h"

#include <errno.h>

static const uint32_t every_fourcc[] = {
    FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21, FR_FOURCC_YU12,
    FR_FOURCC_YV12, FR_FOURCC_422P, FR_FOURCC_YUYV, FR_FOURCC_UYVY,
};
enum { N_FOURCC = sizeof every_fourcc / sizeof *every_fourcc };

static struct fr_format format_of(uint32_t fourcc, uint32_t width_px, uint32_t height_px)
{
    return (struct fr_format){.fourcc = fourcc, .width_px = width_px, .height_px = height_px};
}

START_TEST(every_format_lays_out_aligned_and_checks)
{
    for (unsigned i = 0; i < N_FOURCC; i++) {
        struct fr_format f = format_of(every_fourcc[i], 322, 241);
        struct fr_geometry g;
        ck_assert_int_eq(fr_geometry_init(&f, &g), 0);
        ck_assert_int_eq(fr_geometry_check(&g), 0);
        for (unsigned p = 0; p < g.n_planes; p++)
            ck_assert_uint_eq(g.planes[p].stride_bytes % FR_STRIDE_ALIGN, 0);
    }
}
END_TEST

START_TEST(driver_strides_follow_v4l2)
{
    struct fr_format f = format_of(FR_FOURCC_YU12, 640, 480);
    struct fr_geometry g;
    ck_assert_int_eq(fr_geometry_init_stride(&f, 704, &g), 0);
    ck_assert_uint_eq(g.planes[0].stride_bytes, 704);
    ck_assert_uint_eq(g.planes[1].stride_bytes, 352);
    ck_assert_uint_eq(g.planes[1].offset_bytes, 704 * 480);
    ck_assert_uint_eq(g.planes[2].offset_bytes, 704 * 480 + 352 * 240);
    ck_assert_uint_eq(g.slot_bytes, 704 * 480 * 3 / 2);

    f.fourcc = FR_FOURCC_NV12;
    ck_assert_int_eq(fr_geometry_init_stride(&f, 704, &g), 0);
    ck_assert_uint_eq(g.planes[1].stride_bytes, 704);
    f.fourcc = FR_FOURCC_YUYV;
    ck_assert_int_eq(fr_geometry_init_stride(&f, 1280, &g), 0);
    ck_assert_uint_eq(g.slot_bytes, 1280 * 480);
    ck_assert_int_eq(fr_geometry_init_stride(&f, 1279, &g), -EINVAL);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    struct fr_geometry g;
    struct fr_format f = format_of(FR_FOURCC('A', 'B', 'C', 'D'), 64, 64);
    ck_assert_int_eq(fr_geometry_init(&f, &g), -ENOTSUP);
    f = format_of(FR_FOURCC_GREY, 0, 64);
    ck_assert_int_eq(fr_geometry_init(&f, &g), -EINVAL);
    f = format_of(FR_FOURCC_GREY, 64, FR_SIDE_MAX + 1);
    ck_assert_int_eq(fr_geometry_init(&f, &g), -EINVAL);
    f = format_of(FR_FOURCC_YUYV, 63, 64);
    ck_assert_int_eq(fr_geometry_init(&f, &g), -EINVAL);

    f = format_of(FR_FOURCC_YU12, 64, 64);
    ck_assert_int_eq(fr_geometry_init(&f, &g), 0);
    struct fr_geometry bad = g;
    bad.planes[1].offset_bytes = 0; /* over the luma */
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
    bad = g;
    bad.planes[2].offset_bytes = UINT64_MAX - 8; /* sum wraps */
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
    bad = g;
    bad.planes[0].stride_bytes = 32; /* narrower than a row */
    bad.planes[0].size_bytes = 32 * 64;
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
    bad = g;
    bad.planes[2].kind = FR_PLANE_U; /* twice, and V missing */
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
    bad = g;
    bad.n_planes = 2;
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
    bad = g;
    bad.n_planes = 9;
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
    bad = g;
    bad.planes[0].kind = 77;
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
    bad = g;
    bad.slot_bytes--;
    ck_assert_int_eq(fr_geometry_check(&bad), -EINVAL);
}
END_TEST

START_TEST(extra_planes_stand_behind_the_picture)
{
    struct fr_format f = format_of(FR_FOURCC_GREY, 65, 33);
    struct fr_geometry g;
    ck_assert_int_eq(fr_geometry_init(&f, &g), 0);
    ck_assert_int_eq(fr_geometry_add_plane(&g, FR_PLANE_HALF_Y, 0), 0);
    ck_assert_int_eq(fr_geometry_add_plane(&g, FR_PLANE_JPEG, 1000), 0);
    ck_assert_int_eq(fr_geometry_check(&g), 0);
    ck_assert_uint_eq(g.planes[1].rows, 17);
    ck_assert_uint_ge(g.planes[1].stride_bytes, 33);
    ck_assert_uint_eq(g.planes[2].size_bytes, 1000);
    ck_assert_int_eq(fr_geometry_add_plane(&g, FR_PLANE_Y, 0), -EINVAL);
}
END_TEST

START_TEST(luma_of_packed_frames_has_step_two)
{
    static const uint8_t pixels[16];
    struct fr_frame frame = {
        .format = format_of(FR_FOURCC_UYVY, 4, 2),
        .n_planes = 1,
        .planes = {{.data = pixels, .kind = FR_PLANE_PACKED, .stride_bytes = 8}}};
    struct fr_luma luma;
    ck_assert_int_eq(fr_frame_luma(&frame, &luma), 0);
    ck_assert_ptr_eq(luma.data, pixels + 1);
    ck_assert_uint_eq(luma.step_bytes, 2);
    frame.n_planes = 0;
    ck_assert_int_eq(fr_frame_luma(&frame, &luma), -ENOTSUP);
}
END_TEST

UNIT_MAIN("pixfmt", every_format_lays_out_aligned_and_checks, driver_strides_follow_v4l2,
          nonsense_is_refused, extra_planes_stand_behind_the_picture,
          luma_of_packed_frames_has_step_two)
