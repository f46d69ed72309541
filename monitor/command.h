/* What the commands of `framering` share. Each takes its own argc and argv (argv[0] is its name)
 * and returns the exit code. */
#pragma once

#include "common/daemon/log.h"
#include "config/options.h"
#include "framering/framering.h"

int command_list(int argc, char **argv);
int command_info(int argc, char **argv);
int command_snapshot(int argc, char **argv);
int command_cat(int argc, char **argv);
int command_remove(int argc, char **argv);
int command_doctor(int argc, char **argv);

/* As fr_options_read(), and then *ret_camera is the one operand, a camera's name. */
int command_read(const struct fr_program *program, int argc, char **argv, void *userdata,
                 const char **ret_camera);

/* "framering info: ", the message and a newline on stderr, control characters escaped; returns
 * 1. */
int command_fail(const struct fr_program *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same without being a failure. */
void command_say(const struct fr_program *program, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Says that there is no such camera, which there are, and what to do; returns 1. */
int command_no_camera(const struct fr_program *program, const char *camera);

/* 0 when stdout took everything, else 1 with a message (a full disk). A closed pipe is a quiet
 * 1. */
int command_flush(const struct fr_program *program);

/* A whole number without sign. -EINVAL with what was expected in `reason`. */
int command_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number, char *reason,
                   size_t reason_size);
/* Seconds, "0.5" or "10". The same. */
int command_seconds(const char *text, double min_s, double max_s, int64_t *ret_ns, char *reason,
                    size_t reason_size);
