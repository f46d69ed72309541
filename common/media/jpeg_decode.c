/* JPEG straight into the planes of a frame: what is taken at all, and into what. The decoding
 * itself is in jpeg_session.c. */
#include "common/media/jpeg_decode.h"

#include "common/media/jpeg_session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include <linux/videodev2.h>

const struct fr_colorimetry fr_jpeg_colorimetry = {
    .primaries = V4L2_COLORSPACE_SRGB,
    .transfer = V4L2_XFER_FUNC_SRGB,
    .matrix = V4L2_YCBCR_ENC_601,
    .range = V4L2_QUANTIZATION_FULL_RANGE,
};

struct fr_jpeg_decoder {
    struct fr_jpeg_session session;
    struct fr_jpeg_info info;
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
    fr_jpeg_session_fini(&decoder->session);
    free(decoder);
}

uint32_t fr_jpeg_decoder_warnings(const struct fr_jpeg_decoder *decoder)
{
    return decoder->session.warnings;
}

const char *fr_jpeg_decoder_reason(const struct fr_jpeg_decoder *decoder)
{
    return decoder->session.reason;
}

const struct fr_jpeg_info *fr_jpeg_decoder_info(const struct fr_jpeg_decoder *decoder)
{
    return &decoder->info;
}

/* Keeps the line for fr_jpeg_decoder_reason(); returns rc. */
static int refuse(struct fr_jpeg_decoder *decoder, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(struct fr_jpeg_decoder *decoder, int rc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(decoder->session.reason, sizeof decoder->session.reason, format, args);
    va_end(args);
    return rc;
}

uint32_t fr_jpeg_scaled_px(uint32_t full_px, uint32_t scale)
{
    return (full_px + scale - 1) / scale;
}

static int check_geometry(struct fr_jpeg_decoder *decoder, const struct fr_jpeg_agreed *agreed,
                          const struct fr_geometry *geometry)
{
    const struct fr_format *format = &geometry->format;
    if (format->fourcc != FR_FOURCC_GREY && format->fourcc != FR_FOURCC_YU12 &&
        format->fourcc != FR_FOURCC_YV12 && format->fourcc != FR_FOURCC_422P)
        return refuse(decoder, -ENOTSUP, "JPEG is decoded into GREY, YU12, YV12 and 422P only");
    int rc = fr_geometry_check(geometry);
    if (rc < 0)
        return refuse(decoder, rc, "the geometry makes no sense");
    if ((agreed->scale != 1 && agreed->scale != 2 && agreed->scale != 4) ||
        format->width_px != fr_jpeg_scaled_px(agreed->width_px, agreed->scale) ||
        format->height_px != fr_jpeg_scaled_px(agreed->height_px, agreed->scale))
        return refuse(decoder, -EINVAL, "%ux%u is not %ux%u divided by 1, 2 or 4", format->width_px,
                      format->height_px, agreed->width_px, agreed->height_px);
    return 0;
}

/* What the header alone decides. */
static int check_picture(struct fr_jpeg_decoder *decoder, const struct fr_jpeg_agreed *agreed,
                         bool is_luma_only)
{
    const struct fr_jpeg_info *info = &decoder->info;
    const char *why;
    int rc = fr_jpeg_supported(info, &why);
    if (rc < 0)
        return refuse(decoder, rc, "JPEG with %s", why);
    if (info->sampling == FR_JPEG_OTHER && !is_luma_only)
        return refuse(decoder, -ENOTSUP,
                      "JPEG with unusual chroma sampling: only its luma (GREY) is decoded");
    if (info->width_px != agreed->width_px || info->height_px != agreed->height_px)
        return refuse(decoder, -ERANGE, "JPEG of %ux%u instead of %ux%u", info->width_px,
                      info->height_px, agreed->width_px, agreed->height_px);
    if (!info->has_picture)
        return refuse(decoder, -EBADMSG, "JPEG that ends within its header");
    return 0;
}

int fr_jpeg_decode_agreed(struct fr_jpeg_decoder *decoder, const uint8_t *bytes, size_t length,
                          const struct fr_jpeg_agreed *agreed, const struct fr_geometry *geometry,
                          uint8_t *slot)
{
    bool is_luma_only = geometry->format.fourcc == FR_FOURCC_GREY;

    decoder->session.warnings = 0;
    decoder->info = (struct fr_jpeg_info){0};
    int rc = check_geometry(decoder, agreed, geometry);
    if (rc < 0)
        return rc;
    rc = fr_jpeg_probe(bytes, length, &decoder->info);
    if (rc < 0)
        return refuse(decoder, rc, "no JPEG header in %zu bytes", length);
    rc = check_picture(decoder, agreed, is_luma_only);
    if (rc < 0)
        return rc;
    /* The garbage before SOI is passed over here, for libjpeg wants SOI first. */
    const struct fr_jpeg_job job = {
        .bytes = bytes + decoder->info.start_bytes,
        .length = length - decoder->info.start_bytes,
        .width_px = agreed->width_px,
        .height_px = agreed->height_px,
        .scale = agreed->scale,
        .is_luma_only = is_luma_only,
        .geometry = geometry,
        .slot = slot,
    };
    return fr_jpeg_session_run(&decoder->session, &job);
}

int fr_jpeg_decode(struct fr_jpeg_decoder *decoder, const uint8_t *bytes, size_t length,
                   const struct fr_geometry *geometry, uint8_t *slot)
{
    const struct fr_jpeg_agreed agreed = {geometry->format.width_px, geometry->format.height_px, 1};
    return fr_jpeg_decode_agreed(decoder, bytes, length, &agreed, geometry, slot);
}
