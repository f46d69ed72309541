/* Where libjpeg's raw rows go: into the planes, or into a strip that is resampled into them.
 *
 * Used by jpeg_session.c alone. A component goes directly into its plane when its sampling is the
 * plane's and the stride has room for whole blocks; rows below the plane go to one scratch row.
 * Otherwise it goes into a strip as high as a row of MCUs, from which fr_jpeg_strip_finish() takes
 * it: chroma that is denser than the plane's is averaged, chroma that is sparser is repeated.
 */
#pragma once

#include "framering/framering.h"

#include <stdio.h>

#include <jpeglib.h>

/* Four blocks of eight rows: the largest sampling factor there is. */
#define FR_JPEG_STRIP_ROWS_MAX 32u

/* The side of a transformed block: 8, or less when scaled. libjpeg's later interfaces have it for
 * each direction. */
#if JPEG_LIB_VERSION >= 70
#define FR_JPEG_DCT(info)           ((uint32_t)(info)->DCT_h_scaled_size)
#define FR_JPEG_DCT_MIN(cinfo)      ((cinfo)->min_DCT_h_scaled_size)
#define FR_JPEG_DCT_SET(info, size) ((info)->DCT_h_scaled_size = (info)->DCT_v_scaled_size = (size))
#else
#define FR_JPEG_DCT(info)           ((uint32_t)(info)->DCT_scaled_size)
#define FR_JPEG_DCT_MIN(cinfo)      ((cinfo)->min_DCT_scaled_size)
#define FR_JPEG_DCT_SET(info, size) ((info)->DCT_scaled_size = (size))
#endif

struct fr_jpeg_strip_component {
    const struct fr_plane_layout *plane; /* NULL: not wanted */
    uint32_t plane_width_px;
    uint32_t width_px;                /* of the component */
    uint32_t height_px;               /* of the component */
    uint32_t mcu_rows;                /* rows of this component in a row of MCUs */
    uint32_t row_bytes;               /* whole blocks */
    uint8_t h_sub, v_sub;             /* the component's subsampling: 1, 2 or 4 */
    uint8_t plane_h_sub, plane_v_sub; /* the plane's: 1 or 2 */
    bool is_direct;
    uint8_t *strip; /* mcu_rows rows of row_bytes, when it is not direct */
};

/* Zeroed: empty. The memory grows to what the widest picture needed, and stays. */
struct fr_jpeg_strip {
    struct fr_jpeg_strip_component components[3];
    uint32_t step_rows; /* rows of luma in a row of MCUs */
    uint8_t *slot;
    uint8_t *memory;
    size_t memory_bytes;
    uint8_t *scratch_row;
};

/* Columns and rows that a component comes in, by its sampling and the side of its blocks. */
void fr_jpeg_strip_component_size(const struct jpeg_decompress_struct *cinfo,
                                  const jpeg_component_info *info, JDIMENSION *ret_width_px,
                                  JDIMENSION *ret_height_px);

/* Prepares for a picture whose decompression has been started. `geometry` has been checked and has
 * the picture's size, scaled. -ENOMEM. */
int fr_jpeg_strip_init(struct fr_jpeg_strip *strip, const struct jpeg_decompress_struct *cinfo,
                       const struct fr_geometry *geometry, uint8_t *slot, bool is_luma_only);
void fr_jpeg_strip_fini(struct fr_jpeg_strip *strip);

/* The row pointers for the row of MCUs that begins at luma row y_px. */
void fr_jpeg_strip_rows(const struct fr_jpeg_strip *strip, uint32_t y_px,
                        JSAMPROW rows[3][FR_JPEG_STRIP_ROWS_MAX]);

/* libjpeg has filled them: brings what stands in the strip into the planes. */
void fr_jpeg_strip_finish(const struct fr_jpeg_strip *strip, uint32_t y_px);
