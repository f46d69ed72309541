#include "tests/vm/usb_camera/coder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

enum { QUALITY = 80, SOS = 0xda, DHT = 0xc4, EOI = 0xd9, RST0 = 0xd0 };

/* Length of the segment whose marker stands at `at`, marker included; 0: the data ends. */
static size_t segment_length(const uint8_t *bytes, size_t length, size_t at)
{
    if (length - at < 4)
        return 0;
    size_t n = 2 + (size_t)(bytes[at + 2] << 8 | bytes[at + 3]);
    return n <= length - at ? n : 0;
}

/* Finds the rows: what stands between the restart markers. */
static int find_rows(struct coded *coded)
{
    const uint8_t *bytes = coded->bytes;
    size_t at = 2;
    for (bool is_scan = false; !is_scan;) {
        size_t n = segment_length(bytes, coded->length_bytes, at);
        if (!n)
            return -EINVAL;
        is_scan = bytes[at + 1] == SOS;
        at += n;
    }
    coded->head_bytes = coded->begin[0] = at;
    for (; at + 1 < coded->length_bytes; at++) {
        if (bytes[at] != 0xff || bytes[at + 1] == 0)
            continue;
        coded->end[coded->n_rows++] = at;
        if (bytes[at + 1] == EOI)
            return 0;
        if (coded->n_rows == CODER_ROWS_MAX)
            return -EINVAL;
        coded->begin[coded->n_rows] = at + 2;
    }
    return -EINVAL;
}

static void set_kind(struct jpeg_compress_struct *cinfo, enum coder_kind kind)
{
    jpeg_set_quality(cinfo, QUALITY, TRUE);
    switch (kind) {
    case CODER_BASELINE:
        cinfo->comp_info[0].h_samp_factor = 2; /* 4:2:2 */
        cinfo->comp_info[0].v_samp_factor = 1;
        cinfo->restart_in_rows = 1;
        break;
    case CODER_PROGRESSIVE:
        jpeg_simple_progression(cinfo);
        break;
    case CODER_ARITHMETIC:
        cinfo->arith_code = TRUE;
        break;
    case CODER_CMYK:
        break;
    }
}

int coder_encode(const uint8_t *pixels, uint32_t width_px, uint32_t height_px, enum coder_kind kind,
                 struct coded *ret_coded)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long length = 0;
    uint32_t n = kind == CODER_CMYK ? 4 : 3;
    uint8_t *row = malloc((size_t)width_px * n);
    if (!row)
        return -ENOMEM;

    /* Its error handler ends the process: what is encoded here is our own. */
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &bytes, &length);
    cinfo.image_width = width_px;
    cinfo.image_height = height_px;
    cinfo.input_components = (int)n;
    cinfo.in_color_space = kind == CODER_CMYK ? JCS_CMYK : JCS_YCbCr;
    jpeg_set_defaults(&cinfo);
    set_kind(&cinfo, kind);
    jpeg_start_compress(&cinfo, TRUE);
    for (uint32_t y = 0; y < height_px; y++) {
        JSAMPROW rows[1] = {row};
        for (uint32_t x = 0; x < width_px; x++) {
            memcpy(row + (size_t)x * n, pixels + ((size_t)y * width_px + x) * 3, 3);
            if (n == 4)
                row[(size_t)x * n + 3] = 128;
        }
        jpeg_write_scanlines(&cinfo, rows, 1);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    free(row);

    struct coded coded = {.bytes = bytes, .length_bytes = length};
    int rc = kind == CODER_BASELINE ? find_rows(&coded) : 0;
    if (rc < 0)
        free(bytes);
    else
        *ret_coded = coded;
    return rc;
}

void coder_free(struct coded *coded)
{
    free(coded->bytes);
    *coded = (struct coded){0};
}

size_t coder_join(const struct coded *picture, const struct coded *edges, uint8_t *bytes,
                  size_t room)
{
    size_t length = picture->head_bytes, half = edges->n_rows / 2;
    if (room < picture->length_bytes + edges->length_bytes)
        return 0;
    memcpy(bytes, picture->bytes, length);
    for (size_t i = 0; i < picture->n_rows; i++) {
        const struct coded *from = picture;
        size_t row = i, n;
        if (i < half) {
            from = edges;
        } else if (i >= picture->n_rows - half) {
            from = edges;
            row = i - (picture->n_rows - edges->n_rows);
        }
        n = from->end[row] - from->begin[row];
        memcpy(bytes + length, from->bytes + from->begin[row], n);
        length += n;
        bytes[length++] = 0xff;
        bytes[length++] = (uint8_t)(i + 1 < picture->n_rows ? RST0 + i % 8 : EOI);
    }
    return length;
}

size_t coder_strip_tables(uint8_t *bytes, size_t length)
{
    for (size_t at = 2, n; (n = segment_length(bytes, length, at)) && bytes[at + 1] != SOS;) {
        if (bytes[at + 1] != DHT) {
            at += n;
            continue;
        }
        memmove(bytes + at, bytes + at + n, length - at - n);
        length -= n;
    }
    return length;
}
