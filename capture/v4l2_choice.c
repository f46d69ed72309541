/* Which of a camera's formats to ask for: size first, then rate, then our preference. */
#include "capture/v4l2_choice.h"

#include "capture/v4l2_ioctl.h"
#include "capture/v4l2_offered.h"
#include "capture/v4l2_pix.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

/* Formats that the decoder makes out of a JPEG. */
static bool is_decodable_to(uint32_t fourcc)
{
    return fourcc == FR_FOURCC_GREY || fourcc == FR_FOURCC_YU12 || fourcc == FR_FOURCC_YV12 ||
           fourcc == FR_FOURCC_422P;
}

/* Does the camera give at least num/den frames a second? Unknown counts as yes. */
static bool reaches_rate(const struct fr_v4l2_device *device, const struct fr_v4l2_pix *pix,
                         uint32_t num, uint32_t den)
{
    for (uint32_t i = 0; i < FR_V4L2_ENUM_MAX; i++) {
        struct v4l2_frmivalenum ival = {.index = i,
                                        .pixel_format = pix->fourcc,
                                        .width = pix->width_px,
                                        .height = pix->height_px};
        if (fr_v4l2_ioctl(device->fd, VIDIOC_ENUM_FRAMEINTERVALS, &ival) < 0)
            return i == 0;
        struct v4l2_fract shortest =
            ival.type == V4L2_FRMIVAL_TYPE_DISCRETE ? ival.discrete : ival.stepwise.min;
        /* den/num of the interval are frames a second; 1 % is given away for 29.97 against 30. */
        unsigned __int128 gives = (unsigned __int128)shortest.denominator * den * 101;
        if (gives >= (unsigned __int128)shortest.numerator * num * 100)
            return true;
        if (ival.type != V4L2_FRMIVAL_TYPE_DISCRETE)
            return false;
    }
    return false;
}

static uint32_t driver_fourcc(const struct fr_v4l2_offered *offered, unsigned index)
{
    uint32_t fourcc = fr_v4l2_layouts[index].fourcc;
    return fourcc == FR_FOURCC_MJPG ? offered->jpeg_fourcc : fourcc;
}

/* How well a format serves: 2 for the size, 1 for the rate; -1 when it cannot be had. */
static int rate_format(const struct fr_v4l2_device *device, uint32_t fourcc, uint32_t width_px,
                       uint32_t height_px, const struct fr_source_request *request)
{
    struct v4l2_format format;
    struct fr_v4l2_pix pix;
    uint32_t rate_num =
        request->rate_num && request->rate_den ? request->rate_num : FR_V4L2_RATE_ENOUGH;
    uint32_t rate_den = request->rate_num && request->rate_den ? request->rate_den : 1;

    fr_v4l2_pix_wish(&format, device->buf_type, fourcc, width_px, height_px);
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_TRY_FMT, &format);
    if (rc == -ENOTTY || rc == -EINVAL)
        return 0; /* TRY_FMT is optional: nothing is known */
    fr_v4l2_pix_read(&format, &pix);
    if (rc < 0 || pix.fourcc != fourcc)
        return -1;
    int score = 0;
    if (pix.width_px == width_px && pix.height_px == height_px)
        score += 2;
    if (reaches_rate(device, &pix, rate_num, rate_den))
        score += 1;
    return score;
}

/* Does this format of a camera's serve who asked for `fourcc`? It may be the camera's name of it,
 * or the readers'. */
static bool serves(const struct fr_v4l2_layout *layout, uint32_t fourcc)
{
    if (fourcc == 0 || layout == fr_v4l2_layout_find(fourcc))
        return true;
    if (layout->how == FR_V4L2_CONVERTED)
        return fourcc == FR_FOURCC_YU12 || fourcc == FR_FOURCC_YV12;
    return layout->how == FR_V4L2_AS_IS && layout->ring_fourcc == fourcc;
}

/* The best of the formats that are converted, or of those that are not; 0: none serves. */
static uint32_t best_of(const struct fr_v4l2_device *device,
                        const struct fr_source_request *request,
                        const struct fr_v4l2_offered *offered, bool is_converted, uint32_t width_px,
                        uint32_t height_px)
{
    uint32_t best = 0;
    int best_score = request->fourcc ? -2 : -1; /* what was asked for by name is at least tried */
    for (unsigned i = 0; i < FR_V4L2_N_LAYOUTS; i++) {
        const struct fr_v4l2_layout *layout = &fr_v4l2_layouts[i];
        if (!offered->has[i] || (layout->how == FR_V4L2_CONVERTED) != is_converted ||
            !serves(layout, request->fourcc))
            continue;
        uint32_t fourcc = driver_fourcc(offered, i);
        int score = rate_format(device, fourcc, width_px, height_px, request);
        if (score > best_score) {
            best_score = score;
            best = fourcc;
        }
    }
    return best;
}

/* The camera's fourcc to ask for; 0 when none will do. *ret_wanted is what readers shall see. */
static uint32_t choose(const struct fr_v4l2_device *device, const struct fr_source_request *request,
                       const struct fr_v4l2_offered *offered, uint32_t width_px, uint32_t height_px,
                       uint32_t *ret_wanted)
{
    const struct fr_v4l2_layout *jpeg = fr_v4l2_layout_find(FR_FOURCC_MJPG);
    *ret_wanted = 0;
    uint32_t best = best_of(device, request, offered, false, width_px, height_px);
    if (best)
        return best;
    if (is_decodable_to(request->fourcc) && offered->has[jpeg - fr_v4l2_layouts]) {
        *ret_wanted = request->fourcc;
        return offered->jpeg_fourcc;
    }
    if (request->no_convert)
        return 0;
    if (request->fourcc == FR_FOURCC_YV12)
        *ret_wanted = request->fourcc;
    return best_of(device, request, offered, true, width_px, height_px);
}

int fr_v4l2_choose(const struct fr_v4l2_device *device, const struct fr_source_request *request,
                   uint32_t width_px, uint32_t height_px, uint32_t *ret_fourcc,
                   uint32_t *ret_wanted, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_offered offered;
    uint32_t wanted;
    int rc = fr_v4l2_offered_init(&offered, device, request->fourcc);
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): asking for its formats failed: %s",
                 device->path, device->card, strerror(-rc));
        return rc;
    }
    uint32_t fourcc = choose(device, request, &offered, width_px, height_px, &wanted);
    if (!fourcc)
        return fr_v4l2_offered_refuse(device, request, &offered, reason);
    *ret_fourcc = fourcc;
    *ret_wanted = wanted;
    return 0;
}
