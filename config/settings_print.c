/* The table for people: --help, the sample file, the documentation. */
#include "config/settings.h"

#include <string.h>

/* What stands for the value in --help. */
static const char *placeholder(const struct fr_setting *row, char *buf, size_t size)
{
    size_t n = 0;

    switch (row->type) {
    case FR_SETTING_STRING:
        return row->unit && *row->unit ? row->unit : "TEXT";
    case FR_SETTING_NAME:
        return "NAME";
    case FR_SETTING_INTEGER:
    case FR_SETTING_RATE:
        return "N";
    case FR_SETTING_REAL:
        return "X";
    case FR_SETTING_BOOL:
        return "yes|no";
    case FR_SETTING_SIZE:
        return "WxH";
    case FR_SETTING_FOURCC:
        return "FOURCC";
    case FR_SETTING_POLYGON:
        return "X,Y X,Y X,Y ...";
    case FR_SETTING_CHOICE:
        *buf = 0;
        for (int i = 0; row->choices[i] && n < size; i++)
            n += (size_t)snprintf(buf + n, size - n, "%s%s", i ? "|" : "", row->choices[i]);
        return buf;
    }
    return "";
}

static void option_name(const char *key, char *buf, size_t size)
{
    snprintf(buf, size, "%s", key);
    for (char *c = buf; *c; c++)
        if (*c == '_')
            *c = '-';
}

/* Writes words with line breaks, each further line behind `indent`. */
static void print_wrapped(const char *text, size_t column, const char *indent, size_t width,
                          FILE *file)
{
    while (*text) {
        size_t n = strcspn(text, " ");
        if (column > strlen(indent) && column + 1 + n > width) {
            fprintf(file, "\n%s", indent);
            column = strlen(indent);
        } else if (column > strlen(indent)) {
            fputc(' ', file);
            column++;
        }
        fwrite(text, 1, n, file);
        column += n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', file);
}

void fr_settings_print_option(const char *left, const char *help, FILE *file)
{
    static const char indent[] = "                           ";
    const size_t column = sizeof indent - 1;

    int n = fprintf(file, "  %s", left);
    if (n >= 0 && (size_t)n + 2 > column) {
        fprintf(file, "\n%s", indent);
    } else {
        fprintf(file, "%*s", (int)column - n, "");
    }
    print_wrapped(help, column, indent, 96, file);
}

void fr_settings_print_options(const struct fr_settings_table *table, FILE *file)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fr_setting *row = &table->rows[i];
        char name[64], value[128], left[256], range[128] = "", help[1024];
        option_name(row->key, name, sizeof name);
        snprintf(left, sizeof left, "--%s %s", name, placeholder(row, value, sizeof value));
        bool is_number = row->type == FR_SETTING_INTEGER || row->type == FR_SETTING_REAL;
        if (is_number && row->min < row->max)
            snprintf(range, sizeof range, "%.15g to %.15g%s%s; ", row->min, row->max,
                     row->unit ? " " : "", row->unit ? row->unit : "");
        snprintf(help, sizeof help, "%s (%s%s%s)", row->help, range,
                 *row->default_text ? "default " : "no default", row->default_text);
        fr_settings_print_option(left, help, file);
    }
}

static void print_example(const char *text, FILE *file)
{
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        fprintf(file, "#%.*s\n", (int)strcspn(line, "\n"), line);
}

static void print_many_sample(const struct fr_many_sections *many, FILE *file)
{
    fputs("\n\n# ", file);
    print_wrapped(many->help, 2, "# ", 78, file);
    for (size_t i = 0; i < many->n_rows; i++) {
        const struct fr_setting *row = &many->rows[i];
        char expected[256];
        int n = fprintf(file, "#\n#   %s:", row->key);
        print_wrapped(row->help, (size_t)n - 2, "#     ", 78, file);
        fputs("#     Expected:", file);
        print_wrapped(fr_setting_expected(row, expected, sizeof expected), 15, "#     ", 78, file);
    }
    fputc('\n', file);
    print_example(many->example, file);
}

void fr_settings_print_sample(const struct fr_settings_table *table, FILE *file)
{
    fprintf(file,
            "# Every setting with its default. Take the # away to change one.\n"
            "# The command line (--key value) beats this file.\n\n[%s]\n",
            table->section);
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fr_setting *row = &table->rows[i];
        char expected[256];
        fputs("\n# ", file);
        print_wrapped(row->help, 2, "# ", 78, file);
        fputs("# Expected:", file);
        print_wrapped(fr_setting_expected(row, expected, sizeof expected), 11, "#   ", 78, file);
        /* A text without a default is shown empty, and stays a comment however the file is read. */
        fprintf(file, "#%s = %s\n", row->key, row->default_text);
    }
    const struct fr_free_section *more = table->free_section;
    if (more) {
        fprintf(file, "\n[%s]\n\n# ", more->name);
        print_wrapped(more->help, 2, "# ", 78, file);
        print_example(more->example, file);
    }
    for (size_t i = 0; i < table->n_many; i++)
        print_many_sample(&table->many[i], file);
}

/* A cell of a Markdown table must not hold its border. */
static void print_cell(const char *text, FILE *file)
{
    for (; *text; text++) {
        if (*text == '|')
            fputc('\\', file);
        fputc(*text, file);
    }
}

static void print_markdown_rows(const struct fr_setting *rows, size_t n_rows, bool is_many,
                                FILE *file)
{
    fputs("| key | value | default | what it is for |\n|---|---|---|---|\n", file);
    for (size_t i = 0; i < n_rows; i++) {
        const struct fr_setting *row = &rows[i];
        char expected[256];
        fprintf(file, "| `%s` | ", row->key);
        print_cell(fr_setting_expected(row, expected, sizeof expected), file);
        if (!*row->default_text)
            fputs(" | none | ", file);
        else
            fprintf(file, is_many ? " | %s | " : " | `%s` | ", row->default_text);
        print_cell(row->help, file);
        fputs(" |\n", file);
    }
}

void fr_settings_print_markdown(const struct fr_settings_table *table, FILE *file)
{
    fprintf(file, "Section `[%s]`:\n\n", table->section);
    print_markdown_rows(table->rows, table->n_rows, false, file);
    const struct fr_free_section *more = table->free_section;
    if (more)
        fprintf(file, "\nSection `[%s]`:\n\n%s\n\n```\n[%s]\n%s```\n", more->name, more->help,
                more->name, more->example);
    for (size_t i = 0; i < table->n_many; i++) {
        const struct fr_many_sections *many = &table->many[i];
        fprintf(file, "\nSections `[%s NAME]`:\n\n%s\n\n", many->kind, many->help);
        print_markdown_rows(many->rows, many->n_rows, true, file);
        fprintf(file, "\n```\n%s```\n", many->example);
    }
}
