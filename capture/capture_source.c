/* The life of the source and of the epoch: opening, waiting, beginning, starting, leaving. */
#include "capture/capture_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "capture/asked.h"
#include "capture/frame_time.h"
#include "capture/pacer.h"
#include "common/daemon/notify.h"

#define STILL_WAITING_NS (600 * FR_NS_PER_S)

enum {
    OFFERS_MAX = 4,        /* ways of copying that a source may try one after another */
    WRONG_IN_WAITING = 3,  /* "makes no sense" in a row, when the source came only just now */
    STALL_PERIODS_MIN = 4, /* frame periods without a frame are no stall, however long they are */
};

static void say_ready(struct capture_loop *l)
{
    if (!l->is_ready)
        fr_notify_ready();
    l->is_ready = true;
}

/* Nothing writes any more: what was queued goes back to the writer's hand. */
static void take_back_slots(struct capture_loop *l)
{
    for (uint32_t i = 0; l->has_epoch && i < FR_SLOTS_MAX; i++)
        fr_writer_discard(l->writer, i, FR_DROP_REASONS);
}

void fr_capture_leave_source(struct capture_loop *l)
{
    if (!l->source)
        return;
    l->ops->stop(l->source);
    l->ops->free(l->source);
    l->source = NULL;
    take_back_slots(l);
}

void fr_capture_tell_notes(struct capture_loop *l, const char *notes)
{
    if (strcmp(notes, l->told_notes) == 0)
        return;
    snprintf(l->told_notes, sizeof l->told_notes, "%s", notes);
    for (const char *line = notes; *line;) {
        int length = (int)strcspn(line, "\n");
        if (length)
            fr_log(LOG_NOTICE, "%.*s", length, line);
        line += length + (line[length] == '\n');
    }
}

void fr_capture_poll_remove_source(struct capture_loop *l)
{
    uint32_t events = 0;
    int fd = l->source ? l->ops->poll_fd(l->source, &events) : -1;
    if (fd >= 0)
        epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void fr_capture_wait(struct capture_loop *l, int error, const char *reason)
{
    int64_t now = fr_now_mono_ns(), wait_ns = fr_backoff_next_ns(&l->backoff);
    uint64_t count = 0;
    bool is_lost = l->state == STATE_STREAMING;

    fr_capture_leave_source(l);
    l->state = STATE_WAITING;
    l->retry_mono_ns = now + wait_ns;
    fr_pace_timer_arm(l->phase_fd, l->retry_mono_ns);
    /* By its link if there is one: that comes back, and the number may not. */
    fr_path_watch_set(&l->watch, *l->links.path[0] ? l->links.path[0] : l->request.spec);
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

static bool begin_epoch(struct capture_loop *l)
{
    const struct fr_epoch_options options = fr_asked_of_ring(l->settings, &l->offer);
    int r = fr_writer_begin(l->writer, &options);
    l->has_epoch = r == 0;
    l->epoch = options;
    if (r == 0 && *fr_writer_reason(l->writer))
        fr_log(LOG_WARNING, "%s", fr_writer_reason(l->writer));
    if (r == 0)
        return true;
    fr_log(LOG_ERR, "no ring: %s", fr_writer_reason(l->writer));
    fr_capture_fail(l, r == -EINVAL || r == -ENOTSUP ? FR_CAPTURE_EXIT_SETTINGS
                                                     : FR_CAPTURE_EXIT_FAILURE);
    return false;
}

static bool epoch_fits(const struct capture_loop *l)
{
    return l->has_epoch && fr_writer_check(l->writer) == 0 && l->epoch.hand == l->offer.hand &&
           l->epoch.copy_path == l->offer.copy_path &&
           memcmp(&l->epoch.geometry, &l->offer.geometry, sizeof l->offer.geometry) == 0;
}

static void set_limits(struct capture_loop *l, int64_t now)
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
    l->told_drops = fr_capture_all_drops(l->writer);
    l->idle_steps = 0;
    fr_rate_watch_start(&l->rate_watch);
    fr_pace_timer_arm(l->phase_fd, now + l->stall_ns);
}

static void tell_streaming(const struct capture_loop *l, bool is_new_epoch)
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

void fr_capture_start(struct capture_loop *l, bool must_begin)
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
        fr_capture_wait(l, r, reason);
        return;
    }
    l->request.decoded_fourcc = l->offer.decoded_fourcc;
    uint32_t events = 0;
    int fd = l->ops->poll_fd(l->source, &events);
    l->state = STATE_STREAMING;
    fr_capture_poll_add(l, fd, events, ABOUT_SOURCE);
    set_limits(l, fr_now_mono_ns());
    tell_streaming(l, is_new);
    fr_capture_tell_notes(l, l->offer.notes);
    fr_notify_status("streaming from %s", l->offer.label);
}

void fr_capture_restart(struct capture_loop *l, const char *why)
{
    fr_log(LOG_WARNING, "%s; stopping and starting the stream", why);
    fr_capture_poll_remove_source(l);
    l->ops->stop(l->source);
    take_back_slots(l);
    fr_capture_start(l, false);
    l->is_restarted = true;
}

void fr_capture_follow_offer(struct capture_loop *l)
{
    fr_capture_poll_remove_source(l);
    l->ops->stop(l->source);
    take_back_slots(l);
    fr_capture_start(l, false); /* in which start() tells, and the epoch begins */
}

/* The source is open: what it said that is worth keeping. */
static void keep_offer(struct capture_loop *l)
{
    if (!l->request.links && *l->offer.links.path[0]) {
        l->links = l->offer.links;
        l->request.links = &l->links;
    }
    l->good_controls = l->controls;
    l->has_good_controls = true;
    l->is_restarted = false;
    l->wrong_in_row = 0;
}

/* There, but without a picture: it is kept, for it tells when there is one. */
static void wait_with_source(struct capture_loop *l, const char *reason)
{
    struct fr_source *source = l->source;
    uint32_t events = 0;
    l->source = NULL;
    fr_capture_wait(l, -ENOLINK, reason);
    l->source = source;
    l->idle_steps = 0;
    int fd = l->ops->poll_fd(source, &events);
    if (fd >= 0)
        fr_capture_poll_add(l, fd, events, ABOUT_SOURCE);
}

/* Wrong settings stay wrong. But a file that appears may not be whole yet, and what was right once
 * may be so again. */
static bool is_hopeless(struct capture_loop *l, int r)
{
    if (r != -EINVAL && r != -EBADR) {
        l->wrong_in_row = 0;
        return false;
    }
    return !l->has_epoch && (!l->is_ready || ++l->wrong_in_row >= WRONG_IN_WAITING);
}

void fr_capture_try(struct capture_loop *l)
{
    char reason[FR_SOURCE_REASON_MAX] = "";
    fr_capture_poll_remove_source(l);
    fr_capture_leave_source(l); /* one that waited for a picture */
    int r = l->ops->open(&l->request, &l->source, &l->offer, reason);
    if (r == -EBADR && l->has_good_controls &&
        memcmp(&l->controls, &l->good_controls, sizeof l->controls) != 0) {
        fr_log(LOG_ERR, "%s; the old controls stay", reason);
        l->controls = l->good_controls;
        l->request.n_controls = l->controls.n;
        r = l->ops->open(&l->request, &l->source, &l->offer, reason);
    }
    if (r == 0) {
        fr_path_watch_clear(&l->watch);
        keep_offer(l);
        fr_capture_start(l, false);
        return;
    }
    if (r == -ENOLINK && l->source) {
        wait_with_source(l, reason);
        return;
    }
    l->source = NULL;
    if (is_hopeless(l, r)) {
        fr_log(LOG_ERR, "%s", reason);
        fr_capture_fail(l, r == -EBADR ? FR_CAPTURE_EXIT_FILE : FR_CAPTURE_EXIT_SETTINGS);
        return;
    }
    fr_capture_wait(l, r, reason);
}
