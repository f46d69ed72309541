/* Recordings to be made in a folder of the test's own, and what is expected of their frames. */
#pragma once

#include "common/media/jpeg_decode.h"
#include "common/media/recording.h"
#include "tests/unit/make_jpeg.h"
#include "tests/unit/unit.h"

static char folder[UNIT_FOLDER_MAX];

static inline const char *in_folder(const char *name)
{
    static char path[16][512];
    static int turn;
    if (!folder[0])
        unit_folder(folder);
    turn = (turn + 1) % 16;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static inline void append(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "ab");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

enum { W = 70, H = 50 };

static inline struct made_jpeg picture(uint32_t seed)
{
    return make_jpeg(&(struct make_jpeg){W, H, .h = 2, .v = 2, .seed = seed});
}

static inline struct fr_geometry geometry_of(uint32_t fourcc, uint32_t width, uint32_t height)
{
    struct fr_geometry geometry;
    struct fr_format format = {.fourcc = fourcc, .width_px = width, .height_px = height};
    ck_assert_int_eq(fr_geometry_init(&format, &geometry), 0);
    return geometry;
}

static inline struct fr_recording *open_ok(const char *path)
{
    struct fr_recording *recording = NULL;
    char reason[512] = "";
    int rc = fr_recording_open(path, &recording, reason, sizeof reason);
    ck_assert_msg(rc == 0, "%d: %s", rc, reason);
    return recording;
}

static inline void check_refused(const char *path, int expected, const char *word)
{
    struct fr_recording *recording = NULL;
    char reason[512] = "";
    int rc = fr_recording_open(path, &recording, reason, sizeof reason);
    ck_assert_msg(rc == expected, "%d: %s", rc, reason);
    ck_assert_msg(strstr(reason, word), "\"%s\" lacks \"%s\"", reason, word);
    ck_assert_ptr_null(recording);
}

/* The next frame is picture(seed), sample for sample. */
static inline void check_next_is(struct fr_recording *recording, uint32_t seed, uint64_t idx)
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

static inline void check_next_fails(struct fr_recording *recording, int expected, const char *word)
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
