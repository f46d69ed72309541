/* The same in a program with an event loop. Semaphores cannot be polled: a helper thread waits in
 * the library, puts the frame into a mailbox, and tells the loop through an eventfd; the loop tells
 * it back when it is done with the frame. Ends when its standard input does.
 *     cc poll_reader.c -o poll_reader -pthread $(pkg-config --cflags --libs framering) */
#include <framering/framering.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mailbox {
    struct fr_reader *reader; /* the helper's alone, but for fr_reader_cancel() */
    struct fr_frame frame;    /* the helper's until `filled`, the loop's until `done` */
    int filled_fd, done_fd;
};

static void *wait_for_frames(void *arg)
{
    struct mailbox *box = arg;
    eventfd_t count;

    for (;;) {
        int r = fr_reader_next(box->reader, -1, &box->frame);
        if (r == -ECANCELED)
            return NULL;
        if (r < 0)
            continue; /* told once; the next call waits */
        eventfd_write(box->filled_fd, 1);
        while (eventfd_read(box->done_fd, &count) < 0 && errno == EINTR)
            ;
        fr_reader_release(box->reader, &box->frame);
    }
}

int main(int argc, char **argv)
{
    struct mailbox box = {.filled_fd = eventfd(0, EFD_CLOEXEC), .done_fd = eventfd(0, EFD_CLOEXEC)};
    struct pollfd fds[] = {{.fd = box.filled_fd, .events = POLLIN},
                           {.fd = STDIN_FILENO, .events = POLLIN}};
    pthread_t helper;
    char typed[256];
    eventfd_t count;

    if (argc != 2 || fr_reader_open(argv[1], FR_READ_PINNED, &box.reader) < 0 ||
        pthread_create(&helper, NULL, wait_for_frames, &box) != 0)
        return 2;
    for (;;) {
        if (poll(fds, 2, -1) < 0)
            continue;
        if (fds[0].revents & POLLIN) {
            eventfd_read(box.filled_fd, &count);
            printf("frame %" PRIu64 " missed %" PRIu64 " pixel %u\n", box.frame.number,
                   box.frame.missed, box.frame.planes[0].data[0]);
            fflush(stdout);
            eventfd_write(box.done_fd, 1);
        }
        if (fds[1].revents && read(STDIN_FILENO, typed, sizeof typed) <= 0)
            break;
    }
    fr_reader_cancel(box.reader); /* ends the wait under way, or else the next one */
    eventfd_write(box.done_fd, 1);
    pthread_join(helper, NULL);
    fr_reader_close(box.reader);
    return 0;
}
