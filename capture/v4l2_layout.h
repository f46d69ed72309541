/* The formats that framering takes from a camera, best first: what drivers call them, and how their
 * pictures stand in memory. Tables alone. */
#pragma once

#include "framering/framering.h"

#define FR_FOURCC_MJPG FR_FOURCC('M', 'J', 'P', 'G')

/* A driver's buffer has one part, with all planes of the picture in it one after another, or a part
 * for each plane (V4L2 calls parts "memory planes"; they exist in the multi-planar API alone). */
enum { FR_V4L2_PARTS_MAX = 3 };

enum fr_v4l2_how {
    FR_V4L2_AS_IS,     /* one of the ring's own formats */
    FR_V4L2_JPEG,      /* decoded */
    FR_V4L2_CONVERTED, /* by libv4l2; see v4l2_convert.h */
};

struct fr_v4l2_layout {
    uint32_t fourcc;      /* the driver's name for it */
    uint32_t ring_fourcc; /* what readers see; of all but AS_IS what they usually see */
    uint8_t n_parts;
    uint8_t
        part_of[FR_V4L2_PARTS_MAX]; /* AS_IS: which part holds the i-th plane that readers see */
    uint8_t how;                    /* enum fr_v4l2_how */
    /* CONVERTED */
    uint8_t row_bits; /* of a pixel in one row; 0: a camera maker's own format, of any length */
    uint8_t halves;   /* rows there are: so many halves of the height */
    bool is_rgb;      /* or Bayer, which is RGB, too: colours are worked out in converting */
};

enum { FR_V4L2_N_LAYOUTS = 60 };
/* In order of preference: planar luma first, for it is read fastest; colour before grey; what must
 * be decoded; last what must be converted, the cheapest and the richest first. */
extern const struct fr_v4l2_layout fr_v4l2_layouts[FR_V4L2_N_LAYOUTS];

/* The entry of a driver's format (JPEG is another name for MJPG), or NULL. */
const struct fr_v4l2_layout *fr_v4l2_layout_find(uint32_t fourcc);

/* A format's name for people: without blanks at its end, and big-endian ones as V4L2 writes them
 * ("Y16-BE"). Returns buf. */
const char *fr_v4l2_format_name(uint32_t fourcc, char buf[8]);
