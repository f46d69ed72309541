/* The marker structure of a JPEG.
 *
 * A picture is SOI, then segments (FF, code, length, contents), then scans (an SOS segment followed
 * by entropy-coded bytes, in which FF is always followed by 00, by more FF, or by a restart
 * marker), then EOI. Between segments libjpeg passes over bytes that are no marker, and so do we:
 * what it can decode must not be cut apart here.
 */
#include "common/media/jpeg_markers.h"

#include "framering/framering.h"

#include <errno.h>
#include <string.h>

enum {
    SOF0 = 0xc0,
    SOF15 = 0xcf,
    DHT = 0xc4,
    JPG = 0xc8,
    DAC = 0xcc,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    APP0 = 0xe0,
    APP14 = 0xee,
    TEM = 0x01,
};

static bool has_no_length(uint8_t code)
{
    return code == TEM || (code >= RST0 && code <= EOI);
}

static bool is_frame_header(uint8_t code)
{
    return code >= SOF0 && code <= SOF15 && code != DHT && code != JPG && code != DAC;
}

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

/* The position of the next FF that is followed by neither 00 nor FF, at or behind `from`: where a
 * marker stands. `length` when there is none; then *ret_resume is where to look again once there
 * are more bytes. */
static size_t find_marker(const uint8_t *bytes, size_t from, size_t length, size_t *ret_resume)
{
    while (from < length) {
        const uint8_t *ff = memchr(bytes + from, 0xff, length - from);
        if (!ff) {
            *ret_resume = length;
            return length;
        }
        from = (size_t)(ff - bytes);
        if (from + 1 >= length) {
            *ret_resume = from;
            return length;
        }
        if (bytes[from + 1] == 0)
            from += 2;
        else if (bytes[from + 1] == 0xff)
            from += 1;
        else
            return from;
    }
    *ret_resume = from;
    return length;
}

/* Where an SOI stands that is followed by another marker; `length` when there is none. */
static size_t find_soi(const uint8_t *bytes, size_t from, size_t length)
{
    while (from < length) {
        const uint8_t *ff = memchr(bytes + from, 0xff, length - from);
        if (!ff)
            break;
        from = (size_t)(ff - bytes);
        if (length - from >= 3 && bytes[from + 1] == SOI && bytes[from + 2] == 0xff)
            return from;
        from++;
    }
    return length;
}

/* ---------------------------------------------------------------- header */

static enum fr_jpeg_sampling sampling_of(const uint8_t *factors, unsigned components)
{
    static const struct {
        uint8_t h, v;
        enum fr_jpeg_sampling sampling;
    } ratios[] = {
        {1, 1, FR_JPEG_444}, {2, 1, FR_JPEG_422}, {2, 2, FR_JPEG_420},
        {1, 2, FR_JPEG_440}, {4, 1, FR_JPEG_411}, {4, 2, FR_JPEG_410},
    };

    if (components == 1)
        return FR_JPEG_GREY;
    if (components != 3 || factors[1] != factors[2])
        return FR_JPEG_OTHER;
    unsigned y_h = factors[0] >> 4, y_v = factors[0] & 15;
    unsigned c_h = factors[1] >> 4, c_v = factors[1] & 15;
    if (!c_h || !c_v || y_h % c_h || y_v % c_v)
        return FR_JPEG_OTHER;
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        if (y_h / c_h == ratios[i].h && y_v / c_v == ratios[i].v)
            return ratios[i].sampling;
    return FR_JPEG_OTHER;
}

/* Reads a frame header's contents (behind its length). */
static int read_frame_header(uint8_t code, const uint8_t *p, size_t size, struct fr_jpeg_info *info)
{
    uint8_t factors[4] = {0};

    if (size < 6)
        return -EBADMSG;
    info->precision_bits = p[0];
    info->height_px = be16(p + 1);
    info->width_px = be16(p + 3);
    info->components = p[5];
    if (!info->width_px || !info->height_px || !info->components ||
        size != 6 + 3 * (size_t)info->components)
        return -EBADMSG;
    for (unsigned i = 0; i < info->components; i++) {
        uint8_t factor = p[6 + 3 * i + 1];
        if (!(factor >> 4) || (factor >> 4) > 4 || !(factor & 15) || (factor & 15) > 4)
            return -EBADMSG;
        if (i < 4)
            factors[i] = factor;
    }
    info->sampling = sampling_of(factors, info->components);
    info->is_luma_full = true;
    for (unsigned i = 1; i < 4; i++)
        if (factors[i] >> 4 > factors[0] >> 4 || (factors[i] & 15) > (factors[0] & 15))
            info->is_luma_full = false;
    /* SOF 0 to 15 are four bits: lossless is 3 in the lower two, 2 there is progressive. */
    info->is_lossless = (code & 3) == 3;
    info->is_progressive = (code & 3) == 2;
    info->is_hierarchical = (code & 4) != 0;
    info->is_arithmetic = (code & 8) != 0;
    info->is_rgb = info->components == 3 && p[6] == 'R' && p[6 + 3] == 'G' && p[6 + 6] == 'B';
    return 0;
}

int fr_jpeg_probe(const uint8_t *bytes, size_t length, struct fr_jpeg_info *ret_info)
{
    struct fr_jpeg_info info = {0};
    bool has_frame_header = false, is_jfif = false, says_rgb = false, says_ycc = false;
    size_t window = length < FR_JPEG_GARBAGE_MAX ? length : FR_JPEG_GARBAGE_MAX, resume;

    info.start_bytes = find_soi(bytes, 0, window);
    if (info.start_bytes == window)
        return -EBADMSG;
    for (size_t at = info.start_bytes + 2;;) {
        at = find_marker(bytes, at, length, &resume);
        if (at == length)
            break;
        uint8_t code = bytes[at + 1];
        if (code == SOI || code == EOI)
            break;
        if (has_no_length(code)) {
            at += 2;
            continue;
        }
        if (length - at < 4 || be16(bytes + at + 2) < 2 || be16(bytes + at + 2) > length - at - 2)
            break;
        const uint8_t *contents = bytes + at + 4;
        size_t size = be16(bytes + at + 2) - 2;
        if (code == SOS) {
            info.has_picture = true;
            info.scan_bytes = at;
            break;
        }
        if (code == DHT && size > 0)
            info.has_huffman_tables = true;
        if (code == APP0 && size >= 14 && !memcmp(contents, "JFIF", 5))
            is_jfif = true;
        if (code == APP14 && size >= 12 && !memcmp(contents, "Adobe", 5))
            *(contents[11] ? &says_ycc : &says_rgb) = true; /* 0: no colour transform */
        if (is_frame_header(code)) {
            /* A second frame header is hierarchical coding, or an attempt to be two sizes. */
            if (has_frame_header || read_frame_header(code, contents, size, &info) < 0)
                return -EBADMSG;
            has_frame_header = true;
        }
        at += 4 + size;
    }
    if (!has_frame_header)
        return -EBADMSG;
    /* In libjpeg's order: JFIF decides, then Adobe's word, then the components' names. */
    info.is_rgb = info.components == 3 && !is_jfif && (says_rgb || (info.is_rgb && !says_ycc));
    *ret_info = info;
    return 0;
}

int fr_jpeg_supported(const struct fr_jpeg_info *info, const char **ret_why)
{
    const char *why = NULL;

    if (info->is_lossless)
        why = "lossless coding";
    else if (info->is_hierarchical)
        why = "hierarchical coding";
    else if (info->is_arithmetic)
        why = "arithmetic coding";
    else if (info->is_progressive)
        why = "progressive coding";
    else if (info->precision_bits != 8)
        why = "samples that are not 8 bits";
    else if (info->components == 4)
        why = "4 components (CMYK)";
    else if (info->components != 1 && info->components != 3)
        why = "a number of components that is neither 1 nor 3";
    else if (info->is_rgb)
        why = "RGB instead of YCbCr";
    else if (info->width_px > FR_SIDE_MAX || info->height_px > FR_SIDE_MAX)
        why = "a side of more than 16384 pixels";
    else if (!info->is_luma_full)
        why = "luma of less than the full size";
    if (!why)
        return 0;
    if (ret_why)
        *ret_why = why;
    return -ENOTSUP;
}

uint32_t fr_jpeg_native_fourcc(const struct fr_jpeg_info *info)
{
    if (fr_jpeg_supported(info, NULL) < 0)
        return 0;
    switch (info->sampling) {
    case FR_JPEG_GREY:
    case FR_JPEG_OTHER:
        return FR_FOURCC_GREY;
    case FR_JPEG_420:
    case FR_JPEG_440:
    case FR_JPEG_410:
        return FR_FOURCC_YU12;
    case FR_JPEG_422:
    case FR_JPEG_444:
    case FR_JPEG_411:
        return FR_FOURCC_422P;
    }
    return 0;
}

/* ---------------------------------------------------------------- stream */

enum split_state {
    BETWEEN = 0, /* looking for an SOI */
    INSIDE = 1,  /* looking for the next marker of the picture under way */
};

static int found(struct fr_jpeg_split *split, size_t end, size_t *ret_start, size_t *ret_length)
{
    *ret_start = split->start_bytes;
    *ret_length = end - split->start_bytes;
    split->state = BETWEEN;
    split->position_bytes = split->start_bytes = end;
    return 1;
}

int fr_jpeg_split(struct fr_jpeg_split *split, const uint8_t *bytes, size_t length, bool is_end,
                  size_t *ret_start_bytes, size_t *ret_length_bytes)
{
    if (split->state == BETWEEN) {
        size_t at = find_soi(bytes, split->position_bytes, length);
        if (at == length) {
            /* The last two bytes may be the beginning of an SOI and its successor. */
            size_t keep = length - split->position_bytes < 2 ? split->position_bytes : length - 2;
            split->position_bytes = split->start_bytes = is_end ? length : keep;
            return 0;
        }
        split->state = INSIDE;
        split->start_bytes = at;
        split->position_bytes = at + 2;
    }

    for (;;) {
        size_t at = length, resume = split->position_bytes;
        if (split->position_bytes < length)
            at = find_marker(bytes, split->position_bytes, length, &resume);
        if (at == length) {
            split->position_bytes = resume;
            break;
        }
        uint8_t code = bytes[at + 1];
        split->position_bytes = at;
        if (code == EOI)
            return found(split, at + 2, ret_start_bytes, ret_length_bytes);
        if (code == SOI) /* cut short: the next one begins */
            return found(split, at, ret_start_bytes, ret_length_bytes);
        if (has_no_length(code)) {
            split->position_bytes = at + 2;
            continue;
        }
        if (length - at < 4)
            break;
        /* May lie beyond the bytes there are; then the search goes on once they have come. A length
         * below 2 is nonsense: look for the next marker. */
        uint32_t size = be16(bytes + at + 2);
        split->position_bytes = at + 2 + (size >= 2 ? size : 2);
    }
    if (is_end && length > split->start_bytes)
        return found(split, length, ret_start_bytes, ret_length_bytes);
    return 0;
}

size_t fr_jpeg_split_discard(struct fr_jpeg_split *split)
{
    size_t bytes = split->start_bytes;
    split->position_bytes -= bytes;
    split->start_bytes = 0;
    return bytes;
}

void fr_jpeg_split_give_up(struct fr_jpeg_split *split)
{
    split->state = BETWEEN;
    split->start_bytes = split->position_bytes = split->start_bytes + 2;
}
