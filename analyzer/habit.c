#include "analyzer/habit.h"
#include "analyzer/gain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    TILE_PX = 2 * FR_TILE_SIDE,                   /* of the frame */
    FULL_Q8 = (FR_TILE_SIDE * FR_TILE_SIDE) << 8, /* all of a tile moves */
    FLICKER = 8,                                  /* pixels of a tile, from frame to frame */
    STRAIGHT = 2,        /* who travels goes no more than so many times the way */
    TRAVELLED = 0x8000,  /* a mark in a level, for this frame */
    AREA_MIN_PX = 64,    /* of the frame: 4x4 at half size */
    RISE_MS = 4000,      /* from nothing to all of a tile, */
    FALL_MS = 60000,     /* and back; */
    YOUNG_RISE_MS = 250, /* both while the model is young */
    YOUNG_FALL_MS = 1500,
};
static const int64_t YOUNG_NS = 2000000000;

size_t fr_habit_bytes(uint32_t half_width_px, uint32_t half_height_px)
{
    const size_t n_tiles = (size_t)fr_tiles(half_width_px) * fr_tiles(half_height_px);
    return n_tiles * (2 * sizeof(uint16_t) + sizeof(uint8_t)) +
           (fr_tiles(half_width_px) + 2) * sizeof(uint16_t);
}

int fr_habit_init(struct fr_habit *habit, uint32_t half_width_px, uint32_t half_height_px)
{
    *habit =
        (struct fr_habit){.tiles_x = fr_tiles(half_width_px), .tiles_y = fr_tiles(half_height_px)};
    const size_t n_tiles = (size_t)habit->tiles_x * habit->tiles_y;
    habit->usual_q8 = malloc(n_tiles * sizeof *habit->usual_q8);
    habit->allowed_q8 = malloc(n_tiles * sizeof *habit->allowed_q8);
    habit->highest_q8 = calloc(habit->tiles_x + 2, sizeof *habit->highest_q8);
    habit->last = calloc(n_tiles, sizeof *habit->last);
    if (habit->usual_q8 && habit->allowed_q8 && habit->highest_q8 && habit->last)
        return 0;
    fr_habit_fini(habit);
    return -ENOMEM;
}

void fr_habit_fini(struct fr_habit *habit)
{
    free(habit->usual_q8);
    free(habit->allowed_q8);
    free(habit->highest_q8);
    free(habit->last);
    *habit = (struct fr_habit){0};
}

void fr_habit_restart(struct fr_habit *habit)
{
    for (size_t i = 0; i < (size_t)habit->tiles_x * habit->tiles_y; i++)
        habit->usual_q8[i] = habit->allowed_q8[i] = FULL_Q8;
    habit->n_tracks = 0;
    habit->age_ns = 0;
}

static uint32_t right_of(const struct fr_object *object)
{
    return object->x_px + object->width_px;
}

static uint32_t bottom_of(const struct fr_object *object)
{
    return object->y_px + object->height_px;
}

/* Pixels of overlap along one axis; 0 or less: none. */
static int64_t overlap(int64_t begin, int64_t end, int64_t other_begin, int64_t other_end)
{
    return (end < other_end ? end : other_end) - (begin > other_begin ? begin : other_begin);
}

/* Pixels that lie in both boxes. */
static int64_t common_px(const struct fr_object *a, const struct fr_object *b)
{
    int64_t across = overlap(a->x_px, right_of(a), b->x_px, right_of(b));
    int64_t down = overlap(a->y_px, bottom_of(a), b->y_px, bottom_of(b));
    return across > 0 && down > 0 ? across * down : 0;
}

static int64_t box_px(const struct fr_object *object)
{
    return (int64_t)object->width_px * object->height_px;
}

/* From one's centre to the other's, across and down. */
static uint32_t way_px(const struct fr_object *a, const struct fr_object *b)
{
    int64_t across = (int64_t)(a->x_px + right_of(a)) - (b->x_px + right_of(b));
    int64_t down = (int64_t)(a->y_px + bottom_of(a)) - (b->y_px + bottom_of(b));
    return (uint32_t)((llabs(across) + llabs(down)) / 2);
}

static uint32_t side_px(const struct fr_object *object)
{
    return (object->width_px + object->height_px) / 2;
}

static bool is_alike(uint64_t area, uint64_t other)
{
    return area <= 2 * other && other <= 2 * area;
}

/* What became of an object: the same track, or one that begins where it broke off or grew
 * together. */
static struct fr_track follow(const struct fr_habit *habit, const struct fr_object *object,
                              int64_t elapsed_ns, int64_t hold_ns)
{
    struct fr_track track = {.now = *object, .born = *object};
    const struct fr_track *best = NULL;
    int64_t most = 0;

    for (size_t i = 0; i < habit->n_tracks; i++) {
        const struct fr_track *before = &habit->tracks[i];
        int64_t common = common_px(&before->now, object);
        if (2 * common < box_px(object) && 2 * common < box_px(&before->now))
            continue;
        if (before->travels_ns - elapsed_ns > track.travels_ns &&
            object->area_px <= 2 * before->now.area_px)
            track.travels_ns = before->travels_ns - elapsed_ns;
        if (common > most && is_alike(before->now.area_px, object->area_px)) {
            most = common;
            best = before;
        }
    }
    if (!best)
        return track;
    track.born = best->born;
    track.path_px = best->path_px + way_px(&best->now, object);
    const uint32_t way = way_px(&track.born, object);
    if (way >= side_px(object) && way >= side_px(&track.born) && way >= TILE_PX &&
        !common_px(&track.born, object)) {
        if (STRAIGHT * way >= track.path_px)
            track.travels_ns = hold_ns;
        track.born = *object;
        track.path_px = 0;
    }
    return track;
}

static bool contains(const struct fr_object *outer, const struct fr_object *inner)
{
    return inner->x_px >= outer->x_px && right_of(inner) <= right_of(outer) &&
           inner->y_px >= outer->y_px && bottom_of(inner) <= bottom_of(outer);
}

struct tiles {
    uint32_t left, top, right, bottom; /* the last ones of the object */
};

static struct tiles tiles_of(const struct fr_habit *habit, const struct fr_object *object)
{
    struct tiles tiles = {object->x_px / TILE_PX, object->y_px / TILE_PX,
                          (right_of(object) - 1) / TILE_PX, (bottom_of(object) - 1) / TILE_PX};
    tiles.right = tiles.right < habit->tiles_x ? tiles.right : habit->tiles_x - 1;
    tiles.bottom = tiles.bottom < habit->tiles_y ? tiles.bottom : habit->tiles_y - 1;
    return tiles;
}

static inline uint16_t higher(uint16_t a, uint16_t b)
{
    return (int16_t)a > (int16_t)b ? a
                                   : b; /* levels are below 2^15, which vectors compare faster */
}

/* Of rows of tiles, one above the other, the highest of each column; then of a row and those
 * beside. */
static void allow_row(const uint16_t *restrict above, const uint16_t *restrict usual,
                      const uint16_t *restrict below, size_t n, uint16_t *restrict highest,
                      uint16_t *restrict allowed)
{
    for (size_t x = 0; x < n; x++)
        highest[x + 1] = higher(higher(above[x], below[x]), usual[x]);
    for (size_t x = 0; x < n; x++) {
        const uint16_t around = higher(higher(highest[x], highest[x + 2]), highest[x + 1]);
        allowed[x] = higher(usual[x], around / 2);
    }
}

static void allow(struct fr_habit *habit)
{
    const size_t n = habit->tiles_x;

    for (uint32_t y = 0; y < habit->tiles_y; y++) {
        const uint16_t *usual = habit->usual_q8 + y * n;
        allow_row(y ? usual - n : usual, usual, y + 1 < habit->tiles_y ? usual + n : usual, n,
                  habit->highest_q8, habit->allowed_q8 + y * n);
    }
}

bool fr_habit_expects(const struct fr_habit *habit, const uint8_t *busy,
                      const struct fr_object *object)
{
    const struct tiles tiles = tiles_of(habit, object);
    uint64_t all_q8 = 0, above_q8 = 0;

    if (object->area_px < AREA_MIN_PX)
        return true;
    if (object->area_px > (uint64_t)habit->tiles_x * habit->tiles_y * TILE_PX * TILE_PX / 2)
        return false;
    for (size_t i = 0; i < habit->n_tracks; i++)
        if (habit->tracks[i].travels_ns > 0 && contains(&habit->tracks[i].now, object))
            return false;
    for (uint32_t y = tiles.top; y <= tiles.bottom; y++) {
        const size_t row = (size_t)y * habit->tiles_x;
        uint32_t row_q8 = 0, row_above_q8 = 0; /* of 1,024 tiles at most */
        for (size_t i = row + tiles.left; i <= row + tiles.right; i++) {
            const uint16_t now_q8 = (uint16_t)(busy[i] << 8), allowed_q8 = habit->allowed_q8[i];
            row_q8 += now_q8;
            row_above_q8 += now_q8 > allowed_q8 ? (uint16_t)(now_q8 - allowed_q8) : 0;
        }
        all_q8 += row_q8;
        above_q8 += row_above_q8;
    }
    return 2 * above_q8 < all_q8;
}

static void mark(struct fr_habit *habit, const struct fr_object *object)
{
    const struct tiles tiles = tiles_of(habit, object);
    for (uint32_t y = tiles.top; y <= tiles.bottom; y++)
        for (uint32_t x = tiles.left; x <= tiles.right; x++)
            habit->usual_q8[(size_t)y * habit->tiles_x + x] |= TRAVELLED;
}

/* Levels rise where more moves than usual, and fall elsewhere and where something travels. */
static void move_levels(uint16_t *restrict levels_q8, uint8_t *restrict last,
                        const uint8_t *restrict busy, size_t n, int16_t rise, int16_t fall)
{
    for (size_t i = 0; i < n; i++) {
        const int16_t level = (int16_t)levels_q8[i], usual = level & (TRAVELLED - 1);
        const int16_t room = (int16_t)(FULL_Q8 - usual), now = (int16_t)(busy[i] << 8);
        const int16_t down = fall < usual ? fall : usual, up = rise < room ? rise : room;
        const int16_t change = (int16_t)(busy[i] - last[i]);
        const int16_t flickers = (int16_t)(-(change >= FLICKER) | -(change <= -FLICKER));
        const int16_t is_above = (int16_t)(-(now > usual) & -(level >= 0));
        levels_q8[i] = (uint16_t)(usual + (is_above & flickers & up) - (~is_above & down));
        last[i] = busy[i];
    }
}

static void learn_levels(struct fr_habit *habit, const uint8_t *busy, int64_t elapsed_ns)
{
    const bool is_young = habit->age_ns < YOUNG_NS;
    const int64_t all = FULL_Q8 * (elapsed_ns / 1000) / 1000;
    const int64_t rise = all / (is_young ? YOUNG_RISE_MS : RISE_MS);
    const int64_t fall = all / (is_young ? YOUNG_FALL_MS : FALL_MS) + 1;

    move_levels(habit->usual_q8, habit->last, busy, (size_t)habit->tiles_x * habit->tiles_y,
                (int16_t)(rise < FULL_Q8 ? rise : FULL_Q8),
                (int16_t)(fall < FULL_Q8 ? fall : FULL_Q8));
    allow(habit);
}

void fr_habit_learn(struct fr_habit *habit, const uint8_t *busy, const struct fr_object *objects,
                    size_t n_objects, int64_t elapsed_ns, int64_t hold_ns)
{
    struct fr_track next[FR_DETECTOR_BOXES_MAX];

    for (size_t i = 0; i < n_objects; i++)
        next[i] = follow(habit, &objects[i], elapsed_ns, hold_ns);
    memcpy(habit->tracks, next, n_objects * sizeof next[0]);
    habit->n_tracks = n_objects;
    for (size_t i = 0; i < n_objects; i++)
        if (habit->tracks[i].travels_ns > 0)
            mark(habit, &objects[i]);
    habit->age_ns += elapsed_ns;
    learn_levels(habit, busy, elapsed_ns);
}
