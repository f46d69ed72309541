/* C7: what a JPEG's header says is read before anything is decoded, and what it cannot say is
 * refused there. Headers are written out here, for no encoder makes the wrong ones. */
#include "common/media/jpeg_markers.h"
#include "framering/framering.h"
#include "unit.h"

#include <errno.h>

struct header {
    uint8_t bytes[256];
    size_t length;
};

static void put(struct header *h, const void *bytes, size_t length)
{
    ck_assert_uint_le(h->length + length, sizeof h->bytes);
    memcpy(h->bytes + h->length, bytes, length);
    h->length += length;
}

static void put_segment(struct header *h, uint8_t code, const void *contents, size_t length)
{
    const uint8_t head[] = {0xff, code, 0, (uint8_t)(length + 2)};
    put(h, head, sizeof head);
    put(h, contents, length);
}

struct frame {
    uint8_t code; /* 0: SOF0 */
    uint32_t width, height;
    unsigned components;
    uint8_t factors[6]; /* of each component: h << 4 | v */
    const char *names;  /* of each; NULL: 1, 2, 3 … */
    int extra;          /* bytes more, or less, than there should be */
};

static void put_frame(struct header *h, const struct frame *f)
{
    uint8_t contents[6 + 3 * 6 + 8] = {8,
                                       (uint8_t)(f->height >> 8),
                                       (uint8_t)f->height,
                                       (uint8_t)(f->width >> 8),
                                       (uint8_t)f->width,
                                       (uint8_t)f->components};
    for (unsigned i = 0; i < f->components && i < 6; i++) {
        contents[6 + 3 * i] = f->names ? (uint8_t)f->names[i] : (uint8_t)(i + 1);
        contents[6 + 3 * i + 1] = f->factors[i];
    }
    put_segment(h, f->code ? f->code : 0xc0, contents,
                (size_t)((int)(6 + 3 * f->components) + f->extra));
}

static struct header header_of(const struct frame *f)
{
    struct header h = {.length = 0};
    put(&h, "\xff\xd8", 2);
    if (f)
        put_frame(&h, f);
    return h;
}

static const struct frame usual = {
    .width = 64, .height = 48, .components = 3, .factors = {0x22, 0x11, 0x11}};

START_TEST(C7_a_frame_header_that_cannot_be_is_refused)
{
    const struct frame wrong[] = {
        {.width = 0, .height = 48, .components = 1, .factors = {0x11}},
        {.width = 64, .height = 0, .components = 1, .factors = {0x11}},
        {.width = 64, .height = 48, .components = 0},
        {.width = 64, .height = 48, .components = 3, .factors = {0x22, 0x11, 0x11}, .extra = -3},
        {.width = 64, .height = 48, .components = 3, .factors = {0x22, 0x11, 0x11}, .extra = 1},
        {.width = 64, .height = 48, .components = 1, .factors = {0x11}, .extra = -4},
        {.width = 64, .height = 48, .components = 3, .factors = {0x02, 0x11, 0x11}},
        {.width = 64, .height = 48, .components = 3, .factors = {0x20, 0x11, 0x11}},
        {.width = 64, .height = 48, .components = 3, .factors = {0x52, 0x11, 0x11}},
        {.width = 64, .height = 48, .components = 3, .factors = {0x25, 0x11, 0x11}},
        {.width = 64, .height = 48, .components = 3, .factors = {0x22, 0x11, 0x15}},
    };
    struct fr_jpeg_info info;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct header h = header_of(&wrong[i]);
        put_segment(&h, 0xda, "", 0);
        ck_assert_msg(fr_jpeg_probe(h.bytes, h.length, &info) == -EBADMSG, "header %zu", i);
    }
    struct header twice = header_of(&usual); /* two sizes in one picture */
    put_frame(&twice, &usual);
    ck_assert_int_eq(fr_jpeg_probe(twice.bytes, twice.length, &info), -EBADMSG);
    struct header ends = header_of(NULL); /* over before it says anything */
    put(&ends, "\xff\xd9", 2);
    put_frame(&ends, &usual);
    ck_assert_int_eq(fr_jpeg_probe(ends.bytes, ends.length, &info), -EBADMSG);
    struct header cut = header_of(&usual); /* each cut: a header, or none */
    for (size_t n = 0; n < cut.length; n++)
        ck_assert_int_eq(fr_jpeg_probe(cut.bytes, n, &info), -EBADMSG);
    ck_assert_int_eq(fr_jpeg_probe(cut.bytes, cut.length, &info), 0);
    ck_assert(!info.has_picture);
}
END_TEST

START_TEST(C7_what_is_not_read_is_told_by_name)
{
    const struct {
        struct frame frame;
        const char *why;
    } cases[] = {
        {{.width = 64, .height = 48, .components = 2, .factors = {0x11, 0x11}}, "neither 1 nor 3"},
        {{.width = 64, .height = 48, .components = 4, .factors = {0x11, 0x11, 0x11, 0x11}}, "CMYK"},
        {{.width = 64,
          .height = 48,
          .components = 6,
          .factors = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11}},
         "neither 1 nor 3"},
        {{.width = 16385, .height = 48, .components = 1, .factors = {0x11}}, "16384"},
        {{.width = 64, .height = 16385, .components = 1, .factors = {0x11}}, "16384"},
        {{.width = 64, .height = 48, .components = 3, .factors = {0x11, 0x21, 0x11}},
         "less than the full"},
        {{.width = 64, .height = 48, .components = 3, .factors = {0x11, 0x12, 0x11}},
         "less than the full"},
        {{.width = 64,
          .height = 48,
          .components = 3,
          .factors = {0x11, 0x11, 0x11},
          .names = "RGB"},
         "RGB"},
        {{.code = 0xc3, .width = 64, .height = 48, .components = 1, .factors = {0x11}}, "lossless"},
        {{.code = 0xc5, .width = 64, .height = 48, .components = 1, .factors = {0x11}},
         "hierarchical"},
        {{.code = 0xcf, .width = 64, .height = 48, .components = 1, .factors = {0x11}}, "lossless"},
        {{.code = 0xc9, .width = 64, .height = 48, .components = 1, .factors = {0x11}},
         "arithmetic"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct header h = header_of(&cases[i].frame);
        struct fr_jpeg_info info;
        const char *why = NULL;
        ck_assert_msg(fr_jpeg_probe(h.bytes, h.length, &info) == 0, "case %zu", i);
        ck_assert_int_eq(fr_jpeg_supported(&info, &why), -ENOTSUP);
        ck_assert_msg(strstr(why, cases[i].why), "case %zu: %s", i, why);
        ck_assert_int_eq(fr_jpeg_supported(&info, NULL), -ENOTSUP);
        ck_assert_uint_eq(fr_jpeg_native_fourcc(&info), 0);
    }
}
END_TEST

START_TEST(the_samplings_are_those_of_the_factors)
{
    const struct {
        uint8_t factors[3];
        enum fr_jpeg_sampling sampling;
        uint32_t fourcc;
    } cases[] = {
        {{0x11, 0x11, 0x11}, FR_JPEG_444, FR_FOURCC_422P},
        {{0x22, 0x22, 0x22}, FR_JPEG_444, FR_FOURCC_422P},
        {{0x21, 0x11, 0x11}, FR_JPEG_422, FR_FOURCC_422P},
        {{0x22, 0x12, 0x12}, FR_JPEG_422, FR_FOURCC_422P},
        {{0x22, 0x11, 0x11}, FR_JPEG_420, FR_FOURCC_YU12},
        {{0x12, 0x11, 0x11}, FR_JPEG_440, FR_FOURCC_YU12},
        {{0x41, 0x11, 0x11}, FR_JPEG_411, FR_FOURCC_422P},
        {{0x42, 0x11, 0x11}, FR_JPEG_410, FR_FOURCC_YU12},
        {{0x44, 0x11, 0x11}, FR_JPEG_OTHER, FR_FOURCC_GREY}, /* a ratio that nobody reads */
        {{0x31, 0x21, 0x21}, FR_JPEG_OTHER, FR_FOURCC_GREY}, /* none at all */
        {{0x13, 0x12, 0x12}, FR_JPEG_OTHER, FR_FOURCC_GREY},
        {{0x22, 0x11, 0x21}, FR_JPEG_OTHER, FR_FOURCC_GREY}, /* one for each chroma */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct frame frame = usual;
        struct fr_jpeg_info info;
        memcpy(frame.factors, cases[i].factors, 3);
        struct header h = header_of(&frame);
        ck_assert_int_eq(fr_jpeg_probe(h.bytes, h.length, &info), 0);
        ck_assert_msg(info.sampling == cases[i].sampling, "case %zu: %d", i, (int)info.sampling);
        ck_assert_msg(fr_jpeg_native_fourcc(&info) == cases[i].fourcc, "case %zu", i);
    }
}
END_TEST

/* As libjpeg has it: JFIF decides, then Adobe's word, then the components' names. */
START_TEST(the_colours_are_those_that_the_header_says_in_libjpegs_order)
{
    static const uint8_t jfif[14] = "JFIF", adobe_rgb[12] = "Adobe", no_adobe[12] = "Odobe";
    static const uint8_t adobe_ycc[12] = {'A', 'd', 'o', 'b', 'e', 0, 0, 0, 0, 0, 0, 1};
    const struct {
        const uint8_t *app0, *app14;
        size_t app14_bytes;
        const char *names;
        bool is_rgb;
    } cases[] = {
        {NULL, NULL, 0, NULL, false},       {NULL, NULL, 0, "RGB", true},
        {NULL, NULL, 0, "RGX", false},      {NULL, NULL, 0, "RXB", false},
        {NULL, adobe_rgb, 12, NULL, true},  {NULL, adobe_rgb, 11, NULL, false},
        {NULL, no_adobe, 12, NULL, false},  {NULL, adobe_ycc, 12, "RGB", false},
        {jfif, adobe_rgb, 12, NULL, false}, {jfif, NULL, 0, "RGB", false},
        {NULL, adobe_ycc, 12, NULL, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct header h = header_of(NULL);
        struct frame frame = usual;
        struct fr_jpeg_info info;
        if (cases[i].app0)
            put_segment(&h, 0xe0, cases[i].app0, sizeof jfif);
        if (cases[i].app14)
            put_segment(&h, 0xee, cases[i].app14, cases[i].app14_bytes);
        frame.names = cases[i].names;
        put_frame(&h, &frame);
        ck_assert_int_eq(fr_jpeg_probe(h.bytes, h.length, &info), 0);
        ck_assert_msg(info.is_rgb == cases[i].is_rgb, "case %zu", i);
    }
}
END_TEST

START_TEST(markers_without_a_length_and_fill_bytes_are_passed_over)
{
    struct header h = header_of(NULL);
    struct fr_jpeg_info info;
    put(&h, "\xff\x01", 2);                 /* TEM */
    put(&h, "\xff\xd0", 2);                 /* RST0 */
    put(&h, "\xff\x00\xff\xff\xff", 5);     /* a stuffed byte, and fill before the next marker */
    put_segment(&h, 0xc8, "\0\0\0\0\0", 5); /* JPG, which is reserved, */
    put_segment(&h, 0xcc, "\0", 1);         /* and the arithmetic coder's: no frame headers */
    put_segment(&h, 0xc4, "", 0);           /* no table in it */
    put_frame(&h, &usual);
    put_segment(&h, 0xda, "", 0);
    ck_assert_int_eq(fr_jpeg_probe(h.bytes, h.length, &info), 0);
    ck_assert(info.has_picture && !info.has_huffman_tables);
    ck_assert_uint_eq(info.width_px, usual.width);
}
END_TEST

UNIT_MAIN("jpeg_headers", C7_a_frame_header_that_cannot_be_is_refused,
          C7_what_is_not_read_is_told_by_name, the_samplings_are_those_of_the_factors,
          the_colours_are_those_that_the_header_says_in_libjpegs_order,
          markers_without_a_length_and_fill_bytes_are_passed_over)
