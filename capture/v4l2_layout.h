/* The formats that framering reads as they are, best first: what drivers call them, and how their
 * pictures stand in memory. Tables alone. */
#pragma once

#include "framering/framering.h"

#define FR_FOURCC_MJPG FR_FOURCC('M', 'J', 'P', 'G')

/* A driver's buffer has one part, with all planes of the picture in it one after another, or a part
 * for each plane (V4L2 calls parts "memory planes"; they exist in the multi-planar API alone). */
enum { FR_V4L2_PARTS_MAX = 3 };

struct fr_v4l2_layout {
    uint32_t fourcc;      /* the driver's name for it */
    uint32_t ring_fourcc; /* what readers see; of MJPG what they usually see */
    uint8_t n_parts;
    uint8_t part_of[FR_V4L2_PARTS_MAX]; /* which part holds the i-th plane that readers see */
};

enum { FR_V4L2_N_LAYOUTS = 15 };
/* In order of preference: planar luma first, for it is read fastest; colour before grey; what must be
 * decoded last. */
extern const struct fr_v4l2_layout fr_v4l2_layouts[FR_V4L2_N_LAYOUTS];

/* The entry of a driver's format (JPEG is another name for MJPG), or NULL. */
const struct fr_v4l2_layout *fr_v4l2_layout_find(uint32_t fourcc);
