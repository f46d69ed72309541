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
    if (agreed->min_bytes > COPY_BYTES_MAX || slot_geometry.slot_bytes > COPY_BYTES_MAX)
        return;
    /* Exact sizes: a byte too many is seen. */
    uint8_t *bytes = calloc(1, agreed->min_bytes), *slot = malloc(slot_geometry.slot_bytes);
    if (bytes && slot)
        fr_v4l2_copy(&agreed->tight, &agreed->given, bytes, &slot_geometry, slot);
    free(bytes);
    free(slot);
}

static void take_format(const struct v4l2_pix_format *pix, uint32_t wanted)
{
    struct fr_v4l2_agreed agreed;
    char reason[FR_SOURCE_REASON_MAX] = "";
    int rc = fr_v4l2_format_take(pix, wanted, pix->priv, pix->flags, &agreed, reason);
    if (rc < 0) {
        require(*reason);
        return;
    }
    require(fr_geometry_check(&agreed.given) == 0);
    require(agreed.min_bytes > 0 && agreed.min_bytes <= agreed.image_bytes);
    require((agreed.format.rate_num == 0) == (agreed.format.rate_den == 0));
    if (agreed.fourcc != FR_FOURCC_MJPG)
        copy(&agreed);
}

static void judge(const uint8_t *data, size_t size)
{
    const struct fr_v4l2_limits limits = {
        .memory = V4L2_MEMORY_MMAP, .n_buffers = 5, .min_bytes = 100, .room_bytes = 200};
    struct fr_v4l2_buffers books;
    struct v4l2_buffer buffer;
    int64_t now_ns = INT64_C(5000000000), last_ns = 0;

    require(fr_v4l2_buffers_init(&books, &limits) == 0);
    for (uint32_t i = 0; i < limits.n_buffers; i++)
        require(fr_v4l2_buffers_queued(&books, i, 0) == 0);
    for (; size >= sizeof buffer; data += sizeof buffer, size -= sizeof buffer) {
        struct fr_v4l2_judgement judged;
        memcpy(&buffer, data, sizeof buffer);
        now_ns += 1000000;
        if (fr_v4l2_buffers_judge(&books, &buffer, now_ns, &judged) < 0)
            continue;
        require(judged.index < limits.n_buffers);
        require(!(books.queued >> judged.index & 1));
        if (judged.verdict == FR_V4L2_GOOD) {
            require(judged.meta.bytes_used >= limits.min_bytes &&
                    judged.meta.bytes_used <= limits.room_bytes);
            require(judged.meta.captured_mono_ns > last_ns);
            last_ns = judged.meta.captured_mono_ns;
        } else {
            require(judged.reason < FR_DROP_REASONS);
        }
        require(fr_v4l2_buffers_queued(&books, judged.index, 0) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t fourccs[] = {FR_FOURCC_GREY, FR_FOURCC_NV12, FR_FOURCC_NV21,
                                       FR_FOURCC_YU12, FR_FOURCC_YV12, FR_FOURCC_422P,
                                       FR_FOURCC_YUYV, FR_FOURCC_UYVY, FR_FOURCC_MJPG};
    enum { N = sizeof fourccs / sizeof *fourccs };
    struct v4l2_pix_format pix;
    if (size < 2 + sizeof pix)
        return 0;
    memcpy(&pix, data + 2, sizeof pix);
    /* The fuzzer would spend its life on finding a fourcc and a small size. */
    if (data[0] < 250)
        pix.pixelformat = fourccs[data[0] % N];
    if (data[0] & 1) {
        pix.width %= 600;
        pix.height %= 600;
        pix.bytesperline %= 4096;
        pix.field %= 12;
    }
    if (data[1] & 1)
        pix.sizeimage %= 1 << 21;
    take_format(&pix, data[1] & 2 ? fourccs[data[1] % N] : 0);
    judge(data + 2 + sizeof pix, size - 2 - sizeof pix);
    return 0;
}
