#include "config/analyzer_settings.h"

#include <errno.h>
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
    {.key = "levels",
     .type = FR_SETTING_BOOL,
     .offset = AT(levels),
     .default_text = "no",
     .help = "Write a line for every frame that tells how much moves, in all and in each zone "
             "(event level)."},
    {.key = "sensitivity",
     .type = FR_SETTING_INTEGER,
     .offset = AT(sensitivity),
     .min = 1,
     .max = 100,
     .default_text = "50",
     .help = "How little is taken for motion: 25 more halve the four thresholds below, 25 less "
             "double them. This is the one to turn first."},
    {.key = "threshold",
     .type = FR_SETTING_REAL,
     .offset = AT(threshold_levels),
     .unit = "grey levels",
     .min = 1,
     .max = 96,
     .default_text = "4",
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
     .default_text = "3.25",
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
    {.key = "object_max",
     .type = FR_SETTING_REAL,
     .offset = AT(object_max_percent),
     .unit = "% of the frame",
     .min = 0,
     .max = 100,
     .default_text = "100",
     .help = "Objects whose moving part is larger than this do not count; at least object_min."},
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

#define IN_ZONE(field) offsetof(struct fr_zone_settings, field)
#define AS_ANALYZER    "as in `[analyzer]`"

static const struct fr_setting zone_rows[] = {
    {.key = "polygon",
     .type = FR_SETTING_POLYGON,
     .offset = IN_ZONE(polygon),
     .default_text = "",
     .help = "Its edge. A pixel belongs to it when its centre does."},
    {.key = "sensitivity",
     .type = FR_SETTING_INTEGER,
     .offset = IN_ZONE(sensitivity),
     .min = 1,
     .max = 100,
     .default_text = AS_ANALYZER,
     .help = "How little is taken for motion in it. Where zones overlap, the one that stands first "
             "in the file decides."},
    {.key = "object_min",
     .type = FR_SETTING_REAL,
     .offset = IN_ZONE(object_min_percent),
     .unit = "% of the frame",
     .min = 0,
     .max = 100,
     .default_text = AS_ANALYZER,
     .help = "Objects of which less than this moves inside the zone do not count in it."},
    {.key = "object_max",
     .type = FR_SETTING_REAL,
     .offset = IN_ZONE(object_max_percent),
     .unit = "% of the frame",
     .min = 0,
     .max = 100,
     .default_text = AS_ANALYZER,
     .help = "Objects of which more than this moves inside the zone do not count in it."},
    {.key = "motion_start",
     .type = FR_SETTING_REAL,
     .offset = IN_ZONE(motion_start_s),
     .unit = "s",
     .min = 0,
     .max = 3600,
     .default_text = AS_ANALYZER,
     .help = "Something must move in it for so long before its motion_start is told."},
    {.key = "motion_end",
     .type = FR_SETTING_REAL,
     .offset = IN_ZONE(motion_end_s),
     .unit = "s",
     .min = 0.1,
     .max = 3600,
     .default_text = AS_ANALYZER,
     .help = "Nothing must move in it for so long before its motion_end is told."},
};

static const struct fr_zone_settings blank_zone = {.sensitivity = -1,
                                                   .object_min_percent = -1,
                                                   .object_max_percent = -1,
                                                   .motion_start_s = -1,
                                                   .motion_end_s = -1};

static int check_zone(const void *item, char *reason, size_t reason_size)
{
    const struct fr_zone_settings *zone = item;
    if (zone->polygon.n)
        return 0;
    snprintf(reason, reason_size, "it has no edge; expected polygon = X,Y X,Y X,Y ...");
    return -EINVAL;
}

#define IN_IGNORE(field) offsetof(struct fr_ignore_settings, field)

static const struct fr_setting ignore_rows[] = {
    {.key = "polygon",
     .type = FR_SETTING_POLYGON,
     .offset = IN_IGNORE(polygon),
     .default_text = "",
     .help = "Its edge."},
    {.key = "mask",
     .type = FR_SETTING_STRING,
     .offset = IN_IGNORE(mask),
     .unit = "FILE",
     .min = 1,
     .max = FR_MASK_PATH_MAX,
     .default_text = "",
     .help = "Instead of an edge a picture, PNG or binary PGM, of any size: it is stretched over "
             "the frame. Where it is darker than half it is ignored, and what is transparent is "
             "not. A path that does not begin with / is looked for beside the configuration file."},
};

static const struct fr_ignore_settings blank_ignore;

static int check_ignore(const void *item, char *reason, size_t reason_size)
{
    const struct fr_ignore_settings *ignore = item;
    if ((ignore->polygon.n > 0) != (*ignore->mask != 0))
        return 0;
    snprintf(reason, reason_size, "it has %s; expected either polygon or mask",
             *ignore->mask ? "both an edge and a mask" : "neither edge nor mask");
    return -EINVAL;
}

static const struct fr_many_sections many[] = {
    {.kind = "zone",
     .help =
         "A part of the picture with a name of its own. Once there is a zone, motion is told of "
         "zones only, of each by itself; up to 16.",
     .example = "[zone door]\n"
                "polygon = 0.1,0.2 0.5,0.2 0.5,0.9\n"
                "sensitivity = 60\n"
                "object_min = 0.5\n"
                "motion_start = 1\n",
     .rows = zone_rows,
     .n_rows = sizeof zone_rows / sizeof *zone_rows,
     .item_bytes = sizeof(struct fr_zone_settings),
     .blank = &blank_zone,
     .items_offset = AT(zones),
     .n_offset = AT(n_zones),
     .max = FR_ZONE_SETTINGS_MAX,
     .check = check_zone},
    {.kind = "ignore",
     .help = "A part of the picture in which nothing moves, whatever happens there: a tree, a "
             "screen, a clock that the camera writes; up to 16.",
     .example = "[ignore tree]\n"
                "polygon = 0.7,0 1,0 1,0.4 0.8,0.5\n",
     .rows = ignore_rows,
     .n_rows = sizeof ignore_rows / sizeof *ignore_rows,
     .item_bytes = sizeof(struct fr_ignore_settings),
     .blank = &blank_ignore,
     .items_offset = AT(ignored),
     .n_offset = AT(n_ignored),
     .max = FR_IGNORE_SETTINGS_MAX,
     .check = check_ignore},
};

const struct fr_settings_table fr_analyzer_table = {
    .section = "analyzer",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .struct_bytes = sizeof(struct fr_analyzer_settings),
    .many = many,
    .n_many = sizeof many / sizeof *many,
};

void fr_analyzer_settings_finish(struct fr_analyzer_settings *settings)
{
    _Static_assert(sizeof settings->camera == sizeof settings->name, "copied as they are");
    if (!*settings->camera)
        memcpy(settings->camera, settings->name, sizeof settings->camera);
    if (!*settings->name)
        memcpy(settings->name, settings->camera, sizeof settings->name);
}
