/* See plan.h. */
#include "capture/plan.h"

#include "capture/asked.h"
#include "capture/source_find.h"

#include <errno.h>
#include <string.h>

/* A source that cannot be asked, and settings that do not say: not the largest that there is, but
 * large. */
enum { ASSUMED_WIDTH_PX = 1920, ASSUMED_HEIGHT_PX = 1080 };

static const char *kind_of(int error)
{
    switch (error) {
    case -ENOENT:
    case -ENODEV:
        return "absent";
    case -EBUSY:
        return "busy";
    case -EACCES:
    case -EPERM:
        return "access";
    case -ENOLINK:
        return "picture";
    case -EINVAL:
        return "settings";
    default:
        return "other";
    }
}

/* The picture that was asked for, in the largest format that frames usually come in. */
static int assume(const struct fr_capture_settings *settings, struct fr_source_offer *ret_offer,
                  FILE *out)
{
    bool is_any = settings->size.width_px == 0;
    struct fr_format format = {
        .fourcc = FR_FOURCC_YUYV,
        .width_px = is_any ? ASSUMED_WIDTH_PX : settings->size.width_px,
        .height_px = is_any ? ASSUMED_HEIGHT_PX : settings->size.height_px,
    };
    *ret_offer = (struct fr_source_offer){.hand = 3};
    int r = fr_geometry_init(&format, &ret_offer->geometry);
    if (r == 0 && settings->half_luma)
        r = fr_geometry_add_plane(&ret_offer->geometry, FR_PLANE_HALF_Y, 0);
    if (r == 0)
        fprintf(out,
                "assumed the source cannot be asked, and %s: %ux%u with 2 bytes for each pixel\n",
                is_any ? "the settings name no size" : "the settings name the size",
                format.width_px, format.height_px);
    return r;
}

static void print_ring(const struct fr_capture_settings *settings,
                       const struct fr_source_offer *offer, FILE *out)
{
    const struct fr_epoch_options options = fr_asked_of_ring(settings, offer);
    const struct fr_format *format = &options.geometry.format;
    struct fr_need need;
    char name[5];
    fprintf(out, "picture %ux%u %s\n", format->width_px, format->height_px,
            fr_fourcc_name(format->fourcc, name));
    if (options.copy_path != FR_PATH_UNKNOWN)
        fprintf(out, "path %s\n", fr_copy_path_name(options.copy_path));
    fprintf(out, "slots %u\nhand %u\n", options.slots, options.hand);
    if (fr_epoch_need(&options, &need) == 0)
        fprintf(out, "need %llu %u %u %u\n", (unsigned long long)need.segment_bytes,
                need.semaphores, need.set_semaphores_max, need.operations_max);
}

int fr_capture_plan(const struct fr_capture_settings *settings, FILE *out)
{
    struct fr_source_request request = fr_asked_of_source(settings);
    const struct fr_source_ops *ops = NULL;
    struct fr_source *source = NULL;
    struct fr_source_offer offer = {0};
    char reason[FR_SOURCE_REASON_MAX] = "";

    fprintf(out, "source %s\n", settings->source);
    int r = fr_source_find(settings->source, &ops, &request.spec, reason);
    if (r == 0)
        r = ops->open(&request, &source, &offer, reason);
    if (r < 0)
        fprintf(out, "problem %s %s\n", kind_of(r), *reason ? reason : strerror(-r));
    else
        fprintf(out, "device %s\n", offer.label);
    if (r == 0 || assume(settings, &offer, out) == 0)
        print_ring(settings, &offer, out);
    if (source)
        ops->free(source);
    return r < 0 ? 1 : 0;
}
