#include "analyzer/analysis.h"
#include "analyzer/frame_hash.h"
#include "common/daemon/clock.h"
#include "common/daemon/log.h"
#include "common/daemon/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of one kind at most once in this time, with a count. */
#define LOG_PERIOD_NS    (60 * FR_NS_PER_S)
#define STATUS_PERIOD_NS (5 * FR_NS_PER_S)
/* A capture time farther than this from now is no time of this machine's clock. */
#define CLOCK_TRUST_NS (10 * FR_NS_PER_S)

struct fr_analysis {
    const char *camera;
    struct fr_reader *reader;
    struct fr_frame_log *frame_log;
    struct fr_event_output output;
    int64_t signal_timeout_ns;
    int64_t watchdog_ns; /* 0: there is none */

    struct fr_watch watch;   /* without a detector before the first frame */
    struct fr_format format; /* of the last frame */
    uint64_t epoch;          /* of the last frame; 0: none yet */
    bool has_signal;
    double share;
    uint64_t n_frames, n_motions;

    int64_t last_frame_mono_ns; /* by our own clock; the start, before the first */
    int64_t watchdog_fed_mono_ns, status_told_mono_ns;
    struct fr_log_limit torn_limit, missed_limit, corrupt_limit, pins_limit, luma_limit;
};

static void write_event(const struct fr_event *event, void *userdata)
{
    struct fr_analysis *a = userdata;

    a->n_motions += event->kind == FR_EVENT_MOTION_START;
    fr_event_output_write(&a->output, event);
}

int fr_analysis_new(const struct fr_analysis_options *options, struct fr_tuning *tuning,
                    struct fr_reader *reader, struct fr_analysis **ret_analysis)
{
    struct fr_analysis *a = calloc(1, sizeof *a);
    if (!a)
        return -ENOMEM;
    a->reader = reader;
    a->frame_log = options->frame_log;
    a->camera = options->camera;
    a->signal_timeout_ns = options->signal_timeout_ns;
    a->watchdog_ns = fr_notify_watchdog_interval_ns();
    a->has_signal = true;
    a->last_frame_mono_ns = fr_now_mono_ns();

    int r = fr_event_output_init(&a->output, options->camera, options->name, options->output_fd,
                                 options->queue_events);
    if (r < 0) {
        free(a);
        return r;
    }
    fr_watch_init(&a->watch, tuning, a->last_frame_mono_ns, write_event, a);
    *ret_analysis = a;
    return 0;
}

void fr_analysis_free(struct fr_analysis *analysis)
{
    if (!analysis)
        return;
    fr_events_stop(&analysis->watch.events, fr_now_mono_ns());
    fr_event_output_fini(&analysis->output);
    fr_watch_fini(&analysis->watch);
    free(analysis);
}

/* At some sizes a zone may be too small to have a pixel, and nothing will ever move in it. */
static void warn_of_empty_zone(const struct fr_analysis *a)
{
    const char *zone = fr_watch_empty_zone(&a->watch);
    if (zone)
        fr_log(LOG_WARNING,
               "zone %s is too small for frames of %" PRIu32 "x%" PRIu32 ": no pixel lies in it",
               zone, a->watch.width_px, a->watch.height_px);
}

int fr_analysis_tune(struct fr_analysis *analysis, struct fr_tuning *tuning,
                     int64_t signal_timeout_ns)
{
    int r = fr_watch_tune(&analysis->watch, tuning, fr_now_mono_ns());
    if (r < 0)
        return r;
    analysis->signal_timeout_ns = signal_timeout_ns;
    warn_of_empty_zone(analysis);
    return 0;
}

/* " (7 times since this was last said)", or nothing for the first time. */
static const char *since(uint64_t count, char text[64])
{
    text[0] = 0;
    if (count > 1)
        snprintf(text, 64, " (%" PRIu64 " times since this was last said)", count);
    return text;
}

/* A line that may come with every frame: at most once in a while, with its count. */
#define LOG_LIMITED(limit, now_ns, format, ...)                                                    \
    do {                                                                                           \
        uint64_t count_;                                                                           \
        char text_[64];                                                                            \
        if (fr_log_limit_due(limit, 1, now_ns, LOG_PERIOD_NS, &count_))                            \
            fr_log(LOG_WARNING, format "%s", __VA_ARGS__, since(count_, text_));                   \
    } while (0)

static void lose_signal(struct fr_analysis *a, enum fr_event_reason reason, int64_t now_ns)
{
    if (!a->has_signal)
        return;
    a->has_signal = false;
    a->status_told_mono_ns = 0;
    if (reason == FR_EVENT_REASON_NO_WRITER && !a->epoch)
        fr_log(LOG_NOTICE, "waiting for camera %s: nobody captures it yet", a->camera);
    else if (reason == FR_EVENT_REASON_NO_WRITER)
        fr_log(LOG_WARNING, "signal lost: the capture process of %s has gone", a->camera);
    else if (reason == FR_EVENT_REASON_NO_FRAMES)
        fr_log(LOG_WARNING, "signal lost: no frame for %.1f s",
               (double)(now_ns - a->last_frame_mono_ns) / (double)FR_NS_PER_S);
    fr_events_signal_lost(&a->watch.events, reason, now_ns);
}

/* The ring of this frame is another one than the last frame's, or the first. */
static int enter_epoch(struct fr_analysis *a, const struct fr_frame *frame)
{
    const struct fr_format *format = &frame->format;
    char fourcc[5];

    a->epoch = frame->epoch;
    a->format = *format;
    fr_log(LOG_INFO, "epoch %" PRIu64 " of %s: %" PRIu32 "x%" PRIu32 " %s", frame->epoch, a->camera,
           format->width_px, format->height_px, fr_fourcc_name(format->fourcc, fourcc));
    int r = fr_watch_set_size(&a->watch, format->width_px, format->height_px);
    if (r == -EINVAL) {
        fr_log(LOG_ERR,
               "frames of %" PRIu32 "x%" PRIu32 " are not analysed; expected %dx%d or more",
               format->width_px, format->height_px, FR_DETECTOR_SIDE_MIN, FR_DETECTOR_SIDE_MIN);
        return 0;
    }
    if (r < 0)
        fr_log(LOG_ERR, "no memory for a detector of %" PRIu32 "x%" PRIu32 ": %s", format->width_px,
               format->height_px, strerror(-r));
    else
        warn_of_empty_zone(a);
    return r;
}

/* The frame's own time, if it can be one. */
static int64_t frame_time(const struct fr_frame *frame, int64_t now_ns)
{
    int64_t captured_ns = frame->captured_mono_ns;
    bool is_sane = captured_ns > now_ns - CLOCK_TRUST_NS && captured_ns < now_ns + CLOCK_TRUST_NS;
    return is_sane ? captured_ns : now_ns;
}

/* All that reads the frame, in place. True: the detector has it, and may decide. */
static bool look(struct fr_analysis *a, struct fr_frame *frame, int64_t now_ns)
{
    const bool is_corrupt = frame->flags & FR_FRAME_CORRUPT;
    uint64_t hash = 0;
    int r = -EINVAL;

    if (is_corrupt)
        LOG_LIMITED(&a->corrupt_limit, now_ns, "frame %" PRIu64 ": damaged, says its source",
                    frame->number);
    else if (a->watch.detector &&
             (r = fr_detector_look_frame(a->watch.detector, frame)) == -ENOTSUP)
        LOG_LIMITED(&a->luma_limit, now_ns, "frame %" PRIu64 ": no luma in it", frame->number);
    if (a->frame_log)
        hash = fr_frame_hash(frame);

    struct fr_frame released = *frame;
    bool is_torn = fr_reader_release(a->reader, frame) == -ESTALE;
    if (is_torn)
        LOG_LIMITED(&a->torn_limit, now_ns, "frame %" PRIu64 ": overwritten while it was read",
                    released.number);
    if (a->frame_log) {
        int log_r = fr_frame_log_write(a->frame_log, &released, hash,
                                       is_torn      ? FR_FRAME_VERDICT_TORN
                                       : is_corrupt ? FR_FRAME_VERDICT_CORRUPT
                                                    : FR_FRAME_VERDICT_INTACT);
        if (log_r < 0)
            fr_log(LOG_ERR, "the frame log ends here: %s", strerror(-log_r));
    }
    return r == 0 && !is_torn;
}

static int analyse(struct fr_analysis *a, struct fr_frame *frame)
{
    const int64_t now_ns = fr_now_mono_ns();
    struct fr_detection detection;
    int r = 0;

    if (frame->epoch != a->epoch && (r = enter_epoch(a, frame)) < 0) {
        fr_reader_release(a->reader, frame);
        return r;
    }
    const struct fr_frame_id id = {.epoch = frame->epoch,
                                   .number = frame->number,
                                   .captured_mono_ns = frame_time(frame, now_ns),
                                   .width_px = frame->format.width_px,
                                   .height_px = frame->format.height_px};
    if (frame->missed)
        LOG_LIMITED(&a->missed_limit, now_ns,
                    "%" PRIu64 " frames missed before frame %" PRIu64
                    ": the analyzer does not keep up",
                    frame->missed, frame->number);
    if (!look(a, frame, now_ns))
        return 0;

    a->last_frame_mono_ns = now_ns;
    a->n_frames++;
    if (!a->has_signal) {
        a->has_signal = true;
        a->status_told_mono_ns = 0;
        fr_log(LOG_NOTICE, "signal is back");
        fr_detector_doubt(a->watch.detector);
    }
    r = fr_watch_decide(&a->watch, &id, &detection);
    if (r == 0)
        a->share = detection.share;
    return r;
}

static void tell_manager(struct fr_analysis *a, int64_t now_ns)
{
    if (a->watchdog_ns && now_ns - a->watchdog_fed_mono_ns >= a->watchdog_ns / 2) {
        a->watchdog_fed_mono_ns = now_ns;
        fr_notify_watchdog();
    }
    if (a->status_told_mono_ns && now_ns - a->status_told_mono_ns < STATUS_PERIOD_NS)
        return;
    a->status_told_mono_ns = now_ns;
    if (a->has_signal && a->epoch)
        fr_notify_status("%s: %" PRIu32 "x%" PRIu32 ", %" PRIu64 " frames, %" PRIu64
                         " motions, %.1f %% moves",
                         a->camera, a->format.width_px, a->format.height_px, a->n_frames,
                         a->n_motions, 100 * a->share);
    else
        fr_notify_status("%s: no signal", a->camera);
}

/* Until something other than a frame is to be done. */
static int64_t patience_ns(const struct fr_analysis *a, int64_t now_ns)
{
    int64_t wait_ns = STATUS_PERIOD_NS;

    if (a->watchdog_ns && a->watchdog_ns / 2 < wait_ns)
        wait_ns = a->watchdog_ns / 2;
    int64_t until_lost_ns = a->last_frame_mono_ns + a->signal_timeout_ns - now_ns;
    if (a->has_signal && until_lost_ns < wait_ns)
        wait_ns = until_lost_ns;
    return wait_ns > FR_NS_PER_MS ? wait_ns : FR_NS_PER_MS;
}

int fr_analysis_step(struct fr_analysis *a)
{
    struct fr_frame frame;
    int64_t now_ns = fr_now_mono_ns();
    int r = fr_reader_next(a->reader, patience_ns(a, now_ns), &frame);

    now_ns = fr_now_mono_ns();
    switch (r) {
    case 0:
        r = analyse(a, &frame);
        break;
    case -ECANCELED:
        break;
    case -ETIMEDOUT:
    case -EINTR:
        r = 0;
        break;
    case -ENOTCONN:
        /* At the start, capture is given its time to come up. */
        if (a->epoch)
            lose_signal(a, FR_EVENT_REASON_NO_WRITER, now_ns);
        r = 0;
        break;
    case -EBUSY:
    case -ENOMEM:
        LOG_LIMITED(&a->pins_limit, now_ns, "%s", fr_reader_reason(a->reader));
        r = 0;
        break;
    default:
        fr_log(LOG_ERR, "%s: %s", a->camera,
               *fr_reader_reason(a->reader) ? fr_reader_reason(a->reader) : strerror(-r));
        lose_signal(a, FR_EVENT_REASON_UNREADABLE, now_ns);
        r = 0;
    }
    if (a->has_signal && now_ns - a->last_frame_mono_ns >= a->signal_timeout_ns)
        lose_signal(a, a->epoch ? FR_EVENT_REASON_NO_FRAMES : FR_EVENT_REASON_NO_WRITER, now_ns);
    fr_event_output_watch(&a->output, now_ns);
    if (r == 0)
        tell_manager(a, now_ns);
    return r;
}
