/* What a driver answered, checked: sizes and strides. No system call. */
#include "capture/v4l2_format.h"

#include "capture/v4l2_look.h"
#include "capture/v4l2_pix.h"
#include "common/media/jpeg_decode.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdio.h>

/* A JPEG cannot be shorter: SOI, one table of each kind, frame and scan headers, EOI. */
enum { JPEG_BYTES_MIN = 107 };
/* A camera maker's format: no picture has less. */
enum { MAKERS_BYTES_MIN = 16, CONVERTED_SIDE_MIN = 16 };
/* The smallest page of any machine. */
enum { PART_ALIGN = 4096 };
/* What a driver may want for a buffer beyond the picture itself. */
#define SLACK_BYTES (UINT64_C(16) << 20)

/* The geometry with no padding at all. */
static int init_tight(const struct fr_format *format, struct fr_geometry *ret_geometry)
{
    uint32_t pixel_bytes =
        format->fourcc == FR_FOURCC_YUYV || format->fourcc == FR_FOURCC_UYVY ? 2 : 1;
    /* Chroma of half the width needs an even luma stride. */
    uint32_t width_px = format->width_px;
    if (format->fourcc != FR_FOURCC_GREY)
        width_px += width_px % 2;
    return fr_geometry_init_stride(format, width_px * pixel_bytes, ret_geometry);
}

/* All planes in one part. */
static int take_whole(const struct fr_v4l2_pix *pix, struct fr_v4l2_agreed *agreed)
{
    const struct fr_geometry *tight = &agreed->tight;
    struct fr_v4l2_part *part = &agreed->parts[0];
    unsigned last = tight->n_planes - 1;
    part->stride_bytes =
        pix->parts[0].stride_bytes ? pix->parts[0].stride_bytes : tight->planes[0].stride_bytes;
    int rc = fr_geometry_init_stride(&agreed->format, part->stride_bytes, &agreed->given);
    if (rc < 0)
        return rc;
    /* From the first to the last pixel: the padding behind the last row need not be filled. */
    part->min_bytes = agreed->given.slot_bytes - agreed->given.planes[last].stride_bytes +
                      tight->planes[last].stride_bytes;
    return 0;
}

/* A part for each plane, each with a stride of its own. */
static int take_parts(const struct fr_v4l2_pix *pix, struct fr_v4l2_agreed *agreed)
{
    struct fr_geometry *given = &agreed->given;
    *given = agreed->tight;
    for (unsigned i = 0; i < given->n_planes; i++) {
        struct fr_plane_layout *plane = &given->planes[i];
        unsigned n = agreed->layout->part_of[i];
        struct fr_v4l2_part *part = &agreed->parts[n];
        uint32_t tight_bytes = plane->stride_bytes;
        part->stride_bytes = pix->parts[n].stride_bytes ? pix->parts[n].stride_bytes : tight_bytes;
        if (part->stride_bytes < tight_bytes || part->stride_bytes > 16 * FR_SIDE_MAX)
            return -EINVAL;
        plane->stride_bytes = part->stride_bytes;
        plane->size_bytes = (uint64_t)plane->stride_bytes * plane->rows;
        part->min_bytes = plane->size_bytes - plane->stride_bytes + tight_bytes;
    }
    return 0;
}

static int take_raw(const struct fr_v4l2_pix *pix, struct fr_v4l2_agreed *agreed,
                    char reason[FR_SOURCE_REASON_MAX])
{
    int rc = init_tight(&agreed->format, &agreed->tight);
    if (rc == 0)
        rc = agreed->n_parts == 1 ? take_whole(pix, agreed) : take_parts(pix, agreed);
    if (rc < 0) {
        char name[8];
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with %s, %ux%u and %u bytes a row, which do not go together",
                 fr_v4l2_format_name(pix->fourcc, name), pix->width_px, pix->height_px,
                 pix->parts[0].stride_bytes);
        return -EPROTO;
    }
    return 0;
}

static int take_mjpeg(const struct fr_v4l2_pix *pix, uint32_t wanted_fourcc,
                      struct fr_v4l2_agreed *agreed, char reason[FR_SOURCE_REASON_MAX])
{
    if (wanted_fourcc)
        agreed->format.fourcc = wanted_fourcc;
    agreed->format.colorimetry = fr_jpeg_colorimetry;
    agreed->parts[0].min_bytes = JPEG_BYTES_MIN;
    int rc = fr_geometry_init(&agreed->format, &agreed->given);
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with a picture of %ux%u; expected sides of 1 to %u",
                 pix->width_px, pix->height_px, FR_SIDE_MAX);
        return -EPROTO;
    }
    return 0;
}

/* A picture that is converted into YU12 or YV12 without padding. Odd sides, and tiny ones, are
 * beyond what the library does reliably. */
static int take_converted(const struct fr_v4l2_pix *pix, uint32_t wanted_fourcc,
                          struct fr_v4l2_agreed *agreed, char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_layout *layout = agreed->layout;
    struct fr_v4l2_part *part = &agreed->parts[0];
    uint64_t row_bits = (uint64_t)pix->width_px * layout->row_bits;
    uint32_t row_bytes = (uint32_t)(row_bits / 8);
    char name[8];

    if (wanted_fourcc == FR_FOURCC_YV12)
        agreed->format.fourcc = wanted_fourcc;
    if (layout->is_rgb) {
        agreed->format.colorimetry.matrix = V4L2_YCBCR_ENC_601;
        agreed->format.colorimetry.range = V4L2_QUANTIZATION_LIM_RANGE;
    }
    int rc = fr_geometry_init_stride(&agreed->format, pix->width_px, &agreed->given);
    if (rc < 0 || pix->width_px % 2 || pix->height_px % 2 || row_bits % 8 ||
        pix->width_px < CONVERTED_SIDE_MIN || pix->height_px < CONVERTED_SIDE_MIN) {
        snprintf(
            reason, FR_SOURCE_REASON_MAX,
            "the driver answered with %s, %ux%u, which libv4l2 does not convert; expected even "
            "sides of at least %u, whole bytes in each row",
            fr_v4l2_format_name(pix->fourcc, name), pix->width_px, pix->height_px,
            CONVERTED_SIDE_MIN);
        return -EINVAL;
    }
    agreed->tight = agreed->given;
    if (layout->row_bits == 0) {
        part->min_bytes = MAKERS_BYTES_MIN;
        return 0;
    }
    part->stride_bytes = pix->parts[0].stride_bytes ? pix->parts[0].stride_bytes : row_bytes;
    if (part->stride_bytes < row_bytes || part->stride_bytes > 16 * FR_SIDE_MAX) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with %s, %ux%u and %u bytes a row, which do not go together",
                 fr_v4l2_format_name(pix->fourcc, name), pix->width_px, pix->height_px,
                 part->stride_bytes);
        return -EPROTO;
    }
    uint32_t rows = pix->height_px * layout->halves / 2;
    part->min_bytes = (uint64_t)part->stride_bytes * (rows - 1) + row_bytes;
    return 0;
}

static int take_picture(const struct fr_v4l2_pix *pix, uint32_t wanted_fourcc,
                        struct fr_v4l2_agreed *agreed, char reason[FR_SOURCE_REASON_MAX])
{
    switch (agreed->layout->how) {
    case FR_V4L2_JPEG:
        return take_mjpeg(pix, wanted_fourcc, agreed, reason);
    case FR_V4L2_CONVERTED:
        return take_converted(pix, wanted_fourcc, agreed, reason);
    default:
        return take_raw(pix, agreed, reason);
    }
}

/* The room that the driver wants for each part. Then the places of the parts in `given`. */
static int take_room(const struct fr_v4l2_pix *pix, struct fr_v4l2_agreed *agreed,
                     char reason[FR_SOURCE_REASON_MAX])
{
    uint64_t room_max = (uint64_t)pix->width_px * pix->height_px * 4 + SLACK_BYTES;
    for (uint32_t n = 0; n < agreed->n_parts; n++) {
        struct fr_v4l2_part *part = &agreed->parts[n];
        part->image_bytes = pix->parts[n].image_bytes;
        if (part->image_bytes >= part->min_bytes && part->image_bytes <= room_max + part->min_bytes)
            continue;
        char name[8];
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver wants %u bytes for a buffer of %ux%u %s; expected %llu to %llu",
                 part->image_bytes, pix->width_px, pix->height_px,
                 fr_v4l2_format_name(pix->fourcc, name), (unsigned long long)part->min_bytes,
                 (unsigned long long)(room_max + part->min_bytes));
        return -EPROTO;
    }
    return 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Parts one after another, each with its room, on pages of their own: so a slot can be given to a
 * driver in parts, and drivers that map memory by pages find none of it shared. */
static void place_parts(struct fr_v4l2_agreed *agreed)
{
    struct fr_geometry *given = &agreed->given;
    if (agreed->n_parts == 1) {
        given->slot_bytes = larger(given->slot_bytes, agreed->parts[0].image_bytes);
        return;
    }
    given->slot_bytes = 0;
    for (uint32_t n = 0; n < agreed->n_parts; n++)
        for (unsigned i = 0; i < given->n_planes; i++) {
            if (agreed->layout->part_of[i] != n)
                continue;
            given->slot_bytes = (given->slot_bytes + PART_ALIGN - 1) / PART_ALIGN * PART_ALIGN;
            given->planes[i].offset_bytes = given->slot_bytes;
            agreed->parts[n].offset_bytes = given->slot_bytes;
            given->slot_bytes += larger(given->planes[i].size_bytes, agreed->parts[n].image_bytes);
        }
}

/* The entry of the format, when the driver's parts go with it. */
static int take_layout(const struct fr_v4l2_pix *pix, struct fr_v4l2_agreed *agreed,
                       char reason[FR_SOURCE_REASON_MAX])
{
    char name[8];
    agreed->layout = fr_v4l2_layout_find(pix->fourcc);
    if (!agreed->layout) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with the format %s, which framering does not read",
                 fr_v4l2_format_name(pix->fourcc, name));
        return -EPROTO;
    }
    agreed->n_parts = agreed->layout->n_parts;
    agreed->format.fourcc = agreed->layout->ring_fourcc;
    if (pix->n_parts == agreed->n_parts)
        return 0;
    snprintf(reason, FR_SOURCE_REASON_MAX,
             "the driver answered with %s in %u memory planes; expected %u",
             fr_v4l2_format_name(pix->fourcc, name), pix->n_parts, agreed->n_parts);
    return -EPROTO;
}

int fr_v4l2_format_take(const struct v4l2_format *answered, uint32_t wanted_fourcc,
                        uint32_t rate_num, uint32_t rate_den, struct fr_v4l2_agreed *ret_agreed,
                        char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_v4l2_pix pix;
    fr_v4l2_pix_read(answered, &pix);
    struct fr_v4l2_agreed agreed = {
        .format = {.width_px = pix.width_px,
                   .height_px = pix.height_px,
                   .colorimetry = fr_v4l2_look_colours(&pix),
                   .rate_num = rate_den ? rate_num : 0,
                   .rate_den = rate_num ? rate_den : 0},
    };
    int rc = take_layout(&pix, &agreed, reason);
    if (rc == 0)
        rc = fr_v4l2_look_field(pix.field, &agreed.format.field, reason);
    if (rc == 0)
        rc = take_picture(&pix, wanted_fourcc, &agreed, reason);
    if (rc == 0)
        rc = take_room(&pix, &agreed, reason);
    if (rc < 0)
        return rc;
    if (agreed.layout->how == FR_V4L2_AS_IS)
        place_parts(&agreed);
    if (fr_geometry_check(&agreed.given) < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the driver answered with a picture of %ux%u that no slot can hold", pix.width_px,
                 pix.height_px);
        return -EPROTO;
    }
    *ret_agreed = agreed;
    return 0;
}
