/* A frame of the ring as a JPEG. */
#include "common/media/jpeg_encode.h"

#include "common/media/frame_rows.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>
#include <linux/videodev2.h>

/* Two blocks of eight rows are the most that a row of MCUs has here. */
enum { STRIP_ROWS = 2 * DCTSIZE };

/* One component's part of a row of MCUs. */
struct strip {
    uint32_t row_bytes; /* whole blocks */
    uint32_t rows;
    uint8_t *memory;
};

struct encoder {
    struct jpeg_error_mgr errors; /* first: libjpeg hands it back */
    jmp_buf escape;
    int rc;
    struct jpeg_compress_struct cinfo;
    struct fr_frame_rows frame;
    struct strip strips[3];
    uint8_t *strip_memory;
    uint8_t *bytes;
    unsigned long length;
    bool is_limited;
    uint8_t stretch[2][256]; /* of luma and chroma, from limited to full range */
};

static void on_error(j_common_ptr cinfo)
{
    struct encoder *encoder = cinfo->client_data;
    encoder->rc = cinfo->err->msg_code == JERR_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
    longjmp(encoder->escape, 1);
}

static void on_message(j_common_ptr cinfo, int level)
{
    (void)cinfo, (void)level;
}

static uint8_t scale(int value, int span, int full_span, int offset)
{
    /* halves away from zero, so that grey stays grey on both sides */
    int scaled = (value * full_span * 2 + (value < 0 ? -span : span)) / (2 * span) + offset;
    return (uint8_t)(scaled < 0 ? 0 : scaled > 255 ? 255 : scaled);
}

static void make_stretch(struct encoder *encoder)
{
    for (int i = 0; i < 256; i++) {
        encoder->stretch[0][i] = scale(i - 16, 219, 255, 0);
        encoder->stretch[1][i] = scale(i - 128, 224, 255, 128);
    }
}

static void set_up(struct encoder *encoder, int quality)
{
    j_compress_ptr cinfo = &encoder->cinfo;
    const struct fr_frame_rows *frame = &encoder->frame;

    cinfo->image_width = frame->width_px;
    cinfo->image_height = frame->height_px;
    cinfo->input_components = frame->chroma_h_sub ? 3 : 1;
    cinfo->in_color_space = frame->chroma_h_sub ? JCS_YCbCr : JCS_GRAYSCALE;
    jpeg_set_defaults(cinfo);
    jpeg_set_quality(cinfo, quality, TRUE);
    cinfo->raw_data_in = TRUE;
    cinfo->dct_method = JDCT_ISLOW;
    cinfo->comp_info[0].h_samp_factor = frame->chroma_h_sub ? (int)frame->chroma_h_sub : 1;
    cinfo->comp_info[0].v_samp_factor = frame->chroma_v_sub ? (int)frame->chroma_v_sub : 1;
    for (int i = 1; i < cinfo->input_components; i++)
        cinfo->comp_info[i].h_samp_factor = cinfo->comp_info[i].v_samp_factor = 1;
}

static int make_strips(struct encoder *encoder)
{
    const j_compress_ptr cinfo = &encoder->cinfo;
    size_t bytes = 0;

    for (int c = 0; c < cinfo->num_components; c++) {
        struct strip *strip = &encoder->strips[c];
        strip->row_bytes = cinfo->comp_info[c].width_in_blocks * DCTSIZE;
        strip->rows = (uint32_t)cinfo->comp_info[c].v_samp_factor * DCTSIZE;
        bytes += (size_t)strip->row_bytes * strip->rows;
    }
    encoder->strip_memory = malloc(bytes);
    if (!encoder->strip_memory)
        return -ENOMEM;
    uint8_t *next = encoder->strip_memory;
    for (int c = 0; c < cinfo->num_components; c++) {
        encoder->strips[c].memory = next;
        next += (size_t)encoder->strips[c].row_bytes * encoder->strips[c].rows;
    }
    return 0;
}

/* Copies the rows from `first` on into the strip; what lies beyond the edges repeats them. */
static void fill_strip(const struct encoder *encoder, unsigned c, uint32_t first)
{
    const struct strip *strip = &encoder->strips[c];
    uint32_t width = fr_frame_rows_width_px(&encoder->frame, c);
    uint32_t height = fr_frame_rows_height_px(&encoder->frame, c);

    for (uint32_t r = 0; r < strip->rows; r++) {
        uint8_t *row = strip->memory + (size_t)r * strip->row_bytes;
        fr_frame_rows_copy(&encoder->frame, c, first + r < height ? first + r : height - 1, row);
        if (encoder->is_limited)
            for (uint32_t x = 0; x < width; x++)
                row[x] = encoder->stretch[c > 0][row[x]];
        memset(row + width, row[width - 1], strip->row_bytes - width);
    }
}

static void write_rows(struct encoder *encoder)
{
    j_compress_ptr cinfo = &encoder->cinfo;
    JSAMPROW rows[3][STRIP_ROWS];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
    uint32_t mcu_rows = encoder->strips[0].rows;

    for (unsigned c = 0; c < (unsigned)cinfo->num_components; c++)
        for (uint32_t r = 0; r < encoder->strips[c].rows; r++)
            rows[c][r] = encoder->strips[c].memory + (size_t)r * encoder->strips[c].row_bytes;
    for (uint32_t y = 0; y < cinfo->image_height; y += mcu_rows) {
        for (unsigned c = 0; c < (unsigned)cinfo->num_components; c++)
            fill_strip(encoder, c, y / mcu_rows * encoder->strips[c].rows);
        jpeg_write_raw_data(cinfo, planes, mcu_rows);
    }
}

static int encode(struct encoder *encoder, int quality)
{
    j_compress_ptr cinfo = &encoder->cinfo;

    cinfo->err = jpeg_std_error(&encoder->errors);
    encoder->errors.error_exit = on_error;
    encoder->errors.emit_message = on_message;
    cinfo->client_data = encoder;
    if (setjmp(encoder->escape)) {
        jpeg_destroy_compress(cinfo);
        return encoder->rc;
    }
    jpeg_create_compress(cinfo);
    jpeg_mem_dest(cinfo, &encoder->bytes, &encoder->length);
    set_up(encoder, quality);
    jpeg_start_compress(cinfo, TRUE);
    int rc = make_strips(encoder);
    if (rc == 0) {
        write_rows(encoder);
        jpeg_finish_compress(cinfo);
    }
    jpeg_destroy_compress(cinfo);
    return rc;
}

int fr_jpeg_encode(const struct fr_frame *frame, int quality, uint8_t **ret_bytes,
                   size_t *ret_length)
{
    if (quality < FR_JPEG_QUALITY_MIN || quality > FR_JPEG_QUALITY_MAX)
        return -EINVAL;
    struct encoder *encoder = calloc(1, sizeof *encoder);
    if (!encoder)
        return -ENOMEM;
    int rc = fr_frame_rows_init(frame, &encoder->frame);
    if (rc == 0) {
        encoder->is_limited = frame->format.colorimetry.range == V4L2_QUANTIZATION_LIM_RANGE;
        make_stretch(encoder);
        rc = encode(encoder, quality);
    }
    if (rc == 0) {
        *ret_bytes = encoder->bytes;
        *ret_length = encoder->length;
        encoder->bytes = NULL;
    }
    free(encoder->bytes);
    free(encoder->strip_memory);
    free(encoder);
    return rc;
}
