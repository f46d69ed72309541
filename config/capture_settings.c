#include "config/capture_settings.h"

#define AT(field)       offsetof(struct fr_capture_settings, field)
#define CAPACITY(field) sizeof((struct fr_capture_settings *)0)->field

static const char *const pace_names[] = {"realtime", "fast", NULL};
static const char *const mjpeg_colour_names[] = {"full", "luma", NULL};
static const char *const mjpeg_scale_names[] = {"1", "2", "4", NULL};
static const char *const rotate_names[] = {"0", "90", "180", "270", NULL};

static const struct fr_setting rows[] = {
    {.key = "camera",
     .type = FR_SETTING_NAME,
     .offset = AT(camera),
     .max = CAPACITY(camera),
     .default_text = "",
     .help = "Name of the camera: of its ring, and of the service's instance."},
    {.key = "source",
     .type = FR_SETTING_STRING,
     .offset = AT(source),
     .unit = "SPEC",
     .min = 1,
     .max = CAPACITY(source),
     .default_text = "v4l2:/dev/video0",
     .help = "Where the frames come from: v4l2:/dev/videoN is a camera, replay:PATH a recording (a "
             "folder of JPEG files, a file of JPEGs one after another, or Y4M), synthetic: a "
             "drawn scene."},
    {.key = "size",
     .type = FR_SETTING_SIZE,
     .offset = AT(size),
     .max = FR_SIDE_MAX,
     .default_text = "any",
     .help = "Width and height to ask for. The driver may answer with another size, which is then "
             "used; any takes what the source prefers."},
    {.key = "fps",
     .type = FR_SETTING_RATE,
     .offset = AT(fps),
     .unit = "frames/s",
     .min = 0.01,
     .max = 1000,
     .default_text = "any",
     .help = "Frames a second to ask for; any takes what the source prefers."},
    {.key = "format",
     .type = FR_SETTING_FOURCC,
     .offset = AT(format),
     .default_text = "any",
     .help = "Pixel format to ask for; any takes the best that the source has. "
             "framering-capture --list shows what a camera offers."},
    {.key = "slots",
     .type = FR_SETTING_INTEGER,
     .offset = AT(slots),
     .unit = "slots",
     .min = 4,
     .max = FR_SLOTS_MAX,
     .default_text = "8",
     .help = "Slots in the ring: how many frames can be held and read at once. Each takes the "
             "memory of a frame."},
    {.key = "zero_copy",
     .type = FR_SETTING_BOOL,
     .offset = AT(zero_copy),
     .default_text = "yes",
     .help = "Let the driver write into the ring's slots (USERPTR) where it can; no copies each "
             "frame once from the driver's buffer."},
    {.key = "pins",
     .type = FR_SETTING_BOOL,
     .offset = AT(pins),
     .default_text = "yes",
     .help = "Let readers pin slots. With no, readers can only peek, and pinned ones are refused."},
    {.key = "pin_patience",
     .type = FR_SETTING_REAL,
     .offset = AT(pin_patience_s),
     .unit = "s",
     .min = 0,
     .max = 86400,
     .default_text = "10",
     .help =
         "When readers hold every slot, take back the one that has been held longest, if that is "
         "longer than this; its reader is told. 0 waits for ever."},
    {.key = "lock_memory",
     .type = FR_SETTING_BOOL,
     .offset = AT(lock_memory),
     .default_text = "no",
     .help =
         "Lock the ring into memory, so that it is never swapped out. All of it is taken at the "
         "start either way."},
    {.key = "group",
     .type = FR_SETTING_STRING,
     .offset = AT(group),
     .unit = "GROUP",
     .max = CAPACITY(group),
     .default_text = "",
     .help = "Group whose members may read the ring. Without one it is framering, or the process's "
             "own where that group is not to be had."},
    {.key = "loop",
     .type = FR_SETTING_BOOL,
     .offset = AT(loop),
     .default_text = "no",
     .help = "replay: begin again at the end of the recording; else the program ends there."},
    {.key = "pace",
     .type = FR_SETTING_CHOICE,
     .offset = AT(pace),
     .choices = pace_names,
     .default_text = "realtime",
     .help = "replay: at the recording's own rate (or fps), or as fast as possible."},
    {.key = "stall_timeout",
     .type = FR_SETTING_REAL,
     .offset = AT(stall_timeout_s),
     .unit = "s",
     .min = 0.5,
     .max = 3600,
     .default_text = "5",
     .help = "A source that delivers nothing for so long is stopped and opened anew."},
    {.key = "mjpeg_colour",
     .type = FR_SETTING_CHOICE,
     .offset = AT(mjpeg_colour),
     .choices = mjpeg_colour_names,
     .default_text = "full",
     .help = "Cameras that send JPEG: decode the whole picture, or its luma alone (GREY), which is "
             "less work and enough to watch for motion."},
    {.key = "mjpeg_scale",
     .type = FR_SETTING_CHOICE,
     .offset = AT(mjpeg_scale),
     .choices = mjpeg_scale_names,
     .default_text = "1",
     .help = "Cameras that send JPEG: divide both sides by this while decoding, which is less work "
             "than decoding all of it. size is that of the camera, before it is divided."},
    {.key = "keep_jpeg",
     .type = FR_SETTING_BOOL,
     .offset = AT(keep_jpeg),
     .default_text = "no",
     .help = "Cameras that send JPEG: keep it in the slot beside the decoded planes, for readers "
             "that store or send it and need not encode it again. Not together with rotate or "
             "mirror, unless the camera turns its pictures itself."},
    {.key = "half_luma",
     .type = FR_SETTING_BOOL,
     .offset = AT(half_luma),
     .default_text = "no",
     .help = "Add luma at half the size to each frame, once for all readers; analyzers then need "
             "not work it out each for itself. Worth it with two analyzers or more."},
    {.key = "rotate",
     .type = FR_SETTING_CHOICE,
     .offset = AT(rotate),
     .choices = rotate_names,
     .default_text = "0",
     .help = "Turn the picture clockwise: by the camera itself where it can, else while it is "
             "copied. 90 and 270 exchange width and height; size is that before."},
    {.key = "mirror",
     .type = FR_SETTING_BOOL,
     .offset = AT(mirror),
     .default_text = "no",
     .help = "Exchange left and right, before the picture is turned."},
    {.key = "convert",
     .type = FR_SETTING_BOOL,
     .offset = AT(convert),
     .default_text = "yes",
     .help =
         "Read formats that framering does not know through libv4l2, when a camera gives nothing "
         "else or one of them was asked for. With no, they are refused."},
    {.key = "input",
     .type = FR_SETTING_STRING,
     .offset = AT(input),
     .unit = "INPUT",
     .max = CAPACITY(input),
     .default_text = "",
     .help = "v4l2: number or name of the input to choose, on a device that has several; without "
             "one it is left as it is."},
};

static const struct fr_free_section controls = {
    .name = "controls",
    .offset = AT(controls),
    .help =
        "The camera's own controls (brightness, exposure …), each by the name that "
        "`framering-capture --list-controls /dev/videoN` prints: set when the camera is opened, "
        "each time that it is plugged in again, and, when the file is changed, on SIGHUP "
        "(systemctl reload).",
    .example = "brightness = 128\n"
               "auto_exposure = Manual Mode\n"
               "exposure_time_absolute = 300\n"
               "power_line_frequency = 50 Hz\n",
};

const struct fr_settings_table fr_capture_table = {
    .section = "capture",
    .rows = rows,
    .n_rows = sizeof rows / sizeof *rows,
    .struct_bytes = sizeof(struct fr_capture_settings),
    .free_section = &controls,
};
