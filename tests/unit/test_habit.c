/* What always moves is expected; what comes, goes or travels is not. */
#include "analyzer/events.h"
#include "analyzer/habit.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

enum { WIDTH = 160, HEIGHT = 128, TILES_X = WIDTH / 16, TILES = TILES_X * HEIGHT / 16, RATE = 20 };
static const int64_t FRAME_NS = 1000000000 / RATE, HOLD_NS = 30000000000;

struct frame {
    struct fr_habit habit;
    uint8_t busy[TILES];
};

static void begin(struct frame *frame)
{
    memset(frame, 0, sizeof *frame);
    ck_assert_int_eq(fr_habit_init(&frame->habit, WIDTH / 2, HEIGHT / 2), 0);
    fr_habit_restart(&frame->habit);
}

/* A frame with one object, or none when it is 0 wide. Whether it is expected. */
static bool look(struct frame *frame, struct fr_object object)
{
    memset(frame->busy, 0, sizeof frame->busy);
    object.area_px = (uint64_t)object.width_px * object.height_px;
    for (uint32_t y = object.y_px; y < object.y_px + object.height_px; y += 2)
        for (uint32_t x = object.x_px; x < object.x_px + object.width_px; x += 2)
            frame->busy[y / 16 * TILES_X + x / 16]++;
    fr_habit_learn(&frame->habit, frame->busy, &object, object.width_px ? 1 : 0, FRAME_NS, HOLD_NS);
    return !object.width_px || fr_habit_expects(&frame->habit, frame->busy, &object);
}

static void rest(struct frame *frame, int seconds)
{
    for (int i = 0; i < seconds * RATE; i++)
        look(frame, (struct fr_object){0});
}

/* Something that sways within 48x48, here and there and not at all. */
static struct fr_object sway(int i)
{
    uint32_t side = (uint32_t)(i * 7 % 4) * 12;
    return (struct fr_object){
        .x_px = 32 + (uint32_t)(i * 5 % 3) * 4, .y_px = 32, .width_px = side, .height_px = side};
}

START_TEST(what_sways_in_its_place_is_expected_within_seconds_and_what_comes_there_is_not)
{
    struct frame frame;
    begin(&frame);
    rest(&frame, 5);
    ck_assert(!look(&frame, sway(1)));
    for (int i = 0; i < 20 * RATE; i++)
        look(&frame, sway(i));
    for (int i = 0; i < 20 * RATE; i++)
        ck_assert_msg(look(&frame, sway(i)), "frame %d", i);
    struct fr_object person = {.y_px = 16, .width_px = 96, .height_px = 112};
    ck_assert_msg(!look(&frame, person), "who stands before it covers more than that");
    fr_habit_fini(&frame.habit);
}
END_TEST

START_TEST(at_the_start_nothing_is_told_that_goes_nowhere_unless_it_fills_half_of_the_picture)
{
    struct frame frame;
    begin(&frame);
    for (int i = 0; i < 60 * RATE; i++)
        ck_assert_msg(look(&frame, sway(i)), "frame %d", i);
    fr_habit_restart(&frame.habit);
    ck_assert(!look(&frame, (struct fr_object){.width_px = WIDTH, .height_px = HEIGHT * 5 / 8}));
    fr_habit_fini(&frame.habit);
}
END_TEST

START_TEST(who_walks_at_the_start_is_told_when_he_has_gone_his_own_size)
{
    struct frame frame;
    begin(&frame);
    struct fr_object person = {.y_px = 32, .width_px = 16, .height_px = 32};
    for (; person.x_px < 24; person.x_px += 4)
        ck_assert(look(&frame, person));
    ck_assert(!look(&frame, person));
    /* Also while he stands. */
    for (int i = 0; i < 2 * RATE; i++)
        ck_assert(!look(&frame, person));
    fr_habit_fini(&frame.habit);
}
END_TEST

START_TEST(a_street_full_of_traffic_is_never_expected)
{
    struct frame frame;
    begin(&frame);
    rest(&frame, 5);
    for (int car = 0; car < 200; car++) {
        struct fr_object object = {.y_px = 48, .width_px = 32, .height_px = 16};
        for (; object.x_px + 40 <= WIDTH; object.x_px += 8) {
            bool is_expected = look(&frame, object);
            ck_assert_msg(!is_expected || object.x_px < 32, "car %d at %u", car, object.x_px);
        }
        look(&frame, (struct fr_object){0});
    }
    fr_habit_fini(&frame.habit);
}
END_TEST

START_TEST(who_comes_and_stands_still_is_not_expected_and_specks_always_are)
{
    struct frame frame;
    begin(&frame);
    rest(&frame, 5);
    for (int i = 0; i < 40 * RATE; i++)
        ck_assert(!look(&frame, (struct fr_object){48, 48, 32, 48, 0, 0, 0}));
    ck_assert(look(&frame, (struct fr_object){8, 8, 6, 10, 0, 0, 0}));
    fr_habit_fini(&frame.habit);
}
END_TEST

/* Detector and events together: a place with trees, from the first frame on. */

static uint32_t hash(uint32_t a, uint32_t b)
{
    uint32_t h = a * 2654435761u ^ (b + 0x9e3779b9u) * 2246822519u;
    h = (h ^ h >> 15) * 2654435761u;
    return h ^ h >> 13;
}

static void draw(uint8_t *luma, uint32_t frame, bool is_dim, uint32_t person_px)
{
    for (uint32_t y = 0; y < HEIGHT; y++)
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint32_t level = 90 + (hash(x / 4, y / 4) & 31);
            /* Branches that swing by 8 pixels, each row of them by itself, now more and now
             * less. */
            uint32_t phase = (frame * (3 + y / 16) + y) % 32,
                     gust = 14 + hash(frame / 32, y / 16) % 3;
            uint32_t swing = (phase < 16 ? phase : 32 - phase) * gust / 32;
            if (x >= 64 && x < 144 && y < 64)
                level = 60 + (hash((x + swing) / 8, y / 16) & 127);
            if (person_px && x + 24 >= person_px && x < person_px && y >= 48 && y < 120)
                level = 220;
            level += hash(x + y * WIDTH, frame) & 3;
            luma[y * WIDTH + x] = (uint8_t)(is_dim ? level * 2 / 3 : level);
        }
}

struct told {
    int n;
    int64_t at_ns;
};

static void listen(const struct fr_event *event, void *userdata)
{
    struct told *told = userdata;
    if (event->kind != FR_EVENT_MOTION_START)
        return;
    told->n++;
    told->at_ns = event->decided_mono_ns;
}

START_TEST(trees_alarm_neither_at_the_start_nor_after_a_step_of_light_and_a_person_does)
{
    struct fr_detector_settings settings = fr_detector_settings_default();
    struct fr_event_settings event_settings = {.start_ns = 200000000, .end_ns = 1000000000};
    struct fr_detector *detector;
    struct fr_events events;
    struct fr_detection detection;
    struct told told = {0};
    static uint8_t luma[WIDTH * HEIGHT];
    const uint32_t comes = 40 * RATE;
    uint32_t n_moving = 0;

    ck_assert_int_eq(fr_detector_new(&settings, WIDTH, HEIGHT, &detector), 0);
    fr_events_init(&events, &event_settings, 0, listen, &told);
    for (uint32_t frame = 0; frame < comes + RATE; frame++) {
        struct fr_frame_id id = {
            .captured_mono_ns = frame * FRAME_NS, .width_px = WIDTH, .height_px = HEIGHT};
        draw(luma, frame, frame >= 20 * RATE && frame < 30 * RATE,
             frame < comes ? 0 : 4 * (frame - comes + 1));
        struct fr_luma plane = {luma, WIDTH, HEIGHT, WIDTH, 1};
        ck_assert_int_eq(fr_detector_look(detector, &plane), 0);
        ck_assert_int_eq(fr_detector_decide(detector, id.captured_mono_ns, &detection), 0);
        fr_events_frame(&events, &id, &detection, NULL);
        if (frame < comes) {
            ck_assert_msg(!told.n, "an event at %.2f s", (double)told.at_ns * 1e-9);
            n_moving += detection.n_objects > 0;
        }
    }
    ck_assert_msg(n_moving > comes / 4, "trees that move: in %u frames", n_moving);
    ck_assert_int_eq(told.n, 1);
    ck_assert_msg(told.at_ns <= comes * FRAME_NS + 500000000, "told after %.2f s",
                  (double)(told.at_ns - comes * FRAME_NS) * 1e-9);
    fr_detector_free(detector);
}
END_TEST

/* The level of a tile, or half of the highest one beside it; worked out anew. */
static uint32_t allowed_q8(const uint32_t *levels_q8, int x, int y)
{
    uint32_t most_q8 = 0;
    for (int v = y - 1; v <= y + 1; v++)
        for (int u = x - 1; u <= x + 1; u++) {
            if (u < 0 || v < 0 || u >= TILES_X || v >= TILES / TILES_X)
                continue;
            uint32_t level_q8 = levels_q8[v * TILES_X + u] / (u == x && v == y ? 1 : 2);
            most_q8 = level_q8 > most_q8 ? level_q8 : most_q8;
        }
    return most_q8;
}

START_TEST(levels_and_what_they_allow_are_as_by_the_plainest_of_loops)
{
    static const uint32_t FULL_Q8 = 64 << 8;
    uint32_t levels_q8[TILES], random = 5;
    int n_expected = 0, n_tries = 0;
    uint8_t last[TILES] = {0};
    struct frame frame;

    begin(&frame);
    for (int i = 0; i < TILES; i++)
        levels_q8[i] = FULL_Q8;
    for (int n = 0; n < 30 * RATE; n++) {
        const bool is_young = n + 1 < 2 * RATE;
        const uint32_t rise = FULL_Q8 * 50 / (is_young ? 250 : 4000),
                       fall = FULL_Q8 * 50 / (is_young ? 1500 : 60000) + 1;
        for (int i = 0; i < TILES; i++) {
            random = random * 1664525u + 1013904223u;
            frame.busy[i] =
                (uint8_t)((random >> 16) % 8 < 1u + (uint32_t)i % 4 ? (random >> 8) % 65 : 0);
            const bool flickers = abs(frame.busy[i] - last[i]) >= 8;
            if ((uint32_t)frame.busy[i] * 256 <= levels_q8[i])
                levels_q8[i] = levels_q8[i] > fall ? levels_q8[i] - fall : 0;
            else if (flickers)
                levels_q8[i] = levels_q8[i] + rise < FULL_Q8 ? levels_q8[i] + rise : FULL_Q8;
            last[i] = frame.busy[i];
        }
        fr_habit_learn(&frame.habit, frame.busy, NULL, 0, FRAME_NS, HOLD_NS);
        for (int i = 0; i < TILES; i++) {
            ck_assert_uint_eq(frame.habit.usual_q8[i], levels_q8[i]);
            ck_assert_uint_eq(frame.habit.allowed_q8[i],
                              allowed_q8(levels_q8, i % TILES_X, i / TILES_X));
        }

        const int left = (int)(random >> 8) % TILES_X,
                  top = (int)(random >> 12) % (TILES / TILES_X);
        const int right = left + (int)(random >> 16) % (TILES_X - left);
        const int bottom = top + (int)(random >> 20) % (TILES / TILES_X - top);
        uint64_t all_q8 = 0, above_q8 = 0;
        for (int y = top; y <= bottom; y++)
            for (int x = left; x <= right; x++) {
                const uint32_t now_q8 = (uint32_t)frame.busy[y * TILES_X + x] * 256;
                const uint32_t allowed = allowed_q8(levels_q8, x, y);
                all_q8 += now_q8;
                above_q8 += now_q8 > allowed ? now_q8 - allowed : 0;
            }
        const struct fr_object object = {.x_px = (uint32_t)left * 16,
                                         .y_px = (uint32_t)top * 16,
                                         .width_px = (uint32_t)(right - left + 1) * 16,
                                         .height_px = (uint32_t)(bottom - top + 1) * 16,
                                         .area_px = 64};
        const bool is_expected = 2 * above_q8 < all_q8;
        ck_assert_int_eq(fr_habit_expects(&frame.habit, frame.busy, &object), is_expected);
        n_expected += is_expected;
        n_tries++;
    }
    /* Or nothing would have been shown. */
    ck_assert_int_gt(n_expected, n_tries / 10);
    ck_assert_int_lt(n_expected, n_tries * 9 / 10);
    fr_habit_fini(&frame.habit);
}
END_TEST

START_TEST(a_level_rises_by_all_of_a_tile_within_one_long_frame)
{
    struct frame frame;

    begin(&frame);
    memset(frame.busy, 0, sizeof frame.busy);
    fr_habit_learn(&frame.habit, frame.busy, NULL, 0, 900000000, HOLD_NS);
    ck_assert_uint_lt(frame.habit.usual_q8[0], 64 << 8);
    memset(frame.busy, 64, sizeof frame.busy);
    fr_habit_learn(&frame.habit, frame.busy, NULL, 0, 1000000000, HOLD_NS);
    ck_assert_uint_eq(frame.habit.usual_q8[0], 64 << 8);
    fr_habit_fini(&frame.habit);
}
END_TEST

UNIT_MAIN("habit", a_level_rises_by_all_of_a_tile_within_one_long_frame,
          levels_and_what_they_allow_are_as_by_the_plainest_of_loops,
          what_sways_in_its_place_is_expected_within_seconds_and_what_comes_there_is_not,
          at_the_start_nothing_is_told_that_goes_nowhere_unless_it_fills_half_of_the_picture,
          who_walks_at_the_start_is_told_when_he_has_gone_his_own_size,
          a_street_full_of_traffic_is_never_expected,
          who_comes_and_stands_still_is_not_expected_and_specks_always_are,
          trees_alarm_neither_at_the_start_nor_after_a_step_of_light_and_a_person_does)
