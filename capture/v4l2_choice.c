/* Which of a camera's formats to ask for: size first, then rate, then our preference. */
#include "capture/v4l2_choice.h"

#include "capture/append.h"
#include "capture/v4l2_ioctl.h"
#include "capture/v4l2_pix.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <string.h>

/* What the camera offers. */
struct offered {
    bool has[FR_V4L2_N_LAYOUTS];
    bool has_asked;       /* what was asked for, whether framering knows it or not */
    uint32_t jpeg_fourcc; /* MJPG, or JPEG where a driver calls it so */
    /* Names, for people. */
    char all[160];
    char native[96];     /* of those that are read as they are, or decoded */
    char converted[160]; /* of those that are read through libv4l2 */
};

/* Formats that the decoder makes out of a JPEG. */
static bool is_decodable_to(uint32_t fourcc)
{
    return fourcc == FR_FOURCC_GREY || fourcc == FR_FOURCC_YU12 || fourcc == FR_FOURCC_YV12 ||
           fourcc == FR_FOURCC_422P;
}

/* Adds a format's name to a list; "…" where there are more than fit. */
static void add_name(char *names, size_t size, uint32_t fourcc)
{
    char name[8];
    size_t used = strlen(names);
    if (used + 16 < size)
        fr_append(names, size, "%s%s", used ? " " : "", fr_v4l2_format_name(fourcc, name));
    else if (!strstr(names, "…"))
        fr_append(names, size, " …");
}

static void note_offered(struct offered *offered, uint32_t fourcc)
{
    const struct fr_v4l2_layout *layout = fr_v4l2_layout_find(fourcc);
    add_name(offered->all, sizeof offered->all, fourcc);
    if (!layout || offered->has[layout - fr_v4l2_layouts])
        return;
    offered->has[layout - fr_v4l2_layouts] = true;
    if (layout->how == FR_V4L2_JPEG)
        offered->jpeg_fourcc = fourcc;
    if (layout->how == FR_V4L2_CONVERTED)
        add_name(offered->converted, sizeof offered->converted, fourcc);
    else
        add_name(offered->native, sizeof offered->native, fourcc);
}

/* -ENODEV when it is gone. */
static int list_offered(const struct fr_v4l2_device *device, uint32_t asked,
                        struct offered *ret_offered)
{
    *ret_offered = (struct offered){.jpeg_fourcc = FR_FOURCC_MJPG};
    for (uint32_t i = 0; i < FR_V4L2_ENUM_MAX; i++) {
        struct v4l2_fmtdesc desc = {.index = i, .type = device->buf_type};
        int rc = fr_v4l2_ioctl(device->fd, VIDIOC_ENUM_FMT, &desc);
        if (rc == -ENODEV)
            return rc;
        if (rc < 0)
            break;
        note_offered(ret_offered, desc.pixelformat);
        ret_offered->has_asked = ret_offered->has_asked || desc.pixelformat == asked;
    }
    return 0;
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

static uint32_t driver_fourcc(const struct offered *offered, unsigned index)
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

/* Does this format of a camera's serve who asked for `fourcc`? It may be the camera's name of it, or the
 * readers'. */
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
                        const struct fr_source_request *request, const struct offered *offered,
                        bool is_converted, uint32_t width_px, uint32_t height_px)
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
                       const struct offered *offered, uint32_t width_px, uint32_t height_px,
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

static const char *or_none(const char *names)
{
    return *names ? names : "none";
}

/* Nothing was asked for, and there is nothing. */
static void refuse_all(const struct fr_v4l2_device *device, const struct offered *offered,
                       char reason[FR_SOURCE_REASON_MAX])
{
    const char *native = "NV12 YU12 NV21 YV12 422P YUYV UYVY GREY MJPG";
    if (*offered->converted)
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) gives only formats that are read through libv4l2, which convert = no "
                 "forbids: %s; expected one of %s, or convert = yes",
                 device->path, device->card, offered->converted, native);
    else
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) gives only formats that framering does not read: %s; expected one of %s",
                 device->path, device->card, *offered->all ? offered->all : "none at all", native);
}

static int refuse_formats(const struct fr_v4l2_device *device,
                          const struct fr_source_request *request, const struct offered *offered,
                          char reason[FR_SOURCE_REASON_MAX])
{
    char name[8];
    fr_v4l2_format_name(request->fourcc, name);
    if (!request->fourcc)
        refuse_all(device, offered, reason);
    else if (!offered->has_asked)
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) does not give %s; it gives %s (framering-capture --list shows sizes and "
                 "rates)",
                 device->path, device->card, name, *offered->all ? offered->all : "nothing");
    else if (request->no_convert && fr_v4l2_layout_find(request->fourcc))
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) gives %s, which is read through libv4l2, and convert = no forbids that; "
                 "without it framering reads of this camera: %s",
                 device->path, device->card, name, or_none(offered->native));
    else
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) gives %s, which framering does not read; of this camera it reads: %s; "
                 "through libv4l2: %s",
                 device->path, device->card, name, or_none(offered->native),
                 request->no_convert ? "none, for convert = no" : or_none(offered->converted));
    return -EINVAL;
}

int fr_v4l2_choose(const struct fr_v4l2_device *device, const struct fr_source_request *request,
                   uint32_t width_px, uint32_t height_px, uint32_t *ret_fourcc,
                   uint32_t *ret_wanted, char reason[FR_SOURCE_REASON_MAX])
{
    struct offered offered;
    uint32_t wanted;
    int rc = list_offered(device, request->fourcc, &offered);
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): asking for its formats failed: %s",
                 device->path, device->card, strerror(-rc));
        return rc;
    }
    uint32_t fourcc = choose(device, request, &offered, width_px, height_px, &wanted);
    if (!fourcc)
        return refuse_formats(device, request, &offered, reason);
    *ret_fourcc = fourcc;
    *ret_wanted = wanted;
    return 0;
}
