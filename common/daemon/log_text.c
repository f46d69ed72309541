/* The pure part of logging: what may stand in a line, and how often a line may come. */
#include "common/daemon/log.h"

#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 character at `s` when it is whole, well-formed and printable, else 0. C1
 * controls (U+0080 to U+009F) steer some terminals and are not printable. */
static size_t utf8_length(const unsigned char *s)
{
    uint32_t code;
    size_t n;

    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    if (s[0] >= 0xc2 && s[0] <= 0xdf) {
        n = 2;
        code = s[0] & 0x1fu;
    } else if ((s[0] & 0xf0) == 0xe0) {
        n = 3;
        code = s[0] & 0x0fu;
    } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
        n = 4;
        code = s[0] & 0x07u;
    } else {
        return 0;
    }
    for (size_t i = 1; i < n; i++) { /* the zero at the end is no continuation: never read past */
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fu);
    }
    if (code < 0xa0 || (n == 3 && code < 0x800) || (n == 4 && (code < 0x10000 || code > 0x10ffff)))
        return 0;
    if (code >= 0xd800 && code <= 0xdfff)
        return 0;
    /* Line and paragraph separators, and what turns the direction of writing. */
    if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
        return 0;
    return n;
}

char *fr_log_escape(const char *text, char *buf, size_t size)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;

    while (*s) {
        char piece[5];
        size_t n = utf8_length(s), taken = n ? n : 1;
        if (n)
            memcpy(piece, s, n);
        else if (*s == '\n' || *s == '\t' || *s == '\r')
            n = (size_t)snprintf(piece, sizeof piece, "\\%c",
                                 *s == '\n'   ? 'n'
                                 : *s == '\t' ? 't'
                                              : 'r');
        else
            n = (size_t)snprintf(piece, sizeof piece, "\\x%02x", *s);
        if (used + n >= size)
            break;
        memcpy(buf + used, piece, n);
        used += n;
        s += taken;
    }
    buf[used] = 0;
    return buf;
}

bool fr_log_limit_due(struct fr_log_limit *limit, int state, int64_t now_mono_ns, int64_t period_ns,
                      uint64_t *ret_count)
{
    bool is_change = !limit->is_begun || state != limit->state;

    if (!limit->is_begun || now_mono_ns - limit->began_mono_ns >= period_ns) {
        limit->began_mono_ns = now_mono_ns;
        limit->lines = 0;
    }
    limit->untold++;
    if (!is_change && now_mono_ns - limit->told_mono_ns < period_ns)
        return false;
    if (limit->lines >= FR_LOG_LIMIT_LINES)
        return false;
    limit->is_begun = true;
    limit->state = state;
    limit->lines++;
    limit->told_mono_ns = now_mono_ns;
    *ret_count = limit->untold;
    limit->untold = 0;
    return true;
}
