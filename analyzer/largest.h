/* The largest of many objects: a heap while they come in, with the one to be dropped next at its
 * top. Pure. */
#pragma once

#include "analyzer/components.h"

/* Adds an object to the n that are kept, or drops the smallest of all of them when these are as
 * many as there is room for. Returns how many are kept then. */
size_t fr_largest_keep(struct fr_component *kept, size_t n, size_t room,
                       const struct fr_component *object);

/* Largest first; of two equals the one that ends higher up, then further left. */
void fr_largest_sort(struct fr_component *kept, size_t n);
