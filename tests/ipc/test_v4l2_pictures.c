/* What becomes of a camera's picture on its way into a slot: decoded in every mode, turned, kept,
 * and reduced, on a made-up driver and a real ring. */
#include "tests/ipc/camera_rig.h"
#include "tests/unit/make_jpeg.h"

#include "common/media/half_luma.h"
#include "common/media/jpeg_decode.h"
#include "common/media/jpeg_keep.h"
#include "common/media/turn.h"

static const uint32_t formats[] = {FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21, FR_FOURCC_YU12,
                                   FR_FOURCC_YV12, FR_FOURCC_422P, FR_FOURCC_YUYV, FR_FOURCC_UYVY};
enum { N_FORMATS = sizeof formats / sizeof *formats };

static void jpeg_camera(const struct made_jpeg *jpeg)
{
    camera_reset(FR_FOURCC('R', 'G', 'B', '3'), W, H, W * 3, W * H * 3);
    camera.jpeg = jpeg->bytes;
    camera.jpeg_bytes = jpeg->length;
}

static struct made_jpeg jpeg_of(int h, int v)
{
    return make_jpeg(&(struct make_jpeg){.width = W, .height = H, .h = h, .v = v});
}

/* The planes of the frame's picture are those of `want` in `geometry`. */
static void check_picture(const struct fr_frame *frame, const struct fr_geometry *geometry,
                          const uint8_t *want)
{
    uint32_t width = geometry->format.width_px, chroma = (width + 1) / 2;
    ck_assert_uint_eq(frame->format.fourcc, geometry->format.fourcc);
    ck_assert_uint_eq(frame->format.width_px, width);
    ck_assert_uint_eq(frame->format.height_px, geometry->format.height_px);
    for (unsigned i = 0; i < geometry->n_planes; i++) {
        const struct fr_plane_layout *plane = &geometry->planes[i];
        const struct fr_plane *got = fr_frame_plane(frame, plane->kind);
        uint32_t bytes = plane->kind == FR_PLANE_Y                                ? width
                         : plane->kind == FR_PLANE_U || plane->kind == FR_PLANE_V ? chroma
                                                                                  : 2 * chroma;
        ck_assert_ptr_nonnull(got);
        for (uint32_t y = 0; y < plane->rows; y++)
            if (memcmp(got->data + (size_t)y * got->stride_bytes,
                       want + plane->offset_bytes + (size_t)y * plane->stride_bytes, bytes))
                ck_abort_msg("plane %u, row %u differs", plane->kind, y);
    }
}

static void check_half_luma(const struct fr_frame *frame)
{
    const struct fr_plane *plane = fr_frame_plane(frame, FR_PLANE_HALF_Y);
    uint8_t want[W * H];
    struct fr_luma luma;
    ck_assert_ptr_nonnull(plane);
    ck_assert_int_eq(fr_frame_luma(frame, &luma), 0);
    uint32_t width = fr_half_px(luma.width_px);
    fr_half_luma_at(FR_SIMD_PLAIN, &luma, want, width);
    for (uint32_t y = 0; y < fr_half_px(luma.height_px); y++)
        ck_assert_mem_eq(plane->data + (size_t)y * plane->stride_bytes, want + (size_t)y * width,
                         width);
}

/* One more picture, read back. */
static struct fr_frame take_frame(struct rig *rig)
{
    struct fr_frame frame;
    camera_shoot(1);
    int rc = rig_step(rig);
    ck_assert_msg(rc == 1, "%d: %s", rc, rig->reason);
    ck_assert_int_eq(fr_reader_next(rig->reader, 0, &frame), 0);
    return frame;
}

/* ---------------------------------------------------------------- JPEG */

START_TEST(jpegs_are_decoded_in_every_mode)
{
    static const uint32_t scales[] = {0, 1, 2, 4};
    struct made_jpeg jpeg = jpeg_of(2, 1);
    for (size_t s = 0; s < 4; s++)
        for (int mode = 0; mode < 8; mode++) {
            bool is_luma = mode & 1, is_kept = mode & 2, has_half = mode & 4;
            jpeg_camera(&jpeg);
            const struct fr_source_request request = {.spec = "/dev/null",
                                                      .slots = SLOTS,
                                                      .mjpeg_luma = is_luma,
                                                      .mjpeg_scale = scales[s],
                                                      .keep_jpeg = is_kept,
                                                      .half_luma = has_half};
            struct rig rig = rig_streaming(&request);
            ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_MJPEG);
            const struct fr_jpeg_agreed agreed = {W, H, scales[s] ? scales[s] : 1};
            const struct fr_format format = {.fourcc = is_luma ? FR_FOURCC_GREY : FR_FOURCC_422P,
                                             .width_px = fr_jpeg_scaled_px(W, agreed.scale),
                                             .height_px = fr_jpeg_scaled_px(H, agreed.scale)};
            struct fr_geometry geometry;
            struct fr_jpeg_decoder *decoder;
            ck_assert_int_eq(fr_geometry_init(&format, &geometry), 0);
            ck_assert_int_eq(fr_jpeg_decoder_new(&decoder), 0);
            uint8_t *want = calloc(1, geometry.slot_bytes);
            ck_assert_int_eq(
                fr_jpeg_decode_agreed(decoder, jpeg.bytes, jpeg.length, &agreed, &geometry, want),
                0);
            for (int i = 0; i < 3; i++) {
                struct fr_frame frame = take_frame(&rig);
                check_picture(&frame, &geometry, want);
                const struct fr_plane *kept = fr_frame_plane(&frame, FR_PLANE_JPEG);
                ck_assert((kept != NULL) == is_kept);
                if (kept) {
                    ck_assert_uint_eq(kept->size_bytes, jpeg.length);
                    ck_assert_mem_eq(kept->data, jpeg.bytes, jpeg.length);
                }
                ck_assert((fr_frame_plane(&frame, FR_PLANE_HALF_Y) != NULL) == has_half);
                if (has_half)
                    check_half_luma(&frame);
                fr_reader_release(rig.reader, &frame);
            }
            free(want);
            fr_jpeg_decoder_free(decoder);
            rig_close(&rig);
        }
    free(jpeg.bytes);
}
END_TEST

START_TEST(a_kept_jpeg_without_tables_gets_them_and_there_is_room)
{
    struct made_jpeg jpeg = make_jpeg(
        &(struct make_jpeg){.width = W, .height = H, .h = 2, .v = 1, .has_no_tables = true});
    jpeg_camera(&jpeg);
    struct rig rig = rig_streaming(
        &(struct fr_source_request){.spec = "/dev/null", .slots = SLOTS, .keep_jpeg = true});
    /* What the driver may send, and all that is put beside it. */
    unsigned last = rig.offer.geometry.n_planes - 1;
    ck_assert_uint_eq(rig.offer.geometry.planes[last].size_bytes, W * H * 2 + FR_JPEG_KEEP_EXTRA);
    struct fr_frame frame = take_frame(&rig);
    const struct fr_plane *kept = fr_frame_plane(&frame, FR_PLANE_JPEG);
    struct fr_jpeg_info info;
    ck_assert_int_eq(fr_jpeg_probe(kept->data, kept->size_bytes, &info), 0);
    ck_assert(info.has_huffman_tables);
    fr_reader_release(rig.reader, &frame);
    rig_close(&rig);
    free(jpeg.bytes);
}
END_TEST

/* As the capture loop does when step() says -EAGAIN. */
static void follow_offer(struct rig *rig, uint32_t slots)
{
    ops->stop(rig->source);
    for (uint32_t i = 0; i < slots; i++)
        fr_writer_discard(rig->writer, i, FR_DROP_REASONS);
    ck_assert_int_eq(ops->start(rig->source, rig->writer, &rig->offer, rig->reason), -EAGAIN);
    const struct fr_epoch_options options = {.geometry = rig->offer.geometry,
                                             .slots = slots,
                                             .hand = rig->offer.hand,
                                             .copy_path = rig->offer.copy_path};
    struct fr_frame frame;
    ck_assert_int_eq(fr_writer_begin(rig->writer, &options), 0);
    ck_assert_int_eq(ops->start(rig->source, rig->writer, &rig->offer, rig->reason), 0);
    int rc = -ENOTCONN;
    while (rc == -ENOTCONN)
        rc = fr_reader_next(rig->reader, 0, &frame);
    ck_assert_int_eq(rc, -ETIMEDOUT);
}

START_TEST(the_first_picture_decides_on_the_sampling_and_later_ones_are_resampled)
{
    struct made_jpeg two = jpeg_of(2, 2), one = jpeg_of(2, 1),
                     grey =
                         make_jpeg(&(struct make_jpeg){.width = W, .height = H, .components = 1});
    const struct {
        struct made_jpeg first;
        uint32_t fourcc;
    } cases[] = {{two, FR_FOURCC_YU12}, {one, FR_FOURCC_422P}, {grey, FR_FOURCC_GREY}};
    for (size_t c = 0; c < 3; c++) {
        jpeg_camera(&cases[c].first);
        struct rig rig = rig_streaming(&zero_copy);
        camera_shoot(1);
        if (cases[c].fourcc == FR_FOURCC_422P) {
            ck_assert_int_eq(rig_step(&rig), 1);
        } else {
            ck_assert_int_eq(rig_step(&rig), -EAGAIN);
            follow_offer(&rig, SLOTS);
        }
        ck_assert_uint_eq(rig.offer.geometry.format.fourcc, cases[c].fourcc);
        for (uint32_t reason = 0; reason < FR_DROP_REASONS; reason++)
            ck_assert_uint_eq(dropped(&rig, reason), 0);
        /* The other sampling from now on: no further epoch for that. */
        const struct made_jpeg *other = c == 0 ? &one : &two;
        camera.jpeg = other->bytes;
        camera.jpeg_bytes = other->length;
        camera_shoot(1);
        ck_assert_int_eq(rig_step(&rig), 1);
        rig_close(&rig);
    }
    /* Asked for by name it stays, whatever comes. */
    jpeg_camera(&two);
    struct rig rig = rig_streaming(
        &(struct fr_source_request){.spec = "/dev/null", .slots = SLOTS, .fourcc = FR_FOURCC_422P});
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    rig_close(&rig);
    free(two.bytes);
    free(one.bytes);
    free(grey.bytes);
}
END_TEST

START_TEST(a_camera_that_comes_back_is_believed_to_sample_as_it_did)
{
    struct made_jpeg jpeg = jpeg_of(2, 2);
    jpeg_camera(&jpeg);
    struct rig rig = rig_streaming(&zero_copy);
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), -EAGAIN);
    follow_offer(&rig, SLOTS);
    struct fr_source_request again = zero_copy;
    again.decoded_fourcc = rig.offer.decoded_fourcc;
    struct fr_geometry before = rig.offer.geometry;
    rig_close(&rig);

    jpeg_camera(&jpeg);
    rig = rig_streaming(&again);
    ck_assert_mem_eq(&rig.offer.geometry, &before, sizeof before); /* so the ring could stay */
    camera_shoot(1);
    ck_assert_int_eq(rig_step(&rig), 1);
    rig_close(&rig);
    free(jpeg.bytes);
}
END_TEST

START_TEST(C6_warnings_are_counted_and_the_frame_is_taken)
{
    struct made_jpeg jpeg = jpeg_of(2, 1);
    enum { STRAY = 6 };
    uint8_t *odd = malloc(jpeg.length + STRAY);
    /* Extraneous bytes before a marker, as some webcams have in every frame. */
    size_t at = 4 + (size_t)(jpeg.bytes[4] << 8 | jpeg.bytes[5]); /* behind the first segment */
    memcpy(odd, jpeg.bytes, at);
    memset(odd + at, 0, STRAY);
    memcpy(odd + at + STRAY, jpeg.bytes + at, jpeg.length - at);
    jpeg_camera(&jpeg);
    struct rig rig = rig_streaming(&zero_copy);
    const char *text = NULL;
    struct fr_frame frame = take_frame(&rig);
    fr_reader_release(rig.reader, &frame);
    ck_assert_uint_eq(ops->oddities(rig.source, &text), 0);
    camera.jpeg = odd;
    camera.jpeg_bytes = jpeg.length + STRAY;
    for (uint64_t i = 1; i < 4; i++) {
        frame = take_frame(&rig);
        ck_assert_uint_eq(frame.flags, 0);
        fr_reader_release(rig.reader, &frame);
        ck_assert_uint_eq(ops->oddities(rig.source, &text), i);
        ck_assert_ptr_nonnull(strstr(text, "extraneous"));
    }
    rig_close(&rig);
    free(odd);
    free(jpeg.bytes);
}
END_TEST

/* ---------------------------------------------------------------- turned */

/* The driver's buffer, tight, as a picture of its format. */
static struct fr_geometry driver_geometry(uint32_t fourcc)
{
    const struct fr_format format = {.fourcc = fourcc, .width_px = W, .height_px = H, .field = 1};
    struct fr_geometry geometry;
    uint32_t bytes = fourcc == FR_FOURCC_YUYV || fourcc == FR_FOURCC_UYVY ? 2 : 1;
    ck_assert_int_eq(fr_geometry_init_stride(&format, W * bytes, &geometry), 0);
    return geometry;
}

static uint8_t *driver_picture(const struct fr_geometry *geometry, uint32_t sequence)
{
    uint8_t *picture = malloc(geometry->slot_bytes);
    for (size_t i = 0; i < geometry->slot_bytes; i++)
        picture[i] = camera_byte(sequence, i);
    return picture;
}

START_TEST(raw_pictures_are_turned_in_the_copy_in_every_format)
{
    for (size_t k = 0; k < N_FORMATS; k++)
        for (uint32_t angle = 0; angle < 360; angle += 90)
            for (int mirror = 0; mirror < 2; mirror++) {
                struct fr_geometry from = driver_geometry(formats[k]), to;
                const struct fr_turn turn = {angle, mirror};
                struct fr_format format;
                camera_reset(formats[k], W, H, from.planes[0].stride_bytes,
                             (uint32_t)from.slot_bytes);
                struct rig rig = rig_streaming(&(struct fr_source_request){.spec = "/dev/null",
                                                                           .slots = SLOTS,
                                                                           .half_luma = true,
                                                                           .rotate_deg = angle,
                                                                           .mirror = mirror});
                ck_assert_uint_eq(rig.offer.copy_path,
                                  fr_turn_is_none(turn) ? FR_PATH_USERPTR : FR_PATH_MMAP);
                ck_assert_int_eq(fr_turn_format(turn, &from.format, &format), 0);
                ck_assert_int_eq(fr_geometry_init(&format, &to), 0);
                uint8_t *want = calloc(1, to.slot_bytes);
                for (uint32_t i = 0; i < 3; i++) {
                    struct fr_frame frame = take_frame(&rig);
                    uint8_t *picture = driver_picture(&from, frame.source_sequence);
                    fr_turn_picture(turn, &from, picture, &to, want);
                    check_picture(&frame, &to, want);
                    check_half_luma(&frame);
                    fr_reader_release(rig.reader, &frame);
                    free(picture);
                }
                free(want);
                rig_close(&rig);
            }
}
END_TEST

START_TEST(jpegs_are_turned_after_they_are_decoded)
{
    struct made_jpeg jpeg = jpeg_of(2, 1);
    jpeg_camera(&jpeg);
    struct rig rig = rig_streaming(&(struct fr_source_request){.spec = "/dev/null",
                                                               .slots = SLOTS,
                                                               .mjpeg_scale = 2,
                                                               .half_luma = true,
                                                               .rotate_deg = 90});
    const struct fr_jpeg_agreed agreed = {W, H, 2};
    const struct fr_format format = {
        .fourcc = FR_FOURCC_422P, .width_px = W / 2, .height_px = H / 2, .field = 1};
    const struct fr_turn turn = {90, false};
    struct fr_geometry decoded, turned;
    struct fr_format turned_format;
    struct fr_jpeg_decoder *decoder;
    ck_assert_int_eq(fr_geometry_init(&format, &decoded), 0);
    ck_assert_int_eq(fr_turn_format(turn, &format, &turned_format), 0);
    ck_assert_uint_eq(turned_format.fourcc, FR_FOURCC_YU12);
    ck_assert_int_eq(fr_geometry_init(&turned_format, &turned), 0);
    ck_assert_int_eq(fr_jpeg_decoder_new(&decoder), 0);
    uint8_t *picture = calloc(1, decoded.slot_bytes), *want = calloc(1, turned.slot_bytes);
    ck_assert_int_eq(
        fr_jpeg_decode_agreed(decoder, jpeg.bytes, jpeg.length, &agreed, &decoded, picture), 0);
    fr_turn_picture(turn, &decoded, picture, &turned, want);
    struct fr_frame frame = take_frame(&rig);
    check_picture(&frame, &turned, want);
    check_half_luma(&frame);
    fr_reader_release(rig.reader, &frame);
    fr_jpeg_decoder_free(decoder);
    free(want);
    free(picture);
    rig_close(&rig);
    free(jpeg.bytes);
}
END_TEST

/* ---------------------------------------------------------------- half-size luma beside zero copy */

START_TEST(zero_copy_stays_with_half_size_luma_and_the_driver_has_no_room_in_it)
{
    /* A driver that wants more than the picture takes. */
    enum { WANTED = GREY_BYTES + 1000 };
    camera_reset(FR_FOURCC_GREY, W, H, STRIDE, WANTED);
    struct rig rig = rig_streaming(
        &(struct fr_source_request){.spec = "/dev/null", .slots = SLOTS, .half_luma = true});
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_USERPTR);
    const struct fr_plane_layout *half = &rig.offer.geometry.planes[1];
    ck_assert_uint_eq(half->kind, FR_PLANE_HALF_Y);
    ck_assert_uint_eq(half->offset_bytes % 4096, 0);
    for (uint32_t i = 0; i < camera.n_buffers; i++)
        if (camera.buffers[i].is_queued)
            ck_assert_uint_le(camera.buffers[i].parts[0].length, half->offset_bytes);
    for (uint32_t k = 0; k < 20; k++) {
        struct fr_frame frame = take_frame(&rig);
        check_half_luma(&frame);
        const struct fr_plane *plane = fr_frame_plane(&frame, FR_PLANE_Y);
        for (uint32_t y = 0; y < H; y++)
            for (uint32_t x = 0; x < W; x++)
                ck_assert(plane->data[y * STRIDE + x] == camera_byte(k, y * STRIDE + x));
        fr_reader_release(rig.reader, &frame);
    }
    rig_close(&rig);
}
END_TEST

START_TEST(a_driver_that_refuses_our_memory_keeps_the_half_size_luma)
{
    grey_camera();
    camera.has_userptr = false;
    struct rig rig = rig_streaming(
        &(struct fr_source_request){.spec = "/dev/null", .slots = SLOTS, .half_luma = true});
    ck_assert_uint_eq(rig.offer.copy_path, FR_PATH_MMAP);
    struct fr_frame frame = take_frame(&rig);
    check_half_luma(&frame);
    fr_reader_release(rig.reader, &frame);
    rig_close(&rig);
}
END_TEST

/* ---------------------------------------------------------------- refused */

START_TEST(wishes_that_do_not_go_together_are_configuration_errors)
{
    static const struct {
        struct fr_source_request request;
        bool is_jpeg;
        const char *says;
    } cases[] = {
        {{.keep_jpeg = true, .rotate_deg = 90}, true, "keep_jpeg = no"},
        {{.keep_jpeg = true, .mirror = true}, true, "keep_jpeg = no"},
        {{.mjpeg_luma = true, .fourcc = FR_FOURCC_YU12}, true, "YU12 was asked for"},
        {{.mjpeg_scale = 3}, true, "expected 1, 2 or 4"},
        {{.rotate_deg = 45}, false, "expected 0, 90, 180 or 270"},
    };
    struct made_jpeg jpeg = jpeg_of(2, 1);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct fr_source_request request = cases[c].request;
        struct fr_source *source;
        struct fr_source_offer offer;
        char reason[FR_SOURCE_REASON_MAX] = "";
        grey_camera();
        if (cases[c].is_jpeg)
            jpeg_camera(&jpeg);
        request.spec = "/dev/null";
        request.slots = SLOTS;
        ck_assert_int_eq(ops->open(&request, &source, &offer, reason), -EINVAL);
        ck_assert_msg(strstr(reason, cases[c].says) != NULL, "%s", reason);
    }
    free(jpeg.bytes);
}
END_TEST

UNIT_MAIN("v4l2_pictures", jpegs_are_decoded_in_every_mode,
          a_kept_jpeg_without_tables_gets_them_and_there_is_room,
          the_first_picture_decides_on_the_sampling_and_later_ones_are_resampled,
          a_camera_that_comes_back_is_believed_to_sample_as_it_did,
          C6_warnings_are_counted_and_the_frame_is_taken,
          raw_pictures_are_turned_in_the_copy_in_every_format,
          jpegs_are_turned_after_they_are_decoded,
          zero_copy_stays_with_half_size_luma_and_the_driver_has_no_room_in_it,
          a_driver_that_refuses_our_memory_keeps_the_half_size_luma,
          wishes_that_do_not_go_together_are_configuration_errors)
