/* Looking at rings from outside, and removing dead ones. */
#include "common/ring/attachment.h"
#include "common/ring/explain.h"
#include "common/ring/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t load(const _Atomic uint64_t *counter)
{
    /* Relaxed; put_counter() stores it. Counters need not agree with each other. */
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void fill_slots(const struct fr_attachment *a, struct fr_ring_info *info)
{
    uint64_t withheld = load(&a->view.shared->withheld_slot);
    for (uint32_t i = 0; i < a->view.slots; i++) {
        struct fr_slot_info *slot = &info->slot[i];
        const struct fr_layout_slot *d = &a->view.descriptors[i];
        /* The number may be of a frame about to be replaced; this is for people. */
        slot->frame = load(&d->frame[0]);
        slot->is_withheld = withheld == i + 1u;
        if (!a->view.has_pins) {
            /* A slot never used is odd too; they are used in order, after those of the hand. */
            uint64_t sequence = load(&d->sequence);
            slot->is_writers = (sequence & 1) && (sequence > 1 || i < info->hand + info->frames);
            continue;
        }
        int value = fr_sysv_value(a->meet.ids.pins_id, i);
        int pid = fr_sysv_last_pid(a->meet.ids.pins_id, i);
        /* 0 is the writer's claim, and not so many readers. The sequence word is no witness: the
         * writer may be anywhere between the two. */
        slot->is_writers = value == 0;
        slot->pins = value <= 0 ? 0 : (uint32_t)(FR_PIN_MAX - value);
        slot->last_pid = pid < 0 ? 0 : pid;
    }
}

static void fill(const struct fr_attachment *a, struct fr_ring_info *info)
{
    const struct fr_view *view = &a->view;
    const struct fr_layout_header *shared = view->shared;

    info->state = fr_sysv_alive(a->meet.ids.gates_id) ? FR_RING_LIVE : FR_RING_DEAD;
    if (info->state == FR_RING_DEAD)
        fr_explain(
            info->reason, sizeof info->reason,
            "its writer died and left it behind; it goes when the writer starts again, or by "
            "`framering remove %s`",
            info->camera);
    info->geometry = view->geometry;
    info->copy_path = view->copy_path;
    info->slots = view->slots;
    info->hand = view->hand;
    info->has_pins = view->has_pins;
    info->writer_pid = view->writer_pid;
    /* Not counting ourselves. */
    info->attached = a->segment.attached > 0 ? a->segment.attached - 1 : 0;
    info->frames = load(&shared->frames);
    info->withheld = load(&shared->withheld);
    info->mended = load(&shared->mended);
    info->gaps = load(&shared->gaps);
    info->restarts = view->restarts;
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        info->dropped[i] = load(&shared->dropped[i]);
    info->begun_mono_ns = view->begun_mono_ns;
    info->last_publish_mono_ns = /* as load() */
        atomic_load_explicit(&shared->last_publish_mono_ns, memory_order_relaxed);
    fill_slots(a, info);
}

static void look(const struct fr_rendezvous *meet, struct fr_ring_info *info)
{
    struct fr_attachment *a;

    info->epoch = meet->epoch;
    info->shm_id = meet->ids.shm_id;
    info->gates_id = meet->ids.gates_id;
    info->pins_id = meet->ids.pins_id;
    info->segment_bytes = meet->segment_bytes;
    info->owner_uid = meet->owner;
    int rc = fr_attachment_new(meet, &a, info->reason, sizeof info->reason);
    if (rc < 0) {
        info->state = rc == -ENOENT ? FR_RING_GONE : FR_RING_REFUSED;
        return;
    }
    fill(a, info);
    fr_attachment_free(a);
}

int fr_ring_info(const char *camera, struct fr_ring_info *ret_info)
{
    char rundir[FR_PATH_MAX];

    if (!fr_camera_name_ok(camera))
        return -EINVAL;
    for (unsigned i = 0; fr_rundir(i, rundir, sizeof rundir); i++) {
        struct fr_ring_info info = {0};
        struct fr_rendezvous meet;
        int rc = fr_rendezvous_read(rundir, camera, &meet, info.reason, sizeof info.reason);
        if (rc == -ENOENT)
            continue;
        memcpy(info.camera, camera, strlen(camera));
        fr_explain(info.folder, sizeof info.folder, "%s/%s", rundir, camera);
        if (rc < 0) {
            info.state = FR_RING_REFUSED;
        } else {
            info.reason[0] = 0;
            look(&meet, &info);
        }
        *ret_info = info;
        return 0;
    }
    return -ENOENT;
}

/* ---------------------------------------------------------------- listing */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct name_list {
    char **names;
    size_t n, room;
};

static int add_name(struct name_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->names[i], name) == 0)
            return 0;
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        char **names = realloc(list->names, room * sizeof *names);
        if (!names)
            return -ENOMEM;
        list->names = names;
        list->room = room;
    }
    list->names[list->n] = strdup(name);
    return list->names[list->n] ? (list->n++, 0) : -ENOMEM;
}

static int add_folder(struct name_list *list, const char *rundir)
{
    DIR *dir = opendir(rundir);
    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(dir));) {
        struct stat st;
        if (fr_camera_name_ok(entry->d_name) &&
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(st.st_mode))
            rc = add_name(list, entry->d_name);
    }
    closedir(dir);
    return rc;
}

int fr_ring_list(int (*each)(const char *camera, void *userdata), void *userdata)
{
    char rundir[FR_PATH_MAX];
    struct name_list list = {0};
    int rc = 0;

    for (unsigned i = 0; rc == 0 && fr_rundir(i, rundir, sizeof rundir); i++)
        rc = add_folder(&list, rundir);
    if (rc == 0 && list.n > 1)
        qsort(list.names, list.n, sizeof *list.names, by_name);
    for (size_t i = 0; rc == 0 && i < list.n; i++)
        rc = each(list.names[i], userdata);
    for (size_t i = 0; i < list.n; i++)
        free(list.names[i]);
    free(list.names);
    return rc;
}

/* ---------------------------------------------------------------- removing */

static int remove_from(const char *rundir, const char *camera, char *reason, size_t reason_size)
{
    char folder[FR_PATH_MAX + 80], lock_path[FR_PATH_MAX + 96];
    struct fr_rendezvous meet;
    struct stat st;

    snprintf(folder, sizeof folder, "%s/%s", rundir, camera);
    snprintf(lock_path, sizeof lock_path, "%s/lock", folder);
    if (lstat(folder, &st) < 0)
        return -ENOENT;
    int rc = fr_rendezvous_read(rundir, camera, &meet, reason, reason_size);
    bool is_recorded = rc == 0;
    if (rc < 0 && rc != -ENOENT)
        return rc;
    int fd = fr_rendezvous_lock(folder, false, reason, reason_size);
    if (fd == -ENOENT)
        fr_explain(reason, reason_size, "%s has no lock file: no writer of framering made it",
                   folder);
    if (fd < 0)
        return fd == -ENOENT ? -EPERM : fd;

    /* With the lock in our hand no writer lives, and none begins. */
    struct fr_sweep swept = {0};
    if (fstat(fd, &st) == 0)
        fr_sweep(lock_path, fr_sysv_tag(st.st_dev, st.st_ino, camera), camera, st.st_uid,
                 is_recorded ? &meet.ids : NULL, is_recorded ? meet.cookie : 0, &swept);
    if (is_recorded)
        fr_rendezvous_unlink(folder);
    flock(fd, LOCK_UN); /* whatever copies children have */
    close(fd);
    char left[160] = "";
    if (swept.left)
        fr_explain(left, sizeof left, "; %u were left alone (%s)", swept.left, swept.first_left);
    if (swept.removed == 0 && !is_recorded) {
        fr_explain(reason, reason_size, "nothing was left of camera %s in %s%s", camera, rundir,
                   left);
        return -ENOENT;
    }
    fr_explain(reason, reason_size, "removed %u System V objects%s of camera %s in %s%s",
               swept.removed, is_recorded ? " and the ring file" : "", camera, rundir, left);
    return 0;
}

int fr_ring_remove(const char *camera, char *reason, size_t reason_size)
{
    char rundir[FR_PATH_MAX];
    int result = -ENOENT;

    if (!fr_camera_name_ok(camera))
        return -EINVAL;
    fr_explain(reason, reason_size, "there is no camera %s", camera);
    for (unsigned i = 0; fr_rundir(i, rundir, sizeof rundir); i++) {
        int rc = remove_from(rundir, camera, reason, reason_size);
        if (rc != -ENOENT)
            return rc;
    }
    return result;
}
