#include "analyzer/event_output.h"
#include "common/daemon/clock.h"

#include <inttypes.h>
#include <string.h>
#include <sys/random.h>

#define LOG_PERIOD_NS (60 * FR_NS_PER_S)
#define PATIENCE_NS   (500 * FR_NS_PER_MS)

static char *tell_missing(uint64_t n_dropped, void *userdata, size_t *ret_length)
{
    /* On the output's thread: of the teller, only what never changes. */
    const struct fr_event_output *output = userdata;
    struct fr_event_teller teller = {
        .camera = output->teller.camera,
        .analyzer = output->teller.analyzer,
        .wall_minus_mono_ns = fr_now_wall_ns() - fr_now_mono_ns(),
    };
    return fr_event_json_dropped(&teller, n_dropped, fr_now_mono_ns(), ret_length);
}

static uint64_t random_number(void)
{
    uint64_t number;
    /* Not in a kernel since 3.17 for 8 bytes; and then the two clocks are as good as it gets. */
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        number =
            (uint64_t)fr_now_wall_ns() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)fr_now_mono_ns();
    return number;
}

int fr_event_output_init(struct fr_event_output *output, const char *camera, const char *analyzer,
                         int fd, size_t queue_events)
{
    *output = (struct fr_event_output){.teller = {.camera = camera, .analyzer = analyzer}};
    fr_event_id_prefix(&output->teller, fr_now_wall_ns(), random_number());
    int r = fr_output_new(fd, queue_events, tell_missing, output, &output->output);
    if (r < 0)
        fr_log(LOG_ERR, "output: %s", strerror(-r));
    return r;
}

void fr_event_output_write(struct fr_event_output *output, const struct fr_event *event)
{
    size_t length = 0;

    output->teller.wall_minus_mono_ns = fr_now_wall_ns() - fr_now_mono_ns();
    char *line = fr_event_json(event, &output->teller, &length);
    fr_output_line(output->output, line, length);
}

void fr_event_output_watch(struct fr_event_output *output, int64_t now_mono_ns)
{
    struct fr_output_counts counts;
    uint64_t count;

    fr_output_counts(output->output, &counts);
    if (counts.dropped == output->n_dropped_told ||
        !fr_log_limit_due(&output->limit, 1, now_mono_ns, LOG_PERIOD_NS, &count))
        return;
    fr_log(LOG_WARNING, "stdout does not take the events: %s; %" PRIu64 " dropped so far",
           counts.last_errno ? strerror(counts.last_errno)
                             : "nobody reads them and the queue is full",
           counts.dropped);
    output->n_dropped_told = counts.dropped;
}

void fr_event_output_fini(struct fr_event_output *output)
{
    struct fr_output_counts counts = {0};

    fr_output_free(output->output, PATIENCE_NS, &counts);
    if (counts.dropped != output->n_dropped_told)
        fr_log(LOG_WARNING, "%" PRIu64 " events were dropped: stdout did not take them",
               counts.dropped);
}
