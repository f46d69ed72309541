#include "analyzer/components.h"
#include "analyzer/largest.h"
#include "analyzer/mask_edges.h"
#include "framering/framering.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A label stands for an object that is not finished. Labels that turn out to be one object in a row
 * form a tree until its end; what they have in common is gathered at its root. */
struct label {
    uint32_t parent;
    struct fr_component object;
};

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t greater(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static const uint32_t NONE = UINT32_MAX;

/* The runs of one row: each has two edges, and the label of its object. */
struct runs {
    size_t n;
    uint32_t *edges; /* first column, and the one behind the last, of each */
    uint32_t *labels;
};

struct fr_components {
    uint32_t width_px;
    struct runs above, row; /* the row above, and this one */
    struct label *labels;
    uint32_t *spare; /* labels that are in no use */
    size_t n_spare;
    uint32_t *merged; /* those that stand for nothing when this row is over */
    size_t n_merged;
    uint64_t memory[];
};

/* A row of W pixels has at most (W + 1) / 2 runs; so many labels come from the row above, and so
 * many new ones may be made. */
static size_t runs_max(uint32_t width_px)
{
    return ((size_t)width_px + 1) / 2;
}

/* Numbers of edges that a row needs room for: see fr_mask_edges(). */
static size_t edges_max(uint32_t width_px)
{
    return 2 * runs_max(width_px) + 3;
}

size_t fr_components_bytes(uint32_t width_px)
{
    /* Of two rows the edges and labels; for as many runs as these have together what a label stands
     * for, and where it is listed while it is spare or merged. */
    return sizeof(struct fr_components) + 2 * runs_max(width_px) * sizeof(struct label) +
           (2 * edges_max(width_px) + 6 * runs_max(width_px)) * sizeof(uint32_t);
}

int fr_components_new(uint32_t width_px, struct fr_components **ret_components)
{
    struct fr_components *c = malloc(fr_components_bytes(width_px));
    if (!c)
        return -ENOMEM;
    const size_t n = runs_max(width_px), n_edges = edges_max(width_px);
    c->width_px = width_px;
    c->labels = (struct label *)c->memory;
    c->above.edges = (uint32_t *)(c->labels + 2 * n);
    c->row.edges = c->above.edges + n_edges;
    c->above.labels = c->row.edges + n_edges;
    c->row.labels = c->above.labels + n;
    c->spare = c->row.labels + n;
    c->merged = c->spare + 2 * n;
    *ret_components = c;
    return 0;
}

void fr_components_free(struct fr_components *components)
{
    free(components);
}

/* Adds the runs of a row between two columns, the second not included. */
static void find_runs(struct fr_components *c, const uint8_t *row, uint32_t from_px,
                      uint32_t end_px)
{
    c->row.n += fr_mask_edges(row, from_px, end_px, c->row.edges + 2 * c->row.n) / 2;
}

/* The same in the spans of row y, of which *next is the first that has not been passed. */
static void find_runs_within(struct fr_components *c, const uint8_t *row, uint32_t y,
                             uint32_t width_px, const struct fr_spans *within, size_t *next)
{
    for (; *next < within->n && within->items[*next].y <= y; ++*next) {
        const struct fr_span *span = &within->items[*next];
        if (span->y == y && span->last < width_px)
            find_runs(c, row, span->first, span->last + 1);
    }
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
    object->left_px = lesser(object->left_px, other->left_px);
    object->top_px = lesser(object->top_px, other->top_px);
    object->right_px = greater(object->right_px, other->right_px);
    object->bottom_px = greater(object->bottom_px, other->bottom_px);
    object->area_px += other->area_px;
    object->sum_x += other->sum_x;
    object->sum_y += other->sum_y;
}

/* Adds columns first to last of row y, both within it, below all that there are. */
static void add_run(struct fr_component *object, uint32_t first, uint32_t last, uint32_t y)
{
    const uint64_t length = last - first + 1;
    object->left_px = lesser(object->left_px, first);
    object->right_px = greater(object->right_px, last);
    object->bottom_px = y;
    object->area_px += length;
    object->sum_x += ((uint64_t)first + last) * length / 2;
    object->sum_y += y * length;
}

/* Makes two objects one; returns its label. */
static uint32_t unite(struct fr_components *c, uint32_t a, uint32_t b)
{
    a = find_root(c->labels, a);
    b = find_root(c->labels, b);
    if (a == b)
        return a;
    join(&c->labels[a].object, &c->labels[b].object);
    c->labels[b].parent = a;
    c->merged[c->n_merged++] = b;
    return a;
}

/* Gives each run of row y a label, joining what it touches. */
static void label_runs(struct fr_components *c, uint32_t y)
{
    const struct runs *above = &c->above;
    size_t first_above = 0;

    for (size_t i = 0; i < c->row.n; i++) {
        const uint32_t begin = c->row.edges[2 * i], end = c->row.edges[2 * i + 1];
        uint32_t label = NONE;
        /* Those touch that end where it begins, and those that begin where it ends. */
        while (first_above < above->n && above->edges[2 * first_above + 1] < begin)
            first_above++;
        for (size_t j = first_above; j < above->n && above->edges[2 * j] <= end; j++)
            label = label == NONE ? find_root(c->labels, above->labels[j])
                                  : unite(c, label, above->labels[j]);
        if (label == NONE) {
            label = c->spare[--c->n_spare];
            c->labels[label] =
                (struct label){.parent = label, .object = {.left_px = begin, .top_px = y}};
        }
        add_run(&c->labels[label].object, begin, end - 1, y);
        c->row.labels[i] = label;
    }
}

static bool counts(const struct fr_component_filter *filter, const struct fr_component *object)
{
    return object->area_px >= filter->min_area_px &&
           (!filter->max_area_px || object->area_px <= filter->max_area_px);
}

/* Hands over the objects that row y does not continue. */
static void finish_objects(struct fr_components *c, uint32_t y,
                           const struct fr_component_filter *filter,
                           struct fr_components_found *found, struct fr_component *kept,
                           size_t room)
{
    for (size_t i = 0; i < c->above.n; i++) {
        const uint32_t root = find_root(c->labels, c->above.labels[i]);
        struct fr_component *object = &c->labels[root].object;
        if (object->bottom_px == y) /* it goes on, or has been handed over */
            continue;
        if (counts(filter, object)) {
            found->n_objects++;
            found->area_px += object->area_px;
            found->n_kept = fr_largest_keep(kept, found->n_kept, room, object);
        }
        object->bottom_px = y;
        c->merged[c->n_merged++] = root;
    }
}

/* This row is the one above the next. */
static void end_row(struct fr_components *c)
{
    const struct runs above = c->above;

    for (size_t i = 0; i < c->row.n; i++)
        c->row.labels[i] = find_root(c->labels, c->row.labels[i]);
    while (c->n_merged)
        c->spare[c->n_spare++] = c->merged[--c->n_merged];
    c->above = c->row;
    c->row = above;
}

struct fr_components_found fr_components_find(struct fr_components *components, const uint8_t *mask,
                                              uint32_t width_px, uint32_t height_px,
                                              const struct fr_component_filter *filter,
                                              struct fr_component *kept, size_t room)
{
    struct fr_components *c = components;
    struct fr_components_found found = {0};
    const size_t stride_bytes = fr_mask_stride_bytes(width_px);
    size_t next_span = 0;

    width_px = lesser(width_px, c->width_px);
    c->above.n = c->n_merged = 0;
    for (c->n_spare = 0; c->n_spare < 2 * runs_max(c->width_px); c->n_spare++)
        c->spare[c->n_spare] = (uint32_t)c->n_spare;
    /* One row more than there are, and empty: it finishes what touches the lower edge. */
    for (uint32_t y = 0; y <= height_px; y++) {
        const uint8_t *row = mask + y * stride_bytes;
        c->row.n = 0;
        if (y < height_px && filter->within)
            find_runs_within(c, row, y, width_px, filter->within, &next_span);
        else if (y < height_px)
            find_runs(c, row, 0, width_px);
        if (!c->row.n && !c->above.n)
            continue;
        label_runs(c, y);
        finish_objects(c, y, filter, &found, kept, room);
        end_row(c);
    }
    fr_largest_sort(kept, found.n_kept);
    return found;
}
