/* Whatever a driver answers: what was agreed is sound, a copy by it stays within the buffer and the
 * slot, and no dequeued buffer leads outside the books. */
#include "capture/v4l2_buffers.h"
#include "capture/v4l2_copy.h"
#include "capture/v4l2_format.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Pictures beyond this are not copied: the fuzzer has better things to do. */
enum { COPY_BYTES_MAX = 1 << 20 };

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void copy(const struct fr_v4l2_agreed *agreed)
{
    struct fr_geometry slot_geometry;
    require(fr_geometry_init(&agreed->format, &slot_geometry) == 0);
    if (slot_geometry.slot_bytes > COPY_BYTES_MAX)
        return;
    for (uint32_t i = 0; i < agreed->n_parts; i++)
        if (agreed->parts[i].min_bytes > COPY_BYTES_MAX)
            return;
    /* Exact sizes: a byte too many is seen. */
    uint8_t *parts[FR_V4L2_PARTS_MAX] = {0}, *slot = malloc(slot_geometry.slot_bytes);
    const uint8_t *planes[FR_PLANES_MAX] = {0};
    for (uint32_t i = 0; i < agreed->n_parts; i++)
        require((parts[i] = calloc(1, agreed->parts[i].min_bytes)) != NULL);
    for (uint32_t i = 0; i < agreed->given.n_planes; i++) {
        uint32_t part = agreed->n_parts == 1 ? 0 : agreed->layout->part_of[i];
        require(part < agreed->n_parts);
        planes[i] =
            parts[part] + agreed->given.planes[i].offset_bytes - agreed->parts[part].offset_bytes;
    }
    require(slot != NULL);
    fr_v4l2_copy(&agreed->tight, &agreed->given, planes, &slot_geometry, slot);
    for (uint32_t i = 0; i < agreed->n_parts; i++)
        free(parts[i]);
    free(slot);
}

/* A part has room for a picture, within the slot, and none of the next one's. */
static void check_part(const struct fr_v4l2_agreed *agreed, uint32_t i)
{
    const struct fr_v4l2_part *part = &agreed->parts[i];
    require(part->min_bytes > 0 && part->min_bytes <= part->image_bytes);
    if (agreed->layout->fourcc == FR_FOURCC_MJPG)
        return;
    uint64_t end = i + 1 < agreed->n_parts ? part[1].offset_bytes : agreed->given.slot_bytes;
    require(part->offset_bytes + part->image_bytes <= end);
}

static void take_format(const struct v4l2_format *format, uint32_t wanted, uint32_t rate_num,
                        uint32_t rate_den)
{
    struct fr_v4l2_agreed agreed;
    char reason[FR_SOURCE_REASON_MAX] = "";
    int rc = fr_v4l2_format_take(format, wanted, rate_num, rate_den, &agreed, reason);
    if (rc < 0) {
        require(*reason);
        return;
    }
    require(fr_geometry_check(&agreed.given) == 0);
    require(agreed.n_parts >= 1 && agreed.n_parts <= FR_V4L2_PARTS_MAX);
    for (uint32_t i = 0; i < agreed.n_parts; i++)
        check_part(&agreed, i);
    require((agreed.format.rate_num == 0) == (agreed.format.rate_den == 0));
    if (agreed.layout->fourcc != FR_FOURCC_MJPG)
        copy(&agreed);
}

/* One turn of the queue's life for each buffer in the data. */
static void judge(uint32_t type, const uint8_t *data, size_t size)
{
    const struct fr_v4l2_limits limits = {.type = type,
                                          .memory = V4L2_MEMORY_MMAP,
                                          .n_buffers = 5,
                                          .n_parts =
                                              type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE ? 3 : 1,
                                          .parts = {{.min_bytes = 100, .room_bytes = 200},
                                                    {.min_bytes = 1, .room_bytes = UINT32_MAX},
                                                    {.min_bytes = 50, .room_bytes = 50}}};
    struct fr_v4l2_buffers books;
    struct {
        struct v4l2_buffer buffer;
        struct v4l2_plane planes[FR_V4L2_PARTS_MAX];
    } one;
    int64_t now_ns = INT64_C(5000000000), last_ns = 0;

    require(fr_v4l2_buffers_init(&books, &limits) == 0);
    for (uint32_t i = 0; i < limits.n_buffers; i++)
        require(fr_v4l2_buffers_queued(&books, i, 0) == 0);
    for (; size >= sizeof one; data += sizeof one, size -= sizeof one) {
        struct fr_v4l2_judgement judged;
        memcpy(&one, data, sizeof one);
        now_ns += 1000000;
        if (fr_v4l2_buffers_judge(&books, &one.buffer, one.planes, now_ns, &judged) < 0)
            continue;
        require(judged.index < limits.n_buffers);
        require(!(books.queued >> judged.index & 1));
        if (judged.verdict == FR_V4L2_GOOD) {
            for (uint32_t i = 0; i < limits.n_parts; i++) {
                uint64_t begin = judged.parts[i].begin_bytes, bytes = judged.parts[i].bytes;
                require(bytes >= limits.parts[i].min_bytes &&
                        begin + bytes <= limits.parts[i].room_bytes);
            }
            require(judged.meta.captured_mono_ns > last_ns);
            last_ns = judged.meta.captured_mono_ns;
        } else {
            require(judged.reason < FR_DROP_REASONS);
        }
        require(fr_v4l2_buffers_queued(&books, judged.index, 0) == 0);
    }
}

/* The fuzzer would spend its life on finding small sizes. */
static void shrink(struct v4l2_format *format, bool has_small_images)
{
    if (format->type != V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE) {
        struct v4l2_pix_format *pix = &format->fmt.pix;
        pix->width %= 600;
        pix->height %= 600;
        pix->bytesperline %= 4096;
        pix->field %= 12;
        if (has_small_images)
            pix->sizeimage %= 1 << 21;
        return;
    }
    struct v4l2_pix_format_mplane *pix = &format->fmt.pix_mp;
    pix->width %= 600;
    pix->height %= 600;
    pix->field %= 12;
    for (int i = 0; i < FR_V4L2_PARTS_MAX; i++) {
        pix->plane_fmt[i].bytesperline %= 4096;
        if (has_small_images)
            pix->plane_fmt[i].sizeimage %= 1 << 21;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct v4l2_format format;
    uint8_t how[4];
    if (size < sizeof how + sizeof format.fmt)
        return 0;
    memcpy(how, data, sizeof how);
    format.type = how[1] & 4 ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
    memcpy(&format.fmt, data + sizeof how, sizeof format.fmt);
    data += sizeof how + sizeof format.fmt;
    size -= sizeof how + sizeof format.fmt;
    /* Nor on finding a fourcc, which both APIs have in the same place, and its number of planes. */
    const struct fr_v4l2_layout *layout = &fr_v4l2_layouts[how[0] % FR_V4L2_N_LAYOUTS];
    if (how[0] < 250)
        format.fmt.pix.pixelformat = layout->fourcc;
    if (how[0] < 250 && how[1] & 4)
        format.fmt.pix_mp.num_planes = layout->n_parts;
    if (how[1] & 1)
        shrink(&format, how[1] & 2);
    take_format(&format, how[1] & 8 ? fr_v4l2_layouts[how[2] % FR_V4L2_N_LAYOUTS].ring_fourcc : 0,
                how[2], how[3]);
    judge(format.type, data, size);
    return 0;
}
