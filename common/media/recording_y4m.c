/* A recording that is a Y4M file. */
#include "common/media/recording_kinds.h"

#include "common/media/y4m.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct y4m {
    struct fr_y4m_header header;
    size_t header_bytes;
    bool is_over; /* a damaged frame: the rest cannot be read */
};

/* Makes the window hold at least n bytes. 0; -ENODATA: the file ends before. */
static int need(struct file_window *w, size_t n)
{
    while (window_length(w) < n) {
        if (w->is_end)
            return -ENODATA;
        int rc = window_fill(w, SIZE_MAX);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_header(struct fr_recording *recording)
{
    struct y4m *y4m = recording->own;
    struct file_window *w = &recording->window;
    char reason[160] = "";

    for (;;) {
        int rc = fr_y4m_parse_header(window_bytes(w), window_length(w), &y4m->header,
                                     &y4m->header_bytes, reason, sizeof reason);
        if (rc == 0) {
            window_skip(w, y4m->header_bytes);
            return 0;
        }
        if (rc != -EAGAIN)
            return recording_fail(recording, rc, "%s", reason);
        if (w->is_end)
            return recording_fail(recording, -EBADMSG, "Y4M that ends within its header line");
        rc = window_fill(w, SIZE_MAX);
        if (rc < 0)
            return recording_fail(recording, rc, "%s", strerror(-rc));
    }
}

static int y4m_open(struct fr_recording *recording, int fd)
{
    struct y4m *y4m = calloc(1, sizeof *y4m);
    struct stat status;

    recording->window.fd = fd;
    recording->own = y4m;
    recording->info.kind = FR_RECORDING_Y4M;
    if (!y4m)
        return recording_fail(recording, -ENOMEM, "no memory");
    int rc = read_header(recording);
    if (rc < 0)
        return rc;
    recording->info.format = (struct fr_format){
        .fourcc = fr_y4m_native_fourcc(&y4m->header),
        .width_px = y4m->header.width_px,
        .height_px = y4m->header.height_px,
        .field = y4m->header.field,
        .colorimetry.range = y4m->header.range,
        .rate_num = y4m->header.rate_num,
        .rate_den = y4m->header.rate_den,
    };
    /* FRAME lines hardly ever have parameters; where the size says otherwise, the number stays
     * unknown. */
    uint64_t one = strlen(FR_Y4M_FRAME) + fr_y4m_frame_bytes(&y4m->header);
    if (fstat(fd, &status) == 0 && status.st_size >= (off_t)y4m->header_bytes) {
        uint64_t all = (uint64_t)status.st_size - y4m->header_bytes;
        recording->info.frames = all % one == 0 ? all / one : 0;
        if (all < strlen(FR_Y4M_FRAME))
            return recording_fail(recording, -ENODATA, "Y4M without a frame");
    }
    return 0;
}

/* Moves one plane from the file to where it belongs; `layout` NULL passes over it. */
static int move_plane(struct file_window *w, uint32_t width_px, uint32_t height_px,
                      const struct fr_plane_layout *layout, uint8_t *slot)
{
    for (uint32_t y = 0; y < height_px; y++) {
        int rc = need(w, width_px);
        if (rc < 0)
            return rc;
        if (layout)
            memcpy(slot + layout->offset_bytes + (size_t)y * layout->stride_bytes, window_bytes(w),
                   width_px);
        window_skip(w, width_px);
    }
    return 0;
}

static const struct fr_plane_layout *find_plane(const struct fr_geometry *geometry, uint32_t kind)
{
    for (unsigned i = 0; i < geometry->n_planes; i++)
        if (geometry->planes[i].kind == kind)
            return &geometry->planes[i];
    return NULL;
}

static int move_planes(struct fr_recording *recording, const struct fr_geometry *geometry,
                       uint8_t *slot)
{
    const struct fr_y4m_header *header = &((struct y4m *)recording->own)->header;
    struct file_window *w = &recording->window;
    uint32_t chroma_width = fr_y4m_chroma_width_px(header),
             chroma_height = fr_y4m_chroma_height_px(header);

    int rc =
        move_plane(w, header->width_px, header->height_px, find_plane(geometry, FR_PLANE_Y), slot);
    if (rc == 0)
        rc = move_plane(w, chroma_width, chroma_height, find_plane(geometry, FR_PLANE_U), slot);
    if (rc == 0)
        rc = move_plane(w, chroma_width, chroma_height, find_plane(geometry, FR_PLANE_V), slot);
    return rc;
}

static int read_frame(struct fr_recording *recording, const struct fr_geometry *geometry,
                      uint8_t *slot, size_t *ret_bytes)
{
    struct file_window *w = &recording->window;
    size_t line_bytes;
    int rc;

    while ((rc = fr_y4m_parse_frame(window_bytes(w), window_length(w), &line_bytes)) == -EAGAIN) {
        if (w->is_end && window_length(w) == 0)
            return -ENODATA;
        if (w->is_end)
            return recording_fail(recording, -EBADMSG, "the file ends within a FRAME line");
        rc = window_fill(w, SIZE_MAX);
        if (rc < 0)
            return recording_fail(recording, rc, "%s", strerror(-rc));
    }
    if (rc < 0)
        return recording_fail(recording, rc, "no FRAME line where one must be");
    window_skip(w, line_bytes);
    rc = move_planes(recording, geometry, slot);
    if (rc == -ENODATA)
        return recording_fail(recording, -EBADMSG, "the file ends within the frame");
    if (rc < 0)
        return recording_fail(recording, rc, "%s", strerror(-rc));
    *ret_bytes = line_bytes + fr_y4m_frame_bytes(&((struct y4m *)recording->own)->header);
    return 0;
}

static int y4m_next(struct fr_recording *recording, const struct fr_geometry *geometry,
                    uint8_t *slot, struct fr_recording_frame *ret_frame)
{
    struct y4m *y4m = recording->own;
    size_t bytes = 0;

    if (y4m->is_over)
        return -ENODATA;
    int rc = read_frame(recording, geometry, slot, &bytes);
    if (rc == -EBADMSG)
        y4m->is_over = true;
    if (rc == 0)
        ret_frame->bytes = bytes;
    return rc;
}

static int y4m_rewind(struct fr_recording *recording)
{
    struct y4m *y4m = recording->own;
    y4m->is_over = false;
    int rc = window_rewind(&recording->window);
    return rc < 0 ? rc : read_header(recording);
}

static void y4m_close(struct fr_recording *recording)
{
    free(recording->own);
}

const struct recording_ops recording_y4m_ops = {y4m_open, y4m_next, y4m_rewind, y4m_close};
