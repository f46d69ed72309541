#include "tests/vm/usb_camera/device.h"

#include "common/daemon/clock.h"
#include "tests/vm/usb_camera/vhci.h"

#include <errno.h>
#include <linux/usb/ch9.h>
#include <linux/usb/video.h>
#include <string.h>
#include <unistd.h>

/* The fields of a setup packet. */
struct setup {
    uint8_t type, request;
    uint16_t value, index, length;
};

int device_init(struct device *device, bool is_isochronous, const char *serial, FILE *log)
{
    *device = (struct device){.socket = -1, .port = -1};
    descriptors_build(&device->descriptors, is_isochronous, serial);
    controls_reset(&device->controls);
    negotiation_reset(&device->negotiation);
    return stream_init(&device->stream, &device->scenario, is_isochronous, log);
}

void device_fini(struct device *device)
{
    device_unplug(device);
    served_free(device->scenario.served);
    stream_fini(&device->stream);
}

int device_plug(struct device *device, int port)
{
    if (device->socket >= 0)
        return -EALREADY;
    int rc = vhci_plug(port, &device->socket);
    if (rc < 0)
        return rc;
    device->port = rc;
    device->n_held = 0;
    device->alternate = 0;
    negotiation_reset(&device->negotiation);
    printf("plugged into port %d\n", device->port);
    return 0;
}

static void stop_stream(struct device *device)
{
    if (device->stream.is_on)
        puts("stopped");
    stream_stop(&device->stream);
}

void device_unplug(struct device *device)
{
    if (device->socket < 0)
        return;
    close(device->socket);
    device->socket = -1;
    device->is_configured = false;
    stop_stream(device);
    controls_reset(&device->controls); /* without power it remembers nothing */
    puts("unplugged");
}

/* ---------------------------------------------------------------- requests */

static void start_stream(struct device *device)
{
    const struct mode *mode = &device->negotiation.committed;
    stream_start(&device->stream, mode, fr_now_mono_ns());
    printf("streaming %s %ux%u at %.4g frames/s\n", mode_format_name(mode), mode->width_px,
           mode->height_px, (double)INTERVALS_PER_S / mode->interval_100ns);
}

static int set_interface(struct device *device, const struct setup *setup)
{
    bool is_stream = setup->index == INTERFACE_STREAM;
    unsigned most = is_stream && device->stream.is_isochronous ? N_ALTERNATES : 0;
    if (setup->index > INTERFACE_STREAM || setup->value > most)
        return -1;
    if (!is_stream)
        return 0;
    device->alternate = (uint8_t)setup->value;
    if (setup->value)
        start_stream(device);
    else
        stop_stream(device);
    return 0;
}

/* Clearing a halt is also how the host of a bulk camera tells that the stream is over. */
static int clear_feature(struct device *device, const struct setup *setup)
{
    if (setup->type == (USB_DIR_OUT | USB_RECIP_ENDPOINT) && setup->value == USB_ENDPOINT_HALT &&
        setup->index == (USB_DIR_IN | ENDPOINT_STREAM))
        stop_stream(device);
    return 0;
}

/* USB chapter 9. The length of the answer, or -1: refused. */
static int standard_request(struct device *device, const struct setup *setup, uint8_t *answer,
                            size_t room)
{
    switch (setup->request) {
    case USB_REQ_GET_DESCRIPTOR:
        return descriptors_get(&device->descriptors, (uint8_t)(setup->value >> 8),
                               (uint8_t)(setup->value & 0xff), answer, room);
    case USB_REQ_SET_CONFIGURATION:
        device->is_configured = setup->value == 1;
        if (device->is_configured)
            puts("configured");
        return setup->value > 1 ? -1 : 0;
    case USB_REQ_GET_CONFIGURATION:
        answer[0] = device->is_configured;
        return 1;
    case USB_REQ_SET_INTERFACE:
        return set_interface(device, setup);
    case USB_REQ_GET_INTERFACE:
        answer[0] = setup->index == INTERFACE_STREAM ? device->alternate : 0;
        return 1;
    case USB_REQ_GET_STATUS:
        answer[0] = answer[1] = 0;
        return 2;
    case USB_REQ_CLEAR_FEATURE:
        return clear_feature(device, setup);
    case USB_REQ_SET_FEATURE:
        return 0;
    default:
        return -1;
    }
}

static int class_request(struct device *device, const struct setup *setup, uint8_t *data,
                         size_t length)
{
    uint8_t interface = (uint8_t)(setup->index & 0xff), entity = (uint8_t)(setup->index >> 8);
    uint8_t selector = (uint8_t)(setup->value >> 8);
    if ((setup->type & USB_RECIP_MASK) != USB_RECIP_INTERFACE)
        return -1;
    if (interface == INTERFACE_CONTROL)
        return controls_request(&device->controls, setup->request, entity, selector, data, length);
    int is_commit = 0;
    int n = negotiation_request(&device->negotiation, device->stream.is_isochronous, setup->request,
                                selector, data, length, &is_commit);
    /* Isochronous streams begin when an alternate setting is chosen. */
    if (n == 0 && is_commit && !device->stream.is_isochronous)
        start_stream(device);
    return n;
}

static void answer_request(struct device *device, const struct usbip_request *request,
                           const uint8_t *data)
{
    const uint8_t *s = request->setup;
    const struct setup setup = {s[0], s[1], (uint16_t)(s[2] | s[3] << 8),
                                (uint16_t)(s[4] | s[5] << 8), (uint16_t)(s[6] | s[7] << 8)};
    uint8_t answer[CONTROL_TRANSFER_MAX] = {0};
    size_t room = request->length_bytes < setup.length ? request->length_bytes : setup.length;
    size_t given = request->is_in ? 0 : room;
    int n = -1;
    if (room <= sizeof answer) {
        memcpy(answer, data, given < sizeof device->held[0].data ? given : 0);
        if ((setup.type & USB_TYPE_MASK) == USB_TYPE_STANDARD)
            n = standard_request(device, &setup, answer, room);
        else if ((setup.type & USB_TYPE_MASK) == USB_TYPE_CLASS)
            n = class_request(device, &setup, answer, given);
    }
    if (n < 0) {
        device->stalled++;
        usbip_answer(device->socket, request->seqnum, -EPIPE, NULL, 0);
    } else if (request->is_in) {
        uint32_t actual = (size_t)n < room ? (uint32_t)n : (uint32_t)room;
        usbip_answer(device->socket, request->seqnum, 0, answer, actual);
    } else {
        usbip_answer(device->socket, request->seqnum, 0, NULL, (uint32_t)given);
    }
}

/* ---------------------------------------------------------------- transfers */

/* A transfer to the stream's endpoint, with its packets. */
static int take_transfer(struct device *device, const struct usbip_request *request)
{
    struct transfer transfer = {.seqnum = request->seqnum,
                                .length_bytes = request->length_bytes,
                                .n_packets = request->n_packets};
    for (uint32_t i = 0; i < request->n_packets; i++) {
        uint8_t bytes[USBIP_PACKET_BYTES];
        struct usbip_packet packet;
        int rc = usbip_read(device->socket, bytes, sizeof bytes);
        if (rc < 0)
            return rc;
        usbip_parse_packet(bytes, &packet);
        if (i == 0)
            transfer.packet_bytes = packet.length_bytes;
        if (packet.length_bytes != transfer.packet_bytes ||
            packet.offset_bytes != i * transfer.packet_bytes)
            return -EPROTO; /* all drivers have packets of one size, side by side */
    }
    if (device->stream.is_isochronous != (request->n_packets > 0))
        return -EPROTO;
    return stream_submit(&device->stream, &transfer);
}

static int take_request(struct device *device, const struct usbip_request *request)
{
    struct held held = {.request = *request};
    if (!request->is_in && request->length_bytes > sizeof held.data)
        return -EPROTO;
    if (!request->is_in) {
        int rc = usbip_read(device->socket, held.data, request->length_bytes);
        if (rc < 0)
            return rc;
    }
    if (!device->scenario.is_hung) {
        answer_request(device, request, held.data);
        return 0;
    }
    if (device->n_held == HELD_MAX)
        return -ENOBUFS;
    device->held[device->n_held++] = held;
    puts("holds a request");
    return 0;
}

static int take_back(struct device *device, const struct usbip_request *request)
{
    bool was_here = stream_take_back(&device->stream, request->unlink_seqnum);
    for (unsigned i = 0; i < device->n_held && !was_here; i++)
        if (device->held[i].request.seqnum == request->unlink_seqnum) {
            memmove(&device->held[i], &device->held[i + 1],
                    (--device->n_held - i) * sizeof device->held[0]);
            was_here = true;
        }
    return usbip_answer_unlink(device->socket, request->seqnum, was_here ? -ECONNRESET : 0);
}

void device_serve(struct device *device)
{
    uint8_t header[USBIP_HEADER_BYTES];
    struct usbip_request request;
    int rc = usbip_read(device->socket, header, sizeof header);
    if (rc == 0)
        rc = usbip_parse(header, &request);
    if (rc == 0 && request.command == USBIP_UNLINK)
        rc = take_back(device, &request);
    else if (rc == 0 && request.endpoint == 0)
        rc = take_request(device, &request);
    else if (rc == 0 && request.endpoint == ENDPOINT_STREAM && request.is_in)
        rc = take_transfer(device, &request);
    else if (rc == 0)
        rc = -EPROTO;
    if (rc < 0) {
        if (rc != -EPIPE)
            printf("the host said what cannot be: %s\n", strerror(-rc));
        device_unplug(device);
    }
}

void device_run(struct device *device)
{
    if (device->socket < 0)
        return;
    for (unsigned i = 0; i < device->n_held && !device->scenario.is_hung; i++)
        answer_request(device, &device->held[i].request, device->held[i].data);
    if (!device->scenario.is_hung)
        device->n_held = 0;
    stream_tick(&device->stream, fr_now_mono_ns());
    if (stream_pump(&device->stream, device->socket) < 0)
        device_unplug(device);
}
