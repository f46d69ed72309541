/* The camera as a USB device: answers what the host asks of it (USB chapter 9 and the video class),
 * and hands transfers of the stream's endpoint to the stream. */
#pragma once

#include "tests/vm/usb_camera/controls.h"
#include "tests/vm/usb_camera/descriptors.h"
#include "tests/vm/usb_camera/negotiation.h"
#include "tests/vm/usb_camera/stream.h"

enum { HELD_MAX = 16, CONTROL_TRANSFER_MAX = 4096 };

struct device {
    int socket; /* -1: unplugged */
    int port;
    bool is_configured;
    uint8_t alternate; /* of the streaming interface */
    struct descriptors descriptors;
    struct controls controls;
    struct negotiation negotiation;
    struct scenario scenario;
    struct stream stream;
    /* While the camera hangs: requests that it has not answered yet. */
    struct held {
        struct usbip_request request;
        uint8_t data[64];
    } held[HELD_MAX];
    unsigned n_held;
    uint64_t stalled; /* requests that were refused, of any kind */
};

/* Unplugged. `log` as stream_init(). -ENOMEM. */
int device_init(struct device *device, bool is_isochronous, const char *serial, FILE *log);
void device_fini(struct device *device);

/* Plugs it in, as it comes from the factory but for the scenario. Errors of vhci_plug(), and
 * -EALREADY. Tells on stdout. */
int device_plug(struct device *device, int port);

/* Pulls the cable out. Takes one that is unplugged. */
void device_unplug(struct device *device);

/* Reads and handles what the host sent; call when the socket is readable. A host that has gone, or
 * says what no host should, unplugs it. */
void device_serve(struct device *device);

/* What is due now: frames, transfers that can be answered, requests held while it hung. */
void device_run(struct device *device);
