/* A configuration file of any bytes: read whole, or refused with one printable line and nothing
 * changed. The first byte chooses the table. */
#include "config/analyzer_settings.h"
#include "config/capture_settings.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

/* The text alone in a block of its exact size, so that a read behind it is seen. */
static void read_text(const struct fr_settings_table *table, const char *text, size_t n)
{
    char *before = malloc(table->struct_bytes), *after = malloc(table->struct_bytes);
    char reason[FR_SETTINGS_REASON_MAX] = "";

    require(before && after && fr_settings_defaults(table, before) == 0);
    memcpy(after, before, table->struct_bytes);
    int r = fr_settings_load_text(table, after, "f", text, n, reason, sizeof reason);
    if (r < 0) {
        require(memcmp(before, after, table->struct_bytes) == 0);
        require(strncmp(reason, "f:", 2) == 0 && strlen(reason) > 6);
        for (const char *c = reason; *c; c++)
            require(*c != 0x7f && (unsigned char)*c >= ' ');
    } else { /* what was understood once is understood again, and is the same */
        char *again = malloc(table->struct_bytes);
        require(again != NULL);
        memcpy(again, after, table->struct_bytes);
        require(fr_settings_load_text(table, again, "f", text, n, reason, sizeof reason) == 0);
        require(memcmp(again, after, table->struct_bytes) == 0);
        free(again);
    }
    free(before);
    free(after);
}

/* Text as the value of each row: what a command line can do. */
static void parse_values(const struct fr_settings_table *table, const char *text, size_t n)
{
    char *value = malloc(n + 1), *settings = calloc(1, table->struct_bytes);
    char reason[FR_SETTINGS_REASON_MAX];

    require(value && settings);
    memcpy(value, text, n);
    value[n] = 0;
    for (size_t i = 0; i < table->n_rows; i++)
        fr_setting_parse(&table->rows[i], settings, value, reason, sizeof reason);
    fr_settings_set(table, settings, value, value, reason, sizeof reason);
    free(value);
    free(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0)
        return 0;
    const struct fr_settings_table *table = data[0] & 1 ? &fr_capture_table : &fr_analyzer_table;
    char *text = malloc(n > 1 ? n - 1 : 1);

    require(text != NULL);
    memcpy(text, data + 1, n - 1);
    read_text(table, text, n - 1);
    if (n < 256)
        parse_values(table, text, n - 1);
    free(text);
    return 0;
}
