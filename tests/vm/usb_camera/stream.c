#include "tests/vm/usb_camera/stream.h"

#include "common/daemon/clock.h"
#include "tests/vm/usb_camera/descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_INTERVAL 100

enum { SOF_MASK = 0x7ff };

int stream_init(struct stream *stream, struct scenario *scenario, bool is_isochronous, FILE *log)
{
    *stream = (struct stream){.is_isochronous = is_isochronous, .scenario = scenario, .log = log};
    stream->scratch = malloc(USBIP_TRANSFER_MAX);
    return stream->scratch ? 0 : -ENOMEM;
}

void stream_fini(struct stream *stream)
{
    for (int format = 0; format < N_FORMATS; format++)
        for (int size = 0; size < N_SIZES; size++)
            picture_free(stream->pictures[format][size]);
    free(stream->frame.bytes);
    free(stream->scratch);
    *stream = (struct stream){0};
}

static struct picture **find_picture(struct stream *stream)
{
    return &stream->pictures[stream->mode.format - 1][stream->mode.frame - 1];
}

void stream_start(struct stream *stream, const struct mode *mode, int64_t now_ns)
{
    stream_stop(stream);
    stream->mode = *mode;
    stream->is_on = true;
    stream->due_ns = now_ns;
    stream->n_bursting = 0;
    stream->counts.streams++;
}

/* Ends the frame under way. */
static void end_frame(struct stream *stream, bool is_delivered)
{
    const struct frame *frame = &stream->frame;
    stream->has_frame = false;
    if (is_delivered) {
        stream->counts.delivered[frame->verdict]++;
        stream->counts.by_fault[frame->fault]++;
    } else {
        stream->counts.cut_off++;
    }
    if (stream->log)
        fprintf(stream->log, "%llu %u %s %s\n", (unsigned long long)stream->counts.streams,
                frame->number, is_delivered ? verdict_names[frame->verdict] : "cut-off",
                fault_kinds[frame->fault].name);
}

void stream_stop(struct stream *stream)
{
    if (stream->has_frame)
        end_frame(stream, false);
    stream->is_on = stream->is_halted = false;
    stream->n_transfers = 0;
}

int stream_submit(struct stream *stream, const struct transfer *transfer)
{
    if (stream->n_transfers == TRANSFERS_MAX)
        return -ENOBUFS;
    stream->transfers[stream->n_transfers++] = *transfer;
    return 0;
}

static void remove_transfer(struct stream *stream, uint32_t index)
{
    stream->n_transfers--;
    memmove(&stream->transfers[index], &stream->transfers[index + 1],
            (stream->n_transfers - index) * sizeof stream->transfers[0]);
}

bool stream_take_back(struct stream *stream, uint32_t seqnum)
{
    for (uint32_t i = 0; i < stream->n_transfers; i++)
        if (stream->transfers[i].seqnum == seqnum) {
            remove_transfer(stream, i);
            return true;
        }
    return false;
}

bool stream_fail(struct stream *stream, int socket, int status)
{
    if (!stream->n_transfers)
        return false;
    usbip_answer(socket, stream->transfers[0].seqnum, status, NULL, 0);
    remove_transfer(stream, 0);
    return true;
}

/* ---------------------------------------------------------------- time */

static int64_t interval_ns(const struct stream *stream)
{
    const struct scenario *scenario = stream->scenario;
    if (scenario->rate_num)
        return FR_NS_PER_S * scenario->rate_den / scenario->rate_num;
    return (int64_t)stream->mode.interval_100ns * NS_PER_INTERVAL;
}

static uint32_t clock_now(int64_t now_ns)
{
    return (uint32_t)(now_ns / 1000 * (UVC_CLOCK_HZ / 1000000));
}

/* The first of a mode takes its time: its pictures are made. */
static void begin_frame(struct stream *stream, int64_t now_ns)
{
    struct picture **picture = find_picture(stream);
    if ((!*picture && picture_new(&stream->mode, picture) < 0) ||
        frame_reserve(&stream->frame, &stream->mode) < 0)
        abort(); /* out of memory */
    frame_make(&stream->frame, &stream->mode, *picture, stream->scenario, stream->is_isochronous,
               ++stream->number);
    payload_begin(&stream->cutter, &stream->frame, clock_now(now_ns));
    stream->has_frame = true;
}

void stream_tick(struct stream *stream, int64_t now_ns)
{
    if (!stream->is_on || now_ns < stream->due_ns)
        return;
    stream->due_ns += interval_ns(stream);
    if (stream->due_ns < now_ns) /* never catches up */
        stream->due_ns = now_ns + interval_ns(stream);
    if (stream->scenario->is_silent || stream->scenario->is_hung)
        return;
    if (stream->n_bursting + 1 < stream->scenario->burst) {
        stream->n_bursting++;
    } else if (stream->has_frame) {
        stream->counts.skipped++;
    } else {
        begin_frame(stream, now_ns);
    }
}

/* ---------------------------------------------------------------- data */

/* The next payload of the frame into `bytes`; 0: lost. Ends the frame, or goes on with the next
 * one of a burst. */
static size_t next_payload(struct stream *stream, uint8_t *bytes, size_t room)
{
    int64_t now_ns = fr_now_mono_ns();
    return payload_next(&stream->cutter, stream->scenario->clock, clock_now(now_ns),
                        (uint16_t)(now_ns / FR_NS_PER_MS & SOF_MASK), bytes, room);
}

static int answer_bulk(struct stream *stream, int socket, const struct transfer *transfer)
{
    size_t n = 0;
    if (transfer->length_bytes <= PAYLOAD_HEADER_BYTES)
        return -EPROTO;
    while (n == 0 && !stream->cutter.is_finished)
        n = next_payload(stream, stream->scratch, transfer->length_bytes);
    if (n == 0)
        return 0; /* the last one was lost: the transfer stays for the next frame */
    int rc = usbip_answer(socket, transfer->seqnum, 0, stream->scratch, (uint32_t)n);
    remove_transfer(stream, 0);
    return rc;
}

/* All packets of a transfer; those behind the frame's end are empty. */
static int answer_packets(struct stream *stream, int socket, const struct transfer *transfer)
{
    struct usbip_packet packets[USBIP_PACKETS_MAX] = {0};
    size_t at = 0;
    if (transfer->packet_bytes <= PAYLOAD_HEADER_BYTES ||
        (uint64_t)transfer->packet_bytes * transfer->n_packets > USBIP_TRANSFER_MAX)
        return -EPROTO;
    for (uint32_t i = 0; i < transfer->n_packets; i++) {
        packets[i].offset_bytes = i * transfer->packet_bytes;
        packets[i].length_bytes = transfer->packet_bytes;
        if (stream->cutter.is_finished)
            continue;
        size_t n = next_payload(stream, stream->scratch + at, transfer->packet_bytes);
        packets[i].status = n == 0 ? -EILSEQ : 0;
        packets[i].actual_bytes = (uint32_t)n;
        at += n;
    }
    int rc = usbip_answer_packets(socket, transfer->seqnum, stream->scratch, packets,
                                  transfer->n_packets);
    remove_transfer(stream, 0);
    return rc;
}

int stream_pump(struct stream *stream, int socket)
{
    while (stream->n_transfers && !stream->scenario->is_hung) {
        int rc = 0;
        if (stream->is_halted)
            stream_fail(stream, socket, -EPIPE);
        else if (!stream->has_frame)
            break;
        else if (stream->is_isochronous)
            rc = answer_packets(stream, socket, &stream->transfers[0]);
        else
            rc = answer_bulk(stream, socket, &stream->transfers[0]);
        if (rc < 0)
            return rc;
        if (stream->has_frame && stream->cutter.is_finished) {
            end_frame(stream, true);
            if (stream->n_bursting) {
                stream->n_bursting--;
                begin_frame(stream, fr_now_mono_ns());
            }
        }
    }
    return 0;
}
