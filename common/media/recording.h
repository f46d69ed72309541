/* Recorded footage, frame by frame, straight into a slot of a ring.
 *
 * A recording is one of
 *   - a folder of JPEG files (*.jpg, *.jpeg), in natural order of their names (9 before 10)
 *   - a file of concatenated JPEGs ("MJPEG"); a single JPEG is a recording of one frame
 *   - a Y4M file
 *   - a folder that holds `input.mjpeg` or `input.y4m`
 * told by content, not by name. Memory is bounded by one frame's file bytes: files are read as they
 * are needed, and never mapped, so that a file that shrinks meanwhile is a short read and no
 * SIGBUS.
 *
 * A recording belongs to one thread at a time. Its reading blocks on the disk only.
 */
#pragma once

#include "framering/framering.h"

enum fr_recording_kind {
    FR_RECORDING_JPEG_FOLDER,
    FR_RECORDING_JPEG_STREAM,
    FR_RECORDING_Y4M,
};

struct fr_recording_info {
    enum fr_recording_kind kind;
    /* fourcc as the recording has it (fr_recording_next() lists what else it can deliver);
     * rate 0/0 when the recording does not tell. */
    struct fr_format format;
    uint64_t frames; /* 0: not known without reading everything */
};

/* What a frame was in the recording. */
struct fr_recording_frame {
    uint64_t idx;      /* from 0, bad frames included; begins again after a rewind */
    uint64_t bytes;    /* of the file */
    uint32_t warnings; /* decoded, but these many things were odd */
};

struct fr_recording;

/* The longest JPEG that is read; a longer one is a bad frame. */
#define FR_RECORDING_JPEG_MAX (64u << 20)

/* Opens PATH and reads as far as the first usable frame's header. The caller frees it with
 * fr_recording_close(). On failure `reason` (may be NULL) gets a line that says what was wrong,
 * what was expected and what to do.
 * -ENOENT, -EACCES …: as open(); -EBADMSG: nothing that can be read as a recording; -ENOTSUP: a
 * kind of JPEG or Y4M that is not read; -ENODATA: no frame in it; -ENOMEM. */
int fr_recording_open(const char *path, struct fr_recording **ret_recording, char *reason,
                      size_t reason_size);
void fr_recording_close(struct fr_recording *recording);

/* What it is; valid as long as the recording. */
const struct fr_recording_info *fr_recording_info(const struct fr_recording *recording);

/* Whether it is delivered as this: as its own format; GREY (luma alone); JPEGs also as YU12, YV12,
 * 422P (see jpeg_decode.h), unless their chroma cannot be had; Y4M C420 also as YV12. And all of
 * them, for people: "YU12, YV12 or GREY". */
bool fr_recording_delivers(const struct fr_recording *recording, uint32_t fourcc);
const char *fr_recording_choices(const struct fr_recording *recording);

/* Decodes the next frame into the planes of `geometry` at `slot` (geometry->slot_bytes bytes).
 * The geometry has the recording's width and height, and a fourcc that it is delivered as.
 *   0          a frame
 *   -ENODATA   the end; again at each further call until a rewind
 *   -EBADMSG   this frame is damaged, cut short, or of another size or kind: count it; the next
 * call goes on behind it. (Behind a damaged frame of Y4M, which has no marks to find the next by,
 * comes the end.)
 *   -EINVAL, -ENOTSUP  the geometry does not fit the recording: no frame is used up
 *   others     reading failed (-EIO, -ENOMEM …)
 * fr_recording_reason() says why in words. */
int fr_recording_next(struct fr_recording *recording, const struct fr_geometry *geometry,
                      uint8_t *slot, struct fr_recording_frame *ret_frame);

/* Back to the first frame. 0, or negative as reading. */
int fr_recording_rewind(struct fr_recording *recording);

/* One line on why the last call failed, with the frame and the file; "" when nothing did. */
const char *fr_recording_reason(const struct fr_recording *recording);
