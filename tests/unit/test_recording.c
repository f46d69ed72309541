/* Recordings: every kind gives the frames that were put into it, and damage costs a frame, no more.
 */
#include "common/media/recording.h"

#include "common/media/jpeg_decode.h"
#include "common/media/y4m.h"
#include "make_jpeg.h"
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---------------------------------------------------------------- a folder to work in */

static char folder[UNIT_FOLDER_MAX];

static const char *in_folder(const char *name)
{
    static char path[16][512];
    static int turn;
    if (!folder[0])
        unit_folder(folder);
    turn = (turn + 1) % 16;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void append(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "ab");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

/* ---------------------------------------------------------------- frames */

enum { W = 70, H = 50 };

static struct made_jpeg picture(uint32_t seed)
{
    return make_jpeg(&(struct make_jpeg){W, H, .h = 2, .v = 2, .seed = seed});
}

static struct fr_geometry geometry_of(uint32_t fourcc, uint32_t width, uint32_t height)
{
    struct fr_geometry geometry;
    struct fr_format format = {.fourcc = fourcc, .width_px = width, .height_px = height};
    ck_assert_int_eq(fr_geometry_init(&format, &geometry), 0);
    return geometry;
}

static struct fr_recording *open_ok(const char *path)
{
    struct fr_recording *recording = NULL;
    char reason[512] = "";
    int rc = fr_recording_open(path, &recording, reason, sizeof reason);
    ck_assert_msg(rc == 0, "%d: %s", rc, reason);
    return recording;
}

static void check_refused(const char *path, int expected, const char *word)
{
    struct fr_recording *recording = NULL;
    char reason[512] = "";
    int rc = fr_recording_open(path, &recording, reason, sizeof reason);
    ck_assert_msg(rc == expected, "%d: %s", rc, reason);
    ck_assert_msg(strstr(reason, word), "\"%s\" lacks \"%s\"", reason, word);
    ck_assert_ptr_null(recording);
}

/* The next frame is picture(seed), sample for sample. */
static void check_next_is(struct fr_recording *recording, uint32_t seed, uint64_t idx)
{
    struct fr_geometry geometry = geometry_of(FR_FOURCC_YU12, W, H);
    struct made_jpeg made = picture(seed);
    struct fr_jpeg_decoder *decoder;
    struct fr_recording_frame frame;
    uint8_t *expected = calloc(1, geometry.slot_bytes), *got = calloc(1, geometry.slot_bytes);

    ck_assert_int_eq(fr_jpeg_decoder_new(&decoder), 0);
    ck_assert_int_eq(fr_jpeg_decode(decoder, made.bytes, made.length, &geometry, expected), 0);
    int rc = fr_recording_next(recording, &geometry, got, &frame);
    ck_assert_msg(rc == 0, "%d: %s", rc, fr_recording_reason(recording));
    ck_assert_uint_eq(frame.idx, idx);
    ck_assert_mem_eq(got, expected, geometry.slot_bytes);
    fr_jpeg_decoder_free(decoder);
    free(made.bytes);
    free(expected);
    free(got);
}

static void check_next_fails(struct fr_recording *recording, int expected, const char *word)
{
    struct fr_geometry geometry =
        geometry_of(FR_FOURCC_YU12, fr_recording_info(recording)->format.width_px,
                    fr_recording_info(recording)->format.height_px);
    uint8_t *slot = malloc(geometry.slot_bytes);
    struct fr_recording_frame frame;
    int rc = fr_recording_next(recording, &geometry, slot, &frame);
    ck_assert_msg(rc == expected, "%d: %s", rc, fr_recording_reason(recording));
    ck_assert_msg(strstr(fr_recording_reason(recording), word), "\"%s\" lacks \"%s\"",
                  fr_recording_reason(recording), word);
    free(slot);
}

/* ---------------------------------------------------------------- concatenated JPEGs */

START_TEST(concatenated_jpegs_come_one_by_one_and_again_after_a_rewind)
{
    const char *path = in_folder("stream.bin"); /* content decides, not the name */
    for (uint32_t i = 0; i < 40; i++) {
        struct made_jpeg made = picture(i);
        append(path, made.bytes, made.length);
        free(made.bytes);
    }
    struct fr_recording *recording = open_ok(path);
    const struct fr_recording_info *info = fr_recording_info(recording);
    ck_assert_int_eq(info->kind, FR_RECORDING_JPEG_STREAM);
    ck_assert_uint_eq(info->format.fourcc, FR_FOURCC_YU12);
    ck_assert_uint_eq(info->format.width_px, W);
    ck_assert_uint_eq(info->format.height_px, H);
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 40; i++)
            check_next_is(recording, i, i);
        check_next_fails(recording, -ENODATA, "");
        check_next_fails(recording, -ENODATA, "");
        ck_assert_int_eq(fr_recording_rewind(recording), 0);
    }
    fr_recording_close(recording);
}
END_TEST

START_TEST(a_damaged_picture_costs_itself_alone)
{
    const char *path = in_folder("stream.mjpeg");
    struct made_jpeg a = picture(1), b = picture(2), c = picture(3);
    struct made_jpeg large = make_jpeg(&(struct make_jpeg){W + 2, H, .h = 2, .v = 2});
    struct made_jpeg slow = make_jpeg(&(struct make_jpeg){W, H, .is_progressive = true});

    append(path, "noise\xff\xd8noise\0\0", 14);
    append(path, a.bytes, a.length);
    append(path, b.bytes, b.length / 2); /* cut short, the next one begins */
    append(path, c.bytes, c.length);
    append(path, large.bytes, large.length);
    append(path, "\0\0\0", 3);
    append(path, slow.bytes, slow.length);
    append(path, b.bytes, b.length);
    append(path, c.bytes, c.length - 100); /* cut short by the end of the file */
    struct fr_recording *recording = open_ok(path);
    check_next_is(recording, 1, 0);
    check_next_fails(recording, -EBADMSG, "frame 1");
    check_next_is(recording, 3, 2);
    check_next_fails(recording, -EBADMSG, "72x50 instead of 70x50");
    check_next_fails(recording, -EBADMSG, "progressive");
    check_next_is(recording, 2, 5);
    check_next_fails(recording, -EBADMSG, "frame 6");
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    free(a.bytes);
    free(b.bytes);
    free(c.bytes);
    free(large.bytes);
    free(slow.bytes);
}
END_TEST

/* An APP segment with a whole picture in it (a thumbnail), and a comment with FF D9. */
START_TEST(a_thumbnail_or_an_EOI_inside_a_segment_is_not_the_pictures_end)
{
    const char *path = in_folder("stream.mjpeg");
    struct made_jpeg thumbnail = make_jpeg(&(struct make_jpeg){16, 16, .h = 2, .v = 2});
    for (uint32_t i = 0; i < 5; i++) {
        struct made_jpeg made = picture(i);
        size_t length = 2 + thumbnail.length;
        uint8_t app[4] = {0xff, 0xe1, (uint8_t)(length >> 8), (uint8_t)length};
        append(path, made.bytes, 2);
        append(path, app, 4);
        append(path, thumbnail.bytes, thumbnail.length);
        append(path, "\xff\xfe\0\6\xff\xd9\xff\xd8", 8);
        append(path, made.bytes + 2, made.length - 2);
        free(made.bytes);
    }
    free(thumbnail.bytes);
    struct fr_recording *recording = open_ok(path);
    for (uint32_t i = 0; i < 5; i++)
        check_next_is(recording, i, i);
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
}
END_TEST

START_TEST(the_splitter_gives_the_same_whatever_the_pieces)
{
    uint8_t *stream = NULL;
    size_t length = 0, starts[6], lengths[6];
    for (uint32_t i = 0; i < 6; i++) {
        struct made_jpeg made =
            make_jpeg(&(struct make_jpeg){W, H, .h = 2, .v = 1, .seed = i,
                                          .restart_rows = (int)i % 2, .n_scans = i == 3 ? 3 : 0});
        stream = realloc(stream, length + made.length + 3);
        memcpy(stream + length, "\xff\0x", 3);
        starts[i] = length + 3;
        lengths[i] = made.length;
        memcpy(stream + length + 3, made.bytes, made.length);
        length += made.length + 3;
        free(made.bytes);
    }
    for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
        struct fr_jpeg_split split = {0};
        size_t have = 0, gone = 0, n = 0, start, size;
        for (;;) {
            /* an exact copy, so that a sanitizer sees a read beyond what was given */
            uint8_t *window = malloc(have - gone ? have - gone : 1);
            memcpy(window, stream + gone, have - gone);
            while (fr_jpeg_split(&split, window, have - gone, have == length, &start, &size)) {
                ck_assert_uint_lt(n, 6);
                ck_assert_uint_eq(gone + start, starts[n]);
                ck_assert_uint_eq(size, lengths[n]);
                n++;
            }
            free(window);
            gone += fr_jpeg_split_discard(&split);
            ck_assert_uint_le(gone, have);
            if (have == length)
                break;
            have = have + piece < length ? have + piece : length;
        }
        ck_assert_uint_eq(n, 6);
    }
    free(stream);
}
END_TEST

START_TEST(the_splitter_bounds_a_picture_that_never_ends)
{
    /* SOI, then restart markers without end: given up, and the picture behind it is found. */
    enum { ENDLESS = 70 << 20 };
    const char *path = in_folder("endless.mjpeg");
    FILE *file = fopen(path, "wb");
    struct made_jpeg made = picture(7);
    static uint8_t piece[1 << 20];
    memset(piece, 0x11, sizeof piece);
    fwrite(made.bytes, 1, made.length, file);
    fwrite("\xff\xd8\xff\xe0\0\2", 1, 6, file);
    for (int i = 0; i < ENDLESS / (int)sizeof piece; i++)
        fwrite(piece, 1, sizeof piece, file);
    fwrite(made.bytes, 1, made.length, file);
    fclose(file);
    struct fr_recording *recording = open_ok(path);
    check_next_is(recording, 7, 0);
    check_next_fails(recording, -EBADMSG, "more than");
    check_next_is(recording, 7, 2);
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    free(made.bytes);
}
END_TEST

/* ---------------------------------------------------------------- folders */

START_TEST(a_folder_of_jpegs_comes_in_natural_order)
{
    static const char *const names[] = {"img1.jpg", "img2.JPEG", "img10.jpg", "img100.jpg"};
    const char *path = in_folder("jpegs");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    for (uint32_t i = 4; i-- > 0;) {
        char name[64];
        struct made_jpeg made = picture(i);
        snprintf(name, sizeof name, "jpegs/%s", names[i]);
        append(in_folder(name), made.bytes, made.length);
        free(made.bytes);
    }
    append(in_folder("jpegs/readme.txt"), "no picture", 10);
    append(in_folder("jpegs/.hidden.jpg"), "no picture", 10);
    append(in_folder("jpegs/img3.jpg"), "broken", 6);
    ck_assert_int_eq(mkfifo(in_folder("jpegs/img4.jpg"), 0600), 0);

    struct fr_recording *recording = open_ok(path);
    ck_assert_int_eq(fr_recording_info(recording)->kind, FR_RECORDING_JPEG_FOLDER);
    ck_assert_uint_eq(fr_recording_info(recording)->frames, 6);
    for (int round = 0; round < 2; round++) {
        check_next_is(recording, 0, 0);
        check_next_is(recording, 1, 1);
        check_next_fails(recording, -EBADMSG, "img3.jpg");
        check_next_fails(recording, -EBADMSG, "img4.jpg");
        check_next_is(recording, 2, 4);
        check_next_is(recording, 3, 5);
        check_next_fails(recording, -ENODATA, "");
        ck_assert_int_eq(fr_recording_rewind(recording), 0);
    }
    fr_recording_close(recording);
}
END_TEST

START_TEST(a_folder_with_input_mjpeg_is_that_stream)
{
    ck_assert_int_eq(mkdir(in_folder("scene"), 0700), 0);
    struct made_jpeg made = picture(9);
    append(in_folder("scene/input.mjpeg"), made.bytes, made.length);
    append(in_folder("scene/0.jpg"), "not this one", 12);
    struct fr_recording *recording = open_ok(in_folder("scene"));
    check_next_is(recording, 9, 0);
    check_next_fails(recording, -ENODATA, "");
    fr_recording_close(recording);
    free(made.bytes);
}
END_TEST

/* ---------------------------------------------------------------- Y4M */

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

/* ---------------------------------------------------------------- what is none */

START_TEST(what_is_no_recording_is_refused_with_a_reason)
{
    struct made_jpeg slow = make_jpeg(&(struct make_jpeg){W, H, .is_progressive = true});
    check_refused(in_folder("absent"), -ENOENT, "absent: No such file");
    append(in_folder("empty"), "", 0);
    check_refused(in_folder("empty"), -ENODATA, "empty file");
    append(in_folder("text"), "hello, world, this is no picture\n", 33);
    check_refused(in_folder("text"), -EBADMSG, "neither JPEG nor Y4M");
    append(in_folder("zipped"), "\x1f\x8b\x08 and so on", 12);
    check_refused(in_folder("zipped"), -ENOTSUP, "gunzip");
    append(in_folder("slow.jpg"), slow.bytes, slow.length);
    check_refused(in_folder("slow.jpg"), -ENOTSUP, "progressive");
    append(in_folder("deep.y4m"), "YUV4MPEG2 W8 H8 C444\n", 21);
    check_refused(in_folder("deep.y4m"), -ENOTSUP, "C444");
    append(in_folder("none.y4m"), "YUV4MPEG2 W8 H8\n", 16);
    check_refused(in_folder("none.y4m"), -ENODATA, "without a frame");
    ck_assert_int_eq(mkdir(in_folder("nothing"), 0700), 0);
    check_refused(in_folder("nothing"), -ENODATA, "without *.jpg");
    ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
    check_refused(in_folder("fifo"), -EBADMSG, "neither a file nor a folder");
    fr_recording_close(NULL);
    free(slow.bytes);
}
END_TEST

START_TEST(a_geometry_that_does_not_fit_is_refused_and_uses_up_no_frame)
{
    struct made_jpeg made = picture(1);
    append(in_folder("film"), made.bytes, made.length); /* a stream */
    ck_assert_int_eq(mkdir(in_folder("folder"), 0700), 0);
    append(in_folder("folder/one.jpg"), made.bytes, made.length);
    static const char *const paths[] = {"film", "folder"};
    for (unsigned i = 0; i < 2; i++) {
        struct fr_recording *recording = open_ok(in_folder(paths[i]));
        static uint8_t slot[1 << 16];
        struct fr_recording_frame frame;
        struct fr_geometry geometry = geometry_of(FR_FOURCC_YU12, W + 2, H);
        ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), -EINVAL);
        geometry = geometry_of(FR_FOURCC_NV12, W, H);
        ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), -ENOTSUP);
        check_next_is(recording, 1, 0); /* no frame was used up by asking */
        check_next_fails(recording, -ENODATA, "");
        fr_recording_close(recording);
    }
    free(made.bytes);
}
END_TEST

START_TEST(a_folder_is_known_by_its_first_picture_that_can_be_read)
{
    struct made_jpeg good = picture(3),
                     slow = make_jpeg(&(struct make_jpeg){W, H, .is_progressive = true});
    const char *path = in_folder("mixed");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    append(in_folder("mixed/0.jpg"), "no picture", 10);
    check_refused(path, -EBADMSG, "no JPEG header");
    append(in_folder("mixed/1.jpg"), slow.bytes, slow.length);
    check_refused(path, -ENOTSUP, "progressive");
    append(in_folder("mixed/2.jpg"), good.bytes, good.length);
    struct fr_recording *recording = open_ok(path);
    check_next_fails(recording, -EBADMSG, "0.jpg");
    check_next_fails(recording, -EBADMSG, "1.jpg");
    check_next_is(recording, 3, 2);
    fr_recording_close(recording);
    free(good.bytes);
    free(slow.bytes);
}
END_TEST

START_TEST(a_folder_is_given_up_after_a_hundred_pictures_and_may_hold_any_number)
{
    enum { NUMBER = 300 };
    struct made_jpeg good = picture(4);
    char name[64];
    ck_assert_int_eq(mkdir(in_folder("many"), 0700), 0);
    append(in_folder("many/0.jpg"), "no picture", 10);
    for (int i = 1; i < NUMBER; i++) {
        snprintf(name, sizeof name, "many/%d.jpg", i);
        ck_assert_int_eq(link(in_folder("many/0.jpg"), in_folder(name)), 0);
    }
    append(in_folder("many/300.jpg"), good.bytes, good.length);
    check_refused(in_folder("many"), -EBADMSG, "no JPEG header");
    for (int i = 0; i < NUMBER; i++) {
        snprintf(name, sizeof name, "many/%d.jpg", i);
        ck_assert_int_eq(unlink(in_folder(name)), 0);
        ck_assert_int_eq(link(in_folder("many/300.jpg"), in_folder(name)), 0);
    }
    struct fr_recording *recording = open_ok(in_folder("many"));
    ck_assert_uint_eq(fr_recording_info(recording)->frames, NUMBER + 1);
    for (uint32_t i = 0; i <= NUMBER; i += 100)
        check_next_is(recording, 4, i / 100);
    fr_recording_close(recording);
    free(good.bytes);
}
END_TEST

START_TEST(a_picture_whose_chroma_cannot_be_had_is_delivered_as_grey)
{
    struct made_jpeg made = make_jpeg(
        &(struct make_jpeg){W, H, .h = 4, .v = 1, .chroma_h = 2, .chroma_v = 1, .seed = 5});
    struct made_jpeg odd = make_jpeg(&(struct make_jpeg){W, H, .h = 1, .v = 4, .seed = 5});
    static uint8_t slot[1 << 16];
    struct fr_recording_frame frame;
    append(in_folder("half.jpg"), made.bytes, made.length);
    struct fr_recording *recording = open_ok(in_folder("half.jpg"));
    ck_assert_uint_eq(fr_recording_info(recording)->format.fourcc, FR_FOURCC_422P);
    fr_recording_close(recording);
    append(in_folder("odd.jpg"), odd.bytes, odd.length);
    recording = open_ok(in_folder("odd.jpg"));
    ck_assert_uint_eq(fr_recording_info(recording)->format.fourcc, FR_FOURCC_GREY);
    ck_assert(!fr_recording_delivers(recording, FR_FOURCC_YU12));
    ck_assert(fr_recording_delivers(recording, FR_FOURCC_GREY));
    check_next_fails(recording, -ENOTSUP, "GREY only");
    struct fr_geometry geometry = geometry_of(FR_FOURCC_GREY, W, H);
    ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), 0);
    fr_recording_close(recording);
    free(made.bytes);
    free(odd.bytes);
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

UNIT_MAIN("recording", concatenated_jpegs_come_one_by_one_and_again_after_a_rewind,
          a_damaged_picture_costs_itself_alone,
          a_thumbnail_or_an_EOI_inside_a_segment_is_not_the_pictures_end,
          the_splitter_gives_the_same_whatever_the_pieces,
          the_splitter_bounds_a_picture_that_never_ends, a_folder_of_jpegs_comes_in_natural_order,
          a_folder_with_input_mjpeg_is_that_stream, y4m_planes_arrive_as_they_are,
          damaged_y4m_ends_with_one_bad_frame, what_is_no_recording_is_refused_with_a_reason,
          a_geometry_that_does_not_fit_is_refused_and_uses_up_no_frame,
          a_folder_is_known_by_its_first_picture_that_can_be_read,
          a_folder_is_given_up_after_a_hundred_pictures_and_may_hold_any_number,
          a_picture_whose_chroma_cannot_be_had_is_delivered_as_grey,
          y4m_that_ends_anywhere_or_is_asked_for_otherwise_is_told)
