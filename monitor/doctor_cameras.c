/* framering doctor: the cameras' files and their devices. What a camera's ring will need is told by
 * the capture daemon itself (framering-capture --plan), which reads the settings and asks the
 * device as it does when it runs; a camera that runs is not disturbed, and its ring tells. */
#include "monitor/describe.h"
#include "monitor/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct plan {
    char source[512], device[160], problem[16], reason[2048], assumed[160], picture[64];
    struct fr_need need;
    char other[1024]; /* the last line that was none of these: what was wrong with the settings */
};

static void take_line(const char *text, void *userdata)
{
    struct plan *plan = userdata;
    const struct {
        const char *word;
        char *value;
        size_t size;
    } words[] = {
        {"source ", plan->source, sizeof plan->source},
        {"device ", plan->device, sizeof plan->device},
        {"assumed ", plan->assumed, sizeof plan->assumed},
        {"picture ", plan->picture, sizeof plan->picture},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(text, words[i].word, strlen(words[i].word)) == 0) {
            snprintf(words[i].value, words[i].size, "%s", text + strlen(words[i].word));
            return;
        }
    unsigned long long bytes;
    struct fr_need n = {.segments = 1, .sets = 2};
    if (sscanf(text, "problem %15s %2047[^\n]", plan->problem, plan->reason) == 2)
        return;
    if (sscanf(text, "need %llu %u %u %u", &bytes, &n.semaphores, &n.set_semaphores_max,
               &n.operations_max) == 4) {
        n.segment_bytes = n.segment_bytes_max = bytes;
        plan->need = n;
        return;
    }
    if (strncmp(text, "path ", 5) != 0 && strncmp(text, "slots ", 6) != 0 &&
        strncmp(text, "hand ", 5) != 0)
        snprintf(plan->other, sizeof plan->other, "%s", text);
}

/* Beside this program, or in the build tree. Nothing is looked for in PATH: root runs this. */
static bool find_capture(char *buf, size_t size)
{
    static const char *const places[] = {"/framering-capture", "/../capture/framering-capture"};
    char self[PATH_MAX - 64];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return false;
    self[n] = 0;
    *strrchr(self, '/') = 0;
    for (unsigned i = 0; i < 2; i++) {
        snprintf(buf, size, "%s%s", self, places[i]);
        if (access(buf, X_OK) == 0)
            return true;
    }
    return false;
}

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void add_need(struct fr_need *sum, const struct fr_need *one)
{
    sum->segment_bytes += one->segment_bytes;
    sum->segment_bytes_max = max(sum->segment_bytes_max, one->segment_bytes_max);
    sum->segments += one->segments;
    sum->sets += one->sets;
    sum->semaphores += one->semaphores;
    sum->set_semaphores_max = (uint32_t)max(sum->set_semaphores_max, one->set_semaphores_max);
    sum->operations_max = (uint32_t)max(sum->operations_max, one->operations_max);
}

/* ---------------------------------------------------------------- files */

/* False when the daemon would not read it. */
static bool check_file(struct doctor *doctor, const char *name, const char *path)
{
    char owner[64], remedy[PATH_MAX + 64];
    struct stat st;
    if (stat(path, &st) < 0) {
        doctor_tell(doctor, DOCTOR_FAULT, "cameras", NULL, "%s: %s: %s", name, path,
                    strerror(errno));
        return false;
    }
    if (!S_ISREG(st.st_mode)) {
        doctor_tell(doctor, DOCTOR_FAULT, "cameras", NULL, "%s: %s is not a regular file", name,
                    path);
        return false;
    }
    bool is_services = doctor_may(DOCTOR_SERVICE_USER, st.st_uid, st.st_gid, 0700, R_OK) == 1;
    bool is_refused = false;
    if (st.st_uid != 0 && !is_services && (geteuid() == 0 || st.st_uid != geteuid())) {
        is_refused = true;
        snprintf(remedy, sizeof remedy, "`sudo chown root %s`", path);
        doctor_tell(doctor, DOCTOR_FAULT, "cameras", remedy,
                    "%s: %s belongs to user %s, and the daemon takes settings from root alone",
                    name, path, doctor_user_name(st.st_uid, owner, sizeof owner));
    }
    if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        is_refused = true;
        snprintf(remedy, sizeof remedy, "`sudo chmod go-w %s`", path);
        doctor_tell(doctor, DOCTOR_FAULT, "cameras", remedy,
                    "%s: %s has mode %04o: others can write it, and the daemon refuses it", name,
                    path, (unsigned)(st.st_mode & 07777));
    }
    if (doctor_may(DOCTOR_SERVICE_USER, st.st_uid, st.st_gid, st.st_mode, R_OK) == 0) {
        snprintf(remedy, sizeof remedy, "`sudo chmod 0644 %s`", path);
        doctor_tell(doctor, DOCTOR_FAULT, "cameras", remedy,
                    "%s: %s has mode %04o: the service's user %s cannot read it", name, path,
                    (unsigned)(st.st_mode & 07777), DOCTOR_SERVICE_USER);
    }
    return !is_refused;
}

/* ---------------------------------------------------------------- devices */

/* The device node itself: what a link leads to, and whether the service's user may open it. */
static void check_node(struct doctor *doctor, const char *name, const char *path)
{
    char real[PATH_MAX], remedy[2 * PATH_MAX + 96];
    struct stat st;
    if (!realpath(path, real) || stat(real, &st) < 0 || !S_ISCHR(st.st_mode))
        return; /* the plan has told what it is instead */
    if (strncmp(path, "/dev/video", 10) == 0)
        doctor_tell(doctor, DOCTOR_OK, "devices", NULL,
                    "%s: %s is a number of the moment; a link below /dev/v4l/by-id or by-path is "
                    "always the same camera",
                    name, path);
    else if (strcmp(path, real) != 0)
        doctor_tell(doctor, DOCTOR_OK, "devices", NULL, "%s: %s is %s now", name, path, real);
    if (doctor_may(DOCTOR_SERVICE_USER, st.st_uid, st.st_gid, st.st_mode, R_OK | W_OK) == 0) {
        snprintf(remedy, sizeof remedy,
                 "as udev sets it: `sudo chgrp video %s` and `sudo chmod 0660 %s`", real, real);
        doctor_tell(doctor, DOCTOR_FAULT, "devices", remedy,
                    "%s: the service's user %s may not open %s (mode %04o)", name,
                    DOCTOR_SERVICE_USER, real, (unsigned)(st.st_mode & 07777));
    }
}

static void tell_problem(struct doctor *doctor, const char *name, const struct plan *plan)
{
    char remedy[256];
    bool is_busy = strcmp(plan->problem, "busy") == 0;
    bool is_access = strcmp(plan->problem, "access") == 0;
    const char *kind = strcmp(plan->problem, "settings") == 0 ? "cameras" : "devices";
    snprintf(remedy, sizeof remedy,
             "see `framering-capture --list`, and set `source` in the camera's "
             "file to what is there");
    if (is_busy)
        snprintf(remedy, sizeof remedy, "`sudo fuser -v %.200s` shows who has it",
                 strchr(plan->source, ':') ? strchr(plan->source, ':') + 1 : plan->source);
    /* What an ordinary user may not open, the service may: its rights are looked at by
     * themselves. */
    if (is_access && geteuid() != 0)
        doctor_tell(doctor, DOCTOR_UNSEEN, kind, NULL, "%s: %s: %s", name, plan->source,
                    plan->reason);
    else
        doctor_tell(doctor, is_busy ? DOCTOR_WARNING : DOCTOR_FAULT, kind, remedy, "%s: %s: %s",
                    name, plan->source, plan->reason);
}

static void check_plan(struct doctor *doctor, const char *name, const char *path)
{
    char capture[PATH_MAX], bytes[32];
    struct plan plan = {0};
    const char *const argv[] = {capture, "--camera", name, "--config", path, "--plan", NULL};
    if (!find_capture(capture, sizeof capture)) {
        doctor_tell(doctor, DOCTOR_UNSEEN, "cameras", NULL,
                    "%s: there is no framering-capture beside this program to ask what it needs",
                    name);
        return;
    }
    int code = doctor_run(argv, false, take_line, &plan);
    if (!*plan.source) {
        doctor_tell(doctor, DOCTOR_FAULT, "cameras", NULL, "%s: %s", name,
                    *plan.other ? plan.other
                    : code < 0  ? strerror(-code)
                                : "the daemon does not answer");
        return;
    }
    if (*plan.problem)
        tell_problem(doctor, name, &plan);
    else
        doctor_tell(doctor, DOCTOR_OK, "devices", NULL, "%s: %s (%s)", name, plan.device,
                    plan.source);
    if (strncmp(plan.source, "v4l2:", 5) == 0)
        check_node(doctor, name, plan.source + 5);
    if (!plan.need.segments)
        return;
    add_need(&doctor->need, &plan.need);
    doctor->all_bytes += plan.need.segment_bytes;
    doctor->n_assumed += *plan.assumed != 0;
    doctor_tell(doctor, DOCTOR_OK, "memory", NULL, "%s: %s, a ring of %s%s%s%s", name, plan.picture,
                describe_bytes(plan.need.segment_bytes, bytes, sizeof bytes),
                *plan.assumed ? " (assumption: " : "", plan.assumed, *plan.assumed ? ")" : "");
}

static void check_camera(struct doctor *doctor, const char *name)
{
    char file[FR_CAMERA_NAME_MAX + 16], path[PATH_MAX], picture[64], fourcc[5], bytes[32];
    struct fr_ring_info ring;
    snprintf(file, sizeof file, "cameras/%s.conf", name);
    doctor_config_path(file, path, sizeof path);
    bool is_read = check_file(doctor, name, path);
    if (fr_ring_info(name, &ring) < 0 || ring.state != FR_RING_LIVE) {
        if (is_read)
            check_plan(doctor, name, path);
        return;
    }
    const struct fr_format *format = &ring.geometry.format;
    snprintf(picture, sizeof picture, "%ux%u %s", format->width_px, format->height_px,
             fr_fourcc_name(format->fourcc, fourcc));
    doctor->all_bytes += ring.segment_bytes;
    doctor_tell(doctor, DOCTOR_OK, "devices", NULL, "%s: runs, %s", name,
                fr_copy_path_name(ring.copy_path));
    doctor_tell(doctor, DOCTOR_OK, "memory", NULL, "%s: %s, a ring of %s, which it has", name,
                picture, describe_bytes(ring.segment_bytes, bytes, sizeof bytes));
}

/* ---------------------------------------------------------------- the folder */

/* NAME of NAME.conf; false when it is no such file. */
static bool take_name(const char *file, char name[FR_CAMERA_NAME_MAX + 1])
{
    size_t n = strlen(file);
    if (n <= 5 || n - 5 > FR_CAMERA_NAME_MAX || strcmp(file + n - 5, ".conf") != 0)
        return false;
    memcpy(name, file, n - 5);
    name[n - 5] = 0;
    return fr_camera_name_ok(name);
}

static int has_name(const struct dirent *entry)
{
    char name[FR_CAMERA_NAME_MAX + 1];
    return take_name(entry->d_name, name);
}

void doctor_check_cameras(struct doctor *doctor)
{
    char folder[PATH_MAX];
    struct dirent **entries;
    struct doctor_camera **end = &doctor->cameras;
    doctor_config_path("cameras", folder, sizeof folder);
    int n = scandir(folder, &entries, has_name, alphasort);
    if (n < 0 && errno != ENOENT)
        doctor_tell(doctor, DOCTOR_UNSEEN, "cameras", NULL, "%s: %s", folder, strerror(errno));
    if (n == 0 || (n < 0 && errno == ENOENT))
        doctor_tell(doctor, DOCTOR_OK, "cameras", NULL,
                    "none is configured in %s; one file NAME.conf for each would be", folder);
    for (int i = 0; i < n; i++) {
        struct doctor_camera *camera = calloc(1, sizeof *camera);
        doctor->has_no_memory |= !camera;
        if (camera && take_name(entries[i]->d_name, camera->name)) {
            *end = camera;
            end = &camera->next;
            check_camera(doctor, camera->name);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}
