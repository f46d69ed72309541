/* A program's settings are one table: key, type, unit, range, default and help of each. The reader
 * of the file, the command line, `--help`, the sample file and the documentation all come from it,
 * so that none of them can say anything else than the others.
 *
 * A settings struct is plain memory: no pointers in it, nothing to free, copied by assignment.
 *
 * Reasons are one line in English, "what was wrong; expected …", with anything unprintable escaped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A picture's size; 0x0 is "any". */
struct fr_size {
    uint32_t width_px, height_px;
};

/* Events a second, num / den; den is never 0, and num 0 is "any". */
struct fr_rate {
    uint32_t num, den;
};

/* A place in the picture, in 65536ths of its width and height: 0 to 65536, both included, from the
 * upper left. */
enum { FR_SHARE_ONE = 65536 };
struct fr_point {
    int32_t x_q16, y_q16;
};

/* An area; its last point is joined to its first. */
enum { FR_POLYGON_POINTS_MAX = 32 };
struct fr_polygon {
    uint32_t n; /* 0: none */
    struct fr_point points[FR_POLYGON_POINTS_MAX];
};

enum fr_setting_type {
    FR_SETTING_STRING,  /* char[max] in the struct, its zero included; printable text of at least
                         * `min` bytes */
    FR_SETTING_NAME,    /* char[max] in the struct; as fr_camera_name_ok(); empty only by default */
    FR_SETTING_INTEGER, /* int64_t from min to max (at most 2^53) */
    FR_SETTING_REAL,    /* double from min to max */
    FR_SETTING_BOOL,    /* bool; yes no true false on off 1 0 */
    FR_SETTING_SIZE,    /* struct fr_size; "1280x720", each side from 1 to max, or "any" */
    FR_SETTING_RATE,    /* struct fr_rate from min to max; "15", "29.97", "30000/1001", or "any" */
    FR_SETTING_FOURCC,  /* uint32_t, four letters as V4L2 writes them; "any" is 0 */
    FR_SETTING_CHOICE,  /* int, an index into `choices` */
    FR_SETTING_POLYGON, /* struct fr_polygon; "0.1,0.2 0.5,0.2 0.5,0.9" */
};

/* One row. For INTEGER, REAL and RATE, min == max means that there is no range but the type's. */
struct fr_setting {
    const char
        *key; /* lower case, with underscores; "stall_timeout" is the option --stall-timeout */
    enum fr_setting_type type;
    size_t offset;    /* in the settings struct */
    const char *unit; /* "s", "slots" …; for STRING what stands for it in --help; may be NULL */
    double min, max;
    const char *default_text;   /* must be a good value; "" for a STRING or NAME that has none;
                                 * of a section of many (below) what is said of it, or "" */
    const char *help;           /* a sentence or more, without the range and the default */
    const char *const *choices; /* CHOICE: names, ending in NULL */
};

/* One line of a free section, whose names only a device knows: kept as it stands, with its line. */
struct fr_control_setting {
    char name[64];  /* a-z 0-9 _ */
    char value[64]; /* printable, not empty */
    int line;
};
enum { FR_CONTROLS_MAX = 64 };
struct fr_control_settings {
    size_t n;
    struct fr_control_setting items[FR_CONTROLS_MAX];
};

/* A free section beside the table's own. A file that is read replaces all that was in it. */
struct fr_free_section {
    const char *name;    /* without brackets */
    size_t offset;       /* of a struct fr_control_settings in the settings struct */
    const char *help;    /* what it is for */
    const char *example; /* its lines, each ending in a line break */
};

/* Sections of which there may be many, each with a name of its own: "[zone door]". A file that is
 * read replaces all of them; the command line has none. */
struct fr_many_sections {
    const char *kind; /* "zone" */
    const char *help;
    const char *example;           /* whole sections, each line ending in a line break */
    const struct fr_setting *rows; /* of one; offsets are in its struct */
    size_t n_rows;
    size_t item_bytes;
    /* One in which nothing is set; it begins with char name[FR_SECTION_NAME_MAX + 1]. */
    const void *blank;
    size_t items_offset, n_offset; /* in the settings struct: the items, and a size_t, how many */
    size_t max;
    /* What is wrong with one that is complete, as "what was wrong; expected …"; 0 or -EINVAL. */
    int (*check)(const void *item, char *reason, size_t reason_size);
};
enum { FR_SECTION_NAME_MAX = 31 }; /* of the characters of a camera's name */

struct fr_settings_table {
    const char *section; /* of the file, without brackets */
    const struct fr_setting *rows;
    size_t n_rows;
    size_t struct_bytes;
    const struct fr_free_section *free_section; /* NULL: none */
    const struct fr_many_sections *many;
    size_t n_many;
};

/* Longest reason, with its zero. */
enum { FR_SETTINGS_REASON_MAX = 512 };

/* Zeroes *settings and gives every row its default. -EINVAL: a default in the table is no good
 * value, which is a bug in the table (a test of each table shows that there is none). */
int fr_settings_defaults(const struct fr_settings_table *table, void *settings);

/* The row of a key, or NULL. Pure. */
const struct fr_setting *fr_settings_find(const struct fr_settings_table *table, const char *key);

/* The key that `key` was probably meant to be, or NULL. Pure. */
const char *fr_settings_nearest(const struct fr_settings_table *table, const char *key);

/* How many letters must be put in, left out, replaced or swapped with their neighbour to make one
 * word of the other; at least 32 when either has more than 32 letters. Pure. */
unsigned fr_word_distance(const char *a, const char *b);

/* The keys of the rows in which `a` and `b` differ, as "size, fps", in buf; "" when in none. Free
 * sections are not looked at. Returns buf. Pure. */
char *fr_settings_differences(const struct fr_settings_table *table, const void *a, const void *b,
                              char *buf, size_t size);

/* Sets one row from text. On failure the row keeps its value, and *reason is
 * "what was wrong; expected …" (reason_size at least 1). -EINVAL, -ERANGE. Pure. */
int fr_setting_parse(const struct fr_setting *row, void *settings, const char *text, char *reason,
                     size_t reason_size);

/* The same by key; the reason begins with "KEY: ". -ENOENT: no such key, the reason names the
 * nearest one. */
int fr_settings_set(const struct fr_settings_table *table, void *settings, const char *key,
                    const char *text, char *reason, size_t reason_size);

/* The same of rows that are not a table. */
const struct fr_setting *fr_settings_find_row(const struct fr_setting *rows, size_t n_rows,
                                              const char *key);
int fr_settings_set_row(const struct fr_setting *rows, size_t n_rows, void *settings,
                        const char *key, const char *text, char *reason, size_t reason_size);

/* A polygon from text: three points or more, each "x,y" as shares of the picture from 0 to 1, in
 * the order of its edge, which must not cross itself and must enclose something. -EINVAL, -ERANGE;
 * *ret_why is what was wrong. Pure. */
int fr_polygon_parse(const char *text, struct fr_polygon *ret_polygon, const char **ret_why);

/* What a value of this row must be, as it stands behind "expected": "a whole number from 4 to 32".
 * Returns buf. Pure. */
char *fr_setting_expected(const struct fr_setting *row, char *buf, size_t size);

/* Reads a file over the values that are there already. All or nothing: when it fails, *settings is
 * unchanged. The reason is "PATH:LINE: KEY: what was wrong; expected …".
 * The file must be a regular one that belongs to root or to this process's user, and that neither
 * its group nor others may write: -EPERM otherwise. -EINVAL: what stands in it; others as open(2),
 * -ENOENT above all. May block on the disk. */
int fr_settings_load(const struct fr_settings_table *table, void *settings, const char *path,
                     char *reason, size_t reason_size);

/* The same for text in memory, which `name` names in the reason. Pure, but for an allocation. */
int fr_settings_load_text(const struct fr_settings_table *table, void *settings, const char *name,
                          const char *text, size_t n_bytes, char *reason, size_t reason_size);

/* A sample file: every key with its default, commented out, and what it is for. */
void fr_settings_print_sample(const struct fr_settings_table *table, FILE *file);
/* A table in Markdown. */
void fr_settings_print_markdown(const struct fr_settings_table *table, FILE *file);
/* The lines of --help: "  --slots N   what it is for (4 to 32; default 8)". */
void fr_settings_print_options(const struct fr_settings_table *table, FILE *file);
/* One such line, also for options that are no settings: `left` is "--slots N". */
void fr_settings_print_option(const char *left, const char *help, FILE *file);
