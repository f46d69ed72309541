/* Recordings in Y4M: planes as they are, and damage costs a frame, no more. */
#include "common/media/y4m.h"
#include "tests/unit/make_recording.h"

#include <errno.h>

static void write_y4m(const char *path, const char *header, size_t frame_bytes, int frames)
{
    uint8_t *bytes = malloc(frame_bytes);
    append(path, header, strlen(header));
    for (int i = 0; i < frames; i++) {
        for (size_t k = 0; k < frame_bytes; k++)
            bytes[k] = (uint8_t)(k * 7 + (size_t)i * 31 + (k >> 8));
        append(path, "FRAME\n", 6);
        append(path, bytes, frame_bytes);
    }
    free(bytes);
}

static void check_y4m(const char *chroma, uint32_t native, uint32_t fourcc, uint32_t c_w,
                      uint32_t c_h)
{
    enum { YW = 33, YH = 21 };
    char header[128];
    size_t frame_bytes = YW * YH + 2 * (size_t)c_w * c_h;
    const char *path = in_folder("clip");
    unlink(path);
    snprintf(header, sizeof header, "YUV4MPEG2 W%d H%d F30000:1001 Ip A1:1 %s\n", YW, YH, chroma);
    write_y4m(path, header, frame_bytes, 3);

    struct fr_recording *recording = open_ok(path);
    const struct fr_recording_info *info = fr_recording_info(recording);
    ck_assert_int_eq(info->kind, FR_RECORDING_Y4M);
    ck_assert_uint_eq(info->format.fourcc, native);
    ck_assert_uint_eq(info->format.rate_num, 30000);
    ck_assert_uint_eq(info->format.rate_den, 1001);
    ck_assert_uint_eq(info->frames, 3);
    struct fr_geometry geometry = geometry_of(fourcc, YW, YH);
    uint8_t *slot = malloc(geometry.slot_bytes);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 3; i++) {
            struct fr_recording_frame frame;
            ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), 0);
            ck_assert_uint_eq(frame.idx, i);
            for (unsigned p = 0; p < geometry.n_planes; p++) {
                const struct fr_plane_layout *plane = &geometry.planes[p];
                uint32_t w = plane->kind == FR_PLANE_Y ? YW : c_w;
                size_t from = plane->kind == FR_PLANE_Y   ? 0
                              : plane->kind == FR_PLANE_U ? YW * YH
                                                          : YW * YH + (size_t)c_w * c_h;
                for (uint32_t y = 0; y < plane->rows; y++)
                    for (uint32_t x = 0; x < w; x++) {
                        size_t k = from + (size_t)y * w + x;
                        ck_assert_uint_eq(
                            slot[plane->offset_bytes + (size_t)y * plane->stride_bytes + x],
                            (uint8_t)(k * 7 + i * 31 + (k >> 8)));
                    }
            }
        }
        struct fr_recording_frame frame;
        ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), -ENODATA);
        ck_assert_int_eq(fr_recording_rewind(recording), 0);
    }
    free(slot);
    fr_recording_close(recording);
}

START_TEST(y4m_planes_arrive_as_they_are)
{
    check_y4m("Cmono", FR_FOURCC_GREY, FR_FOURCC_GREY, 0, 0);
    check_y4m("C420jpeg", FR_FOURCC_YU12, FR_FOURCC_YU12, 17, 11);
    check_y4m("C420mpeg2", FR_FOURCC_YU12, FR_FOURCC_YV12, 17, 11);
    check_y4m("", FR_FOURCC_YU12, FR_FOURCC_GREY, 17, 11);
    check_y4m("C422", FR_FOURCC_422P, FR_FOURCC_422P, 17, 21);
    check_y4m("C422", FR_FOURCC_422P, FR_FOURCC_GREY, 17, 21);
}
END_TEST

START_TEST(damaged_y4m_ends_with_one_bad_frame)
{
    const char *path = in_folder("clip");
    write_y4m(path, "YUV4MPEG2 W70 H50\n", 70 * 50 * 3 / 2, 2);
    append(path, "FRAME\nshort", 11);
    struct fr_recording *recording = open_ok(path);
    ck_assert_uint_eq(fr_recording_info(recording)->frames, 0);
    struct fr_geometry geometry = geometry_of(FR_FOURCC_YU12, W, H);
    uint8_t *slot = malloc(geometry.slot_bytes);
    struct fr_recording_frame frame;
    ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), 0);
    ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), 0);
    check_next_fails(recording, -EBADMSG, "ends within the frame");
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);

    unlink(path);
    write_y4m(path, "YUV4MPEG2 W70 H50\n", 70 * 50 * 3 / 2, 1);
    append(path, "FRAMX\n", 6);
    recording = open_ok(path);
    ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), 0);
    check_next_fails(recording, -EBADMSG, "FRAME");
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    free(slot);
}
END_TEST

START_TEST(y4m_that_ends_anywhere_or_is_asked_for_otherwise_is_told)
{
    const char *path = in_folder("ends.y4m");
    static uint8_t slot[1 << 16];
    struct fr_recording_frame frame;
    append(path, "YUV4MPEG2 W8 H8", 15);
    check_refused(path, -EBADMSG, "ends within its header");
    append(path, " F0:0\n", 6);
    uint8_t bytes[8 * 8 * 3 / 2] = {1};
    append(path, "FRAME\n", 6);
    append(path, bytes, sizeof bytes);
    append(path, "FRA", 3);
    struct fr_recording *recording = open_ok(path);
    ck_assert_uint_eq(fr_recording_info(recording)->frames,
                      0); /* the size does not fit: not known */
    struct fr_geometry geometry = geometry_of(FR_FOURCC_NV12, 8, 8);
    ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), -ENOTSUP);
    ck_assert_ptr_nonnull(strstr(fr_recording_reason(recording), "YU12, YV12 or GREY only"));
    geometry.planes[0].stride_bytes = 1;
    ck_assert_int_lt(fr_recording_next(recording, &geometry, slot, &frame), 0);
    ck_assert_ptr_nonnull(strstr(fr_recording_reason(recording), "makes no sense"));
    geometry = geometry_of(FR_FOURCC_YV12, 8, 8);
    ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), 0);
    check_next_fails(recording, -EBADMSG, "within a FRAME line");
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    /* Who wants no reason is told the number alone. */
    ck_assert_int_eq(fr_recording_open(in_folder("absent"), &recording, NULL, 0), -ENOENT);
}
END_TEST

UNIT_MAIN("recording_y4m", y4m_planes_arrive_as_they_are, damaged_y4m_ends_with_one_bad_frame,
          y4m_that_ends_anywhere_or_is_asked_for_otherwise_is_told)
