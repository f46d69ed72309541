/* Letting the device turn the picture, where it has controls for it.
 *
 * A picture is mirrored first, then rotated clockwise (struct fr_source_request). Mirroring left
 * and right, and upside down, are exact in any order, so that they stand for every case but quarter
 * turns; those are left to the device's own rotation only when nothing is to be mirrored. What the
 * device does not do remains to be done in software.
 *
 * Flips are of the picture as the driver gives it by default: a sensor that is mounted upside down
 * has both of its flips on, and turning its picture means switching them off. */
#pragma once

#include "capture/v4l2_controls.h"

struct fr_v4l2_turn {
    /* What is left to be done. */
    bool mirror;
    uint32_t rotate_deg;
    bool is_exchanged; /* the device rotates by a quarter: it takes and gives the sides exchanged */
    /* What to put back. */
    unsigned n_undo;
    struct {
        struct fr_v4l2_control control;
        struct fr_v4l2_control_value value;
    } undo[2];
};

/* Has the device turn the picture as far as it can, for `request`'s mirror and rotate_deg. Controls
 * that `request` names itself are left alone. 0; -ENODEV, -ENOMEM as nothing else is worth failing
 * for. *ret_turn is always written. */
int fr_v4l2_turn_apply(int fd, const struct fr_source_request *request,
                       struct fr_v4l2_turn *ret_turn);

/* Puts the controls back as they were before. Takes a zeroed one. */
void fr_v4l2_turn_undo(int fd, struct fr_v4l2_turn *turn);
