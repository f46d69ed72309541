/* Copying planes between strides. */
#include "capture/v4l2_copy.h"

#include <string.h>

void fr_v4l2_copy(const struct fr_geometry *tight, const struct fr_geometry *from,
                  const uint8_t *const planes[FR_PLANES_MAX], const struct fr_geometry *to,
                  uint8_t *slot)
{
    for (uint32_t i = 0; i < tight->n_planes; i++) {
        const uint8_t *read = planes[i];
        uint8_t *write = slot + to->planes[i].offset_bytes;
        for (uint32_t row = 0; row < tight->planes[i].rows; row++) {
            memcpy(write, read, tight->planes[i].stride_bytes);
            read += from->planes[i].stride_bytes;
            write += to->planes[i].stride_bytes;
        }
    }
}
