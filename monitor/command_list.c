/* framering list: a line for each camera. */
#include "common/daemon/clock.h"
#include "monitor/command.h"
#include "monitor/describe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct fr_program program = {
    .name = "framering list",
    .summary = "Lists the cameras of this machine: those with a folder in $FRAMERING_RUNDIR if it "
               "is set, else in\n$XDG_RUNTIME_DIR/framering and /run/framering.",
    .epilogue = "States: live (its writer lives), dead (its writer died and left the ring behind), "
                "gone (the ring was\nremoved under its writer), refused (the ring cannot be "
                "looked at), stopped (no ring).",
};

static void print_row(const char *camera, const char *state, const char *picture, const char *rate,
                      const char *frames, const char *last, const char *readers, const char *path)
{
    printf("%-16s %-8s %-16s %9s %12s %12s %8s  %s\n", camera, state, picture, rate, frames, last,
           readers, path);
}

static int print_camera(const char *camera, void *userdata)
{
    struct fr_ring_info info;
    char picture[40], name[5], rate[32], frames[32], last[32] = "none yet", readers[16];
    unsigned *n_cameras = userdata;

    if ((*n_cameras)++ == 0)
        print_row("CAMERA", "STATE", "PICTURE", "RATE", "FRAMES", "LAST FRAME", "READERS",
                  "COPY PATH");
    int rc = fr_ring_info(camera, &info);
    if (rc < 0) {
        print_row(camera, rc == -ENOENT ? "stopped" : strerror(-rc), "-", "-", "-", "-", "-", "-");
        return 0;
    }
    if (info.state == FR_RING_GONE || info.state == FR_RING_REFUSED) {
        print_row(camera, describe_state(info.state), "-", "-", "-", "-", "-", info.reason);
        return 0;
    }
    const struct fr_format *format = &info.geometry.format;
    snprintf(picture, sizeof picture, "%ux%u %s", format->width_px, format->height_px,
             fr_fourcc_name(format->fourcc, name));
    describe_rate(format->rate_num, format->rate_den, rate, sizeof rate);
    snprintf(frames, sizeof frames, "%llu", (unsigned long long)info.frames);
    snprintf(readers, sizeof readers, "%u", describe_readers(&info));
    if (info.last_publish_mono_ns)
        describe_duration(fr_now_mono_ns() - info.last_publish_mono_ns, last, sizeof last);
    print_row(camera, describe_state(info.state), picture, rate, frames, last, readers,
              fr_copy_path_name(info.copy_path));
    return 0;
}

int command_list(int argc, char **argv)
{
    unsigned n_cameras = 0;
    int code = fr_options_read(&program, argc, argv, NULL, NULL, NULL);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    int rc = fr_ring_list(print_camera, &n_cameras);
    if (rc < 0)
        return command_fail(&program, "the folders of the rings cannot be read: %s", strerror(-rc));
    if (n_cameras == 0) {
        char folder[256];
        for (unsigned i = 0; fr_rundir(i, folder, sizeof folder); i++)
            command_say(&program, "no cameras in %s", folder);
        command_say(&program, "start one: `framering-capture --camera cam0`");
    }
    return command_flush(&program);
}
