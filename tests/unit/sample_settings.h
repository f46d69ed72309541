/* A table of settings with a row of each type, for the tests of config/. */
#pragma once

#include "config/settings.h"
#include "tests/unit/unit.h"

static const char *const colours[] = {"red", "green", NULL};

struct sample {
    char text[16];
    char name[64];
    int64_t number;
    double real;
    bool flag;
    struct fr_size size;
    struct fr_rate rate;
    uint32_t fourcc;
    int colour;
    struct fr_control_settings controls;
};
#define AT(field) .offset = offsetof(struct sample, field)
static const struct fr_setting rows[] = {
    {.key = "text",
     .type = FR_SETTING_STRING,
     AT(text),
     .max = 16,
     .default_text = "",
     .help = "t"},
    {.key = "name", .type = FR_SETTING_NAME, AT(name), .max = 64, .default_text = "", .help = "n"},
    {.key = "number",
     .type = FR_SETTING_INTEGER,
     AT(number),
     .min = -5,
     .max = 32,
     .default_text = "8",
     .help = "i"},
    {.key = "real_number",
     .type = FR_SETTING_REAL,
     AT(real),
     .unit = "s",
     .min = 0.5,
     .max = 10,
     .default_text = "2.5",
     .help = "r"},
    {.key = "flag", .type = FR_SETTING_BOOL, AT(flag), .default_text = "yes", .help = "b"},
    {.key = "size",
     .type = FR_SETTING_SIZE,
     AT(size),
     .max = 16384,
     .default_text = "any",
     .help = "s"},
    {.key = "rate",
     .type = FR_SETTING_RATE,
     AT(rate),
     .min = 0.1,
     .max = 1000,
     .default_text = "15",
     .help = "f"},
    {.key = "fourcc", .type = FR_SETTING_FOURCC, AT(fourcc), .default_text = "any", .help = "4"},
    {.key = "colour",
     .type = FR_SETTING_CHOICE,
     AT(colour),
     .choices = colours,
     .default_text = "green",
     .help = "c"},
};
static const struct fr_settings_table table = {
    .section = "sample",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .struct_bytes = sizeof(struct sample),
};
static const struct fr_free_section free_section = {.name = "controls",
                                                    .offset = offsetof(struct sample, controls),
                                                    .help = "h",
                                                    .example = "a = 1\n"};
static const struct fr_settings_table table_with_free = {
    .section = "sample",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .struct_bytes = sizeof(struct sample),
    .free_section = &free_section,
};

static char reason[FR_SETTINGS_REASON_MAX];

static inline struct sample defaults(void)
{
    struct sample sample;
    ck_assert_int_eq(fr_settings_defaults(&table, &sample), 0);
    return sample;
}

static inline struct sample with(const char *key, const char *text)
{
    struct sample sample = defaults();
    ck_assert_msg(fr_settings_set(&table, &sample, key, text, reason, sizeof reason) == 0, "%s",
                  reason);
    return sample;
}
