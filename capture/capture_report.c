#include "capture/capture_report.h"

#include <stdio.h>

#include "common/daemon/clock.h"

#define PERIOD_NS (60 * FR_NS_PER_S)

void fr_capture_report_tick(struct fr_capture_report *report, const struct fr_writer_counts *counts,
                            int64_t now_mono_ns)
{
    unsigned i = report->n_ticks++ % FR_REPORT_TICKS;
    report->tick[i].mono_ns = now_mono_ns;
    report->tick[i].frames = counts->frames;
}

double fr_capture_report_rate(const struct fr_capture_report *report)
{
    if (report->n_ticks < 2)
        return 0;
    unsigned newest = (report->n_ticks - 1) % FR_REPORT_TICKS;
    unsigned oldest = report->n_ticks > FR_REPORT_TICKS ? report->n_ticks % FR_REPORT_TICKS : 0;
    int64_t ns = report->tick[newest].mono_ns - report->tick[oldest].mono_ns;
    uint64_t frames = report->tick[newest].frames - report->tick[oldest].frames;
    return ns > 0 ? (double)frames * (double)FR_NS_PER_S / (double)ns : 0;
}

char *fr_capture_report_text(const struct fr_capture_report *report,
                             const struct fr_writer_counts *counts, char *buf, size_t size)
{
    uint64_t dropped = 0;
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        dropped += counts->dropped[i];
    size_t at = 0;
    int n = snprintf(buf, size, "%.1f frames/s, %llu frames, %llu dropped",
                     fr_capture_report_rate(report), (unsigned long long)counts->frames,
                     (unsigned long long)dropped);
    const char *before = " (";
    for (unsigned i = 0; i < FR_DROP_REASONS && n >= 0; i++) {
        at += (size_t)n;
        if (at >= size)
            return buf;
        n = 0;
        if (counts->dropped[i]) {
            n = snprintf(buf + at, size - at, "%s%llu %s", before,
                         (unsigned long long)counts->dropped[i], fr_drop_reason_name(i));
            before = ", ";
        }
    }
    at += n > 0 ? (size_t)n : 0;
    if (dropped && at < size)
        snprintf(buf + at, size - at, ")");
    return buf;
}

/* How many are new, when it is time to say so; 0 when there is nothing to say. */
static unsigned long long news(struct fr_log_limit *limit, uint64_t count, uint64_t *told,
                               int64_t now_mono_ns)
{
    uint64_t calls = 0;
    if (count <= *told || !fr_log_limit_due(limit, 0, now_mono_ns, PERIOD_NS, &calls))
        return 0;
    uint64_t n = count - *told;
    *told = count;
    return n;
}

void fr_capture_report_log(struct fr_capture_report *report, const struct fr_writer_counts *counts,
                           int64_t now_mono_ns)
{
    unsigned long long n;
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        if ((n = news(&report->drop_limit[i], counts->dropped[i], &report->told.dropped[i],
                      now_mono_ns)))
            fr_log(LOG_WARNING, "%llu frame%s dropped: %s", n, n == 1 ? "" : "s",
                   fr_drop_reason_name(i));
    if ((n = news(&report->withheld_limit, counts->withheld, &report->told.withheld, now_mono_ns)))
        fr_log(LOG_WARNING,
               "%llu frames withheld: readers hold every other slot, so that these cannot be "
               "pinned; `framering info` shows who, --slots gives more",
               n);
    if ((n = news(&report->mended_limit, counts->mended, &report->told.mended, now_mono_ns)))
        fr_log(LOG_WARNING,
               "%llu slots taken back: somebody of the group had changed their pins' semaphores, "
               "or held "
               "every slot for longer than pin_patience",
               n);
}

void fr_capture_report_oddities(struct fr_capture_report *report, uint64_t count, const char *last,
                                int64_t now_mono_ns)
{
    if (count < report->told_odd) /* the source was opened anew */
        report->told_odd = 0;
    unsigned long long n = news(&report->odd_limit, count, &report->told_odd, now_mono_ns);
    if (n)
        fr_log(LOG_NOTICE, "%llu frame%s taken although something was odd; the last time: %s", n,
               n == 1 ? "" : "s", last);
}
