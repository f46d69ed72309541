#include "analyzer/event_json.h"
#include "common/daemon/clock.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fr_event_id_prefix(struct fr_event_teller *teller, int64_t wall_ns, uint64_t random)
{
    snprintf(teller->id_prefix, sizeof teller->id_prefix, "%08" PRIx64 "-%016" PRIx64,
             (uint64_t)(wall_ns / FR_NS_PER_S), random);
}

/* Each of these leaves out what cannot be allocated; the line is then refused as a whole, because
 * `is_whole` is false. */
struct line {
    json_t *object;
    bool is_whole;
};

static void put(struct line *line, const char *key, json_t *value)
{
    if (json_object_set_new(line->object, key, value) < 0)
        line->is_whole = false;
}

static void put_string(struct line *line, const char *key, const char *text)
{
    put(line, key, json_string(text));
}

static void put_number(struct line *line, const char *key, uint64_t number)
{
    put(line, key, json_integer((json_int_t)number));
}

/* Rounded to what can be meant, so that the text stays short. */
static void put_real(struct line *line, const char *key, double real, double unit)
{
    put(line, key, json_real((double)(int64_t)(real / unit + 0.5) * unit));
}

static void put_time(struct line *line, const char *key, const struct fr_event_teller *teller,
                     int64_t mono_ns)
{
    char text[FR_TIME_RFC3339_MAX];
    put_string(line, key, fr_time_rfc3339(mono_ns + teller->wall_minus_mono_ns, text));
}

static void put_boxes(struct line *line, const struct fr_event *event)
{
    json_t *boxes = json_array();
    for (size_t i = 0; i < event->n_boxes; i++) {
        const struct fr_object *box = &event->boxes[i];
        struct line one = {.object = json_object(), .is_whole = true};
        put_number(&one, "x", box->x_px);
        put_number(&one, "y", box->y_px);
        put_number(&one, "width", box->width_px);
        put_number(&one, "height", box->height_px);
        put_number(&one, "area", box->area_px);
        /* The array has the object now, whole or not; and when it fails, it lets it go. */
        if (json_array_append_new(boxes, one.object) < 0 || !one.is_whole)
            line->is_whole = false;
    }
    put(line, "boxes", boxes);
    if (event->n_objects > event->n_boxes)
        put_number(line, "boxes_left_out", event->n_objects - event->n_boxes);
}

static void put_levels(struct line *line, const struct fr_event *event)
{
    struct line zones = {.object = json_object(), .is_whole = true};
    for (size_t i = 0; i < event->n_levels; i++)
        put_real(&zones, event->levels[i].zone, event->levels[i].share, 1e-6);
    if (event->n_levels)
        put(line, "zones", zones.object);
    else
        json_decref(zones.object);
    line->is_whole &= zones.is_whole;
}

static void put_teller(struct line *line, const char *name, const struct fr_event_teller *teller)
{
    put_string(line, "event", name);
    put_string(line, "camera", teller->camera);
    put_string(line, "analyzer", teller->analyzer);
}

static char *finish(struct line *line, size_t *ret_length)
{
    char *text = NULL;
    if (line->is_whole)
        text = json_dumps(line->object, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(line->object);
    if (!text)
        return NULL;
    size_t length = strlen(text);
    char *longer = realloc(text, length + 2);
    if (!longer) {
        free(text);
        return NULL;
    }
    memcpy(longer + length, "\n", 2);
    *ret_length = length + 1;
    return longer;
}

char *fr_event_json(const struct fr_event *event, const struct fr_event_teller *teller,
                    size_t *ret_length)
{
    struct line line = {.object = json_object(), .is_whole = true};
    char id[FR_EVENT_ID_PREFIX_MAX + 24];

    put_teller(&line, fr_event_kind_name(event->kind), teller);
    snprintf(id, sizeof id, "%s-%" PRIu64, teller->id_prefix, event->serial);
    if (event->serial)
        put_string(&line, "id", id);
    put_time(&line, "time", teller, event->decided_mono_ns);
    if (event->frame.width_px) {
        put_number(&line, "frame", event->frame.number);
        put_number(&line, "epoch", event->frame.epoch);
        put_number(&line, "width", event->frame.width_px);
        put_number(&line, "height", event->frame.height_px);
    }
    if (event->reason != FR_EVENT_REASON_NONE)
        put_string(&line, "reason", fr_event_reason_name(event->reason));

    if (*event->zone)
        put_string(&line, "zone", event->zone);

    switch (event->kind) {
    case FR_EVENT_MOTION_END:
        put_time(&line, "began", teller, event->began_mono_ns);
        put_real(&line, "duration", (double)event->duration_ns / (double)FR_NS_PER_S, 1e-3);
        put_number(&line, "frames", event->n_frames);
        put_number(&line, "peak_area", event->peak_area_px);
        put_number(&line, "peak_frame", event->peak_frame.number);
        put_real(&line, "share", event->share, 1e-6);
        put_boxes(&line, event);
        break;
    case FR_EVENT_MOTION_START:
        put_time(&line, "began", teller, event->began_mono_ns);
        put_real(&line, "share", event->share, 1e-6);
        put_boxes(&line, event);
        break;
    case FR_EVENT_LIGHT_CHANGE:
        put_real(&line, "share", event->share, 1e-6);
        put_boxes(&line, event);
        break;
    case FR_EVENT_SIGNAL_BACK:
        put_real(&line, "duration", (double)event->duration_ns / (double)FR_NS_PER_S, 1e-3);
        break;
    case FR_EVENT_SHAKE_END:
        put_time(&line, "began", teller, event->began_mono_ns);
        put_real(&line, "duration", (double)event->duration_ns / (double)FR_NS_PER_S, 1e-3);
        break;
    case FR_EVENT_LEVEL:
        put_real(&line, "share", event->share, 1e-6);
        put_levels(&line, event);
        break;
    case FR_EVENT_SHAKE_START:
    case FR_EVENT_SIGNAL_LOST:
        break;
    }
    return finish(&line, ret_length);
}

char *fr_event_json_dropped(const struct fr_event_teller *teller, uint64_t n_dropped,
                            int64_t now_mono_ns, size_t *ret_length)
{
    struct line line = {.object = json_object(), .is_whole = true};

    put_teller(&line, "events_dropped", teller);
    put_time(&line, "time", teller, now_mono_ns);
    put_number(&line, "dropped", n_dropped);
    return finish(&line, ret_length);
}
