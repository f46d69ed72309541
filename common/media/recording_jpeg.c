/* What recordings of JPEGs do with one picture, wherever it came from. */
#include "common/media/recording_kinds.h"

#include <errno.h>

#include <linux/videodev2.h>

int recording_use_header(struct fr_recording *recording, const uint8_t *bytes, size_t length)
{
    struct fr_jpeg_info info;
    const char *why;

    if (fr_jpeg_probe(bytes, length, &info) < 0)
        return recording_fail(recording, -EBADMSG, "no JPEG header in it");
    if (fr_jpeg_supported(&info, &why) < 0)
        return recording_fail(recording, -ENOTSUP,
                              "JPEG with %s; baseline JPEG, grey or YCbCr, is read", why);
    recording->is_luma_only = info.sampling == FR_JPEG_OTHER;
    recording->info.format = (struct fr_format){
        .fourcc = fr_jpeg_native_fourcc(&info),
        .width_px = info.width_px,
        .height_px = info.height_px,
        .field = V4L2_FIELD_NONE,
        .colorimetry = fr_jpeg_colorimetry,
    };
    return 0;
}

int recording_decode(struct fr_recording *recording, const uint8_t *bytes, size_t length,
                     const struct fr_geometry *geometry, uint8_t *slot)
{
    int rc = fr_jpeg_decode(recording->decoder, bytes, length, geometry, slot);
    if (rc == 0 || rc == -ENOMEM)
        return rc < 0 ? recording_fail(recording, rc, "no memory to decode it") : 0;
    /* Cut short, another size, another kind: each a bad frame among others. */
    return recording_fail(recording, -EBADMSG, "%s", fr_jpeg_decoder_reason(recording->decoder));
}
