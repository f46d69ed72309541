/* Prints a line for each frame of a camera:
 *     cc reader.c -o reader $(pkg-config --cflags --libs framering) && ./reader cam0 */
#include <framering/framering.h>

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct fr_reader *reader;
    struct fr_frame frame;
    struct fr_luma luma;

    if (argc != 2 || fr_reader_open(argv[1], FR_READ_PINNED, &reader) < 0)
        return 2;
    for (;;) {
        if (fr_reader_next(reader, -1, &frame) < 0) { /* no writer yet, or it died: told once */
            fprintf(stderr, "%s\n", fr_reader_reason(reader));
            continue; /* the next call waits for it to come (back), and follows */
        }
        if (fr_frame_luma(&frame, &luma) == 0)
            printf("frame %" PRIu64 " missed %" PRIu64 " pixel %u\n", frame.number, frame.missed,
                   luma.data[luma.height_px / 2 * luma.stride_bytes]);
        fflush(stdout);
        fr_reader_release(reader, &frame);
    }
}
