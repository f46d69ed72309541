/* Between options.c and options_help.c. */
#pragma once

#include "config/options.h"

/* Options that every program has. */
enum fr_common {
    FR_COMMON_HELP,
    FR_COMMON_VERSION,
    FR_COMMON_CONFIG,
    FR_COMMON_SAMPLE,
    FR_COMMON_DOCS,
    FR_N_COMMON
};
struct fr_common_option {
    const char *name;
    char letter;
    const char *argument, *help;
    bool needs_table; /* only in programs with settings */
};
extern const struct fr_common_option fr_common_options[FR_N_COMMON];

/* Says on stderr what was wrong with the command line. Returns FR_EXIT_USAGE. */
int fr_options_usage_error(const struct fr_program *program, const char *what);

/* 0, or 1 when stdout did not take what was printed (a full disk), which is told. */
int fr_options_printed(const struct fr_program *program);

/* Returns as fr_options_printed(). */
int fr_options_print_help(const struct fr_program *program);
