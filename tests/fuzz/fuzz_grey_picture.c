/* A mask's file of any bytes: a picture whose every pixel can be read, or refused with one line. */
#include "common/media/grey_picture.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* From nothing the fuzzer would find neither: it is given a beginning of each half of the
     * time. */
    static const char pgm[] = "P5 16 12 255\n";
    static const uint8_t png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0,
                                  0,    13,  'I', 'H', 'D',  'R',  0,    0,    0, 9,
                                  0,    0,   0,   7,   8,    0,    0,    0,    0};
    struct fr_grey_picture picture = {0};
    char reason[256] = "";

    if (!n)
        return 0;
    size_t begin = data[0] % 3 == 1 ? sizeof pgm - 1 : data[0] % 3 == 2 ? sizeof png : 0;
    uint8_t *bytes = malloc(begin + n);
    if (!bytes)
        return 0;
    memcpy(bytes, data[0] % 3 == 1 ? (const void *)pgm : png, begin);
    memcpy(bytes + begin, data + 1, n - 1);
    if (fr_grey_picture_read(bytes, begin + n - 1, &picture, reason, sizeof reason) < 0) {
        if (!*reason || strchr(reason, '\n') || picture.pixels)
            abort();
    } else {
        if (!picture.width_px || !picture.height_px || picture.width_px > FR_GREY_SIDE_MAX ||
            picture.height_px > FR_GREY_SIDE_MAX)
            abort();
        volatile uint8_t last = picture.pixels[(size_t)picture.width_px * picture.height_px - 1];
        (void)last;
        fr_grey_picture_fini(&picture);
    }
    free(bytes);
    return 0;
}
