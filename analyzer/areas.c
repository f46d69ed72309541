#include "analyzer/areas.h"
#include "analyzer/polygon_raster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Dark areas are ignored, as Motion's masks have it. */
enum { LIGHT = 128 };

static bool has_level(const struct fr_grey_picture *mask, bool is_light)
{
    for (size_t i = 0; i < (size_t)mask->width_px * mask->height_px; i++)
        if ((mask->pixels[i] >= LIGHT) == is_light)
            return true;
    return false;
}

static int load_mask(const struct fr_ignore_settings *ignore, const char *config_path,
                     struct fr_grey_picture *mask, char *reason, size_t reason_size)
{
    char path[768], why[sizeof path + 128];
    const char *slash = strrchr(config_path, '/');
    size_t folder = slash && *ignore->mask != '/' ? (size_t)(slash - config_path) + 1 : 0;
    int n = snprintf(path, sizeof path, "%.*s%s", (int)folder, config_path, ignore->mask);
    int r = -ENAMETOOLONG;

    if (n < 0 || (size_t)n >= sizeof path)
        snprintf(why, sizeof why, "%s: the path is too long", ignore->mask);
    else
        r = fr_grey_picture_load(path, mask, why, sizeof why);
    if (r == 0 && !has_level(mask, false)) {
        snprintf(why, sizeof why, "%s: nothing in it is dark; expected dark where it is ignored",
                 path);
        fr_grey_picture_fini(mask);
        r = -EINVAL;
    }
    if (r < 0)
        snprintf(reason, reason_size, "[ignore %s]: mask: %s", ignore->name, why);
    return r;
}

/* Marks what is ignored with `value`, wherever the plane is 0. */
static void draw_ignored(const struct fr_areas *areas, uint32_t width_px, uint32_t height_px,
                         uint8_t *plane, uint8_t value)
{
    for (size_t i = 0; i < areas->n_edges; i++)
        fr_polygon_fill(&areas->edges[i], width_px, height_px, plane, value);
    for (size_t i = 0; i < areas->n_masks; i++) {
        const struct fr_grey_picture *mask = &areas->masks[i];
        for (uint32_t y = 0; y < height_px; y++) {
            /* The mask's pixel beneath the centre of this one. */
            uint64_t mask_y = (2 * (uint64_t)y + 1) * mask->height_px / (2 * (uint64_t)height_px);
            const uint8_t *row = mask->pixels + mask_y * mask->width_px;
            for (uint32_t x = 0; x < width_px; x++) {
                uint64_t mask_x = (2 * (uint64_t)x + 1) * mask->width_px / (2 * (uint64_t)width_px);
                if (row[mask_x] < LIGHT)
                    plane[(size_t)y * width_px + x] = value;
            }
        }
    }
}

/* Whether something is left to be watched; a picture of this size tells. */
static int check_rest(const struct fr_areas *areas, char *reason, size_t reason_size)
{
    enum { SIDE = 512 };
    uint8_t *plane = calloc(SIDE, SIDE);
    if (!plane)
        return -ENOMEM;
    draw_ignored(areas, SIDE, SIDE, plane, 1);
    bool is_rest = memchr(plane, 0, (size_t)SIDE * SIDE);
    free(plane);
    if (is_rest)
        return 0;
    snprintf(reason, reason_size,
             "the ignored areas are the whole picture; expected something to be left");
    return -EINVAL;
}

int fr_areas_init(struct fr_areas *areas, const struct fr_analyzer_settings *settings,
                  const char *config_path, char *reason, size_t reason_size)
{
    *areas = (struct fr_areas){.n_zones = settings->n_zones};
    for (size_t i = 0; i < settings->n_zones; i++) {
        const struct fr_zone_settings *zone = &settings->zones[i];
        areas->zones[i].polygon = zone->polygon;
        areas->zones[i].sensitivity = zone->sensitivity > 0 ? (uint8_t)zone->sensitivity : 0;
    }
    int r = 0;
    for (size_t i = 0; r == 0 && i < settings->n_ignored; i++) {
        const struct fr_ignore_settings *ignore = &settings->ignored[i];
        if (ignore->polygon.n) {
            areas->edges[areas->n_edges++] = ignore->polygon;
            continue;
        }
        r = load_mask(ignore, config_path, &areas->masks[areas->n_masks], reason, reason_size);
        areas->n_masks += r == 0;
    }
    if (r == 0)
        r = check_rest(areas, reason, reason_size);
    if (r < 0)
        fr_areas_fini(areas);
    return r;
}

void fr_areas_fini(struct fr_areas *areas)
{
    for (size_t i = 0; i < areas->n_masks; i++)
        fr_grey_picture_fini(&areas->masks[i]);
    *areas = (struct fr_areas){0};
}

/* The pixels of a plane that are not 0, as spans. */
static int make_spans(const uint8_t *plane, uint32_t width_px, uint32_t height_px,
                      struct fr_spans *spans)
{
    for (int pass = 0; pass < 2; pass++) { /* counted, then written */
        size_t n = 0;
        for (uint32_t y = 0; y < height_px; y++) {
            const uint8_t *row = plane + (size_t)y * width_px;
            for (uint32_t x = 0; x < width_px; x++) {
                if (!row[x])
                    continue;
                uint32_t first = x;
                while (x + 1 < width_px && row[x + 1])
                    x++;
                if (pass)
                    spans->items[n] = (struct fr_span){.y = y, .first = first, .last = x};
                n++;
            }
        }
        if (!pass && !(spans->items = malloc((n + 1) * sizeof *spans->items)))
            return -ENOMEM;
        spans->n = n;
    }
    return 0;
}

/* What a plane of kinds says: 0 like the picture, IGNORED, or a zone and one. */
enum { IGNORED = FR_ZONES_MAX + 1 };

static int make_runs(const struct fr_areas *areas, const uint8_t *plane, struct fr_area_map *map)
{
    const size_t n_px = (size_t)map->width_px * map->height_px;
    for (int pass = 0; pass < 2; pass++) {
        size_t n = 0;
        for (size_t i = 0, end; i < n_px; i = end, n++) {
            for (end = i + 1; end < n_px && plane[end] == plane[i];)
                end++;
            if (!pass)
                continue;
            bool is_ignored = plane[i] == IGNORED;
            map->runs[n] = (struct fr_area_run){
                .n_px = (uint32_t)(end - i),
                .is_ignored = is_ignored,
                .sensitivity =
                    plane[i] && !is_ignored ? areas->zones[plane[i] - 1].sensitivity : 0};
            map->n_watched_px += is_ignored ? 0 : end - i;
        }
        if (!pass && !(map->runs = malloc((n + 1) * sizeof *map->runs)))
            return -ENOMEM;
        map->n_runs = n;
    }
    return 0;
}

static void take_out(uint8_t *plane, uint32_t width_px, const struct fr_spans *spans)
{
    for (size_t i = 0; i < spans->n; i++)
        memset(plane + (size_t)spans->items[i].y * width_px + spans->items[i].first, 0,
               spans->items[i].last - spans->items[i].first + 1);
}

int fr_areas_map(const struct fr_areas *areas, uint32_t width_px, uint32_t height_px,
                 struct fr_area_map **ret_map)
{
    if (!areas->n_zones && !areas->n_edges && !areas->n_masks) {
        *ret_map = NULL;
        return 0;
    }
    const size_t n_px = (size_t)width_px * height_px;
    struct fr_area_map *map = calloc(1, sizeof *map);
    uint8_t *plane = calloc(1, n_px);
    int r = -ENOMEM;
    if (!map || !plane)
        goto out;
    map->width_px = width_px;
    map->height_px = height_px;
    draw_ignored(areas, width_px, height_px, plane, IGNORED);
    r = make_spans(plane, width_px, height_px, &map->ignored);
    /* A zone's own sensitivity, or none, where no earlier zone and nothing ignored is. */
    for (size_t i = 0; i < areas->n_zones; i++)
        fr_polygon_fill(&areas->zones[i].polygon, width_px, height_px, plane, (uint8_t)(i + 1));
    if (r == 0)
        r = make_runs(areas, plane, map);
    for (size_t i = 0; r == 0 && i < areas->n_zones; i++) {
        memset(plane, 0, n_px);
        fr_polygon_fill(&areas->zones[i].polygon, width_px, height_px, plane, 1);
        take_out(plane, width_px, &map->ignored);
        r = make_spans(plane, width_px, height_px, &map->zones[i]);
        map->n_zones++;
    }
out:
    free(plane);
    if (r < 0)
        fr_area_map_free(map);
    else
        *ret_map = map;
    return r;
}

void fr_area_map_free(struct fr_area_map *map)
{
    if (!map)
        return;
    free(map->runs);
    free(map->ignored.items);
    for (size_t i = 0; i < FR_ZONES_MAX; i++)
        free(map->zones[i].items);
    free(map);
}
