/* The synthetic camera: the scene of scene.h, drawn straight into the slots at a steady rate.
 *
 * As a real camera does, it loses the frames that nobody fetched in time (FR_DROP_LATE) and goes
 * on with the one of now. `source_sequence` is the scene's frame number (its low 32 bits), so that
 * a reader can ask for the truth of what it sees. Frames go on counting over a new epoch.
 */
#include "capture/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "capture/frame_finish.h"
#include "capture/pacer.h"
#include "capture/scene.h"

struct fr_source {
    struct fr_scene *scene;
    struct fr_frame_finish *finish;
    struct fr_pace pace;
    int timer_fd;
    bool is_fast;
};

static void synthetic_free(struct fr_source *source)
{
    if (!source)
        return;
    if (source->timer_fd >= 0)
        close(source->timer_fd);
    fr_scene_free(source->scene);
    fr_frame_finish_free(source->finish);
    free(source);
}

static int choose_geometry(const struct fr_source_request *request, struct fr_geometry *ret,
                           char *reason)
{
    const struct fr_format format = {
        .fourcc = request->fourcc ? request->fourcc : FR_FOURCC_YU12,
        .width_px = request->width_px ? request->width_px : 640,
        .height_px = request->height_px ? request->height_px : 480,
        .field = 1, /* V4L2_FIELD_NONE: progressive */
        .rate_num = request->rate_num ? request->rate_num : 25,
        .rate_den = request->rate_den ? request->rate_den : 1,
    };
    char name[5];
    int r = fr_geometry_init(&format, ret);
    if (r == -ENOTSUP) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "synthetic: format %s is not one that it draws: expected GREY, NV12, NV21, YU12, "
                 "YV12, 422P, YUYV or UYVY",
                 fr_fourcc_name(format.fourcc, name));
        return -EINVAL;
    }
    if (r < 0 || format.width_px < FR_SCENE_SIDE_MIN || format.height_px < FR_SCENE_SIDE_MIN) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "synthetic: %ux%u is not a size that it draws in %s: expected sides from %d to "
                 "%u, and an even width where two pixels share their colour",
                 format.width_px, format.height_px, fr_fourcc_name(format.fourcc, name),
                 FR_SCENE_SIDE_MIN, FR_SIDE_MAX);
        return -EINVAL;
    }
    return 0;
}

static int synthetic_open(const struct fr_source_request *request, struct fr_source **ret_source,
                          struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_scene_params params;
    struct fr_source_offer offer = {.copy_path = FR_PATH_SYNTHETIC, .hand = 2};
    struct fr_geometry picture;
    struct fr_turn turn;
    int r = fr_scene_params_parse(request->spec, &params, reason, FR_SOURCE_REASON_MAX);
    if (r == 0)
        r = fr_frame_finish_wish(request, &turn, reason);
    if (r == 0)
        r = choose_geometry(request, &picture, reason);
    if (r < 0)
        return r;
    const struct fr_format *format = &picture.format;
    if (params.objects * FR_SCENE_LANE_MIN > format->height_px) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "synthetic: %u objects have no room in %u rows: expected at most %u",
                 params.objects, format->height_px, format->height_px / FR_SCENE_LANE_MIN);
        return -EINVAL;
    }
    struct fr_source *source = calloc(1, sizeof *source);
    if (!source) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "synthetic: out of memory");
        return -ENOMEM;
    }
    source->is_fast = request->is_fast;
    source->pace = (struct fr_pace){.rate_num = format->rate_num, .rate_den = format->rate_den};
    source->timer_fd = fr_pace_timer_open();
    r = source->timer_fd < 0 ? source->timer_fd : fr_scene_new(&params, &picture, &source->scene);
    if (r < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "synthetic: cannot be set up: %s", strerror(-r));
        goto fail;
    }
    r = fr_frame_finish_new(request, turn, &picture, 0, &source->finish, reason);
    if (r == 0)
        r = fr_frame_finish_scratch(source->finish, reason);
    if (r < 0)
        goto fail;
    offer.geometry = source->finish->slot;
    snprintf(offer.label, sizeof offer.label, "synthetic scene, seed %llu",
             (unsigned long long)params.seed);
    *ret_source = source;
    *ret_offer = offer;
    return 0;
fail:
    synthetic_free(source);
    return r;
}

static int synthetic_start(struct fr_source *source, struct fr_writer *writer,
                           struct fr_source_offer *ret_offer, char reason[FR_SOURCE_REASON_MAX])
{
    (void)writer;
    (void)ret_offer;
    int64_t now = fr_now_mono_ns();
    fr_pace_start(&source->pace, source->pace.frame, now);
    int r = fr_pace_timer_arm(source->timer_fd, now);
    if (r < 0)
        snprintf(reason, FR_SOURCE_REASON_MAX, "synthetic: timer: %s", strerror(-r));
    return r;
}

static int synthetic_poll_fd(const struct fr_source *source, uint32_t *ret_events)
{
    *ret_events = EPOLLIN;
    return source->timer_fd;
}

static int synthetic_step(struct fr_source *source, struct fr_writer *writer,
                          char reason[FR_SOURCE_REASON_MAX])
{
    uint64_t late = 0;
    int r = 0;
    if (!source->is_fast) {
        /* Fast: the expiry is left where it is, and the descriptor stays readable. */
        if (!fr_pace_timer_take(source->timer_fd))
            return 0;
        late = fr_pace_skip(&source->pace, fr_now_mono_ns());
        if (late)
            fr_writer_count_drop(writer, FR_DROP_LATE, late);
    }
    struct fr_frame_meta meta = {
        .captured_mono_ns = source->is_fast ? 0 : fr_pace_due_ns(&source->pace),
        .source_sequence = (uint32_t)source->pace.frame,
        .flags = late ? FR_FRAME_AFTER_GAP : 0,
    };
    uint32_t slot_idx = 0;
    int published = 0;
    r = fr_writer_take(writer, &slot_idx);
    if (r == -EAGAIN) {
        fr_writer_count_drop(writer, FR_DROP_STARVED, 1);
    } else if (r == 0) {
        uint8_t *slot = fr_writer_slot(writer, slot_idx);
        fr_scene_draw(source->scene, source->pace.frame,
                      fr_frame_finish_target(source->finish, slot));
        fr_frame_finish(source->finish, slot);
        r = fr_writer_publish(writer, slot_idx, &meta);
        published = r == 0;
    }
    if (r < 0 && r != -EAGAIN) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "synthetic: the frame cannot be published: %s",
                 strerror(-r));
        return r;
    }
    source->pace.frame++;
    if (!source->is_fast)
        fr_pace_timer_arm(source->timer_fd, fr_pace_due_ns(&source->pace));
    return published;
}

static void synthetic_stop(struct fr_source *source)
{
    (void)source; /* nothing is under way between two steps */
}

const struct fr_source_ops fr_source_synthetic = {
    .scheme = "synthetic",
    .open = synthetic_open,
    .start = synthetic_start,
    .poll_fd = synthetic_poll_fd,
    .step = synthetic_step,
    .stop = synthetic_stop,
    .free = synthetic_free,
};
