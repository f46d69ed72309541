/* JPEGs for the tests: made by plain libjpeg from a seeded picture, and decoded by plain libjpeg to
 * have something to compare with. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

struct make_jpeg {
    uint32_t width, height;
    int components;         /* 1 or 3 (0: 3); 4: CMYK */
    int h, v;               /* luma's sampling factors against 1x1 chroma (0: 1) */
    int chroma_h, chroma_v; /* 0: 1 */
    int quality;            /* 0: 85 */
    int restart_rows;       /* restart interval in rows of MCUs */
    int n_scans; /* 3: one a component; more: that many scans of luma in front (hostile) */
    bool is_progressive, is_arithmetic, is_rgb, has_no_tables;
    uint32_t seed;
};

struct made_jpeg {
    uint8_t *bytes;
    unsigned long length;
};

static inline uint32_t make_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Gradients, a box and some noise: every block is another, and nothing is symmetrical. */
static inline uint8_t make_sample(uint32_t x, uint32_t y, int component, uint32_t *state)
{
    uint32_t value = (x * (uint32_t)(2 + component) + y * (uint32_t)(5 - component)) & 0xff;
    if (x % 40 > 25 && y % 24 > 9)
        value ^= 0x60;
    return (uint8_t)((value * 3 / 4 + 20 + make_random(state) % 12) & 0xff);
}

static inline struct made_jpeg make_jpeg(const struct make_jpeg *want)
{
    struct jpeg_compress_struct cinfo = {0};
    struct jpeg_error_mgr errors;
    struct made_jpeg made = {0};
    int components = want->components ? want->components : 3;
    static jpeg_scan_info scans[4000];

    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &made.bytes, &made.length);
    cinfo.image_width = want->width;
    cinfo.image_height = want->height;
    cinfo.input_components = components;
    cinfo.in_color_space = components == 1   ? JCS_GRAYSCALE
                           : components == 4 ? JCS_CMYK
                           : want->is_rgb    ? JCS_RGB
                                             : JCS_YCbCr;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, want->quality ? want->quality : 85, TRUE);
    if (want->is_rgb)
        jpeg_set_colorspace(&cinfo, JCS_RGB);
    cinfo.comp_info[0].h_samp_factor = want->h ? want->h : 1;
    cinfo.comp_info[0].v_samp_factor = want->v ? want->v : 1;
    for (int i = 1; i < components; i++) {
        cinfo.comp_info[i].h_samp_factor = want->chroma_h ? want->chroma_h : 1;
        cinfo.comp_info[i].v_samp_factor = want->chroma_v ? want->chroma_v : 1;
    }
    cinfo.restart_in_rows = want->restart_rows;
    cinfo.arith_code = want->is_arithmetic;
    if (want->is_progressive)
        jpeg_simple_progression(&cinfo);
    if (want->n_scans) {
        memset(scans, 0, sizeof scans);
        for (int i = 0; i < want->n_scans; i++)
            scans[i] = (jpeg_scan_info){
                .comps_in_scan = 1, .component_index = {i % components}, .Ss = 0, .Se = 63};
        cinfo.scan_info = scans;
        cinfo.num_scans = want->n_scans;
    }
    if (want->has_no_tables)
        for (int i = 0; i < NUM_HUFF_TBLS; i++) {
            if (cinfo.dc_huff_tbl_ptrs[i])
                cinfo.dc_huff_tbl_ptrs[i]->sent_table = TRUE;
            if (cinfo.ac_huff_tbl_ptrs[i])
                cinfo.ac_huff_tbl_ptrs[i]->sent_table = TRUE;
        }
    jpeg_start_compress(&cinfo, !want->has_no_tables);

    uint32_t state = want->seed * 2654435761u + 1;
    uint8_t *row = malloc((size_t)want->width * (size_t)components);
    while (cinfo.next_scanline < cinfo.image_height) {
        for (uint32_t x = 0; x < want->width; x++)
            for (int c = 0; c < components; c++)
                row[x * (uint32_t)components + (uint32_t)c] =
                    make_sample(x, cinfo.next_scanline, c, &state);
        jpeg_write_scanlines(&cinfo, &row, 1);
    }
    free(row);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return made;
}

/* The raw planes of a JPEG as plain libjpeg decodes them. */
struct raw_planes {
    int components;
    uint32_t width[3], height[3], stride[3];
    uint8_t *plane[3];
};

static inline struct raw_planes raw_decode(const uint8_t *bytes, size_t length)
{
    struct jpeg_decompress_struct cinfo = {0};
    struct jpeg_error_mgr errors;
    struct raw_planes raw = {0};

    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, bytes, (unsigned long)length);
    jpeg_read_header(&cinfo, TRUE);
    cinfo.raw_data_out = TRUE;
    cinfo.out_color_space = cinfo.jpeg_color_space;
    jpeg_start_decompress(&cinfo);
    raw.components = cinfo.num_components;
    JSAMPROW rows[3][32];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
    uint32_t mcu = (uint32_t)cinfo.max_v_samp_factor * DCTSIZE;
    uint32_t padded = (cinfo.image_height + mcu - 1) / mcu * mcu;
    for (int c = 0; c < raw.components; c++) {
        raw.width[c] = cinfo.comp_info[c].downsampled_width;
        raw.height[c] = cinfo.comp_info[c].downsampled_height;
        raw.stride[c] = cinfo.comp_info[c].width_in_blocks * DCTSIZE;
        raw.plane[c] = calloc(raw.stride[c], padded);
    }
    while (cinfo.output_scanline < cinfo.output_height) {
        for (int c = 0; c < raw.components; c++) {
            uint32_t v = (uint32_t)cinfo.comp_info[c].v_samp_factor;
            uint32_t first = cinfo.output_scanline / (uint32_t)cinfo.max_v_samp_factor * v;
            for (uint32_t r = 0; r < v * DCTSIZE; r++)
                rows[c][r] = raw.plane[c] + (size_t)(first + r) * raw.stride[c];
        }
        jpeg_read_raw_data(&cinfo, planes, mcu);
    }
    jpeg_destroy_decompress(&cinfo);
    return raw;
}

/* One component of a JPEG as a JPEG of its own, coefficients untouched. */
static inline struct made_jpeg extract_component(const uint8_t *bytes, size_t length, int component)
{
    struct jpeg_decompress_struct from = {0};
    struct jpeg_compress_struct to = {0};
    struct jpeg_error_mgr errors;
    struct made_jpeg made = {0};

    from.err = to.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&from);
    jpeg_mem_src(&from, bytes, (unsigned long)length);
    jpeg_read_header(&from, TRUE);
    jvirt_barray_ptr *coefficients = jpeg_read_coefficients(&from);
    const jpeg_component_info *info = &from.comp_info[component];

    jpeg_create_compress(&to);
    jpeg_mem_dest(&to, &made.bytes, &made.length);
    uint32_t max_h = (uint32_t)from.max_h_samp_factor, max_v = (uint32_t)from.max_v_samp_factor;
    to.image_width = (from.image_width * (uint32_t)info->h_samp_factor + max_h - 1) / max_h;
    to.image_height = (from.image_height * (uint32_t)info->v_samp_factor + max_v - 1) / max_v;
    to.input_components = 1;
    to.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&to);
    to.optimize_coding = TRUE;
    *to.quant_tbl_ptrs[0] = *info->quant_table;
    jpeg_write_coefficients(&to, &coefficients[component]);
    jpeg_finish_compress(&to);
    jpeg_destroy_compress(&to);
    jpeg_destroy_decompress(&from);
    return made;
}

/* Every component at 1/scale of its size, each decoded by plain libjpeg from a JPEG of its own: for
 * of a whole picture libjpeg scales some components otherwise. */
static inline struct raw_planes raw_decode_scaled(const uint8_t *bytes, size_t length,
                                                  int components, uint32_t scale)
{
    struct raw_planes raw = {.components = components};
    for (int c = 0; c < components; c++) {
        struct made_jpeg own = extract_component(bytes, length, c);
        struct jpeg_decompress_struct cinfo = {0};
        struct jpeg_error_mgr errors;
        cinfo.err = jpeg_std_error(&errors);
        jpeg_create_decompress(&cinfo);
        jpeg_mem_src(&cinfo, own.bytes, own.length);
        jpeg_read_header(&cinfo, TRUE);
        cinfo.scale_num = 1;
        cinfo.scale_denom = scale;
        jpeg_start_decompress(&cinfo);
        raw.width[c] = raw.stride[c] = cinfo.output_width;
        raw.height[c] = cinfo.output_height;
        raw.plane[c] = malloc((size_t)cinfo.output_width * cinfo.output_height);
        while (cinfo.output_scanline < cinfo.output_height) {
            JSAMPROW row = raw.plane[c] + (size_t)cinfo.output_scanline * raw.stride[c];
            jpeg_read_scanlines(&cinfo, &row, 1);
        }
        jpeg_destroy_decompress(&cinfo);
        free(own.bytes);
    }
    return raw;
}

static inline void raw_free(struct raw_planes *raw)
{
    for (int c = 0; c < 3; c++)
        free(raw->plane[c]);
}
