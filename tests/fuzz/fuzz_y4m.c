/* Y4M lines from a stranger: bounded numbers come out, and what is accepted can be written and read
 * again. */
#include "common/media/y4m.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fr_y4m_header header, again;
    char reason[64], line[FR_Y4M_LINE_MAX];
    size_t used;

    if (fr_y4m_parse_frame(data, size, &used) == 0 && (used > size || data[used - 1] != '\n'))
        abort();
    if (fr_y4m_parse_header(data, size, &header, &used, reason, sizeof reason) < 0)
        return 0;
    if (used > size || !header.width_px || header.width_px > FR_SIDE_MAX || !header.height_px ||
        header.height_px > FR_SIDE_MAX || !header.rate_num != !header.rate_den)
        abort();
    int length = fr_y4m_write_header(&header, line, sizeof line);
    if (length < 0 ||
        fr_y4m_parse_header((const uint8_t *)line, (size_t)length, &again, &used, NULL, 0) < 0)
        abort();
    if (memcmp(&header, &again, sizeof header) != 0)
        abort();
    return 0;
}
