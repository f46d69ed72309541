/* Sections of which there may be many, and polygons: what is read, and what is refused by line. */
#include "config/analyzer_settings.h"
#include "tests/unit/unit.h"

#include <errno.h>

static char reason[FR_SETTINGS_REASON_MAX];

static struct fr_analyzer_settings defaults(void)
{
    struct fr_analyzer_settings settings;
    ck_assert_int_eq(fr_settings_defaults(&fr_analyzer_table, &settings), 0);
    return settings;
}

static int load(struct fr_analyzer_settings *settings, const char *text)
{
    return fr_settings_load_text(&fr_analyzer_table, settings, "a.conf", text, strlen(text), reason,
                                 sizeof reason);
}

#define TRIANGLE "polygon = 0,0 1,0 1,1\n"

START_TEST(zones_and_ignored_areas_are_read_each_with_its_name)
{
    struct fr_analyzer_settings s = defaults();
    ck_assert_msg(load(&s, "[zone door]\npolygon = 0.25,0 .5,0.5  0.125,1\nsensitivity = 70\n"
                           "object_min = 2\n\n"
                           "[analyzer]\nmotion_end = 7\n"
                           "[ ignore tree]\n") < 0,
                  "a blank is no part of a section's name");
    ck_assert_msg(load(&s, "[zone door]\npolygon = 0.25,0 .5,0.5  0.125,1\nsensitivity = 70\n"
                           "object_min = 2\n\n"
                           "[analyzer]\nmotion_end = 7\n"
                           "[zone  yard-2]\n" TRIANGLE "[ignore tree]\n" TRIANGLE
                           "[ignore clock]\nmask = /a b/c.png\n") == 0,
                  "%s", reason);
    ck_assert_uint_eq(s.n_zones, 2);
    ck_assert_str_eq(s.zones[0].name, "door");
    ck_assert_uint_eq(s.zones[0].polygon.n, 3);
    ck_assert_int_eq(s.zones[0].polygon.points[0].x_q16, 16384);
    ck_assert_int_eq(s.zones[0].polygon.points[1].x_q16, 32768);
    ck_assert_int_eq(s.zones[0].polygon.points[2].x_q16, 8192);
    ck_assert_int_eq(s.zones[0].polygon.points[2].y_q16, 65536);
    ck_assert_int_eq(s.zones[0].sensitivity, 70);
    ck_assert_double_eq(s.zones[0].object_min_percent, 2);
    ck_assert_double_lt(s.zones[0].motion_start_s, 0); /* as in [analyzer] */
    ck_assert_str_eq(s.zones[1].name, "yard-2");
    ck_assert_double_eq(s.motion_end_s, 7);
    ck_assert_uint_eq(s.n_ignored, 2);
    ck_assert_uint_eq(s.ignored[0].polygon.n, 3);
    ck_assert_str_eq(s.ignored[1].mask, "/a b/c.png");
    /* What is read again replaces all of it. */
    ck_assert_int_eq(load(&s, "[zone new]\n" TRIANGLE), 0);
    ck_assert_uint_eq(s.n_zones, 1);
    ck_assert_str_eq(s.zones[0].name, "new");
    ck_assert_str_eq(s.zones[1].name, "");
    ck_assert_uint_eq(s.n_ignored, 0);
}
END_TEST

START_TEST(F8_wrong_zones_and_areas_are_refused_by_line)
{
    static const struct {
        const char *text, *told;
    } bad[] = {
        {"[zone]\n" TRIANGLE, "a.conf:1: [zone ]: not a name; expected 1 to 31"},
        {"[zone ../x]\n" TRIANGLE, "a.conf:1: [zone ../x]: not a name"},
        {"[zone a23456789012345678901234567890123]\n" TRIANGLE, "not a name"},
        {"[zones door]\n" TRIANGLE, "a.conf:1: [zones door]: no such section; expected [analyzer], "
                                    "[zone NAME] or [ignore NAME]"},
        {"[zone a]\n" TRIANGLE "\n[zone a]\n" TRIANGLE, "a.conf:4: [zone a]: stands there twice"},
        {"[analyzer]\n\n[zone a]\nsensitivity = 3\n[ignore b]\n" TRIANGLE,
         "a.conf:3: [zone a]: it has no edge; expected polygon"},
        {"[zone a]\n" TRIANGLE "[zone b]\n", "a.conf:3: [zone b]: it has no edge"},
        {"[zone a]\n" TRIANGLE "colour = red\n", "a.conf:3: colour: no such setting"},
        {"[zone a]\n" TRIANGLE "object_mim = 1\n", "did you mean object_min?"},
        {"[zone a]\n" TRIANGLE "mask = x.png\n", "a.conf:3: mask: no such setting"},
        {"[zone a]\n" TRIANGLE TRIANGLE,
         "a.conf:3: polygon: set twice; expected it once in [zone a]"},
        {"[zone a]\nsensitivity = 0\n", "a.conf:2: sensitivity: \"0\" is out of range; expected a "
                                        "whole number from 1 to 100"},
        {"[zone a]\nmotion_start = -1\n", "a.conf:2: motion_start: \"-1\" is out of range"},
        {"[ignore a]\n", "a.conf:1: [ignore a]: it has neither edge nor mask; expected either"},
        {"[ignore a]\nmask = x.png\n" TRIANGLE, "a.conf:1: [ignore a]: it has both"},
        {"[ignore a]\nmask =\n", "a.conf:2: mask: "},
        {"[zone a]\npolygon = 0,0 1,0\n",
         "a.conf:2: polygon: \"0,0 1,0\" has fewer than 3 points; expected 3 to 32 points x,y"},
        {"[zone a]\npolygon = 0,0 1,0 1,1.01\n", "has a point beside the picture"},
        {"[zone a]\npolygon = 0,0 1,0 1,1 0.2,-0.1\n", "cannot be used"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fr_analyzer_settings s = defaults(), before = s;
        ck_assert_msg(load(&s, bad[i].text) == -EINVAL, "%s", bad[i].text);
        ck_assert_msg(strstr(reason, bad[i].told) != NULL, "%s: %s", bad[i].text, reason);
        ck_assert(memcmp(&s, &before, sizeof s) == 0);
    }
}
END_TEST

START_TEST(F8_more_zones_than_there_is_room_for_are_refused)
{
    struct fr_analyzer_settings s = defaults();
    char text[4096];
    for (int n = FR_ZONE_SETTINGS_MAX; n <= FR_ZONE_SETTINGS_MAX + 1; n++) {
        *text = 0;
        for (int i = 0; i < n; i++)
            sprintf(text + strlen(text), "[zone z%d]\n%s", i, TRIANGLE);
        ck_assert_int_eq(load(&s, text), n > FR_ZONE_SETTINGS_MAX ? -EINVAL : 0);
    }
    ck_assert_ptr_nonnull(
        strstr(reason, "a.conf:33: [zone z16]: one too many; expected at most 16"));
    ck_assert_uint_eq(s.n_zones, FR_ZONE_SETTINGS_MAX);
}
END_TEST

START_TEST(polygons_are_taken_as_they_are_meant)
{
    static const struct {
        const char *text;
        uint32_t n;
    } good[] = {
        {"0,0 1,0 1,1", 3},
        {"  0,0\t1,0   1,1 ", 3},
        {"0,0 1,0 1,1 0,0", 3},         /* closed by hand */
        {"0,0 0,0 1,0 1,1 1,1", 3},     /* a point twice */
        {"1,1 1,0 0,0", 3},             /* the other way round */
        {"0,0 0.5,0 1,0 1,1", 4},       /* a point on a straight edge */
        {"0,0 1,0 0.5,0.5 1,1 0,1", 5}, /* not convex */
        {"1.0,1.000 1.,.0 0.0000000001,0", 3},
        {"0.99999999999,0.12345678901234567890 0,1 0,0", 3},
    };
    const char *why;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct fr_polygon polygon = {0};
        ck_assert_msg(fr_polygon_parse(good[i].text, &polygon, &why) == 0, "%s", good[i].text);
        ck_assert_uint_eq(polygon.n, good[i].n);
    }
}
END_TEST

START_TEST(F8_polygons_that_cannot_be_meant_are_refused)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "has fewer than 3 points"},
        {"0,0 1,1", "has fewer than 3 points"},
        {"0,0 1,1 0,0", "has fewer than 3 points"},
        {"0,0 0.5,0.5 1,1", "encloses nothing"},
        {"0,0 1,1 1,0 0,1", "crosses itself"},
        {"0,0 1,0 1,1 0.5,-0.5", "cannot be used"},
        {"0,0 1,0 1,2", "has a point beside the picture"},
        {"0,0 1,0 1,1.00000001", "has a point beside the picture"},
        {"0,0 1,0 1,99999999999999999999999", "has a point beside the picture"},
        {"0,0 1,0 1 ,1", "cannot be used"},
        {"0,0 1,0 1", "cannot be used"},
        {"0,0,0 1,0 1,1", "cannot be used"},
        {"0,0; 1,0; 1,1", "cannot be used"},
        {"0,0 1,0 1,1e-3", "cannot be used"},
        {"0,0 1,0 1,.", "cannot be used"},
        {"0,0 1,0 1,0.1.2", "cannot be used"},
        {"nan,0 1,0 1,1", "cannot be used"},
        {"320,240 640,240 640,480", "has a point beside the picture"}, /* pixels */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fr_polygon polygon = {.n = 7};
        const char *why = "";
        ck_assert_msg(fr_polygon_parse(bad[i].text, &polygon, &why) < 0, "%s", bad[i].text);
        ck_assert_msg(strcmp(why, bad[i].why) == 0, "%s: %s", bad[i].text, why);
        ck_assert_uint_eq(polygon.n, 7);
    }
    char many[600] = "";
    for (int i = 0; i <= FR_POLYGON_POINTS_MAX; i++)
        sprintf(many + strlen(many), "0.%03d,%d ", i, i & 1);
    struct fr_polygon polygon;
    const char *why;
    ck_assert_int_eq(fr_polygon_parse(many, &polygon, &why), -ERANGE);
    ck_assert_str_eq(why, "has too many points");
}
END_TEST

UNIT_MAIN("sections", zones_and_ignored_areas_are_read_each_with_its_name,
          F8_wrong_zones_and_areas_are_refused_by_line,
          F8_more_zones_than_there_is_room_for_are_refused, polygons_are_taken_as_they_are_meant,
          F8_polygons_that_cannot_be_meant_are_refused)
