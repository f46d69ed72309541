/* framering-capture: one camera into one ring. The command line; the work is in capture_loop.c. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture_loop.h"
#include "capture/scene.h"
#include "capture/v4l2_list.h"
#include "common/daemon/log.h"
#include "common/daemon/signals.h"
#include "config/options.h"

static int ask_for_list(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)text;
    (void)reason;
    (void)reason_size;
    *(bool *)userdata = true;
    return 1; /* needs neither a camera's name nor a file */
}

static const struct fr_option options[] = {
    {.name = "list",
     .help = "Print the cameras of this machine with their formats, sizes and rates.",
     .apply = ask_for_list},
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
    bool is_files = strcmp(file.source, settings->source) == 0 &&
                    strcmp(file.group, settings->group) == 0 &&
                    file.size.width_px == settings->size.width_px &&
                    file.size.height_px == settings->size.height_px &&
                    file.fps.num == settings->fps.num && file.fps.den == settings->fps.den &&
                    file.format == settings->format && file.slots == settings->slots;
    return is_files ? FR_EXIT_CONFIG : FR_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct fr_capture_settings settings;
    struct fr_options_result result;
    bool wants_list = false;

    int r = fr_options_read(&program, argc, argv, &settings, &wants_list, &result);
    if (r != FR_OPTIONS_GO_ON)
        return r;
    if (wants_list)
        return fr_v4l2_list(stdout) < 0 || fflush(stdout) != 0 ? 1 : 0;
    fr_log_init(program.name);
    int signal_fd = fr_signals_open();
    if (signal_fd < 0) {
        fr_log(LOG_ERR, "signals: %s", strerror(-signal_fd));
        return 1;
    }
    r = fr_capture_run(&settings, signal_fd);
    close(signal_fd);
    fr_log_fini();
    return r == FR_CAPTURE_EXIT_SETTINGS ? settings_exit(&settings, result.config_path) : r;
}
