/* Copying planes between strides. */
#include "capture/v4l2_copy.h"

#include <string.h>

/* Bytes that are copied at once: those of the same run, which goes on as long as both sides do. */
struct run {
    const uint8_t *from;
    uint8_t *to;
    size_t bytes;
};

/* Many small copies cost more than a large one, which may also go around the caches. */
static void add(struct run *run, const uint8_t *from, uint8_t *to, size_t bytes)
{
    if (run->bytes && run->from + run->bytes == from && run->to + run->bytes == to) {
        run->bytes += bytes;
        return;
    }
    if (run->bytes)
        memcpy(run->to, run->from, run->bytes);
    *run = (struct run){from, to, bytes};
}

void fr_v4l2_copy(const struct fr_geometry *tight, const struct fr_geometry *from,
                  const uint8_t *const planes[FR_PLANES_MAX], const struct fr_geometry *to,
                  uint8_t *slot)
{
    struct run run = {0};
    for (uint32_t i = 0; i < tight->n_planes; i++) {
        const uint8_t *read = planes[i];
        uint8_t *write = slot + to->planes[i].offset_bytes;
        const uint32_t row_bytes = tight->planes[i].stride_bytes, rows = tight->planes[i].rows;
        if (from->planes[i].stride_bytes == row_bytes && to->planes[i].stride_bytes == row_bytes) {
            add(&run, read, write, (size_t)row_bytes * rows);
            continue;
        }
        for (uint32_t row = 0; row < rows; row++) {
            add(&run, read, write, row_bytes);
            read += from->planes[i].stride_bytes;
            write += to->planes[i].stride_bytes;
        }
    }
    if (run.bytes)
        memcpy(run.to, run.from, run.bytes);
}
