#include "capture/v4l2_offered.h"

#include "capture/append.h"
#include "capture/v4l2_choice.h"
#include "capture/v4l2_ioctl.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

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

static void note_offered(struct fr_v4l2_offered *offered, uint32_t fourcc)
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

int fr_v4l2_offered_init(struct fr_v4l2_offered *ret_offered, const struct fr_v4l2_device *device,
                         uint32_t asked)
{
    *ret_offered = (struct fr_v4l2_offered){.jpeg_fourcc = FR_FOURCC_MJPG};
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

static const char *or_none(const char *names)
{
    return *names ? names : "none";
}

/* Nothing was asked for, and there is nothing. */
static void refuse_all(const struct fr_v4l2_device *device, const struct fr_v4l2_offered *offered,
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

int fr_v4l2_offered_refuse(const struct fr_v4l2_device *device,
                           const struct fr_source_request *request,
                           const struct fr_v4l2_offered *offered, char reason[FR_SOURCE_REASON_MAX])
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
