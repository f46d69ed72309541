/* A camera to try the readers with: 64x48 grey, frame n filled with the byte n, n up to COUNT.
 *     cc writer.c -o writer $(pkg-config --cflags --libs framering) && ./writer cam0 500 */
#include <framering/framering.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
    struct fr_format format = {.fourcc = FR_FOURCC_GREY, .width_px = 64, .height_px = 48};
    struct fr_epoch_options options = {.copy_path = FR_PATH_SYNTHETIC};
    struct timespec period = {.tv_nsec = 10000000};
    struct fr_writer *writer;
    char reason[256] = "usage: writer CAMERA COUNT";

    fr_geometry_init(&format, &options.geometry);
    if (argc != 3 || fr_writer_open(argv[1], NULL, &writer, reason, sizeof reason) < 0) {
        fprintf(stderr, "%s\n", reason);
        return 2;
    }
    int r = fr_writer_begin(writer, &options);
    for (int n = 1; r == 0 && n <= atoi(argv[2]); n++) {
        uint32_t slot;
        nanosleep(&period, NULL);
        if (fr_writer_take(writer, &slot) < 0) /* never happens here: each one taken is published */
            break;
        memset(fr_writer_slot(writer, slot), n & 0xff, fr_writer_slot_bytes(writer));
        r = fr_writer_publish(writer, slot, NULL);
    }
    if (r < 0)
        fprintf(stderr, "%s: %s\n", strerror(-r), fr_writer_reason(writer));
    fr_writer_close(writer);
    return r < 0;
}
