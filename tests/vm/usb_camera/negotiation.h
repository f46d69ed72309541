/* Video probe and commit: how host and camera agree on format, size and rate. Pure. */
#pragma once

#include "tests/vm/usb_camera/modes.h"

#include <stddef.h>

enum {
    NEGOTIATION_BYTES = 34, /* of UVC 1.1 */
    BULK_PAYLOAD_BYTES = 16384,
};

struct negotiation {
    struct mode probed, committed;
    int refuse_probe, refuse_commit; /* so many more are refused; -1: all */
};

/* As it is after plugging in: the first format, the first size. What is to be refused stays so. */
void negotiation_reset(struct negotiation *negotiation);

/* The largest payload of the committed mode: one transfer (bulk), one microframe (isochronous). */
uint32_t negotiation_payload_bytes(const struct mode *mode, int is_isochronous);

/* Answers a request to the streaming interface: the length of what stands in `data` (room for
 * NEGOTIATION_BYTES), 0 for UVC_SET_CUR; -1: refused (STALL). *ret_is_commit: the stream was
 * agreed upon and may begin. */
int negotiation_request(struct negotiation *negotiation, int is_isochronous, uint8_t request,
                        uint8_t selector, uint8_t *data, size_t length, int *ret_is_commit);
