/* The marker structure of a JPEG, read without decoding anything.
 *
 * Two questions are answered here, over plain memory and with no library: what a picture is (its
 * header, by fr_jpeg_probe()), and where in a stream of concatenated pictures the next one begins
 * and ends (fr_jpeg_split()). Both follow the markers' own lengths, so that a thumbnail inside an
 * APP segment, or FF D9 inside a comment, is never taken for the end of a picture.
 *
 * Every byte is suspect; nothing is read beyond `length`, and time is linear in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How chroma is subsampled against luma: by its ratio, whatever factors express it. */
enum fr_jpeg_sampling {
    FR_JPEG_OTHER = 0, /* any other: luma alone can be had, if it has its full size */
    FR_JPEG_GREY,      /* one component */
    FR_JPEG_444,
    FR_JPEG_422, /* half the width */
    FR_JPEG_420, /* half the width, half the height */
    FR_JPEG_440, /* half the height */
    FR_JPEG_411, /* a quarter of the width */
    FR_JPEG_410, /* a quarter of the width, half the height */
};

/* What a JPEG's header says. */
struct fr_jpeg_info {
    uint32_t width_px;
    uint32_t height_px;
    uint32_t components;
    uint32_t precision_bits;
    enum fr_jpeg_sampling sampling;
    bool is_luma_full; /* luma is not subsampled itself */
    bool is_progressive;
    bool is_arithmetic;
    bool is_lossless;
    bool is_hierarchical;
    bool is_rgb;             /* three components that are not Y, Cb, Cr */
    bool has_huffman_tables; /* false: the picture relies on the standard ones, as UVC cameras do */
    bool has_picture;        /* a scan begins within the given bytes */
    size_t start_bytes;      /* garbage before the picture: where its SOI stands */
    size_t scan_bytes;       /* has_picture: where its first scan's header (SOS) stands */
};

/* How much garbage may stand before a picture. */
#define FR_JPEG_GARBAGE_MAX 65536u

/* Reads the header: from the first SOI up to the first scan.
 * -EBADMSG: no JPEG, or its header is broken (no SOI within FR_JPEG_GARBAGE_MAX, no frame header
 * or more than one, a size of 0). Whether the picture can be decoded is another
 * question: fr_jpeg_supported(). Pure. */
int fr_jpeg_probe(const uint8_t *bytes, size_t length, struct fr_jpeg_info *ret_info);

/* 0, or -ENOTSUP with what stands against it in *ret_why ("progressive coding", "4 components
 * (CMYK)"): framering decodes baseline and 8-bit extended sequential Huffman coding, grey or YCbCr,
 * luma at full size, sides up to FR_SIDE_MAX. ret_why may be NULL; the text is static. Pure. */
int fr_jpeg_supported(const struct fr_jpeg_info *info, const char **ret_why);

/* The ring's format that holds the picture as it is: GREY, YU12 for 4:2:0, 422P for 4:2:2; and the
 * nearest for the others: 422P for 4:4:4 and 4:1:1, YU12 for 4:4:0 and 4:1:0, GREY (luma alone) for
 * FR_JPEG_OTHER. 0: none (see fr_jpeg_supported()). Pure. */
uint32_t fr_jpeg_native_fourcc(const struct fr_jpeg_info *info);

/* Where fr_jpeg_split() is in a stream. Zeroed: at its beginning. All positions are relative to the
 * first byte of the buffer given to fr_jpeg_split(). */
struct fr_jpeg_split {
    size_t position_bytes; /* everything before has been looked at */
    size_t start_bytes;    /* of the picture under way */
    uint32_t state;
};

/* Looks for the next whole picture in `bytes`, going on where the last call stopped.
 *
 * 1: it stands at *ret_start_bytes, *ret_length_bytes long. It may lack its EOI (the next picture
 *    begins, or the stream ends, in the middle of it): decoding it will tell.
 * 0: more bytes are needed; what lies before split->start_bytes may be thrown away, see
 *    fr_jpeg_split_discard(). With `is_end` this means that there is no further picture.
 * `bytes` must begin with the bytes of the last call, but for those discarded. Pure. */
int fr_jpeg_split(struct fr_jpeg_split *split, const uint8_t *bytes, size_t length, bool is_end,
                  size_t *ret_start_bytes, size_t *ret_length_bytes);

/* How many bytes at the beginning of the buffer are not needed any more; the caller takes them
 * away, and the state is moved accordingly. */
size_t fr_jpeg_split_discard(struct fr_jpeg_split *split);

/* Gives up the picture under way (it is longer than the caller allows): the search goes on right
 * behind its SOI. */
void fr_jpeg_split_give_up(struct fr_jpeg_split *split);
