/* JPEGs of every kind: those that a camera sends, and those that it should not.
 *
 * The good ones are 4:2:2 with a restart marker after each row of blocks. So each row can be
 * decoded without the one before it, and rows of one picture can be put into another by copying
 * bytes: that is how a number comes into a picture without encoding it again. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    CODER_ROW_PX = 8,     /* a row of blocks */
    CODER_ROWS_MAX = 128, /* of a picture */
};

enum coder_kind { CODER_BASELINE, CODER_PROGRESSIVE, CODER_ARITHMETIC, CODER_CMYK };

struct coded {
    uint8_t *bytes; /* the owner's, by free() */
    size_t length_bytes;
    size_t head_bytes; /* up to the first row */
    size_t n_rows;     /* CODER_BASELINE: and where each begins and ends, without its marker */
    size_t begin[CODER_ROWS_MAX], end[CODER_ROWS_MAX];
};

/* Encodes a picture of 3 bytes a pixel (Y, Cb, Cr); for CODER_CMYK black is put beside them. Height
 * and width are multiples of 16. -ENOMEM; -EINVAL: more rows than CODER_ROWS_MAX. */
int coder_encode(const uint8_t *pixels, uint32_t width_px, uint32_t height_px, enum coder_kind kind,
                 struct coded *ret_coded);

/* Takes a zeroed one. */
void coder_free(struct coded *coded);

/* Writes `picture` with its first and its last rows taken from `edges`, which has as many rows as
 * are to be exchanged: half of them for each edge, the upper ones first. The length, or 0 when
 * there is not so much room. */
size_t coder_join(const struct coded *picture, const struct coded *edges, uint8_t *bytes,
                  size_t room);

/* Takes the Huffman tables out of a JPEG, in place, as many cameras do. The new length. */
size_t coder_strip_tables(uint8_t *bytes, size_t length);
