#include "analyzer/largest.h"

#include <stdbool.h>

static bool is_larger(const struct fr_component *a, const struct fr_component *b)
{
    if (a->area_px != b->area_px)
        return a->area_px > b->area_px;
    if (a->bottom_px != b->bottom_px)
        return a->bottom_px < b->bottom_px;
    return a->left_px < b->left_px;
}

static void sift_down(struct fr_component *kept, size_t n, size_t i)
{
    for (;;) {
        size_t smallest = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
            if (is_larger(&kept[smallest], &kept[child]))
                smallest = child;
        if (smallest == i)
            return;
        struct fr_component swap = kept[i];
        kept[i] = kept[smallest];
        kept[smallest] = swap;
        i = smallest;
    }
}

static void sift_up(struct fr_component *kept, size_t i)
{
    while (i && is_larger(&kept[(i - 1) / 2], &kept[i])) {
        struct fr_component swap = kept[i];
        kept[i] = kept[(i - 1) / 2];
        kept[(i - 1) / 2] = swap;
        i = (i - 1) / 2;
    }
}

size_t fr_largest_keep(struct fr_component *kept, size_t n, size_t room,
                       const struct fr_component *object)
{
    if (n < room) {
        kept[n] = *object;
        sift_up(kept, n);
        return n + 1;
    }
    if (room && is_larger(object, &kept[0])) {
        kept[0] = *object;
        sift_down(kept, room, 0);
    }
    return n;
}

/* The heap's top is the smallest of what is left: put it last, again and again. */
void fr_largest_sort(struct fr_component *kept, size_t n)
{
    while (n > 1) {
        struct fr_component swap = kept[0];
        kept[0] = kept[--n];
        kept[n] = swap;
        sift_down(kept, n, 0);
    }
}
