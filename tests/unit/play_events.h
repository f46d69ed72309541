/* Events that follow from detections, and the list of what was told. */
#pragma once

#include "analyzer/events.h"
#include "tests/unit/unit.h"

static const int64_t MS = 1000000;

static struct fr_event told[64];
static size_t n_told;

static inline void listen(const struct fr_event *event, void *userdata)
{
    (void)userdata;
    ck_assert_uint_lt(n_told, 64);
    told[n_told++] = *event;
}

struct player {
    struct fr_events events;
    int64_t now_ns;
    int64_t interval_ns;
    uint64_t number;
};

static inline struct player play(int64_t start_ms, int64_t end_ms, int fps)
{
    struct player player = {.interval_ns = 1000 * MS / fps, .now_ns = 1000 * MS};
    struct fr_event_settings settings = {.start_ns = start_ms * MS, .end_ns = end_ms * MS};
    n_told = 0;
    fr_events_init(&player.events, &settings, 0, listen, NULL);
    return player;
}

static inline void frame(struct player *player, const struct fr_detection *detection)
{
    struct fr_frame_id id = {.epoch = 3,
                             .number = ++player->number,
                             .captured_mono_ns = player->now_ns,
                             .width_px = 640,
                             .height_px = 480};
    fr_events_frame(&player->events, &id, detection, NULL);
    player->now_ns += player->interval_ns;
}

static inline void frames(struct player *player, int64_t ms, double share)
{
    struct fr_detection detection = {.share = share, .n_objects = share > 0, .n_told = share > 0};
    detection.objects[0] =
        (struct fr_object){.x_px = 10, .y_px = 20, .width_px = 30, .height_px = 40, .area_px = 900};
    for (int64_t until_ns = player->now_ns + ms * MS; player->now_ns < until_ns;)
        frame(player, &detection);
}

/* The same in zones: what moves in the first and in the second. */
static inline void zone_frames(struct player *player, int64_t ms, double first, double second)
{
    struct fr_detection detection = {.share = first + second, .n_objects = 2};
    struct fr_detection zones[2] = {{.share = first, .n_objects = first > 0},
                                    {.share = second, .n_objects = second > 0}};
    for (int64_t until_ns = player->now_ns + ms * MS; player->now_ns < until_ns;) {
        struct fr_frame_id id = {.number = ++player->number,
                                 .captured_mono_ns = player->now_ns,
                                 .width_px = 640,
                                 .height_px = 480};
        fr_events_frame(&player->events, &id, &detection, zones);
        player->now_ns += player->interval_ns;
    }
}

static const struct fr_event_zone zones_ab[] = {
    {.name = "a", .settings = {.start_ns = 200000000, .end_ns = 1000000000}},
    {.name = "b", .settings = {.start_ns = 1000000000, .end_ns = 1000000000}}};
