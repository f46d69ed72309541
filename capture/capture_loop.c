#include "capture/capture_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "capture/backoff.h"
#include "capture/capture_report.h"
#include "capture/frame_time.h"
#include "capture/pacer.h"
#include "capture/path_watch.h"
#include "capture/source_find.h"
#include "common/daemon/log.h"
#include "common/daemon/notify.h"
#include "common/daemon/signals.h"

#define TICK_NS FR_NS_PER_S
/* Readers get so long to take the last frames of a recording: the ring goes with its writer. */
#define ENDING_NS (500 * FR_NS_PER_MS)
/* Something happened to the path: udev may still be at it, and much may happen at once. */
#define HINT_NS          (100 * FR_NS_PER_MS)
#define STILL_WAITING_NS (600 * FR_NS_PER_S)

enum {
    OFFERS_MAX = 4,        /* ways of copying that a source may try one after another */
    IDLE_STEPS_MAX = 100,  /* "ready" without anything there, in a row, before it is a fault */
    WRONG_IN_WAITING = 3,  /* "makes no sense" in a row, when the source came only just now */
    STALL_PERIODS_MIN = 4, /* frame periods without a frame are no stall, however long they are */
};

enum state { STATE_WAITING, STATE_STREAMING, STATE_ENDING, STATE_DONE };

/* What an epoll event is about. */
enum about {
    ABOUT_SOURCE,
    ABOUT_SIGNAL,
    ABOUT_PHASE, /* the next try, the stall limit or the end, as the state has it */
    ABOUT_TICK,
    ABOUT_PATH,
    N_ABOUT
};

struct loop {
    /* What was asked. */
    const struct fr_capture_settings *settings;
    const struct fr_source_ops *ops;
    struct fr_source_request request;
    int signal_fd;

    /* What is. */
    enum state state;
    int exit_code;
    struct fr_writer *writer;
    bool has_epoch;
    struct fr_epoch_options epoch;
    struct fr_source *source;
    struct fr_source_offer offer;
    int epoll_fd, phase_fd, tick_fd;
    struct fr_path_watch watch;
    struct fr_backoff backoff;
    struct fr_log_limit wait_limit;
    struct fr_capture_report report;
    unsigned wrong_in_row, idle_steps;
    uint64_t told_drops; /* all drops, when progress was last looked for */
    int64_t started_mono_ns, progress_mono_ns, retry_mono_ns;
    int64_t watchdog_mono_ns, watchdog_interval_ns, stall_ns;
    bool is_ready;
};

/* ---------------------------------------------------------------- small things */

static void poll_add(struct loop *l, int fd, uint32_t events, enum about about)
{
    struct epoll_event event = {.events = events, .data.u32 = about};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        fr_log(LOG_ERR, "epoll cannot watch a descriptor: %m");
        l->exit_code = FR_CAPTURE_EXIT_FAILURE;
        l->state = STATE_DONE;
    }
}

static void fail(struct loop *l, int exit_code)
{
    l->exit_code = exit_code;
    l->state = STATE_DONE;
}

/* From the path that does the work alone. */
static void feed_watchdog(struct loop *l, int64_t now)
{
    if (l->watchdog_interval_ns == 0 || now - l->watchdog_mono_ns < l->watchdog_interval_ns / 2)
        return;
    l->watchdog_mono_ns = now;
    fr_notify_watchdog();
}

static void say_ready(struct loop *l)
{
    if (!l->is_ready)
        fr_notify_ready();
    l->is_ready = true;
}

static uint64_t all_drops(const struct fr_writer *writer)
{
    struct fr_writer_counts counts;
    uint64_t n = 0;
    fr_writer_counts(writer, &counts);
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        n += counts.dropped[i];
    return n;
}

/* ---------------------------------------------------------------- leaving a source */

static void leave_source(struct loop *l)
{
    if (!l->source)
        return;
    l->ops->stop(l->source);
    l->ops->free(l->source);
    l->source = NULL;
    /* Nothing writes any more: what was queued goes back to the writer's hand. */
    for (uint32_t i = 0; l->has_epoch && i < FR_SLOTS_MAX; i++)
        fr_writer_discard(l->writer, i, FR_DROP_REASONS);
}

static void stop_polling(struct loop *l)
{
    uint32_t events = 0;
    int fd = l->source ? l->ops->poll_fd(l->source, &events) : -1;
    if (fd >= 0)
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* The source is not to be had: says so once, and tries again later. */
static void wait_for_source(struct loop *l, int error, const char *reason)
{
    int64_t now = fr_now_mono_ns(), wait_ns = fr_backoff_next_ns(&l->backoff);
    uint64_t count = 0;
    bool is_lost = l->state == STATE_STREAMING;

    leave_source(l);
    l->state = STATE_WAITING;
    l->retry_mono_ns = now + wait_ns;
    fr_pace_timer_arm(l->phase_fd, l->retry_mono_ns);
    fr_path_watch_set(&l->watch, l->request.spec);
    if (is_lost)
        l->wait_limit = (struct fr_log_limit){0};
    if (fr_log_limit_due(&l->wait_limit, error, now, STILL_WAITING_NS, &count)) {
        if (is_lost)
            fr_log(LOG_WARNING, "source lost: %s; the ring stays, trying again", reason);
        else if (count > 1)
            fr_log(LOG_NOTICE, "still waiting after %llu more tries: %s", (unsigned long long)count,
                   reason);
        else
            fr_log(LOG_NOTICE, "waiting for the source: %s", reason);
    }
    fr_notify_status("waiting for %s: %s", l->settings->source, reason);
    say_ready(l);
}

/* ---------------------------------------------------------------- opening and starting */

static bool begin_epoch(struct loop *l)
{
    const struct fr_epoch_options options = {
        .geometry = l->offer.geometry,
        .slots = (uint32_t)l->settings->slots,
        .hand = l->offer.hand,
        .copy_path = l->offer.copy_path,
        .no_pins = !l->settings->pins,
    };
    int r = fr_writer_begin(l->writer, &options);
    l->has_epoch = r == 0;
    l->epoch = options;
    if (r == 0)
        return true;
    fr_log(LOG_ERR, "no ring: %s", fr_writer_reason(l->writer));
    fail(l, r == -EINVAL || r == -ENOTSUP ? FR_CAPTURE_EXIT_SETTINGS : FR_CAPTURE_EXIT_FAILURE);
    return false;
}

static bool epoch_fits(const struct loop *l)
{
    return l->has_epoch && fr_writer_check(l->writer) == 0 && l->epoch.hand == l->offer.hand &&
           l->epoch.copy_path == l->offer.copy_path &&
           memcmp(&l->epoch.geometry, &l->offer.geometry, sizeof l->offer.geometry) == 0;
}

static void set_limits(struct loop *l, int64_t now)
{
    const struct fr_format *format = &l->offer.geometry.format;
    l->stall_ns = (int64_t)(l->settings->stall_timeout_s * (double)FR_NS_PER_S);
    if (format->rate_num && format->rate_den) {
        int64_t period_ns = fr_frame_time_ns(1, format->rate_num, format->rate_den);
        if (l->stall_ns < STALL_PERIODS_MIN * period_ns)
            l->stall_ns = STALL_PERIODS_MIN * period_ns;
        if (l->watchdog_interval_ns && l->watchdog_interval_ns < period_ns)
            fr_log(LOG_WARNING,
                   "a frame every %.1f s cannot feed a watchdog that wants to hear from us every "
                   "%.1f s: WatchdogSec must be at least four times as long as a frame",
                   (double)period_ns / FR_NS_PER_S, (double)l->watchdog_interval_ns / FR_NS_PER_S);
    }
    l->started_mono_ns = l->progress_mono_ns = now;
    l->told_drops = all_drops(l->writer);
    l->idle_steps = 0;
    fr_pace_timer_arm(l->phase_fd, now + l->stall_ns);
}

static void tell_streaming(const struct loop *l, bool is_new_epoch)
{
    const struct fr_format *format = &l->offer.geometry.format;
    struct fr_writer_counts counts;
    char name[5], rate[32] = "a rate that is not known";
    fr_writer_counts(l->writer, &counts);
    if (format->rate_num && format->rate_den)
        snprintf(rate, sizeof rate, "%.5g frames/s", (double)format->rate_num / format->rate_den);
    fr_log(LOG_INFO, "streaming %ux%u %s at %s from %s, %s; %s epoch %llu", format->width_px,
           format->height_px, fr_fourcc_name(format->fourcc, name), rate, l->offer.label,
           fr_copy_path_name(l->offer.copy_path), is_new_epoch ? "new" : "same",
           (unsigned long long)counts.epoch);
}

/* The source is open: begins an epoch unless the one under way fits, and starts. */
static void start_source(struct loop *l, bool must_begin)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    bool is_new = must_begin || !epoch_fits(l);
    int r = -EAGAIN;

    for (unsigned i = 0; i < OFFERS_MAX && r == -EAGAIN; i++) {
        if (is_new && !begin_epoch(l))
            return;
        say_ready(l);
        r = l->ops->start(l->source, l->writer, &l->offer, reason);
        if (r == -EAGAIN) {
            fr_log(LOG_NOTICE, "%s; going on with %s", reason,
                   fr_copy_path_name(l->offer.copy_path));
            is_new = true;
        }
    }
    if (r < 0) {
        wait_for_source(l, r, reason);
        return;
    }
    uint32_t events = 0;
    int fd = l->ops->poll_fd(l->source, &events);
    l->state = STATE_STREAMING;
    poll_add(l, fd, events, ABOUT_SOURCE);
    set_limits(l, fr_now_mono_ns());
    tell_streaming(l, is_new);
    fr_notify_status("streaming from %s", l->offer.label);
}

static void try_source(struct loop *l)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    int r = l->ops->open(&l->request, &l->source, &l->offer, reason);
    if (r == 0) {
        fr_path_watch_clear(&l->watch);
        l->wrong_in_row = 0;
        start_source(l, false);
        return;
    }
    l->source = NULL;
    /* Wrong settings stay wrong. But a file that appears may not be whole yet, and what was right
     * once may be so again. */
    if (r == -EINVAL && !l->has_epoch && (!l->is_ready || ++l->wrong_in_row >= WRONG_IN_WAITING)) {
        fr_log(LOG_ERR, "%s", reason);
        fail(l, FR_CAPTURE_EXIT_SETTINGS);
        return;
    }
    if (r != -EINVAL)
        l->wrong_in_row = 0;
    wait_for_source(l, r, reason);
}

/* ---------------------------------------------------------------- what happens */

static void renew_epoch(struct loop *l, const char *why)
{
    fr_log(LOG_WARNING, "%s; beginning a new epoch", why);
    stop_polling(l);
    l->ops->stop(l->source);
    start_source(l, true);
}

static void step_source(struct loop *l)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    int r = l->ops->step(l->source, l->writer, reason);
    int64_t now = fr_now_mono_ns();

    if (r > 0) {
        l->idle_steps = 0;
        l->progress_mono_ns = now;
        feed_watchdog(l, now);
    } else if (r == 0) {
        uint64_t drops = all_drops(l->writer);
        if (drops != l->told_drops) {
            l->told_drops = drops;
            l->idle_steps = 0;
            l->progress_mono_ns = now;
        } else if (++l->idle_steps >= IDLE_STEPS_MAX) {
            stop_polling(l);
            wait_for_source(l, -EIO, "it says over and over that a frame is ready, and has none");
        }
    } else if (r == -ENODATA) {
        struct fr_writer_counts counts;
        fr_writer_counts(l->writer, &counts);
        fr_log(LOG_INFO, "the recording is at its end: %llu frames",
               (unsigned long long)counts.frames);
        stop_polling(l);
        l->state = STATE_ENDING;
        fr_pace_timer_arm(l->phase_fd, now + ENDING_NS);
    } else if (r == -EIDRM) {
        renew_epoch(l, "the ring was removed under us");
    } else {
        fr_backoff_worked(&l->backoff, now - l->started_mono_ns);
        stop_polling(l);
        wait_for_source(l, r, *reason ? reason : strerror(-r));
    }
}

/* The state's own timer. */
static void phase_over(struct loop *l)
{
    int64_t now = fr_now_mono_ns();
    switch (l->state) {
    case STATE_WAITING:
        try_source(l);
        break;
    case STATE_STREAMING:
        if (now - l->progress_mono_ns < l->stall_ns) {
            fr_pace_timer_arm(l->phase_fd, l->progress_mono_ns + l->stall_ns);
        } else {
            char reason[128];
            snprintf(reason, sizeof reason, "no frame for %.1f s",
                     (double)(now - l->progress_mono_ns) / (double)FR_NS_PER_S);
            fr_backoff_worked(&l->backoff, l->progress_mono_ns - l->started_mono_ns);
            stop_polling(l);
            wait_for_source(l, -ETIMEDOUT, reason);
        }
        break;
    default:
        fail(l, FR_CAPTURE_EXIT_OK);
        break;
    }
}

static void tick(struct loop *l)
{
    char text[FR_REPORT_TEXT_MAX];
    struct fr_writer_counts counts;
    int64_t now = fr_now_mono_ns();

    fr_pace_timer_arm(l->tick_fd, now + TICK_NS);
    fr_writer_counts(l->writer, &counts);
    fr_capture_report_tick(&l->report, &counts, now);
    fr_capture_report_log(&l->report, &counts, now);
    if (l->state == STATE_WAITING) {
        feed_watchdog(l, now); /* absent, and looked after */
        if (l->has_epoch && fr_writer_check(l->writer) == -EIDRM) {
            fr_log(LOG_WARNING, "the ring was removed while the source is away");
            fr_writer_end(l->writer);
            l->has_epoch = false;
        }
    } else if (l->state == STATE_STREAMING) {
        fr_notify_status("%s from %s",
                         fr_capture_report_text(&l->report, &counts, text, sizeof text),
                         l->offer.label);
        if (fr_writer_check(l->writer) == -EIDRM)
            renew_epoch(l, "the ring was removed under us");
    }
}

static void path_changed(struct loop *l)
{
    if (!fr_path_watch_take(&l->watch) || l->state != STATE_WAITING)
        return;
    int64_t soon = fr_now_mono_ns() + HINT_NS;
    if (soon < l->retry_mono_ns) {
        l->retry_mono_ns = soon;
        fr_pace_timer_arm(l->phase_fd, soon);
    }
}

static void take_signals(struct loop *l)
{
    for (int sig; (sig = fr_signals_read(l->signal_fd)) > 0;) {
        if (sig == SIGHUP)
            continue; /* settings are read at start; a terminal that goes away is no reason */
        fr_log(LOG_INFO, "%s: stopping", sig == SIGINT ? "interrupted" : "told to stop");
        fr_notify_stopping();
        fail(l, FR_CAPTURE_EXIT_OK);
    }
}

static void dispatch(struct loop *l, enum about about)
{
    switch (about) {
    case ABOUT_SIGNAL:
        take_signals(l);
        break;
    case ABOUT_SOURCE:
        if (l->state == STATE_STREAMING)
            step_source(l);
        break;
    case ABOUT_PHASE:
        if (fr_pace_timer_take(l->phase_fd))
            phase_over(l);
        break;
    case ABOUT_TICK:
        if (fr_pace_timer_take(l->tick_fd))
            tick(l);
        break;
    case ABOUT_PATH:
        path_changed(l);
        break;
    default:
        break;
    }
}

/* ---------------------------------------------------------------- the whole */

static int set_up(struct loop *l)
{
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->phase_fd = fr_pace_timer_open();
    l->tick_fd = fr_pace_timer_open();
    if (l->epoll_fd < 0 || l->phase_fd < 0 || l->tick_fd < 0) {
        fr_log(LOG_ERR, "no descriptors for the event loop: %m");
        return -EMFILE;
    }
    poll_add(l, l->signal_fd, EPOLLIN, ABOUT_SIGNAL);
    poll_add(l, l->phase_fd, EPOLLIN, ABOUT_PHASE);
    poll_add(l, l->tick_fd, EPOLLIN, ABOUT_TICK);
    if (fr_path_watch_open(&l->watch) == 0)
        poll_add(l, l->watch.fd, EPOLLIN, ABOUT_PATH);
    else
        fr_log(LOG_NOTICE, "no inotify (%m): a source that appears is found at the next try");
    fr_pace_timer_arm(l->tick_fd, fr_now_mono_ns() + TICK_NS);
    return l->state == STATE_DONE ? -EMFILE : 0;
}

static void tear_down(struct loop *l)
{
    leave_source(l);
    fr_writer_close(l->writer);
    fr_path_watch_close(&l->watch);
    const int fds[] = {l->epoll_fd, l->phase_fd, l->tick_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static int take_lock(struct loop *l)
{
    char reason[512] = "";
    int r = fr_writer_open(l->settings->camera, *l->settings->group ? l->settings->group : NULL,
                           &l->writer, reason, sizeof reason);
    if (r == 0)
        return 0;
    l->writer = NULL;
    fr_log(LOG_ERR, "%s", *reason ? reason : strerror(-r));
    fail(l, r == -EINVAL ? FR_CAPTURE_EXIT_SETTINGS : FR_CAPTURE_EXIT_FAILURE);
    return r;
}

static void run(struct loop *l)
{
    try_source(l);
    while (l->state != STATE_DONE) {
        struct epoll_event events[N_ABOUT];
        int n = epoll_wait(l->epoll_fd, events, N_ABOUT, -1);
        if (n < 0 && errno != EINTR) {
            fr_log(LOG_ERR, "epoll_wait: %m");
            fail(l, FR_CAPTURE_EXIT_FAILURE);
        }
        for (int i = 0; i < n && l->state != STATE_DONE; i++)
            dispatch(l, (enum about)events[i].data.u32);
    }
}

int fr_capture_run(const struct fr_capture_settings *settings, int signal_fd)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    struct loop l = {
        .settings = settings,
        .request = {.width_px = settings->size.width_px,
                    .height_px = settings->size.height_px,
                    .rate_num = settings->fps.num,
                    .rate_den = settings->fps.num ? settings->fps.den : 0,
                    .fourcc = settings->format,
                    .slots = (uint32_t)settings->slots,
                    .no_zero_copy = !settings->zero_copy,
                    .is_fast = settings->pace == FR_PACE_FAST,
                    .is_looping = settings->loop},
        .signal_fd = signal_fd,
        .exit_code = FR_CAPTURE_EXIT_FAILURE,
        .epoll_fd = -1,
        .phase_fd = -1,
        .tick_fd = -1,
        .watch = {.fd = -1, .wd = -1},
        .watchdog_interval_ns = fr_notify_watchdog_interval_ns(),
    };
    if (fr_source_find(settings->source, &l.ops, &l.request.spec, reason) < 0) {
        fr_log(LOG_ERR, "%s", reason);
        return FR_CAPTURE_EXIT_SETTINGS;
    }
    if (geteuid() == 0)
        fr_log(LOG_WARNING, "running as root; a user of its own in the groups video and framering "
                            "is enough, see framering-capture@.service");
    if (take_lock(&l) == 0 && set_up(&l) == 0)
        run(&l);
    fr_notify_stopping();
    tear_down(&l);
    return l.exit_code;
}
