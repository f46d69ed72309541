/* framering doctor: the command. The checks are in doctor_….c. */
#include "monitor/command.h"
#include "monitor/doctor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static const char *const state_names[] = {
    [DOCTOR_OK] = "ok",
    [DOCTOR_UNSEEN] = "unseen",
    [DOCTOR_WARNING] = "warning",
    [DOCTOR_FAULT] = "fault",
};

static int take_json(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)text, (void)reason, (void)reason_size;
    *(bool *)userdata = true;
    return 0;
}

static const struct fr_option options[] = {
    {.name = "json", .help = "One JSON object instead of lines.", .apply = take_json},
};

static const struct fr_program program = {
    .name = "framering doctor",
    .summary =
        "Looks for what keeps cameras from running, or will: the configured cameras and their "
        "devices, the\nkernel's limits and the memory that the rings need, users and folders, "
        "IPC namespaces,\nRemoveIPC, and what dead writers left behind. Changes nothing.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .epilogue =
        "A line for each check: ok, warning (works now, and may not later), fault, or unseen "
        "(could not be\nlooked at; root sees more), and below it what to do.\n"
        "Exit code 0: nothing is wrong; 1: something is; 2: wrong usage.",
};

void doctor_tell(struct doctor *doctor, enum doctor_state state, const char *check,
                 const char *remedy, const char *format, ...)
{
    char text[2600], line[3200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    doctor->is_wrong |= state >= DOCTOR_WARNING;
    fr_log_escape(text, line, sizeof line);
    if (doctor->out) {
        fprintf(doctor->out, "%-8s %-10s %s\n", state_names[state], check, line);
        if (remedy)
            fprintf(doctor->out, "%20s%s\n", "", fr_log_escape(remedy, line, sizeof line));
        return;
    }
    json_t *finding = json_pack("{s:s, s:s, s:s, s:s?}", "state", state_names[state], "check",
                                check, "text", line, "remedy", remedy);
    if (json_array_append_new(doctor->report, finding) < 0)
        doctor->has_no_memory = true;
}

static void check_all(struct doctor *doctor)
{
    doctor_check_cameras(doctor);
    doctor_check_limits(doctor);
    doctor_check_rights(doctor);
    doctor_check_namespace(doctor);
    doctor_check_remove_ipc(doctor);
    doctor_check_rings(doctor);
}

static bool print_report(const struct doctor *doctor)
{
    json_t *object = json_pack("{s:b, s:I, s:O}", "ok", !doctor->is_wrong, "rings_bytes",
                               (json_int_t)doctor->all_bytes, "checks", (json_t *)doctor->report);
    bool is_printed = object && json_dumpf(object, stdout, 0) == 0;
    putchar('\n');
    json_decref(object);
    return is_printed;
}

int command_doctor(int argc, char **argv)
{
    bool wants_json = false;
    struct doctor doctor = {.out = stdout};
    int code = fr_options_read(&program, argc, argv, NULL, &wants_json, NULL);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    if (wants_json) {
        doctor.out = NULL;
        doctor.report = json_array();
        doctor.has_no_memory = !doctor.report;
    }
    check_all(&doctor);
    while (doctor.cameras) {
        struct doctor_camera *next = doctor.cameras->next;
        free(doctor.cameras);
        doctor.cameras = next;
    }
    if (wants_json && !doctor.has_no_memory)
        doctor.has_no_memory = !print_report(&doctor) && !ferror(stdout);
    json_decref(doctor.report);
    if (doctor.has_no_memory)
        return command_fail(&program, "no memory");
    code = command_flush(&program);
    return code == EXIT_SUCCESS && doctor.is_wrong ? EXIT_FAILURE : code;
}
