/* framering doctor: the kernel's limits, and memory, beside what the configured cameras need. */
#include "monitor/describe.h"
#include "monitor/doctor.h"

#include <string.h>

/* Also where nothing is configured: a ring of a common size. */
static void need_at_least_one(struct fr_need *need)
{
    const struct fr_format format = {
        .fourcc = FR_FOURCC_YUYV, .width_px = 1920, .height_px = 1080, .field = 1};
    struct fr_epoch_options options = {.hand = 3};
    if (fr_geometry_init(&format, &options.geometry) == 0)
        fr_epoch_need(&options, need);
}

static void check_limit(struct doctor *doctor, const struct fr_limit *limit)
{
    char text[400], remedy[400], value[32];
    if (!fr_limit_is_short(limit)) {
        /* The kernel's own default for some of them is all that a word can hold, or nearly. */
        if (limit->value >> 60)
            snprintf(value, sizeof value, "any number of");
        else
            snprintf(value, sizeof value, "%llu", (unsigned long long)limit->value);
        if (limit->used)
            doctor_tell(doctor, DOCTOR_OK, "limits", NULL,
                        "%s: %s %s; %llu are in use, %llu more will be needed", limit->name, value,
                        limit->what, (unsigned long long)limit->used,
                        (unsigned long long)limit->asked);
        else
            doctor_tell(doctor, DOCTOR_OK, "limits", NULL, "%s: %s %s; %llu will be needed",
                        limit->name, value, limit->what, (unsigned long long)limit->asked);
        return;
    }
    fr_limit_explain(limit, text, sizeof text);
    char *semicolon = strchr(text, ';'); /* the command stands in the remedy */
    if (semicolon)
        *semicolon = 0;
    snprintf(remedy, sizeof remedy,
             "`sudo %s`, and the same as a line of /etc/sysctl.d/framering.conf to keep it",
             limit->command);
    doctor_tell(doctor, DOCTOR_FAULT, "limits", remedy, "%s", text);
}

static void check_memory(struct doctor *doctor)
{
    char needed[32], available[32];
    int64_t bytes = fr_memory_available();
    if (bytes < 0) {
        doctor_tell(doctor, DOCTOR_UNSEEN, "memory", NULL,
                    "/proc/meminfo does not tell how much memory is available");
        return;
    }
    describe_bytes(doctor->need.segment_bytes, needed, sizeof needed);
    describe_bytes((uint64_t)bytes, available, sizeof available);
    if (doctor->need.segment_bytes > (uint64_t)bytes)
        doctor_tell(
            doctor, DOCTOR_FAULT, "memory",
            "take fewer slots (`slots`) or a smaller picture (`size`) in the cameras' files, "
            "or free memory (`ps -eo rss,comm --sort -rss | head`)",
            "the cameras that do not run yet need %s, and %s are available", needed, available);
    else if (doctor->need.segments == 0)
        doctor_tell(doctor, DOCTOR_OK, "memory", NULL, "%s are available", available);
    else
        doctor_tell(doctor, DOCTOR_OK, "memory", NULL,
                    "the cameras that do not run yet need %s; %s are available%s", needed,
                    available,
                    doctor->n_assumed ? " (some of it is an assumption, see above)" : "");
}

void doctor_check_limits(struct doctor *doctor)
{
    struct fr_limit limits[FR_LIMITS];
    struct fr_need need = doctor->need;
    if (need.segments == 0)
        need_at_least_one(&need);
    int rc = fr_limits(&need, limits);
    if (rc < 0) {
        doctor_tell(doctor, DOCTOR_FAULT, "limits",
                    "use a kernel that was built with CONFIG_SYSVIPC, as distributions' are",
                    "this kernel has no System V shared memory: %s", strerror(-rc));
        return;
    }
    if (doctor->need.segments == 0)
        doctor_tell(
            doctor, DOCTOR_OK, "limits", NULL, "%s; looking at the limits for one of 1920x1080",
            doctor->cameras ? "all configured cameras run already" : "no camera is configured");
    for (unsigned i = 0; i < FR_LIMITS; i++)
        check_limit(doctor, &limits[i]);
    check_memory(doctor);
}
