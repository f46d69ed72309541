/* What is told of the mask: the objects in it, and the mask itself. */
#include "analyzer/components.h"
#include "analyzer/detector_private.h"

#include <errno.h>

void fr_detector_tell_objects(struct fr_detector *d, const struct fr_spans *within,
                              double min_share, double max_share, struct fr_detection *detection)
{
    const double n_px = (double)d->background.n_px;
    struct fr_component kept[FR_DETECTOR_BOXES_MAX];
    struct fr_component_filter filter = {.min_area_px = (uint64_t)(min_share * n_px),
                                         .max_area_px = (uint64_t)(max_share * n_px),
                                         .within = within};
    /* None is smaller than a pixel, whatever the shares say. */
    filter.min_area_px += !filter.min_area_px;
    filter.max_area_px += !filter.max_area_px;
    struct fr_components_found found =
        fr_components_find(d->components, d->mask, d->half_width_px, d->half_height_px, &filter,
                           kept, FR_DETECTOR_BOXES_MAX);

    detection->n_objects = found.n_objects;
    detection->n_told = found.n_kept;
    detection->share = (double)found.area_px / n_px;
    for (size_t i = 0; i < found.n_kept; i++) {
        const struct fr_component *c = &kept[i];
        struct fr_object *object = &detection->objects[i];
        uint32_t right = 2 * (c->right_px + 1), bottom = 2 * (c->bottom_px + 1);

        /* A frame of odd size ends within the last pixels of half size. */
        object->x_px = 2 * c->left_px;
        object->y_px = 2 * c->top_px;
        object->width_px = (right < d->width_px ? right : d->width_px) - object->x_px;
        object->height_px = (bottom < d->height_px ? bottom : d->height_px) - object->y_px;
        uint64_t box_px = (uint64_t)object->width_px * object->height_px;
        object->area_px = 4 * c->area_px < box_px ? 4 * c->area_px : box_px;
        object->centre_x_px = (uint32_t)((2 * c->sum_x + c->area_px) / c->area_px);
        object->centre_y_px = (uint32_t)((2 * c->sum_y + c->area_px) / c->area_px);
        if (object->centre_x_px >= d->width_px)
            object->centre_x_px = d->width_px - 1;
        if (object->centre_y_px >= d->height_px)
            object->centre_y_px = d->height_px - 1;
    }
}

bool fr_detector_is_expected(const struct fr_detector *d, const struct fr_detection *detection)
{
    for (size_t i = 0; i < detection->n_told; i++)
        if (!fr_habit_expects(&d->habit, d->busy, &detection->objects[i]))
            return false;
    return true;
}

int fr_detector_look_into(struct fr_detector *detector, size_t zone, double object_min_share,
                          double object_max_share, struct fr_detection *detection)
{
    if (detector->state != FR_PLANE_MASK || !detector->map || zone >= detector->map->n_zones)
        return -ENODATA;
    fr_detector_tell_objects(detector, &detector->map->zones[zone], object_min_share,
                             object_max_share, detection);
    detection->is_expected = fr_detector_is_expected(detector, detection);
    return 0;
}

/* Each pixel of the mask as `times` bytes across and down. */
static void expand(const struct fr_detector *d, uint32_t times, uint8_t *px, uint32_t width_px,
                   uint32_t height_px, size_t stride_bytes, uint8_t set)
{
    const size_t mask_stride_bytes = fr_mask_stride_bytes(d->half_width_px);

    for (uint32_t y = 0; y < height_px; y++, px += stride_bytes)
        for (uint32_t x = 0; x < width_px; x++)
            px[x] = fr_bit(d->mask + y / times * mask_stride_bytes, x / times) ? set : 0;
}

const uint8_t *fr_detector_mask(const struct fr_detector *detector, uint32_t *ret_width_px,
                                uint32_t *ret_height_px)
{
    if (detector->state != FR_PLANE_MASK)
        return NULL;
    *ret_width_px = detector->half_width_px;
    *ret_height_px = detector->half_height_px;
    expand(detector, 1, detector->spare, detector->half_width_px, detector->half_height_px,
           detector->half_width_px, 1);
    return detector->spare;
}

int fr_detector_expand_mask(const struct fr_detector *detector, uint8_t *full, size_t stride_bytes,
                            uint8_t set)
{
    if (detector->state != FR_PLANE_MASK)
        return -ENODATA;
    expand(detector, 2, full, detector->width_px, detector->height_px, stride_bytes, set);
    return 0;
}
