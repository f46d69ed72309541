/* getopt_long over a table that is put together from the settings, the program's own options and
 * the common ones.
 *
 * Every value is tried on a copy of the defaults first, so that a wrong command line is told before
 * any file is looked at, and what is told (2 or 78) does not depend on the file.
 */
#include "config/options_private.h"

#include "common/daemon/log.h"
#include "framering/framering.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long's table: settings, then the program's options, then the common ones. */
enum { FIRST_NUMBER = 256 }; /* above every letter */

struct line {
    const struct fr_program *program;
    size_t n_rows;
    struct option *options;
    size_t n_options;
    char *letter_of;    /* each option's short form, or 0 */
    char letters[130];  /* of the short ones, as getopt wants them */
    char (*names)[64];  /* of the settings, with dashes */
    const char **given; /* text of each setting, NULL: not given */
    const char *config;
    bool needs_nothing; /* an option that needs no instance and no file was given */
    bool is_again;      /* a reload: the program's own options were applied at start */
    void *tried;        /* settings that the command line is tried on */
};

static void line_fini(struct line *line)
{
    free(line->options);
    free(line->letter_of);
    free(line->names);
    free(line->given);
    free(line->tried);
}

static void swap_letters(char *word, char from, char to)
{
    for (; *word; word++)
        if (*word == from)
            *word = to;
}

static void add(struct line *line, const char *name, char letter, bool has_argument)
{
    /* A number of its own for each: getopt takes a beginning that fits several options for the
     * first of them when nothing but their names tells them apart. */
    int number = FIRST_NUMBER + (int)line->n_options;

    line->letter_of[line->n_options] = letter;
    line->options[line->n_options++] =
        (struct option){name, has_argument ? required_argument : no_argument, NULL, number};
    if (letter) {
        char word[3] = {letter, has_argument ? ':' : 0, 0};
        strncat(line->letters, word, sizeof line->letters - strlen(line->letters) - 1);
    }
}

static int line_init(struct line *line, const struct fr_program *program)
{
    const struct fr_settings_table *table = program->table;
    size_t n_rows = table ? table->n_rows : 0;

    *line = (struct line){.program = program, .n_rows = n_rows, .letters = ":"};
    line->options = calloc(n_rows + program->n_options + FR_N_COMMON + 1, sizeof *line->options);
    line->letter_of = calloc(n_rows + program->n_options + FR_N_COMMON + 1, 1);
    line->names = calloc(n_rows + 1, sizeof *line->names);
    line->given = calloc(n_rows + 1, sizeof *line->given);
    line->tried = calloc(1, (table ? table->struct_bytes : 0) + 1);
    if (!line->options || !line->letter_of || !line->names || !line->given || !line->tried)
        return -ENOMEM;
    for (size_t i = 0; i < n_rows; i++) {
        snprintf(line->names[i], sizeof line->names[i], "%s", table->rows[i].key);
        swap_letters(line->names[i], '_', '-');
        add(line, line->names[i], 0, true);
    }
    for (size_t i = 0; i < program->n_options; i++) {
        const struct fr_option *option = &program->options[i];
        add(line, option->name, option->letter, option->argument != NULL);
    }
    for (size_t i = 0; i < FR_N_COMMON; i++) {
        const struct fr_common_option *option = &fr_common_options[i];
        if (table || !option->needs_table)
            add(line, option->name, option->letter, option->argument != NULL);
    }
    return 0;
}

/* An option of the program's own, or a common one. FR_OPTIONS_GO_ON or an exit code. */
static int take_other(struct line *line, const char *name, const char *text, void *userdata)
{
    const struct fr_program *program = line->program;
    char reason[FR_SETTINGS_REASON_MAX] = "", what[FR_SETTINGS_REASON_MAX + 80];

    for (size_t i = 0; i < program->n_options; i++) {
        if (strcmp(program->options[i].name, name) != 0)
            continue;
        if (line->is_again)
            return FR_OPTIONS_GO_ON;
        int r = program->options[i].apply(userdata, text, reason, sizeof reason);
        if (r >= 0) {
            line->needs_nothing |= r > 0;
            return FR_OPTIONS_GO_ON;
        }
        snprintf(what, sizeof what, "--%s: %s", name, reason);
        return fr_options_usage_error(program, what);
    }
    if (strcmp(name, fr_common_options[FR_COMMON_CONFIG].name) == 0) {
        line->config = text;
        return FR_OPTIONS_GO_ON;
    }
    if (strcmp(name, fr_common_options[FR_COMMON_VERSION].name) == 0) {
        printf("%s %s\n", program->name, FRAMERING_VERSION);
        return fr_options_printed(program);
    }
    if (strcmp(name, fr_common_options[FR_COMMON_SAMPLE].name) == 0) {
        fr_settings_print_sample(program->table, stdout);
        return fr_options_printed(program);
    }
    if (strcmp(name, fr_common_options[FR_COMMON_DOCS].name) == 0) {
        fr_settings_print_markdown(program->table, stdout);
        return fr_options_printed(program);
    }
    return fr_options_print_help(program);
}

/* An option that getopt does not take: says why, for getopt does not tell. */
static int refuse_option(const struct line *line, const char *word, bool lacks_value)
{
    const struct fr_program *program = line->program;
    const char *name = word + strspn(word, "-"), *nearest = NULL;
    size_t n = strcspn(name, "="), begin_so = 0;
    bool is_exact = false, is_letter = word[0] == '-' && word[1] != '-';
    char shown[80], key[64], near[64] = "", what[256];

    fr_log_escape(word, shown, sizeof shown);
    for (size_t i = 0; i < line->n_options && !is_letter; i++) {
        is_exact = is_exact || (strlen(line->options[i].name) == n &&
                                memcmp(line->options[i].name, name, n) == 0);
        begin_so += strncmp(line->options[i].name, name, n) == 0;
    }
    if (lacks_value) {
        snprintf(what, sizeof what, "%s: no value; expected one behind it", shown);
    } else if (is_exact) {
        snprintf(what, sizeof what, "%s: unexpected value; expected --%.*s alone", shown, (int)n,
                 name);
    } else if (begin_so > 1) {
        snprintf(what, sizeof what, "%s: several options begin so; expected the whole name", shown);
    } else {
        snprintf(key, sizeof key, "%.*s", (int)n, name);
        swap_letters(key, '-', '_');
        if (program->table && !is_letter)
            nearest = fr_settings_nearest(program->table, key);
        snprintf(near, sizeof near, "%s", nearest ? nearest : "");
        swap_letters(near, '_', '-');
        snprintf(what, sizeof what, "%s: no such option%s%s%s", shown,
                 nearest ? "; did you mean --" : "", near, nearest ? "?" : "");
    }
    return fr_options_usage_error(program, what);
}

/* All options. FR_OPTIONS_GO_ON or an exit code. */
static int take_options(struct line *line, int argc, char **argv, void *userdata)
{
    const struct fr_program *program = line->program;

    optind = 0; /* begin anew, and forget what an earlier command line left */
    opterr = 0;
    for (;;) {
        int c = getopt_long(argc, argv, line->letters, line->options, NULL);
        if (c == -1)
            return FR_OPTIONS_GO_ON;
        if (c == '?' || c == ':') {
            char letter[3] = {'-', (char)optopt, 0};
            bool is_letter = optopt > 0 && optopt < FIRST_NUMBER;
            return refuse_option(line, is_letter ? letter : argv[optind - 1], c == ':');
        }
        size_t index = c >= FIRST_NUMBER ? (size_t)(c - FIRST_NUMBER) : 0;
        while (c < FIRST_NUMBER && line->letter_of[index] != c) /* getopt knows no other letters */
            index++;
        if (index < line->n_rows) {
            const struct fr_setting *row = &program->table->rows[index];
            char reason[FR_SETTINGS_REASON_MAX], what[FR_SETTINGS_REASON_MAX + 80];
            if (fr_setting_parse(row, line->tried, optarg, reason, sizeof reason) < 0) {
                snprintf(what, sizeof what, "--%s: %s", line->names[index], reason);
                return fr_options_usage_error(program, what);
            }
            line->given[index] = optarg;
            continue;
        }
        int code = take_other(line, line->options[index].name, optarg, userdata);
        if (code != FR_OPTIONS_GO_ON)
            return code;
    }
}

/* The text of a NAME row in settings. */
static const char *name_of(const struct fr_program *program, const void *settings, const char *key)
{
    const struct fr_setting *row = fr_settings_find(program->table, key);
    return row && row->type == FR_SETTING_NAME ? (const char *)settings + row->offset : "";
}

/* The instance's name, or "" when it has none. */
static const char *instance_of(const struct fr_program *program, const void *settings)
{
    for (size_t i = 0; program->instance_keys && program->instance_keys[i]; i++) {
        const char *name = name_of(program, settings, program->instance_keys[i]);
        if (*name)
            return name;
    }
    return "";
}

/* Reads the file, if there is one. 0, or negative errno with the reason. */
static int read_file(const struct line *line, void *settings, struct fr_options_result *result,
                     char *reason, size_t reason_size)
{
    const struct fr_program *program = line->program;
    const char *folder = getenv("FRAMERING_CONFDIR");
    const char *instance = instance_of(program, line->tried);

    int n = 0;
    if (line->config)
        n = snprintf(result->config_path, sizeof result->config_path, "%s", line->config);
    else if (program->config_folder && *instance)
        n = snprintf(result->config_path, sizeof result->config_path, "%s/%s/%s.conf",
                     folder && *folder ? folder : FR_CONFDIR, program->config_folder, instance);
    else
        return 0;
    if (n < 0 || (size_t)n >= sizeof result->config_path) {
        snprintf(reason, reason_size, "the configuration file's path is too long");
        return -ENAMETOOLONG;
    }
    int r = fr_settings_load(program->table, settings, result->config_path, reason, reason_size);
    if (r == -ENOENT && !line->config) {
        result->config_path[0] = 0;
        return 0;
    }
    return r;
}

/* The command line over what is there already. It was tried before: it cannot fail. */
static void take_given(const struct line *line, void *settings)
{
    char reason[FR_SETTINGS_REASON_MAX];
    for (size_t i = 0; i < line->n_rows; i++)
        if (line->given[i])
            fr_setting_parse(&line->program->table->rows[i], settings, line->given[i], reason,
                             sizeof reason);
}

/* Defaults, file, command line, in this order. */
static int take_settings(struct line *line, void *settings, struct fr_options_result *result)
{
    const struct fr_program *program = line->program;
    char reason[FR_SETTINGS_REASON_MAX];

    fr_settings_defaults(program->table, settings);
    if (!line->needs_nothing && read_file(line, settings, result, reason, sizeof reason) < 0) {
        fprintf(stderr, "%s: %s\n", program->name, reason);
        return FR_EXIT_CONFIG;
    }
    take_given(line, settings);
    if (program->instance_keys && !line->needs_nothing && !*instance_of(program, settings)) {
        size_t last = 0;
        while (program->instance_keys[last + 1])
            last++;
        char what[128];
        snprintf(what, sizeof what, "no %s given; expected --%s NAME", program->instance_keys[last],
                 program->instance_keys[last]);
        return fr_options_usage_error(program, what);
    }
    return FR_OPTIONS_GO_ON;
}

static int take_operands(const struct fr_program *program, int argc, char **argv,
                         struct fr_options_result *result)
{
    char what[256], shown[80];

    result->operands = argv + optind;
    result->n_operands = argc - optind;
    if (result->n_operands > (int)program->max_operands) {
        snprintf(what, sizeof what, "unexpected argument \"%s\"; expected %s",
                 fr_log_escape(argv[optind + (int)program->max_operands], shown, sizeof shown),
                 program->operands ? program->operands : "options alone");
        return fr_options_usage_error(program, what);
    }
    if (result->n_operands < (int)program->min_operands) {
        snprintf(what, sizeof what, "expected %s", program->operands ? program->operands : "more");
        return fr_options_usage_error(program, what);
    }
    return FR_OPTIONS_GO_ON;
}

int fr_options_read(const struct fr_program *program, int argc, char **argv, void *settings,
                    void *userdata, struct fr_options_result *ret_result)
{
    struct fr_options_result result = {0};
    struct line line;

    int code = line_init(&line, program) < 0 ? EXIT_FAILURE : FR_OPTIONS_GO_ON;
    if (code == EXIT_FAILURE) {
        fprintf(stderr, "%s: %s\n", program->name, strerror(ENOMEM));
        goto out;
    }
    if (program->table)
        fr_settings_defaults(program->table, line.tried);
    code = take_options(&line, argc, argv, userdata);
    if (code == FR_OPTIONS_GO_ON)
        code = take_operands(program, argc, argv, &result);
    if (code == FR_OPTIONS_GO_ON && program->table)
        code = take_settings(&line, settings, &result);
    if (code == FR_OPTIONS_GO_ON && ret_result)
        *ret_result = result;
out:
    line_fini(&line);
    return code;
}

int fr_options_reload(const struct fr_program *program, int argc, char **argv, void *settings,
                      struct fr_options_result *ret_result, char *reason, size_t reason_size)
{
    struct fr_options_result result = {0};
    struct line line;
    void *fresh = calloc(1, program->table->struct_bytes + 1);
    int r = line_init(&line, program);

    if (r < 0 || !fresh) {
        snprintf(reason, reason_size, "not enough memory to read the settings");
        r = -ENOMEM;
        goto out;
    }
    line.is_again = true;
    fr_settings_defaults(program->table, line.tried);
    if (take_options(&line, argc, argv, NULL) != FR_OPTIONS_GO_ON) {
        snprintf(reason, reason_size, "the command line is not what it was");
        r = -EINVAL;
        goto out;
    }
    fr_settings_defaults(program->table, fresh);
    r = read_file(&line, fresh, &result, reason, reason_size);
    if (r < 0)
        goto out;
    take_given(&line, fresh);
    memcpy(settings, fresh, program->table->struct_bytes);
    if (ret_result)
        *ret_result = result;
out:
    line_fini(&line);
    free(fresh);
    return r;
}
