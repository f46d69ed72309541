/* See forks.h. */
#include "common/ring/forks.h"

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

static pthread_mutex_t mutex =
    PTHREAD_MUTEX_INITIALIZER; /* held across fork(), so that the list is whole */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int init_error;
static struct fr_fork_fd *list;
static unsigned generation;

static void before(void)
{
    pthread_mutex_lock(&mutex);
}

static void in_parent(void)
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
    pthread_mutex_unlock(&mutex);
}

static void init(void)
{
    init_error = -pthread_atfork(before, in_parent, in_child);
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
    pthread_mutex_lock(&mutex);
    entry->next = list;
    list = entry;
    pthread_mutex_unlock(&mutex);
}

void fr_forks_close(struct fr_fork_fd *entry)
{
    if (entry->fd < 0)
        return;
    pthread_mutex_lock(&mutex);
    for (struct fr_fork_fd **link = &list; *link; link = &(*link)->next)
        if (*link == entry) {
            *link = entry->next;
            break;
        }
    pthread_mutex_unlock(&mutex);
    close(entry->fd);
    entry->fd = -1;
}
