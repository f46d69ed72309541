/* Objects of a mask, against a flood fill that looks at one pixel after another. */
#include "analyzer/components.h"
#include "analyzer/mask_edges.h"
#include "tests/unit/bit_planes.h"

#include <stdio.h>

enum { SIDE_MAX = 64, OBJECTS_MAX = SIDE_MAX * SIDE_MAX };

static uint32_t random_state = 1;

static uint32_t next_random(void)
{
    random_state = random_state * 1664525u + 1013904223u;
    return random_state >> 8;
}

static void draw_noise(uint8_t *mask, size_t n, uint32_t percent)
{
    for (size_t i = 0; i < n; i++)
        mask[i] = next_random() % 100 < percent;
}

/* Takes the object at (x, y) out of the mask, and returns what it was. */
static struct fr_component flood(uint8_t *mask, uint32_t width, uint32_t height, uint32_t x,
                                 uint32_t y)
{
    static uint32_t stack[OBJECTS_MAX];
    struct fr_component object = {.left_px = x, .right_px = x, .top_px = y, .bottom_px = y};
    size_t n = 0;

    stack[n++] = y * width + x;
    mask[y * width + x] = 0;
    while (n) {
        uint32_t at = stack[--n];
        int cx = (int)(at % width), cy = (int)(at / width);
        object.area_px++;
        object.sum_x += (uint64_t)cx;
        object.sum_y += (uint64_t)cy;
        object.left_px = (uint32_t)cx < object.left_px ? (uint32_t)cx : object.left_px;
        object.right_px = (uint32_t)cx > object.right_px ? (uint32_t)cx : object.right_px;
        object.top_px = (uint32_t)cy < object.top_px ? (uint32_t)cy : object.top_px;
        object.bottom_px = (uint32_t)cy > object.bottom_px ? (uint32_t)cy : object.bottom_px;
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                int nx = cx + dx, ny = cy + dy;
                if (nx < 0 || ny < 0 || nx >= (int)width || ny >= (int)height)
                    continue;
                uint32_t neighbour = (uint32_t)ny * width + (uint32_t)nx;
                if (!mask[neighbour])
                    continue;
                mask[neighbour] = 0;
                stack[n++] = neighbour;
            }
    }
    return object;
}

/* Every member, in an order that does not depend on how the objects were found. */
static int compare(const void *left, const void *right)
{
    const struct fr_component *a = left, *b = right;
    const uint64_t fields[][2] = {{b->area_px, a->area_px},   {a->bottom_px, b->bottom_px},
                                  {a->left_px, b->left_px},   {a->top_px, b->top_px},
                                  {a->right_px, b->right_px}, {a->sum_x, b->sum_x},
                                  {a->sum_y, b->sum_y}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i][0] != fields[i][1])
            return fields[i][0] < fields[i][1] ? -1 : 1;
    return 0;
}

static void assert_as_flooded(const uint8_t *mask, uint32_t width, uint32_t height)
{
    static struct fr_component expected[OBJECTS_MAX], found[OBJECTS_MAX];
    static uint8_t left_over[OBJECTS_MAX];
    size_t n = 0;
    uint64_t area = 0;

    memcpy(left_over, mask, (size_t)width * height);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            if (left_over[y * width + x]) {
                expected[n] = flood(left_over, width, height, x, y);
                area += expected[n++].area_px;
            }

    struct fr_components *components;
    ck_assert_int_eq(fr_components_new(width, &components), 0);
    static uint8_t bits[OBJECTS_MAX + FR_BITS_ROOM];
    ck_assert_uint_le(fr_mask_bytes(width, height), sizeof bits);
    mask_of(mask, width, height, bits);
    qsort(expected, n, sizeof *expected, compare);
    const struct fr_component_filter filter = {.min_area_px = 1};
    struct fr_components_found got =
        fr_components_find(components, bits, width, height, &filter, found, OBJECTS_MAX);
    ck_assert_uint_eq(got.n_objects, n);
    ck_assert_uint_eq(got.n_kept, n);
    ck_assert_uint_eq(got.area_px, area);
    for (size_t i = 1; i < n; i++)
        ck_assert(found[i - 1].area_px >= found[i].area_px);
    qsort(found, n, sizeof *found, compare);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(compare(&expected[i], &found[i]), 0);
    fr_components_free(components);
}

START_TEST(random_masks_give_the_objects_that_a_flood_fill_finds)
{
    static uint8_t mask[OBJECTS_MAX];

    for (int round = 0; round < 600; round++) {
        uint32_t width = 1 + next_random() % SIDE_MAX, height = 1 + next_random() % SIDE_MAX;
        draw_noise(mask, (size_t)width * height, next_random() % 101);
        assert_as_flooded(mask, width, height);
    }
}
END_TEST

START_TEST(wide_masks_with_empty_stretches_give_the_same_objects)
{
    static uint8_t mask[OBJECTS_MAX];

    for (int round = 0; round < 300; round++) {
        uint32_t width = 1 + next_random() % 500, height = 1 + next_random() % 8;
        draw_noise(mask, (size_t)width * height, next_random() % 101);
        for (uint32_t x = 0; x < width; x += 16)
            for (uint32_t y = 0; y < height && next_random() % 4; y++)
                memset(mask + (size_t)y * width + x, 0, width - x < 16 ? width - x : 16);
        assert_as_flooded(mask, width, height);
    }
}
END_TEST

START_TEST(edges_are_where_a_bit_differs_from_the_one_before)
{
    enum { WIDTH = 300 };
    uint8_t row[WIDTH], bits[WIDTH + FR_BITS_ROOM];
    uint32_t edges[WIDTH + 4], expected[WIDTH + 1];

    for (int round = 0; round < 2000; round++) {
        const uint32_t from = next_random() % WIDTH,
                       end = from + next_random() % (WIDTH + 1 - from);
        const uint32_t percent = next_random() % 101;
        size_t n = 0;
        for (uint32_t x = 0; x < WIDTH; x++)
            row[x] = next_random() % 100 < percent;
        mask_of(row, WIDTH, 1, bits);
        for (uint32_t x = from; x < end; x++) {
            if (row[x] && (x == from || !row[x - 1]))
                expected[n++] = x;
            if (row[x] && (x + 1 == end || !row[x + 1]))
                expected[n++] = x + 1;
        }
        ck_assert_uint_eq(fr_mask_edges(bits, from, end, edges), n);
        ck_assert_mem_eq(edges, expected, n * sizeof *edges);
    }
}
END_TEST

START_TEST(combs_and_spirals_are_one_object)
{
    static uint8_t mask[OBJECTS_MAX];
    /* Teeth that meet in the last row only, and then in the first only. */
    for (int upside_down = 0; upside_down < 2; upside_down++) {
        for (uint32_t y = 0; y < SIDE_MAX; y++)
            for (uint32_t x = 0; x < SIDE_MAX; x++)
                mask[y * SIDE_MAX + x] = x % 2 == 0 || y == (upside_down ? 0 : SIDE_MAX - 1);
        assert_as_flooded(mask, SIDE_MAX, SIDE_MAX);
    }
    /* A spiral of width 1 with gaps of 1. */
    memset(mask, 0, sizeof mask);
    int x = 0, y = 0, dx = 1, dy = 0;
    for (int length = SIDE_MAX - 1; length > 1; length -= 2)
        for (int side = 0; side < 2; side++) {
            for (int i = 0; i < length; i++, x += dx, y += dy)
                mask[y * SIDE_MAX + x] = 1;
            int turn = dx;
            dx = -dy;
            dy = turn;
        }
    assert_as_flooded(mask, SIDE_MAX, SIDE_MAX);
}
END_TEST

/* In a mask of bytes. */
static struct fr_components_found find(struct fr_components *components, const uint8_t *mask,
                                       uint32_t width, uint32_t height,
                                       const struct fr_component_filter *filter,
                                       struct fr_component *kept, size_t room)
{
    static uint8_t bits[BITS_MAX / 8 + FR_BITS_ROOM];

    ck_assert_uint_le(fr_mask_bytes(width, height), sizeof bits);
    mask_of(mask, width, height, bits);
    return fr_components_find(components, bits, width, height, filter, kept, room);
}

START_TEST(objects_beyond_the_room_are_counted_and_the_largest_stay)
{
    /* Squares of side 1 to 8, one beside the other. */
    enum { WIDTH = 8 * 9, HEIGHT = 9 };
    uint8_t mask[WIDTH * HEIGHT] = {0};
    for (uint32_t side = 1; side <= 8; side++)
        for (uint32_t y = 0; y < side; y++)
            memset(mask + y * WIDTH + (side - 1) * 9, 255, side);

    struct fr_components *components;
    struct fr_component kept[3];
    ck_assert_int_eq(fr_components_new(WIDTH, &components), 0);
    struct fr_components_found found = find(
        components, mask, WIDTH, HEIGHT, &(struct fr_component_filter){.min_area_px = 1}, kept, 3);
    ck_assert_uint_eq(found.n_objects, 8);
    ck_assert_uint_eq(found.n_kept, 3);
    ck_assert_uint_eq(found.area_px, 204);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(kept[i].area_px, (8 - i) * (8 - i));

    found = find(components, mask, WIDTH, HEIGHT, &(struct fr_component_filter){.min_area_px = 26},
                 NULL, 0);
    ck_assert_uint_eq(found.n_objects, 3);
    ck_assert_uint_eq(found.n_kept, 0);
    fr_components_free(components);
}
END_TEST

START_TEST(a_chessboard_of_the_largest_width_is_one_object)
{
    enum { WIDTH = 8192, HEIGHT = 4 };
    static uint8_t mask[WIDTH * HEIGHT];
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
        mask[i] = (i + i / WIDTH) % 2;

    struct fr_components *components;
    struct fr_component kept;
    ck_assert_int_eq(fr_components_new(WIDTH, &components), 0);
    struct fr_components_found found = find(
        components, mask, WIDTH, HEIGHT, &(struct fr_component_filter){.min_area_px = 1}, &kept, 1);
    ck_assert_uint_eq(found.n_objects, 1);
    ck_assert_uint_eq(kept.area_px, WIDTH * HEIGHT / 2);
    /* And every second row of it is as many as a row can have. */
    for (uint32_t y = 1; y < HEIGHT; y += 2)
        memset(mask + (size_t)y * WIDTH, 0, WIDTH);
    found = find(components, mask, WIDTH, HEIGHT, &(struct fr_component_filter){.min_area_px = 1},
                 &kept, 1);
    ck_assert_uint_eq(found.n_objects, WIDTH / 2 * 2);
    fr_components_free(components);
}
END_TEST

/* A comb of one object, its back in the upper row. */
static void draw_comb(uint8_t *mask)
{
    memset(mask, 0, 20 * 6);
    memset(mask, 1, 20);
    for (uint32_t y = 1; y < 6; y++)
        for (uint32_t x = 0; x < 20; x += 4)
            mask[y * 20 + x] = mask[y * 20 + x + 1] = 1;
}

START_TEST(objects_are_cut_at_the_edges_of_where_they_are_looked_for)
{
    uint8_t mask[20 * 6];
    struct fr_component kept[8];
    struct fr_components *components;
    /* Without the back: the teeth from 4 to 9 and from 16 on, of which 17 is left out. */
    struct fr_span items[] = {{2, 4, 9}, {2, 16, 16}, {3, 4, 9}, {3, 16, 16}, {9, 0, 19}};
    const struct fr_spans spans = {.n = 5, .items = items};

    draw_comb(mask);
    ck_assert_int_eq(fr_components_new(20, &components), 0);
    const struct fr_component_filter within = {.min_area_px = 1, .within = &spans};
    struct fr_components_found found = find(components, mask, 20, 6, &within, kept, 8);
    ck_assert_uint_eq(found.n_objects, 3);
    ck_assert_uint_eq(found.area_px, 10);
    ck_assert_uint_eq(kept[0].left_px, 4);
    ck_assert_uint_eq(kept[0].right_px, 5);
    ck_assert_uint_eq(kept[0].top_px, 2);
    ck_assert_uint_eq(kept[0].bottom_px, 3);
    ck_assert_uint_eq(kept[1].left_px, 8);
    ck_assert_uint_eq(kept[2].left_px, 16);
    ck_assert_uint_eq(kept[2].right_px, 16);
    const struct fr_spans none = {0};
    found = find(components, mask, 20, 6, &(struct fr_component_filter){.within = &none}, kept, 8);
    ck_assert_uint_eq(found.n_objects, 0);
    fr_components_free(components);
}
END_TEST

START_TEST(objects_above_the_largest_size_do_not_count)
{
    uint8_t mask[20 * 6];
    struct fr_component kept[8];
    struct fr_components *components;

    draw_comb(mask);
    ck_assert_int_eq(fr_components_new(20, &components), 0);
    for (uint64_t max = 69; max <= 71; max++) {
        const struct fr_component_filter filter = {.min_area_px = 1, .max_area_px = max};
        struct fr_components_found found = find(components, mask, 20, 6, &filter, kept, 8);
        ck_assert_uint_eq(found.n_objects, max >= 70);
    }
    fr_components_free(components);
}
END_TEST

UNIT_MAIN("components", objects_are_cut_at_the_edges_of_where_they_are_looked_for,
          objects_above_the_largest_size_do_not_count,
          random_masks_give_the_objects_that_a_flood_fill_finds,
          wide_masks_with_empty_stretches_give_the_same_objects,
          edges_are_where_a_bit_differs_from_the_one_before, combs_and_spirals_are_one_object,
          objects_beyond_the_room_are_counted_and_the_largest_stay,
          a_chessboard_of_the_largest_width_is_one_object)
