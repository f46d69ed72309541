/* reader32 CAMERA pinned|peek FRAMES: reads so many frames of a history camera and checks every
 * word of them. It is built for 32 bits, from the library's own sources, for test_reader32.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

_Static_assert(sizeof(void *) == 4, "this is the 32-bit reader");

int main(int argc, char **argv)
{
    must(argc == 4, "expected CAMERA pinned|peek FRAMES");
    static struct history history;
    unsigned long frames = strtoul(argv[3], NULL, 10);
    struct fr_reader *reader =
        reader_open(argv[1], strcmp(argv[2], "peek") ? FR_READ_PINNED : FR_READ_PEEK);
    while (history.frames - history.torn < frames) {
        struct fr_frame frame;
        reader_next(reader, &history, &frame);
        must(frame.format.width_px == 320 && frame.format.height_px == 240 && frame.n_planes == 1,
             "%ux%u", frame.format.width_px, frame.format.height_px);
        history_release(&history, reader, &frame, history_look(&frame));
    }
    history_check_counts(&history, reader);
    fr_reader_close(reader);
    return 0;
}
