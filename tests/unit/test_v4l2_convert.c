/* What libv4l2 is given, and what comes out: row C16 of the fault list. */
#include "capture/v4l2_convert.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <sys/mman.h>
#include <unistd.h>

static char reason[FR_SOURCE_REASON_MAX];

/* `bytes` bytes, the one behind them on a page that cannot be touched. */
struct guarded {
    uint8_t *data, *map;
    size_t map_bytes;
};

static size_t guard_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static struct guarded guarded_new(size_t bytes)
{
    size_t page = guard_bytes(), room = (bytes + page - 1) / page * page;
    struct guarded guarded = {.map_bytes = room + page};
    guarded.map =
        mmap(NULL, guarded.map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(guarded.map, MAP_FAILED);
    ck_assert_int_eq(mprotect(guarded.map + room, page, PROT_NONE), 0);
    guarded.data = guarded.map + room - bytes;
    return guarded;
}

static void guarded_free(struct guarded *guarded)
{
    munmap(guarded->map, guarded->map_bytes);
}

static struct fr_v4l2_agreed agree(const struct fr_v4l2_layout *layout, uint32_t width,
                                   uint32_t height, uint32_t padding)
{
    struct fr_v4l2_agreed agreed;
    uint32_t stride = layout->row_bits ? width * layout->row_bits / 8 + padding : 0;
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    format.fmt.pix = (struct v4l2_pix_format){.pixelformat = layout->fourcc,
                                              .width = width,
                                              .height = height,
                                              .bytesperline = stride,
                                              .sizeimage = stride ? stride * height * 2 : 65536,
                                              .field = V4L2_FIELD_NONE};
    int rc = fr_v4l2_format_take(&format, 0, 0, 0, &agreed, reason);
    ck_assert_msg(rc == 0, "%d: %s", rc, reason);
    return agreed;
}

static uint64_t next_random(uint64_t *random)
{
    *random = *random * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *random >> 33;
}

/* The source has exactly the bytes that a picture needs, and cannot be written to; the result has
 * exactly its own. */
START_TEST(C16_every_raw_format_is_converted_within_the_memory_of_the_picture)
{
    static const uint32_t sizes[][2] = {{16, 16},   {20, 18},   {64, 48},  {352, 288},
                                        {176, 144}, {640, 360}, {68, 480}, {1280, 720}};
    uint64_t random = 1;
    int n = 0;
    for (unsigned i = 0; i < FR_V4L2_N_LAYOUTS; i++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            const struct fr_v4l2_layout *layout = &fr_v4l2_layouts[i];
            if (layout->how != FR_V4L2_CONVERTED || !layout->row_bits)
                continue;
            struct fr_v4l2_agreed agreed = agree(layout, sizes[s][0], sizes[s][1], 0);
            struct guarded in = guarded_new(agreed.parts[0].min_bytes);
            struct guarded out = guarded_new(agreed.given.slot_bytes);
            for (size_t k = 0; k < agreed.parts[0].min_bytes; k++)
                in.data[k] = (uint8_t)next_random(&random);
            ck_assert_int_eq(mprotect(in.map, in.map_bytes - guard_bytes(), PROT_READ), 0);
            struct fr_v4l2_converter *converter;
            ck_assert_int_eq(fr_v4l2_converter_new(&agreed, &converter), 0);
            int rc = fr_v4l2_convert(converter, in.data, agreed.parts[0].min_bytes, out.data);
            ck_assert_msg(rc == 0, "%u: %s", i, fr_v4l2_converter_reason(converter));
            fr_v4l2_converter_free(converter);
            guarded_free(&in);
            guarded_free(&out);
            n++;
        }
    ck_assert_int_eq(n, 31 * (int)(sizeof sizes / sizeof *sizes));
}
END_TEST

START_TEST(padded_rows_give_the_same_picture)
{
    for (unsigned i = 0; i < FR_V4L2_N_LAYOUTS; i++) {
        const struct fr_v4l2_layout *layout = &fr_v4l2_layouts[i];
        if (layout->how != FR_V4L2_CONVERTED || !layout->row_bits)
            continue;
        uint8_t *results[2];
        for (uint32_t p = 0; p < 2; p++) {
            struct fr_v4l2_agreed agreed = agree(layout, 64, 48, p * 10);
            uint32_t row_bytes = 64 * layout->row_bits / 8u;
            uint8_t *bytes = malloc(agreed.parts[0].min_bytes);
            uint64_t random = 7;
            memset(bytes, 0xee, agreed.parts[0].min_bytes);
            for (uint32_t y = 0; y < 48u * layout->halves / 2; y++)
                for (uint32_t x = 0; x < row_bytes; x++)
                    bytes[y * agreed.parts[0].stride_bytes + x] = (uint8_t)next_random(&random);
            struct fr_v4l2_converter *converter;
            results[p] = malloc(agreed.given.slot_bytes);
            ck_assert_int_eq(fr_v4l2_converter_new(&agreed, &converter), 0);
            ck_assert_int_eq(
                fr_v4l2_convert(converter, bytes, agreed.parts[0].min_bytes, results[p]), 0);
            fr_v4l2_converter_free(converter);
            free(bytes);
        }
        ck_assert_msg(memcmp(results[0], results[1], 64 * 48 * 3 / 2) == 0, "layout %u", i);
        free(results[0]);
        free(results[1]);
    }
}
END_TEST

START_TEST(colours_arrive_as_they_are)
{
    static const struct {
        uint32_t fourcc;
        uint8_t pixel[4]; /* red, in bytes as they stand in memory */
        uint32_t pixel_bytes;
        int y, cb, cr;
    } cases[] = {
        {V4L2_PIX_FMT_RGB24, {255, 0, 0}, 3, 81, 90, 240},
        {V4L2_PIX_FMT_BGR24, {0, 0, 255}, 3, 81, 90, 240},
        {V4L2_PIX_FMT_XRGB32, {9, 255, 0, 0}, 4, 81, 90, 240},
        {V4L2_PIX_FMT_XBGR32, {0, 0, 255, 9}, 4, 81, 90, 240},
        {V4L2_PIX_FMT_YVYU, {81, 240, 81, 90}, 4, 81, 90, 240},
        {V4L2_PIX_FMT_Y16, {9, 200}, 2, 200, 128, 128},
        {V4L2_PIX_FMT_Y16_BE, {200, 9}, 2, 200, 128, 128},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct fr_v4l2_agreed agreed = agree(fr_v4l2_layout_find(cases[c].fourcc), 64, 48, 0);
        size_t n = agreed.parts[0].min_bytes;
        uint8_t *bytes = malloc(n), *picture = malloc(agreed.given.slot_bytes);
        for (size_t k = 0; k < n; k++)
            bytes[k] = cases[c].pixel[k % cases[c].pixel_bytes];
        struct fr_v4l2_converter *converter;
        ck_assert_int_eq(fr_v4l2_converter_new(&agreed, &converter), 0);
        ck_assert_int_eq(fr_v4l2_convert(converter, bytes, n, picture), 0);
        const int expected[] = {cases[c].y, cases[c].cb, cases[c].cr};
        for (unsigned p = 0; p < 3; p++)
            for (size_t k = 0; k < agreed.given.planes[p].size_bytes; k++) {
                int off = picture[agreed.given.planes[p].offset_bytes + k] - expected[p];
                ck_assert_msg(off >= -2 && off <= 2, "case %zu plane %u byte %zu: %+d", c, p, k,
                              off);
            }
        fr_v4l2_converter_free(converter);
        free(bytes);
        free(picture);
    }
}
END_TEST

/* What overruns the room that a maker's format gets meets the converter's guard pages. */
START_TEST(C16_garbage_in_makers_formats_is_survived)
{
    uint64_t random = 3;
    uint8_t *bytes = malloc(65536);
    int n = 0;
    for (unsigned i = 0; i < FR_V4L2_N_LAYOUTS; i++) {
        const struct fr_v4l2_layout *layout = &fr_v4l2_layouts[i];
        if (layout->how != FR_V4L2_CONVERTED || layout->row_bits)
            continue;
        struct fr_v4l2_agreed agreed = agree(layout, 352, 288, 0);
        struct fr_v4l2_converter *converter;
        struct guarded out = guarded_new(agreed.given.slot_bytes);
        ck_assert_int_eq(fr_v4l2_converter_new(&agreed, &converter), 0);
        for (int round = 0; round < 60; round++) {
            size_t length = round == 0 ? 65536 : 16 + next_random(&random) % 65521;
            for (size_t k = 0; k < length; k++) {
                bytes[k] = (uint8_t)next_random(&random);
                if (round % 3 == 1) /* many zeros */
                    bytes[k] &= (uint8_t)next_random(&random) & (uint8_t)next_random(&random);
                if (round % 3 == 2)
                    bytes[k] |= (uint8_t)next_random(&random);
            }
            int rc = fr_v4l2_convert(converter, bytes, length, out.data);
            ck_assert(rc == 0 || rc == -EBADMSG);
            ck_assert((rc == 0) == (*fr_v4l2_converter_reason(converter) == 0));
        }
        ck_assert_int_eq(fr_v4l2_convert(converter, bytes, 65537, out.data), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(fr_v4l2_converter_reason(converter), "65537 bytes"));
        fr_v4l2_converter_free(converter);
        guarded_free(&out);
        n++;
    }
    ck_assert_int_eq(n, 14);
    free(bytes);
}
END_TEST

/* The library's way to leave something behind: it keeps the software controls of a camera in a
 * shared file, for other programs. Here it is ours that it calls. */
static unsigned n_shared_files;

__attribute__((visibility("default"))) int shm_open(const char *name, int flags, mode_t mode)
{
    (void)name, (void)flags, (void)mode;
    n_shared_files++;
    errno = EACCES;
    return -1;
}

static void convert_nothing(unsigned n_formats)
{
    for (unsigned i = 0; i < FR_V4L2_N_LAYOUTS && n_formats > 0; i++) {
        if (fr_v4l2_layouts[i].how != FR_V4L2_CONVERTED)
            continue;
        struct fr_v4l2_agreed agreed = agree(&fr_v4l2_layouts[i], 64, 48, 0);
        struct fr_v4l2_converter *converter;
        ck_assert_int_eq(fr_v4l2_converter_new(&agreed, &converter), 0);
        fr_v4l2_converter_free(converter);
        n_formats--;
    }
    fr_v4l2_converter_free(NULL);
}

START_TEST(C16_the_library_sees_no_device_and_leaves_nothing_behind)
{
    convert_nothing(FR_V4L2_N_LAYOUTS);
    ck_assert_uint_eq(n_shared_files, 0);
    /* Told that a device has such controls, it does. */
    ck_assert_int_eq(setenv("LIBV4LCONTROL_CONTROLS", "15", 1), 0);
    convert_nothing(1);
    ck_assert_uint_gt(n_shared_files, 0);
}
END_TEST

UNIT_MAIN("v4l2_convert", C16_every_raw_format_is_converted_within_the_memory_of_the_picture,
          padded_rows_give_the_same_picture, colours_arrive_as_they_are,
          C16_garbage_in_makers_formats_is_survived,
          C16_the_library_sees_no_device_and_leaves_nothing_behind)
