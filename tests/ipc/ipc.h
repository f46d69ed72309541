/* A run folder of the test's own, and small helpers for writers and readers in real processes. */
#pragma once

#include "framering/framering.h"
#include "tests/ipc/leftovers.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char ipc_rundir[UNIT_FOLDER_MAX];

/* Each test begins with this: a fresh FRAMERING_RUNDIR that other users may look into. */
static inline void ipc_begin(void)
{
    ck_assert_int_eq(chmod(unit_folder(ipc_rundir), 0755), 0);
    ck_assert_int_eq(setenv("FRAMERING_RUNDIR", ipc_rundir, 1), 0);
}

static inline struct fr_epoch_options ipc_options(uint32_t fourcc, uint32_t width_px,
                                                  uint32_t height_px)
{
    struct fr_format format = {.fourcc = fourcc, .width_px = width_px, .height_px = height_px};
    struct fr_epoch_options options = {.copy_path = FR_PATH_SYNTHETIC};
    ck_assert_int_eq(fr_geometry_init(&format, &options.geometry), 0);
    return options;
}

/* A writer of cam0 with an epoch under way. */
static inline struct fr_writer *ipc_writer(const struct fr_epoch_options *options)
{
    struct fr_writer *writer;
    char reason[256];
    int rc = fr_writer_open("cam0", NULL, &writer, reason, sizeof reason);
    ck_assert_msg(rc == 0, "fr_writer_open: %s", reason);
    rc = fr_writer_begin(writer, options);
    ck_assert_msg(rc == 0, "fr_writer_begin: %s", fr_writer_reason(writer));
    return writer;
}

/* Publishes one frame, every byte of it `value`. Returns what fr_writer_publish() does. */
static inline int ipc_publish(struct fr_writer *writer, int value)
{
    uint32_t slot;
    int rc = fr_writer_take(writer, &slot);
    if (rc < 0)
        return rc;
    memset(fr_writer_slot(writer, slot), value, fr_writer_slot_bytes(writer));
    return fr_writer_publish(writer, slot, NULL);
}

enum { SECOND = 1000000000 };
