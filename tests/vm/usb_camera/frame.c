#include "tests/vm/usb_camera/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    STALE_BYTES = 3000,
    JUNK_BYTES = 200,
    EXTRANEOUS_BYTES = 3,
    OVERRUN_BYTES = 8192,
    SLACK_BYTES = 65536, /* for all of these */
};

static const char html[] = "<!DOCTYPE html><html><head><title>503</title></head>"
                           "<body>Service unavailable</body></html>\r\n";

int frame_reserve(struct frame *frame, const struct mode *mode)
{
    size_t room = mode->max_frame_bytes + SLACK_BYTES;
    if (room <= frame->room)
        return 0;
    uint8_t *bytes = realloc(frame->bytes, room);
    if (!bytes)
        return -ENOMEM;
    frame->bytes = bytes;
    frame->room = room;
    return 0;
}

/* Noise, the same for the same number; never FF, which would be a marker. */
static void fill_noise(uint8_t *bytes, size_t length, uint32_t number)
{
    uint32_t state = number * 2654435761u | 1;
    for (size_t i = 0; i < length; i++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        bytes[i] = (uint8_t)((state >> 8) % 0xff);
    }
}

/* Puts `n` zeros before byte `at`. */
static void insert(struct frame *frame, size_t at, size_t n)
{
    memmove(frame->bytes + at + n, frame->bytes + at, frame->length - at);
    memset(frame->bytes + at, 0, n);
    frame->length += n;
}

/* The frame header (SOF0) of a JPEG; 0: none. */
static size_t find_sof(const struct frame *frame)
{
    for (size_t at = 2; at + 4 < frame->length && frame->bytes[at] == 0xff;
         at += 2 + (size_t)(frame->bytes[at + 2] << 8 | frame->bytes[at + 3]))
        if (frame->bytes[at + 1] == 0xc0)
            return at;
    return 0;
}

static void replace_by_kind(struct frame *frame, const struct picture *picture,
                            enum coder_kind kind, int is_odd_size)
{
    frame->length = picture_draw_kind(picture, kind, is_odd_size, frame->bytes, frame->room);
}

static void spoil(struct frame *frame, const struct mode *mode, const struct picture *picture)
{
    size_t sof = find_sof(frame), stale;
    switch (frame->fault) {
    case FAULT_TRUNCATED:
        frame->length = frame->length * 3 / 5;
        break;
    case FAULT_NO_TABLES:
        frame->length = coder_strip_tables(frame->bytes, frame->length);
        break;
    case FAULT_STALE_TAIL: /* what a longer frame left behind */
        stale = frame->length < STALE_BYTES ? frame->length : STALE_BYTES;
        memcpy(frame->bytes + frame->length, frame->bytes + frame->length - stale, stale);
        frame->length += stale;
        break;
    case FAULT_JUNK_HEAD:
        insert(frame, 0, JUNK_BYTES);
        fill_noise(frame->bytes, JUNK_BYTES, frame->number);
        break;
    case FAULT_EXTRANEOUS:
        insert(frame, frame->length - 2, EXTRANEOUS_BYTES);
        break;
    case FAULT_GARBAGE:
        fill_noise(frame->bytes, frame->length, frame->number);
        break;
    case FAULT_HTML:
        frame->length = sizeof html - 1;
        memcpy(frame->bytes, html, frame->length);
        break;
    case FAULT_TINY:
        memcpy(frame->bytes, "\xff\xd8\xff\xd9", 4);
        frame->length = 4;
        break;
    case FAULT_EMPTY:
        frame->length = 0;
        break;
    case FAULT_WRONG_SIZE:
        replace_by_kind(frame, picture, CODER_BASELINE, 1);
        break;
    case FAULT_PROGRESSIVE:
        replace_by_kind(frame, picture, CODER_PROGRESSIVE, 0);
        break;
    case FAULT_ARITHMETIC:
        replace_by_kind(frame, picture, CODER_ARITHMETIC, 0);
        break;
    case FAULT_CMYK:
        replace_by_kind(frame, picture, CODER_CMYK, 0);
        break;
    case FAULT_LOSSLESS:
        frame->bytes[sof + 1] = 0xc3;
        break;
    case FAULT_12_BIT:
        frame->bytes[sof + 1] = 0xc1; /* extended */
        frame->bytes[sof + 4] = 12;
        break;
    case FAULT_OVERRUN:
        memset(frame->bytes + frame->length, 0,
               mode->max_frame_bytes + OVERRUN_BYTES - frame->length);
        frame->length = mode->max_frame_bytes + OVERRUN_BYTES;
        break;
    default: /* happens on the way */
        break;
    }
}

void frame_make(struct frame *frame, const struct mode *mode, const struct picture *picture,
                struct scenario *scenario, bool is_isochronous, uint32_t number)
{
    bool is_jpeg = mode->format == FORMAT_MJPEG;
    struct served *served = scenario->served;
    frame->number = number;
    if (served && is_jpeg) {
        size_t i = served->next++ % served->n;
        frame->fault = FAULT_NONE;
        frame->verdict = served->verdict;
        frame->length = served->file[i].length < frame->room ? served->file[i].length : frame->room;
        memcpy(frame->bytes, served->file[i].bytes, frame->length);
        return;
    }
    frame->fault = scenario_take_fault(scenario, is_jpeg);
    frame->verdict = fault_verdict(frame->fault, is_jpeg, is_isochronous);
    frame->length = picture_draw(picture, number, frame->bytes, frame->room);
    spoil(frame, mode, picture);
}
