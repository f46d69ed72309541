/* framering-capture: one camera into one ring. The command line; the work is in capture_loop.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture_loop.h"
#include "capture/scene.h"
#include "capture/v4l2_list.h"
#include "capture/v4l2_list_controls.h"
#include "common/daemon/log.h"
#include "common/daemon/signals.h"
#include "config/options.h"

/* What to do instead of capturing. All need neither a camera's name nor a file. */
struct errand {
    bool wants_list;
    const char *controls_of; /* a device */
};

static int ask_for_list(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)text;
    (void)reason;
    (void)reason_size;
    ((struct errand *)userdata)->wants_list = true;
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
    .epilogue =
        "Parameters of synthetic:, as in synthetic:seed=7,objects=2 (range, default):\n" //
    FR_SCENE_PARAMS_HELP                                                                 //
        "\n"
        "Examples:\n"
        "  framering-capture --camera cam0 --source v4l2:/dev/video0 --size 1280x720\n"
        "  framering-capture --camera test --source synthetic: --fps 25\n"
        "  framering-capture --camera old --source replay:/srv/footage/gate.y4m --loop yes\n",
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
    if (errand.wants_list)
        return fr_v4l2_list(stdout) < 0 || fflush(stdout) != 0 ? 1 : 0;
    if (errand.controls_of)
        return list_controls(errand.controls_of);
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
