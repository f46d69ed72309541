#include "tests/eval/true_events.h"

enum { ENOUGH_PART = 500 };
static const int64_t BREAK_NS = 1000000000;

void true_events_init(struct true_events *events)
{
    *events = (struct true_events){.known_ns = -1};
}

void true_events_add(struct true_events *events, int64_t now_ns, size_t n_moving, size_t n_px)
{
    struct true_event *last = events->n_items ? &events->items[events->n_items - 1] : NULL;
    const bool is_first = events->known_ns < 0;

    if (is_first)
        events->known_ns = now_ns;
    else if (!n_moving)
        events->rest_ns += now_ns - events->last_ns;
    events->last_ns = now_ns;
    if (!n_moving)
        return;
    if (!last || now_ns - last->ended_ns >= BREAK_NS) {
        if (events->n_items == sizeof events->items / sizeof events->items[0])
            return;
        last = &events->items[events->n_items++];
        *last =
            (struct true_event){.began_ns = now_ns, .enough_ns = -1, .has_beginning = !is_first};
    }
    last->ended_ns = now_ns;
    if (last->enough_ns < 0 && n_moving * ENOUGH_PART >= n_px)
        last->enough_ns = now_ns;
}

void true_events_compare(struct true_events *events, int64_t began_ns, int64_t told_ns,
                         int64_t ended_ns)
{
    bool is_true = events->known_ns < 0 || began_ns < events->known_ns;

    for (size_t i = 0; i < events->n_items; i++)
        is_true |= began_ns > events->items[i].began_ns - BREAK_NS &&
                   began_ns <= events->items[i].ended_ns;
    for (size_t i = 0; is_true && i < events->n_items; i++) {
        struct true_event *event = &events->items[i];
        if (began_ns > event->ended_ns || ended_ns < event->began_ns)
            continue;
        if (!event->is_found && event->has_beginning && event->enough_ns >= 0 &&
            told_ns - event->enough_ns > events->slowest_ns)
            events->slowest_ns = told_ns - event->enough_ns;
        event->is_found = true;
        events->covered_ns += (ended_ns < event->ended_ns ? ended_ns : event->ended_ns) -
                              (began_ns > event->began_ns ? began_ns : event->began_ns);
    }
    events->n_false += !is_true;
    events->false_ns += is_true ? 0 : ended_ns - began_ns;
}
