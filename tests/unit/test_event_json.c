/* Events as lines of JSON. */
#include "analyzer/event_json.h"
#include "tests/unit/play_events.h"

#include <jansson.h>

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

UNIT_MAIN("event_json", json_says_what_the_event_says, json_of_the_signal_has_no_picture,
          json_holds_as_many_boxes_as_are_told_and_counts_the_rest,
          a_level_is_told_of_every_frame_when_it_is_asked_for,
          P1_a_line_for_which_there_is_no_memory_is_none_and_keeps_none)
