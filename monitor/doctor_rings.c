/* framering doctor: what dead writers left behind. */
#include "monitor/describe.h"
#include "monitor/doctor.h"

#include <errno.h>
#include <string.h>

static int check_ring(const char *camera, void *userdata)
{
    struct doctor *doctor = userdata;
    struct fr_ring_info info;
    char remedy[FR_CAMERA_NAME_MAX + 64], bytes[32];
    int rc = fr_ring_info(camera, &info);
    if (rc == -ENOENT)
        return 0; /* stopped, and left nothing */
    snprintf(remedy, sizeof remedy,
             "`framering remove %s`, or start its writer, which does the same", camera);
    if (rc < 0) {
        doctor_tell(doctor, DOCTOR_UNSEEN, "rings", NULL, "%s: %s", camera, strerror(-rc));
        return 0;
    }
    switch (info.state) {
    case FR_RING_LIVE:
        doctor_tell(doctor, DOCTOR_OK, "rings", NULL, "%s: its writer lives", camera);
        break;
    case FR_RING_DEAD:
        doctor_tell(doctor, DOCTOR_WARNING, "rings", remedy,
                    "%s: its writer died and left %s in shared memory behind", camera,
                    describe_bytes(info.segment_bytes, bytes, sizeof bytes));
        break;
    case FR_RING_GONE:
        doctor_tell(doctor, DOCTOR_WARNING, "rings", remedy, "%s: %s", camera, info.reason);
        break;
    case FR_RING_REFUSED:
        doctor_tell(doctor, strstr(info.reason, "no permission") ? DOCTOR_UNSEEN : DOCTOR_FAULT,
                    "rings", NULL, "%s: %s", camera, info.reason);
        break;
    }
    return 0;
}

static int check_stray(const struct fr_stray *stray, void *userdata)
{
    struct doctor *doctor = userdata;
    char remedy[96], bytes[32], user[64];
    int n = snprintf(remedy, sizeof remedy, "`sudo ipcrm -m %d", stray->shm_id);
    if (stray->gates_id >= 0)
        n += snprintf(remedy + n, sizeof remedy - (size_t)n, " -s %d", stray->gates_id);
    if (stray->pins_id >= 0)
        n += snprintf(remedy + n, sizeof remedy - (size_t)n, " -s %d", stray->pins_id);
    snprintf(remedy + n, sizeof remedy - (size_t)n, "`");
    doctor_tell(
        doctor, DOCTOR_WARNING, "rings", remedy,
        "segment %d holds %s of a ring of camera %s (user %s) that no file names and no writer "
        "will remove; %u processes have it attached",
        stray->shm_id, describe_bytes(stray->segment_bytes, bytes, sizeof bytes), stray->camera,
        doctor_user_name(stray->owner_uid, user, sizeof user), stray->attached);
    return 0;
}

void doctor_check_rings(struct doctor *doctor)
{
    unsigned unseen = 0;
    bool was_wrong = doctor->is_wrong;
    doctor->is_wrong = false;
    int rc = fr_ring_list(check_ring, doctor);
    if (rc < 0)
        doctor_tell(doctor, DOCTOR_UNSEEN, "rings", NULL, "the folders of the rings: %s",
                    strerror(-rc));
    rc = fr_ring_strays(check_stray, doctor, &unseen);
    if (rc < 0)
        doctor_tell(doctor, DOCTOR_UNSEEN, "rings", NULL, "the segments of this IPC namespace: %s",
                    strerror(-rc));
    else if (unseen)
        doctor_tell(doctor, DOCTOR_UNSEEN, "rings", NULL,
                    "%u segments that this user may not look into", unseen);
    if (!doctor->is_wrong)
        doctor_tell(doctor, DOCTOR_OK, "rings", NULL, "no dead writer has left anything behind%s",
                    unseen ? ", as far as can be seen" : "");
    doctor->is_wrong |= was_wrong;
}
