/* framering remove: what a dead writer left behind. */
#include "monitor/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct fr_program program = {
    .name = "framering remove",
    .summary = "Removes the ring that a dead writer left behind: its shared memory, its "
               "semaphores, its file.\nOnly what is provably stale is removed: the writer's lock "
               "is free, and the objects are its own.\nA writer that starts again does the same "
               "by itself.",
    .operands = "CAMERA",
    .min_operands = 1,
    .max_operands = 1,
};

int command_remove(int argc, char **argv)
{
    char reason[512] = "";
    const char *camera;

    int code = command_read(&program, argc, argv, NULL, &camera);
    if (code != FR_OPTIONS_GO_ON)
        return code;
    int rc = fr_ring_remove(camera, reason, sizeof reason);
    if (rc == -EBUSY)
        return command_fail(&program, "camera %s is in use and stays: %s; stop its writer first",
                            camera, reason);
    if (rc < 0)
        return command_fail(&program, "%s", reason[0] ? reason : strerror(-rc));
    puts(reason);
    return command_flush(&program);
}
