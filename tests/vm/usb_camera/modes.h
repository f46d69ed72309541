/* What the camera offers: formats, sizes and rates, as its descriptors tell them and as its
 * negotiation takes them. Pure. */
#pragma once

#include <stdint.h>

enum { FORMAT_MJPEG = 1, FORMAT_YUYV = 2, N_FORMATS = 2 }; /* indices of the descriptors */
enum { N_SIZES = 3, N_RATES = 3, N_FRAME_BYTES_PER_PX = 2 };

#define INTERVALS_PER_S 10000000 /* UVC counts time in 100 ns */

struct mode_size {
    uint16_t width_px, height_px;
    uint8_t n_rates;
    uint32_t interval_100ns[N_RATES]; /* ascending, and the first one is the default */
};

/* The sizes of a format; size i is frame index i + 1 of the descriptors. */
extern const struct mode_size mode_sizes[N_FORMATS][N_SIZES];

/* One of them, agreed. */
struct mode {
    uint8_t format; /* FORMAT_ */
    uint8_t frame;  /* index of the descriptors, from 1 */
    uint16_t width_px, height_px;
    uint32_t interval_100ns;
    uint32_t max_frame_bytes;
};

/* The mode nearest to what is asked for; indices that do not exist become 1, an interval between
 * two becomes the nearer one. */
struct mode mode_find(unsigned format, unsigned frame, uint32_t interval_100ns);

/* "MJPG" or "YUYV". */
const char *mode_format_name(const struct mode *mode);
