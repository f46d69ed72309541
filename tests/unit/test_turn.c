/* Turned pictures: every sample where it belongs, in every format, and nothing else touched. */
#include "common/media/turn.h"
#include "tests/unit/make_frame.h"
#include "tests/unit/unit.h"

#include "common/media/frame_rows.h"

#include <errno.h>
#include <linux/videodev2.h>

enum { FILL = 0xa5 };

static const uint32_t angles[] = {0, 90, 180, 270};

/* Where the sample at (x, y) of a turned plane was before, by the definition: the rotation undone,
 * then the mirror. */
static void where_from(struct fr_turn turn, uint32_t width, uint32_t height, uint32_t x, uint32_t y,
                       uint32_t *ret_x, uint32_t *ret_y)
{
    uint32_t from_x = x, from_y = y;
    switch (turn.rotate_deg) {
    case 90: /* what was at the bottom of a column comes first in a row */
        from_x = y, from_y = height - 1 - x;
        break;
    case 180:
        from_x = width - 1 - x, from_y = height - 1 - y;
        break;
    case 270:
        from_x = width - 1 - y, from_y = x;
        break;
    default:
        break;
    }
    *ret_x = turn.mirror ? width - 1 - from_x : from_x;
    *ret_y = from_y;
}

/* A geometry with a stride of its own, so that padding is seen. */
static struct fr_geometry geometry_of(struct fr_format format, uint32_t padding)
{
    struct fr_geometry geometry;
    uint32_t bytes = format.fourcc == FR_FOURCC_YUYV || format.fourcc == FR_FOURCC_UYVY ? 2 : 1;
    uint32_t stride = (format.width_px + 1) / 2 * 2 * bytes + 2 * padding;
    ck_assert_int_eq(fr_geometry_init_stride(&format, stride, &geometry), 0);
    return geometry;
}

static struct fr_frame frame_at(const struct fr_geometry *geometry, const uint8_t *bytes)
{
    struct fr_frame frame = {.format = geometry->format, .n_planes = geometry->n_planes};
    for (unsigned i = 0; i < geometry->n_planes; i++)
        frame.planes[i] =
            (struct fr_plane){bytes + geometry->planes[i].offset_bytes, geometry->planes[i].kind,
                              geometry->planes[i].stride_bytes, geometry->planes[i].rows,
                              geometry->planes[i].size_bytes};
    return frame;
}

static uint32_t random_state = 3;

static uint8_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (uint8_t)(random_state >> 20);
}

/* The sample that a turned component has to have at (x, y). */
static uint8_t wanted_sample(const struct fr_frame_rows *from, unsigned component,
                             struct fr_turn turn, bool is_averaged, uint32_t x, uint32_t y)
{
    uint32_t width = fr_frame_rows_width_px(from, component), from_x, from_y;
    uint32_t height = fr_frame_rows_height_px(from, component);
    const uint8_t *data = from->component[component].data;
    uint32_t stride = from->component[component].stride_bytes;
    uint32_t step = from->component[component].step_bytes;
    uint32_t rows = is_averaged ? (height + 1) / 2 : height;
    where_from(turn, width, rows, x, y, &from_x, &from_y);
    if (!is_averaged)
        return data[(size_t)from_y * stride + from_x * step];
    uint32_t lower_y = 2 * from_y + 1 < height ? 2 * from_y + 1 : 2 * from_y;
    return (uint8_t)((data[(size_t)2 * from_y * stride + from_x * step] +
                      data[(size_t)lower_y * stride + from_x * step] + 1) /
                     2);
}

/* Marks the bytes of the slot that belong to the picture: all others must stay. */
static void mark(const struct fr_geometry *geometry, uint8_t *is_pixel)
{
    uint32_t width = geometry->format.width_px, chroma = (width + 1) / 2;
    for (unsigned i = 0; i < geometry->n_planes; i++) {
        const struct fr_plane_layout *plane = &geometry->planes[i];
        uint32_t bytes = plane->kind == FR_PLANE_Y                                ? width
                         : plane->kind == FR_PLANE_PACKED                         ? 2 * width
                         : plane->kind == FR_PLANE_U || plane->kind == FR_PLANE_V ? chroma
                                                                                  : 2 * chroma;
        for (uint32_t y = 0; y < plane->rows; y++)
            memset(is_pixel + plane->offset_bytes + (size_t)y * plane->stride_bytes, 1, bytes);
    }
}

static void check(uint32_t fourcc, uint32_t width, uint32_t height, struct fr_turn turn)
{
    const struct fr_format format = {
        .fourcc = fourcc, .width_px = width, .height_px = height, .field = 1, .rate_num = 25};
    struct fr_format turned;
    struct fr_frame_rows from_rows, to_rows;
    ck_assert_int_eq(fr_turn_format(turn, &format, &turned), 0);
    struct fr_geometry from = geometry_of(format, 3), to = geometry_of(turned, 5);
    ck_assert_uint_eq(turned.rate_num, 25);

    /* To the last pixel: a sanitizer sees what is read behind it. */
    uint8_t *is_pixel = calloc(1, from.slot_bytes);
    mark(&from, is_pixel);
    size_t bytes = from.slot_bytes;
    while (!is_pixel[bytes - 1])
        bytes--;
    free(is_pixel);
    uint8_t *source = malloc(bytes), *slot = malloc(to.slot_bytes);
    for (size_t i = 0; i < bytes; i++)
        source[i] = next_random();
    memset(slot, FILL, to.slot_bytes);
    ck_assert_int_eq(fr_turn_picture(turn, &from, source, &to, slot), 0);

    struct fr_frame from_frame = frame_at(&from, source), to_frame = frame_at(&to, slot);
    ck_assert_int_eq(fr_frame_rows_init(&from_frame, &from_rows), 0);
    ck_assert_int_eq(fr_frame_rows_init(&to_frame, &to_rows), 0);
    bool is_averaged = turned.fourcc != fourcc;
    for (unsigned c = 0; c < (from_rows.chroma_width_px ? 3u : 1u); c++) {
        uint32_t w = fr_frame_rows_width_px(&to_rows, c), h = fr_frame_rows_height_px(&to_rows, c);
        uint8_t *row = malloc(w);
        for (uint32_t y = 0; y < h; y++) {
            fr_frame_rows_copy(&to_rows, c, y, row);
            for (uint32_t x = 0; x < w; x++)
                if (row[x] != wanted_sample(&from_rows, c, turn, is_averaged && c, x, y))
                    ck_abort_msg("%.4s %ux%u turned by %u%s: component %u differs at %u,%u",
                                 (const char *)&fourcc, width, height, turn.rotate_deg,
                                 turn.mirror ? " mirrored" : "", c, x, y);
        }
        free(row);
    }
    is_pixel = calloc(1, to.slot_bytes);
    mark(&to, is_pixel);
    for (size_t i = 0; i < to.slot_bytes; i++)
        if (!is_pixel[i] && slot[i] != FILL)
            ck_abort_msg("%ux%u: byte %zu is no pixel and was written", width, height, i);
    free(is_pixel);
    free(slot);
    free(source);
}

START_TEST(every_sample_is_where_the_turn_puts_it_in_every_format)
{
    static const uint32_t sizes[][2] = {{64, 64}, {2, 1},   {2, 2},    {6, 5},    {130, 67},
                                        {66, 64}, {200, 9}, {10, 131}, {128, 192}};
    for (int f = 0; f < N_RING_FOURCCS; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int a = 0; a < 4; a++)
                for (int m = 0; m < 2; m++)
                    check(ring_fourccs[f], sizes[s][0], sizes[s][1],
                          (struct fr_turn){angles[a], m});
}
END_TEST

START_TEST(odd_sizes_are_turned_in_every_format_that_has_them)
{
    static const uint32_t sizes[][2] = {{1, 1}, {65, 63}, {33, 7}, {7, 129}};
    for (int f = 0; f < N_RING_FOURCCS; f++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (int a = 0; a < 4; a++)
                for (int m = 0; m < 2; m++)
                    if (ring_fourccs[f] != FR_FOURCC_YUYV && ring_fourccs[f] != FR_FOURCC_UYVY)
                        check(ring_fourccs[f], sizes[s][0], sizes[s][1],
                              (struct fr_turn){angles[a], m});
}
END_TEST

START_TEST(a_turned_format_has_its_sides_exchanged_and_chroma_that_the_ring_knows)
{
    const struct fr_format yuyv = {.fourcc = FR_FOURCC_YUYV, .width_px = 64, .height_px = 33};
    struct fr_format to;
    ck_assert_int_eq(fr_turn_format((struct fr_turn){180, true}, &yuyv, &to), 0);
    ck_assert_mem_eq(&to, &yuyv, sizeof to);
    ck_assert_int_eq(fr_turn_format((struct fr_turn){90, false}, &yuyv, &to), 0);
    ck_assert_uint_eq(to.fourcc, FR_FOURCC_YU12);
    ck_assert_uint_eq(to.width_px, 33);
    ck_assert_uint_eq(to.height_px, 64);
    ck_assert_int_eq(fr_turn_format((struct fr_turn){45, false}, &yuyv, &to), -EINVAL);
    ck_assert_int_eq(fr_turn_format((struct fr_turn){360, false}, &yuyv, &to), -EINVAL);
    ck_assert_int_eq(fr_turn_format((struct fr_turn){90, false},
                                    &(struct fr_format){.fourcc = 1, .width_px = 2, .height_px = 2},
                                    &to),
                     -ENOTSUP);
}
END_TEST

START_TEST(geometries_that_do_not_belong_together_are_refused_and_nothing_is_written)
{
    const struct fr_format format = {.fourcc = FR_FOURCC_YU12, .width_px = 32, .height_px = 16};
    struct fr_geometry from = geometry_of(format, 0), to = from;
    uint8_t *source = calloc(1, from.slot_bytes), *slot = calloc(1, to.slot_bytes);
    memset(source, 1, from.slot_bytes);
    ck_assert_int_eq(fr_turn_picture((struct fr_turn){90, false}, &from, source, &to, slot),
                     -EINVAL);
    to.format.fourcc = FR_FOURCC_YV12;
    ck_assert_int_eq(fr_turn_picture((struct fr_turn){0, true}, &from, source, &to, slot), -EINVAL);
    to = from;
    to.n_planes = 2;
    ck_assert_int_eq(fr_turn_picture((struct fr_turn){0, true}, &from, source, &to, slot), -EINVAL);
    to = from;
    to.planes[0].size_bytes--;
    ck_assert_int_eq(fr_turn_picture((struct fr_turn){0, true}, &from, source, &to, slot), -EINVAL);
    for (size_t i = 0; i < from.slot_bytes; i++)
        ck_assert_uint_eq(slot[i], 0);
    free(slot);
    free(source);
}
END_TEST

/* Two turns, one after the other, on the corners of a picture of 3 by 2. */
static void turn_point(struct fr_turn turn, uint32_t *width, uint32_t *height, uint32_t *x,
                       uint32_t *y)
{
    uint32_t from_x, from_y, w = turn.rotate_deg % 180 ? *height : *width;
    uint32_t h = turn.rotate_deg % 180 ? *width : *height;
    for (uint32_t to_y = 0; to_y < h; to_y++)
        for (uint32_t to_x = 0; to_x < w; to_x++) {
            where_from(turn, *width, *height, to_x, to_y, &from_x, &from_y);
            if (from_x == *x && from_y == *y) {
                *x = to_x, *y = to_y, *width = w, *height = h;
                return;
            }
        }
    ck_abort_msg("no place for %u,%u", *x, *y);
}

START_TEST(what_a_camera_has_done_and_what_is_left_make_what_was_wanted)
{
    for (int wanted = 0; wanted < 8; wanted++)
        for (int done = 0; done < 8; done++) {
            struct fr_turn all = {angles[wanted % 4], wanted >= 4};
            struct fr_turn first = {angles[done % 4], done >= 4};
            struct fr_turn left = fr_turn_left(all, first);
            for (uint32_t corner = 0; corner < 6; corner++) {
                uint32_t w = 3, h = 2, x = corner % 3, y = corner / 3;
                uint32_t w2 = 3, h2 = 2, x2 = x, y2 = y;
                turn_point(all, &w, &h, &x, &y);
                turn_point(first, &w2, &h2, &x2, &y2);
                turn_point(left, &w2, &h2, &x2, &y2);
                ck_assert_msg(w == w2 && h == h2 && x == x2 && y == y2,
                              "%u %d after %u %d is not %u %d", left.rotate_deg, left.mirror,
                              first.rotate_deg, first.mirror, all.rotate_deg, all.mirror);
            }
            ck_assert(fr_turn_is_none(left) == (wanted == done));
        }
}
END_TEST

START_TEST(interlaced_pictures_are_mirrored_and_not_rotated)
{
    ck_assert(fr_turn_suits_field((struct fr_turn){0, true}, V4L2_FIELD_INTERLACED));
    ck_assert(!fr_turn_suits_field((struct fr_turn){90, false}, V4L2_FIELD_INTERLACED));
    ck_assert(!fr_turn_suits_field((struct fr_turn){180, true}, V4L2_FIELD_INTERLACED_TB));
    ck_assert(!fr_turn_suits_field((struct fr_turn){180, false}, V4L2_FIELD_INTERLACED_BT));
    ck_assert(fr_turn_suits_field((struct fr_turn){270, true}, V4L2_FIELD_NONE));
    ck_assert(fr_turn_suits_field((struct fr_turn){270, true}, V4L2_FIELD_TOP));
}
END_TEST

UNIT_MAIN("turn", every_sample_is_where_the_turn_puts_it_in_every_format,
          odd_sizes_are_turned_in_every_format_that_has_them,
          a_turned_format_has_its_sides_exchanged_and_chroma_that_the_ring_knows,
          geometries_that_do_not_belong_together_are_refused_and_nothing_is_written,
          what_a_camera_has_done_and_what_is_left_make_what_was_wanted,
          interlaced_pictures_are_mirrored_and_not_rotated)
