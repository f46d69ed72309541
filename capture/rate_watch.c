#include "capture/rate_watch.h"

#include "common/daemon/clock.h"

#define MEASURE_NS (10 * FR_NS_PER_S)

void fr_rate_watch_start(struct fr_rate_watch *watch)
{
    watch->began_mono_ns = 0;
}

bool fr_rate_watch_tick(struct fr_rate_watch *watch, uint64_t frames, uint32_t num, uint32_t den,
                        int64_t now_mono_ns, double *ret_rate)
{
    if (!num || !den)
        return false;
    if (!watch->began_mono_ns || frames < watch->began_frames) {
        watch->began_mono_ns = now_mono_ns;
        watch->began_frames = frames;
        return false;
    }
    int64_t ns = now_mono_ns - watch->began_mono_ns;
    /* Ten frames at least: a camera of one in ten seconds is not late after nine. */
    if (ns < MEASURE_NS || (double)ns * num < 10.0 * (double)FR_NS_PER_S * den)
        return false;
    double rate = (double)(frames - watch->began_frames) * (double)FR_NS_PER_S / (double)ns;
    double agreed = (double)num / den;
    enum fr_rate_state state = rate < agreed * 0.8   ? FR_RATE_SLOW
                               : rate > agreed * 1.2 ? FR_RATE_FAST
                                                     : FR_RATE_KEPT;
    bool is_new = state != watch->state;
    watch->state = state;
    watch->began_mono_ns = now_mono_ns;
    watch->began_frames = frames;
    *ret_rate = rate;
    return is_new;
}
