/* What a command line's reader says: --help to stdout, what was wrong to stderr. */
#include "config/options_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct fr_common_option fr_common_options[FR_N_COMMON] = {
    [FR_COMMON_HELP] = {"help", 'h', NULL, "print this, and exit", false},
    [FR_COMMON_VERSION] = {"version", 0, NULL, "print the version, and exit", false},
    [FR_COMMON_CONFIG] = {"config", 0, "FILE", "read settings from FILE; the command line beats it",
                          true},
    [FR_COMMON_SAMPLE] = {"print-config-sample", 0, NULL, "print a commented sample file, and exit",
                          true},
    [FR_COMMON_DOCS] = {"print-config-docs", 0, NULL, "print the settings as Markdown, and exit",
                        true},
};

int fr_options_usage_error(const struct fr_program *program, const char *what)
{
    fprintf(stderr, "%s: %s\nTry '%s --help'.\n", program->name, what, program->name);
    return FR_EXIT_USAGE;
}

/* 0, or 1 when stdout did not take it (a full disk). */
int fr_options_printed(const struct fr_program *program)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fprintf(stderr, "%s: cannot write to stdout: %s\n", program->name, strerror(errno));
    return EXIT_FAILURE;
}

static void print_line(const char *name, char letter, const char *argument, const char *help)
{
    char left[128], dash[8] = "";

    if (letter)
        snprintf(dash, sizeof dash, "-%c, ", letter);
    snprintf(left, sizeof left, "%s--%s%s%s", dash, name, argument ? " " : "",
             argument ? argument : "");
    fr_settings_print_option(left, help, stdout);
}

int fr_options_print_help(const struct fr_program *program)
{
    const char *operands = program->operands ? program->operands : "";

    printf("Usage: %s [OPTION]...%s%s\n\n%s\n", program->name, *operands ? " " : "", operands,
           program->summary);
    if (program->n_options > 0)
        puts("\nOptions:");
    for (size_t i = 0; i < program->n_options; i++) {
        const struct fr_option *option = &program->options[i];
        print_line(option->name, option->letter, option->argument, option->help);
    }
    if (program->table) {
        puts("\nSettings, also keys of the configuration file:");
        fr_settings_print_options(program->table, stdout);
    }
    puts("\nGeneral:");
    for (size_t i = 0; i < FR_N_COMMON; i++) {
        const struct fr_common_option *option = &fr_common_options[i];
        if (program->table || !option->needs_table)
            print_line(option->name, option->letter, option->argument, option->help);
    }
    if (program->config_folder)
        printf("\nFiles:\n  %s/%s/NAME.conf   read when it is there and --config is not given\n",
               FR_CONFDIR, program->config_folder);
    if (program->epilogue)
        printf("\n%s\n", program->epilogue);
    printf("\nExit codes: 0 done, 1 failed, 2 wrong usage%s.\n",
           program->table ? ", 78 wrong configuration" : "");
    return fr_options_printed(program);
}
