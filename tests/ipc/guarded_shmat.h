/* Every segment that this program attaches lies between two pages that cannot be touched, so that
 * an address outside is a fault and not somebody else's memory. These two stand in the place of
 * libc's; one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "tests/ipc/process.h"

#include <sys/shm.h>

enum { GUARD_BYTES = 4096, GUARDED_MAX = 64 };

struct guarded {
    uint8_t *base; /* NULL: a free place */
    size_t bytes;
};
static struct guarded guarded[GUARDED_MAX];

static inline struct guarded *guarded_at(const void *base)
{
    for (unsigned i = 0; i < GUARDED_MAX; i++)
        if (guarded[i].base == base)
            return &guarded[i];
    return NULL;
}

/* True when all of it lies in one of the segments. */
static inline bool is_guarded(const uint8_t *data, uint64_t bytes)
{
    for (unsigned i = 0; i < GUARDED_MAX; i++)
        if (guarded[i].base && data >= guarded[i].base &&
            (size_t)(data - guarded[i].base) <= guarded[i].bytes &&
            bytes <= guarded[i].bytes - (size_t)(data - guarded[i].base))
            return true;
    return false;
}

void *shmat(int shm_id, const void *address, int flags)
{
    struct shmid_ds ds;
    if (address || shmctl(shm_id, IPC_STAT, &ds) < 0)
        return (void *)syscall(SYS_shmat, shm_id, address, flags);
    size_t bytes = (ds.shm_segsz + GUARD_BYTES - 1) / GUARD_BYTES * GUARD_BYTES;
    uint8_t *around = mmap(NULL, bytes + 2 * (size_t)GUARD_BYTES, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    must(around != MAP_FAILED, "%s", strerror(errno));
    void *base = (void *)syscall(SYS_shmat, shm_id, around + GUARD_BYTES, flags | SHM_REMAP);
    if (base == (void *)-1) {
        int error = errno;
        munmap(around, bytes + 2 * (size_t)GUARD_BYTES);
        errno = error;
        return base;
    }
    struct guarded *place = guarded_at(NULL);
    must(place, "too many segments attached");
    *place = (struct guarded){.base = base, .bytes = bytes};
    return base;
}

int shmdt(const void *base)
{
    struct guarded *place = guarded_at(base);
    int rc = (int)syscall(SYS_shmdt, base);
    if (rc == 0 && place) {
        munmap(place->base - GUARD_BYTES, place->bytes + 2 * (size_t)GUARD_BYTES);
        place->base = NULL;
    }
    return rc;
}
