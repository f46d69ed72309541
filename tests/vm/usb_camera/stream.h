/* The stream: frames at their time, cut into payloads, into the transfers that the host has
 * submitted. What was delivered is counted here, by what must become of it.
 *
 * A frame counts as delivered when its last payload is answered. While an older frame is still on
 * its way a new one is not begun (`skipped`): a camera whose host is slow loses frames before they
 * exist. The numbers in the pictures go on from stream to stream. */
#pragma once

#include "tests/vm/usb_camera/payload.h"
#include "tests/vm/usb_camera/usbip.h"

#include <stdio.h>

enum { TRANSFERS_MAX = 64 };

/* A transfer that the host has submitted and that is not answered yet. */
struct transfer {
    uint32_t seqnum;
    uint32_t length_bytes;
    uint32_t n_packets; /* 0: bulk */
    uint32_t packet_bytes;
};

struct stream_counts {
    uint64_t streams;      /* begun */
    uint64_t delivered[3]; /* by verdict */
    uint64_t by_fault[N_FAULTS];
    uint64_t cut_off; /* the host went away in the middle of it */
    uint64_t skipped;
};

struct stream {
    bool is_isochronous;
    struct scenario *scenario;
    FILE *log;        /* a line a frame: stream, number, verdict, fault; or NULL */
    uint8_t *scratch; /* for what one transfer carries: USBIP_TRANSFER_MAX */

    bool is_on;
    bool is_halted; /* the endpoint refuses until the host clears it */
    struct mode mode;
    struct picture *pictures[N_FORMATS][N_SIZES]; /* made when first wanted */
    struct transfer transfers[TRANSFERS_MAX];     /* the oldest first */
    uint32_t n_transfers;
    struct frame frame;
    struct payload_cutter cutter;
    bool has_frame; /* one is on its way */
    uint32_t number;
    uint32_t n_bursting; /* frames that are due but kept for a burst */
    int64_t due_ns;
    struct stream_counts counts;
};

/* -ENOMEM. `scenario` stays the caller's. */
int stream_init(struct stream *stream, struct scenario *scenario, bool is_isochronous, FILE *log);
void stream_fini(struct stream *stream);

/* Begins with the first frame due at once. */
void stream_start(struct stream *stream, const struct mode *mode, int64_t now_ns);

/* Ends; transfers that are still there were taken back, or are forgotten. Takes one that is off. */
void stream_stop(struct stream *stream);

/* The host submitted a transfer. -ENOBUFS: more than a driver ever does. */
int stream_submit(struct stream *stream, const struct transfer *transfer);

/* The host takes one back: whether it was still here. */
bool stream_take_back(struct stream *stream, uint32_t seqnum);

/* Begins frames that are due. stream->due_ns is when to call again. */
void stream_tick(struct stream *stream, int64_t now_ns);

/* Answers transfers as long as there is something to answer them with. Blocks only for the kernel
 * to read. Negative errno: the kernel has gone. */
int stream_pump(struct stream *stream, int socket);

/* The oldest transfer that waits fails with `status`. False: none waits. */
bool stream_fail(struct stream *stream, int socket, int status);
