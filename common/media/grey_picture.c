#include "common/media/grey_picture.h"
#include "common/media/png_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char kinds[] = "expected PNG, or PGM in its binary form (P5)";

/* Behind blanks and comments, a number of at most six digits, and one byte behind it. */
static bool take_number(const uint8_t **at, const uint8_t *end, uint32_t *ret_number)
{
    const uint8_t *c = *at;
    unsigned n_digits = 0;

    for (bool is_comment = false; c < end; c++) {
        if (is_comment ? *c == '\n' : *c == '#')
            is_comment = !is_comment;
        else if (!is_comment && !memchr(" \t\r\n\v\f", *c, 6))
            break;
    }
    for (*ret_number = 0; c < end && *c >= '0' && *c <= '9' && n_digits < 6; c++, n_digits++)
        *ret_number = *ret_number * 10 + (uint32_t)(*c - '0');
    if (!n_digits || c == end || (*c >= '0' && *c <= '9'))
        return false;
    *at = c;
    return true;
}

static int check_sides(uint32_t width_px, uint32_t height_px, char *reason, size_t reason_size)
{
    if (width_px && height_px && width_px <= FR_GREY_SIDE_MAX && height_px <= FR_GREY_SIDE_MAX &&
        (uint64_t)width_px * height_px <= FR_GREY_PIXELS_MAX)
        return 0;
    snprintf(reason, reason_size,
             "%ux%u pixels; expected sides of 1 to %d, and %llu pixels at most", width_px,
             height_px, FR_GREY_SIDE_MAX, (unsigned long long)FR_GREY_PIXELS_MAX);
    return -EFBIG;
}

static int read_pgm(const uint8_t *bytes, size_t n_bytes, struct fr_grey_picture *ret_picture,
                    char *reason, size_t reason_size)
{
    const uint8_t *at = bytes + 2, *end = bytes + n_bytes;
    uint32_t width, height, most;

    if (!take_number(&at, end, &width) || !take_number(&at, end, &height) ||
        !take_number(&at, end, &most) || !memchr(" \t\r\n", *at, 4)) {
        snprintf(reason, reason_size, "a PGM without its header; expected width, height, maximum");
        return -EBADMSG;
    }
    at++;
    int r = check_sides(width, height, reason, reason_size);
    if (r < 0)
        return r;
    if (!most || most > 65535) {
        snprintf(reason, reason_size, "a PGM with levels up to %u; expected 1 to 65535", most);
        return -EBADMSG;
    }
    size_t n_px = (size_t)width * height, size = most > 255 ? 2 : 1;
    if ((size_t)(end - at) < n_px * size) {
        snprintf(reason, reason_size, "a PGM that was cut off: %zu bytes of pixels; expected %zu",
                 (size_t)(end - at), n_px * size);
        return -EBADMSG;
    }
    uint8_t *pixels = malloc(n_px);
    if (!pixels) {
        snprintf(reason, reason_size, "no memory for %ux%u pixels", width, height);
        return -ENOMEM;
    }
    for (size_t i = 0; i < n_px; i++, at += size) {
        uint32_t level = size == 2 ? (uint32_t)at[0] << 8 | at[1] : at[0];
        pixels[i] = (uint8_t)(level < most ? level * 255 / most : 255);
    }
    *ret_picture =
        (struct fr_grey_picture){.width_px = width, .height_px = height, .pixels = pixels};
    return 0;
}

static int read_png(const uint8_t *bytes, size_t n_bytes, struct fr_grey_picture *ret_picture,
                    char *reason, size_t reason_size)
{
    struct fr_grey_picture picture = {0};
    char why[128];

    int r = fr_png_decode_grey(bytes, n_bytes, FR_GREY_PIXELS_MAX, &picture.width_px,
                               &picture.height_px, &picture.pixels, why, sizeof why);
    if (r < 0) {
        snprintf(reason, reason_size, "a PNG that cannot be read: %s", why);
        return r;
    }
    r = check_sides(picture.width_px, picture.height_px, reason, reason_size);
    if (r < 0)
        fr_grey_picture_fini(&picture);
    else
        *ret_picture = picture;
    return r;
}

int fr_grey_picture_read(const uint8_t *bytes, size_t n_bytes, struct fr_grey_picture *ret_picture,
                         char *reason, size_t reason_size)
{
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

    if (n_bytes >= sizeof png && memcmp(bytes, png, sizeof png) == 0)
        return read_png(bytes, n_bytes, ret_picture, reason, reason_size);
    if (n_bytes >= 2 && bytes[0] == 'P' && bytes[1] == '5')
        return read_pgm(bytes, n_bytes, ret_picture, reason, reason_size);
    if (n_bytes >= 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7')
        snprintf(reason, reason_size, "a netpbm file of kind P%c; %s", bytes[1], kinds);
    else if (n_bytes >= 2 && bytes[0] == 0xff && bytes[1] == 0xd8)
        snprintf(reason, reason_size, "a JPEG; %s", kinds);
    else
        snprintf(reason, reason_size, "not a picture; %s", kinds);
    return -EBADMSG;
}

/* All of an open file, which must be a regular one and of bounded size. */
static int read_file(int fd, uint8_t **ret_bytes, size_t *ret_length, char *reason,
                     size_t reason_size)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > FR_GREY_BYTES_MAX) {
        snprintf(reason, reason_size, "%s; expected the file of a picture",
                 S_ISREG(st.st_mode) ? "too large" : "not a regular file");
        return -EFBIG;
    }
    size_t room = (size_t)st.st_size, n = 0;
    uint8_t *bytes = malloc(room + 1);
    ssize_t got = 0;
    if (!bytes)
        return -ENOMEM;
    while (n < room && ((got = read(fd, bytes + n, room - n)) > 0 || (got < 0 && errno == EINTR)))
        n += got > 0 ? (size_t)got : 0;
    if (got < 0) {
        free(bytes);
        return -errno;
    }
    *ret_bytes = bytes;
    *ret_length = n;
    return 0;
}

int fr_grey_picture_load(const char *path, struct fr_grey_picture *ret_picture, char *reason,
                         size_t reason_size)
{
    char why[256] = "";
    uint8_t *bytes = NULL;
    size_t length = 0;

    /* O_NONBLOCK: a FIFO by that name must not hold us up before it is refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int r = fd < 0 ? -errno : read_file(fd, &bytes, &length, why, sizeof why);
    if (fd >= 0)
        close(fd);
    if (r == 0)
        r = fr_grey_picture_read(bytes, length, ret_picture, why, sizeof why);
    free(bytes);
    if (r < 0)
        snprintf(reason, reason_size, "%s: %s", path, *why ? why : strerror(-r));
    return r;
}

void fr_grey_picture_fini(struct fr_grey_picture *picture)
{
    free(picture->pixels);
    *picture = (struct fr_grey_picture){0};
}
