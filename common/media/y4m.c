/* YUV4MPEG2 lines, read and written. */
#include "common/media/y4m.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <linux/videodev2.h>

static const char magic[] = "YUV4MPEG2";

static int refuse(int rc, char *reason, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static int refuse(int rc, char *reason, size_t size, const char *format, ...)
{
    if (reason && size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(reason, size, format, arguments);
        va_end(arguments);
    }
    return rc;
}

/* One parameter: a letter and what follows it up to the next space. Not zero-terminated. */
struct parameter {
    char letter;
    const char *value;
    size_t length;
};

static bool value_is(const struct parameter *p, const char *text)
{
    return p->length == strlen(text) && !memcmp(p->value, text, p->length);
}

/* Digits alone, at most `max`; -EBADMSG otherwise. */
static int read_number(const char *text, size_t length, uint32_t max, uint32_t *ret_number)
{
    uint64_t number = 0;
    if (length < 1)
        return -EBADMSG;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -EBADMSG;
        number = number * 10 + (uint64_t)(text[i] - '0');
        if (number > max)
            return -EBADMSG;
    }
    *ret_number = (uint32_t)number;
    return 0;
}

static int read_rate(const struct parameter *p, struct fr_y4m_header *header)
{
    const char *colon = memchr(p->value, ':', p->length);
    if (!colon)
        return -EBADMSG;
    size_t left = (size_t)(colon - p->value);
    uint32_t num, den;
    if (read_number(p->value, left, INT32_MAX, &num) < 0 ||
        read_number(colon + 1, p->length - left - 1, INT32_MAX, &den) < 0)
        return -EBADMSG;
    /* 0:0 is the format's own "not told"; with one of them 0 it is no rate either. */
    header->rate_num = num && den ? num : 0;
    header->rate_den = num && den ? den : 0;
    return 0;
}

static int read_field(const struct parameter *p, struct fr_y4m_header *header)
{
    if (p->length != 1)
        return -EBADMSG;
    switch (p->value[0]) {
    case '?':
        header->field = V4L2_FIELD_ANY;
        return 0;
    case 'p':
        header->field = V4L2_FIELD_NONE;
        return 0;
    case 't':
        header->field = V4L2_FIELD_INTERLACED_TB;
        return 0;
    case 'b':
        header->field = V4L2_FIELD_INTERLACED_BT;
        return 0;
    case 'm':
        return -ENOTSUP; /* another at each frame */
    default:
        return -EBADMSG;
    }
}

static int read_chroma(const struct parameter *p, struct fr_y4m_header *header)
{
    static const struct {
        const char *name;
        enum fr_y4m_chroma chroma;
    } known[] = {
        {"mono", FR_Y4M_MONO},         {"420", FR_Y4M_420JPEG},       {"420jpeg", FR_Y4M_420JPEG},
        {"420mpeg2", FR_Y4M_420MPEG2}, {"420paldv", FR_Y4M_420PALDV}, {"422", FR_Y4M_422},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (value_is(p, known[i].name)) {
            header->chroma = known[i].chroma;
            return 0;
        }
    return -ENOTSUP;
}

static int read_parameter(const struct parameter *p, struct fr_y4m_header *header)
{
    switch (p->letter) {
    case 'W':
        return read_number(p->value, p->length, FR_SIDE_MAX, &header->width_px);
    case 'H':
        return read_number(p->value, p->length, FR_SIDE_MAX, &header->height_px);
    case 'F':
        return read_rate(p, header);
    case 'I':
        return read_field(p, header);
    case 'C':
        return read_chroma(p, header);
    case 'X':
        if (value_is(p, "COLORRANGE=FULL"))
            header->range = V4L2_QUANTIZATION_FULL_RANGE;
        else if (value_is(p, "COLORRANGE=LIMITED"))
            header->range = V4L2_QUANTIZATION_LIM_RANGE;
        return 0;
    case 'A': /* the pixels' aspect: a ring does not carry it */
        return 0;
    default:
        return -EBADMSG;
    }
}

/* The length of the line at `bytes`, without its newline. */
static int find_line(const uint8_t *bytes, size_t length, size_t *ret_length)
{
    size_t window = length < FR_Y4M_LINE_MAX ? length : FR_Y4M_LINE_MAX;
    const uint8_t *newline = window ? memchr(bytes, '\n', window) : NULL;
    if (!newline)
        return window == FR_Y4M_LINE_MAX ? -EBADMSG : -EAGAIN;
    *ret_length = (size_t)(newline - bytes);
    return 0;
}

/* Whether the bytes, as far as they go, begin with `word` and a space or the line's end. */
static bool begins_with(const uint8_t *bytes, size_t length, const char *word)
{
    size_t word_length = strlen(word);
    if (length <= word_length)
        return length == 0 || !memcmp(bytes, word, length);
    return !memcmp(bytes, word, word_length) &&
           (bytes[word_length] == ' ' || bytes[word_length] == '\n');
}

int fr_y4m_parse_header(const uint8_t *bytes, size_t length, struct fr_y4m_header *ret_header,
                        size_t *ret_used, char *reason, size_t reason_size)
{
    struct fr_y4m_header header = {.chroma = FR_Y4M_420JPEG};
    size_t line_length;

    if (!begins_with(bytes, length, magic))
        return refuse(-EBADMSG, reason, reason_size, "not Y4M: no \"YUV4MPEG2\" at its beginning");
    int rc = find_line(bytes, length, &line_length);
    if (rc == -EBADMSG)
        return refuse(rc, reason, reason_size, "Y4M header line of more than %u bytes",
                      FR_Y4M_LINE_MAX);
    if (rc < 0)
        return rc;

    const char *at = (const char *)bytes + strlen(magic), *end = (const char *)bytes + line_length;
    while (at < end) {
        if (*at == ' ') {
            at++;
            continue;
        }
        const char *space = memchr(at, ' ', (size_t)(end - at));
        struct parameter p = {*at, at + 1, (size_t)((space ? space : end) - at - 1)};
        rc = read_parameter(&p, &header);
        if (rc < 0) {
            char text[33];
            size_t n = p.length + 1 < sizeof text - 1 ? p.length + 1 : sizeof text - 1;
            for (size_t i = 0; i < n; i++)
                text[i] = at[i] > ' ' && at[i] <= '~' ? at[i] : '?';
            text[n] = 0;
            return refuse(rc, reason, reason_size, "Y4M header with \"%s\", which %s", text,
                          rc == -ENOTSUP ? "is not read (read: Cmono, C420*, C422; I?, Ip, It, Ib)"
                                         : "makes no sense");
        }
        at += p.length + 1;
    }
    if (!header.width_px || !header.height_px)
        return refuse(-EBADMSG, reason, reason_size, "Y4M header without width and height");
    *ret_header = header;
    *ret_used = line_length + 1;
    return 0;
}

int fr_y4m_parse_frame(const uint8_t *bytes, size_t length, size_t *ret_used)
{
    size_t line_length;
    if (!begins_with(bytes, length, "FRAME"))
        return -EBADMSG;
    int rc = find_line(bytes, length, &line_length);
    if (rc < 0)
        return rc;
    *ret_used = line_length + 1;
    return 0;
}

int fr_y4m_write_header(const struct fr_y4m_header *header, char *buf, size_t size)
{
    static const char *const chroma[] = {"mono", "420jpeg", "420mpeg2", "420paldv", "422"};
    char field = header->field == V4L2_FIELD_NONE            ? 'p'
                 : header->field == V4L2_FIELD_INTERLACED_TB ? 't'
                 : header->field == V4L2_FIELD_INTERLACED_BT ? 'b'
                                                             : '?';
    const char *range = header->range == V4L2_QUANTIZATION_FULL_RANGE  ? " XCOLORRANGE=FULL"
                        : header->range == V4L2_QUANTIZATION_LIM_RANGE ? " XCOLORRANGE=LIMITED"
                                                                       : "";
    int length = snprintf(buf, size, "%s W%u H%u F%u:%u I%c A1:1 C%s%s\n", magic, header->width_px,
                          header->height_px, header->rate_num, header->rate_den, field,
                          chroma[header->chroma], range);
    return length < 0 || (size_t)length >= size ? -ENOSPC : length;
}

uint32_t fr_y4m_chroma_width_px(const struct fr_y4m_header *header)
{
    return header->chroma == FR_Y4M_MONO ? 0 : (header->width_px + 1) / 2;
}

uint32_t fr_y4m_chroma_height_px(const struct fr_y4m_header *header)
{
    if (header->chroma == FR_Y4M_MONO)
        return 0;
    return header->chroma == FR_Y4M_422 ? header->height_px : (header->height_px + 1) / 2;
}

size_t fr_y4m_frame_bytes(const struct fr_y4m_header *header)
{
    return (size_t)header->width_px * header->height_px +
           2 * (size_t)fr_y4m_chroma_width_px(header) * fr_y4m_chroma_height_px(header);
}

uint32_t fr_y4m_native_fourcc(const struct fr_y4m_header *header)
{
    switch (header->chroma) {
    case FR_Y4M_MONO:
        return FR_FOURCC_GREY;
    case FR_Y4M_422:
        return FR_FOURCC_422P;
    default:
        return FR_FOURCC_YU12;
    }
}
