#include "analyzer/polygon_raster.h"

/* A point in 65536ths of a pixel. Sides and shares are so small that products of two fit. */
struct place {
    int64_t x, y;
};

static struct place place_of(struct fr_point point, uint32_t width_px, uint32_t height_px)
{
    return (struct place){.x = (int64_t)point.x_q16 * width_px,
                          .y = (int64_t)point.y_q16 * height_px};
}

static int64_t divide_down(int64_t a, int64_t positive)
{
    return a / positive - (a % positive < 0);
}

/* The first column whose centre is not left of the edge in the row with this centre; false when the
 * edge is not in that row. An edge has its upper end and not its lower one. */
static bool cross(struct place a, struct place b, int64_t centre_y, int64_t *ret_column)
{
    if (a.y > b.y) {
        struct place swap = a;
        a = b;
        b = swap;
    }
    if (centre_y < a.y || centre_y >= b.y)
        return false;
    int64_t x = a.x + divide_down((b.x - a.x) * (centre_y - a.y), b.y - a.y);
    *ret_column = divide_down(x - FR_SHARE_ONE / 2 - 1, FR_SHARE_ONE) + 1;
    return true;
}

static void sort(int64_t *columns, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k && columns[k - 1] > columns[k]; k--) {
            int64_t swap = columns[k];
            columns[k] = columns[k - 1];
            columns[k - 1] = swap;
        }
}

void fr_polygon_fill(const struct fr_polygon *polygon, uint32_t width_px, uint32_t height_px,
                     uint8_t *plane, uint8_t value)
{
    for (uint32_t y = 0; y < height_px; y++, plane += width_px) {
        int64_t centre_y = (int64_t)y * FR_SHARE_ONE + FR_SHARE_ONE / 2;
        int64_t columns[FR_POLYGON_POINTS_MAX];
        uint32_t n = 0;
        for (uint32_t i = 0; i < polygon->n; i++) {
            struct place a = place_of(polygon->points[i], width_px, height_px);
            struct place b = place_of(polygon->points[(i + 1) % polygon->n], width_px, height_px);
            n += cross(a, b, centre_y, &columns[n]);
        }
        sort(columns, n);
        /* Inside between the first and the second crossing, the third and the fourth and so on. */
        for (uint32_t i = 0; i + 1 < n; i += 2)
            for (int64_t x = columns[i]; x < columns[i + 1]; x++)
                if (!plane[x])
                    plane[x] = value;
    }
}
