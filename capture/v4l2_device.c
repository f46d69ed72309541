/* Opening a device node. Whatever path the user gave is looked at before it is opened, for opening
 * a FIFO can hang and opening some devices does things; O_NONBLOCK keeps a driver from waiting. */
#include "capture/v4l2_device.h"

#include "capture/v4l2_ioctl.h"
#include "capture/v4l2_nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/videodev2.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fr_v4l2_text(char *to, size_t size, const void *from, size_t n)
{
    const unsigned char *bytes = from;
    size_t i = 0;
    for (; i + 1 < size && i < n && bytes[i]; i++)
        to[i] = bytes[i] >= ' ' && bytes[i] < 127 ? (char)bytes[i] : '?';
    to[i] = 0;
}

int fr_v4l2_device_busy(const char *path, char reason[FR_SOURCE_REASON_MAX])
{
    snprintf(
        reason, FR_SOURCE_REASON_MAX,
        "%s is in use by another program; close that (`fuser -v %s` shows which it is), or wait",
        path, path);
    return -EBUSY;
}

int fr_v4l2_device_failed(const struct fr_v4l2_device *device, int rc, const char *what,
                          char reason[FR_SOURCE_REASON_MAX])
{
    if (rc == -EBUSY)
        return fr_v4l2_device_busy(device->path, reason);
    snprintf(reason, FR_SOURCE_REASON_MAX, "%s (%s): %s failed: %s", device->path, device->card,
             what, strerror(-rc));
    return rc == -EINVAL ? -EPROTO : rc;
}

/* Which group would help, if any. */
static void explain_no_access(const char *path, const struct stat *st,
                              char reason[FR_SOURCE_REASON_MAX])
{
    char group_name[64], user_name[64], buf[1024];
    struct group group, *found_group = NULL;
    struct passwd user, *found_user = NULL;

    if (getgrgid_r(st->st_gid, &group, buf, sizeof buf, &found_group) == 0 && found_group)
        fr_v4l2_text(group_name, sizeof group_name, group.gr_name, sizeof group_name);
    else
        snprintf(group_name, sizeof group_name, "%u", st->st_gid);
    if (getpwuid_r(geteuid(), &user, buf, sizeof buf, &found_user) == 0 && found_user)
        fr_v4l2_text(user_name, sizeof user_name, user.pw_name, sizeof user_name);
    else
        snprintf(user_name, sizeof user_name, "%u", geteuid());

    if ((st->st_mode & 060) == 060 && st->st_gid != 0)
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "user %s has no permission for %s, which belongs to the group %s; join it "
                 "(sudo usermod -aG %s %s) and log in again",
                 user_name, path, group_name, group_name, user_name);
    else
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "user %s has no permission for %s, and its mode %04o lets no group in; expected "
                 "0660 and the group video, as udev sets it",
                 user_name, path, st->st_mode & 07777);
}

/* Turns the errno of stat(), open() or the first ioctl into words. Returns rc. */
static int explain(int rc, const char *path, const struct stat *st,
                   char reason[FR_SOURCE_REASON_MAX])
{
    switch (rc) {
    case -ENOENT:
    case -ENOTDIR:
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "there is no %s; plug the camera in, or choose another one (framering-capture "
                 "--list shows what there is)",
                 path);
        return -ENOENT;
    case -ENODEV:
    case -ENXIO:
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "there is no camera behind %s any more; plug it in again, or choose another one "
                 "(framering-capture --list shows what there is)",
                 path);
        return -ENODEV;
    case -EACCES:
    case -EPERM:
        if (st)
            explain_no_access(path, st, reason);
        else
            snprintf(reason, FR_SOURCE_REASON_MAX, "a folder on the way to %s may not be entered",
                     path);
        return -EACCES;
    case -EBUSY:
        return fr_v4l2_device_busy(path, reason);
    default:
        snprintf(reason, FR_SOURCE_REASON_MAX, "%s cannot be opened: %s", path, strerror(-rc));
        return rc;
    }
}

static int refuse_file(const char *path, mode_t mode, char reason[FR_SOURCE_REASON_MAX])
{
    const char *what = S_ISFIFO(mode)   ? "a FIFO"
                       : S_ISDIR(mode)  ? "a folder"
                       : S_ISREG(mode)  ? "a file (replay:PATH plays recordings)"
                       : S_ISSOCK(mode) ? "a socket"
                                        : "a block device";
    snprintf(reason, FR_SOURCE_REASON_MAX,
             "%s is %s; expected a video device such as /dev/video0 (framering-capture --list "
             "shows what there is)",
             path, what);
    return -EINVAL;
}

static int query(struct fr_v4l2_device *device)
{
    struct v4l2_capability cap = {0};
    int rc = fr_v4l2_ioctl(device->fd, VIDIOC_QUERYCAP, &cap);
    if (rc < 0)
        return rc;
    fr_v4l2_text(device->card, sizeof device->card, cap.card, sizeof cap.card);
    fr_v4l2_text(device->driver, sizeof device->driver, cap.driver, sizeof cap.driver);
    fr_v4l2_text(device->bus, sizeof device->bus, cap.bus_info, sizeof cap.bus_info);
    device->capabilities =
        cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps : cap.capabilities;
    bool is_multi_only = device->capabilities & V4L2_CAP_VIDEO_CAPTURE_MPLANE &&
                         !(device->capabilities & V4L2_CAP_VIDEO_CAPTURE);
    device->buf_type =
        is_multi_only ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
    return 0;
}

int fr_v4l2_device_open(const char *path, struct fr_v4l2_device *ret_device,
                        char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_device device = {.fd = -1};
    struct stat st;

    if (!path || !*path || strlen(path) >= sizeof device.path) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "no device named; expected v4l2:/dev/videoN (framering-capture --list shows what "
                 "there is)");
        return -EINVAL;
    }
    /* Paths end in log lines. */
    fr_v4l2_text(device.path, sizeof device.path, path, sizeof device.path);
    if (stat(path, &st) < 0)
        return explain(-errno, device.path, NULL, reason);
    if (!S_ISCHR(st.st_mode))
        return refuse_file(device.path, st.st_mode, reason);

    device.fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (device.fd < 0)
        return explain(-errno, device.path, &st, reason);
    int rc = fstat(device.fd, &st) < 0 ? -errno : 0;
    if (rc == 0 && !S_ISCHR(st.st_mode))
        rc = refuse_file(device.path, st.st_mode, reason);
    else if (rc == 0 && (rc = query(&device)) < 0) {
        if (rc == -ENOTTY || rc == -EINVAL) {
            snprintf(reason, FR_SOURCE_REASON_MAX,
                     "%s is a device, but not a video device (framering-capture --list shows those "
                     "that are)",
                     device.path);
            rc = -EINVAL;
        } else {
            rc = explain(rc, device.path, &st, reason);
        }
    } else if (rc < 0) {
        rc = explain(rc, device.path, NULL, reason);
    }
    if (rc < 0) {
        close(device.fd);
        return rc;
    }
    *ret_device = device;
    return 0;
}

void fr_v4l2_device_close(struct fr_v4l2_device *device)
{
    if (!device || !*device->path)
        return;
    close(device->fd);
    *device = (struct fr_v4l2_device){.fd = -1};
}

bool fr_v4l2_device_has_pictures(const struct fr_v4l2_device *device)
{
    const uint32_t m2m = V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE;
    const uint32_t capture = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE;
    return device->capabilities & capture && !(device->capabilities & m2m);
}

/* The node of the same camera that gives its pictures. */
static void explain_metadata(const struct fr_v4l2_device *device, char reason[FR_SOURCE_REASON_MAX])
{
    char sibling[32];
    if (fr_v4l2_nodes_find(device->bus, sibling, sizeof sibling) == 0)
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s is the metadata node of %s; its pictures come from %s", device->path,
                 device->card, sibling);
    else
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s is the metadata node of %s; its pictures come from another node "
                 "(framering-capture --list shows which)",
                 device->path, device->card);
}

int fr_v4l2_device_check_camera(const struct fr_v4l2_device *device,
                                char reason[FR_SOURCE_REASON_MAX])
{
    uint32_t caps = device->capabilities;
    if (fr_v4l2_device_has_pictures(device)) {
        if (caps & V4L2_CAP_STREAMING)
            return 0;
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "%s (%s) cannot stream, only be read(); framering needs streaming", device->path,
                 device->card);
    } else if (caps & V4L2_CAP_META_CAPTURE) {
        explain_metadata(device, reason);
    } else {
        const char *what = caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE) ? "a converter"
                           : caps & (V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE |
                                     V4L2_CAP_VIDEO_OUTPUT_OVERLAY)
                               ? "a video output"
                           : caps & (V4L2_CAP_VBI_CAPTURE | V4L2_CAP_SLICED_VBI_CAPTURE |
                                     V4L2_CAP_VBI_OUTPUT | V4L2_CAP_SLICED_VBI_OUTPUT)
                               ? "a node for teletext and the like"
                           : caps & (V4L2_CAP_RADIO | V4L2_CAP_SDR_CAPTURE | V4L2_CAP_SDR_OUTPUT)
                               ? "a radio"
                           : caps & V4L2_CAP_META_OUTPUT ? "a metadata output"
                           : caps & V4L2_CAP_TOUCH       ? "a touch sensor"
                                                         : "not a camera";
        snprintf(
            reason, FR_SOURCE_REASON_MAX,
            "%s (%s) is %s; expected a camera (framering-capture --list shows which there are)",
            device->path, device->card, what);
    }
    return -EINVAL;
}
