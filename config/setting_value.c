/* Text to value, one function a type. Every text comes from outside: what is not wholly understood
 * is refused, and nothing is written before it is. */
#include "config/settings.h"

#include "common/daemon/log.h"
#include "framering/framering.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static bool has_range(const struct fr_setting *row)
{
    return row->min < row->max;
}

/* Of text that need not end behind them. */
static bool is_digits(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return n > 0;
}

static const char any[] = "any";

/* A number of at most nine digits, so that it fits anything. */
static bool parse_u32(const char *text, size_t n, uint32_t *ret_value)
{
    char digits[10];

    if (n >= sizeof digits || !is_digits(text, n))
        return false;
    memcpy(digits, text, n);
    digits[n] = 0;
    *ret_value = (uint32_t)strtoul(digits, NULL, 10);
    return true;
}

static int parse_integer(const struct fr_setting *row, const char *text, int64_t *ret_value)
{
    const char *digits = text + (*text == '-' || *text == '+');

    if (!is_digits(digits, strlen(digits)))
        return -EINVAL;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE)
        return -ERANGE;
    if (has_range(row) && ((double)value < row->min || (double)value > row->max))
        return -ERANGE;
    *ret_value = value;
    return 0;
}

/* Digits, at most one point, an optional exponent: no "nan", "inf" or hexadecimal of strtod(). */
static int parse_real(const struct fr_setting *row, const char *text, double *ret_value)
{
    const char *s = text + (*text == '-' || *text == '+');
    size_t whole = strspn(s, "0123456789"), part = 0;

    s += whole;
    if (*s == '.')
        s += 1 + (part = strspn(s + 1, "0123456789"));
    if (whole + part == 0)
        return -EINVAL;
    if (*s == 'e' || *s == 'E') {
        s += 1 + (s[1] == '-' || s[1] == '+');
        size_t n = strspn(s, "0123456789");
        if (n == 0)
            return -EINVAL;
        s += n;
    }
    if (*s)
        return -EINVAL;
    double value = strtod(text, NULL);
    if (!isfinite(value) || (has_range(row) && (value < row->min || value > row->max)))
        return -ERANGE;
    *ret_value = value;
    return 0;
}

static int parse_bool(const char *text, bool *ret_value)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            *ret_value = i & 1;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_size(const struct fr_setting *row, const char *text, struct fr_size *ret_size)
{
    struct fr_size size = {0};
    const char *x = strchr(text, 'x');

    if (strcmp(text, any) == 0) {
        *ret_size = size;
        return 0;
    }
    if (!x || !is_digits(text, (size_t)(x - text)) || !is_digits(x + 1, strlen(x + 1)))
        return -EINVAL;
    if (!parse_u32(text, (size_t)(x - text), &size.width_px) ||
        !parse_u32(x + 1, strlen(x + 1), &size.height_px))
        return -ERANGE;
    bool is_any = size.width_px == 0 && size.height_px == 0;
    if (!is_any && (size.width_px == 0 || size.height_px == 0))
        return -ERANGE;
    if (row->max > 0 && (size.width_px > row->max || size.height_px > row->max))
        return -ERANGE;
    *ret_size = size;
    return 0;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* "30000/1001" as it is, "29.97" as 2997/100: a decimal is taken at its word. */
static int parse_rate(const struct fr_setting *row, const char *text, struct fr_rate *ret_rate)
{
    struct fr_rate rate = {0, 1};
    const char *mark = text + strcspn(text, "/.");
    size_t whole = (size_t)(mark - text), part = *mark ? strlen(mark + 1) : 0;

    if (strcmp(text, any) == 0) {
        *ret_rate = rate;
        return 0;
    }
    if (!is_digits(text, whole) || (*mark && !is_digits(mark + 1, part)))
        return -EINVAL;
    if (*mark == '/') {
        if (!parse_u32(text, whole, &rate.num) || !parse_u32(mark + 1, part, &rate.den))
            return -ERANGE;
        if (rate.den == 0)
            return -EINVAL;
    } else {
        char digits[10];
        if (whole + part >= sizeof digits)
            return -ERANGE;
        memcpy(digits, text, whole);
        memcpy(digits + whole, mark + (*mark != 0), part);
        if (!parse_u32(digits, whole + part, &rate.num))
            return -EINVAL;
        for (size_t i = 0; i < part; i++)
            rate.den *= 10;
    }
    double per_second = (double)rate.num / rate.den;
    if (rate.num != 0 && has_range(row) && (per_second < row->min || per_second > row->max))
        return -ERANGE;
    uint32_t divisor = greatest_divisor(rate.num, rate.den);
    ret_rate->num = rate.num / divisor;
    ret_rate->den = rate.den / divisor;
    return 0;
}

static int parse_fourcc(const char *text, uint32_t *ret_fourcc)
{
    if (strcmp(text, any) == 0) {
        *ret_fourcc = 0;
        return 0;
    }
    /* V4L2 writes big-endian formats so, which have the highest bit set. */
    static const char big_endian[] = "-BE";
    uint8_t letters[4] = {' ', ' ', ' ', ' '};
    size_t n = strcspn(text, "-");
    if (n > 4 || n < 3 || (text[n] && strcmp(text + n, big_endian) != 0))
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        bool is_end_blank = i == 3 && text[i] == ' ';
        if ((text[i] <= ' ' || text[i] > '~') && !is_end_blank)
            return -EINVAL;
        letters[i] = (uint8_t)text[i];
    }
    /* Three letters are a format's name when it is one of Y10, Y12, Y16 and the like. */
    if (letters[3] == ' ' && strspn(text + 1, "0123456789") != 2)
        return -EINVAL;
    *ret_fourcc = FR_FOURCC(letters[0], letters[1], letters[2], letters[3]);
    if (text[n])
        *ret_fourcc |= UINT32_C(1) << 31;
    return 0;
}

static int parse_choice(const struct fr_setting *row, const char *text, int *ret_index)
{
    for (int i = 0; row->choices[i]; i++) {
        if (strcmp(text, row->choices[i]) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_string(const struct fr_setting *row, const char *text, char *ret_text)
{
    size_t n = strlen(text);

    if (n >= (size_t)row->max || (double)n < row->min)
        return -ERANGE;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return -EINVAL;
    memset(ret_text, 0, (size_t)row->max);
    memcpy(ret_text, text, n);
    return 0;
}

static int parse_name(const struct fr_setting *row, const char *text, char *ret_text)
{
    if (!fr_camera_name_ok(text))
        return -EINVAL;
    return parse_string(row, text, ret_text);
}

static int parse(const struct fr_setting *row, void *value, const char *text)
{
    switch (row->type) {
    case FR_SETTING_STRING:
        return parse_string(row, text, value);
    case FR_SETTING_NAME:
        return parse_name(row, text, value);
    case FR_SETTING_INTEGER:
        return parse_integer(row, text, value);
    case FR_SETTING_REAL:
        return parse_real(row, text, value);
    case FR_SETTING_BOOL:
        return parse_bool(text, value);
    case FR_SETTING_SIZE:
        return parse_size(row, text, value);
    case FR_SETTING_RATE:
        return parse_rate(row, text, value);
    case FR_SETTING_FOURCC:
        return parse_fourcc(text, value);
    case FR_SETTING_CHOICE:
        return parse_choice(row, text, value);
    case FR_SETTING_POLYGON:
        return -ENOTSUP; /* tells more than the others: see below */
    }
    return -EINVAL;
}

int fr_setting_parse(const struct fr_setting *row, void *settings, const char *text, char *reason,
                     size_t reason_size)
{
    void *value = (char *)settings + row->offset;
    const char *why = NULL;
    int r = row->type == FR_SETTING_POLYGON ? fr_polygon_parse(text, value, &why)
                                            : parse(row, value, text);
    if (r < 0) {
        char expected[256], shown[80];
        if (!why)
            why = r == -ERANGE ? "is out of range" : "cannot be used";
        fr_log_escape(text, shown, sizeof shown);
        snprintf(reason, reason_size, "\"%s\" %s; expected %s", shown, why,
                 fr_setting_expected(row, expected, sizeof expected));
    }
    return r;
}
