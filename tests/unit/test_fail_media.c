/* P1 for recordings and pictures: every call that reading and writing them makes fails once. It is
 * told, or made good; nothing is left open; and the next try gives every frame. */
#include "common/media/recording.h"

#include "common/media/grey_picture.h"
#include "common/media/jpeg_decode.h"
#include "common/media/jpeg_encode.h"
#include "fail_call.h"
#include "make_jpeg.h"
#include "tests/ipc/leftovers.h"

enum { W = 64, H = 48, FRAMES = 3 };

static const struct fail_kind kinds[] = {
    {"malloc", {ENOMEM}},
    {"calloc", {ENOMEM}},
    {"realloc", {ENOMEM}},
    {"reallocarray", {ENOMEM}},
    {"strdup", {ENOMEM}},
    {"open", {EMFILE}},
    {"openat", {EMFILE, EACCES, ENFILE, ENOMEM}},
    {"fstat", {EIO}},
    {"read", {EIO, EINTR, FAIL_SHORT}},
    {"pread", {EIO}},
    {"lseek", {EIO}},
    {"fdopendir", {ENOMEM}},
    {"readdir", {EIO}},
};

static char folder[UNIT_FOLDER_MAX], path[256]; /* of the recording */

static void append(const char *name, const void *bytes, size_t length)
{
    char file[512];
    snprintf(file, sizeof file, "%s%s%s", path, *name ? "/" : "", name);
    FILE *out = fopen(file, "ab");
    ck_assert_ptr_nonnull(out);
    ck_assert_uint_eq(fwrite(bytes, 1, length, out), length);
    fclose(out);
}

/* The first failure of the open, of any frame, or of beginning again. Each is told with the file's
 * name; where there is none, all frames have come. */
static int read_all(void)
{
    struct fr_recording *recording;
    char reason[512] = "";
    int kept = fr_recording_open(path, &recording, reason, sizeof reason);
    if (kept < 0) {
        must(strstr(reason, path) && reason[strlen(path)] == ':', "\"%s\"", reason);
        return kept;
    }
    struct fr_format format = fr_recording_info(recording)->format;
    struct fr_geometry geometry;
    must(fr_geometry_init(&format, &geometry) == 0, "no geometry");
    uint8_t *slot = calloc(1, geometry.slot_bytes);
    if (!slot)
        kept = -ENOMEM;
    for (int round = 0; slot && round < 2; round++) {
        int n = 0, rc = 0;
        for (int i = 0; i < 2 * FRAMES && rc != -ENODATA; i++) {
            struct fr_recording_frame frame;
            rc = fr_recording_next(recording, &geometry, slot, &frame);
            if (rc < 0 && rc != -ENODATA)
                must(strstr(fr_recording_reason(recording), path), "%d: \"%s\"", rc,
                     fr_recording_reason(recording));
            if (rc < 0 && rc != -ENODATA && kept == 0)
                kept = rc;
            n += rc == 0;
        }
        must(n <= FRAMES, "%d frames", n);
        must(kept < 0 || n == FRAMES, "%d frames and no failure", n);
        rc = fr_recording_rewind(recording);
        if (rc < 0)
            kept = rc;
    }
    free(slot);
    fr_recording_close(recording);
    return kept;
}

/* A mask's picture. */
static int load_grey(void)
{
    struct fr_grey_picture picture;
    char reason[512] = "";
    int rc = fr_grey_picture_load(path, &picture, reason, sizeof reason);
    must(rc == 0 || strstr(reason, path), "%d: \"%s\"", rc, reason);
    if (rc == 0) {
        must(picture.width_px == 2 && picture.pixels[0] == 'a' && picture.pixels[1] == 'b',
             "other pixels");
        fr_grey_picture_fini(&picture);
    }
    return rc;
}

/* A picture is encoded and decoded again, alone and to another sampling. */
static int encode_and_decode(void)
{
    struct fr_format format = {.fourcc = FR_FOURCC_YU12, .width_px = W, .height_px = H};
    struct fr_geometry geometry;
    static uint8_t picture[W * H * 4];
    must(fr_geometry_init(&format, &geometry) == 0, "no geometry");
    struct fr_frame frame = {.format = geometry.format, .n_planes = geometry.n_planes};
    for (unsigned i = 0; i < geometry.n_planes; i++)
        frame.planes[i] = (struct fr_plane){.data = picture + geometry.planes[i].offset_bytes,
                                            .kind = geometry.planes[i].kind,
                                            .stride_bytes = geometry.planes[i].stride_bytes,
                                            .rows = geometry.planes[i].rows,
                                            .size_bytes = geometry.planes[i].size_bytes};
    uint8_t *bytes;
    size_t length;
    int rc = fr_jpeg_encode(&frame, 80, &bytes, &length);
    if (rc < 0)
        return rc;
    struct fr_jpeg_decoder *decoder;
    rc = fr_jpeg_decoder_new(&decoder);
    if (rc == 0) {
        format.fourcc = FR_FOURCC_422P;
        must(fr_geometry_init(&format, &geometry) == 0, "no geometry");
        must(geometry.slot_bytes <= sizeof picture, "%u bytes", (unsigned)geometry.slot_bytes);
        rc = fr_jpeg_decode(decoder, bytes, length, &geometry, picture);
        must(rc == 0 || *fr_jpeg_decoder_reason(decoder), "no reason");
        fr_jpeg_decoder_free(decoder);
    }
    free(bytes);
    return rc;
}

static void fail_each(int (*act)(void))
{
    unsigned reached = 0, before = ipc_descriptors();
    ck_assert_int_eq(act(), 0);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned e = 0; e < FAIL_ERRORS && kinds[k].errors[e]; e++) {
            const char *call = kinds[k].call;
            int error = kinds[k].errors[e];
            bool is_reached = true;
            for (unsigned n = 1; is_reached; n++) {
                fail_call_nth(call, n, error);
                int rc = act();
                is_reached = fail_call_ended();
                reached += is_reached;
                ck_assert_msg(is_reached || rc == 0, "with no failure: %s", strerror(-rc));
                if (error == EINTR || (error == FAIL_SHORT && strcmp(call, "read") == 0))
                    ck_assert_msg(rc == 0, "%s %u: %s", call, n, strerror(-rc));
                ck_assert_msg(ipc_descriptors() == before, "%s %u leaves a file open", call, n);
                ck_assert_int_eq(act(), 0);
            }
        }
    ck_assert_uint_gt(reached, 0);
}

static void begin(const char *name, bool is_folder)
{
    snprintf(path, sizeof path, "%s/%s", unit_folder(folder), name);
    if (is_folder)
        ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void append_pictures(const char *format)
{
    for (uint32_t i = 0; i < FRAMES; i++) {
        char name[32];
        struct made_jpeg made = make_jpeg(&(struct make_jpeg){W, H, .h = 2, .v = 2, .seed = i});
        snprintf(name, sizeof name, format, i);
        append(name, made.bytes, made.length);
        free(made.bytes);
    }
}

START_TEST(P1_every_call_for_a_folder_of_jpegs_fails_in_turn)
{
    begin("folder", true);
    append_pictures("%u.jpg");
    fail_each(read_all);
}
END_TEST

START_TEST(P1_every_call_for_concatenated_jpegs_fails_in_turn)
{
    begin("stream", true);
    append_pictures("input.mjpeg");
    fail_each(read_all);
}
END_TEST

START_TEST(P1_every_call_for_a_y4m_file_fails_in_turn)
{
    static uint8_t bytes[W * H * 3 / 2];
    begin("film.y4m", false);
    append("", "YUV4MPEG2 W64 H48 F25:1\n", 24);
    for (int i = 0; i < FRAMES; i++) {
        append("", "FRAME\n", 6);
        append("", bytes, sizeof bytes);
    }
    fail_each(read_all);
}
END_TEST

START_TEST(P1_every_call_for_a_masks_picture_fails_in_turn)
{
    begin("mask.pgm", false);
    append("", "P5 2 1 255\nab", 13);
    fail_each(load_grey);
}
END_TEST

START_TEST(P1_every_call_for_a_picture_fails_in_turn)
{
    fail_each(encode_and_decode);
}
END_TEST

UNIT_MAIN("fail_media", P1_every_call_for_a_folder_of_jpegs_fails_in_turn,
          P1_every_call_for_concatenated_jpegs_fails_in_turn,
          P1_every_call_for_a_y4m_file_fails_in_turn, P1_every_call_for_a_picture_fails_in_turn,
          P1_every_call_for_a_masks_picture_fails_in_turn)
