#include "analyzer/replay_show.h"
#include "analyzer/heat_map.h"
#include "analyzer/mask_files.h"
#include "analyzer/output_folder.h"
#include "analyzer/picture.h"
#include "common/media/jpeg_encode.h"
#include "common/media/png_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double NS_PER_S = 1e9;

struct fr_replay_show {
    struct fr_replay_show_asked asked;
    const struct fr_watch *watch;
    struct fr_mask_files *masks;
    struct fr_output_folder pictures;
    struct fr_heat_map *heat_map;
    struct fr_canvas canvas; /* for pictures and the heat map */
    char told[128];          /* events since the last frame was shown */
    struct fr_frame_id last; /* of the last frame, and what it was */
    struct fr_luma luma;     /* data NULL: damaged, or there was none yet */
    struct fr_detection detection;
};

static int write_heat_map(struct fr_replay_show *show, char *reason, size_t reason_size)
{
    uint8_t *png = NULL;
    size_t length = 0;

    fr_heat_map_draw(show->heat_map, show->watch, &show->canvas);
    int r = fr_png_encode_rgb(show->canvas.rgb, show->canvas.width_px, show->canvas.height_px, &png,
                              &length, reason, reason_size);
    if (r == 0)
        r = fr_output_file_write(show->asked.heat_map, png, length, reason, reason_size);
    free(png);
    return r;
}

int fr_replay_show_new(const struct fr_replay_show_asked *asked, const struct fr_watch *watch,
                       struct fr_replay_show **ret_show, char *reason, size_t reason_size)
{
    const uint32_t width = watch->width_px, height = watch->height_px;
    struct fr_replay_show *show = calloc(1, sizeof *show);
    int r = 0;

    snprintf(reason, reason_size, "no memory for pictures");
    if (!show)
        return -ENOMEM;
    *show = (struct fr_replay_show){.asked = *asked, .watch = watch, .pictures.fd = -1};
    if (asked->masks)
        r = fr_mask_files_new(asked->masks, width, height, &show->masks, reason, reason_size);
    if (r == 0 && asked->pictures)
        r = fr_output_folder_open(&show->pictures, asked->pictures, "pictures", reason,
                                  reason_size);
    if (r == 0 && (asked->pictures || asked->heat_map))
        r = fr_canvas_init(&show->canvas, width, height);
    if (r == 0 && asked->heat_map)
        r = fr_heat_map_new(width, height, &show->heat_map);
    if (r == 0 && asked->heat_map)
        r = write_heat_map(show, reason, reason_size);
    if (r < 0)
        fr_replay_show_free(show);
    else
        *ret_show = show;
    return r;
}

void fr_replay_show_free(struct fr_replay_show *show)
{
    if (!show)
        return;
    fr_mask_files_free(show->masks);
    fr_output_folder_close(&show->pictures);
    fr_heat_map_free(show->heat_map);
    fr_canvas_fini(&show->canvas);
    free(show);
}

void fr_replay_show_event(struct fr_replay_show *show, const struct fr_event *event)
{
    size_t n = strlen(show->told);
    if (event->kind != FR_EVENT_LEVEL)
        snprintf(show->told + n, sizeof show->told - n, "  %s%s%s", fr_event_kind_name(event->kind),
                 *event->zone ? " " : "", event->zone);
}

static int write_picture(struct fr_replay_show *show, char *reason, size_t reason_size)
{
    uint8_t *jpeg = NULL;
    size_t length = 0;
    char text[200];

    snprintf(text, sizeof text, "%" PRIu64 "  %.2f s%s", show->last.number,
             (double)show->last.captured_mono_ns / NS_PER_S, show->told);
    fr_picture_draw(&show->canvas, &show->luma, show->watch, &show->detection, text);
    int r = fr_canvas_jpeg(&show->canvas, FR_JPEG_QUALITY_DEFAULT, &jpeg, &length);
    if (r < 0)
        snprintf(reason, reason_size, "picture of frame %" PRIu64 ": %s", show->last.number,
                 strerror(-r));
    else
        r = fr_output_folder_write(&show->pictures, show->last.number, "jpg", jpeg, length, reason,
                                   reason_size);
    free(jpeg);
    return r;
}

int fr_replay_show_frame(struct fr_replay_show *show, const struct fr_frame_id *id,
                         const struct fr_luma *luma, const struct fr_detection *detection,
                         char *reason, size_t reason_size)
{
    const uint64_t every = (uint64_t)show->asked.picture_every;
    int r = 0;

    show->last = *id;
    show->luma = luma ? *luma : (struct fr_luma){0};
    if (luma) {
        show->detection = *detection;
        if (show->heat_map)
            fr_heat_map_add(show->heat_map, luma, show->watch->detector, detection);
        if (show->asked.pictures && (*show->told || (every && id->number % every == 0)))
            r = write_picture(show, reason, reason_size);
        *show->told = 0;
    }
    if (r == 0 && show->masks)
        r = fr_mask_files_write(show->masks, id->number, luma ? show->watch->detector : NULL,
                                reason, reason_size);
    return r;
}

int fr_replay_show_end(struct fr_replay_show *show, char *reason, size_t reason_size)
{
    int r = 0;
    if (show->asked.pictures && *show->told && show->luma.data)
        r = write_picture(show, reason, reason_size);
    if (r == 0 && show->asked.heat_map)
        r = write_heat_map(show, reason, reason_size);
    return r;
}
