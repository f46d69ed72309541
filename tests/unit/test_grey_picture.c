/* Pictures of grey levels from files: good ones, and hostile ones. */
#include "common/media/grey_picture.h"
#include "common/media/png_file.h"
#include "tests/unit/unit.h"

#include <errno.h>

static char reason[256];

static int read_text(const char *text, size_t n, struct fr_grey_picture *picture)
{
    uint8_t *exact =
        malloc(n ? n : 1); /* a block of its size, so that a sanitizer sees a read behind it */
    memcpy(exact, text, n);
    int r = fr_grey_picture_read(exact, n, picture, reason, sizeof reason);
    free(exact);
    return r;
}

START_TEST(pgm_is_read_with_comments_and_of_16_bits)
{
    static const struct {
        const char *bytes;
        size_t n;
    } good[] = {{"P5 2 1 255\n\x00\xff", 13},
                {"P5\n# a # b\n2\t1\n#\n255\r\x00\xff", 24},
                {"P5 2 1 1\n\x00\x01", 11},
                {"P5 2 1 65535\n\x00\xff\xff\xff", 17},
                {"P5 2 1 255\n\x00\xff and more behind", 29}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct fr_grey_picture picture;
        ck_assert_msg(read_text(good[i].bytes, good[i].n, &picture) == 0, "%zu: %s", i, reason);
        ck_assert_uint_eq(picture.width_px, 2);
        ck_assert_uint_eq(picture.height_px, 1);
        ck_assert_uint_eq(picture.pixels[0], 0);
        ck_assert_uint_eq(picture.pixels[1], 255);
        fr_grey_picture_fini(&picture);
    }
}
END_TEST

START_TEST(pictures_that_are_damaged_or_none_are_refused_with_a_reason)
{
    static const struct {
        const char *bytes, *told;
    } bad[] = {
        {"", "not a picture; expected PNG"},
        {"P", "not a picture"},
        {"hello", "not a picture"},
        {"\xff\xd8\xff\xe0", "a JPEG; expected PNG"},
        {"P2 1 1 255\n7", "netpbm file of kind P2"},
        {"P6 1 1 255\nabc", "netpbm file of kind P6"},
        {"P5", "without its header"},
        {"P5 2", "without its header"},
        {"P5 2 1 255", "without its header"},
        {"P5 2 1 255x\xff\xff", "without its header"},
        {"P5 -2 1 255\n\xff\xff", "without its header"},
        {"P5 2 1 255\n\xff", "cut off: 1 bytes of pixels; expected 2"},
        {"P5 2 1 256\n\xff\xff\xff", "cut off: 3 bytes of pixels; expected 4"},
        {"P5 16385 1 255\n", "16385x1 pixels; expected sides of 1 to 16384"},
        {"P5 16384 16384 255\n", "pixels at most"},
        {"P5 0 1 255\n", "0x1 pixels"},
        {"P5 9999999 1 255\n", "without its header"},
        {"P5 99999999999999999999 1 255\n", "without its header"},
        {"P5 1 1 0\n\xff", "levels up to 0"},
        {"P5 1 1 65536\n\xff\xff", "levels up to 65536"},
        {"P5 # a comment that never ends", "without its header"},
        {"\x89PNG\r\n\x1a\n", "a PNG that cannot be read"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fr_grey_picture picture = {.width_px = 5};
        ck_assert_int_lt(read_text(bad[i].bytes, strlen(bad[i].bytes), &picture), 0);
        ck_assert_msg(strstr(reason, bad[i].told) != NULL, "%s: %s", bad[i].bytes, reason);
        ck_assert_uint_eq(picture.width_px, 5);
    }
}
END_TEST

/* NULL where there is no libpng, which must then be said. */
static uint8_t *make_png(uint32_t width, uint32_t height, size_t *ret_n)
{
    uint8_t *rgb = malloc((size_t)3 * width * height), *png = NULL;
    for (size_t i = 0; i < (size_t)width * height; i++)
        memset(rgb + 3 * i, (int)(i * 37 % 256), 3);
    int r = fr_png_encode_rgb(rgb, width, height, &png, ret_n, reason, sizeof reason);
    free(rgb);
    if (r == -ENOTSUP) {
        ck_assert_str_eq(reason, "this framering was built without libpng");
        return NULL;
    }
    ck_assert_msg(r == 0, "%s", reason);
    return png;
}

START_TEST(png_is_written_and_read_the_same)
{
    size_t n;
    uint8_t *png = make_png(31, 17, &n);
    struct fr_grey_picture picture;
    if (!png)
        return;
    ck_assert_msg(read_text((const char *)png, n, &picture) == 0, "%s", reason);
    ck_assert_uint_eq(picture.width_px, 31);
    ck_assert_uint_eq(picture.height_px, 17);
    for (size_t i = 0; i < 31 * 17; i++)
        ck_assert_int_le(abs(picture.pixels[i] - (int)(i * 37 % 256)), 1);
    fr_grey_picture_fini(&picture);
    free(png);
}
END_TEST

START_TEST(png_that_is_cut_off_or_changed_anywhere_does_no_harm)
{
    size_t n;
    uint8_t *png = make_png(16, 16, &n);
    for (size_t i = 0; png && i < n; i++) {
        struct fr_grey_picture picture = {0};
        if (read_text((const char *)png, i, &picture) == 0)
            fr_grey_picture_fini(&picture);
        ck_assert_msg(i > n - 12 || !picture.pixels, "%zu of %zu bytes", i, n);
        for (int bit = 0; bit < 8; bit++) {
            png[i] ^= (uint8_t)(1 << bit);
            if (read_text((const char *)png, n, &picture) == 0)
                fr_grey_picture_fini(&picture);
            png[i] ^= (uint8_t)(1 << bit);
        }
    }
    free(png);
}
END_TEST

UNIT_MAIN("grey_picture", pgm_is_read_with_comments_and_of_16_bits,
          pictures_that_are_damaged_or_none_are_refused_with_a_reason,
          png_is_written_and_read_the_same, png_that_is_cut_off_or_changed_anywhere_does_no_harm)
