/* The table as a whole: finding rows, defaults, and what a value must look like. */
#include "config/settings.h"

#include "common/daemon/log.h"
#include "framering/framering.h"

#include <errno.h>
#include <string.h>

const struct fr_setting *fr_settings_find_row(const struct fr_setting *rows, size_t n_rows,
                                              const char *key)
{
    for (size_t i = 0; i < n_rows; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

const struct fr_setting *fr_settings_find(const struct fr_settings_table *table, const char *key)
{
    return fr_settings_find_row(table->rows, table->n_rows, key);
}

static const char *find_nearest(const struct fr_setting *rows, size_t n_rows, const char *key)
{
    const char *nearest = NULL;
    unsigned least = 3; /* further apart is another word */

    for (size_t i = 0; i < n_rows; i++) {
        unsigned d = fr_word_distance(key, rows[i].key);
        if (d < least && d < strlen(rows[i].key)) {
            least = d;
            nearest = rows[i].key;
        }
    }
    return nearest;
}

const char *fr_settings_nearest(const struct fr_settings_table *table, const char *key)
{
    return find_nearest(table->rows, table->n_rows, key);
}

int fr_settings_defaults(const struct fr_settings_table *table, void *settings)
{
    char reason[FR_SETTINGS_REASON_MAX];

    memset(settings, 0, table->struct_bytes);
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fr_setting *row = &table->rows[i];
        bool is_text = row->type == FR_SETTING_STRING || row->type == FR_SETTING_NAME;
        if (is_text && !*row->default_text)
            continue; /* zeroed already; a file must not say "" where a value is needed */
        int r = fr_setting_parse(row, settings, row->default_text, reason, sizeof reason);
        if (r < 0)
            return -EINVAL;
    }
    return 0;
}

/* Equal in value, whatever stands behind a text's end. */
static bool is_same(const struct fr_setting *row, const void *a, const void *b)
{
    const char *left = (const char *)a + row->offset, *right = (const char *)b + row->offset;
    switch (row->type) {
    case FR_SETTING_STRING:
    case FR_SETTING_NAME:
        return strcmp(left, right) == 0;
    case FR_SETTING_INTEGER:
        return memcmp(left, right, sizeof(int64_t)) == 0;
    case FR_SETTING_REAL:
        return memcmp(left, right, sizeof(double)) == 0;
    case FR_SETTING_BOOL:
        return memcmp(left, right, sizeof(bool)) == 0;
    case FR_SETTING_SIZE:
        return memcmp(left, right, sizeof(struct fr_size)) == 0;
    case FR_SETTING_RATE:
        return memcmp(left, right, sizeof(struct fr_rate)) == 0;
    case FR_SETTING_FOURCC:
        return memcmp(left, right, sizeof(uint32_t)) == 0;
    case FR_SETTING_CHOICE:
        return memcmp(left, right, sizeof(int)) == 0;
    case FR_SETTING_POLYGON:
        return memcmp(left, right, sizeof(struct fr_polygon)) == 0;
    }
    return false;
}

char *fr_settings_differences(const struct fr_settings_table *table, const void *a, const void *b,
                              char *buf, size_t size)
{
    size_t n = 0;
    *buf = 0;
    for (size_t i = 0; i < table->n_rows && n < size; i++)
        if (!is_same(&table->rows[i], a, b))
            n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "", table->rows[i].key);
    return buf;
}

int fr_settings_set_row(const struct fr_setting *rows, size_t n_rows, void *settings,
                        const char *key, const char *text, char *reason, size_t reason_size)
{
    const struct fr_setting *row = fr_settings_find_row(rows, n_rows, key);
    char why[FR_SETTINGS_REASON_MAX], shown[64];

    if (!row) {
        const char *nearest = find_nearest(rows, n_rows, key);
        snprintf(reason, reason_size, "%s: no such setting%s%s%s",
                 fr_log_escape(key, shown, sizeof shown), nearest ? "; did you mean " : "",
                 nearest ? nearest : "", nearest ? "?" : "");
        return -ENOENT;
    }
    int r = fr_setting_parse(row, settings, text, why, sizeof why);
    if (r < 0)
        snprintf(reason, reason_size, "%s: %s", row->key, why);
    return r;
}

int fr_settings_set(const struct fr_settings_table *table, void *settings, const char *key,
                    const char *text, char *reason, size_t reason_size)
{
    return fr_settings_set_row(table->rows, table->n_rows, settings, key, text, reason,
                               reason_size);
}

static const char *number_expected(const struct fr_setting *row, const char *what, char *buf,
                                   size_t size)
{
    bool has_unit = row->unit && *row->unit;

    if (row->min < row->max)
        snprintf(buf, size, "%s from %.15g to %.15g%s%s", what, row->min, row->max,
                 has_unit ? " " : "", has_unit ? row->unit : "");
    else
        snprintf(buf, size, "%s%s%s", what, has_unit ? " of " : "", has_unit ? row->unit : "");
    return buf;
}

char *fr_setting_expected(const struct fr_setting *row, char *buf, size_t size)
{
    size_t n = 0;
    char number[128];

    switch (row->type) {
    case FR_SETTING_STRING:
        if (row->min > 0)
            snprintf(buf, size, "%.0f to %.0f printable characters", row->min, row->max - 1);
        else
            snprintf(buf, size, "at most %.0f printable characters", row->max - 1);
        break;
    case FR_SETTING_NAME:
        snprintf(buf, size,
                 "a name of 1 to %.0f of the characters A-Z a-z 0-9 . _ - that does not begin "
                 "with a dot or a dash",
                 row->max - 1 < FR_CAMERA_NAME_MAX ? row->max - 1 : FR_CAMERA_NAME_MAX);
        break;
    case FR_SETTING_INTEGER:
        number_expected(row, "a whole number", buf, size);
        break;
    case FR_SETTING_REAL:
        number_expected(row, "a number", buf, size);
        break;
    case FR_SETTING_BOOL:
        snprintf(buf, size, "yes or no");
        break;
    case FR_SETTING_SIZE:
        snprintf(buf, size,
                 "WIDTHxHEIGHT in pixels such as 1280x720, each side from 1 to %.0f, or any",
                 row->max);
        break;
    case FR_SETTING_RATE:
        snprintf(buf, size, "%s such as 15, 29.97 or 30000/1001, or any",
                 number_expected(row, "a rate", number, sizeof number));
        break;
    case FR_SETTING_FOURCC:
        snprintf(buf, size,
                 "the four letters of a pixel format such as YUYV, NV12 or MJPG (Y16, or Y16-BE "
                 "where V4L2 "
                 "writes so), or any");
        break;
    case FR_SETTING_POLYGON:
        snprintf(
            buf, size,
            "3 to %d points x,y with blanks between them, as shares of the picture from 0 to 1 "
            "and in the order of the edge, such as 0.1,0.2 0.5,0.2 0.5,0.9",
            FR_POLYGON_POINTS_MAX);
        break;
    case FR_SETTING_CHOICE:
        *buf = 0;
        for (int i = 0; row->choices[i] && n < size; i++)
            n += (size_t)snprintf(buf + n, size - n, "%s%s",
                                  i == 0                ? ""
                                  : row->choices[i + 1] ? ", "
                                                        : " or ",
                                  row->choices[i]);
        break;
    }
    return buf;
}
