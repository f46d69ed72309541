/* One picture through libjpeg: its errors, its warnings, its limits, its scaling.
 *
 * Used by jpeg_decode.c alone, which has looked at the header before. A fresh libjpeg object serves
 * each picture, for libjpeg keeps quantisation and Huffman tables from one to the next, and a
 * picture must not depend on the one before it; making it costs a few microseconds.
 */
#pragma once

#include "common/media/jpeg_strip.h"

#include <setjmp.h>

struct fr_jpeg_session {
    /* libjpeg hands these two back to us: they begin with its own structs. */
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    struct jpeg_decompress_struct cinfo;
    void (*realize_arrays)(j_common_ptr); /* libjpeg's own, while ours stands in its place */
    uint32_t warnings;
    bool is_incomplete; /* the data ended before the picture did */
    bool is_out_of_memory;
    char reason[160];
    struct fr_jpeg_strip strip;
};

/* Everything of a picture: its bytes, what was agreed about it, and where it goes. */
struct fr_jpeg_job {
    const uint8_t *bytes; /* begin with SOI */
    size_t length;
    uint32_t width_px, height_px; /* of the JPEG */
    uint32_t scale;               /* 1, 2 or 4 */
    bool is_luma_only;
    const struct fr_geometry *geometry; /* checked */
    uint8_t *slot;
};

/* Results as those of fr_jpeg_decode(); warnings and reason begin anew. */
int fr_jpeg_session_run(struct fr_jpeg_session *session, const struct fr_jpeg_job *job);
void fr_jpeg_session_fini(struct fr_jpeg_session *session);
