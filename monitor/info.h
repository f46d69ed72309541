/* One look at a ring, and the two ways to print it. */
#pragma once

#include "framering/framering.h"
#include "monitor/measure.h"

#include <stdio.h>

struct info_look {
    struct fr_ring_info ring;
    int64_t looked_mono_ns;
    struct measure rate; /* measured right behind the look */
};

/* A table for people. */
void info_print_text(const struct info_look *look, FILE *out);
/* One JSON object on one line; what is not known is null. -ENOMEM. */
int info_print_json(const struct info_look *look, FILE *out);

/* Frames a second over the whole epoch, or 0 when there are too few. */
double info_average_rate(const struct info_look *look);
