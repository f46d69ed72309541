#include "capture/capture_state.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "capture/asked.h"
#include "capture/pacer.h"
#include "capture/source_find.h"
#include "common/daemon/notify.h"
#include "common/daemon/signals.h"

#define TICK_NS FR_NS_PER_S
/* Readers get so long to take the last frames of a recording: the ring goes with its writer. */
#define ENDING_NS (500 * FR_NS_PER_MS)
/* Something happened to the path: udev may still be at it, and much may happen at once. */
#define HINT_NS (100 * FR_NS_PER_MS)

/* A source whose picture changes more often than that waits as a lost one does. */
#define CHANGE_MIN_NS (500 * FR_NS_PER_MS)

enum { IDLE_STEPS_MAX = 100 }; /* "ready" without anything there, in a row, before it is a fault */

/* ---------------------------------------------------------------- small things */

void fr_capture_poll_add(struct capture_loop *l, int fd, uint32_t events, enum capture_about about)
{
    struct epoll_event event = {.events = events, .data.u32 = about};
    if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        fr_log(LOG_ERR, "epoll cannot watch a descriptor: %m");
        l->exit_code = FR_CAPTURE_EXIT_FAILURE;
        l->state = STATE_DONE;
    }
}

void fr_capture_fail(struct capture_loop *l, int exit_code)
{
    l->exit_code = exit_code;
    l->state = STATE_DONE;
}

/* From the path that does the work alone. */
static void feed_watchdog(struct capture_loop *l, int64_t now)
{
    if (l->watchdog_interval_ns == 0 || now - l->watchdog_mono_ns < l->watchdog_interval_ns / 2)
        return;
    l->watchdog_mono_ns = now;
    fr_notify_watchdog();
}

uint64_t fr_capture_all_drops(const struct fr_writer *writer)
{
    struct fr_writer_counts counts;
    uint64_t n = 0;
    fr_writer_counts(writer, &counts);
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        n += counts.dropped[i];
    return n;
}

/* ---------------------------------------------------------------- what happens */

static void renew_epoch(struct capture_loop *l, const char *why)
{
    fr_log(LOG_WARNING, "%s; beginning a new epoch", why);
    fr_capture_poll_remove_source(l);
    l->ops->stop(l->source);
    fr_capture_start(l, true);
}

static void step_source(struct capture_loop *l)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    int r = l->ops->step(l->source, l->writer, reason);
    int64_t now = fr_now_mono_ns();

    if (r > 0) {
        l->idle_steps = 0;
        l->is_restarted = false;
        l->progress_mono_ns = now;
        feed_watchdog(l, now);
    } else if (r == 0) {
        uint64_t drops = fr_capture_all_drops(l->writer);
        if (drops != l->told_drops) {
            l->told_drops = drops;
            l->idle_steps = 0;
            l->progress_mono_ns = now;
        } else if (++l->idle_steps >= IDLE_STEPS_MAX) {
            fr_capture_poll_remove_source(l);
            fr_capture_wait(l, -EIO, "it says over and over that a frame is ready, and has none");
        }
    } else if (r == -ENODATA) {
        struct fr_writer_counts counts;
        fr_writer_counts(l->writer, &counts);
        fr_log(LOG_INFO, "the recording is at its end: %llu frames",
               (unsigned long long)counts.frames);
        fr_capture_poll_remove_source(l);
        l->state = STATE_ENDING;
        fr_pace_timer_arm(l->phase_fd, now + ENDING_NS);
    } else if (r == -EIDRM) {
        renew_epoch(l, "the ring was removed under us");
    } else if (r == -EAGAIN) {
        fr_capture_follow_offer(l);
    } else if (r == -ESTALE && now - l->changed_mono_ns >= CHANGE_MIN_NS) {
        l->changed_mono_ns = now;
        fr_log(LOG_NOTICE, "%s; opening it anew", reason);
        fr_capture_poll_remove_source(l);
        fr_capture_leave_source(l);
        fr_capture_try(l);
    } else {
        fr_backoff_worked(&l->backoff, now - l->started_mono_ns);
        fr_capture_poll_remove_source(l);
        fr_capture_wait(l, r, *reason ? reason : strerror(-r));
    }
}

/* Something happened that may end the waiting: it is tried in a moment. */
static void try_soon(struct capture_loop *l)
{
    int64_t soon = fr_now_mono_ns() + HINT_NS;
    if (soon < l->retry_mono_ns) {
        l->retry_mono_ns = soon;
        fr_pace_timer_arm(l->phase_fd, soon);
    }
}

/* A source without a picture says that there may be one now. */
static void ask_waiting_source(struct capture_loop *l)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    if (l->ops->step(l->source, l->writer, reason) < 0) {
        fr_capture_poll_remove_source(l);
        try_soon(l);
    } else if (++l->idle_steps >= IDLE_STEPS_MAX) {
        fr_capture_poll_remove_source(l); /* it cries wolf: the back-off alone counts */
    }
}

/* No frame for too long: stopping and starting mends many cameras; opening anew is next. */
static void stalled(struct capture_loop *l, int64_t now)
{
    char reason[128];
    snprintf(reason, sizeof reason, "no frame for %.1f s",
             (double)(now - l->progress_mono_ns) / (double)FR_NS_PER_S);
    if (!l->is_restarted) {
        fr_capture_restart(l, reason);
        return;
    }
    fr_backoff_worked(&l->backoff, l->progress_mono_ns - l->started_mono_ns);
    fr_capture_poll_remove_source(l);
    fr_capture_wait(l, -ETIMEDOUT, reason);
}

/* The stall limit may be over because the source is silent, or because we did not run (SIGSTOP, a
 * machine that stood still), and then frames wait that it would be wrong to throw away. */
static void look_for_stall(struct capture_loop *l)
{
    uint32_t events = 0;
    struct pollfd source = {.fd = l->ops->poll_fd(l->source, &events)};
    source.events = (short)events; /* EPOLLIN, EPOLLPRI … have the values of POLLIN, POLLPRI … */
    if (fr_now_mono_ns() - l->progress_mono_ns >= l->stall_ns && poll(&source, 1, 0) > 0) {
        step_source(l);
        if (l->state != STATE_STREAMING)
            return;
    }
    int64_t now = fr_now_mono_ns();
    if (now - l->progress_mono_ns < l->stall_ns)
        fr_pace_timer_arm(l->phase_fd, l->progress_mono_ns + l->stall_ns);
    else
        stalled(l, now);
}

/* The state's own timer. */
static void phase_over(struct capture_loop *l)
{
    switch (l->state) {
    case STATE_WAITING:
        fr_capture_try(l);
        break;
    case STATE_STREAMING:
        look_for_stall(l);
        break;
    default: /* a recording has ended */
        fr_capture_fail(l, fr_notify_has_manager() ? FR_CAPTURE_EXIT_ENDED : FR_CAPTURE_EXIT_OK);
        break;
    }
}

/* A rate that is not kept is told once, and once when it is kept again. */
static void watch_rate(struct capture_loop *l, int64_t now)
{
    const struct fr_format *format = &l->offer.geometry.format;
    struct fr_writer_counts counts;
    double rate, agreed = (double)format->rate_num / (format->rate_den ? format->rate_den : 1);
    uint64_t times;
    fr_writer_counts(l->writer, &counts);
    if (l->request.is_fast ||
        !fr_rate_watch_tick(&l->rate_watch, counts.frames + fr_capture_all_drops(l->writer),
                            format->rate_num, format->rate_den, now, &rate) ||
        !fr_log_limit_due(&l->rate_limit, (int)l->rate_watch.state, now, 600 * FR_NS_PER_S, &times))
        return;
    if (l->rate_watch.state == FR_RATE_KEPT)
        fr_log(LOG_NOTICE, "the source gives %.5g frames/s again", agreed);
    else
        fr_log(LOG_WARNING, "the source gives %.1f frames/s, and not the %.5g that were agreed%s",
               rate, agreed,
               l->rate_watch.state == FR_RATE_SLOW
                   ? " (in little light many cameras expose for longer than a frame)"
                   : "");
}

static void watch_suspend(struct capture_loop *l, int64_t now)
{
    int64_t slept_ns = fr_suspend_slept_ns(&l->suspend_watch, now, fr_clock_ns(CLOCK_BOOTTIME));
    if (slept_ns > 0) {
        fr_rate_watch_start(&l->rate_watch);
        fr_log(LOG_NOTICE, "the machine slept for %.0f s: no frames were taken",
               (double)slept_ns / (double)FR_NS_PER_S);
    }
}

static void tick(struct capture_loop *l)
{
    char text[FR_REPORT_TEXT_MAX];
    struct fr_writer_counts counts;
    int64_t now = fr_now_mono_ns();

    fr_pace_timer_arm(l->tick_fd, now + TICK_NS);
    fr_writer_counts(l->writer, &counts);
    fr_capture_report_tick(&l->report, &counts, now);
    fr_capture_report_log(&l->report, &counts, now);
    if (l->source && l->ops->oddities) {
        const char *last = "";
        uint64_t n = l->ops->oddities(l->source, &last);
        fr_capture_report_oddities(&l->report, n, last, now);
    }
    watch_suspend(l, now);
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
        watch_rate(l, now);
        if (fr_writer_check(l->writer) == -EIDRM)
            renew_epoch(l, "the ring was removed under us");
    }
}

static void path_changed(struct capture_loop *l)
{
    if (fr_path_watch_take(&l->watch) && l->state == STATE_WAITING)
        try_soon(l);
}

static bool are_same(const struct fr_control_settings *a, const struct fr_control_settings *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (strcmp(a->items[i].name, b->items[i].name) != 0 ||
            strcmp(a->items[i].value, b->items[i].value) != 0)
            return false;
    return true;
}

/* Sets the controls that differ now, or remembers them until the source is there. */
static void take_controls(struct capture_loop *l, const struct fr_control_settings *fresh)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    struct fr_source_request request = l->request;
    request.controls = fresh->items;
    request.n_controls = fresh->n;
    if (l->state == STATE_STREAMING && l->ops->reconfigure) {
        int r = l->ops->reconfigure(l->source, &request, reason);
        if (r < 0) {
            fr_log(LOG_ERR, "%s; the old controls stay", *reason ? reason : strerror(-r));
            return;
        }
        l->good_controls = *fresh;
        l->has_good_controls = true;
    }
    l->controls = *fresh;
    l->request.n_controls = fresh->n;
    fr_log(LOG_INFO, "the controls are those of the file again");
    fr_capture_tell_notes(l, reason);
}

static void read_settings_again(struct capture_loop *l)
{
    struct fr_capture_settings fresh;
    char reason[FR_SETTINGS_REASON_MAX] = "", keys[256];
    if (!l->config->reload)
        return;
    if (l->config->reload(l->config->userdata, &fresh, reason, sizeof reason) < 0) {
        fr_log(LOG_ERR, "%s; the old settings stay", reason);
        return;
    }
    bool is_same = are_same(&l->controls, &fresh.controls);
    fr_settings_differences(&fr_capture_table, l->settings, &fresh, keys, sizeof keys);
    if (*keys)
        fr_log(LOG_NOTICE, "changed in the settings, and in force after a restart only: %s", keys);
    else if (is_same)
        fr_log(LOG_INFO, "the settings were read again; nothing has changed");
    if (is_same) /* but perhaps not in the same lines */
        memcpy(&l->controls, &fresh.controls, sizeof l->controls);
    else
        take_controls(l, &fresh.controls);
}

static void take_signals(struct capture_loop *l)
{
    for (int sig; (sig = fr_signals_read(l->signal_fd)) > 0;) {
        if (sig == SIGHUP) {
            read_settings_again(l);
            continue;
        }
        fr_log(LOG_INFO, "%s: stopping", sig == SIGINT ? "interrupted" : "told to stop");
        fr_notify_stopping();
        fr_capture_fail(l, FR_CAPTURE_EXIT_OK);
    }
}

static void dispatch(struct capture_loop *l, enum capture_about about)
{
    switch (about) {
    case ABOUT_SIGNAL:
        take_signals(l);
        break;
    case ABOUT_SOURCE:
        if (l->state == STATE_STREAMING)
            step_source(l);
        else if (l->state == STATE_WAITING && l->source)
            ask_waiting_source(l);
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

static int set_up(struct capture_loop *l)
{
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->phase_fd = fr_pace_timer_open();
    l->tick_fd = fr_pace_timer_open();
    if (l->epoll_fd < 0 || l->phase_fd < 0 || l->tick_fd < 0) {
        fr_log(LOG_ERR, "no descriptors for the event loop: %m");
        return -EMFILE;
    }
    fr_capture_poll_add(l, l->signal_fd, EPOLLIN, ABOUT_SIGNAL);
    fr_capture_poll_add(l, l->phase_fd, EPOLLIN, ABOUT_PHASE);
    fr_capture_poll_add(l, l->tick_fd, EPOLLIN, ABOUT_TICK);
    if (fr_path_watch_open(&l->watch) == 0)
        fr_capture_poll_add(l, l->watch.fd, EPOLLIN, ABOUT_PATH);
    else
        fr_log(LOG_NOTICE, "no inotify (%m): a source that appears is found at the next try");
    fr_pace_timer_arm(l->tick_fd, fr_now_mono_ns() + TICK_NS);
    return l->state == STATE_DONE ? -EMFILE : 0;
}

static void tear_down(struct capture_loop *l)
{
    fr_capture_leave_source(l);
    fr_writer_close(l->writer);
    fr_path_watch_close(&l->watch);
    const int fds[] = {l->epoll_fd, l->phase_fd, l->tick_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static int take_lock(struct capture_loop *l)
{
    char reason[512] = "";
    int r = fr_writer_open(l->settings->camera, *l->settings->group ? l->settings->group : NULL,
                           &l->writer, reason, sizeof reason);
    if (r == 0)
        return 0;
    l->writer = NULL;
    fr_log(LOG_ERR, "%s", *reason ? reason : strerror(-r));
    fr_capture_fail(l, r == -EINVAL ? FR_CAPTURE_EXIT_SETTINGS : FR_CAPTURE_EXIT_FAILURE);
    return r;
}

static void run(struct capture_loop *l)
{
    watch_suspend(l, fr_now_mono_ns()); /* from now on */
    fr_capture_try(l);
    while (l->state != STATE_DONE) {
        struct epoll_event events[N_ABOUT];
        int n = epoll_wait(l->epoll_fd, events, N_ABOUT, -1);
        if (n < 0 && errno != EINTR) {
            fr_log(LOG_ERR, "epoll_wait: %m");
            fr_capture_fail(l, FR_CAPTURE_EXIT_FAILURE);
        }
        for (int i = 0; i < n && l->state != STATE_DONE; i++)
            dispatch(l, (enum capture_about)events[i].data.u32);
    }
}

int fr_capture_run(const struct fr_capture_config *config, int signal_fd)
{
    const struct fr_capture_settings *settings = config->settings;
    char reason[FR_SOURCE_REASON_MAX] = "";
    struct capture_loop l = {
        .config = config,
        .settings = settings,
        .controls = settings->controls,
        .request = fr_asked_of_source(settings),
        .signal_fd = signal_fd,
        .exit_code = FR_CAPTURE_EXIT_FAILURE,
        .epoll_fd = -1,
        .phase_fd = -1,
        .tick_fd = -1,
        .watch = {.fd = -1, .wd = -1},
        .watchdog_interval_ns = fr_notify_watchdog_interval_ns(),
    };
    l.request.controls = l.controls.items;
    l.request.n_controls = l.controls.n;
    l.request.controls_file = config->path;
    if (fr_source_find(settings->source, &l.ops, &l.request.spec, reason) < 0) {
        fr_log(LOG_ERR, "%s", reason);
        return FR_CAPTURE_EXIT_SETTINGS;
    }
    if (l.controls.n && !l.ops->reconfigure)
        fr_log(LOG_WARNING, "%s:%d: [controls] are those of a camera; %s: has none", config->path,
               l.controls.items[0].line, l.ops->scheme);
    if (geteuid() == 0)
        fr_log(LOG_WARNING, "running as root; a user of its own in the groups video and framering "
                            "is enough, see framering-capture@.service");
    if (take_lock(&l) == 0 && set_up(&l) == 0)
        run(&l);
    fr_notify_stopping();
    tear_down(&l);
    return l.exit_code;
}
