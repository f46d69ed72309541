/* framering-capture: one camera into one ring. The command line; the work is in capture_loop.c. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/camera_of.h"
#include "capture/capture_loop.h"
#include "capture/plan.h"
#include "capture/scene.h"
#include "capture/v4l2_list.h"
#include "capture/v4l2_list_controls.h"
#include "common/daemon/log.h"
#include "common/daemon/signals.h"
#include "config/options.h"

/* What to do instead of capturing. All but the plan need neither a camera's name nor a file. */
struct errand {
    bool wants_plan;
    bool wants_list;
    const char *controls_of; /* a device */
    const char *camera_of;   /* a device, and links to it */
};

static int ask_for_plan(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)text;
    (void)reason;
    (void)reason_size;
    ((struct errand *)userdata)->wants_plan = true;
    return 0;
}

static int ask_for_list(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)text;
    (void)reason;
    (void)reason_size;
    ((struct errand *)userdata)->wants_list = true;
    return 1;
}

static int ask_for_camera(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)reason;
    (void)reason_size;
    ((struct errand *)userdata)->camera_of = text;
    return 1;
}

static int ask_for_controls(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)reason;
    (void)reason_size;
    ((struct errand *)userdata)->controls_of = strncmp(text, "v4l2:", 5) == 0 ? text + 5 : text;
    return 1;
}

static const struct fr_option options[] = {
    {.name = "list",
     .help = "Print the cameras of this machine with their formats, sizes and rates.",
     .apply = ask_for_list},
    {.name = "plan",
     .help = "Open the source, print what picture it gives and what ring would be made of it, and "
             "stop: "
             "nothing is made. Exit code 1: the source cannot be opened.",
     .apply = ask_for_plan},
    {.name = "camera-of",
     .argument = "PATHS",
     .help = "Print the name of the camera whose file has this device for its source; for the udev "
             "rule. Links to the device may stand behind it, with a blank between. Exit code 1: "
             "there is no such camera.",
     .apply = ask_for_camera},
    {.name = "list-controls",
     .argument = "DEVICE",
     .help = "Print the controls of a camera, with their values and ranges, as lines for the "
             "section [controls] of its file.",
     .apply = ask_for_controls},
};
static const char *const instance_keys[] = {"camera", NULL};

static const struct fr_program program = {
    .name = "framering-capture",
    .summary = "Captures one camera into a ring of frames in shared memory, for any number of "
               "readers.",
    .table = &fr_capture_table,
    .instance_keys = instance_keys,
    .config_folder = "cameras",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .epilogue = "Parameters of synthetic:, as in synthetic:seed=7,objects=2 (range, default):\n" //
    FR_SCENE_PARAMS_HELP                                                                         //
                "\n"
                "Examples:\n"
                "  framering-capture --camera cam0 --source v4l2:/dev/video0 --size 1280x720\n"
                "  framering-capture --camera test --source synthetic: --fps 25\n"
                "  framering-capture --camera old --source replay:/srv/footage/gate.y4m --loop yes",
};

/* Wrong settings are the file's fault, or the command line's if it said anything about them. */
static int settings_exit(const struct fr_capture_settings *settings, const char *config_path)
{
    struct fr_capture_settings file;
    char reason[FR_SETTINGS_REASON_MAX];
    if (!*config_path || fr_settings_defaults(&fr_capture_table, &file) < 0 ||
        fr_settings_load(&fr_capture_table, &file, config_path, reason, sizeof reason) < 0)
        return FR_EXIT_USAGE;
    bool is_files =
        strcmp(file.source, settings->source) == 0 && strcmp(file.group, settings->group) == 0 &&
        file.size.width_px == settings->size.width_px &&
        file.size.height_px == settings->size.height_px && file.fps.num == settings->fps.num &&
        file.fps.den == settings->fps.den && file.format == settings->format &&
        file.slots == settings->slots && strcmp(file.input, settings->input) == 0;
    return is_files ? FR_EXIT_CONFIG : FR_EXIT_USAGE;
}

/* The name alone on stdout, for udev makes a unit's name of it. */
static int print_camera_of(const char *paths)
{
    char folder[PATH_MAX], name[FR_CAMERA_NAME_MAX + 1], notes[FR_CAMERA_OF_NOTES_MAX];
    const char *confdir = getenv("FRAMERING_CONFDIR");
    int n = snprintf(folder, sizeof folder, "%s/%s", confdir && *confdir ? confdir : FR_CONFDIR,
                     program.config_folder);
    if (n < 0 || (size_t)n >= sizeof folder) {
        fprintf(stderr, "%s: the path of the configuration's folder is too long\n", program.name);
        return 1;
    }
    int r = fr_camera_of(folder, paths, name, notes);
    fputs(notes, stderr);
    if (r == 0) {
        puts(name);
        return fflush(stdout) == 0 ? 0 : 1;
    }
    if (r == -ENOENT)
        fprintf(stderr, "%s: no file in %s has %s for its source\n", program.name, folder, paths);
    else
        fprintf(stderr, "%s: %s: %s\n", program.name, folder, strerror(-r));
    return 1;
}

static int list_controls(const char *device)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    if (fr_v4l2_list_controls(device, stdout, reason) < 0) {
        fprintf(stderr, "%s: %s\n", program.name, reason);
        return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

/* What it takes to read the settings again. */
struct command_line {
    int argc;
    char **argv;
    struct fr_options_result *result;
};

static int reload(void *userdata, struct fr_capture_settings *ret_settings, char *reason,
                  size_t reason_size)
{
    const struct command_line *line = userdata;
    return fr_options_reload(&program, line->argc, line->argv, ret_settings, line->result, reason,
                             reason_size);
}

int main(int argc, char **argv)
{
    struct fr_capture_settings settings;
    struct fr_options_result result;
    struct command_line line = {argc, argv, &result};
    const struct fr_capture_config config = {
        .settings = &settings, .path = result.config_path, .reload = reload, .userdata = &line};
    struct errand errand = {0};

    int r = fr_options_read(&program, argc, argv, &settings, &errand, &result);
    if (r != FR_OPTIONS_GO_ON)
        return r;
    if (errand.camera_of)
        return print_camera_of(errand.camera_of);
    if (errand.wants_list)
        return fr_v4l2_list(stdout) < 0 || fflush(stdout) != 0 ? 1 : 0;
    if (errand.controls_of)
        return list_controls(errand.controls_of);
    if (errand.wants_plan) {
        r = fr_capture_plan(&settings, stdout);
        return fflush(stdout) == 0 ? r : 1;
    }
    fr_log_init(program.name);
    int signal_fd = fr_signals_open();
    if (signal_fd < 0) {
        fr_log(LOG_ERR, "signals: %s", strerror(-signal_fd));
        return 1;
    }
    r = fr_capture_run(&config, signal_fd);
    close(signal_fd);
    fr_log_fini();
    return r == FR_CAPTURE_EXIT_SETTINGS ? settings_exit(&settings, result.config_path) : r;
}
