/* framering doctor: logind's RemoveIPC. When the last session of an ordinary user ends, logind
 * removes all System V objects of his; a ring that he runs from a cron job or a detached shell goes
 * with them. System users (services) are spared. */
#include "monitor/doctor.h"

#include <dirent.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ini.h>

enum { SYSTEM_UID_MAX = 999 }; /* as Debian builds systemd */

struct setting {
    bool is_on;
    char where[PATH_MAX];
    const char *reading;
};

static int take_entry(void *userdata, const char *section, const char *key, const char *value)
{
    static const char *const no[] = {"no", "false", "off", "0", "n", "f"};
    struct setting *setting = userdata;
    if (strcmp(section, "Login") != 0 || strcmp(key, "RemoveIPC") != 0)
        return 1;
    setting->is_on = true;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        setting->is_on &= strcasecmp(value, no[i]) != 0;
    snprintf(setting->where, sizeof setting->where, "%s", setting->reading);
    return 1;
}

static void read_file(const char *path, struct setting *setting)
{
    setting->reading = path;
    ini_parse(path, take_entry, setting);
}

static const char *const folders[] = {"/etc", "/run", "/usr/local/lib", "/usr/lib"};
enum { FOLDERS = sizeof folders / sizeof *folders };

static int is_conf(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

struct names {
    char *name[256];
    size_t n;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_folder(struct names *names, const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_conf, NULL);
    for (int i = 0; i < n; i++) {
        bool is_new = names->n < sizeof names->name / sizeof *names->name;
        for (size_t k = 0; k < names->n; k++)
            is_new &= strcmp(names->name[k], entries[i]->d_name) != 0;
        char *copy = is_new ? strdup(entries[i]->d_name) : NULL;
        if (copy)
            names->name[names->n++] = copy;
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

/* As logind reads them: the main file, then all drop-ins in the order of their names, a name in an
 * earlier folder hiding the same in a later one. */
static void read_all(struct setting *setting)
{
    char path[PATH_MAX];
    struct names names = {.n = 0};
    for (unsigned i = 0; i < FOLDERS; i++) {
        snprintf(path, sizeof path, "%s/systemd/logind.conf", folders[i]);
        if (access(path, F_OK) == 0) {
            read_file(path, setting);
            break;
        }
    }
    for (unsigned i = 0; i < FOLDERS; i++) {
        snprintf(path, sizeof path, "%s/systemd/logind.conf.d", folders[i]);
        add_folder(&names, path);
    }
    qsort(names.name, names.n, sizeof *names.name, by_name);
    for (size_t k = 0; k < names.n; k++) {
        for (unsigned i = 0; i < FOLDERS; i++) {
            snprintf(path, sizeof path, "%s/systemd/logind.conf.d/%s", folders[i], names.name[k]);
            if (access(path, F_OK) == 0) {
                read_file(path, setting);
                break;
            }
        }
        free(names.name[k]);
    }
}

static bool has_linger(const char *user)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "/var/lib/systemd/linger/%s", user);
    return access(path, F_OK) == 0;
}

struct look {
    struct doctor *doctor;
    const struct setting *setting;
    unsigned n_bitten;
};

static void check_user(struct look *look, uid_t uid, const char *what)
{
    char user[64], remedy[320];
    doctor_user_name(uid, user, sizeof user);
    if (uid <= SYSTEM_UID_MAX || has_linger(user))
        return;
    look->n_bitten++;
    snprintf(
        remedy, sizeof remedy,
        "`sudo loginctl enable-linger %s`, or a line RemoveIPC=no under [Login] in "
        "/etc/systemd/logind.conf.d/framering.conf and `sudo systemctl restart systemd-logind`",
        user);
    doctor_tell(
        look->doctor, DOCTOR_WARNING, "RemoveIPC", remedy,
        "%s of user %s (%u) is removed when that user's last session ends (RemoveIPC=yes, %s)",
        what, user, (unsigned)uid, look->setting->where);
}

static int check_ring(const char *camera, void *userdata)
{
    struct fr_ring_info info;
    char what[FR_CAMERA_NAME_MAX + 32];
    snprintf(what, sizeof what, "the ring of camera %s,", camera);
    if (fr_ring_info(camera, &info) == 0 && info.state != FR_RING_GONE)
        check_user(userdata, info.owner_uid, what);
    return 0;
}

void doctor_check_remove_ipc(struct doctor *doctor)
{
    struct setting setting = {.is_on = true, .where = "logind's default"};
    struct look look = {.doctor = doctor, .setting = &setting};
    if (access("/usr/lib/systemd/systemd-logind", F_OK) < 0 &&
        access("/lib/systemd/systemd-logind", F_OK) < 0) {
        doctor_tell(doctor, DOCTOR_OK, "RemoveIPC", NULL, "there is no logind here");
        return;
    }
    read_all(&setting);
    if (!setting.is_on) {
        doctor_tell(doctor, DOCTOR_OK, "RemoveIPC", NULL, "RemoveIPC=no (%s)", setting.where);
        return;
    }
    fr_ring_list(check_ring, &look);
    const struct passwd *service = doctor->has_services ? getpwnam(DOCTOR_SERVICE_USER) : NULL;
    if (service)
        check_user(&look, service->pw_uid, "every ring of the services,");
    if (look.n_bitten == 0)
        doctor_tell(
            doctor, DOCTOR_OK, "RemoveIPC", NULL,
            "RemoveIPC=yes (%s), which spares the system users; no ring is an ordinary user's",
            setting.where);
}
