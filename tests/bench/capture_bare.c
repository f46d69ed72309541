/* The least that a copy or a decode can cost.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/bench/capture_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <jpeglib.h>

enum { PICTURES = 8, ROWS_MAX = 32, PAGE = 4096 };

struct capture_target capture_target_new(size_t bytes)
{
    struct capture_target target = {.bytes = (bytes + PAGE - 1) / PAGE * PAGE};
    target.memory = mmap(NULL, target.bytes * PICTURES, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (target.memory == MAP_FAILED)
        bench_fail("no memory for %d pictures", PICTURES);
    memset(target.memory, 0, target.bytes * PICTURES);
    return target;
}

uint8_t *capture_target_next(struct capture_target *target)
{
    return target->memory + target->bytes * (target->next++ % PICTURES);
}

struct capture_decoder {
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    uint8_t below[FR_SIDE_MAX]; /* rows behind the picture's edge */
};

struct capture_decoder *capture_decoder_new(void)
{
    struct capture_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        bench_fail("no memory for a decoder");
    decoder->cinfo.err = jpeg_std_error(&decoder->errors);
    jpeg_create_decompress(&decoder->cinfo);
    return decoder;
}

void capture_decode_bare(struct capture_decoder *decoder, const uint8_t *bytes, size_t length,
                         const struct fr_geometry *geometry, uint8_t *slot)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    JSAMPROW rows[3][ROWS_MAX];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};

    jpeg_mem_src(cinfo, bytes, (unsigned long)length);
    jpeg_read_header(cinfo, TRUE);
    cinfo->raw_data_out = TRUE;
    cinfo->out_color_space = cinfo->jpeg_color_space;
    for (int c = 1; c < 3 && geometry->n_planes == 1; c++)
        cinfo->comp_info[c].component_needed = FALSE;
    jpeg_start_decompress(cinfo);
    while (cinfo->output_scanline < cinfo->output_height) {
        for (unsigned c = 0; c < geometry->n_planes; c++) {
            const struct fr_plane_layout *plane = &geometry->planes[c];
            uint32_t v = (uint32_t)cinfo->comp_info[c].v_samp_factor;
            uint32_t first = cinfo->output_scanline * v / (uint32_t)cinfo->max_v_samp_factor;
            for (uint32_t r = 0; r < v * DCTSIZE; r++)
                rows[c][r] = first + r < plane->rows ? slot + plane->offset_bytes +
                                                           (size_t)(first + r) * plane->stride_bytes
                                                     : decoder->below;
        }
        jpeg_read_raw_data(cinfo, planes, (JDIMENSION)(cinfo->max_v_samp_factor * DCTSIZE));
    }
    jpeg_finish_decompress(cinfo);
}
