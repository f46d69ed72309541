/* YUV4MPEG2 ("Y4M"): raw video with a line of text in front, and one before every frame.
 *
 *   YUV4MPEG2 W640 H480 F25:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL\n
 *   FRAME\n  Y plane, U plane, V plane, without gaps; chroma sides rounded up
 *
 * A strict parser and a writer of both lines; the planes themselves are the caller's. Pure: memory
 * in, numbers out. Read: Cmono, C420 (jpeg, mpeg2, paldv or bare), C422. C444, alpha and more than
 * 8 bits are refused by name. Unknown X parameters are passed over, as the format asks.
 */
#pragma once

#include "framering/framering.h"

/* Longest line accepted, the newline included. */
#define FR_Y4M_LINE_MAX 1024u

enum fr_y4m_chroma {
    FR_Y4M_MONO = 0,
    FR_Y4M_420JPEG,  /* chroma sample in the middle of four pixels; "C420" and no C mean it too */
    FR_Y4M_420MPEG2, /* chroma sample beside the left pixels */
    FR_Y4M_420PALDV, /* U and V sited apart */
    FR_Y4M_422,
};

struct fr_y4m_header {
    uint32_t width_px;
    uint32_t height_px;
    uint32_t rate_num; /* 0/0: not told */
    uint32_t rate_den;
    uint32_t field; /* enum v4l2_field: 0 not told, 1 progressive, … */
    uint8_t range;  /* enum v4l2_quantization: 0 not told, 1 full, 2 limited */
    enum fr_y4m_chroma chroma;
};

/* Reads the stream's header line.
 * *ret_used: its length with the newline. -EAGAIN: the line is not complete yet, give more bytes;
 * -EBADMSG: not Y4M, or broken; -ENOTSUP: Y4M of a kind that is not read. With -EBADMSG and
 * -ENOTSUP `reason` (reason_size bytes, may be NULL) gets a line on what is wrong. */
int fr_y4m_parse_header(const uint8_t *bytes, size_t length, struct fr_y4m_header *ret_header,
                        size_t *ret_used, char *reason, size_t reason_size);

/* Reads a FRAME line; its parameters are passed over. -EAGAIN: not complete yet; -EBADMSG: no
 * FRAME line. */
int fr_y4m_parse_frame(const uint8_t *bytes, size_t length, size_t *ret_used);

/* Writes the header line into buf, with a zero; returns its length without the zero. -ENOSPC:
 * FR_Y4M_LINE_MAX bytes are always enough. */
int fr_y4m_write_header(const struct fr_y4m_header *header, char *buf, size_t size);

/* The FRAME line of a writer. */
#define FR_Y4M_FRAME "FRAME\n"

/* Columns and rows of a chroma plane; 0 for mono. */
uint32_t fr_y4m_chroma_width_px(const struct fr_y4m_header *header);
uint32_t fr_y4m_chroma_height_px(const struct fr_y4m_header *header);

/* Bytes of one frame's planes. */
size_t fr_y4m_frame_bytes(const struct fr_y4m_header *header);

/* The ring's format that holds such a stream as it is: GREY, YU12 or 422P. */
uint32_t fr_y4m_native_fourcc(const struct fr_y4m_header *header);
