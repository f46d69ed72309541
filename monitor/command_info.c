/* framering info: everything about one camera. */
#include "common/daemon/clock.h"
#include "monitor/command.h"
#include "monitor/info.h"
#include "monitor/measure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct arguments {
    bool wants_json;
    int64_t window_ns;
};

static int take_json(void *userdata, const char *text, char *reason, size_t reason_size)
{
    (void)text, (void)reason, (void)reason_size;
    ((struct arguments *)userdata)->wants_json = true;
    return 0;
}

static int take_window(void *userdata, const char *text, char *reason, size_t reason_size)
{
    return command_seconds(text, 0, 3600, &((struct arguments *)userdata)->window_ns, reason,
                           reason_size);
}

static const struct fr_option options[] = {
    {.name = "json", .help = "One JSON object instead of a table.", .apply = take_json},
    {.name = "window",
     .argument = "S",
     .help = "Seconds of frames from which the rate is measured; 0 does not measure. (default 1)",
     .apply = take_window},
};

static const struct fr_program program = {
    .name = "framering info",
    .summary = "Prints the geometry of a camera's ring, the way its frames come in, its counters, "
               "and who\n"
               "holds what.",
    .operands = "CAMERA",
    .min_operands = 1,
    .max_operands = 1,
    .options = options,
    .n_options = sizeof options / sizeof *options,
};

int command_info(int argc, char **argv)
{
    struct arguments arguments = {.window_ns = FR_NS_PER_S};
    struct info_look look = {0};
    const char *camera;

    int code = command_read(&program, argc, argv, &arguments, &camera);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    int rc = fr_ring_info(camera, &look.ring);
    if (rc == -ENOENT)
        return command_no_camera(&program, camera);
    if (rc < 0)
        return command_fail(&program, "camera %s: %s", camera, strerror(-rc));
    look.looked_mono_ns = fr_now_mono_ns();
    /* After the look, so that our own reading is not counted among the readers. */
    if (look.ring.state == FR_RING_LIVE && arguments.window_ns > 0)
        look.rate = measure_rate(camera, arguments.window_ns);
    if (arguments.wants_json)
        rc = info_print_json(&look, stdout);
    else
        info_print_text(&look, stdout);
    if (rc < 0)
        return command_fail(&program, "no memory");
    return command_flush(&program);
}
