/* Mirroring and rotating: what a turn does to a format, and which way its planes are walked. */
#include "common/media/turn.h"

#include "common/media/turn_steps.h"

#include <errno.h>

#include <linux/videodev2.h>

static bool is_turn(struct fr_turn turn)
{
    return turn.rotate_deg % 90 == 0 && turn.rotate_deg < 360;
}

bool fr_turn_is_none(struct fr_turn turn)
{
    return turn.rotate_deg == 0 && !turn.mirror;
}

/* Rotations by a and b, mirrors m and n, each mirroring first: the left turn is
 * R(a) M(m) M(n) R(-b). Where one M stays, it stands before R(-b), and M R(-b) = R(b) M. */
struct fr_turn fr_turn_left(struct fr_turn wanted, struct fr_turn done)
{
    bool mirror = wanted.mirror != done.mirror;
    uint32_t undo_deg = mirror ? done.rotate_deg : 360 - done.rotate_deg;
    return (struct fr_turn){(wanted.rotate_deg + undo_deg) % 360, mirror};
}

bool fr_turn_suits_field(struct fr_turn turn, uint32_t field)
{
    return turn.rotate_deg == 0 ||
           !(field == V4L2_FIELD_INTERLACED || field == V4L2_FIELD_INTERLACED_TB ||
             field == V4L2_FIELD_INTERLACED_BT);
}

static bool has_chroma_in_every_row(uint32_t fourcc)
{
    return fourcc == FR_FOURCC_422P || fourcc == FR_FOURCC_YUYV || fourcc == FR_FOURCC_UYVY;
}

int fr_turn_format(struct fr_turn turn, const struct fr_format *from, struct fr_format *ret_to)
{
    struct fr_geometry geometry;
    struct fr_format to = *from;

    if (!is_turn(turn))
        return -EINVAL;
    if (turn.rotate_deg % 180) {
        to.width_px = from->height_px;
        to.height_px = from->width_px;
        if (has_chroma_in_every_row(from->fourcc))
            to.fourcc = FR_FOURCC_YU12;
    }
    int rc = fr_geometry_init(from, &geometry);
    if (rc == 0)
        *ret_to = to;
    return rc;
}

/* Clockwise by 90 degrees, the left column is read from the bottom to the top and becomes the top
 * row; and so on. */
static struct fr_turn_steps steps_of(struct fr_turn turn)
{
    return (struct fr_turn_steps){
        .from_right = (turn.rotate_deg == 180 || turn.rotate_deg == 270) != turn.mirror,
        .from_bottom = turn.rotate_deg == 90 || turn.rotate_deg == 180,
        .is_transposed = turn.rotate_deg % 180 != 0,
    };
}

static void find_planes(const struct fr_geometry *geometry, const uint8_t *bytes,
                        const uint8_t *ret_planes[FR_PLANES_MAX])
{
    for (unsigned i = 0; i < FR_PLANES_MAX; i++)
        ret_planes[i] = i < geometry->n_planes ? bytes + geometry->planes[i].offset_bytes : NULL;
}

/* A picture somewhere in memory as a frame, for the lookup of its components. */
static struct fr_frame frame_of(const struct fr_geometry *geometry,
                                const uint8_t *const planes[FR_PLANES_MAX])
{
    struct fr_frame frame = {.format = geometry->format, .n_planes = geometry->n_planes};
    for (unsigned i = 0; i < geometry->n_planes && i < FR_PLANES_MAX; i++)
        frame.planes[i] = (struct fr_plane){.data = planes[i],
                                            .kind = geometry->planes[i].kind,
                                            .stride_bytes = geometry->planes[i].stride_bytes,
                                            .rows = geometry->planes[i].rows,
                                            .size_bytes = geometry->planes[i].size_bytes};
    return frame;
}

/* Plane by plane: the fourcc stays. */
static void turn_by_rows(struct fr_turn_steps steps, const struct fr_geometry *from,
                         const uint8_t *const planes[FR_PLANES_MAX], const struct fr_geometry *to,
                         uint8_t *slot)
{
    const uint32_t width_px = from->format.width_px;
    for (unsigned i = 0; i < from->n_planes; i++)
        for (unsigned k = 0; k < to->n_planes; k++) {
            const struct fr_plane_layout *a = &from->planes[i], *b = &to->planes[k];
            if (a->kind != b->kind || a->kind == FR_PLANE_HALF_Y || a->kind == FR_PLANE_JPEG)
                continue;
            struct fr_turn_plane plane = {
                .from = planes[i],
                .to = slot + b->offset_bytes,
                .from_stride_bytes = a->stride_bytes,
                .to_stride_bytes = b->stride_bytes,
                .elements = a->kind == FR_PLANE_Y ? width_px : (width_px + 1) / 2,
                .rows = a->rows,
                .element_bytes = 1,
            };
            if (a->kind == FR_PLANE_UV || a->kind == FR_PLANE_VU)
                plane.element_bytes = 2;
            if (a->kind == FR_PLANE_PACKED) {
                plane.element_bytes = 4;
                plane.luma_at = from->format.fourcc == FR_FOURCC_UYVY ? 1 : 0;
            }
            fr_turn_rows(steps, &plane);
        }
}

int fr_turn_planes(struct fr_turn turn, const struct fr_geometry *from,
                   const uint8_t *const planes[FR_PLANES_MAX], const struct fr_geometry *to,
                   uint8_t *slot)
{
    const uint8_t *to_planes[FR_PLANES_MAX];
    struct fr_format wanted = {0};
    struct fr_frame_rows from_rows, to_rows;

    int rc = fr_turn_format(turn, &from->format, &wanted);
    if (rc < 0)
        return rc;
    if (wanted.fourcc != to->format.fourcc || wanted.width_px != to->format.width_px ||
        wanted.height_px != to->format.height_px)
        return -EINVAL;
    find_planes(to, slot, to_planes);
    const struct fr_frame from_frame = frame_of(from, planes), to_frame = frame_of(to, to_planes);
    rc = fr_frame_rows_init(&from_frame, &from_rows);
    if (rc == 0)
        rc = fr_frame_rows_init(&to_frame, &to_rows);
    if (rc < 0)
        return rc;

    const struct fr_turn_steps steps = steps_of(turn);
    if (!steps.is_transposed) {
        turn_by_rows(steps, from, planes, to, slot);
        return 0;
    }
    fr_turn_tiles(steps, &from_rows, &to_rows, 0, false);
    for (unsigned c = 1; c < 3 && from_rows.chroma_width_px; c++)
        fr_turn_tiles(steps, &from_rows, &to_rows, c, from_rows.chroma_v_sub == 1);
    return 0;
}

int fr_turn_picture(struct fr_turn turn, const struct fr_geometry *from, const uint8_t *bytes,
                    const struct fr_geometry *to, uint8_t *slot)
{
    const uint8_t *planes[FR_PLANES_MAX];
    find_planes(from, bytes, planes);
    return fr_turn_planes(turn, from, planes, to, slot);
}
