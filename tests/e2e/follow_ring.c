/* follow_ring CAMERA: tells the end-to-end tests what a reader sees, a line each:
 *
 *   frame EPOCH NUMBER SEQUENCE MISSED LUMA   (LUMA: the first pixel's)
 *   gone                                       no writer: none yet, stopped or dead
 *   error TEXT                                 a ring that cannot be used
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "framering/framering.h"

int main(int argc, char **argv)
{
    struct fr_reader *reader = NULL;
    int r = argc == 2 ? fr_reader_open(argv[1], FR_READ_PEEK, &reader) : -EINVAL;
    if (r < 0) {
        fprintf(stderr, "follow_ring: %s\n", argc == 2 ? strerror(-r) : "expected a camera's name");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (!ferror(stdout)) {
        struct fr_frame frame;
        struct fr_luma luma;
        r = fr_reader_next(reader, -1, &frame);
        if (r == -ENOTCONN) {
            puts("gone");
        } else if (r < 0) {
            printf("error %s\n", fr_reader_reason(reader));
        } else if (fr_frame_luma(&frame, &luma) == 0) {
            unsigned first = luma.data[0];
            if (fr_reader_release(reader, &frame) == 0)
                printf("frame %llu %llu %u %llu %u\n", (unsigned long long)frame.epoch,
                       (unsigned long long)frame.number, frame.source_sequence,
                       (unsigned long long)frame.missed, first);
        } else {
            fr_reader_release(reader, &frame);
        }
    }
    fr_reader_close(reader);
    return 1;
}
