/* A polygon from text.
 *
 * Refused is what cannot be meant: fewer than three points, points beside the picture, an edge that
 * crosses another one (two points in the wrong order, mostly), an area of nothing. Whole numbers
 * all the way, so that no rounding decides. */
#include "config/settings.h"

#include <errno.h>
#include <string.h>

/* A share from 0 to 1 with as many digits as anybody writes; NULL when it is none. */
static const char *parse_share(const char *text, int32_t *ret_q16)
{
    const char *end = text + strspn(text, "0123456789.");
    const char *point = memchr(text, '.', (size_t)(end - text));
    const char *whole_end = point ? point : end;
    uint64_t digits = 0, unit = 1;

    if (end == text || (point && end == point + 1 && point == text) ||
        (point && memchr(point + 1, '.', (size_t)(end - point - 1))))
        return NULL;
    bool is_above = false;
    for (const char *c = text; c < whole_end; c++)
        is_above |= (digits = digits * 10 + (uint64_t)(*c - '0')) > 1;
    if (is_above) {
        *ret_q16 = FR_SHARE_ONE + 1;
        return end;
    }
    /* Nine digits say more than the unit of the result. */
    for (const char *c = whole_end + 1; c < end && unit < 1000000000; c++) {
        digits = digits * 10 + (uint64_t)(*c - '0');
        unit *= 10;
    }
    *ret_q16 = (int32_t)((digits * FR_SHARE_ONE + unit / 2) / unit);
    /* A little above 1 is above it, though it rounds to it. */
    if (digits > unit)
        *ret_q16 = FR_SHARE_ONE + 1;
    return end;
}

/* Twice the area of a triangle, positive when c is to the left of the way from a to b. */
static int64_t turn(struct fr_point a, struct fr_point b, struct fr_point c)
{
    return (int64_t)(b.x_q16 - a.x_q16) * (c.y_q16 - a.y_q16) -
           (int64_t)(b.y_q16 - a.y_q16) * (c.x_q16 - a.x_q16);
}

static bool is_cut(struct fr_point a, struct fr_point b, struct fr_point c, struct fr_point d)
{
    int64_t c_side = turn(a, b, c), d_side = turn(a, b, d);
    int64_t a_side = turn(c, d, a), b_side = turn(c, d, b);
    return ((c_side < 0 && d_side > 0) || (c_side > 0 && d_side < 0)) &&
           ((a_side < 0 && b_side > 0) || (a_side > 0 && b_side < 0));
}

static bool crosses_itself(const struct fr_polygon *p)
{
    for (uint32_t i = 0; i < p->n; i++)
        for (uint32_t j = i + 1; j < p->n; j++)
            if (is_cut(p->points[i], p->points[(i + 1) % p->n], p->points[j],
                       p->points[(j + 1) % p->n]))
                return true;
    return false;
}

static int64_t twice_area(const struct fr_polygon *p)
{
    int64_t sum = 0;
    for (uint32_t i = 1; i + 1 < p->n; i++)
        sum += turn(p->points[0], p->points[i], p->points[i + 1]);
    return sum;
}

static bool is_same(struct fr_point a, struct fr_point b)
{
    return a.x_q16 == b.x_q16 && a.y_q16 == b.y_q16;
}

int fr_polygon_parse(const char *text, struct fr_polygon *ret_polygon, const char **ret_why)
{
    struct fr_polygon polygon = {0};

    for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
        struct fr_point point;
        const char *end = parse_share(text, &point.x_q16);
        if (end && *end == ',')
            end = parse_share(end + 1, &point.y_q16);
        else
            end = NULL;
        if (!end || (*end && *end != ' ' && *end != '\t')) {
            *ret_why = "cannot be used";
            return -EINVAL;
        }
        if (point.x_q16 > FR_SHARE_ONE || point.y_q16 > FR_SHARE_ONE) {
            *ret_why = "has a point beside the picture";
            return -ERANGE;
        }
        if (polygon.n == FR_POLYGON_POINTS_MAX) {
            *ret_why = "has too many points";
            return -ERANGE;
        }
        text = end;
        /* The same point again adds nothing. */
        if (!polygon.n || !is_same(point, polygon.points[polygon.n - 1]))
            polygon.points[polygon.n++] = point;
    }
    /* Some write the first point again at the end. */
    if (polygon.n > 1 && is_same(polygon.points[0], polygon.points[polygon.n - 1]))
        polygon.points[--polygon.n] = (struct fr_point){0};
    if (polygon.n < 3) {
        *ret_why = "has fewer than 3 points";
        return -EINVAL;
    }
    if (crosses_itself(&polygon)) {
        *ret_why = "crosses itself";
        return -EINVAL;
    }
    if (!twice_area(&polygon)) {
        *ret_why = "encloses nothing";
        return -EINVAL;
    }
    *ret_polygon = polygon;
    return 0;
}
