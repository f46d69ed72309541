/* Rings that no file names: found by going through all segments of the IPC namespace. */
#include "common/ring/rendezvous.h"
#include "common/ring/view.h"

#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

/* Whether a ring file names this segment. */
static bool is_recorded(const char *camera, int shm_id)
{
    char rundir[FR_PATH_MAX];
    for (unsigned i = 0; fr_rundir(i, rundir, sizeof rundir); i++) {
        struct fr_rendezvous meet;
        if (fr_rendezvous_read(rundir, camera, &meet, NULL, 0) == 0 && meet.ids.shm_id == shm_id)
            return true;
    }
    return false;
}

/* A set that the segment names, if it is one of the same owner's and of that size; else -1. */
static int set_or_none(int sem_id, uint32_t n_sems, uid_t owner)
{
    uid_t creator;
    return fr_sysv_set_creator(sem_id, n_sems, &creator) == 0 && creator == owner ? sem_id : -1;
}

/* True when it is a stray ring. The header is anybody's word: it is checked and copied first. */
static bool look(int shm_id, const void *base, struct fr_stray *ret_stray)
{
    struct fr_sysv_segment segment;
    struct fr_view view;
    const char *why;
    if (fr_sysv_segment(shm_id, &segment) < 0 || segment.is_removed ||
        fr_view_init(base, segment.bytes, &view, &why) < 0 || !fr_camera_name_ok(view.camera))
        return false;
    struct fr_stray stray = {
        .shm_id = shm_id,
        .gates_id = set_or_none(view.gates_id, FR_GATE_SEMS, segment.creator),
        .pins_id = set_or_none(view.pins_id, view.slots + 2, segment.creator),
        .segment_bytes = segment.bytes,
        .owner_uid = segment.creator,
        .attached = segment.attached > 0 ? segment.attached - 1 : 0, /* not counting ourselves */
    };
    if ((stray.gates_id >= 0 && fr_sysv_alive(stray.gates_id)) || is_recorded(view.camera, shm_id))
        return false;
    memcpy(stray.camera, view.camera, strlen(view.camera) + 1);
    *ret_stray = stray;
    return true;
}

int fr_ring_strays(int (*each)(const struct fr_stray *stray, void *userdata), void *userdata,
                   unsigned *ret_unseen)
{
    struct shm_info info;
    struct shmid_ds ds;
    unsigned unseen = 0;
    int rc = 0;
    int max_index = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info);
    if (max_index < 0)
        return -errno;
    for (int i = 0; i <= max_index && rc == 0; i++) {
        struct fr_stray stray;
        int id = shmctl(i, SHM_STAT, &ds);
        void *base = id < 0 ? (void *)-1 : shmat(id, NULL, SHM_RDONLY);
        if (base == (void *)-1) {
            unseen += errno == EACCES;
            continue;
        }
        bool is_stray = look(id, base, &stray);
        shmdt(base);
        if (is_stray)
            rc = each(&stray, userdata);
    }
    *ret_unseen = unseen;
    return rc;
}
