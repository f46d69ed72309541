/* What the commands share. */
#include "monitor/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(const struct fr_program *program, const char *format, va_list arguments)
{
    char text[1024], line[1200];
    vsnprintf(text, sizeof text, format, arguments);
    fprintf(stderr, "%s: %s\n", program->name, fr_log_escape(text, line, sizeof line));
}

int command_fail(const struct fr_program *program, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(program, format, arguments);
    va_end(arguments);
    return EXIT_FAILURE;
}

void command_say(const struct fr_program *program, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(program, format, arguments);
    va_end(arguments);
}

int command_read(const struct fr_program *program, int argc, char **argv, void *userdata,
                 const char **ret_camera)
{
    struct fr_options_result result;
    int code = fr_options_read(program, argc, argv, NULL, userdata, &result);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    if (!fr_camera_name_ok(result.operands[0])) {
        command_fail(program,
                     "\"%.80s\" cannot be a camera's name; expected 1 to %u of A-Z a-z 0-9 . _ -, "
                     "not beginning with . or -",
                     result.operands[0], FR_CAMERA_NAME_MAX);
        return FR_EXIT_USAGE;
    }
    *ret_camera = result.operands[0];
    return FR_OPTIONS_GO_ON;
}

struct names {
    char text[400];
    size_t length;
};

static int add_name(const char *camera, void *userdata)
{
    struct names *names = userdata;
    int n = snprintf(names->text + names->length, sizeof names->text - names->length, "%s%s",
                     names->length ? ", " : "", camera);
    if (n < 0 || (size_t)n >= sizeof names->text - names->length)
        return 1; /* enough of them */
    names->length += (size_t)n;
    return 0;
}

int command_no_camera(const struct fr_program *program, const char *camera)
{
    struct names names = {0};
    fr_ring_list(add_name, &names);
    if (names.length)
        return command_fail(program, "there is no camera %s; there are: %s", camera, names.text);
    return command_fail(program,
                        "there is no camera %s, nor any other; start one: `framering-capture "
                        "--camera %s`, or as a service `systemctl start framering-capture@%s`",
                        camera, camera, camera);
}

int command_flush(const struct fr_program *program)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return EXIT_SUCCESS;
    if (errno == EPIPE)
        return EXIT_FAILURE;
    return command_fail(program, "cannot write to stdout: %s", strerror(errno));
}

int command_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number, char *reason,
                   size_t reason_size)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || number < min || number > max) {
        char shown[80];
        snprintf(reason, reason_size, "bad value \"%s\"; expected a number from %llu to %llu",
                 fr_log_escape(text, shown, sizeof shown), (unsigned long long)min,
                 (unsigned long long)max);
        return -EINVAL;
    }
    *ret_number = number;
    return 0;
}

int command_seconds(const char *text, double min_s, double max_s, int64_t *ret_ns, char *reason,
                    size_t reason_size)
{
    char *end;
    /* strtod also takes signs, hexadecimal and "inf" */
    double seconds = strtod(text, &end);
    if (!*text || text[strspn(text, "0123456789.")] || *end || !(seconds >= min_s) ||
        seconds > max_s) {
        char shown[80];
        snprintf(reason, reason_size, "bad value \"%s\"; expected seconds from %g to %g",
                 fr_log_escape(text, shown, sizeof shown), min_s, max_s);
        return -EINVAL;
    }
    *ret_ns = (int64_t)(seconds * 1e9);
    return 0;
}
