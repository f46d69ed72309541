/* One picture through libjpeg. */
#include "common/media/jpeg_session.h"

#include <errno.h>
#include <string.h>

#include <jerror.h>

/* ---------------------------------------------------------------- libjpeg's callbacks */

static void keep_message(struct fr_jpeg_session *session, j_common_ptr cinfo)
{
    char text[JMSG_LENGTH_MAX];
    cinfo->err->format_message(cinfo, text);
    snprintf(session->reason, sizeof session->reason, "%.*s", (int)sizeof session->reason - 1,
             text);
}

static void on_error(j_common_ptr cinfo)
{
    struct fr_jpeg_session *session = cinfo->client_data;
    session->is_out_of_memory = cinfo->err->msg_code == JERR_OUT_OF_MEMORY;
    keep_message(session, cinfo);
    longjmp(session->escape, 1);
}

static void on_message(j_common_ptr cinfo, int level)
{
    struct fr_jpeg_session *session = cinfo->client_data;
    if (level >= 0) /* a trace, not a warning */
        return;
    /* libjpeg says so when it needs entropy-coded bits and there are none: at the end of the data,
     * or before a marker that comes too early. */
    if (cinfo->err->msg_code == JWRN_HIT_MARKER)
        session->is_incomplete = true;
    if (session->warnings++ == 0)
        keep_message(session, cinfo);
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
        struct fr_jpeg_session *session = common->client_data;
        snprintf(session->reason, sizeof session->reason, "more scans than components");
        longjmp(session->escape, 1);
    }
}

/* Scaled decoding of 4:2:0: libjpeg would give chroma at the size of luma, for to scale luma down
 * and chroma up cancels out. That is more work than chroma at its own scale, and has to be averaged
 * away afterwards. So each component gets the same scale. The time for it is when all sizes have
 * been worked out and nothing has been built upon them, which is when libjpeg asks its memory
 * manager for the arrays. Where another libjpeg asks at another time, its own sizes stay, which
 * struct fr_jpeg_strip copes with. */
static void on_realize_arrays(j_common_ptr common)
{
    j_decompress_ptr cinfo = (j_decompress_ptr)common;
    struct fr_jpeg_session *session = common->client_data;

    for (int i = 0; i < cinfo->num_components; i++) {
        jpeg_component_info *info = &cinfo->comp_info[i];
        FR_JPEG_DCT_SET(info, FR_JPEG_DCT_MIN(cinfo));
        fr_jpeg_strip_component_size(cinfo, info, &info->downsampled_width,
                                     &info->downsampled_height);
    }
    session->realize_arrays(common);
}

/* ---------------------------------------------------------------- reading */

static void read_rows(j_decompress_ptr cinfo, const struct fr_jpeg_strip *strip)
{
    JSAMPROW rows[3][FR_JPEG_STRIP_ROWS_MAX];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};

    while (cinfo->output_scanline < cinfo->output_height) {
        JDIMENSION y = cinfo->output_scanline;
        fr_jpeg_strip_rows(strip, y, rows);
        /* The source never suspends, so that a row of MCUs always comes. */
        if (jpeg_read_raw_data(cinfo, planes, strip->step_rows) == 0)
            break;
        fr_jpeg_strip_finish(strip, y);
    }
}

/* The probe has seen all this; but libjpeg is who decodes, and its word is the last. */
static int check_header(struct fr_jpeg_session *session, const struct fr_jpeg_job *job)
{
    j_decompress_ptr cinfo = &session->cinfo;
    int rc = 0;
    if (cinfo->image_width != job->width_px || cinfo->image_height != job->height_px)
        rc = -ERANGE;
    else if (cinfo->progressive_mode || cinfo->arith_code || cinfo->data_precision != 8 ||
             (cinfo->jpeg_color_space != JCS_GRAYSCALE && cinfo->jpeg_color_space != JCS_YCbCr))
        rc = -ENOTSUP;
    if (rc < 0)
        snprintf(session->reason, sizeof session->reason, "libjpeg reads another header");
    return rc;
}

static void start(struct fr_jpeg_session *session, const struct fr_jpeg_job *job)
{
    j_decompress_ptr cinfo = &session->cinfo;
    cinfo->raw_data_out = TRUE;
    cinfo->out_color_space = cinfo->jpeg_color_space;
    cinfo->dct_method = JDCT_ISLOW;
    cinfo->do_fancy_upsampling = FALSE;
    if (job->is_luma_only)
        for (int i = 1; i < cinfo->num_components; i++)
            cinfo->comp_info[i].component_needed = FALSE;
    if (job->scale > 1) {
        cinfo->scale_num = 1;
        cinfo->scale_denom = job->scale;
        session->realize_arrays = cinfo->mem->realize_virt_arrays;
        cinfo->mem->realize_virt_arrays = on_realize_arrays;
    }
    jpeg_start_decompress(cinfo);
}

int fr_jpeg_session_run(struct fr_jpeg_session *session, const struct fr_jpeg_job *job)
{
    j_decompress_ptr cinfo = &session->cinfo;

    session->warnings = 0;
    session->is_incomplete = false;
    session->is_out_of_memory = false;
    session->reason[0] = 0;
    /* jpeg_create_decompress() clears the struct, but for err and client_data. */
    cinfo->err = jpeg_std_error(&session->errors);
    session->errors.error_exit = on_error;
    session->errors.emit_message = on_message;
    session->errors.output_message = on_print;
    cinfo->client_data = session;
    cinfo->mem = NULL;
    if (setjmp(session->escape)) {
        jpeg_destroy_decompress(cinfo);
        return session->is_out_of_memory ? -ENOMEM : -EBADMSG;
    }
    jpeg_create_decompress(cinfo);
    session->progress.progress_monitor = on_progress;
    cinfo->progress = &session->progress;
    jpeg_mem_src(cinfo, job->bytes, (unsigned long)job->length);
    jpeg_read_header(cinfo, TRUE);
    int rc = check_header(session, job);
    if (rc == 0) {
        start(session, job);
        rc =
            fr_jpeg_strip_init(&session->strip, cinfo, job->geometry, job->slot, job->is_luma_only);
        if (rc == 0)
            read_rows(cinfo, &session->strip);
        else
            snprintf(session->reason, sizeof session->reason, "no memory for a strip");
    }
    /* Not jpeg_finish_decompress(): what stands behind the picture is of no interest. */
    jpeg_destroy_decompress(cinfo);
    return rc == 0 && session->is_incomplete ? -ENODATA : rc;
}

void fr_jpeg_session_fini(struct fr_jpeg_session *session)
{
    fr_jpeg_strip_fini(&session->strip);
}
