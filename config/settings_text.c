/* What stands in a file, through libinih.
 *
 * libinih gives no line number to its handler, splits lines that do not fit its buffer without a
 * word, takes an indented line for more of the value before, and stops at no zero byte. So it is
 * fed one line at a time by a reader of our own, which counts the lines and refuses what libinih
 * would misread; libinih then does what it is good at: keys, values and comments.
 *
 * Comments begin a line with # or ;, or stand behind a value after a blank and a ;.
 */
#include "config/settings.h"

#include "common/daemon/log.h"
#include "framering/framering.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    const struct fr_settings_table *table;
    void *settings; /* the copy that is worked on */
    const char *name;
    const char *text, *end; /* not read yet */
    int line;
    int *set_at;                            /* line that set the row, 0: none yet */
    struct fr_control_settings *free_lines; /* in `settings`; NULL: the table has no free section */
    /* The section of many that is being read, NULL: none; its item, its line, and of its rows those
     * that were set. */
    const struct fr_many_sections *many;
    void *item;
    int item_line;
    uint64_t item_set;
    int error;
    char *reason;
    size_t reason_size;
};

/* Keeps the first error, with its place in front. */
__attribute__((format(printf, 3, 4))) static void refuse(struct reading *reading, int error,
                                                         const char *fmt, ...)
{
    char what[FR_SETTINGS_REASON_MAX];
    va_list args;

    if (reading->error)
        return;
    va_start(args, fmt);
    vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    snprintf(reading->reason, reading->reason_size, "%s:%d: %s", reading->name, reading->line,
             what);
    reading->error = error;
}

/* Control characters but tabs: libinih would end the line at a zero. */
static bool check_bytes(struct reading *reading, const char *line, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)line[i];
        if ((byte < ' ' && byte != '\t') || byte == 0x7f) {
            refuse(reading, -EINVAL,
                   "byte 0x%02x (%s) in column %zu; expected plain text, one setting a line", byte,
                   byte == 0 ? "NUL" : "a control character", i + 1);
            return false;
        }
    }
    return true;
}

/* "[capture]", "[capture] or [controls]", "[analyzer], [zone NAME] or [ignore NAME]". */
static const char *sections(const struct fr_settings_table *table, char buf[128])
{
    size_t n_more = table->n_many + (table->free_section != NULL);
    size_t n = (size_t)snprintf(buf, 128, "[%s]", table->section);
    for (size_t i = 0; i < n_more && n < 128; i++) {
        bool is_many = i < table->n_many;
        n += (size_t)snprintf(buf + n, 128 - n, "%s[%s%s]", i + 1 < n_more ? ", " : " or ",
                              is_many ? table->many[i].kind : table->free_section->name,
                              is_many ? " NAME" : "");
    }
    return buf;
}

static size_t *count_of(const struct reading *reading, const struct fr_many_sections *many)
{
    return (size_t *)(void *)((char *)reading->settings + many->n_offset);
}

static char *item_of(const struct reading *reading, const struct fr_many_sections *many, size_t i)
{
    return (char *)reading->settings + many->items_offset + i * many->item_bytes;
}

/* The section of many is complete, and may lack something. */
static bool end_item(struct reading *reading)
{
    const struct fr_many_sections *many = reading->many;
    char why[FR_SETTINGS_REASON_MAX - 80];

    reading->many = NULL;
    if (!many || many->check(reading->item, why, sizeof why) == 0)
        return true;
    reading->line = reading->item_line;
    refuse(reading, -EINVAL, "[%s %s]: %s", many->kind, (const char *)reading->item, why);
    return false;
}

/* "zone door": another item. False: refused, or `text` is no section of many (*ret_is_many). */
static bool begin_item(struct reading *reading, const char *text, size_t length, bool *ret_is_many)
{
    const struct fr_settings_table *table = reading->table;
    const struct fr_many_sections *many = NULL;
    char name[64], shown[64];

    for (size_t i = 0; i < table->n_many; i++) {
        size_t n = strlen(table->many[i].kind);
        if (length >= n && memcmp(text, table->many[i].kind, n) == 0 &&
            (length == n || text[n] == ' ' || text[n] == '\t'))
            many = &table->many[i];
    }
    *ret_is_many = many != NULL;
    if (!many)
        return false;
    text += strlen(many->kind);
    length -= strlen(many->kind);
    while (length && (*text == ' ' || *text == '\t'))
        text++, length--;
    snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : (int)sizeof name - 1,
             text);
    if (!fr_camera_name_ok(name) || length > FR_SECTION_NAME_MAX) {
        refuse(
            reading, -EINVAL,
            "[%s %s]: not a name; expected 1 to %d of the characters A-Z a-z 0-9 . _ - without a "
            "dot or a dash in front",
            many->kind, fr_log_escape(name, shown, sizeof shown), FR_SECTION_NAME_MAX);
        return false;
    }
    size_t *n = count_of(reading, many);
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(item_of(reading, many, i), name) == 0) {
            refuse(reading, -EINVAL, "[%s %s]: stands there twice; expected each name once",
                   many->kind, name);
            return false;
        }
    }
    if (*n == many->max) {
        refuse(reading, -EINVAL, "[%s %s]: one too many; expected at most %zu of these", many->kind,
               name, many->max);
        return false;
    }
    reading->many = many;
    reading->item = item_of(reading, many, (*n)++);
    reading->item_line = reading->line;
    reading->item_set = 0;
    memcpy(reading->item, many->blank, many->item_bytes);
    memcpy(reading->item, name, strlen(name) + 1);
    return true;
}

static bool is_section(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* libinih says nothing about a section without keys, and ignores what stands behind the bracket. */
static bool check_section(struct reading *reading, const char *line, size_t n)
{
    const struct fr_settings_table *table = reading->table;
    const char *close = memchr(line, ']', n);
    char text[64], shown[64], expected[128];

    if (!close) {
        refuse(reading, -EINVAL, "a section without its ]; expected %s", sections(table, expected));
        return false;
    }
    const char *behind = close + 1;
    while (behind < line + n && (*behind == ' ' || *behind == '\t'))
        behind++;
    if (behind < line + n && *behind != ';' && *behind != '#') {
        refuse(reading, -EINVAL, "more text behind the section's ]; expected %s alone",
               sections(table, expected));
        return false;
    }
    if (!end_item(reading))
        return false;
    bool is_many;
    size_t length = (size_t)(close - line) - 1;
    if (begin_item(reading, line + 1, length, &is_many) || is_many)
        return !reading->error;
    if (is_section(table->section, line + 1, length) ||
        (table->free_section && is_section(table->free_section->name, line + 1, length)))
        return true;
    if (length >= sizeof text)
        length = sizeof text - 1;
    memcpy(text, line + 1, length);
    text[length] = 0;
    refuse(reading, -EINVAL, "[%s]: no such section; expected %s",
           fr_log_escape(text, shown, sizeof shown), sections(table, expected));
    return false;
}

/* Takes the next line off the text. A byte order mark at the very start is let pass: editors put
 * it there unasked. */
static bool next_line(struct reading *reading, const char **ret_line, size_t *ret_n)
{
    if (reading->text >= reading->end)
        return false;
    const char *line = reading->text;
    size_t left = (size_t)(reading->end - line);
    const char *newline = memchr(line, '\n', left);
    size_t n = newline ? (size_t)(newline - line) : left;

    reading->text += newline ? n + 1 : n;
    if (reading->line++ == 0 && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        n -= 3;
    }
    if (n > 0 && line[n - 1] == '\r') /* a file from another system */
        n--;
    *ret_line = line;
    *ret_n = n;
    return true;
}

/* libinih's reader: one line into its buffer, without the blanks in front, or NULL at the end and
 * after an error. */
static char *read_line(char *buf, int size, void *userdata)
{
    struct reading *reading = userdata;
    const char *line;
    size_t n;

    if (reading->error || size < 1 || !next_line(reading, &line, &n))
        return NULL;
    if (reading->line == 1 && n >= 2 &&
        (memcmp(line, "\xff\xfe", 2) == 0 || memcmp(line, "\xfe\xff", 2) == 0)) {
        refuse(reading, -EINVAL, "this is UTF-16; expected UTF-8 or ASCII");
        return NULL;
    }
    if (!check_bytes(reading, line, n))
        return NULL;
    while (n > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        n--;
    }
    buf[0] = 0;
    if (n == 0 || *line == '#' || *line == ';')
        return buf; /* a comment may have any length */
    if (n >= (size_t)size) {
        refuse(reading, -EINVAL, "a line of %zu bytes; expected at most %d", n, size - 1);
        return NULL;
    }
    if (*line == '[' && !check_section(reading, line, n))
        return NULL;
    memcpy(buf, line, n);
    buf[n] = 0;
    return buf;
}

/* Names of free sections end up in messages, and are compared with what a device told. */
static bool is_free_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && name[n] == 0 && n < sizeof((struct fr_control_setting *)0)->name;
}

/* A line of the free section. 1, or 0 and the reading has an error. */
static int take_free(struct reading *reading, const char *name, const char *value)
{
    struct fr_control_settings *lines = reading->free_lines;
    const char *section = reading->table->free_section->name;
    char shown[80];

    if (!is_free_name(name)) {
        refuse(
            reading, -EINVAL,
            "%s: not a name of [%s]; expected 1 to 63 lower case letters, digits and underscores",
            fr_log_escape(name, shown, sizeof shown), section);
        return 0;
    }
    for (size_t i = 0; i < lines->n; i++) {
        if (strcmp(lines->items[i].name, name) == 0) {
            refuse(reading, -EINVAL,
                   "%s: set twice; expected it once, and it stands in line %d already", name,
                   lines->items[i].line);
            return 0;
        }
    }
    struct fr_control_setting item = {.line = reading->line};
    if (!*value || strlen(value) >= sizeof item.value || strchr(value, '\t')) {
        refuse(reading, -EINVAL,
               "%s: \"%s\" cannot be used; expected 1 to %zu printable characters", name,
               fr_log_escape(value, shown, sizeof shown), sizeof item.value - 1);
        return 0;
    }
    if (lines->n == FR_CONTROLS_MAX) {
        refuse(reading, -EINVAL, "%s: more than %d lines in [%s]", name, FR_CONTROLS_MAX, section);
        return 0;
    }
    strcpy(item.name, name);
    strcpy(item.value, value);
    lines->items[lines->n++] = item;
    return 1;
}

/* A line of a section of many. 1, or 0 and the reading has an error. */
static int take_item_value(struct reading *reading, const char *key, const char *value)
{
    const struct fr_many_sections *many = reading->many;
    const struct fr_setting *row = fr_settings_find_row(many->rows, many->n_rows, key);
    char why[FR_SETTINGS_REASON_MAX - 80];

    if (row && reading->item_set & UINT64_C(1) << (row - many->rows)) {
        refuse(reading, -EINVAL, "%s: set twice; expected it once in [%s %s]", key, many->kind,
               (const char *)reading->item);
        return 0;
    }
    if (fr_settings_set_row(many->rows, many->n_rows, reading->item, key, value, why, sizeof why) <
        0) {
        refuse(reading, -EINVAL, "%s", why);
        return 0;
    }
    reading->item_set |= UINT64_C(1) << (row - many->rows);
    return 1;
}

/* libinih's handler: one key and its value. */
static int take_value(void *userdata, const char *section, const char *key, const char *value)
{
    struct reading *reading = userdata;
    const struct fr_settings_table *table = reading->table;
    const struct fr_setting *row = fr_settings_find(table, key);
    char why[FR_SETTINGS_REASON_MAX - 80];

    if (reading->many)
        return take_item_value(reading, key, value);
    if (reading->free_lines && strcmp(section, table->free_section->name) == 0)
        return take_free(reading, key, value);
    if (strcmp(section, table->section) != 0) {
        char shown[64];
        refuse(reading, -EINVAL, "%s: stands before any section; expected [%s] above it",
               fr_log_escape(key, shown, sizeof shown), table->section);
        return 0;
    }
    if (row && reading->set_at[row - table->rows]) {
        refuse(reading, -EINVAL,
               "%s: set twice; expected it once, and it stands in line %d already", key,
               reading->set_at[row - table->rows]);
        return 0;
    }
    int r = fr_settings_set(table, reading->settings, key, value, why, sizeof why);
    if (r < 0) {
        refuse(reading, -EINVAL, "%s", why);
        return 0;
    }
    reading->set_at[row - table->rows] = reading->line;
    return 1;
}

int fr_settings_load_text(const struct fr_settings_table *table, void *settings, const char *name,
                          const char *text, size_t n_bytes, char *reason, size_t reason_size)
{
    struct reading reading = {
        .table = table,
        .settings = malloc(table->struct_bytes + 1),
        .name = name,
        .text = text,
        .end = text + n_bytes,
        .set_at = calloc(table->n_rows + 1, sizeof(int)),
        .reason = reason,
        .reason_size = reason_size,
    };

    if (!reading.settings || !reading.set_at) {
        snprintf(reason, reason_size, "%s: not enough memory to read it", name);
        reading.error = -ENOMEM;
        goto out;
    }
    memcpy(reading.settings, settings, table->struct_bytes);
    if (table->free_section) {
        reading.free_lines = (struct fr_control_settings *)(void *)((char *)reading.settings +
                                                                    table->free_section->offset);
        memset(reading.free_lines, 0, sizeof *reading.free_lines);
    }
    for (size_t i = 0; i < table->n_many; i++) {
        const struct fr_many_sections *many = &table->many[i];
        memset(item_of(&reading, many, 0), 0, many->max * many->item_bytes);
        *count_of(&reading, many) = 0;
    }
    int line = ini_parse_stream(read_line, &reading, take_value, &reading);
    if (!line && !reading.error)
        end_item(&reading);
    if (line > 0 && (!reading.error || line < reading.line)) {
        /* libinih goes on after a line that it cannot take; the first one is what counts. */
        reading.error = 0;
        reading.line = line;
        refuse(&reading, -EINVAL, "not a setting; expected \"key = value\", [%s] or a # comment",
               table->section);
    } else if (line < 0 && !reading.error) {
        snprintf(reason, reason_size, "%s: not enough memory to read it", name);
        reading.error = -ENOMEM;
    }
    if (!reading.error)
        memcpy(settings, reading.settings, table->struct_bytes);
out:
    free(reading.settings);
    free(reading.set_at);
    return reading.error;
}
