#include "capture/v4l2_convert.h"

#include <errno.h>
#include <libv4l-plugin.h>
#include <libv4lconvert.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct fr_v4l2_converter {
    struct v4lconvert_data *library;
    struct v4l2_format from, to;
    size_t picture_bytes; /* of the result */
    /* Raw: how the rows stand in a buffer. */
    uint32_t row_bytes, rows, stride_bytes;
    /* What the library gets to read, and to write where it may not have the slot itself. */
    struct guarded {
        uint8_t *data;
        size_t bytes; /* of the mapping, the guard with it */
    } input, output;
    size_t input_bytes; /* without the room behind it */
    char reason[160];
};

/* Decoders that go on behind damaged data go no further than the picture has pixels, at some bytes
 * each. */
static size_t room_behind(const struct fr_v4l2_agreed *agreed)
{
    return (size_t)agreed->format.width_px * agreed->format.height_px * 8 + 4096;
}

/* Zeroed memory that ends, after at least `bytes`, in a page that nobody may touch: a decoder that
 * went further still would be stopped, and not write into what is not its own. */
static int guarded_init(struct guarded *guarded, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (bytes + page - 1) / page * page;
    void *data =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (data == MAP_FAILED)
        return -ENOMEM;
    *guarded = (struct guarded){data, room + page};
    return mprotect((char *)data + room, page, PROT_NONE) < 0 ? -ENOMEM : 0;
}

static void guarded_fini(struct guarded *guarded)
{
    if (guarded->data)
        munmap(guarded->data, guarded->bytes);
}

/* The device that the library is told of: it has the format that we want, and nothing else, so that
 * nothing is to be corrected. */
static int answer(void *userdata, int fd, unsigned long request, void *argument)
{
    (void)userdata, (void)fd;
    struct v4l2_capability *cap = argument;
    struct v4l2_fmtdesc *desc = argument;
    if (request == VIDIOC_QUERYCAP) {
        *cap =
            (struct v4l2_capability){.driver = "framering",
                                     .card = "framering",
                                     .capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING};
        return 0;
    }
    if (request == VIDIOC_ENUM_FMT && desc->index == 0) {
        desc->pixelformat = V4L2_PIX_FMT_YUV420;
        return 0;
    }
    errno = request == VIDIOC_ENUM_FMT ? EINVAL : ENOTTY;
    return -1;
}

static const struct libv4l_dev_ops no_device = {.ioctl = answer};

static struct v4l2_format format_of(const struct fr_v4l2_agreed *agreed, uint32_t fourcc,
                                    uint32_t stride_bytes, size_t image_bytes)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    format.fmt.pix = (struct v4l2_pix_format){.width = agreed->format.width_px,
                                              .height = agreed->format.height_px,
                                              .pixelformat = fourcc,
                                              .field = V4L2_FIELD_NONE,
                                              .bytesperline = stride_bytes,
                                              .sizeimage = (uint32_t)image_bytes};
    return format;
}

/* Which of our own memory is needed between the buffer and the slot. */
static int get_memory(struct fr_v4l2_converter *converter, const struct fr_v4l2_agreed *agreed)
{
    const struct fr_v4l2_layout *layout = agreed->layout;
    size_t room = 0;
    int rc = 0;
    converter->picture_bytes = agreed->given.slot_bytes;
    if (layout->row_bits == 0) {
        room = room_behind(agreed);
        converter->input_bytes = agreed->parts[0].image_bytes;
        rc = guarded_init(&converter->output, converter->picture_bytes + room);
    } else {
        converter->row_bytes = agreed->format.width_px * layout->row_bits / 8;
        converter->rows = agreed->format.height_px * layout->halves / 2;
        converter->stride_bytes = agreed->parts[0].stride_bytes;
        converter->input_bytes = (size_t)converter->row_bytes * converter->rows;
    }
    if (rc == 0)
        rc = guarded_init(&converter->input, converter->input_bytes + room);
    return rc;
}

int fr_v4l2_converter_new(const struct fr_v4l2_agreed *agreed,
                          struct fr_v4l2_converter **ret_converter)
{
    struct fr_v4l2_converter *converter = calloc(1, sizeof *converter);
    if (!converter)
        return -ENOMEM;
    int rc = get_memory(converter, agreed);
    if (rc < 0)
        goto fail;
    uint32_t row_bytes = converter->row_bytes ? converter->row_bytes : agreed->format.width_px;
    converter->from =
        format_of(agreed, agreed->layout->fourcc, row_bytes, agreed->parts[0].image_bytes);
    converter->to =
        format_of(agreed, agreed->format.fourcc, agreed->format.width_px, converter->picture_bytes);
    converter->library = v4lconvert_create_with_dev_ops(-1, NULL, &no_device);
    if (!converter->library) {
        rc = -ENOTSUP;
        goto fail;
    }
    *ret_converter = converter;
    return 0;
fail:
    fr_v4l2_converter_free(converter);
    return rc;
}

void fr_v4l2_converter_free(struct fr_v4l2_converter *converter)
{
    if (!converter)
        return;
    if (converter->library)
        v4lconvert_destroy(converter->library);
    guarded_fini(&converter->input);
    guarded_fini(&converter->output);
    free(converter);
}

/* Fills the input; the number of bytes in it, or 0 when they are too many. */
static size_t prepare(struct fr_v4l2_converter *converter, const uint8_t *bytes, size_t n)
{
    uint8_t *input = converter->input.data;
    if (converter->row_bytes == 0) {
        if (n > converter->input_bytes)
            return 0;
        memcpy(input, bytes, n);
        /* What an earlier and longer one left behind is not this one's. */
        memset(input + n, 0, converter->input_bytes - n);
        return n;
    }
    for (uint32_t y = 0; y < converter->rows; y++)
        memcpy(input + (size_t)y * converter->row_bytes,
               bytes + (size_t)y * converter->stride_bytes, converter->row_bytes);
    return converter->input_bytes;
}

int fr_v4l2_convert(struct fr_v4l2_converter *converter, const uint8_t *bytes, size_t n,
                    uint8_t *picture)
{
    size_t input_bytes = prepare(converter, bytes, n);
    uint8_t *output = converter->output.data ? converter->output.data : picture;
    *converter->reason = 0;
    if (!input_bytes) {
        snprintf(converter->reason, sizeof converter->reason,
                 "%zu bytes, and the driver spoke of at most %zu", n, converter->input_bytes);
        return -EBADMSG;
    }
    int got = v4lconvert_convert(converter->library, &converter->from, &converter->to,
                                 converter->input.data, (int)input_bytes, output,
                                 (int)converter->picture_bytes);
    if (got < 0 || (size_t)got != converter->picture_bytes) {
        snprintf(converter->reason, sizeof converter->reason, "libv4l2 cannot convert it: %s",
                 got < 0 ? v4lconvert_get_error_message(converter->library)
                         : "not a whole picture");
        converter->reason[strcspn(converter->reason, "\n")] = 0;
        return -EBADMSG;
    }
    if (converter->output.data)
        memcpy(picture, converter->output.data, converter->picture_bytes);
    return 0;
}

const char *fr_v4l2_converter_reason(const struct fr_v4l2_converter *converter)
{
    return converter->reason;
}
