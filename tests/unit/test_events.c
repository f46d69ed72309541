/* From detections to events: hysteresis in seconds, the signal, the light; and their JSON. */
#include "analyzer/event_json.h"
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdio.h>

static const int64_t MS = 1000000;

static struct fr_event told[64];
static size_t n_told;

static void listen(const struct fr_event *event, void *userdata)
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

static struct player play(int64_t start_ms, int64_t end_ms, int fps)
{
    struct player player = {.interval_ns = 1000 * MS / fps, .now_ns = 1000 * MS};
    struct fr_event_settings settings = {.start_ns = start_ms * MS, .end_ns = end_ms * MS};
    n_told = 0;
    fr_events_init(&player.events, &settings, 0, listen, NULL);
    return player;
}

static void frame(struct player *player, const struct fr_detection *detection)
{
    struct fr_frame_id id = {.epoch = 3,
                             .number = ++player->number,
                             .captured_mono_ns = player->now_ns,
                             .width_px = 640,
                             .height_px = 480};
    fr_events_frame(&player->events, &id, detection, NULL);
    player->now_ns += player->interval_ns;
}

static void frames(struct player *player, int64_t ms, double share)
{
    struct fr_detection detection = {.share = share, .n_objects = share > 0, .n_told = share > 0};
    detection.objects[0] =
        (struct fr_object){.x_px = 10, .y_px = 20, .width_px = 30, .height_px = 40, .area_px = 900};
    for (int64_t until_ns = player->now_ns + ms * MS; player->now_ns < until_ns;)
        frame(player, &detection);
}

static const int rates[] = {2, 5, 15, 25, 60, 240};
enum { N_RATES = sizeof rates / sizeof *rates };

START_TEST(motion_begins_after_its_seconds_at_every_rate)
{
    for (size_t rate = 0; rate < N_RATES; rate++) {
        struct player player = play(1000, 3000, rates[rate]);
        frames(&player, 5000, 0);
        int64_t began_ns = player.now_ns;
        frames(&player, 4000, 0.1);
        ck_assert_uint_eq(n_told, 1);
        ck_assert_int_eq(told[0].kind, FR_EVENT_MOTION_START);
        ck_assert_int_eq(told[0].began_mono_ns, began_ns);
        /* The first frame that moves stands for the time since the one before it. */
        int64_t after_ns = told[0].decided_mono_ns - began_ns;
        ck_assert_int_ge(after_ns, 1000 * MS - player.interval_ns);
        ck_assert_int_le(after_ns, 1000 * MS);
        ck_assert_uint_eq(told[0].n_boxes, 1);
        ck_assert_uint_eq(told[0].boxes[0].width_px, 30);
    }
}
END_TEST

START_TEST(motion_ends_after_its_seconds_at_every_rate)
{
    for (size_t rate = 0; rate < N_RATES; rate++) {
        struct player player = play(500, 3000, rates[rate]);
        frames(&player, 2000, 0);
        int64_t began_ns = player.now_ns;
        frames(&player, 2000, 0.1);
        frames(&player, 1000, 0.25);
        int64_t last_ns = player.now_ns - player.interval_ns;
        /* A pause shorter than that does not end it. */
        frames(&player, 2000, 0);
        frames(&player, 1000, 0.1);
        last_ns = player.now_ns - player.interval_ns;
        frames(&player, 10000, 0);
        ck_assert_uint_eq(n_told, 2);
        ck_assert_int_eq(told[1].kind, FR_EVENT_MOTION_END);
        ck_assert_int_eq(told[1].reason, FR_EVENT_REASON_QUIET);
        ck_assert_uint_eq(told[1].serial, told[0].serial);
        int64_t after_ns = told[1].decided_mono_ns - last_ns;
        ck_assert_int_ge(after_ns, 3000 * MS);
        ck_assert_int_le(after_ns, 3000 * MS + player.interval_ns);
        ck_assert_int_eq(told[1].began_mono_ns, began_ns);
        ck_assert_int_eq(told[1].duration_ns, last_ns - began_ns);
        ck_assert_uint_eq(told[1].peak_area_px, 640 * 480 / 4);
        ck_assert_double_eq(told[1].share, 0.25);
        ck_assert_uint_gt(told[1].peak_frame.number, told[0].frame.number);
        int64_t expected = 4000 * MS / player.interval_ns;
        ck_assert_int_le(llabs((int64_t)told[1].n_frames - expected), 3);
    }
}
END_TEST

START_TEST(a_motion_ends_with_its_own_id_whatever_was_told_meanwhile)
{
    struct player player = play(200, 1000, 25);
    frames(&player, 1000, 0);
    frames(&player, 1000, 0.1);
    struct fr_detection light = {.share = 0.1, .n_objects = 1, .is_light_change = true};
    frame(&player, &light);
    frames(&player, 3000, 0);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[1].kind, FR_EVENT_LIGHT_CHANGE);
    ck_assert_int_eq(told[2].kind, FR_EVENT_MOTION_END);
    ck_assert_uint_eq(told[2].serial, told[0].serial);
}
END_TEST

START_TEST(motion_shorter_than_its_seconds_is_none)
{
    for (size_t rate = 0; rate < N_RATES; rate++) {
        struct player player = play(2000, 3000, rates[rate]);
        for (int i = 0; i < 10; i++) {
            frames(&player, 1000, 0.1);
            frames(&player, 2000, 0);
        }
        ck_assert_uint_eq(n_told, 0);
        /* But one that only stumbles is some: it is counted up and down. */
        for (int i = 0; i < 10; i++) {
            frames(&player, 1000, 0.1);
            frames(&player, 500, 0);
        }
        ck_assert_uint_eq(n_told, 1);
    }
}
END_TEST

START_TEST(a_start_of_zero_seconds_is_the_first_frame_that_moves)
{
    struct player player = play(0, 1000, 25);
    frames(&player, 40, 0.1);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_int_eq(told[0].kind, FR_EVENT_MOTION_START);
}
END_TEST

START_TEST(what_the_detector_doubts_is_neither_motion_nor_rest)
{
    struct player player = play(500, 2000, 25);
    struct fr_detection doubtful = {.share = 0.9, .n_objects = 3, .is_settling = true};
    for (int i = 0; i < 100; i++)
        frame(&player, &doubtful);
    ck_assert_uint_eq(n_told, 0);
    frames(&player, 400, 0.1);
    for (int i = 0; i < 100; i++)
        frame(&player, &doubtful);
    ck_assert_uint_eq(n_told, 0);
    frames(&player, 200, 0.1);
    ck_assert_uint_eq(n_told, 1);
}
END_TEST

START_TEST(a_change_of_light_is_told_once_and_takes_back_a_motion_that_has_not_begun)
{
    struct player player = play(500, 2000, 25);
    struct fr_detection light = {.share = 0.9, .is_settling = true, .is_light_change = true};
    frames(&player, 2000, 0);
    frames(&player, 400, 0.8);
    frame(&player, &light);
    frame(&player, &light);
    frame(&player, &light);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_int_eq(told[0].kind, FR_EVENT_LIGHT_CHANGE);
    frames(&player, 400, 0.8);
    ck_assert_uint_eq(n_told, 1);
    frames(&player, 2000, 0);
    frame(&player, &light);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_uint_ne(told[0].serial, told[1].serial);
}
END_TEST

START_TEST(losing_the_signal_ends_motion_and_is_told_once_until_it_is_back)
{
    struct player player = play(500, 2000, 25);
    frames(&player, 1000, 0);
    frames(&player, 2000, 0.1);
    int64_t last_ns = player.now_ns - player.interval_ns;
    player.now_ns += 5000 * MS;
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_FRAMES, player.now_ns);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_WRITER, player.now_ns);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[1].kind, FR_EVENT_MOTION_END);
    ck_assert_int_eq(told[1].reason, FR_EVENT_REASON_NO_SIGNAL);
    ck_assert_int_eq(told[2].kind, FR_EVENT_SIGNAL_LOST);
    ck_assert_int_eq(told[2].reason, FR_EVENT_REASON_NO_FRAMES);
    ck_assert_uint_eq(told[2].frame.number, player.number);

    player.now_ns += 60000 * MS;
    int64_t back_ns = player.now_ns;
    frames(&player, 400, 0.1);
    ck_assert_uint_eq(n_told, 4);
    ck_assert_int_eq(told[3].kind, FR_EVENT_SIGNAL_BACK);
    ck_assert_int_eq(told[3].duration_ns, back_ns - last_ns);
    /* The gap is no time in motion; what follows it is. */
    frames(&player, 1000, 0.1);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_int_eq(told[4].kind, FR_EVENT_MOTION_START);
}
END_TEST

START_TEST(a_signal_that_never_came_is_lost_and_then_back)
{
    struct player player = play(500, 2000, 25);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_WRITER, 5000 * MS);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_uint_eq(told[0].frame.width_px, 0);
    player.now_ns = 9000 * MS;
    frames(&player, 100, 0);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].kind, FR_EVENT_SIGNAL_BACK);
    ck_assert_int_eq(told[1].duration_ns, 9000 * MS);
}
END_TEST

START_TEST(stopping_ends_a_motion_that_was_told_and_no_other)
{
    struct player player = play(500, 2000, 25);
    frames(&player, 200, 0.1);
    fr_events_stop(&player.events, player.now_ns);
    ck_assert_uint_eq(n_told, 0);
    frames(&player, 1000, 0.1);
    fr_events_stop(&player.events, player.now_ns);
    fr_events_stop(&player.events, player.now_ns);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].reason, FR_EVENT_REASON_STOPPED);
}
END_TEST

static struct fr_event_teller teller(void)
{
    struct fr_event_teller one = {
        .camera = "cam0", .analyzer = "yard", .wall_minus_mono_ns = 1700000000000000000};
    fr_event_id_prefix(&one, 0x6543210f * 1000000000LL, 0xabc);
    return one;
}

static json_t *parse(char *line, const size_t *length)
{
    ck_assert_ptr_nonnull(line);
    ck_assert_uint_eq(strlen(line), *length);
    ck_assert_int_eq(line[*length - 1], '\n');
    ck_assert_ptr_eq(strchr(line, '\n'), line + *length - 1);
    json_error_t error;
    json_t *object = json_loads(line, 0, &error);
    ck_assert_msg(object != NULL, "%s in %s", error.text, line);
    free(line);
    return object;
}

static const struct fr_event_zone zones_ab[] = {
    {.name = "a", .settings = {.start_ns = 200000000, .end_ns = 1000000000}},
    {.name = "b", .settings = {.start_ns = 1000000000, .end_ns = 1000000000}}};

/* The same in zones: what moves in the first and in the second. */
static void zone_frames(struct player *player, int64_t ms, double first, double second)
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

START_TEST(each_zone_has_its_own_motion_and_what_is_outside_has_none)
{
    struct player player = play(200, 1000, 25);
    const struct fr_event_settings whole = {.start_ns = 0, .end_ns = MS};
    fr_events_set(&player.events, &whole, zones_ab, 2, player.now_ns);
    zone_frames(&player, 2000, 0, 0); /* two objects, none of them in a zone */
    ck_assert_uint_eq(n_told, 0);
    zone_frames(&player, 500, 0.1, 0.2);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_str_eq(told[0].zone, "a");
    ck_assert_double_eq(told[0].share, 0.1);
    zone_frames(&player, 700, 0, 0.2);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].kind, FR_EVENT_MOTION_START);
    ck_assert_str_eq(told[1].zone, "b");
    ck_assert_uint_ne(told[1].serial, told[0].serial);
    zone_frames(&player, 700, 0, 0.3);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[2].kind, FR_EVENT_MOTION_END);
    ck_assert_str_eq(told[2].zone, "a");
    ck_assert_uint_eq(told[2].serial, told[0].serial);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_FRAMES, player.now_ns);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_str_eq(told[3].zone, "b");
    ck_assert_double_eq(told[3].share, 0.3);
    ck_assert_str_eq(told[4].zone, "");
}
END_TEST

START_TEST(other_zones_end_the_motions_of_those_that_are_gone_and_no_other)
{
    struct player player = play(200, 1000, 25);
    const struct fr_event_settings whole = {.start_ns = 0, .end_ns = MS};
    fr_events_set(&player.events, &whole, zones_ab, 2, player.now_ns);
    zone_frames(&player, 2000, 0.1, 0.2);
    ck_assert_uint_eq(n_told, 2);
    const struct fr_event_zone ca[] = {{.name = "c", .settings = zones_ab[0].settings},
                                       zones_ab[0]};
    fr_events_set(&player.events, &whole, ca, 2, player.now_ns);
    ck_assert_uint_eq(n_told, 3);
    ck_assert_int_eq(told[2].kind, FR_EVENT_MOTION_END);
    ck_assert_int_eq(told[2].reason, FR_EVENT_REASON_SETTINGS);
    ck_assert_str_eq(told[2].zone, "b");
    zone_frames(&player, 1000, 0, 0.2); /* a is the second one now, and goes on */
    ck_assert_uint_eq(n_told, 3);
    fr_events_set(&player.events, &whole, NULL, 0, player.now_ns);
    ck_assert_uint_eq(n_told, 4);
    ck_assert_str_eq(told[3].zone, "a");
    ck_assert_uint_eq(told[3].serial, told[0].serial);
    frames(&player, 200, 0.1);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_str_eq(told[4].zone, "");
}
END_TEST

START_TEST(a_shake_is_told_from_its_start_to_its_end)
{
    struct player player = play(200, 1000, 25);
    struct fr_detection still = {0}, shaking = {.is_shaking = true};
    frame(&player, &still);
    int64_t began_ns = player.now_ns;
    for (int i = 0; i < 26; i++)
        frame(&player, &shaking);
    ck_assert_uint_eq(n_told, 1);
    ck_assert_int_eq(told[0].kind, FR_EVENT_SHAKE_START);
    frame(&player, &still);
    frame(&player, &still);
    ck_assert_uint_eq(n_told, 2);
    ck_assert_int_eq(told[1].kind, FR_EVENT_SHAKE_END);
    ck_assert_uint_eq(told[1].serial, told[0].serial);
    ck_assert_int_eq(told[1].began_mono_ns, began_ns);
    ck_assert_int_eq(told[1].duration_ns, 1000 * MS);
    frame(&player, &shaking);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_WRITER, player.now_ns);
    ck_assert_uint_eq(n_told, 5);
    ck_assert_int_eq(told[3].kind, FR_EVENT_SHAKE_END);
    ck_assert_int_eq(told[4].kind, FR_EVENT_SIGNAL_LOST);
}
END_TEST

START_TEST(a_level_is_told_of_every_frame_when_it_is_asked_for)
{
    struct player player = play(0, 1000, 25);
    frames(&player, 1000, 0);
    ck_assert_uint_eq(n_told, 0);
    fr_events_set(&player.events, &zones_ab[0].settings, zones_ab, 2, player.now_ns);
    fr_events_set_levels(&player.events, true);
    zone_frames(&player, 80, 0.125, 0.25);
    ck_assert_uint_eq(n_told, 2);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(told[i].kind, FR_EVENT_LEVEL);
        ck_assert_double_eq(told[i].share, 0.375);
        ck_assert_uint_eq(told[i].n_levels, 2);
        ck_assert_str_eq(told[i].levels[1].zone, "b");
        ck_assert_double_eq(told[i].levels[1].share, 0.25);
    }
    struct fr_event_teller one = teller();
    size_t length;
    json_t *level = parse(fr_event_json(&told[0], &one, &length), &length);
    ck_assert_ptr_null(json_object_get(level, "id"));
    ck_assert_double_eq(json_real_value(json_object_get(level, "share")), 0.375);
    json_t *zones = json_object_get(level, "zones");
    ck_assert_double_eq(json_real_value(json_object_get(zones, "a")), 0.125);
    json_decref(level);
}
END_TEST

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "(none)";
}

static int64_t number(const json_t *object, const char *key)
{
    ck_assert_msg(json_is_integer(json_object_get(object, key)), "%s", key);
    return json_integer_value(json_object_get(object, key));
}

START_TEST(json_says_what_the_event_says)
{
    setenv("TZ", "Asia/Kolkata", 1);
    struct player player = play(500, 2000, 25);
    frames(&player, 1000, 0);
    frames(&player, 2000, 0.123456789);
    frames(&player, 5000, 0);
    ck_assert_uint_eq(n_told, 2);

    struct fr_event_teller one = teller();
    size_t length;
    json_t *end = parse(fr_event_json(&told[1], &one, &length), &length);
    json_t *start = parse(fr_event_json(&told[0], &one, &length), &length);
    ck_assert_str_eq(text(start, "event"), "motion_start");
    ck_assert_str_eq(text(end, "event"), "motion_end");
    ck_assert_str_eq(text(end, "reason"), "quiet");
    ck_assert_str_eq(text(start, "camera"), "cam0");
    ck_assert_str_eq(text(start, "analyzer"), "yard");
    ck_assert_str_eq(text(start, "id"), "6543210f-0000000000000abc-1");
    ck_assert_str_eq(text(end, "id"), text(start, "id"));
    ck_assert_str_eq(text(start, "began"), text(end, "began"));
    ck_assert_str_eq(text(start, "began"), "2023-11-15T03:43:22.000+05:30");
    ck_assert_str_eq(text(start, "time"), "2023-11-15T03:43:22.480+05:30");
    ck_assert_int_eq(number(start, "frame"), (int64_t)told[0].frame.number);
    ck_assert_int_eq(number(start, "epoch"), 3);
    ck_assert_int_eq(number(end, "frames"), 50);
    ck_assert_int_eq(number(end, "peak_area"), (int64_t)(0.123456789 * 640 * 480 + 0.5));
    ck_assert_double_eq_tol(json_real_value(json_object_get(end, "duration")), 1.96, 1e-9);
    ck_assert_double_eq_tol(json_real_value(json_object_get(start, "share")), 0.123457, 1e-9);
    const json_t *boxes = json_object_get(start, "boxes");
    ck_assert_uint_eq(json_array_size(boxes), 1);
    const json_t *box = json_array_get(boxes, 0);
    ck_assert_int_eq(number(box, "x"), 10);
    ck_assert_int_eq(number(box, "y"), 20);
    ck_assert_int_eq(number(box, "width"), 30);
    ck_assert_int_eq(number(box, "height"), 40);
    ck_assert_int_eq(number(box, "area"), 900);
    ck_assert_ptr_null(json_object_get(start, "boxes_left_out"));
    json_decref(start);
    json_decref(end);
}
END_TEST

START_TEST(json_of_the_signal_has_no_picture)
{
    struct player player = play(500, 2000, 25);
    fr_events_signal_lost(&player.events, FR_EVENT_REASON_NO_WRITER, 5000 * MS);
    player.now_ns = 9500 * MS;
    frames(&player, 40, 0);
    struct fr_event_teller one = teller();
    size_t length;
    json_t *lost = parse(fr_event_json(&told[0], &one, &length), &length);
    json_t *back = parse(fr_event_json(&told[1], &one, &length), &length);
    ck_assert_str_eq(text(lost, "event"), "signal_lost");
    ck_assert_str_eq(text(lost, "reason"), "no_writer");
    ck_assert_ptr_null(json_object_get(lost, "frame"));
    ck_assert_ptr_null(json_object_get(lost, "boxes"));
    ck_assert_str_eq(text(back, "event"), "signal_back");
    ck_assert_int_eq(number(back, "frame"), 1);
    ck_assert_double_eq_tol(json_real_value(json_object_get(back, "duration")), 9.5, 1e-9);
    ck_assert_str_ne(text(lost, "id"), text(back, "id"));
    json_decref(lost);
    json_decref(back);

    json_t *dropped = parse(fr_event_json_dropped(&one, 17, 5000 * MS, &length), &length);
    ck_assert_str_eq(text(dropped, "event"), "events_dropped");
    ck_assert_int_eq(number(dropped, "dropped"), 17);
    json_decref(dropped);
}
END_TEST

START_TEST(json_holds_as_many_boxes_as_are_told_and_counts_the_rest)
{
    struct fr_event event = {.kind = FR_EVENT_MOTION_START,
                             .serial = UINT64_MAX,
                             .n_objects = 1000,
                             .n_boxes = FR_DETECTOR_BOXES_MAX};
    for (size_t i = 0; i < FR_DETECTOR_BOXES_MAX; i++)
        event.boxes[i] = (struct fr_object){.x_px = 16383,
                                            .y_px = 16383,
                                            .width_px = 16384,
                                            .height_px = 16384,
                                            .area_px = 16384 * 16384};
    struct fr_event_teller one = teller();
    size_t length;
    json_t *start = parse(fr_event_json(&event, &one, &length), &length);
    ck_assert_uint_eq(json_array_size(json_object_get(start, "boxes")), FR_DETECTOR_BOXES_MAX);
    ck_assert_int_eq(number(start, "boxes_left_out"), 1000 - FR_DETECTOR_BOXES_MAX);
    json_decref(start);
}
END_TEST

/* Jansson's allocations: the n-th fails, and those that are not freed are counted. */
static size_t n_allocations, failing_allocation, n_kept;

static void *allocate(size_t size)
{
    void *memory = ++n_allocations == failing_allocation ? NULL : malloc(size);
    n_kept += memory != NULL;
    return memory;
}

static void let_go(void *memory)
{
    n_kept -= memory != NULL;
    free(memory);
}

START_TEST(P1_a_line_for_which_there_is_no_memory_is_none_and_keeps_none)
{
    struct fr_event events[] = {
        {.kind = FR_EVENT_MOTION_START, .serial = 7, .n_objects = 5, .n_boxes = 3},
        {.kind = FR_EVENT_LEVEL, .n_levels = 2, .levels = {{.zone = "a"}, {.zone = "b"}}},
        {.kind = FR_EVENT_SIGNAL_LOST, .serial = 8, .reason = FR_EVENT_REASON_NO_FRAMES},
    };
    struct fr_event_teller one = teller();
    size_t length;
    json_set_alloc_funcs(allocate, let_go);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        char *line = NULL;
        for (failing_allocation = 1; !line; failing_allocation++) {
            n_allocations = n_kept = 0;
            line = fr_event_json(&events[i], &one, &length);
            ck_assert_uint_eq(n_kept, line ? 1 : 0);
        }
        ck_assert_uint_gt(failing_allocation, 20); /* it went through some */
        free(line);
    }
    json_set_alloc_funcs(malloc, free);
}
END_TEST

UNIT_MAIN("events", P1_a_line_for_which_there_is_no_memory_is_none_and_keeps_none,
          each_zone_has_its_own_motion_and_what_is_outside_has_none,
          other_zones_end_the_motions_of_those_that_are_gone_and_no_other,
          a_shake_is_told_from_its_start_to_its_end,
          a_level_is_told_of_every_frame_when_it_is_asked_for,
          a_motion_ends_with_its_own_id_whatever_was_told_meanwhile,
          motion_begins_after_its_seconds_at_every_rate,
          motion_ends_after_its_seconds_at_every_rate, motion_shorter_than_its_seconds_is_none,
          a_start_of_zero_seconds_is_the_first_frame_that_moves,
          what_the_detector_doubts_is_neither_motion_nor_rest,
          a_change_of_light_is_told_once_and_takes_back_a_motion_that_has_not_begun,
          losing_the_signal_ends_motion_and_is_told_once_until_it_is_back,
          a_signal_that_never_came_is_lost_and_then_back,
          stopping_ends_a_motion_that_was_told_and_no_other, json_says_what_the_event_says,
          json_of_the_signal_has_no_picture,
          json_holds_as_many_boxes_as_are_told_and_counts_the_rest)
