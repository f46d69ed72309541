#include "tests/vm/usb_camera/payload.h"

#include <linux/usb/video.h>
#include <string.h>

void payload_begin(struct payload_cutter *cutter, const struct frame *frame, uint32_t pts)
{
    /* With its bit stuck a frame looks like a part of the one before it. */
    bool fid = frame->fault == FAULT_STUCK_FID ? cutter->fid : !cutter->fid;
    *cutter = (struct payload_cutter){.frame = frame, .fid = fid, .pts = pts};
}

static void put32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* The times of a payload as the scenario has them; the bits that say which there are. */
static uint8_t put_times(const struct payload_cutter *cutter, enum clock_lie clock, uint32_t stc,
                         uint16_t sof, uint8_t *bytes)
{
    uint32_t pts = cutter->pts;
    switch (clock) {
    case CLOCK_NONE:
        memset(bytes + 2, 0, PAYLOAD_HEADER_BYTES - 2);
        return 0;
    case CLOCK_ZERO:
        pts = stc = sof = 0;
        break;
    case CLOCK_BACKWARDS:
        pts = 0u - pts;
        stc = 0u - stc;
        sof = (uint16_t)(0x7ff - sof);
        break;
    case CLOCK_RANDOM:
        pts *= 2654435761u;
        stc = pts ^ stc * 40503u;
        sof = (uint16_t)(stc >> 21);
        break;
    default:
        break;
    }
    put32(bytes + 2, pts);
    put32(bytes + 6, stc);
    bytes[10] = (uint8_t)(sof & 0xff);
    bytes[11] = (uint8_t)(sof >> 8 & 0x07);
    return UVC_STREAM_PTS | UVC_STREAM_SCR;
}

size_t payload_next(struct payload_cutter *cutter, enum clock_lie clock, uint32_t stc, uint16_t sof,
                    uint8_t *bytes, size_t room)
{
    const struct frame *frame = cutter->frame;
    size_t left = frame->length - cutter->at, n = room - PAYLOAD_HEADER_BYTES;
    bool is_middle = frame->length / 2 >= cutter->at && frame->length / 2 - cutter->at < n;
    if (n > left)
        n = left;
    uint8_t bits = UVC_STREAM_EOH | (cutter->fid ? UVC_STREAM_FID : 0);
    cutter->is_finished = n == left;
    if (cutter->is_finished && frame->fault != FAULT_NO_EOF)
        bits |= UVC_STREAM_EOF;
    if (frame->fault == FAULT_ERROR_BIT && is_middle)
        bits |= UVC_STREAM_ERR;
    bits |= put_times(cutter, clock, stc, sof, bytes);
    bytes[0] = PAYLOAD_HEADER_BYTES;
    bytes[1] = bits;
    memcpy(bytes + PAYLOAD_HEADER_BYTES, frame->bytes + cutter->at, n);
    cutter->at += n;
    cutter->n_done++;
    if (frame->fault == FAULT_LOST_PAYLOAD && is_middle)
        return 0;
    return PAYLOAD_HEADER_BYTES + n;
}
