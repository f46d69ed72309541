#include "tests/vm/usb_camera/modes.h"

#define PER_S(rate) (INTERVALS_PER_S / (rate))

const struct mode_size mode_sizes[N_FORMATS][N_SIZES] = {
    {
        {320, 240, 3, {PER_S(30), PER_S(15), PER_S(5)}},
        {640, 480, 3, {PER_S(30), PER_S(15), PER_S(5)}},
        {1280, 720, 3, {PER_S(30), PER_S(15), PER_S(5)}},
    },
    {
        {320, 240, 3, {PER_S(30), PER_S(15), PER_S(5)}},
        {640, 480, 2, {PER_S(15), PER_S(5)}},
        {1280, 720, 1, {PER_S(5)}},
    },
};

static uint32_t distance(uint32_t a, uint32_t b)
{
    return a > b ? a - b : b - a;
}

struct mode mode_find(unsigned format, unsigned frame, uint32_t interval_100ns)
{
    if (format < 1 || format > N_FORMATS)
        format = 1;
    if (frame < 1 || frame > N_SIZES)
        frame = 1;
    const struct mode_size *size = &mode_sizes[format - 1][frame - 1];
    uint32_t best = size->interval_100ns[0];
    for (unsigned i = 1; interval_100ns && i < size->n_rates; i++)
        if (distance(size->interval_100ns[i], interval_100ns) < distance(best, interval_100ns))
            best = size->interval_100ns[i];
    return (struct mode){
        .format = (uint8_t)format,
        .frame = (uint8_t)frame,
        .width_px = size->width_px,
        .height_px = size->height_px,
        .interval_100ns = best,
        .max_frame_bytes = (uint32_t)size->width_px * size->height_px * N_FRAME_BYTES_PER_PX,
    };
}

const char *mode_format_name(const struct mode *mode)
{
    return mode->format == FORMAT_MJPEG ? "MJPG" : "YUYV";
}
