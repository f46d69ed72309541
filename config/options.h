/* The command line of every program, so that they all behave alike.
 *
 * Each row of the settings table is a long option (`stall_timeout` is --stall-timeout VALUE), and a
 * program adds its own. --help, --version, --config FILE, --print-config-sample and
 * --print-config-docs are the same everywhere. Settings come from the defaults, then the file, then
 * the command line; the last one wins.
 *
 * Data and --help go to stdout, what was wrong to stderr, as a line that says what was expected.
 */
#pragma once

#include "config/settings.h"

enum {
    FR_OPTIONS_GO_ON = -1, /* not an exit code: the program runs */
    FR_EXIT_USAGE = 2,     /* a wrong command line */
    FR_EXIT_CONFIG = 78,   /* a wrong file (EX_CONFIG); services are not restarted for it */
};

/* Where files are looked for when --config does not name one: this folder, or $FRAMERING_CONFDIR.
 */
#define FR_CONFDIR "/etc/framering"

/* An option that is not a setting. */
struct fr_option {
    const char *name;     /* without dashes */
    char letter;          /* "-o" beside "--output", or 0; not 'h', which is --help */
    const char *argument; /* what stands for it in --help ("FILE"), or NULL: takes none */
    const char *help;
    /* Called in the order of the command line, text NULL when it takes no argument. 0: taken. 1:
     * taken, and the program will do something else than usual (--list), for which no instance
     * need be named and no file is read. Negative: *reason says "what was wrong; expected …". */
    int (*apply)(void *userdata, const char *text, char *reason, size_t reason_size);
};

struct fr_program {
    const char *name;     /* "framering-capture" */
    const char *summary;  /* a sentence or more, the first lines of --help */
    const char *operands; /* for the usage line: "PATH", or NULL */
    unsigned min_operands, max_operands;
    const struct fr_settings_table *table; /* NULL: no settings, no --config */
    /* The NAME settings that name this instance, the most telling first, ending in NULL, and the
     * folder under FR_CONFDIR where NAME.conf is read when it is there. NULL: no such file. The
     * last of them must be given, by the file or on the command line. */
    const char *const *instance_keys;
    const char *config_folder; /* "cameras" */
    const struct fr_option *options;
    size_t n_options;
    const char *epilogue; /* the last lines of --help: examples, files; or NULL */
};

struct fr_options_result {
    char config_path[512]; /* the file that was read, "" when none was */
    int n_operands;
    char **operands; /* into argv, which was reordered */
};

/* Reads the command line and the file into *settings (table->struct_bytes; NULL when there is no
 * table). FR_OPTIONS_GO_ON, or the code to exit with at once: 0 (--help and the like; 1 when stdout
 * could not be written), FR_EXIT_USAGE, FR_EXIT_CONFIG. Reorders argv. One thread; may block on the
 * disk. `ret_result` may be NULL. */
int fr_options_read(const struct fr_program *program, int argc, char **argv, void *settings,
                    void *userdata, struct fr_options_result *ret_result);

/* Reads the same settings again for a program that runs on: the command line as it was, and the
 * file as it is now. All or nothing: when it fails, *settings is unchanged and *reason says why, as
 * fr_settings_load() does. Writes nowhere else; calls no apply(). Negative errno. */
int fr_options_reload(const struct fr_program *program, int argc, char **argv, void *settings,
                      struct fr_options_result *ret_result, char *reason, size_t reason_size);
