/* The kernel's limits on System V objects, and which of them a ring would meet.
 *
 * The kernel tells a failure by a number that several limits share: ENOSPC may be SHMMNI or SHMALL,
 * EINVAL SHMMAX or a wrong argument. So whoever was refused looks at all limits and at what is in
 * use, and names the one that is short. The same table tells it before it happens (`framering
 * doctor`). */
#include "common/ring/limits.h"
#include "common/ring/explain.h"
#include "common/ring/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

enum { SHMMAX, SHMALL, SHMMNI, SEMMSL, SEMMNS, SEMOPM, SEMMNI };

/* More than any limit of the kernel's is as good as none. */
static uint64_t add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t pages(uint64_t bytes)
{
    return bytes / FR_LAYOUT_PAGE + (bytes % FR_LAYOUT_PAGE != 0);
}

bool fr_limit_is_short(const struct fr_limit *limit)
{
    return limit->asked > 0 &&
           (limit->asked > limit->value || limit->used > limit->value - limit->asked);
}

static uint64_t enough(const struct fr_limit *limit)
{
    /* Rings that were left behind, or that readers still hold, count for a while beside the new
     * one. */
    uint64_t wanted =
        limit->used ? add(limit->used, add(limit->asked, limit->asked)) : limit->asked;
    return fr_limit_is_short(limit) ? wanted : limit->value;
}

static void set_commands(struct fr_limit *limits)
{
    static const char *const keys[] = {"kernel.shmmax", "kernel.shmall", "kernel.shmmni"};
    char sem[sizeof limits->command];
    for (unsigned i = SHMMAX; i <= SHMMNI; i++)
        fr_explain(limits[i].command, sizeof limits[i].command, "sysctl -w %s=%llu", keys[i],
                   (unsigned long long)enough(&limits[i]));
    /* The others are one setting, in this order. */
    fr_explain(
        sem, sizeof sem, "sysctl -w kernel.sem='%llu %llu %llu %llu'",
        (unsigned long long)enough(&limits[SEMMSL]), (unsigned long long)enough(&limits[SEMMNS]),
        (unsigned long long)enough(&limits[SEMOPM]), (unsigned long long)enough(&limits[SEMMNI]));
    for (unsigned i = SEMMSL; i <= SEMMNI; i++)
        memcpy(limits[i].command, sem, sizeof sem);
}

int fr_limits(const struct fr_need *need, struct fr_limit ret_limits[FR_LIMITS])
{
    struct shminfo shm_max;
    struct shm_info shm;
    struct seminfo sem_max, sem;
    if (shmctl(0, IPC_INFO, (struct shmid_ds *)(void *)&shm_max) < 0 ||
        shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&shm) < 0 ||
        semctl(0, 0, IPC_INFO, &sem_max) < 0 || semctl(0, 0, SEM_INFO, &sem) < 0)
        return -errno;

    const struct fr_limit limits[FR_LIMITS] = {
        [SHMMAX] = {.name = "SHMMAX",
                    .what = "bytes in a shared memory segment",
                    .value = shm_max.shmmax,
                    .asked = need->segment_bytes_max},
        [SHMALL] = {.name = "SHMALL",
                    .what = "pages of shared memory in all",
                    .value = shm_max.shmall,
                    .used = shm.shm_tot,
                    .asked = pages(need->segment_bytes)},
        [SHMMNI] = {.name = "SHMMNI",
                    .what = "shared memory segments",
                    .value = shm_max.shmmni,
                    .used = (uint64_t)shm.used_ids,
                    .asked = need->segments},
        [SEMMSL] = {.name = "SEMMSL",
                    .what = "semaphores in a set",
                    .value = (uint64_t)sem_max.semmsl,
                    .asked = need->set_semaphores_max},
        [SEMMNS] = {.name = "SEMMNS",
                    .what = "semaphores in all",
                    .value = (uint64_t)sem_max.semmns,
                    .used = (uint64_t)sem.semaem,
                    .asked = need->semaphores},
        [SEMOPM] = {.name = "SEMOPM",
                    .what = "operations in a call on semaphores",
                    .value = (uint64_t)sem_max.semopm,
                    .asked = need->operations_max},
        [SEMMNI] = {.name = "SEMMNI",
                    .what = "semaphore sets",
                    .value = (uint64_t)sem_max.semmni,
                    .used = (uint64_t)sem.semusz,
                    .asked = need->sets},
    };
    memcpy(ret_limits, limits, sizeof limits);
    set_commands(ret_limits);
    return 0;
}

void fr_limit_explain(const struct fr_limit *limit, char *buf, size_t size)
{
    char used[64] = "";
    if (limit->used)
        snprintf(used, sizeof used, ", %llu are in use", (unsigned long long)limit->used);
    fr_explain(buf, size,
               "the kernel allows at most %llu %s (%s)%s, and %llu%s were asked for; raise it with "
               "`sudo %s` (and a line in /etc/sysctl.d, to keep it)",
               (unsigned long long)limit->value, limit->what, limit->name, used,
               (unsigned long long)limit->asked, *used ? " more" : "", limit->command);
}

int64_t fr_memory_available(void)
{
    static const char *const keys[] = {"MemAvailable:", "SwapFree:"};
    char line[128];
    int64_t bytes = -1;
    FILE *file = fopen("/proc/meminfo", "re");
    if (!file)
        return -errno;
    while (fgets(line, sizeof line, file))
        for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++)
            if (strncmp(line, keys[i], strlen(keys[i])) == 0)
                bytes = (bytes < 0 ? 0 : bytes) + strtoll(line + strlen(keys[i]), NULL, 10) * 1024;
    fclose(file);
    return bytes < 0 ? -ENODATA : bytes;
}

/* Whether the kernel answers with this error when that limit is met. */
static bool can_mean(int error, unsigned limit)
{
    switch (limit) {
    case SHMMAX:
    case SEMMSL:
        return error == EINVAL;
    case SEMOPM:
        return error == E2BIG;
    default:
        return error == ENOSPC;
    }
}

void fr_limits_explain(int error, const char *call, const struct fr_need *need, char *reason,
                       size_t reason_size)
{
    struct fr_limit limits[FR_LIMITS];
    char text[FR_REASON_MAX], asked[32];

    if (fr_limits(need, limits) == 0)
        for (unsigned i = 0; i < FR_LIMITS; i++)
            if (can_mean(error, i) && fr_limit_is_short(&limits[i])) {
                fr_limit_explain(&limits[i], text, sizeof text);
                fr_explain(reason, reason_size, "%s: %s, or use fewer slots or a smaller picture",
                           call, text);
                return;
            }
    if (need->segment_bytes)
        snprintf(asked, sizeof asked, "%llu bytes", (unsigned long long)need->segment_bytes);
    else
        snprintf(asked, sizeof asked, "%u semaphores", need->semaphores);
    if (error == ENOMEM)
        fr_explain(
            reason, reason_size,
            "%s: too little memory: %s were asked for, and %lld bytes are to be had; use fewer "
            "slots or a smaller picture, or free memory (look with `free -b`, and, if "
            "vm.overcommit_memory is 2, at CommitLimit in /proc/meminfo)",
            call, asked, (long long)fr_memory_available());
    else
        fr_explain(reason, reason_size, "%s, of %s: %s", call, asked, strerror(error));
}
