#include "analyzer/components.h"
#include "analyzer/eight.h"

#include <errno.h>
#include <stdlib.h>

struct run {
    uint32_t first, last; /* columns, both within it */
    uint32_t label;
};

/* A label stands for an object that is not finished. Labels that turned out to be one object form a
 * tree; what they have in common is gathered at its root. */
struct label {
    uint32_t parent;
    uint32_t successor; /* the root's label in the next generation, or NONE */
    struct fr_component object;
};

static const uint32_t NONE = UINT32_MAX;

struct fr_components {
    uint32_t width_px;
    struct run *above, *runs; /* of the row above, and of this one */
    struct label *labels;     /* those of the row above, and new ones behind them */
    struct label *next;       /* the same for the next row */
    uint64_t memory[];
};

/* A row of W pixels has at most (W + 1) / 2 runs; so many labels come from the row above, and so
 * many new ones may be made. */
static size_t runs_max(uint32_t width_px)
{
    return ((size_t)width_px + 1) / 2;
}

size_t fr_components_bytes(uint32_t width_px)
{
    return sizeof(struct fr_components) +
           runs_max(width_px) * (2 * sizeof(struct run) + 4 * sizeof(struct label)) + 8;
}

int fr_components_new(uint32_t width_px, struct fr_components **ret_components)
{
    struct fr_components *components = malloc(fr_components_bytes(width_px));
    if (!components)
        return -ENOMEM;
    size_t n = runs_max(width_px);
    components->width_px = width_px;
    components->labels = (struct label *)components->memory;
    components->next = components->labels + 2 * n;
    components->above = (struct run *)(components->next + 2 * n);
    components->runs = components->above + n;
    *ret_components = components;
    return 0;
}

void fr_components_free(struct fr_components *components)
{
    free(components);
}

/* The first column from x on that is set, or end_px. Most of most rows is empty. */
static uint32_t skip_clear(const uint8_t *row, uint32_t x, uint32_t end_px)
{
    while (end_px - x >= 32 && !fr_any_of_32(row + x, UINT8_MAX))
        x += 32;
    for (; end_px - x >= 8; x += 8) {
        uint64_t eight = fr_eight(row + x);
        if (eight)
            return x + fr_eight_first(eight);
    }
    while (x < end_px && !row[x])
        x++;
    return x;
}

/* The first column from x on that is not set, or end_px. */
static uint32_t skip_set(const uint8_t *row, uint32_t x, uint32_t end_px)
{
    for (; end_px - x >= 8; x += 8) {
        /* The lowest byte of 0 borrows, and none below it does; what is above does not matter. */
        const uint64_t eight = fr_eight(row + x);
        const uint64_t clear = (eight - fr_eight_of(1)) & ~eight & fr_eight_of(0x80);
        if (clear)
            return x + fr_eight_first(clear);
    }
    while (x < end_px && row[x])
        x++;
    return x;
}

/* The runs between two columns, the second not included. */
static size_t find_runs(const uint8_t *row, uint32_t x, uint32_t end_px, struct run *runs)
{
    size_t n = 0;
    while ((x = skip_clear(row, x, end_px)) < end_px) {
        uint32_t end = skip_set(row, x, end_px);
        runs[n++] = (struct run){.first = x, .last = end - 1, .label = NONE};
        x = end;
    }
    return n;
}

/* The same in the spans of row y, of which *next is the first that has not been passed. */
static size_t find_runs_within(const uint8_t *row, uint32_t y, uint32_t width_px,
                               const struct fr_spans *within, size_t *next, struct run *runs)
{
    size_t n = 0;
    for (; *next < within->n && within->items[*next].y <= y; ++*next) {
        const struct fr_span *span = &within->items[*next];
        if (span->y == y && span->last < width_px)
            n += find_runs(row, span->first, span->last + 1, runs + n);
    }
    return n;
}

static uint32_t find_root(struct label *labels, uint32_t label)
{
    while (labels[label].parent != label) {
        labels[label].parent = labels[labels[label].parent].parent;
        label = labels[label].parent;
    }
    return label;
}

static void join(struct fr_component *object, const struct fr_component *other)
{
    if (other->left_px < object->left_px)
        object->left_px = other->left_px;
    if (other->top_px < object->top_px)
        object->top_px = other->top_px;
    if (other->right_px > object->right_px)
        object->right_px = other->right_px;
    if (other->bottom_px > object->bottom_px)
        object->bottom_px = other->bottom_px;
    object->area_px += other->area_px;
    object->sum_x += other->sum_x;
    object->sum_y += other->sum_y;
}

/* Makes two objects one; returns its label. */
static uint32_t unite(struct label *labels, uint32_t a, uint32_t b)
{
    a = find_root(labels, a);
    b = find_root(labels, b);
    if (a == b)
        return a;
    join(&labels[a].object, &labels[b].object);
    labels[b].parent = a;
    return a;
}

static struct fr_component run_object(const struct run *run, uint32_t y)
{
    uint64_t length = run->last - run->first + 1;
    return (struct fr_component){
        .left_px = run->first,
        .right_px = run->last,
        .top_px = y,
        .bottom_px = y,
        .area_px = length,
        .sum_x = ((uint64_t)run->first + run->last) * length / 2,
        .sum_y = y * length,
    };
}

/* Gives each run of row y its label, joining what it touches. Returns the number of labels. */
static size_t label_runs(struct fr_components *c, size_t n_above, size_t n_runs, size_t n_labels,
                         uint32_t y)
{
    size_t above = 0;
    for (size_t i = 0; i < n_runs; i++) {
        struct run *run = &c->runs[i];
        struct fr_component object = run_object(run, y);
        while (above < n_above && c->above[above].last + 1 < run->first)
            above++;
        for (size_t j = above; j < n_above && c->above[j].first <= run->last + 1; j++)
            run->label = run->label == NONE ? find_root(c->labels, c->above[j].label)
                                            : unite(c->labels, run->label, c->above[j].label);
        if (run->label == NONE) {
            run->label = (uint32_t)n_labels;
            c->labels[n_labels++] =
                (struct label){.parent = run->label, .successor = NONE, .object = object};
        } else {
            join(&c->labels[run->label].object, &object);
        }
    }
    return n_labels;
}

static bool is_larger(const struct fr_component *a, const struct fr_component *b)
{
    if (a->area_px != b->area_px)
        return a->area_px > b->area_px;
    if (a->bottom_px != b->bottom_px)
        return a->bottom_px < b->bottom_px;
    return a->left_px < b->left_px;
}

/* `kept` is a heap while objects come in, with the one to be dropped next at its top. */
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

static void keep(struct fr_components_found *found, struct fr_component *kept, size_t room,
                 const struct fr_component *object)
{
    found->n_objects++;
    found->area_px += object->area_px;
    if (found->n_kept < room) {
        kept[found->n_kept] = *object;
        sift_up(kept, found->n_kept++);
    } else if (room && is_larger(object, &kept[0])) {
        kept[0] = *object;
        sift_down(kept, room, 0);
    }
}

/* The heap's top is the smallest of what is left: put it last, again and again. */
static void sort_largest_first(struct fr_component *kept, size_t n)
{
    while (n > 1) {
        struct fr_component swap = kept[0];
        kept[0] = kept[--n];
        kept[n] = swap;
        sift_down(kept, n, 0);
    }
}

static bool counts(const struct fr_component_filter *filter, const struct fr_component *object)
{
    return object->area_px >= filter->min_area_px &&
           (!filter->max_area_px || object->area_px <= filter->max_area_px);
}

struct fr_components_found fr_components_find(struct fr_components *components, const uint8_t *mask,
                                              uint32_t width_px, uint32_t height_px,
                                              const struct fr_component_filter *filter,
                                              struct fr_component *kept, size_t room)
{
    struct fr_components *c = components;
    struct fr_components_found found = {0};
    size_t n_above = 0, n_labels = 0, next_span = 0;

    if (width_px > c->width_px)
        width_px = c->width_px;
    /* One row more than there are, and empty: it finishes what touches the lower edge. */
    for (uint32_t y = 0; y <= height_px; y++) {
        const uint8_t *row = mask + (size_t)y * width_px;
        size_t n_runs = 0;
        if (y < height_px && filter->within)
            n_runs = find_runs_within(row, y, width_px, filter->within, &next_span, c->runs);
        else if (y < height_px)
            n_runs = find_runs(row, 0, width_px, c->runs);
        if (!n_runs && !n_above)
            continue;
        n_labels = label_runs(c, n_above, n_runs, n_labels, y);

        /* Objects that this row continues move on to the next generation of labels. */
        size_t n_next = 0;
        for (size_t i = 0; i < n_runs; i++) {
            struct label *root = &c->labels[find_root(c->labels, c->runs[i].label)];
            if (root->successor == NONE) {
                root->successor = (uint32_t)n_next;
                c->next[n_next++] = (struct label){
                    .parent = root->successor, .successor = NONE, .object = root->object};
            }
            c->runs[i].label = root->successor;
        }
        for (uint32_t i = 0; i < n_labels; i++) {
            const struct label *label = &c->labels[i];
            if (label->parent == i && label->successor == NONE && counts(filter, &label->object))
                keep(&found, kept, room, &label->object);
        }

        struct run *runs = c->above;
        c->above = c->runs;
        c->runs = runs;
        struct label *labels = c->labels;
        c->labels = c->next;
        c->next = labels;
        n_above = n_runs;
        n_labels = n_next;
    }
    sort_largest_first(kept, found.n_kept);
    return found;
}
