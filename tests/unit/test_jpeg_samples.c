/* Real webcam frames and hostile files: what plain libjpeg makes of them, or a refusal.
 * The files are test data that is not part of the project; without it this test is skipped. */
#include "common/media/jpeg_decode.h"
#include "common/media/jpeg_keep.h"
#include "common/media/recording.h"
#include "jpeg_bench.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

static char data[512];

static uint8_t *load(const char *name, size_t *ret_length)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/jpeg/%s", data, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    uint8_t *bytes = malloc(4 << 20);
    *ret_length = fread(bytes, 1, 4 << 20, file);
    fclose(file);
    return realloc(bytes, *ret_length ? *ret_length : 1);
}

static int decode(const uint8_t *bytes, size_t length, uint32_t fourcc, char *reason,
                  struct fr_geometry *ret_geometry, uint8_t **ret_slot)
{
    struct fr_jpeg_decoder *decoder;
    struct fr_jpeg_info info;
    if (fr_jpeg_probe(bytes, length, &info) < 0) {
        strcpy(reason, "no header");
        return -EBADMSG;
    }
    struct fr_format format = {.fourcc = fourcc ? fourcc : fr_jpeg_native_fourcc(&info),
                               .width_px = info.width_px,
                               .height_px = info.height_px};
    if (!format.fourcc)
        format.fourcc = FR_FOURCC_GREY;
    ck_assert_int_eq(fr_geometry_init(&format, ret_geometry), 0);
    *ret_slot = calloc(1, ret_geometry->slot_bytes);
    ck_assert_int_eq(fr_jpeg_decoder_new(&decoder), 0);
    int rc = fr_jpeg_decode(decoder, bytes, length, ret_geometry, *ret_slot);
    snprintf(reason, 200, "%s", fr_jpeg_decoder_reason(decoder));
    fr_jpeg_decoder_free(decoder);
    return rc;
}

START_TEST(C5_C6_webcam_frames_give_the_samples_of_libjpeg)
{
    /* all of them 4:2:2 or 4:2:0, so that nothing is resampled */
    static const char *const names[] = {
        "jd_mjpeg.jpg",           "zune_mjpeg_huffman.jpg",
        "jd_extraneous-data.jpg", "timsc_webcam_640x480_nodht.jpg",
        "jd_16bit-qtables.jpg",   "zune_non_interleaved_422_64x64.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length;
        uint8_t *bytes = load(names[i], &length), *slot;
        struct fr_geometry geometry;
        struct raw_planes raw = raw_decode(bytes, length);
        char reason[200];
        int rc = decode(bytes, length, 0, reason, &geometry, &slot);
        ck_assert_msg(rc == 0, "%s: %d %s", names[i], rc, reason);
        for (int c = 0; c < raw.components; c++)
            for (uint32_t y = 0; y < raw.height[c]; y++)
                ck_assert_msg(!memcmp(slot + geometry.planes[c].offset_bytes +
                                          (size_t)y * geometry.planes[c].stride_bytes,
                                      raw.plane[c] + (size_t)y * raw.stride[c], raw.width[c]),
                              "%s: component %d row %u", names[i], c, y);
        raw_free(&raw);
        free(slot);
        free(bytes);
    }
}
END_TEST

START_TEST(C5_C7_hostile_files_are_refused_or_told)
{
    static const struct {
        const char *name;
        int rc;
    } cases[] = {
        {"jd_derive-huffman-codes-overflow.jpg", -EBADMSG},
        {"jd_missing-sof.jpg", -EBADMSG},
        {"jd_missing-sos.jpg", -ENOTSUP},
        {"jd_partial_progressive.jpg", -ENOTSUP},
        {"zune_weird_sampling_2.jpeg", -ENOTSUP},
        {"zune_incomplete_image.jpg", -ENODATA},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length;
        uint8_t *bytes = load(cases[i].name, &length), *slot = NULL;
        struct fr_geometry geometry;
        char reason[200];
        int rc = decode(bytes, length, 0, reason, &geometry, &slot);
        ck_assert_msg(rc == cases[i].rc, "%s: %d %s", cases[i].name, rc, reason);
        ck_assert_str_ne(reason, "");
        free(slot);
        free(bytes);
    }
}
END_TEST

START_TEST(luma_alone_comes_from_every_decodable_sample)
{
    static const char *const names[] = {"jd_restarts.jpg", "zune_sampling_factors.jpg",
                                        "zune_huge_sof_number.jpg",
                                        "zune_tiny_non_interleaved_444.jpg", "jd_mjpeg.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length;
        uint8_t *bytes = load(names[i], &length), *slot;
        struct fr_geometry geometry;
        struct raw_planes raw = raw_decode(bytes, length);
        char reason[200];
        ck_assert_int_eq(decode(bytes, length, FR_FOURCC_GREY, reason, &geometry, &slot), 0);
        for (uint32_t y = 0; y < raw.height[0]; y++)
            ck_assert_mem_eq(slot + (size_t)y * geometry.planes[0].stride_bytes,
                             raw.plane[0] + (size_t)y * raw.stride[0], raw.width[0]);
        raw_free(&raw);
        free(slot);
        free(bytes);
    }
}
END_TEST

/* Decodes it in one of the modes; what can be decoded at all gives libjpeg's samples. Returns what
 * the decoder did. */
static int check_mode(const char *name, const uint8_t *bytes, size_t length,
                      const struct fr_jpeg_info *info, uint32_t fourcc, uint32_t scale)
{
    const struct fr_jpeg_agreed agreed = {info->width_px, info->height_px, scale};
    struct bench b = bench_new(fourcc, fr_jpeg_scaled_px(info->width_px, scale),
                               fr_jpeg_scaled_px(info->height_px, scale), 0);
    int rc = fr_jpeg_decode_agreed(b.decoder, bytes, length, &agreed, &b.geometry, b.slot);
    if (rc == 0) {
        bool is_as_it_is = info->sampling == FR_JPEG_420 || info->sampling == FR_JPEG_422 ||
                           info->sampling == FR_JPEG_GREY;
        struct raw_planes raw = raw_decode_scaled(
            bytes + info->start_bytes, length - info->start_bytes,
            fourcc != FR_FOURCC_GREY && is_as_it_is ? (int)info->components : 1, scale);
        check_same(&b, &raw, raw.components);
        raw_free(&raw);
    } else if (!*fr_jpeg_decoder_reason(b.decoder)) {
        ck_abort_msg("%s: no reason for %d", name, rc);
    }
    bench_free(&b);
    return rc;
}

START_TEST(every_sample_gives_libjpegs_samples_in_every_mode_or_is_refused_in_all)
{
    char folder[600];
    unsigned decoded = 0, kept = 0;
    snprintf(folder, sizeof folder, "%s/jpeg", data);
    DIR *dir = opendir(folder);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        const char *name = entry->d_name;
        struct fr_jpeg_info info;
        size_t length;
        if (!strstr(name, ".jp"))
            continue;
        uint8_t *bytes = load(name, &length);
        if (fr_jpeg_probe(bytes, length, &info) == 0) {
            uint32_t native = fr_jpeg_native_fourcc(&info);
            int luma_rc = check_mode(name, bytes, length, &info, FR_FOURCC_GREY, 1);
            int full_rc =
                check_mode(name, bytes, length, &info, native ? native : FR_FOURCC_YU12, 1);
            for (uint32_t scale = 2; scale <= 4; scale *= 2) {
                ck_assert_msg(check_mode(name, bytes, length, &info, FR_FOURCC_GREY, scale) ==
                                  luma_rc,
                              "%s", name);
                ck_assert_msg(check_mode(name, bytes, length, &info,
                                         native ? native : FR_FOURCC_YU12, scale) == full_rc,
                              "%s", name);
            }
            decoded += full_rc == 0;
            size_t room = length + FR_JPEG_KEEP_EXTRA;
            uint8_t *copy = malloc(room);
            size_t n = fr_jpeg_keep(bytes, length, &info, copy, room);
            if (n && full_rc == 0) {
                ck_assert_int_eq(fr_jpeg_probe(copy, n, &info), 0);
                ck_assert_int_eq(check_mode(name, copy, n, &info, native, 1), 0);
                kept++;
            }
            free(copy);
        }
        free(bytes);
    }
    closedir(dir);
    ck_assert_uint_ge(decoded, 9);
    ck_assert_uint_eq(kept, decoded);
}
END_TEST

/* The index beside each scene says where every picture stands. */
START_TEST(real_streams_are_cut_where_their_index_says)
{
    static const char *const scenes[] = {"cdnet_highway", "sbi_HallAndMonitor",
                                         "wallflower_LightSwitch"};
    for (size_t s = 0; s < 3; s++) {
        char path[1024], line[200], reason[512];
        struct fr_recording *recording;
        snprintf(path, sizeof path, "%s/motion/%s", data, scenes[s]);
        ck_assert_msg(fr_recording_open(path, &recording, reason, sizeof reason) == 0, "%s",
                      reason);
        snprintf(path, sizeof path, "%s/motion/%s/index.txt", data, scenes[s]);
        FILE *index = fopen(path, "r");
        ck_assert_msg(index != NULL, "%s", path);
        struct fr_format format = fr_recording_info(recording)->format;
        struct fr_geometry geometry;
        format.fourcc = FR_FOURCC_GREY;
        ck_assert_int_eq(fr_geometry_init(&format, &geometry), 0);
        uint8_t *slot = malloc(geometry.slot_bytes);
        struct fr_recording_frame frame;
        unsigned long long number, offset, length, n = 0;
        while (fgets(line, sizeof line, index)) {
            if (sscanf(line, "%llu %llu %llu", &number, &offset, &length) != 3)
                continue;
            int rc = fr_recording_next(recording, &geometry, slot, &frame);
            ck_assert_msg(rc == 0, "%s", fr_recording_reason(recording));
            ck_assert_uint_eq(frame.idx, number);
            ck_assert_uint_eq(frame.bytes, length);
            n++;
        }
        ck_assert_uint_gt(n, 100);
        ck_assert_int_eq(fr_recording_next(recording, &geometry, slot, &frame), -ENODATA);
        fclose(index);
        free(slot);
        fr_recording_close(recording);
    }
}
END_TEST

int main(void)
{
    const char *from_environment = getenv("FRAMERING_DATA"), *source = getenv("FRAMERING_SOURCE");
    if (from_environment)
        snprintf(data, sizeof data, "%s", from_environment);
    else
        snprintf(data, sizeof data, "%s/../shared/data", source ? source : ".");
    char probe[600];
    snprintf(probe, sizeof probe, "%s/jpeg/jd_mjpeg.jpg", data);
    if (access(probe, R_OK) < 0) {
        printf("skipped: no test data in %s (set FRAMERING_DATA)\n", data);
        return 77;
    }
    const TTest *const tests[] = {
        C5_C6_webcam_frames_give_the_samples_of_libjpeg, C5_C7_hostile_files_are_refused_or_told,
        luma_alone_comes_from_every_decodable_sample,
        every_sample_gives_libjpegs_samples_in_every_mode_or_is_refused_in_all,
        real_streams_are_cut_where_their_index_says};
    return unit_run("jpeg_samples", tests, sizeof tests / sizeof *tests, 60);
}
