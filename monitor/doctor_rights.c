/* framering doctor: users, groups, and the folders in which rings are met. */
#include "monitor/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_RUNDIR "/run/framering"

static bool has_units(void)
{
    static const char *const folders[] = {"/etc/systemd/system", "/run/systemd/system",
                                          "/usr/local/lib/systemd/system",
                                          "/usr/lib/systemd/system", "/lib/systemd/system"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/framering-capture@.service", folders[i]);
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* ---------------------------------------------------------------- users and groups */

static void check_user(struct doctor *doctor, const char *user, const char *group)
{
    char remedy[160];
    const struct group *entry = getgrnam(group);
    gid_t gid = entry ? entry->gr_gid : 0;
    if (!getpwnam(user)) {
        doctor_tell(doctor, DOCTOR_FAULT, "users", "`sudo systemd-sysusers`",
                    "there is no user %s, as whom the services run", user);
        return;
    }
    if (!entry) {
        doctor_tell(doctor, DOCTOR_FAULT, "users", "`sudo systemd-sysusers`",
                    "there is no group %s, to which user %s must belong", group, user);
        return;
    }
    if (!doctor_is_member(user, gid)) {
        snprintf(remedy, sizeof remedy, "`sudo usermod -aG %s %s`, and restart its services", group,
                 user);
        doctor_tell(doctor, DOCTOR_FAULT, "users", remedy, "user %s is not in the group %s", user,
                    group);
        return;
    }
    doctor_tell(doctor, DOCTOR_OK, "users", NULL, "user %s is in the group %s", user, group);
}

static bool are_we_in(gid_t group)
{
    gid_t groups[256];
    int n = getgroups(sizeof groups / sizeof *groups, groups);
    for (int i = 0; i < n; i++)
        if (groups[i] == group)
            return true;
    return getegid() == group;
}

/* Whether whoever asks can read the system's rings. */
static void check_ourselves(struct doctor *doctor)
{
    char name[64], remedy[160];
    const struct group *entry = getgrnam(DOCTOR_SERVICE_USER);
    doctor_user_name(geteuid(), name, sizeof name);
    if (geteuid() == 0) {
        doctor_tell(doctor, DOCTOR_OK, "users", NULL, "you are root, who may read every ring");
    } else if (!entry) {
        doctor_tell(doctor, DOCTOR_OK, "users", NULL,
                    "there is no group %s: you can read your own rings", DOCTOR_SERVICE_USER);
    } else if (are_we_in(entry->gr_gid)) {
        doctor_tell(doctor, DOCTOR_OK, "users", NULL, "you (%s) are in the group %s", name,
                    DOCTOR_SERVICE_USER);
    } else {
        bool will_be = doctor_is_member(name, entry->gr_gid);
        snprintf(remedy, sizeof remedy,
                 will_be ? "log in again" : "`sudo usermod -aG %s %s`, and log in again",
                 DOCTOR_SERVICE_USER, name);
        doctor_tell(doctor, DOCTOR_WARNING, "users", remedy,
                    "you (%s) %s in the group %s, and cannot read the services' rings", name,
                    will_be ? "were not yet, when you logged in," : "are not", DOCTOR_SERVICE_USER);
    }
}

/* ---------------------------------------------------------------- folders */

/* As readers and writers demand it: one owner, and nobody else may write. */
static bool check_folder(struct doctor *doctor, const char *path, bool must_be_roots)
{
    char remedy[PATH_MAX + 96], owner[64];
    struct stat st;
    if (lstat(path, &st) < 0) {
        if (errno != ENOENT)
            doctor_tell(doctor, DOCTOR_UNSEEN, "folders", NULL, "%s: %s", path, strerror(errno));
        return false;
    }
    doctor_user_name(st.st_uid, owner, sizeof owner);
    if (!S_ISDIR(st.st_mode)) {
        doctor_tell(doctor, DOCTOR_FAULT, "folders", NULL, "%s is not a folder", path);
    } else if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        snprintf(remedy, sizeof remedy, "`sudo chmod go-w %s`", path);
        doctor_tell(
            doctor, DOCTOR_FAULT, "folders", remedy,
            "%s has mode %04o: others than its owner can write it, and readers refuse what is "
            "in it",
            path, (unsigned)(st.st_mode & 07777));
    } else if ((st.st_mode & 0055) != 0055) {
        snprintf(remedy, sizeof remedy, "`sudo chmod 0755 %s`", path);
        doctor_tell(doctor, DOCTOR_FAULT, "folders", remedy,
                    "%s has mode %04o: readers, who are other users, cannot look into it", path,
                    (unsigned)(st.st_mode & 07777));
    } else if (must_be_roots && st.st_uid != 0) {
        snprintf(remedy, sizeof remedy, "`sudo chown root:root %s`", path);
        doctor_tell(doctor, DOCTOR_FAULT, "folders", remedy,
                    "%s belongs to user %s, who can put a ring of his in a camera's place", path,
                    owner);
    } else {
        return true;
    }
    return false;
}

static void check_lock(struct doctor *doctor, const char *folder)
{
    char path[PATH_MAX + 8], remedy[PATH_MAX + 96];
    struct stat st, folder_st;
    snprintf(path, sizeof path, "%s/lock", folder);
    if (lstat(path, &st) < 0 || lstat(folder, &folder_st) < 0)
        return;
    if (S_ISREG(st.st_mode) && !(st.st_mode & 077) && st.st_uid == folder_st.st_uid)
        return;
    snprintf(remedy, sizeof remedy, "stop the camera, and `sudo rm -r %s`", folder);
    doctor_tell(doctor, DOCTOR_FAULT, "folders", remedy,
                "%s is not a plain file of the folder's owner with mode 0600: no writer takes it",
                path);
}

/* The folder of all cameras, and that of each. */
static void check_rundir(struct doctor *doctor, const char *rundir)
{
    bool is_system = strcmp(rundir, SYSTEM_RUNDIR) == 0;
    if (!check_folder(doctor, rundir, is_system)) {
        if (access(rundir, F_OK) < 0 && errno == ENOENT && is_system && doctor->has_services)
            doctor_tell(doctor, DOCTOR_FAULT, "folders", "`sudo systemd-tmpfiles --create`",
                        "%s is not there", rundir);
        return;
    }
    DIR *dir = opendir(rundir);
    unsigned n_good = 0;
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[PATH_MAX];
        if (!fr_camera_name_ok(entry->d_name) ||
            snprintf(path, sizeof path, "%s/%s", rundir, entry->d_name) >= (int)sizeof path)
            continue;
        if (check_folder(doctor, path, false)) {
            n_good++;
            check_lock(doctor, path);
        }
    }
    if (dir)
        closedir(dir);
    doctor_tell(doctor, DOCTOR_OK, "folders", NULL,
                "%s; folders of cameras in it, all in order: %u", rundir, n_good);
}

void doctor_check_rights(struct doctor *doctor)
{
    char path[PATH_MAX];
    doctor->has_services = has_units();
    if (doctor->has_services) {
        check_user(doctor, DOCTOR_SERVICE_USER, "video");
        check_user(doctor, DOCTOR_ANALYZER_USER, DOCTOR_SERVICE_USER);
    } else {
        doctor_tell(doctor, DOCTOR_OK, "users", NULL,
                    "the services are not installed here; their users are not looked at");
    }
    check_ourselves(doctor);
    for (unsigned i = 0; fr_rundir(i, path, sizeof path); i++)
        check_rundir(doctor, path);
    check_folder(doctor, doctor_config_path("", path, sizeof path), false);
    check_folder(doctor, doctor_config_path("cameras", path, sizeof path), false);
}
