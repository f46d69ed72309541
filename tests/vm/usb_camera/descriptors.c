#include "tests/vm/usb_camera/descriptors.h"

#include "tests/vm/usb_camera/controls.h"
#include "tests/vm/usb_camera/modes.h"

#include <assert.h>
#include <linux/usb/ch9.h>
#include <linux/usb/video.h>
#include <string.h>

enum {
    BULK_PACKET_BYTES = 512,
    VENDOR = 0x1d6b,
    PRODUCT = 0x0102,
    STRING_VENDOR = 1,
    STRING_PRODUCT = 2,
    STRING_SERIAL = 3,
};

/* Once, twice, thrice 1024 bytes a microframe: bits 11 and 12 tell how often. */
const uint16_t alternate_packet_bytes[N_ALTERNATES] = {1024, 2048, 3072};
static const uint16_t alternate_code[N_ALTERNATES] = {0x0400, 0x0c00, 0x1400};

static void put8(struct descriptors *d, unsigned value)
{
    assert(d->length_bytes < sizeof d->bytes);
    d->bytes[d->length_bytes++] = (uint8_t)value;
}

static void put16(struct descriptors *d, unsigned value)
{
    put8(d, value & 0xff);
    put8(d, value >> 8 & 0xff);
}

static void put32(struct descriptors *d, uint32_t value)
{
    put16(d, value & 0xffff);
    put16(d, value >> 16);
}

/* Length and type, and for the video class the subtype. */
static void begin(struct descriptors *d, unsigned length, unsigned type)
{
    put8(d, length);
    put8(d, type);
}

static void begin_video(struct descriptors *d, unsigned length, unsigned subtype)
{
    begin(d, length, USB_DT_CS_INTERFACE);
    put8(d, subtype);
}

/* Writes the length of what was put since `from` over the two bytes at `at`. */
static void set_length(struct descriptors *d, size_t at, size_t from)
{
    size_t length = d->length_bytes - from;
    d->bytes[at] = (uint8_t)(length & 0xff);
    d->bytes[at + 1] = (uint8_t)(length >> 8);
}

static void put_interface(struct descriptors *d, unsigned number, unsigned alternate,
                          unsigned n_endpoints, unsigned subclass)
{
    begin(d, USB_DT_INTERFACE_SIZE, USB_DT_INTERFACE);
    put8(d, number);
    put8(d, alternate);
    put8(d, n_endpoints);
    put8(d, USB_CLASS_VIDEO);
    put8(d, subclass);
    put8(d, 0); /* protocol */
    put8(d, 0); /* name */
}

static void put_endpoint(struct descriptors *d, unsigned attributes, unsigned packet,
                         unsigned interval)
{
    begin(d, USB_DT_ENDPOINT_SIZE, USB_DT_ENDPOINT);
    put8(d, USB_DIR_IN | ENDPOINT_STREAM);
    put8(d, attributes);
    put16(d, packet);
    put8(d, interval);
}

static void put_control_interface(struct descriptors *d)
{
    put_interface(d, INTERFACE_CONTROL, 0, 0, UVC_SC_VIDEOCONTROL);
    size_t header = d->length_bytes;
    begin_video(d, UVC_DT_HEADER_SIZE(1), UVC_VC_HEADER);
    put16(d, 0x0110); /* UVC 1.1 */
    put16(d, 0);      /* length of all of it, below */
    put32(d, UVC_CLOCK_HZ);
    put8(d, 1); /* one streaming interface: */
    put8(d, INTERFACE_STREAM);

    begin_video(d, UVC_DT_CAMERA_TERMINAL_SIZE(3), UVC_VC_INPUT_TERMINAL);
    put8(d, ENTITY_CAMERA);
    put16(d, UVC_ITT_CAMERA);
    put8(d, 0);  /* associated terminal */
    put8(d, 0);  /* name */
    put16(d, 0); /* focal lengths: unknown */
    put16(d, 0);
    put16(d, 0);
    put8(d, 3);
    uint32_t bits = controls_bits(ENTITY_CAMERA);
    put16(d, bits & 0xffff);
    put8(d, bits >> 16);

    begin_video(d, UVC_DT_PROCESSING_UNIT_SIZE(3), UVC_VC_PROCESSING_UNIT);
    put8(d, ENTITY_PROCESSING);
    put8(d, ENTITY_CAMERA); /* its source */
    put16(d, 0);            /* digital multiplier */
    put8(d, 3);
    bits = controls_bits(ENTITY_PROCESSING);
    put16(d, bits & 0xffff);
    put8(d, bits >> 16);
    put8(d, 0); /* name */
    put8(d, 0); /* analog standards */

    begin_video(d, UVC_DT_OUTPUT_TERMINAL_SIZE, UVC_VC_OUTPUT_TERMINAL);
    put8(d, ENTITY_OUTPUT);
    put16(d, UVC_TT_STREAMING);
    put8(d, 0);                 /* associated terminal */
    put8(d, ENTITY_PROCESSING); /* its source */
    put8(d, 0);                 /* name */
    set_length(d, header + 5, header);
}

static void put_frame(struct descriptors *d, unsigned format, unsigned index)
{
    const struct mode_size *size = &mode_sizes[format - 1][index - 1];
    uint32_t bytes = (uint32_t)size->width_px * size->height_px * N_FRAME_BYTES_PER_PX;
    uint32_t slowest = size->interval_100ns[size->n_rates - 1];
    begin_video(d, UVC_DT_FRAME_MJPEG_SIZE((unsigned)size->n_rates),
                format == FORMAT_MJPEG ? UVC_VS_FRAME_MJPEG : UVC_VS_FRAME_UNCOMPRESSED);
    put8(d, index);
    put8(d, 0); /* no still pictures */
    put16(d, size->width_px);
    put16(d, size->height_px);
    put32(d, bytes * 8 * (INTERVALS_PER_S / slowest));
    put32(d, bytes * 8 * (INTERVALS_PER_S / size->interval_100ns[0]));
    put32(d, bytes);
    put32(d, size->interval_100ns[0]);
    put8(d, size->n_rates);
    for (unsigned i = 0; i < size->n_rates; i++)
        put32(d, size->interval_100ns[i]);
}

static void put_format(struct descriptors *d, unsigned format)
{
    static const uint8_t yuy2[16] = {'Y',  'U',  'Y',  '2',  0x00, 0x00, 0x10, 0x00,
                                     0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71};
    if (format == FORMAT_MJPEG) {
        begin_video(d, UVC_DT_FORMAT_MJPEG_SIZE, UVC_VS_FORMAT_MJPEG);
        put8(d, format);
        put8(d, N_SIZES);
        put8(d, 0); /* samples of any size */
    } else {
        begin_video(d, UVC_DT_FORMAT_UNCOMPRESSED_SIZE, UVC_VS_FORMAT_UNCOMPRESSED);
        put8(d, format);
        put8(d, N_SIZES);
        for (unsigned i = 0; i < sizeof yuy2; i++)
            put8(d, yuy2[i]);
        put8(d, 16); /* bits a pixel */
    }
    put8(d, 1);  /* default frame */
    put16(d, 0); /* aspect ratio */
    put8(d, 0);  /* progressive */
    put8(d, 0);  /* may be copied */
    for (unsigned i = 1; i <= N_SIZES; i++)
        put_frame(d, format, i);
    begin_video(d, UVC_DT_COLOR_MATCHING_SIZE, UVC_VS_COLORFORMAT);
    put8(d, 1); /* primaries of BT.709 and sRGB */
    put8(d, 1); /* transfer of BT.709 */
    put8(d, 4); /* matrix of BT.601 */
}

static void put_stream_interface(struct descriptors *d, bool is_isochronous)
{
    put_interface(d, INTERFACE_STREAM, 0, is_isochronous ? 0 : 1, UVC_SC_VIDEOSTREAMING);
    size_t header = d->length_bytes;
    begin_video(d, UVC_DT_INPUT_HEADER_SIZE(N_FORMATS, 1), UVC_VS_INPUT_HEADER);
    put8(d, N_FORMATS);
    put16(d, 0); /* length of all of it, below */
    put8(d, USB_DIR_IN | ENDPOINT_STREAM);
    put8(d, 0); /* the format does not change by itself */
    put8(d, ENTITY_OUTPUT);
    put8(d, 0); /* no still pictures, no trigger */
    put8(d, 0);
    put8(d, 0);
    put8(d, 1); /* a byte of controls for each format: none */
    for (unsigned i = 0; i < N_FORMATS; i++)
        put8(d, 0);
    put_format(d, FORMAT_MJPEG);
    put_format(d, FORMAT_YUYV);
    set_length(d, header + 4, header);
    if (!is_isochronous) {
        put_endpoint(d, USB_ENDPOINT_XFER_BULK, BULK_PACKET_BYTES, 0);
        return;
    }
    for (unsigned i = 0; i < N_ALTERNATES; i++) {
        put_interface(d, INTERFACE_STREAM, i + 1, 1, UVC_SC_VIDEOSTREAMING);
        put_endpoint(d, USB_ENDPOINT_XFER_ISOC | USB_ENDPOINT_SYNC_ASYNC, alternate_code[i], 1);
    }
}

void descriptors_build(struct descriptors *d, bool is_isochronous, const char *serial)
{
    *d = (struct descriptors){.serial = serial};
    begin(d, USB_DT_CONFIG_SIZE, USB_DT_CONFIG);
    put16(d, 0); /* length of everything, below */
    put8(d, 2);  /* interfaces */
    put8(d, 1);  /* number */
    put8(d, 0);  /* name */
    put8(d, USB_CONFIG_ATT_ONE);
    put8(d, 250); /* 500 mA */
    begin(d, 8, USB_DT_INTERFACE_ASSOCIATION);
    put8(d, INTERFACE_CONTROL);
    put8(d, 2);
    put8(d, USB_CLASS_VIDEO);
    put8(d, UVC_SC_VIDEO_INTERFACE_COLLECTION);
    put8(d, 0); /* protocol */
    put8(d, 0); /* name */
    put_control_interface(d);
    put_stream_interface(d, is_isochronous);
    set_length(d, 2, 0);
}

static size_t get_device(uint8_t answer[USB_DT_DEVICE_SIZE])
{
    static const uint8_t device[USB_DT_DEVICE_SIZE] = {
        USB_DT_DEVICE_SIZE,
        USB_DT_DEVICE,
        0x00,
        0x02, /* USB 2.0 */
        USB_CLASS_MISC,
        2,
        1,
        64, /* largest packet of endpoint 0 */
        VENDOR & 0xff,
        VENDOR >> 8,
        PRODUCT & 0xff,
        PRODUCT >> 8,
        0x00,
        0x01, /* release 1.00 */
        STRING_VENDOR,
        STRING_PRODUCT,
        STRING_SERIAL,
        1, /* configurations */
    };
    memcpy(answer, device, sizeof device);
    return sizeof device;
}

static int get_string(const struct descriptors *d, unsigned index, uint8_t answer[256])
{
    static const uint8_t languages[4] = {4, USB_DT_STRING, 0x09, 0x04}; /* English */
    const char *text = index == STRING_VENDOR    ? "framering"
                       : index == STRING_PRODUCT ? "Test Camera"
                       : index == STRING_SERIAL  ? d->serial
                                                 : NULL;
    if (index == 0) {
        memcpy(answer, languages, sizeof languages);
        return sizeof languages;
    }
    if (!text)
        return -1;
    unsigned n = 0;
    for (; text[n] && n < 126; n++) {
        answer[2 + 2 * n] = (uint8_t)text[n];
        answer[3 + 2 * n] = 0;
    }
    answer[0] = (uint8_t)(2 + 2 * n);
    answer[1] = USB_DT_STRING;
    return (int)(2 + 2 * n);
}

int descriptors_get(const struct descriptors *d, uint8_t type, uint8_t index, uint8_t *answer,
                    size_t room)
{
    uint8_t text[256];
    const uint8_t *from = text;
    int length = -1;
    if (type == USB_DT_DEVICE) {
        length = (int)get_device(text);
    } else if (type == USB_DT_CONFIG && index == 0) {
        from = d->bytes;
        length = (int)d->length_bytes;
    } else if (type == USB_DT_STRING) {
        length = get_string(d, index, text);
    }
    if (length < 0)
        return -1;
    if ((size_t)length > room)
        length = (int)room;
    memcpy(answer, from, (size_t)length);
    return length;
}
