/* framering doctor: rings exist in one IPC namespace. Whether the daemons and we are in the same,
 * and whether the services' settings would part them. */
#include "monitor/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------- processes */

/* What the kernel shows of a daemon's name: its first 15 letters. */
static bool is_named(const char *name, const char *daemon)
{
    return strncmp(name, daemon, 15) == 0;
}

/* A file of strings that end in zeroes. The length; the text is ended by two. */
static size_t read_strings(int proc_fd, const char *name, char *buf, size_t size)
{
    int fd = openat(proc_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 2);
    if (fd >= 0)
        close(fd);
    size_t length = n > 0 ? (size_t)n : 0;
    buf[length] = buf[length + 1] = 0;
    return length;
}

/* The camera (or instance) on its command line: what stands behind --camera or --name. */
static void take_instance(int proc_fd, char *buf, size_t size)
{
    char line[1024];
    size_t n = read_strings(proc_fd, "cmdline", line, sizeof line);
    snprintf(buf, size, "without a name");
    for (size_t at = 0; at < n; at += strlen(line + at) + 1)
        if (strcmp(line + at, "--camera") == 0 || strcmp(line + at, "--name") == 0)
            snprintf(buf, size, "%s", line + at + strlen(line + at) + 1);
}

static const char *folder_or_default(const char *folder)
{
    return folder && *folder ? folder : "/run/framering";
}

/* Whether it meets others in the folder where we look. One in a container of its own does not. */
static bool is_met_here(int proc_fd)
{
    char environment[16384];
    const char *theirs = NULL, *ours = getenv("FRAMERING_RUNDIR");
    size_t n = read_strings(proc_fd, "environ", environment, sizeof environment);
    for (size_t at = 0; at < n; at += strlen(environment + at) + 1)
        if (strncmp(environment + at, "FRAMERING_RUNDIR=", 17) == 0)
            theirs = environment + at + 17;
    return strcmp(folder_or_default(theirs), folder_or_default(ours)) == 0;
}

/* From here the ring's file is seen and its objects are not (its writer is elsewhere), or all of it
 * is seen and by its reader is not. */
static bool is_parted(const char *camera, bool is_writer)
{
    struct fr_ring_info info;
    if (fr_ring_info(camera, &info) < 0)
        return false;
    return info.state == (is_writer ? FR_RING_GONE : FR_RING_LIVE);
}

struct daemons {
    struct doctor *doctor;
    const char *ours; /* "ipc:[4026531839]" */
    unsigned n_seen, n_unseen;
};

static void check_process(struct daemons *daemons, int proc_fd, const char *number, bool is_writer)
{
    char theirs[64] = "", name[64];
    ssize_t n = readlinkat(proc_fd, "ns/ipc", theirs, sizeof theirs - 1);
    const char *what = is_writer ? "framering-capture" : "framering-analyzer";
    if (n < 0) {
        daemons->n_unseen += errno == EACCES || errno == EPERM; /* or else it has just ended */
        return;
    }
    if (!is_met_here(proc_fd))
        return;
    take_instance(proc_fd, name, sizeof name);
    daemons->n_seen++;
    if (strcmp(theirs, daemons->ours) == 0)
        doctor_tell(daemons->doctor, DOCTOR_OK, "namespace", NULL, "%s %s (process %s) is in ours",
                    what, name, number);
    else if (!is_parted(name, is_writer))
        doctor_tell(daemons->doctor, DOCTOR_OK, "namespace", NULL,
                    "%s %s (process %s) is in another, and meets nobody here", what, name, number);
    else
        doctor_tell(
            daemons->doctor, DOCTOR_FAULT, "namespace",
            "start both in the same: no PrivateIPC= in its service, and containers with "
            "`--ipc=host`, or `--ipc=container:NAME` for both",
            "%s %s (process %s) is in another IPC namespace (%s, ours is %s): its ring is met "
            "here and cannot be shared",
            what, name, number, theirs, daemons->ours);
}

static void check_processes(struct daemons *daemons)
{
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        char name[32];
        if (entry->d_name[strspn(entry->d_name, "0123456789")])
            continue;
        int fd = openat(dirfd(proc), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue;
        read_strings(fd, "comm", name, sizeof name);
        bool is_writer = is_named(name, "framering-capture");
        if (is_writer || is_named(name, "framering-analyzer"))
            check_process(daemons, fd, entry->d_name, is_writer);
        close(fd);
    }
    if (proc)
        closedir(proc);
    if (daemons->n_unseen)
        doctor_tell(daemons->doctor, DOCTOR_UNSEEN, "namespace", NULL,
                    "the IPC namespaces of other users' daemons");
    else if (!daemons->n_seen)
        doctor_tell(daemons->doctor, DOCTOR_OK, "namespace", NULL,
                    "no daemon runs that would have to be in ours (%s)", daemons->ours);
}

/* ---------------------------------------------------------------- services */

struct unit {
    struct doctor *doctor;
    char name[128];
    unsigned n_seen;
};

static void take_property(const char *text, void *userdata)
{
    static const struct {
        const char *wrong, *effect;
    } properties[] = {
        {"PrivateIPC=yes", "it has an IPC namespace of its own, and nobody shares its memory"},
        {"RemoveIPC=yes", "systemd removes its rings when it stops, while readers hold them"},
        {"DynamicUser=yes", "it implies RemoveIPC=, and its user cannot be in the group"},
        {"PrivateUsers=yes", "every owner looks like nobody to it, and it refuses every ring"},
    };
    struct unit *unit = userdata;
    char remedy[256];
    unit->n_seen++;
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        if (strcmp(text, properties[i].wrong) != 0)
            continue;
        snprintf(remedy, sizeof remedy,
                 "`sudo systemctl edit %s`: under [Service] a line %.*s=no; then restart it",
                 unit->name, (int)strcspn(text, "="), text);
        doctor_tell(unit->doctor, DOCTOR_FAULT, "namespace", remedy, "%s has %s: %s", unit->name,
                    text, properties[i].effect);
    }
}

static void check_unit(struct doctor *doctor, const char *program, const char *camera)
{
    struct unit unit = {.doctor = doctor};
    snprintf(unit.name, sizeof unit.name, "framering-%s@%s.service", program, camera);
    const char *const argv[] = {"/usr/bin/systemctl", "show",
                                "--property=PrivateIPC,RemoveIPC,DynamicUser,PrivateUsers",
                                unit.name, NULL};
    bool was_wrong = doctor->is_wrong;
    doctor->is_wrong = false;
    int code = doctor_run(argv, true, take_property, &unit);
    if (code != 0 || unit.n_seen == 0)
        doctor_tell(doctor, DOCTOR_UNSEEN, "namespace", NULL, "systemctl does not show %s",
                    unit.name);
    else if (!doctor->is_wrong)
        doctor_tell(doctor, DOCTOR_OK, "namespace", NULL, "%s shares its memory", unit.name);
    doctor->is_wrong |= was_wrong;
}

void doctor_check_namespace(struct doctor *doctor)
{
    char ours[64] = "";
    struct daemons daemons = {.doctor = doctor, .ours = ours};
    if (readlink("/proc/self/ns/ipc", ours, sizeof ours - 1) < 0)
        doctor_tell(doctor, DOCTOR_UNSEEN, "namespace", NULL, "our own IPC namespace: %s",
                    strerror(errno));
    else
        check_processes(&daemons);
    if (!doctor->has_services)
        return;
    if (access("/run/systemd/system", F_OK) < 0) {
        doctor_tell(doctor, DOCTOR_UNSEEN, "namespace", NULL,
                    "the services' settings: systemd does not run here");
        return;
    }
    for (const struct doctor_camera *camera = doctor->cameras; camera; camera = camera->next)
        check_unit(doctor, "capture", camera->name);
    check_unit(doctor, "analyzer", doctor->cameras ? doctor->cameras->name : "cam0");
}
