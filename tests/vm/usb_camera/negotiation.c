#include "tests/vm/usb_camera/negotiation.h"

#include "tests/vm/usb_camera/descriptors.h"

#include <linux/usb/video.h>
#include <stdbool.h>
#include <string.h>

enum {
    MICROFRAMES_PER_S = 8000,
    PAYLOAD_HEADER_ROOM = 64,
    JPEG_GAIN = 4, /* a picture as JPEG takes at most a quarter, usually much less */
    FRAMING_FID_AND_EOF = 3,
};

void negotiation_reset(struct negotiation *negotiation)
{
    negotiation->probed = negotiation->committed = mode_find(0, 0, 0);
}

uint32_t negotiation_payload_bytes(const struct mode *mode, int is_isochronous)
{
    if (!is_isochronous)
        return BULK_PAYLOAD_BYTES;
    uint64_t frame_bytes =
        mode->format == FORMAT_MJPEG ? mode->max_frame_bytes / JPEG_GAIN : mode->max_frame_bytes;
    uint64_t needed_bytes =
        frame_bytes * INTERVALS_PER_S / mode->interval_100ns / MICROFRAMES_PER_S;
    for (int i = 0; i < N_ALTERNATES; i++)
        if (alternate_packet_bytes[i] >= needed_bytes + PAYLOAD_HEADER_ROOM)
            return alternate_packet_bytes[i];
    return alternate_packet_bytes[N_ALTERNATES - 1];
}

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get32(const uint8_t *from)
{
    return from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static int put(const struct mode *mode, int is_isochronous, uint8_t *data)
{
    memset(data, 0, NEGOTIATION_BYTES);
    data[0] = 1; /* bmHint: the interval is what counts */
    data[2] = mode->format;
    data[3] = mode->frame;
    put32(data + 4, mode->interval_100ns);
    put32(data + 18, mode->max_frame_bytes);
    put32(data + 22, negotiation_payload_bytes(mode, is_isochronous));
    put32(data + 26, UVC_CLOCK_HZ);
    data[30] = FRAMING_FID_AND_EOF;
    data[31] = data[32] = data[33] = 1; /* payload version */
    return NEGOTIATION_BYTES;
}

static bool is_refused(int *count)
{
    bool is = *count != 0;
    *count -= *count > 0;
    return is;
}

int negotiation_request(struct negotiation *negotiation, int is_isochronous, uint8_t request,
                        uint8_t selector, uint8_t *data, size_t length, int *ret_is_commit)
{
    bool is_commit = selector == UVC_VS_COMMIT_CONTROL;
    const struct mode first = mode_find(0, 0, 0);
    *ret_is_commit = 0;
    if (!is_commit && selector != UVC_VS_PROBE_CONTROL)
        return -1;
    if (is_refused(is_commit ? &negotiation->refuse_commit : &negotiation->refuse_probe))
        return -1;
    switch (request) {
    case UVC_SET_CUR:
        if (length < 8) /* as far as the interval */
            return -1;
        struct mode wished = mode_find(data[2], data[3], get32(data + 4));
        *(is_commit ? &negotiation->committed : &negotiation->probed) = wished;
        *ret_is_commit = is_commit;
        return 0;
    case UVC_GET_CUR:
        return put(is_commit ? &negotiation->committed : &negotiation->probed, is_isochronous,
                   data);
    case UVC_GET_MIN:
    case UVC_GET_MAX:
        return put(&negotiation->probed, is_isochronous, data);
    case UVC_GET_DEF:
        return put(&first, is_isochronous, data);
    case UVC_GET_LEN:
        data[0] = NEGOTIATION_BYTES;
        data[1] = 0;
        return 2;
    case UVC_GET_INFO:
        data[0] = UVC_CONTROL_CAP_GET | UVC_CONTROL_CAP_SET;
        return 1;
    default:
        return -1;
    }
}
