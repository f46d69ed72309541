/* framering doctor: what is wrong with this machine's cameras, or will be, and what to do about it.
 * Each file doctor_….c makes one kind of checks, and tells what it found through doctor_tell().
 * Nothing is changed. */
#pragma once

#include "framering/framering.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum doctor_state {
    DOCTOR_OK,
    DOCTOR_UNSEEN,  /* could not be looked at, mostly for want of permission */
    DOCTOR_WARNING, /* works now, and may not later */
    DOCTOR_FAULT,
};

/* The user that the services run as. */
#define DOCTOR_SERVICE_USER  "framering"
#define DOCTOR_ANALYZER_USER "framering-analyzer"

/* One camera that is configured. */
struct doctor_camera {
    char name[FR_CAMERA_NAME_MAX + 1];
    struct doctor_camera *next;
};

struct doctor {
    FILE *out;          /* for text; NULL: into the report */
    void *report;       /* json_t: an array of findings */
    bool is_wrong;      /* a warning or a fault was told */
    bool has_no_memory; /* to tell it */
    bool has_services;  /* the units are installed */
    struct doctor_camera *cameras;
    struct fr_need need; /* of all cameras that do not run yet */
    uint64_t all_bytes;  /* of all cameras */
    unsigned n_assumed;  /* cameras of which the picture is not known */
};

/* Tells one finding of a kind of checks. `remedy` says what to do, commands in backticks; NULL when
 * there is nothing to do. */
void doctor_tell(struct doctor *doctor, enum doctor_state state, const char *check,
                 const char *remedy, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The checks, in the order in which they are made. */
void doctor_check_cameras(struct doctor *doctor); /* files and devices */
void doctor_check_limits(struct doctor *doctor);  /* the kernel's, and memory; after the cameras */
void doctor_check_rights(struct doctor *doctor);  /* users, groups, folders */
void doctor_check_namespace(struct doctor *doctor);  /* is it one for all */
void doctor_check_remove_ipc(struct doctor *doctor); /* does logind remove rings */
void doctor_check_rings(struct doctor *doctor);      /* what dead writers left */

/* ---------------------------------------------------------------- shared by the checks */

/* "/etc/framering/NAME", or in $FRAMERING_CONFDIR. Returns buf. */
const char *doctor_config_path(const char *name, char *buf, size_t size);

/* Runs a program without a shell and hands its lines to `line`, without their ends. Its exit code;
 * negative errno when it could not be run. stderr is left alone, or thrown away with is_quiet. */
int doctor_run(const char *const argv[], bool is_quiet,
               void (*line)(const char *text, void *userdata), void *userdata);

/* Whether a user may open a file of this mode, by owner and groups: bits as R_OK | W_OK. ACLs are
 * not looked at. -ENOENT: no such user. */
int doctor_may(const char *user, uid_t owner, gid_t group, mode_t mode, int bits);
bool doctor_is_member(const char *user, gid_t group);
/* A user's name, or its number in buf. */
const char *doctor_user_name(uid_t uid, char *buf, size_t size);
