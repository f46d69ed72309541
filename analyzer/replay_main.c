/* framering-replay: the detector over a recording, without a ring, for tuning and measuring.
 *
 * Frame numbers are places in the recording, from 0, as in the names of the masks; times are those
 * of the recording, from 1970-01-01T00:00:00Z. So two runs over the same recording write the same
 * bytes. A frame that cannot be decoded has an empty mask and is counted.
 */
#include "analyzer/event_json.h"
#include "analyzer/replay_show.h"
#include "analyzer/watch.h"
#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/media/recording.h"
#include "config/options.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FAILED = 1, RATE_DEFAULT = 25 };

struct asked {
    struct fr_replay_show_asked show;
    struct fr_rate fps; /* num 0: as the recording says */
};

struct replay {
    struct fr_event_teller teller;
    struct fr_recording *recording;
    struct fr_geometry geometry;
    uint8_t *frame;
    struct fr_watch watch;
    struct fr_replay_show *show;
    struct fr_detection detection; /* of the last frame */
    struct fr_rate rate;
    uint64_t n_frames, n_damaged, n_motions;
    bool is_output_lost;
    bool has_progress; /* stderr is a terminal */
    int64_t told_mono_ns;
    char reason[FR_SETTINGS_REASON_MAX];
};

static int ask_for_path(const char **ret_path, const char *what, const char *text, char *reason,
                        size_t reason_size)
{
    if (!*text) {
        snprintf(reason, reason_size, "no %s; expected the name of one", what);
        return -EINVAL;
    }
    *ret_path = text;
    return 0;
}

static int ask_for_masks(void *userdata, const char *text, char *reason, size_t reason_size)
{
    return ask_for_path(&((struct asked *)userdata)->show.masks, "folder", text, reason,
                        reason_size);
}

static int ask_for_pictures(void *userdata, const char *text, char *reason, size_t reason_size)
{
    return ask_for_path(&((struct asked *)userdata)->show.pictures, "folder", text, reason,
                        reason_size);
}

static int ask_for_heat_map(void *userdata, const char *text, char *reason, size_t reason_size)
{
    return ask_for_path(&((struct asked *)userdata)->show.heat_map, "file", text, reason,
                        reason_size);
}

static int ask_for_every(void *userdata, const char *text, char *reason, size_t reason_size)
{
    static const struct fr_setting every = {
        .key = "picture-every", .type = FR_SETTING_INTEGER, .min = 1, .max = 1e9};
    struct asked *asked = userdata;
    return fr_setting_parse(&every, &asked->show.picture_every, text, reason, reason_size);
}

static int ask_for_rate(void *userdata, const char *text, char *reason, size_t reason_size)
{
    static const struct fr_setting rate = {
        .key = "fps", .type = FR_SETTING_RATE, .min = 0.01, .max = 1000};
    struct asked *asked = userdata;
    int r = fr_setting_parse(&rate, &asked->fps, text, reason, reason_size);
    if (r == 0 && !asked->fps.num && strcmp(text, "any") != 0) {
        snprintf(reason, reason_size, "0 frames a second; expected 0.01 to 1000, or any");
        r = -ERANGE;
    }
    return r;
}

static const struct fr_option options[] = {
    {.name = "masks",
     .argument = "DIR",
     .help = "Write the mask of every frame there: 000000.pgm onwards, in the frame's size, 255 "
             "where something moves and 0 elsewhere.",
     .apply = ask_for_masks},
    {.name = "picture",
     .argument = "DIR",
     .help = "Draw what the detector sees onto the frames with which an event is told, and write "
             "them there: 000131.jpg and so on, with what moves in red, objects in yellow boxes, "
             "zones, ignored areas and the level.",
     .apply = ask_for_pictures},
    {.name = "picture-every",
     .argument = "N",
     .help = "With --picture: every N-th frame as well, the first one included.",
     .apply = ask_for_every},
    {.name = "heat-map",
     .argument = "FILE",
     .help = "Write a PNG that shows where it moved over the whole recording.",
     .apply = ask_for_heat_map},
    {.name = "fps",
     .argument = "N",
     .help = "Frames a second of the recording, from which the times follow; without it what the "
             "recording says, or else 25.",
     .apply = ask_for_rate},
};

static const struct fr_program program = {
    .name = "framering-replay",
    .summary = "Runs the analyzer's detector over a recording, as fast as it can, and writes the "
               "events\nto stdout as JSON lines.",
    .operands = "PATH",
    .min_operands = 1,
    .max_operands = 1,
    .table = &fr_analyzer_table,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .epilogue =
        "PATH is a folder of JPEGs, a file of concatenated JPEGs, a Y4M file, or a folder with\n"
        "input.mjpeg or input.y4m in it. An analyzer's own file can be given with --config; what\n"
        "is about its ring (read_mode, signal_timeout, queue_events) has no effect here.\n"
        "\n"
        "Examples:\n"
        "  framering-replay clip.y4m\n"
        "  framering-replay frames/ --fps 10 --masks masks/ --threshold 8 > events.jsonl\n"
        "  framering-replay clip.y4m --config yard.conf --picture seen/ --heat-map heat.png",
};

static void write_event(const struct fr_event *event, void *userdata)
{
    struct replay *replay = userdata;
    size_t length;
    char *line = fr_event_json(event, &replay->teller, &length);

    replay->n_motions += event->kind == FR_EVENT_MOTION_START;
    fr_replay_show_event(replay->show, event);
    if (!line || fwrite(line, 1, length, stdout) != length || fflush(stdout) != 0) {
        if (!replay->is_output_lost)
            fr_log(LOG_ERR, "events cannot be written to stdout: %s",
                   line ? strerror(errno) : "no memory");
        replay->is_output_lost = true;
    }
    free(line);
}

static int64_t frame_time_ns(const struct replay *replay, uint64_t idx)
{
    __extension__ typedef __int128 wide;
    return (int64_t)((wide)idx * FR_NS_PER_S * replay->rate.den / replay->rate.num);
}

static void show_progress(struct replay *replay, bool is_over)
{
    int64_t now_ns = fr_now_mono_ns();
    if (!replay->has_progress || (!is_over && now_ns - replay->told_mono_ns < FR_NS_PER_S / 5))
        return;
    replay->told_mono_ns = now_ns;
    uint64_t frames = fr_recording_info(replay->recording)->frames;
    if (is_over)
        fprintf(stderr, "\r\033[K");
    else if (frames)
        fprintf(stderr, "\r\033[Kframe %" PRIu64 " of %" PRIu64 " (%.0f %%), %.2f %% moves",
                replay->n_frames, frames, 100.0 * (double)replay->n_frames / (double)frames,
                100 * replay->detection.share);
    else
        fprintf(stderr, "\r\033[Kframe %" PRIu64 ", %.2f %% moves", replay->n_frames,
                100 * replay->detection.share);
    fflush(stderr);
}

static struct fr_luma frame_luma(const struct replay *replay)
{
    const struct fr_plane_layout *plane = &replay->geometry.planes[0];
    return (struct fr_luma){.data = replay->frame + plane->offset_bytes,
                            .width_px = replay->geometry.format.width_px,
                            .height_px = replay->geometry.format.height_px,
                            .stride_bytes = plane->stride_bytes,
                            .step_bytes = 1};
}

/* One frame, which may be damaged. Negative with a reason. */
static int analyse(struct replay *replay, uint64_t idx, bool is_damaged)
{
    const struct fr_luma luma = frame_luma(replay);
    const struct fr_frame_id id = {.number = idx,
                                   .captured_mono_ns = frame_time_ns(replay, idx),
                                   .width_px = luma.width_px,
                                   .height_px = luma.height_px};

    int r = is_damaged ? 0 : fr_detector_look(replay->watch.detector, &luma);
    if (r == 0 && !is_damaged)
        r = fr_watch_decide(&replay->watch, &id, &replay->detection);
    if (r < 0) {
        snprintf(replay->reason, sizeof replay->reason, "frame %" PRIu64 ": %s", idx, strerror(-r));
        return r;
    }
    return fr_replay_show_frame(replay->show, &id, is_damaged ? NULL : &luma, &replay->detection,
                                replay->reason, sizeof replay->reason);
}

/* Every frame of the recording. Returns an exit code. */
static int run(struct replay *replay)
{
    for (;;) {
        struct fr_recording_frame frame;
        int r = fr_recording_next(replay->recording, &replay->geometry, replay->frame, &frame);
        if (r == -ENODATA)
            break;
        if (r < 0 && r != -EBADMSG) {
            show_progress(replay, true);
            fr_log(LOG_ERR, "%s", fr_recording_reason(replay->recording));
            return EXIT_FAILED;
        }
        bool is_damaged = r == -EBADMSG;
        uint64_t idx = replay->n_frames++;
        if (is_damaged && !replay->n_damaged++) {
            show_progress(replay, true);
            fr_log(LOG_WARNING, "%s (more of these are only counted)",
                   fr_recording_reason(replay->recording));
        }
        if (analyse(replay, idx, is_damaged) < 0) {
            show_progress(replay, true);
            fr_log(LOG_ERR, "%s", replay->reason);
            return EXIT_FAILED;
        }
        if (replay->is_output_lost)
            return EXIT_FAILED;
        show_progress(replay, false);
    }
    fr_events_stop(&replay->watch.events, frame_time_ns(replay, replay->n_frames));
    if (fr_replay_show_end(replay->show, replay->reason, sizeof replay->reason) < 0) {
        show_progress(replay, true);
        fr_log(LOG_ERR, "%s", replay->reason);
        return EXIT_FAILED;
    }
    return replay->is_output_lost ? EXIT_FAILED : 0;
}

/* Everything that a run needs. Returns an exit code, its reason logged. */
static int prepare(struct replay *replay, const char *path, const struct asked *asked,
                   struct fr_tuning *tuning)
{
    if (fr_recording_open(path, &replay->recording, replay->reason, sizeof replay->reason) < 0) {
        fr_log(LOG_ERR, "%s", replay->reason);
        return EXIT_FAILED;
    }
    struct fr_format format = fr_recording_info(replay->recording)->format;
    replay->rate = (struct fr_rate){.num = RATE_DEFAULT, .den = 1};
    if (format.rate_num && format.rate_den)
        replay->rate = (struct fr_rate){.num = format.rate_num, .den = format.rate_den};
    if (asked->fps.num)
        replay->rate = asked->fps;

    format.fourcc = FR_FOURCC_GREY;
    int r = fr_geometry_init(&format, &replay->geometry);
    fr_watch_init(&replay->watch, tuning, 0, write_event, replay);
    if (r == 0)
        r = fr_watch_set_size(&replay->watch, format.width_px, format.height_px);
    if (r == -EINVAL) {
        fr_log(LOG_ERR, "%s: frames of %" PRIu32 "x%" PRIu32 "; expected %dx%d to %ux%u", path,
               format.width_px, format.height_px, FR_DETECTOR_SIDE_MIN, FR_DETECTOR_SIDE_MIN,
               FR_SIDE_MAX, FR_SIDE_MAX);
        return EXIT_FAILED;
    }
    if (r == 0 && !(replay->frame = malloc(replay->geometry.slot_bytes)))
        r = -ENOMEM;
    if (r < 0) {
        fr_log(LOG_ERR, "%s: %s", path, strerror(-r));
        return EXIT_FAILED;
    }
    const char *zone = fr_watch_empty_zone(&replay->watch);
    if (zone)
        fr_log(LOG_WARNING,
               "zone %s is too small for frames of %" PRIu32 "x%" PRIu32 ": no pixel lies in it",
               zone, format.width_px, format.height_px);
    if (fr_replay_show_new(&asked->show, &replay->watch, &replay->show, replay->reason,
                           sizeof replay->reason) < 0) {
        fr_log(LOG_ERR, "%s", replay->reason);
        return EXIT_FAILED;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct fr_analyzer_settings settings;
    struct fr_options_result result;
    struct asked asked = {0};
    struct fr_tuning tuning;
    struct replay replay = {.teller.id_prefix = "replay"};

    int code = fr_options_read(&program, argc, argv, &settings, &asked, &result);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    fr_log_init(program.name);
    signal(SIGPIPE, SIG_IGN);
    setenv("TZ", "UTC0", 1); /* the recording's time is nobody's local time */
    if (fr_tuning_init(&tuning, &settings, result.config_path, replay.reason,
                       sizeof replay.reason) < 0) {
        fr_log(LOG_ERR, "%s", replay.reason);
        return *result.config_path ? FR_EXIT_CONFIG : FR_EXIT_USAGE;
    }
    fr_analyzer_settings_finish(&settings);
    replay.teller.camera = *settings.camera ? settings.camera : "replay";
    replay.teller.analyzer = *settings.name ? settings.name : "replay";
    replay.has_progress = isatty(STDERR_FILENO);

    int64_t began_ns = fr_now_mono_ns();
    code = prepare(&replay, result.operands[0], &asked, &tuning);
    if (code == 0)
        code = run(&replay);
    if (code == 0) {
        double seconds = (double)(fr_now_mono_ns() - began_ns) / (double)FR_NS_PER_S;
        show_progress(&replay, true);
        fr_log(LOG_INFO,
               "%" PRIu64 " frames (%" PRIu64 " damaged), %" PRIu64
               " motion events, %.1f s, %.0f frames/s",
               replay.n_frames, replay.n_damaged, replay.n_motions, seconds,
               (double)replay.n_frames / (seconds > 0 ? seconds : 1));
    }
    fr_replay_show_free(replay.show);
    fr_watch_fini(&replay.watch);
    fr_tuning_fini(&tuning);
    fr_recording_close(replay.recording);
    free(replay.frame);
    fr_log_fini();
    return code;
}
