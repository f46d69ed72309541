/* Payloads: what one transfer (bulk) or one microframe (isochronous) carries of a frame, behind
 * the header that UVC wants before it. Pure. */
#pragma once

#include "tests/vm/usb_camera/frame.h"

enum { PAYLOAD_HEADER_BYTES = 12 };

/* Where the stream is in its frame. */
struct payload_cutter {
    const struct frame *frame;
    size_t at;       /* bytes of the frame that are done */
    uint32_t n_done; /* payloads of it that are done */
    bool is_finished;
    bool fid;     /* the bit that tells a frame from the one before */
    uint32_t pts; /* of the frame, in the camera's clock */
};

/* Begins a frame; the cutter keeps the pointer. */
void payload_begin(struct payload_cutter *cutter, const struct frame *frame, uint32_t pts);

/* Writes the next payload, of at most `room` bytes (more than the header's), and returns its
 * length. 0: it is one that gets lost on the way. `stc` and `sof` are the camera's clock and the
 * bus's, now. Not to be called when the frame is finished. */
size_t payload_next(struct payload_cutter *cutter, enum clock_lie clock, uint32_t stc, uint16_t sof,
                    uint8_t *bytes, size_t room);
