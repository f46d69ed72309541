/* Setting up a device before its format is negotiated: which it is, its input, its controls, its
 * orientation, its signal. In this order, for each may depend on the one before. */
#include "capture/v4l2_source.h"

#include "capture/append.h"
#include "capture/v4l2_controls.h"
#include "capture/v4l2_links.h"

#include <errno.h>
#include <string.h>

int fr_v4l2_open_device(struct fr_source *source, const struct fr_source_request *request,
                        char reason[FR_SOURCE_REASON_MAX])
{
    char path[FR_V4L2_PATH_MAX];
    const char *spec = request->spec ? request->spec : "";
    int rc = fr_v4l2_links_follow(request->links, spec, path, sizeof path, reason);
    if (rc < 0)
        return rc;
    rc = fr_v4l2_device_open(path, &source->device, reason);
    if (rc < 0)
        return rc;
    fr_v4l2_links_find(FR_V4L2_LINKS_FOLDER, path, fr_v4l2_links_has_serial(path), &source->links);
    if (strcmp(path, spec) != 0)
        fr_append(source->notes, sizeof source->notes,
                  "the camera that was %s is %s now (found by %s)\n", spec, source->device.path,
                  request->links->path[0]);
    return 0;
}

/* What was asked for, so that later only differences are set. */
static void keep_controls(struct fr_source *source, const struct fr_source_request *request)
{
    size_t n = request->n_controls < FR_CONTROLS_MAX ? request->n_controls : FR_CONTROLS_MAX;
    source->controls.n = n;
    for (size_t i = 0; i < n; i++)
        source->controls.items[i] = request->controls[i];
}

/* What the device does of the turning, the software need not do. */
static int turn(struct fr_source *source, struct fr_source_request *request,
                char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_device *device = &source->device;
    int rc = fr_v4l2_turn_apply(device->fd, request, &source->turn);
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): setting its rotation failed: %s",
                 device->path, device->card, strerror(-rc));
        return rc;
    }
    if (source->turn.n_undo)
        fr_append(source->notes, sizeof source->notes, "%s turns the picture %s\n", device->path,
                  source->turn.mirror || source->turn.rotate_deg ? "in part" : "by itself");
    request->mirror = source->turn.mirror;
    request->rotate_deg = source->turn.rotate_deg;
    if (source->turn.is_exchanged) {
        uint32_t width_px = request->width_px;
        request->width_px = request->height_px;
        request->height_px = width_px;
    }
    return 0;
}

int fr_v4l2_set_up(struct fr_source *source, struct fr_source_request *request,
                   char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_device *device = &source->device;
    char trouble[160];
    int rc = fr_v4l2_input_choose(device, request->input, &source->input, reason);
    if (rc == 0)
        rc = fr_v4l2_controls_apply(device, request->controls_file, request->controls,
                                    request->n_controls, NULL, source->notes, reason);
    if (rc < 0)
        return rc;
    keep_controls(source, request);
    rc = turn(source, request, reason);
    if (rc < 0)
        return rc;
    /* First the events, so that no change is missed. */
    source->has_events = fr_v4l2_input_subscribe(device, &source->input);
    rc = fr_v4l2_input_lock(device, &source->input, reason);
    if (rc == 0 && *fr_v4l2_input_trouble(&source->input, trouble, sizeof trouble))
        fr_append(source->notes, sizeof source->notes, "input %u (%s) of %s has %s\n",
                  source->input.index, source->input.name, device->path, trouble);
    return rc;
}

int fr_v4l2_reconfigure(struct fr_source *source, const struct fr_source_request *request,
                        char reason[FR_SOURCE_REASON_MAX])
{
    char notes[FR_SOURCE_REASON_MAX] = "";
    int rc = fr_v4l2_controls_apply(&source->device, request->controls_file, request->controls,
                                    request->n_controls, &source->controls, notes, reason);
    if (rc < 0)
        return rc;
    keep_controls(source, request);
    memcpy(reason, notes, sizeof notes);
    return 0;
}
