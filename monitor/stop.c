/* Ctrl-C. fr_reader_cancel() may be called in a signal handler, and so may alarm().
 *
 * A wait for frames remembers that it was cancelled; a write() does not: a signal that comes
 * between looking for one and blocking in it would be slept through. So the first signal starts an
 * alarm that comes every second and interrupts again, until the program has ended.
 */
#include "monitor/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static _Atomic(struct fr_reader *) reader_to_cancel;
static volatile sig_atomic_t is_asked;

static void on_signal(int number)
{
    (void)number;
    is_asked = 1;
    alarm(1);
    struct fr_reader *reader = atomic_load_explicit(&reader_to_cancel, memory_order_relaxed);
    if (reader)
        fr_reader_cancel(reader);
}

void stop_reader_on_signals(struct fr_reader *reader)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM};
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART */

    /* Relaxed: the handler runs in this process's threads alone, and the reader was made before. */
    atomic_store_explicit(&reader_to_cancel, reader, memory_order_relaxed);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaction(numbers[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool stop_was_asked(void)
{
    return is_asked;
}
