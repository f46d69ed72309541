/* The rate at which a camera's frames come. It is worked out from the frames' numbers and times of
 * publication, so that neither a late wake-up of ours nor a frame that we miss spoils it. */
#include "monitor/measure.h"

#include "common/daemon/clock.h"
#include "monitor/stop.h"

#include <errno.h>

struct measure measure_rate(const char *camera, int64_t window_ns)
{
    struct measure m = {0};
    struct fr_reader *reader;
    struct fr_frame frame;
    uint64_t epoch = 0, first_number = 0;
    int64_t first_ns = 0, end_ns = fr_now_mono_ns() + window_ns;

    if (fr_reader_open(camera, FR_READ_PEEK, &reader) < 0)
        return m;
    stop_reader_on_signals(reader);
    while (!stop_was_asked()) {
        int64_t left_ns = end_ns - fr_now_mono_ns();
        int rc = left_ns > 0 ? fr_reader_next(reader, left_ns, &frame) : -ETIMEDOUT;
        if (rc == -EINTR)
            continue;
        if (rc < 0)
            break;
        /* The numbers are private copies: good even if the pixels are overwritten by now. */
        if (frame.epoch != epoch) {
            epoch = frame.epoch;
            first_number = frame.number;
            first_ns = frame.published_mono_ns;
            m = (struct measure){0};
        } else {
            m.intervals = frame.number - first_number;
            m.span_ns = frame.published_mono_ns - first_ns;
        }
        fr_reader_release(reader, &frame);
    }
    stop_reader_on_signals(NULL);
    fr_reader_close(reader);
    if (m.span_ns <= 0)
        m.intervals = 0;
    return m;
}
