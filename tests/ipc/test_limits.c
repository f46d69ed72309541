/* Limits of the kernel's, told in words. Row S17 of FAULTS.md, with real limits: those of this
 * test's own IPC namespace, set too low for a ring.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <sched.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/sem.h>
#include <sys/shm.h>

#define SLOTS 32
#define PINS  (SLOTS + 2)
#define GATES 19

static void set_limit(const char *file, const char *value)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/sys/kernel/%s", file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    must(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value), "%s: %s", path,
         strerror(errno));
    close(fd);
}

static unsigned n_objects(void)
{
    struct shm_info shm;
    struct seminfo sem;
    must(shmctl(0, SHM_INFO, (void *)&shm) >= 0 && semctl(0, 0, SEM_INFO, &sem) >= 0, "%s",
         strerror(errno));
    return (unsigned)shm.used_ids + (unsigned)sem.semusz;
}

/* Runs what the message puts between `backticks`, as its reader would. */
static void do_as_told(const char *reason)
{
    char command[256];
    const char *from = strstr(reason, "`sudo ");
    must(from, "no command in: %s", reason);
    from += strlen("`sudo ");
    const char *to = strchr(from, '`');
    must(to && to - from < 200, "no command in: %s", reason);
    snprintf(command, sizeof command, "%.*s >/dev/null", (int)(to - from), from);
    int status = system(command);
    must(status == 0, "`%s` ended with 0x%x", command, (unsigned)status);
}

/* Each limit too low by as little as can be: the message names it, its value, what was asked and
 * what raises it; nothing is left behind; and what it says to do helps. */
START_TEST(s17_each_limit_that_is_met_is_named_with_what_was_asked_and_what_raises_it)
{
    const long page = sysconf(_SC_PAGESIZE);
    struct fr_epoch_options options = camera_options(320, 240);
    options.slots = SLOTS;
    struct fr_need need;
    ck_assert_int_eq(fr_epoch_need(&options, &need), 0);
    ck_assert_uint_eq(need.semaphores, PINS + GATES);
    char bytes[24], less[24], pages[24], less_pages[24];
    snprintf(bytes, sizeof bytes, " %llu ", (unsigned long long)need.segment_bytes);
    snprintf(less, sizeof less, "%llu", (unsigned long long)need.segment_bytes - 1);
    snprintf(pages, sizeof pages, " %llu", (unsigned long long)need.segment_bytes / (unsigned)page);
    snprintf(less_pages, sizeof less_pages, "%llu",
             (unsigned long long)need.segment_bytes / (unsigned)page - 1);

    const struct {
        const char *file, *value, *usual; /* of the limit */
        int error;
        const char *told[4]; /* its name, its value, what was asked, where it is raised */
    } cases[] = {
        {"shmmax", less, "18446744073692774399", -ENOSPC, {"SHMMAX", less, bytes, "shmmax="}},
        {"shmall",
         less_pages,
         "18446744073692774399",
         -ENOSPC,
         {"SHMALL", less_pages, pages, "shmall="}},
        {"shmmni", "0", "4096", -ENOSPC, {"SHMMNI", " 0 ", " 1 ", "shmmni="}},
        {"sem",
         "33 32000 500 128",
         "250 32000 500 128",
         -ENOSPC,
         {"SEMMSL", " 33 ", " 34 ", "kernel.sem='34 32000 500 128'"}},
        {"sem",
         "18 32000 500 128",
         "250 32000 500 128",
         -ENOSPC,
         {"SEMMSL", " 18 ", " 19 ", "kernel.sem='19 32000 500 128'"}},
        {"sem",
         "250 52 500 128",
         "250 32000 500 128",
         -ENOSPC,
         {"SEMMNS", " 52 semaphores", "19 are in use, and 34 more", "kernel.sem='250 87 500 128'"}},
        {"sem",
         "250 32000 34 128",
         "250 32000 500 128",
         -ENOSPC,
         {"SEMOPM", " 34 ", " 35 ", "kernel.sem='250 32000 35 128'"}},
        {"sem",
         "250 32000 500 1",
         "250 32000 500 128",
         -ENOSPC,
         {"SEMMNI", " 1 semaphore sets", "1 are in use, and 1 more",
          "kernel.sem='250 32000 500 3'"}},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fr_writer *writer;
        char reason[512] = "";
        ck_assert_int_eq(fr_writer_open("s17", NULL, &writer, reason, sizeof reason), 0);
        ck_assert_uint_eq(n_objects(), 0);
        set_limit(cases[i].file, cases[i].value);
        int rc = fr_writer_begin(writer, &options);
        snprintf(reason, sizeof reason, "%s", fr_writer_reason(writer));
        ck_assert_msg(rc == cases[i].error, "case %u: %d, expected %d: %s", i, rc, cases[i].error,
                      reason);
        ck_assert_uint_eq(n_objects(), 0);
        for (unsigned k = 0; k < 4; k++)
            ck_assert_msg(strstr(reason, cases[i].told[k]) != NULL, "case %u: no \"%s\" in: %s", i,
                          cases[i].told[k], reason);
        /* It may take more than one: the next limit is only met behind the first. */
        for (unsigned k = 0; rc < 0 && k < 3; k++) {
            do_as_told(fr_writer_reason(writer));
            rc = fr_writer_begin(writer, &options);
        }
        ck_assert_msg(rc == 0, "case %u, done as told: %s", i, fr_writer_reason(writer));
        fr_writer_close(writer);
        set_limit(cases[i].file, cases[i].usual);
    }
}
END_TEST

/* Objects of others count too, and the limit is told beside what they use. */
START_TEST(s17_what_is_in_use_is_told_beside_the_limit)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_writer *writer;
    char reason[512] = "";
    int taken[3];
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_ge(taken[i] = shmget(IPC_PRIVATE, 4096, 0600), 0);
    set_limit("shmmni", "3");
    ck_assert_int_eq(fr_writer_open("s17", NULL, &writer, reason, sizeof reason), 0);
    ck_assert_int_eq(fr_writer_begin(writer, &options), -ENOSPC);
    ck_assert_ptr_nonnull(strstr(fr_writer_reason(writer),
                                 "at most 3 shared memory segments (SHMMNI), "
                                 "3 are in use, and 1 more"));
    do_as_told(fr_writer_reason(writer));
    ck_assert_int_eq(fr_writer_begin(writer, &options), 0);
    fr_writer_close(writer);
    for (unsigned i = 0; i < 3; i++)
        shmctl(taken[i], IPC_RMID, NULL);
}
END_TEST

/* The limits are asked before anything is made, too: the same table, without a failure. */
START_TEST(s17_a_limit_that_would_be_met_is_told_before_it_is)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_need need;
    struct fr_limit limits[FR_LIMITS];
    ck_assert_int_eq(fr_epoch_need(&options, &need), 0);
    ck_assert_int_eq(fr_limits(&need, limits), 0);
    for (unsigned i = 0; i < FR_LIMITS; i++)
        ck_assert_msg(!fr_limit_is_short(&limits[i]), "%s", limits[i].name);
    set_limit("shmmax", "8192");
    ck_assert_int_eq(fr_limits(&need, limits), 0);
    for (unsigned i = 0; i < FR_LIMITS; i++)
        ck_assert_msg(fr_limit_is_short(&limits[i]) == (strcmp(limits[i].name, "SHMMAX") == 0),
                      "%s", limits[i].name);
    /* What nobody asks for cannot be short, however low the limit. */
    const struct fr_need nothing = {0};
    set_limit("shmmni", "0");
    ck_assert_int_eq(fr_limits(&nothing, limits), 0);
    for (unsigned i = 0; i < FR_LIMITS; i++)
        ck_assert_msg(!fr_limit_is_short(&limits[i]), "%s", limits[i].name);
}
END_TEST

/* This process's own /proc/meminfo. */
static void pretend_memory(const char *text)
{
    char path[] = "/tmp/framering-meminfo-XXXXXX";
    must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "%s",
         strerror(errno));
    int fd = mkstemp(path);
    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", strerror(errno));
    close(fd);
    must(mount(path, "/proc/meminfo", NULL, MS_BIND, NULL) == 0, "%s", strerror(errno));
    unlink(path);
}

START_TEST(s17_too_little_memory_is_told_with_what_there_is)
{
    struct fr_epoch_options options = camera_options(1920, 1080);
    struct fr_writer *writer;
    char reason[512] = "", asked[24];
    struct fr_need need;
    ck_assert_int_eq(fr_epoch_need(&options, &need), 0);
    ck_assert_int_eq(fr_writer_open("s17", NULL, &writer, reason, sizeof reason), 0);
    pretend_memory("MemTotal: 24000000 kB\nMemAvailable: 10000 kB\nSwapFree: 1000 kB\n");
    ck_assert_int_eq(fr_memory_available(), 11000 * 1024);
    ck_assert_uint_gt(need.segment_bytes, 11000 * 1024);
    ck_assert_int_eq(fr_writer_begin(writer, &options), -ENOMEM);
    ck_assert_uint_eq(n_objects(), 0);
    snprintf(asked, sizeof asked, " %llu bytes", (unsigned long long)need.segment_bytes);
    ck_assert_ptr_nonnull(strstr(fr_writer_reason(writer), asked));
    ck_assert_ptr_nonnull(strstr(fr_writer_reason(writer), "11264000 bytes are to be had"));
    fr_writer_close(writer);
}
END_TEST

int main(void)
{
    if (access("/proc/sys/kernel/shmmax", W_OK) < 0) {
        printf("skipped: the limits of this IPC namespace cannot be set (%s)\n", strerror(errno));
        return 77;
    }
    return IPC_TESTS("limits",
                     s17_each_limit_that_is_met_is_named_with_what_was_asked_and_what_raises_it,
                     s17_what_is_in_use_is_told_beside_the_limit,
                     s17_a_limit_that_would_be_met_is_told_before_it_is,
                     s17_too_little_memory_is_told_with_what_there_is);
}
