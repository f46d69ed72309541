/* See forks.h. */
#include "common/ring/forks.h"

#include <pthread.h>
#include <stddef.h>
#include <sys/file.h>
#include <unistd.h>

/* Held across fork(), so that the list is whole. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int init_error;
static struct fr_fork_fd *list;
static unsigned generation;

void fr_forks_hold(void)
{
    pthread_mutex_lock(&mutex);
}

void fr_forks_release(void)
{
    pthread_mutex_unlock(&mutex);
}

/* One thread, and nothing but what may be called from a signal handler. */
static void in_child(void)
{
    for (; list; list = list->next) {
        close(list->fd);
        list->fd = -1;
    }
    generation++;
    fr_forks_release();
}

static void init(void)
{
    init_error = -pthread_atfork(fr_forks_hold, fr_forks_release, in_child);
}

int fr_forks_init(void)
{
    pthread_once(&once, init);
    return init_error;
}

unsigned fr_forks_generation(void)
{
    return generation;
}

void fr_forks_add(struct fr_fork_fd *entry)
{
    entry->next = list;
    list = entry;
}

void fr_forks_close(struct fr_fork_fd *entry)
{
    if (entry->fd < 0)
        return;
    fr_forks_hold();
    for (struct fr_fork_fd **link = &list; *link; link = &(*link)->next)
        if (*link == entry) {
            *link = entry->next;
            break;
        }
    fr_forks_release();
    flock(entry->fd, LOCK_UN);
    close(entry->fd);
    entry->fd = -1;
}
