/* JPEG straight into the planes of a frame: libjpeg-turbo's raw output, and what surrounds it.
 *
 * A fresh libjpeg object serves each picture, for libjpeg keeps quantisation and Huffman tables
 * from one to the next, and a picture must not depend on the one before it; making it costs a few
 * microseconds.
 */
#include "common/media/jpeg_decode.h"

#include "common/media/jpeg_strip.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>
#include <linux/videodev2.h>

const struct fr_colorimetry fr_jpeg_colorimetry = {
    .primaries = V4L2_COLORSPACE_SRGB,
    .transfer = V4L2_XFER_FUNC_SRGB,
    .matrix = V4L2_YCBCR_ENC_601,
    .range = V4L2_QUANTIZATION_FULL_RANGE,
};

struct fr_jpeg_decoder {
    /* libjpeg hands these two back to us: they begin with its own structs. */
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    struct jpeg_decompress_struct cinfo;
    uint32_t warnings;
    bool is_incomplete;
    bool is_out_of_memory;
    char reason[160];
    struct fr_jpeg_strip strip;
};

int fr_jpeg_decoder_new(struct fr_jpeg_decoder **ret_decoder)
{
    struct fr_jpeg_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return -ENOMEM;
    *ret_decoder = decoder;
    return 0;
}

void fr_jpeg_decoder_free(struct fr_jpeg_decoder *decoder)
{
    if (!decoder)
        return;
    fr_jpeg_strip_fini(&decoder->strip);
    free(decoder);
}

uint32_t fr_jpeg_decoder_warnings(const struct fr_jpeg_decoder *decoder)
{
    return decoder->warnings;
}

const char *fr_jpeg_decoder_reason(const struct fr_jpeg_decoder *decoder)
{
    return decoder->reason;
}

/* ---------------------------------------------------------------- libjpeg's callbacks */

static void keep_message(struct fr_jpeg_decoder *decoder, j_common_ptr cinfo)
{
    char text[JMSG_LENGTH_MAX];
    cinfo->err->format_message(cinfo, text);
    snprintf(decoder->reason, sizeof decoder->reason, "%.*s", (int)sizeof decoder->reason - 1,
             text);
}

static void on_error(j_common_ptr cinfo)
{
    struct fr_jpeg_decoder *decoder = cinfo->client_data;
    decoder->is_out_of_memory = cinfo->err->msg_code == JERR_OUT_OF_MEMORY;
    keep_message(decoder, cinfo);
    longjmp(decoder->escape, 1);
}

static void on_message(j_common_ptr cinfo, int level)
{
    struct fr_jpeg_decoder *decoder = cinfo->client_data;
    if (level >= 0) /* a trace, not a warning */
        return;
    /* libjpeg says so when it needs entropy-coded bits and there are none: at the end of the data,
     * or before a marker that comes too early. */
    if (cinfo->err->msg_code == JWRN_HIT_MARKER)
        decoder->is_incomplete = true;
    if (decoder->warnings++ == 0)
        keep_message(decoder, cinfo);
}

static void on_print(j_common_ptr cinfo)
{
    (void)cinfo;
}

/* Sequential coding sends each component once. More scans are an attempt to cost time. */
static void on_progress(j_common_ptr common)
{
    j_decompress_ptr cinfo = (j_decompress_ptr)common;
    if (cinfo->input_scan_number > cinfo->num_components) {
        struct fr_jpeg_decoder *decoder = common->client_data;
        snprintf(decoder->reason, sizeof decoder->reason, "more scans than components");
        longjmp(decoder->escape, 1);
    }
}

/* ---------------------------------------------------------------- reading */

/* Everything of a picture: its bytes, where it goes, and what libjpeg has to be set up with. */
struct job {
    const uint8_t *bytes;
    size_t length;
    const struct fr_geometry *geometry;
    uint8_t *slot;
    bool is_luma_only;
};

static void read_rows(j_decompress_ptr cinfo, const struct fr_jpeg_strip *strip)
{
    JSAMPROW rows[3][FR_JPEG_STRIP_ROWS_MAX];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
    JDIMENSION mcu_rows = (JDIMENSION)(cinfo->max_v_samp_factor * DCTSIZE);

    while (cinfo->output_scanline < cinfo->output_height) {
        JDIMENSION y = cinfo->output_scanline;
        fr_jpeg_strip_rows(strip, y, rows);
        /* The source never suspends, so that a row of MCUs always comes. */
        if (jpeg_read_raw_data(cinfo, planes, mcu_rows) == 0)
            break;
        fr_jpeg_strip_finish(strip, y);
    }
}

static int decode(struct fr_jpeg_decoder *decoder, const struct job *job)
{
    j_decompress_ptr cinfo = &decoder->cinfo;

    /* jpeg_create_decompress() clears the struct, but for err and client_data. */
    cinfo->err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = on_error;
    decoder->errors.emit_message = on_message;
    decoder->errors.output_message = on_print;
    cinfo->client_data = decoder;
    cinfo->mem = NULL;
    if (setjmp(decoder->escape)) {
        jpeg_destroy_decompress(cinfo);
        return decoder->is_out_of_memory ? -ENOMEM : -EBADMSG;
    }
    jpeg_create_decompress(cinfo);
    decoder->progress.progress_monitor = on_progress;
    cinfo->progress = &decoder->progress;
    jpeg_mem_src(cinfo, job->bytes, (unsigned long)job->length);
    jpeg_read_header(cinfo, TRUE);

    /* The probe has seen all this; but libjpeg is who decodes, and its word is the last. */
    const struct fr_format *format = &job->geometry->format;
    int rc = 0;
    if (cinfo->image_width != format->width_px || cinfo->image_height != format->height_px)
        rc = -ERANGE;
    else if (cinfo->progressive_mode || cinfo->arith_code || cinfo->data_precision != 8 ||
             (cinfo->jpeg_color_space != JCS_GRAYSCALE && cinfo->jpeg_color_space != JCS_YCbCr))
        rc = -ENOTSUP;
    if (rc < 0) {
        snprintf(decoder->reason, sizeof decoder->reason, "libjpeg reads another header");
        jpeg_destroy_decompress(cinfo);
        return rc;
    }

    cinfo->raw_data_out = TRUE;
    cinfo->out_color_space = cinfo->jpeg_color_space;
    cinfo->dct_method = JDCT_ISLOW;
    cinfo->do_fancy_upsampling = FALSE;
    if (job->is_luma_only)
        for (int i = 1; i < cinfo->num_components; i++)
            cinfo->comp_info[i].component_needed = FALSE;
    jpeg_start_decompress(cinfo);

    rc = fr_jpeg_strip_init(&decoder->strip, cinfo, job->geometry, job->slot, job->is_luma_only);
    if (rc == 0)
        read_rows(cinfo, &decoder->strip);
    else
        snprintf(decoder->reason, sizeof decoder->reason, "no memory for a strip of the picture");
    /* Not jpeg_finish_decompress(): what stands behind the picture is of no interest. */
    jpeg_destroy_decompress(cinfo);
    if (rc == 0 && decoder->is_incomplete)
        rc = -ENODATA;
    return rc;
}

int fr_jpeg_decode(struct fr_jpeg_decoder *decoder, const uint8_t *bytes, size_t length,
                   const struct fr_geometry *geometry, uint8_t *slot)
{
    const struct fr_format *format = &geometry->format;
    struct fr_jpeg_info info;
    const char *why;

    decoder->warnings = 0;
    decoder->is_incomplete = false;
    decoder->is_out_of_memory = false;
    decoder->reason[0] = 0;

    bool is_luma_only = format->fourcc == FR_FOURCC_GREY;
    if (!is_luma_only && format->fourcc != FR_FOURCC_YU12 && format->fourcc != FR_FOURCC_YV12 &&
        format->fourcc != FR_FOURCC_422P) {
        snprintf(decoder->reason, sizeof decoder->reason,
                 "JPEG is decoded into GREY, YU12, YV12 and 422P only");
        return -ENOTSUP;
    }
    int rc = fr_geometry_check(geometry);
    if (rc < 0) {
        snprintf(decoder->reason, sizeof decoder->reason, "the geometry makes no sense");
        return rc;
    }
    rc = fr_jpeg_probe(bytes, length, &info);
    if (rc < 0) {
        snprintf(decoder->reason, sizeof decoder->reason, "no JPEG header in %zu bytes", length);
        return rc;
    }
    rc = fr_jpeg_supported(&info, &why);
    if (rc < 0) {
        snprintf(decoder->reason, sizeof decoder->reason, "JPEG with %s", why);
        return rc;
    }
    if (info.sampling == FR_JPEG_OTHER && !is_luma_only) {
        snprintf(decoder->reason, sizeof decoder->reason,
                 "JPEG with unusual chroma sampling: only its luma (GREY) is decoded");
        return -ENOTSUP;
    }
    if (info.width_px != format->width_px || info.height_px != format->height_px) {
        snprintf(decoder->reason, sizeof decoder->reason, "JPEG of %ux%u instead of %ux%u",
                 info.width_px, info.height_px, format->width_px, format->height_px);
        return -ERANGE;
    }
    if (!info.has_picture) {
        snprintf(decoder->reason, sizeof decoder->reason, "JPEG that ends within its header");
        return -EBADMSG;
    }
    /* The garbage before SOI is passed over here, for libjpeg wants SOI first. */
    struct job job = {bytes + info.start_bytes, length - info.start_bytes, geometry, slot,
                      is_luma_only};
    return decode(decoder, &job);
}
