/* framering-analyzer: motion events of one camera. The command line; the work is in analysis.c. */
#include "analyzer/analysis.h"
#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/notify.h"
#include "common/daemon/signals.h"
#include "config/options.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int ask_for_frame_log(void *userdata, const char *text, char *reason, size_t reason_size)
{
    if (!*text) {
        snprintf(reason, reason_size, "no file; expected the name of one");
        return -EINVAL;
    }
    *(const char **)userdata = text;
    return 0;
}

static const struct fr_option options[] = {
    {.name = "frame-log",
     .argument = "FILE",
     .help = "Append a line of JSON for every frame analysed: epoch, frame, missed, a hash of the "
             "picture, and whether it was intact. For tests; costs time.",
     .apply = ask_for_frame_log},
};
static const char *const instance_keys[] = {"name", "camera", NULL};

static const struct fr_program program = {
    .name = "framering-analyzer",
    .summary = "Reads a camera's frames in place and writes motion events to stdout, one JSON "
               "object a line.",
    .table = &fr_analyzer_table,
    .instance_keys = instance_keys,
    .config_folder = "analyzers",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .epilogue =
        "Signals: SIGTERM and SIGINT end it, SIGHUP reads the settings again and keeps what\n"
        "was learnt.\n"
        "\n"
        "Examples:\n"
        "  framering-analyzer --camera cam0\n"
        "  framering-analyzer --camera cam0 --name yard --threshold 10 --motion-end 30",
};

static int64_t seconds_to_ns(double seconds)
{
    return (int64_t)(seconds * (double)FR_NS_PER_S);
}

/* SIGHUP: all of the new settings, or none. */
static void reload(struct fr_analysis *analysis, int argc, char **argv,
                   const struct fr_analyzer_settings *before)
{
    struct fr_analyzer_settings settings;
    struct fr_options_result result;
    struct fr_tuning tuning;
    char reason[FR_SETTINGS_REASON_MAX];

    int r = fr_options_reload(&program, argc, argv, &settings, &result, reason, sizeof reason);
    if (r == 0)
        r = fr_tuning_init(&tuning, &settings, result.config_path, reason, sizeof reason);
    if (r == 0) {
        r = fr_analysis_tune(analysis, &tuning, seconds_to_ns(settings.signal_timeout_s));
        if (r < 0) {
            snprintf(reason, sizeof reason, "%s", strerror(-r));
            fr_tuning_fini(&tuning);
        }
    }
    if (r < 0) {
        fr_log(LOG_ERR, "the new settings are not taken, the old ones stay: %s", reason);
        return;
    }
    fr_analyzer_settings_finish(&settings);
    if (strcmp(settings.camera, before->camera) != 0 || strcmp(settings.name, before->name) != 0 ||
        settings.read_mode != before->read_mode || settings.queue_events != before->queue_events)
        fr_log(LOG_WARNING, "settings read again; camera, name, read_mode and queue_events only "
                            "change with a restart");
    else
        fr_log(LOG_NOTICE, "settings read again");
}

static int run(const struct fr_analyzer_settings *settings, struct fr_tuning *tuning,
               struct fr_frame_log *frame_log, int signal_fd, int argc, char **argv)
{
    struct fr_reader *reader = NULL;
    struct fr_signal_watch *watch = NULL;
    struct fr_analysis *analysis = NULL;
    const struct fr_analysis_options analysis_options = {
        .camera = settings->camera,
        .name = settings->name,
        .signal_timeout_ns = seconds_to_ns(settings->signal_timeout_s),
        .queue_events = (size_t)settings->queue_events,
        .output_fd = STDOUT_FILENO,
        .frame_log = frame_log,
    };

    const char *what = "a reader";
    int r = fr_reader_open(settings->camera, (enum fr_read_mode)settings->read_mode, &reader);
    if (r == 0) {
        what = "a thread for signals";
        r = fr_signal_watch_new(signal_fd, reader, &watch);
    }
    if (r == 0) {
        what = "an analysis and its output";
        r = fr_analysis_new(&analysis_options, tuning, reader, &analysis);
    }
    if (r < 0) {
        fr_log(LOG_ERR, "camera %s: cannot have %s: %s", settings->camera, what, strerror(-r));
    } else {
        fr_notify_ready();
        while (r == 0 || r == -ECANCELED) {
            if (fr_signal_watch_is_stopping(watch))
                break;
            if (fr_signal_watch_take_reload(watch))
                reload(analysis, argc, argv, settings);
            r = fr_analysis_step(analysis);
        }
    }
    fr_notify_stopping();
    bool is_stopped = watch && fr_signal_watch_is_stopping(watch);
    int failed = watch ? fr_signal_watch_failed(watch) : 0;
    if (failed < 0)
        fr_log(LOG_ERR, "signals can no longer be received: %s", strerror(-failed));
    fr_analysis_free(analysis);
    fr_signal_watch_free(watch);
    fr_reader_close(reader);
    return is_stopped && failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct fr_analyzer_settings settings;
    struct fr_options_result result;
    struct fr_tuning tuning;
    struct fr_frame_log *frame_log = NULL;
    const char *frame_log_path = NULL;
    char reason[FR_SETTINGS_REASON_MAX];

    int code = fr_options_read(&program, argc, argv, &settings, &frame_log_path, &result);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    fr_log_init(program.name);
    if (fr_tuning_init(&tuning, &settings, result.config_path, reason, sizeof reason) < 0) {
        fr_log(LOG_ERR, "%s", reason);
        return *result.config_path ? FR_EXIT_CONFIG : FR_EXIT_USAGE;
    }
    fr_analyzer_settings_finish(&settings);
    if (frame_log_path) {
        int r = fr_frame_log_open(frame_log_path, &frame_log);
        if (r < 0) {
            fr_log(LOG_ERR, "frame log %s: %s", frame_log_path, strerror(-r));
            return 1;
        }
    }
    int signal_fd = fr_signals_open();
    if (signal_fd < 0) {
        fr_log(LOG_ERR, "signals: %s", strerror(-signal_fd));
        return 1;
    }
    code = run(&settings, &tuning, frame_log, signal_fd, argc, argv);
    close(signal_fd);
    fr_tuning_fini(&tuning);
    fr_frame_log_close(frame_log);
    fr_log_fini();
    return code;
}
