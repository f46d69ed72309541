/* Whatever a driver hands back, through whichever API: the books stay right, what is judged good
 * lies within the buffer, and published times rise. */
#include "capture/v4l2_buffers.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The addresses of buffers: what a hostile driver could guess. */
static const uint64_t ADDRESS = 0x10000;

/* One dequeued buffer, and what the fuzzer does about it. */
struct turn {
    uint8_t is_mended; /* its names are put right, or the fuzzer would never come past them */
    uint8_t index;
    uint8_t is_kept; /* not queued again at once */
    struct v4l2_buffer buffer;
    struct v4l2_plane planes[FR_V4L2_PARTS_MAX];
};

static void require(bool is_so)
{
    if (!is_so)
        abort();
}

static void mend(struct turn *turn, const struct fr_v4l2_limits *limits)
{
    turn->buffer.type = limits->type;
    turn->buffer.memory = limits->memory;
    turn->buffer.index = turn->index % limits->n_buffers;
    uint64_t address = ADDRESS * (turn->buffer.index + 1);
    if (limits->type == V4L2_BUF_TYPE_VIDEO_CAPTURE) {
        turn->buffer.m.userptr = address;
        return;
    }
    turn->buffer.length = limits->n_parts;
    for (uint32_t i = 0; i < limits->n_parts; i++)
        turn->planes[i].m.userptr = address + limits->parts[i].offset_bytes;
}

static void check_good(const struct fr_v4l2_limits *limits, const struct fr_v4l2_judgement *judged,
                       int64_t *last_ns)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < limits->n_parts; i++) {
        uint64_t begin = judged->parts[i].begin_bytes, bytes = judged->parts[i].bytes;
        require(bytes > 0 && bytes >= limits->parts[i].min_bytes);
        require(begin + bytes <= limits->parts[i].room_bytes);
        sum += bytes;
    }
    require(judged->meta.bytes_used == sum);
    require(judged->meta.captured_mono_ns > *last_ns);
    *last_ns = judged->meta.captured_mono_ns;
}

static void queue(struct fr_v4l2_buffers *books, uint32_t index)
{
    require(fr_v4l2_buffers_queued(books, index, ADDRESS * (index + 1)) == 0);
    require(fr_v4l2_buffers_queued(books, index, ADDRESS * (index + 1)) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct turn turn;
    if (size < 1)
        return 0;
    const struct fr_v4l2_limits limits = {
        .type = data[0] & 1 ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE,
        .memory = data[0] & 2 ? V4L2_MEMORY_USERPTR : V4L2_MEMORY_MMAP,
        .n_buffers = data[0] & 4 ? FR_SLOTS_MAX : 5,
        .n_parts = data[0] & 1 ? 3 : 1,
        .parts = {{.min_bytes = data[0] & 8 ? 0 : 100, .room_bytes = 200},
                  {.min_bytes = 1, .room_bytes = UINT32_MAX, .offset_bytes = 4096},
                  {.min_bytes = 50, .room_bytes = 50, .offset_bytes = 8192}}};
    struct fr_v4l2_buffers books;
    int64_t now_ns = INT64_C(5000000000), last_ns = 0;
    require(fr_v4l2_buffers_init(&books, &limits) == 0);
    for (uint32_t i = 0; i < limits.n_buffers; i++)
        queue(&books, i);
    for (data++, size--; size;) {
        struct fr_v4l2_judgement judged;
        size_t n = size < sizeof turn ? size : sizeof turn;
        memset(&turn, 0, sizeof turn);
        memcpy(&turn, data, n);
        data += n;
        size -= n;
        if (turn.is_mended)
            mend(&turn, &limits);
        now_ns += 1000000;
        uint32_t queued = books.queued;
        if (fr_v4l2_buffers_judge(&books, &turn.buffer, turn.planes, now_ns, &judged) < 0) {
            require(books.queued == queued);
            continue;
        }
        require(judged.index < limits.n_buffers && queued >> judged.index & 1);
        require(books.queued == (queued & ~(UINT32_C(1) << judged.index)));
        if (judged.verdict == FR_V4L2_GOOD)
            check_good(&limits, &judged, &last_ns);
        else if (judged.verdict == FR_V4L2_BAD)
            require(judged.reason < FR_DROP_REASONS);
        else
            require(judged.reason == FR_DROP_REASONS || judged.reason == FR_DROP_LATE);
        for (uint32_t i = 0; !turn.is_kept && i < limits.n_buffers; i++)
            if (!(books.queued >> i & 1))
                queue(&books, i);
    }
    return 0;
}
