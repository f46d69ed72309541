/* Plugging a device into the kernel's virtual USB hub (vhci_hcd). */
#pragma once

/* Plugs a high-speed device into `port` (-1: the first that is free). *ret_socket is our end of its
 * cable, to be closed by the caller, which pulls it out. The port that was taken, or:
 *   -ENOENT  no virtual hub: modprobe vhci_hcd
 *   -EBUSY   the port, or every one, is in use (or not free again yet)
 *   others   of socketpair() and of writing to sysfs
 * Does not block. */
int vhci_plug(int port, int *ret_socket);
