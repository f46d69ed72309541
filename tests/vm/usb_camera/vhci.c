#include "tests/vm/usb_camera/vhci.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usb/ch9.h>
#include <linux/usbip.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FOLDER "/sys/devices/platform/vhci_hcd.0/"

enum { DEVICE_ID = 1 << 16 | 2 }; /* bus and number at the far end, had it one */

/* The first high-speed port that is free (`port` -1), or whether `port` is. Each line of the file:
 * hub, port, state, speed, device, socket, name. */
static int find_free_port(int port)
{
    char line[128], hub[8];
    int number, state, found = -EBUSY;
    FILE *file = fopen(FOLDER "status", "re");
    if (!file)
        return -errno;
    while (found < 0 && fgets(line, sizeof line, file))
        if (sscanf(line, "%7s %d %d", hub, &number, &state) == 3 && strcmp(hub, "hs") == 0 &&
            state == VDEV_ST_NULL && (port < 0 || number == port))
            found = number;
    fclose(file);
    return found;
}

int vhci_plug(int port, int *ret_socket)
{
    int ends[2] = {-1, -1}, rc = find_free_port(port);
    if (rc < 0)
        return rc;
    port = rc;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    int attach = open(FOLDER "attach", O_WRONLY | O_CLOEXEC);
    if (attach < 0)
        rc = -errno;
    if (attach >= 0 && dprintf(attach, "%d %d %d %d", port, ends[1], DEVICE_ID, USB_SPEED_HIGH) < 0)
        rc = errno == EINVAL ? -EBUSY : -errno; /* taken meanwhile */
    if (attach >= 0)
        close(attach);
    close(ends[1]); /* the kernel has its own hold of it */
    if (rc < 0) {
        close(ends[0]);
        return rc;
    }
    *ret_socket = ends[0];
    return port;
}
