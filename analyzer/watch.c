#include "analyzer/watch.h"
#include "common/media/half_luma.h"

#include <errno.h>

static void set_events(struct fr_watch *watch, int64_t now_mono_ns)
{
    const struct fr_tuning *tuning = &watch->tuning;
    struct fr_event_zone zones[FR_ZONES_MAX];

    for (size_t i = 0; i < tuning->n_zones; i++)
        zones[i] = tuning->zones[i].events;
    fr_events_set(&watch->events, &tuning->events, zones, tuning->n_zones, now_mono_ns);
    fr_events_set_levels(&watch->events, tuning->has_levels);
}

void fr_watch_init(struct fr_watch *watch, struct fr_tuning *tuning, int64_t now_mono_ns,
                   fr_event_listener *listener, void *userdata)
{
    *watch = (struct fr_watch){.tuning = *tuning};
    *tuning = (struct fr_tuning){0};
    fr_events_init(&watch->events, &watch->tuning.events, now_mono_ns, listener, userdata);
    set_events(watch, now_mono_ns);
}

void fr_watch_fini(struct fr_watch *watch)
{
    fr_detector_free(watch->detector);
    fr_area_map_free(watch->map);
    fr_tuning_fini(&watch->tuning);
    *watch = (struct fr_watch){0};
}

int fr_watch_set_size(struct fr_watch *watch, uint32_t width_px, uint32_t height_px)
{
    if (watch->detector && watch->width_px == width_px && watch->height_px == height_px)
        return 0;
    fr_detector_free(watch->detector);
    fr_area_map_free(watch->map);
    watch->detector = NULL;
    watch->map = NULL;
    int r = fr_detector_new(&watch->tuning.detector, width_px, height_px, &watch->detector);
    if (r == 0)
        r = fr_areas_map(&watch->tuning.areas, fr_half_px(width_px), fr_half_px(height_px),
                         &watch->map);
    if (r == 0)
        r = fr_detector_set_map(watch->detector, watch->map);
    if (r < 0) {
        fr_detector_free(watch->detector);
        watch->detector = NULL;
    }
    watch->width_px = width_px;
    watch->height_px = height_px;
    return r;
}

const char *fr_watch_empty_zone(const struct fr_watch *watch)
{
    for (size_t i = 0; watch->map && i < watch->map->n_zones; i++)
        if (!watch->map->zones[i].n)
            return watch->tuning.zones[i].events.name;
    return NULL;
}

int fr_watch_tune(struct fr_watch *watch, struct fr_tuning *tuning, int64_t now_mono_ns)
{
    struct fr_area_map *map = NULL;

    if (watch->detector) {
        int r = fr_areas_map(&tuning->areas, fr_half_px(watch->width_px),
                             fr_half_px(watch->height_px), &map);
        if (r < 0)
            return r;
        fr_detector_set(watch->detector, &tuning->detector);
        fr_detector_set_map(watch->detector, map);
    }
    fr_area_map_free(watch->map);
    watch->map = map;
    fr_tuning_fini(&watch->tuning);
    watch->tuning = *tuning;
    *tuning = (struct fr_tuning){0};
    set_events(watch, now_mono_ns);
    return 0;
}

int fr_watch_decide(struct fr_watch *watch, const struct fr_frame_id *frame,
                    struct fr_detection *ret_detection)
{
    const struct fr_tuning *tuning = &watch->tuning;
    if (!watch->detector)
        return -ENODATA;
    int r = fr_detector_decide(watch->detector, frame->captured_mono_ns, ret_detection);
    if (r < 0)
        return r;
    for (size_t i = 0; i < tuning->n_zones; i++) {
        const struct fr_zone_tuning *zone = &tuning->zones[i];
        watch->zones[i] = *ret_detection;
        r = fr_detector_look_into(watch->detector, i, zone->object_min_share,
                                  zone->object_max_share, &watch->zones[i]);
        if (r < 0)
            return r;
    }
    fr_events_frame(&watch->events, frame, ret_detection, watch->zones);
    return 0;
}
