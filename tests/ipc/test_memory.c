/* The ring's memory: all of it is there from the start, and a lack of it shows there. Row S18 of
 * FAULTS.md, with a memory cgroup where one can be made.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/history.h"

#include <sys/ipc.h>
#include <sys/shm.h>

#ifndef SHM_LOCKED
#define SHM_LOCKED 02000
#endif

enum { SIDE_PX = 1024 }; /* a megabyte a slot */

static struct shm_info shm_info_now(void)
{
    struct shm_info info;
    must(shmctl(0, SHM_INFO, (void *)&info) >= 0, "%s", strerror(errno));
    return info;
}

static void write_all_slots(struct camera *camera)
{
    for (uint32_t n = 0; n < 4 * camera->options.slots; n++)
        camera_publish(camera);
}

START_TEST(s18_every_page_of_the_ring_is_there_before_the_first_frame)
{
    struct fr_epoch_options options = camera_options(SIDE_PX, SIDE_PX);
    struct camera camera;
    ck_assert_uint_eq(shm_info_now().shm_tot, 0);
    camera_open(&camera, "s18", &options);
    struct shm_info begun = shm_info_now();
    ck_assert_uint_gt(begun.shm_tot, 8 * 256);
    ck_assert_uint_eq(begun.shm_rss + begun.shm_swp, begun.shm_tot);
    write_all_slots(&camera);
    struct shm_info written = shm_info_now();
    ck_assert_uint_eq(written.shm_rss + written.shm_swp, begun.shm_tot);
    fr_writer_close(camera.writer);
}
END_TEST

static void lock_as_who_may(void *arg)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    struct shmid_ds ds;
    (void)arg;
    setrlimit(RLIMIT_MEMLOCK, &limit); /* as the service has it */
    for (int is_locked = 0; is_locked < 2; is_locked++) {
        struct camera camera;
        options.lock_memory = is_locked;
        camera_open(&camera, "s18-lock", &options);
        must(shmctl(ring_info("s18-lock").shm_id, IPC_STAT, &ds) == 0, "%s", strerror(errno));
        must(!(ds.shm_perm.mode & SHM_LOCKED) == !is_locked, "mode %o, asked for %d",
             (unsigned)ds.shm_perm.mode, is_locked);
        fr_writer_close(camera.writer);
    }
}

static void lock_as_who_may_not(void *arg)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct rlimit limit = {0, 0};
    struct fr_writer *writer;
    (void)arg;
    options.lock_memory = true;
    must(setrlimit(RLIMIT_MEMLOCK, &limit) == 0, "%s", strerror(errno));
    must(fr_writer_open("s18-unlocked", NULL, &writer, NULL, 0) == 0, "no writer");
    int r = fr_writer_begin(writer, &options);
    must(r == -EPERM || r == -ENOMEM, "%d: %s", r, fr_writer_reason(writer));
    must(strstr(fr_writer_reason(writer), "LimitMEMLOCK"), "%s", fr_writer_reason(writer));
    must(shm_info_now().used_ids == 0, "something was left");
    fr_writer_close(writer);
}

START_TEST(s18_the_ring_is_locked_into_memory_when_that_is_asked_for_and_refused_with_words)
{
    char rundir[256];
    child_ends_well(child_start(lock_as_who_may, NULL));
    if (!can_be_others())
        return; /* and root may lock whatever the limit says */
    must(chown(fr_rundir(0, rundir, sizeof rundir), user_writer.uid, user_writer.gid) == 0, "%s",
         strerror(errno));
    child_ends_well(child_start_as(&user_writer, lock_as_who_may_not, NULL));
}
END_TEST

/* ---------------------------------------------------------------- a memory cgroup */

struct cgroup {
    char folder[300];
    bool is_v2;
};

static bool put(const char *folder, const char *file, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return is_written;
}

static uint64_t get(const struct cgroup *group, const char *file)
{
    char path[400];
    unsigned long long value = 0;
    snprintf(path, sizeof path, "%s/%s", group->folder, file);
    FILE *f = fopen(path, "r");
    must(f && fscanf(f, "%llu", &value) == 1, "%s", path);
    fclose(f);
    return value;
}

/* Makes one below the mount of cgroups that have memory. */
static bool make_group(struct cgroup *group)
{
    char line[600], type[32], options[400], where[200];
    bool is_made = false;
    FILE *mounts = fopen("/proc/self/mounts", "r");
    while (mounts && !is_made && fgets(line, sizeof line, mounts)) {
        if (sscanf(line, "%*s %199s %31s %399s", where, type, options) != 3)
            continue;
        group->is_v2 = strcmp(type, "cgroup2") == 0;
        if (!group->is_v2 && (strcmp(type, "cgroup") != 0 || !strstr(options, "memory")))
            continue;
        if (group->is_v2)
            put(where, "cgroup.subtree_control", "+memory");
        snprintf(group->folder, sizeof group->folder, "%s/framering-test-%d", where, (int)getpid());
        is_made =
            mkdir(group->folder, 0755) == 0 && (put(group->folder, "memory.max", "max") ||
                                                put(group->folder, "memory.limit_in_bytes", "-1"));
        if (!is_made)
            rmdir(group->folder);
    }
    if (mounts)
        fclose(mounts);
    return is_made;
}

static bool limit(const struct cgroup *group, uint64_t bytes)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)bytes);
    if (group->is_v2)
        put(group->folder, "memory.swap.max", "0");
    return put(group->folder, group->is_v2 ? "memory.max" : "memory.limit_in_bytes", text);
}

struct squeeze {
    struct cgroup group;
    struct meet begun, go, done;
};

static void squeezed_main(void *arg)
{
    struct squeeze *squeeze = arg;
    struct fr_epoch_options options = camera_options(SIDE_PX, SIDE_PX);
    struct camera camera;
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    must(put(squeeze->group.folder, "cgroup.procs", pid), "%s", strerror(errno));
    camera_open(&camera, "s18-squeezed", &options);
    meet_add(&squeeze->begun);
    meet_wait(&squeeze->go, 1);
    write_all_slots(&camera);
    meet_add(&squeeze->done);
    fr_writer_close(camera.writer);
}

/* Once it has begun, no more memory than it has then is needed, whatever it writes. */
START_TEST(s18_a_writer_whose_memory_is_cut_to_what_it_has_after_the_start_goes_on)
{
    struct squeeze *squeeze = shared_alloc(sizeof *squeeze);
    if (!make_group(&squeeze->group)) {
        fprintf(stderr, "s18: no memory cgroup can be made here; that part was not tested\n");
        return;
    }
    pid_t writer = child_start(squeezed_main, squeeze);
    meet_wait(&squeeze->begun, 1);
    uint64_t used =
        get(&squeeze->group, squeeze->group.is_v2 ? "memory.current" : "memory.usage_in_bytes");
    /* Some for its own, and for the kernel on its behalf; the ring has eight megabytes. */
    bool is_cut = used > SIDE_PX * SIDE_PX && limit(&squeeze->group, used + (3 << 20));
    bool is_fine = is_cut;
    meet_add(&squeeze->go);
    int status = child_end(writer);
    is_fine &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    rmdir(squeeze->group.folder);
    ck_assert_msg(is_cut, "the limit could not be set at %llu bytes", (unsigned long long)used);
    ck_assert_msg(is_fine, "it ended with status 0x%x in the middle of its frames", status);
}
END_TEST

/* And with too little for the ring it does not come as far as having one. */
START_TEST(s18_a_writer_with_too_little_memory_ends_at_its_start_and_not_later)
{
    struct squeeze *squeeze = shared_alloc(sizeof *squeeze);
    struct fr_ring_info info;
    if (!make_group(&squeeze->group))
        return;
    bool is_cut = limit(&squeeze->group, 4 << 20);
    pid_t writer = child_start(squeezed_main, squeeze);
    meet_add(&squeeze->go);
    int status = child_end(writer);
    rmdir(squeeze->group.folder);
    ck_assert(is_cut);
    ck_assert_msg(!(WIFEXITED(status) && WEXITSTATUS(status) == 0), "it had enough");
    ck_assert_uint_eq(squeeze->begun.count, 0);
    ck_assert_int_eq(fr_ring_info("s18-squeezed", &info), -ENOENT);
}
END_TEST

IPC_MAIN("memory", s18_every_page_of_the_ring_is_there_before_the_first_frame,
         s18_the_ring_is_locked_into_memory_when_that_is_asked_for_and_refused_with_words,
         s18_a_writer_whose_memory_is_cut_to_what_it_has_after_the_start_goes_on,
         s18_a_writer_with_too_little_memory_ends_at_its_start_and_not_later)
