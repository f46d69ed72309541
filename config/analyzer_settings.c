#include "config/analyzer_settings.h"

#include <string.h>

#define AT(field)       offsetof(struct fr_analyzer_settings, field)
#define CAPACITY(field) sizeof((struct fr_analyzer_settings *)0)->field

static const char *const read_mode_names[] = {"pinned", "peek", NULL};
_Static_assert(FR_READ_PINNED == 0 && FR_READ_PEEK == 1, "read_mode_names is in this order");

static const struct fr_setting rows[] = {
    {.key = "camera",
     .type = FR_SETTING_NAME,
     .offset = AT(camera),
     .max = CAPACITY(camera),
     .default_text = "",
     .help = "Name of the camera to read; without it, the analyzer's name."},
    {.key = "name",
     .type = FR_SETTING_NAME,
     .offset = AT(name),
     .max = CAPACITY(name),
     .default_text = "",
     .help = "Name of this analyzer, which its events carry; without it, the camera's name. Two "
             "analyzers with settings of their own can read one camera."},
    {.key = "read_mode",
     .type = FR_SETTING_CHOICE,
     .offset = AT(read_mode),
     .choices = read_mode_names,
     .default_text = "pinned",
     .help = "pinned holds the slot while a frame is analysed; peek needs no write permission to "
             "anything, and throws a result away when the frame was overwritten meanwhile."},
    {.key = "signal_timeout",
     .type = FR_SETTING_REAL,
     .offset = AT(signal_timeout_s),
     .unit = "s",
     .min = 0.1,
     .max = 3600,
     .default_text = "5",
     .help = "Without a frame for so long, signal_lost is told."},
    {.key = "queue_events",
     .type = FR_SETTING_INTEGER,
     .offset = AT(queue_events),
     .unit = "events",
     .min = 1,
     .max = 1000000,
     .default_text = "1000",
     .help = "Events kept for a stdout that does not take them; more are dropped and counted."},
};

const struct fr_settings_table fr_analyzer_table = {
    .section = "analyzer",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .struct_bytes = sizeof(struct fr_analyzer_settings),
};

void fr_analyzer_settings_finish(struct fr_analyzer_settings *settings)
{
    _Static_assert(sizeof settings->camera == sizeof settings->name, "copied as they are");
    if (!*settings->camera)
        memcpy(settings->camera, settings->name, sizeof settings->camera);
    if (!*settings->name)
        memcpy(settings->name, settings->camera, sizeof settings->name);
}
