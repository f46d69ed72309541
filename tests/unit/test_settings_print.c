/* The settings table: samples, help and documentation made from it. */
#include "config/analyzer_settings.h"
#include "config/capture_settings.h"
#include "tests/unit/sample_settings.h"

#include <stdio.h>

/* Takes the '#' off every setting of a sample, as an administrator would. */
static void uncomment(char *text)
{
    char *out = text;
    for (char *in = text, *end; *in; in = end) {
        end = in + strcspn(in, "\n");
        end += *end == '\n';
        char *equals = memchr(in, '=', (size_t)(end - in));
        bool is_setting = in[1] != ' ' && equals && equals[2] != '\n';
        if (*in == '#' && (is_setting || in[1] == '['))
            in++;
        memmove(out, in, (size_t)(end - in));
        out += end - in;
    }
    *out = 0;
}

static void check_table(const struct fr_settings_table *t)
{
    char *wanted = calloc(1, t->struct_bytes), *got = malloc(t->struct_bytes), *text = NULL;
    size_t n = 0;

    ck_assert_int_eq(fr_settings_defaults(t, wanted), 0);
    FILE *file = open_memstream(&text, &n);
    fr_settings_print_sample(t, file);
    fclose(file);
    for (int i = 0; i < 2; i++) { /* as it is, and with every line in force */
        memset(got, 0, t->struct_bytes);
        if (i == 0)
            ck_assert_int_eq(fr_settings_defaults(t, got), 0);
        else
            uncomment(text);
        ck_assert_msg(
            fr_settings_load_text(t, got, "sample", text, strlen(text), reason, sizeof reason) == 0,
            "%s", reason);
        if (t->free_section) { /* which has no defaults, but an example that can be read */
            struct fr_control_settings *lines = (void *)((char *)got + t->free_section->offset);
            ck_assert_int_eq(lines->n > 0, i);
            memset(lines, 0, sizeof *lines);
        }
        for (size_t k = 0; k < t->n_many; k++) { /* the same */
            size_t *n_items = (void *)(got + t->many[k].n_offset);
            ck_assert_int_eq(*n_items > 0, i);
            *n_items = 0;
            memset(got + t->many[k].items_offset, 0, t->many[k].max * t->many[k].item_bytes);
        }
        ck_assert(memcmp(got, wanted, t->struct_bytes) == 0);
    }
    for (size_t i = 0; i < t->n_rows; i++)
        ck_assert_ptr_nonnull(strstr(text, t->rows[i].key));
    free(text);
    free(wanted);
    free(got);
}

START_TEST(a_sample_file_equals_the_defaults)
{
    check_table(&table);
    check_table(&table_with_free);
    check_table(&fr_capture_table);
    check_table(&fr_analyzer_table);
}
END_TEST

static char *printed(void (*print)(const struct fr_settings_table *, FILE *))
{
    char *text = NULL;
    size_t n = 0;
    FILE *file = open_memstream(&text, &n);
    print(&fr_capture_table, file);
    fclose(file);
    return text;
}

START_TEST(help_and_documentation_name_every_setting)
{
    char *options = printed(fr_settings_print_options);
    char *markdown = printed(fr_settings_print_markdown);
    for (size_t i = 0; i < fr_capture_table.n_rows; i++) {
        const char *key = fr_capture_table.rows[i].key;
        char word[64];
        snprintf(word, sizeof word, "| `%s` |", key);
        ck_assert_ptr_nonnull(strstr(markdown, word));
        snprintf(word, sizeof word, "  --%s ", key);
        for (char *c = word; *c; c++)
            if (*c == '_')
                *c = '-';
        ck_assert_ptr_nonnull(strstr(options, word));
    }
    ck_assert_ptr_nonnull(strstr(options, "4 to 32"));
    for (char *line = strtok(options, "\n"); line; line = strtok(NULL, "\n"))
        ck_assert_uint_le(strlen(line), 100);
    free(options);
    free(markdown);
}
END_TEST

UNIT_MAIN("settings_print", a_sample_file_equals_the_defaults,
          help_and_documentation_name_every_setting)
