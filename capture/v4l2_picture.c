/* A camera's picture on its way into a slot.
 *
 * JPEG: which sampling a camera uses is not told before its first picture. So 4:2:2 is believed, as
 * most have it (or what it was when the camera was there before); when the first picture is
 * another, the source offers the format that holds it as it is, once. Later ones that differ are
 * resampled. */
#include "capture/v4l2_picture.h"

#include "capture/append.h"
#include "capture/v4l2_copy.h"
#include "common/media/jpeg_keep.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HAND_ZERO_COPY = 3, SLOTS_DEFAULT = 8, PAGE_BYTES = 4096 };

/* ---------------------------------------------------------------- planning */

static int replace_finish(struct fr_source *source, const struct fr_geometry *picture,
                          uint64_t jpeg_bytes, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_frame_finish *finish;
    struct fr_turn turn;
    int rc = fr_frame_finish_wish(&source->request, &turn, reason);
    if (rc == 0)
        rc = fr_frame_finish_new(&source->request, turn, picture, jpeg_bytes, &finish, reason);
    if (rc < 0)
        return rc;
    fr_frame_finish_free(source->finish);
    source->finish = finish;
    return 0;
}

/* The slots' geometry with copying: our own strides. */
int fr_v4l2_picture_use_copy(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_geometry picture;
    source->copy_path = FR_PATH_MMAP;
    int rc = fr_geometry_init(&source->agreed.format, &picture);
    if (rc == 0)
        return replace_finish(source, &picture, 0, reason);
    snprintf(reason, FR_SOURCE_REASON_MAX, "a ring cannot hold pictures of %ux%u",
             source->agreed.format.width_px, source->agreed.format.height_px);
    return rc;
}

/* The slots' geometry without copying: the driver's strides, and room for all that it wants, behind
 * which, on other pages, our own planes stand. */
static int use_zero_copy(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_geometry picture = source->agreed.given;
    source->copy_path = FR_PATH_USERPTR;
    picture.slot_bytes = (picture.slot_bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    return replace_finish(source, &picture, 0, reason);
}

size_t fr_v4l2_picture_room(const struct fr_source *source, size_t slot_bytes)
{
    return source->finish->half_luma ? source->finish->half_luma->offset_bytes : slot_bytes;
}

int fr_v4l2_picture_use_decoder(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX])
{
    struct fr_format format = source->agreed.format;
    uint64_t jpeg_bytes = 0;
    struct fr_geometry picture;

    source->copy_path = FR_PATH_MJPEG;
    source->jpeg =
        (struct fr_jpeg_agreed){format.width_px, format.height_px,
                                source->request.mjpeg_scale ? source->request.mjpeg_scale : 1};
    format.width_px = fr_jpeg_scaled_px(format.width_px, source->jpeg.scale);
    format.height_px = fr_jpeg_scaled_px(format.height_px, source->jpeg.scale);
    if (source->request.keep_jpeg)
        jpeg_bytes = (uint64_t)source->agreed.parts[0].image_bytes + FR_JPEG_KEEP_EXTRA;
    int rc = fr_geometry_init(&format, &picture);
    if (rc == 0)
        rc = replace_finish(source, &picture, jpeg_bytes, reason);
    if (rc == 0)
        rc = fr_frame_finish_scratch(source->finish, reason);
    return rc;
}

/* A format that is not the ring's: the picture is made by libv4l2, in its own geometry. */
static int use_converter(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_agreed *agreed = &source->agreed;
    char from[8], to[5];
    source->copy_path = FR_PATH_CONVERTED;
    int rc = fr_v4l2_converter_new(agreed, &source->converter);
    if (rc < 0) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "libv4l2 cannot be used: %s", strerror(-rc));
        return rc;
    }
    fr_append(source->notes, sizeof source->notes,
              "%s (%s) gives %s, which libv4l2 converts to %s (convert = no forbids it)\n",
              source->device.path, source->device.card,
              fr_v4l2_format_name(agreed->layout->fourcc, from),
              fr_fourcc_name(agreed->format.fourcc, to));
    rc = replace_finish(source, &agreed->given, 0, reason);
    return rc < 0 ? rc : fr_frame_finish_scratch(source->finish, reason);
}

/* What only cameras that send JPEG can do, or what JPEG cannot do. */
static int check_jpeg_wishes(struct fr_source *source, char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_source_request *request = &source->request;
    uint32_t scale = request->mjpeg_scale;
    if (request->mjpeg_luma && request->fourcc && request->fourcc != FR_FOURCC_GREY &&
        request->fourcc != FR_FOURCC_MJPG) {
        char name[5];
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "luma alone (mjpeg_colour = luma) is GREY, and %s was asked for; expected one of "
                 "the two",
                 fr_fourcc_name(request->fourcc, name));
        return -EINVAL;
    }
    if (request->keep_jpeg && (request->rotate_deg || request->mirror)) {
        snprintf(reason, FR_SOURCE_REASON_MAX,
                 "the camera's own JPEG is kept as it is, and would not be turned as the frame is; "
                 "expected keep_jpeg = no, or no rotate and mirror");
        return -EINVAL;
    }
    if (scale && scale != 1 && scale != 2 && scale != 4) {
        snprintf(reason, FR_SOURCE_REASON_MAX, "JPEG is not scaled by 1/%u; expected 1, 2 or 4",
                 scale);
        return -EINVAL;
    }
    return 0;
}

/* The format that readers see, and whether it is a guess. */
static void choose_jpeg_format(struct fr_source *source)
{
    const struct fr_source_request *request = &source->request;
    source->is_sampling_known = true;
    if (request->mjpeg_luma) {
        source->agreed.format.fourcc = FR_FOURCC_GREY;
    } else if (request->fourcc == 0 || request->fourcc == FR_FOURCC_MJPG) {
        source->is_sampling_known = false;
        if (request->decoded_fourcc)
            source->agreed.format.fourcc = request->decoded_fourcc;
    }
}

int fr_v4l2_picture_plan(struct fr_source *source, const struct fr_source_request *request,
                         char reason[FR_SOURCE_REASON_MAX])
{
    const struct fr_v4l2_agreed *agreed = &source->agreed;
    uint32_t slots = request->slots ? request->slots : SLOTS_DEFAULT;
    source->request = *request;
    if (agreed->layout->how == FR_V4L2_CONVERTED)
        return use_converter(source, reason);
    if (agreed->layout->how == FR_V4L2_JPEG) {
        int rc = check_jpeg_wishes(source, reason);
        if (rc < 0)
            return rc;
        choose_jpeg_format(source);
        rc = fr_jpeg_decoder_new(&source->decoder);
        if (rc < 0)
            snprintf(reason, FR_SOURCE_REASON_MAX, "no memory for a JPEG decoder");
        return rc < 0 ? rc : fr_v4l2_picture_use_decoder(source, reason);
    }
    /* The hand, and one slot each for the newest frame and for a reader. */
    if (request->no_zero_copy || request->rotate_deg || request->mirror || slots > FR_SLOTS_MAX ||
        agreed->min_buffers > FR_SLOTS_MAX || slots < HAND_ZERO_COPY + 2 ||
        slots < agreed->min_buffers + 3)
        return fr_v4l2_picture_use_copy(source, reason);
    return use_zero_copy(source, reason);
}

/* ---------------------------------------------------------------- doing */

/* A slot's planes stand where the ring says. A driver that wrote something before them (data_offset
 * of the multi-planar API) has them moved there; both ends are within the part's room. */
void fr_v4l2_picture_settle(const struct fr_source *source, const struct fr_v4l2_judgement *judged,
                            uint8_t *slot)
{
    for (uint32_t i = 0; i < source->agreed.n_parts; i++) {
        uint8_t *part = slot + source->agreed.parts[i].offset_bytes;
        if (judged->parts[i].begin_bytes)
            memmove(part, part + judged->parts[i].begin_bytes, judged->parts[i].bytes);
    }
    fr_frame_finish_planes(source->finish, slot);
}

/* A raw picture, wherever its planes stand in the buffer's parts. */
static void copy_picture(const struct fr_source *source, const struct fr_v4l2_judgement *judged,
                         uint8_t *slot)
{
    const struct fr_v4l2_agreed *agreed = &source->agreed;
    const struct fr_frame_finish *finish = source->finish;
    const uint8_t *planes[FR_PLANES_MAX] = {0};
    for (uint32_t i = 0; i < agreed->given.n_planes; i++) {
        uint32_t part = agreed->n_parts == 1 ? 0 : agreed->layout->part_of[i];
        planes[i] = fr_v4l2_stream_data(&source->stream, judged, part) +
                    (agreed->given.planes[i].offset_bytes - agreed->parts[part].offset_bytes);
    }
    if (fr_turn_is_none(finish->turn))
        fr_v4l2_copy(&agreed->tight, &agreed->given, planes, &finish->slot, slot);
    else
        fr_turn_planes(finish->turn, &agreed->given, planes, &finish->slot, slot);
    fr_frame_finish_planes(finish, slot);
}

/* True when the slots shall have another format, for the first picture is sampled otherwise. */
static bool is_other_sampling(struct fr_source *source)
{
    uint32_t native = fr_jpeg_native_fourcc(fr_jpeg_decoder_info(source->decoder));
    if (source->is_sampling_known || !native)
        return false;
    source->is_sampling_known = true;
    if (native == source->agreed.format.fourcc)
        return false;
    source->agreed.format.fourcc = native;
    source->has_other_offer = true;
    return true;
}

static int decode_picture(struct fr_source *source, const uint8_t *bytes, size_t length,
                          uint8_t *slot, struct fr_frame_meta *meta, const char **ret_why)
{
    struct fr_jpeg_decoder *decoder = source->decoder;
    const struct fr_frame_finish *finish = source->finish;
    int rc = fr_jpeg_decode_agreed(decoder, bytes, length, &source->jpeg, &finish->picture,
                                   fr_frame_finish_target(finish, slot));
    if ((rc == 0 || rc == -ENOTSUP) && is_other_sampling(source)) {
        *ret_why = "the camera's JPEGs are sampled in another way than was believed";
        return -EAGAIN;
    }
    /* A picture that was cut off is no good either: its grey rest would look like motion. */
    if (rc < 0) {
        *ret_why = fr_jpeg_decoder_reason(decoder);
        return -EBADMSG;
    }
    if (fr_jpeg_decoder_warnings(decoder)) {
        source->n_odd++;
        snprintf(source->odd, sizeof source->odd, "%s", fr_jpeg_decoder_reason(decoder));
    }
    fr_frame_finish(finish, slot);
    if (finish->jpeg)
        meta->jpeg_bytes =
            fr_jpeg_keep(bytes, length, fr_jpeg_decoder_info(decoder),
                         slot + finish->jpeg->offset_bytes, finish->jpeg->size_bytes);
    return 0;
}

static int convert_picture(struct fr_source *source, const struct fr_v4l2_judgement *judged,
                           uint8_t *slot, const char **ret_why)
{
    const uint8_t *bytes = fr_v4l2_stream_data(&source->stream, judged, 0);
    if (fr_v4l2_convert(source->converter, bytes, judged->parts[0].bytes,
                        fr_frame_finish_target(source->finish, slot)) < 0) {
        *ret_why = fr_v4l2_converter_reason(source->converter);
        return -EBADMSG;
    }
    fr_frame_finish(source->finish, slot);
    return 0;
}

int fr_v4l2_picture_fill(struct fr_source *source, const struct fr_v4l2_judgement *judged,
                         uint8_t *slot, struct fr_frame_meta *meta, const char **ret_why)
{
    meta->bytes_used = 0; /* a slot holds a whole picture, however long the buffer was */
    if (source->copy_path == FR_PATH_MMAP) {
        copy_picture(source, judged, slot);
        return 0;
    }
    if (source->copy_path == FR_PATH_CONVERTED)
        return convert_picture(source, judged, slot, ret_why);
    return decode_picture(source, fr_v4l2_stream_data(&source->stream, judged, 0),
                          judged->parts[0].bytes, slot, meta, ret_why);
}
