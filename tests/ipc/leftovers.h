/* What processes may leave behind: System V objects, files, descriptors.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "framering/framering.h"
#include "tests/ipc/process.h"

#include <dirent.h>
#include <stdio.h>

static inline unsigned count_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    ck_assert_msg(dir != NULL, "cannot look into %s", folder);
    unsigned n = 0;
    for (struct dirent *e; (e = readdir(dir));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

/* Descriptors of this process, with the one that it takes to look. */
static inline unsigned ipc_descriptors(void)
{
    return count_entries("/proc/self/fd");
}

/* Files in a camera's folder. */
static inline unsigned ipc_files(const char *camera_name)
{
    char rundir[256], folder[400];
    snprintf(folder, sizeof folder, "%s/%s", fr_rundir(0, rundir, sizeof rundir), camera_name);
    return count_entries(folder);
}

/* Number of System V objects in this namespace: segments and semaphore sets. */
static inline unsigned ipc_objects(void)
{
    unsigned n = 0;
    static const char *const tables[] = {"/proc/sysvipc/shm", "/proc/sysvipc/sem"};
    for (unsigned i = 0; i < 2; i++) {
        FILE *f = fopen(tables[i], "r");
        ck_assert_ptr_nonnull(f);
        for (int c; (c = fgetc(f)) != EOF;)
            n += c == '\n';
        n--; /* the heading */
        fclose(f);
    }
    return n;
}

/* So many are left when everybody has let go of what was removed. */
static inline void ipc_objects_become(unsigned n)
{
    int64_t end_ns = now_ns() + DEADLINE_S * NS_PER_S;
    while (ipc_objects() != n && now_ns() < end_ns)
        pass_time(NS_PER_MS / 10);
    ck_assert_uint_eq(ipc_objects(), n);
}
