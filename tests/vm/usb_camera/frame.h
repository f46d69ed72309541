/* One frame: its bytes, with the fault that it was to have. */
#pragma once

#include "tests/vm/usb_camera/picture.h"
#include "tests/vm/usb_camera/scenario.h"

struct frame {
    uint8_t *bytes; /* `room` of them, the owner's */
    size_t room, length;
    uint32_t number;
    enum fault fault;
    enum verdict verdict;
};

/* Room for what any fault makes of a frame of that mode. -ENOMEM. */
int frame_reserve(struct frame *frame, const struct mode *mode);

/* Makes the frame `number` with the scenario's next fault, or its next file. frame->bytes is
 * reserved. */
void frame_make(struct frame *frame, const struct mode *mode, const struct picture *picture,
                struct scenario *scenario, bool is_isochronous, uint32_t number);
