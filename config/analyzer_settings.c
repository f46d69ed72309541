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
     .default_text = "peek",
     .help = "peek needs no write permission to anything, sees every frame whatever other readers "
             "hold, and throws a result away when the frame was overwritten meanwhile; pinned "
             "holds the slot while a frame is analysed, and is told when there is none to be had."},
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
    {.key = "threshold",
     .type = FR_SETTING_REAL,
     .offset = AT(threshold_levels),
     .unit = "grey levels",
     .min = 1,
     .max = 96,
     .default_text = "6",
     .help = "Sensitivity in the dark: a pixel that differs from its background by no more than "
             "this, of 255, and threshold_contrast together does not move."},
    {.key = "threshold_contrast",
     .type = FR_SETTING_REAL,
     .offset = AT(threshold_contrast_percent),
     .unit = "%",
     .min = 0,
     .max = 25,
     .default_text = "6.25",
     .help = "Sensitivity in the light: the share of its brightness that is added to threshold. "
             "Higher values overlook uneven light, lower ones see objects of little contrast."},
    {.key = "threshold_spread",
     .type = FR_SETTING_REAL,
     .offset = AT(threshold_spread),
     .unit = "times",
     .min = 0,
     .max = 3.9,
     .default_text = "3",
     .help = "A pixel that is restless by itself (noise, leaves) must differ by more than this "
             "many times its mean deviation."},
    {.key = "threshold_most",
     .type = FR_SETTING_REAL,
     .offset = AT(threshold_most_levels),
     .unit = "grey levels",
     .min = 1,
     .max = 96,
     .default_text = "64",
     .help = "What differs by more than this always moves; at least threshold."},
    {.key = "object_min",
     .type = FR_SETTING_REAL,
     .offset = AT(object_min_percent),
     .unit = "% of the frame",
     .min = 0,
     .max = 100,
     .default_text = "0.03",
     .help = "Objects whose moving part is smaller than this do not count."},
    {.key = "light_change",
     .type = FR_SETTING_REAL,
     .offset = AT(light_change_percent),
     .unit = "%",
     .min = 0.1,
     .max = 300,
     .default_text = "15",
     .help = "Change of the whole picture's brightness within a second that is told as "
             "light_change. It is never told as motion, whatever this says."},
    {.key = "adapt_time",
     .type = FR_SETTING_REAL,
     .offset = AT(adapt_time_s),
     .unit = "s",
     .min = 0.1,
     .max = 600,
     .default_text = "2.5",
     .help = "Time constant with which the background follows slow changes (8 to 256 frames, "
             "whatever this says)."},
    {.key = "static_time",
     .type = FR_SETTING_REAL,
     .offset = AT(static_time_s),
     .unit = "s",
     .min = 0.5,
     .max = 86400,
     .default_text = "30",
     .help = "What stands still for so long becomes background: a parked car, a moved chair."},
    {.key = "motion_start",
     .type = FR_SETTING_REAL,
     .offset = AT(motion_start_s),
     .unit = "s",
     .min = 0,
     .max = 3600,
     .default_text = "0.2",
     .help = "Something must move for so long before motion_start is told."},
    {.key = "motion_end",
     .type = FR_SETTING_REAL,
     .offset = AT(motion_end_s),
     .unit = "s",
     .min = 0.1,
     .max = 3600,
     .default_text = "5",
     .help = "Nothing must move for so long before motion_end is told."},
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
