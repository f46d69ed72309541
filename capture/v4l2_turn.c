/* V4L2_CID_HFLIP, V4L2_CID_VFLIP, V4L2_CID_ROTATE. */
#include "capture/v4l2_turn.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

/* NULL when there is none, it cannot be set, or the settings speak of it themselves. */
static const struct fr_v4l2_control *usable(const struct fr_v4l2_controls *controls,
                                            const struct fr_source_request *request, uint32_t id)
{
    const struct fr_v4l2_control *control = fr_v4l2_controls_find_id(controls, id);
    for (size_t i = 0; control && i < request->n_controls; i++)
        if (strcmp(request->controls[i].name, control->name) == 0)
            return NULL;
    return control;
}

/* Sets it and looks whether it took; remembers what it was. */
static bool set(int fd, struct fr_v4l2_turn *turn, const struct fr_v4l2_control *control,
                int64_t number)
{
    struct fr_v4l2_control_value before, value = {.number = number};
    if (number < control->min || number > control->max ||
        fr_v4l2_control_get(fd, control, &before) < 0 ||
        fr_v4l2_control_set(fd, control, &value) < 0)
        return false;
    turn->undo[turn->n_undo].control = *control;
    turn->undo[turn->n_undo].control.items = NULL; /* of the list, which goes */
    turn->undo[turn->n_undo].control.n_items = 0;
    turn->undo[turn->n_undo].value = before;
    turn->n_undo++;
    return value.number == number;
}

static bool flip(int fd, struct fr_v4l2_turn *turn, const struct fr_v4l2_control *control)
{
    return set(fd, turn, control, !control->default_value);
}

/* Everything but quarter turns is flips: rotating by 180 degrees is both. True when all was
 * done. */
static bool apply_flips(int fd, struct fr_v4l2_turn *turn, const struct fr_v4l2_control *across,
                        const struct fr_v4l2_control *down)
{
    bool is_half = turn->rotate_deg == 180;
    bool flips_across = turn->mirror != is_half;
    if ((flips_across && !across) || (is_half && !down))
        return false;
    return (!flips_across || flip(fd, turn, across)) && (!is_half || flip(fd, turn, down));
}

static bool apply(int fd, struct fr_v4l2_turn *turn, const struct fr_v4l2_controls *controls,
                  const struct fr_source_request *request)
{
    const struct fr_v4l2_control *across = usable(controls, request, V4L2_CID_HFLIP);
    const struct fr_v4l2_control *down = usable(controls, request, V4L2_CID_VFLIP);
    const struct fr_v4l2_control *rotation = usable(controls, request, V4L2_CID_ROTATE);
    bool is_quarter = turn->rotate_deg == 90 || turn->rotate_deg == 270;

    if (!is_quarter && apply_flips(fd, turn, across, down)) {
        turn->mirror = false;
        turn->rotate_deg = 0;
        return true;
    }
    fr_v4l2_turn_undo(fd, turn);
    if (turn->rotate_deg && !turn->mirror && rotation &&
        set(fd, turn, rotation, turn->rotate_deg)) {
        turn->is_exchanged = is_quarter;
        turn->rotate_deg = 0;
        return true;
    }
    fr_v4l2_turn_undo(fd, turn);
    /* Of both, at least the first. */
    if (turn->rotate_deg && turn->mirror && across && flip(fd, turn, across)) {
        turn->mirror = false;
        return true;
    }
    return false;
}

int fr_v4l2_turn_apply(int fd, const struct fr_source_request *request,
                       struct fr_v4l2_turn *ret_turn)
{
    struct fr_v4l2_controls controls = {0};
    *ret_turn = (struct fr_v4l2_turn){.mirror = request->mirror, .rotate_deg = request->rotate_deg};
    if (!ret_turn->mirror && !ret_turn->rotate_deg)
        return 0;
    int rc = fr_v4l2_controls_read(fd, &controls);
    if (rc == 0 && !apply(fd, ret_turn, &controls, request))
        fr_v4l2_turn_undo(fd, ret_turn);
    fr_v4l2_controls_fini(&controls);
    return rc;
}

void fr_v4l2_turn_undo(int fd, struct fr_v4l2_turn *turn)
{
    while (turn->n_undo > 0) {
        turn->n_undo--;
        fr_v4l2_control_set(fd, &turn->undo[turn->n_undo].control, &turn->undo[turn->n_undo].value);
    }
}
