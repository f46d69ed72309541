/* Polygons and masks cut into pixels: which belong to what, at every size. */
#include "analyzer/areas.h"
#include "analyzer/polygon_raster.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <math.h>

enum { SIDE_MAX = 128 };

static struct fr_polygon polygon(const char *text)
{
    struct fr_polygon p = {0};
    const char *why = "";
    ck_assert_msg(fr_polygon_parse(text, &p, &why) == 0, "%s %s", text, why);
    return p;
}

static size_t count(const uint8_t *plane, size_t n, uint8_t value)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        found += plane[i] == value;
    return found;
}

/* Whether a place lies in a polygon, by the ray that goes to the right. */
static bool is_inside(const struct fr_polygon *p, double x, double y)
{
    bool inside = false;
    for (uint32_t i = 0, k = p->n - 1; i < p->n; k = i++) {
        double xi = p->points[i].x_q16 / 65536.0, yi = p->points[i].y_q16 / 65536.0;
        double xk = p->points[k].x_q16 / 65536.0, yk = p->points[k].y_q16 / 65536.0;
        if ((yi > y) != (yk > y) && x < (xk - xi) * (y - yi) / (yk - yi) + xi)
            inside = !inside;
    }
    return inside;
}

/* How far a place is from the nearest edge. */
static double distance(const struct fr_polygon *p, double x, double y, double width, double height)
{
    double least = 1e9;
    for (uint32_t i = 0, k = p->n - 1; i < p->n; k = i++) {
        double ax = p->points[k].x_q16 / 65536.0 * width,
               ay = p->points[k].y_q16 / 65536.0 * height;
        double bx = p->points[i].x_q16 / 65536.0 * width,
               by = p->points[i].y_q16 / 65536.0 * height;
        double length2 = (bx - ax) * (bx - ax) + (by - ay) * (by - ay);
        double along = length2 > 0 ? ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2 : 0;
        along = along < 0 ? 0 : along > 1 ? 1 : along;
        least = fmin(least, hypot(ax + along * (bx - ax) - x, ay + along * (by - ay) - y));
    }
    return least;
}

static const char *const shapes[] = {
    "0,0 1,0 1,1 0,1",
    "0.1,0.2 0.5,0.2 0.5,0.9",
    "0.5,0 1,0.5 0.5,1 0,0.5",
    "0,0 1,0 0.5,0.5 1,1 0,1",
    "0.1,0.1 0.9,0.1 0.9,0.9 0.7,0.9 0.7,0.3 0.3,0.3 0.3,0.9 0.1,0.9",
    "0.31,0.07 0.93,0.41 0.62,0.96 0.05,0.55"};
static const uint32_t sizes[][2] = {{1, 1}, {2, 3}, {8, 8}, {17, 5}, {64, 48}, {127, 101}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes, N_SIZES = sizeof sizes / sizeof *sizes };

START_TEST(a_pixel_belongs_to_a_polygon_when_its_centre_does)
{
    for (size_t i = 0; i < N_SHAPES; i++)
        for (size_t k = 0; k < N_SIZES; k++) {
            struct fr_polygon p = polygon(shapes[i]);
            uint32_t width = sizes[k][0], height = sizes[k][1];
            uint8_t plane[SIDE_MAX * SIDE_MAX] = {0};
            fr_polygon_fill(&p, width, height, plane, 7);
            for (uint32_t y = 0; y < height; y++)
                for (uint32_t x = 0; x < width; x++) {
                    double cx = x + 0.5, cy = y + 0.5;
                    if (distance(&p, cx, cy, width, height) < 1e-3)
                        continue; /* on the edge itself it is one or the other */
                    ck_assert_msg((plane[y * width + x] == 7) ==
                                      is_inside(&p, cx / width, cy / height),
                                  "%s at %u,%u of %ux%u", shapes[i], x, y, width, height);
                }
            ck_assert_uint_eq(count(plane + width * height, sizeof plane - width * height, 0),
                              sizeof plane - width * height);
        }
}
END_TEST

/* Two sides of a cut through the picture, along the same points. */
START_TEST(polygons_that_share_an_edge_leave_no_pixel_out_and_take_none_twice)
{
    static const char *const cuts[] = {"0.5,0 0.5,1",   "0.3,0 0.7,1",
                                       "0.01,0 0.99,1", "0.37,0 0.81,0.4 0.2,0.6 0.5,1",
                                       "0,0 1,1",       "0.5,0 0.25,0.5 0.75,0.5 0.5,1"};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        for (size_t k = 0; k < N_SIZES; k++) {
            char left[200], right[200];
            uint8_t planes[2][SIDE_MAX * SIDE_MAX] = {0};
            size_t n = (size_t)sizes[k][0] * sizes[k][1];
            snprintf(left, sizeof left, "%s 0,1 0,0", cuts[i]);
            snprintf(right, sizeof right, "%s 1,1 1,0", cuts[i]);
            struct fr_polygon a = polygon(left), b = polygon(right);
            fr_polygon_fill(&a, sizes[k][0], sizes[k][1], planes[0], 1);
            fr_polygon_fill(&b, sizes[k][0], sizes[k][1], planes[1], 1);
            for (size_t px = 0; px < n; px++)
                ck_assert_msg(planes[0][px] + planes[1][px] == 1, "%s: pixel %zu of %ux%u in %d",
                              cuts[i], px, sizes[k][0], sizes[k][1], planes[0][px] + planes[1][px]);
        }
}
END_TEST

START_TEST(what_is_thinner_than_a_pixel_may_have_none_and_does_no_harm)
{
    static const char *const thin[] = {"0.5,0 0.50002,0 0.5,1", "0,0.5 1,0.5 0.5,0.50002",
                                       "0,0 0.00002,0 0,0.00002", "1,1 1,0.99998 0.99998,1"};
    for (size_t i = 0; i < sizeof thin / sizeof *thin; i++)
        for (size_t k = 0; k < N_SIZES; k++) {
            struct fr_polygon p = polygon(thin[i]);
            uint8_t plane[SIDE_MAX * SIDE_MAX] = {0};
            fr_polygon_fill(&p, sizes[k][0], sizes[k][1], plane, 1);
            ck_assert_uint_le(count(plane, sizeof plane, 1), SIDE_MAX);
        }
}
END_TEST

START_TEST(a_polygon_is_the_same_share_at_every_size)
{
    for (size_t i = 0; i < N_SHAPES; i++) {
        struct fr_polygon p = polygon(shapes[i]);
        static uint8_t small[160 * 120], large[3840 * 2160];
        memset(small, 0, sizeof small);
        memset(large, 0, sizeof large);
        fr_polygon_fill(&p, 160, 120, small, 1);
        fr_polygon_fill(&p, 3840, 2160, large, 1);
        ck_assert_double_eq_tol((double)count(small, sizeof small, 1) / sizeof small,
                                (double)count(large, sizeof large, 1) / sizeof large, 0.006);
    }
}
END_TEST

static char folder[UNIT_FOLDER_MAX];

static struct fr_analyzer_settings settings_of(const char *text)
{
    struct fr_analyzer_settings settings;
    char reason[FR_SETTINGS_REASON_MAX] = "";
    ck_assert_int_eq(fr_settings_defaults(&fr_analyzer_table, &settings), 0);
    ck_assert_msg(fr_settings_load_text(&fr_analyzer_table, &settings, "a.conf", text, strlen(text),
                                        reason, sizeof reason) == 0,
                  "%s", reason);
    return settings;
}

static struct fr_area_map *map_of(const char *text, uint32_t width, uint32_t height)
{
    struct fr_analyzer_settings settings = settings_of(text);
    struct fr_areas areas;
    struct fr_area_map *map = NULL;
    char reason[FR_SETTINGS_REASON_MAX] = "", config[80];
    snprintf(config, sizeof config, "%s/a.conf", folder);
    ck_assert_msg(fr_areas_init(&areas, &settings, config, reason, sizeof reason) == 0, "%s",
                  reason);
    ck_assert_int_eq(fr_areas_map(&areas, width, height, &map), 0);
    fr_areas_fini(&areas);
    return map;
}

static void write_file(const char *name, const void *bytes, size_t n)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static uint64_t px(const struct fr_spans *spans)
{
    uint64_t n = 0;
    for (size_t i = 0; i < spans->n; i++)
        n += spans->items[i].last - spans->items[i].first + 1;
    return n;
}

START_TEST(without_areas_there_is_no_map)
{
    ck_assert_ptr_null(map_of("[analyzer]\n", 40, 20));
}
END_TEST

START_TEST(the_first_zone_decides_and_what_is_ignored_belongs_to_none)
{
    struct fr_area_map *map =
        map_of("[zone low]\npolygon = 0,0 0.5,0 0.5,1 0,1\nsensitivity = 10\n"
               "[zone plain]\npolygon = 0.25,0 1,0 1,1 0.25,1\n"
               "[zone high]\npolygon = 0,0 1,0 1,0.5 0,0.5\nsensitivity = 90\n"
               "[ignore corner]\npolygon = 0,0 0.1,0 0.1,0.1 0,0.1\n",
               40, 20);
    ck_assert_uint_eq(map->n_zones, 3);
    ck_assert_uint_eq(px(&map->ignored), 4 * 2);
    ck_assert_uint_eq(map->n_watched_px, 800 - 8);
    ck_assert_uint_eq(px(&map->zones[0]), 20 * 20 - 8);
    ck_assert_uint_eq(px(&map->zones[1]), 30 * 20);
    ck_assert_uint_eq(px(&map->zones[2]), 40 * 10 - 8);
    uint64_t n[101] = {0}, ignored = 0, all = 0;
    for (size_t i = 0; i < map->n_runs; i++) {
        n[map->runs[i].sensitivity] += map->runs[i].n_px;
        ignored += map->runs[i].is_ignored ? map->runs[i].n_px : 0;
        all += map->runs[i].n_px;
    }
    ck_assert_uint_eq(all, 800);
    ck_assert_uint_eq(ignored, 8);
    ck_assert_uint_eq(n[10], 400 - 8);
    ck_assert_uint_eq(n[90], 0); /* all of it belongs to one before it */
    ck_assert_uint_eq(n[0], 400 + 8);
    fr_area_map_free(map);
}
END_TEST

START_TEST(a_mask_is_stretched_over_the_frame_and_ignores_where_it_is_dark)
{
    /* Dark on the left third of 3x2, in 8 and in 16 bits, with a comment. */
    static const uint8_t small[] = "P5\n# drawn by hand\n3 2\n255\n\x00\xff\xff\x7f\x80\xff";
    static const uint8_t deep[] = "P5 3 2 1000\n\x00\x00\x03\xe8\x03\xe8\x01\xf3\x01\xf8\x03\xe8";
    write_file("small.pgm", small, sizeof small - 1);
    write_file("deep.pgm", deep, sizeof deep - 1);
    for (int i = 0; i < 2; i++) {
        struct fr_area_map *map =
            map_of(i ? "[ignore a]\nmask = deep.pgm\n" : "[ignore a]\nmask = small.pgm\n", 60, 30);
        ck_assert_uint_eq(px(&map->ignored), 20 * 30);
        for (size_t s = 0; s < map->ignored.n; s++) {
            ck_assert_uint_eq(map->ignored.items[s].first, 0);
            ck_assert_uint_eq(map->ignored.items[s].last, 19);
        }
        fr_area_map_free(map);
    }
}
END_TEST

START_TEST(F8_areas_that_make_no_sense_are_refused_by_name)
{
    static const uint8_t white[] = "P5 2 1 255 \xff\xff", black[] = "P5 2 1 255 \x00\x00";
    write_file("white.pgm", white, sizeof white - 1);
    write_file("black.pgm", black, sizeof black - 1);
    write_file("text", "hello", 5);
    static const struct {
        const char *text, *told;
    } bad[] = {
        {"[ignore a]\nmask = white.pgm\n", "[ignore a]: mask: %s/white.pgm: nothing in it is dark"},
        {"[ignore a]\nmask = black.pgm\n", "the ignored areas are the whole picture"},
        {"[ignore a]\npolygon = 0,0 1,0 1,1 0,1\n", "the ignored areas are the whole picture"},
        {"[ignore a]\nmask = text\n", "%s/text: not a picture; expected PNG, or PGM"},
        {"[ignore a]\nmask = none.png\n", "%s/none.png: No such file or directory"},
        {"[ignore a]\nmask = /dev/zero\n", "/dev/zero: not a regular file"},
        {"[ignore a]\nmask = .\n", "not a regular file"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fr_analyzer_settings settings = settings_of(bad[i].text);
        struct fr_areas areas;
        char reason[FR_SETTINGS_REASON_MAX] = "", config[80], told[200];
        snprintf(config, sizeof config, "%s/a.conf", folder);
        snprintf(told, sizeof told, bad[i].told, folder);
        ck_assert_int_lt(fr_areas_init(&areas, &settings, config, reason, sizeof reason), 0);
        ck_assert_msg(strstr(reason, told) != NULL, "%s: %s", bad[i].text, reason);
    }
}
END_TEST

int main(void)
{
    unit_begin();
    unit_folder(folder);
    const TTest *const tests[] = {
        a_pixel_belongs_to_a_polygon_when_its_centre_does,
        polygons_that_share_an_edge_leave_no_pixel_out_and_take_none_twice,
        what_is_thinner_than_a_pixel_may_have_none_and_does_no_harm,
        a_polygon_is_the_same_share_at_every_size,
        without_areas_there_is_no_map,
        the_first_zone_decides_and_what_is_ignored_belongs_to_none,
        a_mask_is_stretched_over_the_frame_and_ignores_where_it_is_dark,
        F8_areas_that_make_no_sense_are_refused_by_name,
    };
    return unit_run("areas", tests, sizeof tests / sizeof *tests, 60);
}
