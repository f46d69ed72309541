/* framering info as JSON. Sizes and counters are integers, times seconds, what is not known is
 * null. */
#include "monitor/describe.h"
#include "monitor/info.h"

#include <errno.h>

#include <jansson.h>

/* jansson's integers are signed; what does not fit cannot have been counted. */
static json_t *number(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *seconds(int64_t ns)
{
    return json_real((double)ns / 1e9);
}

static json_t *rate_or_null(double rate)
{
    return rate > 0 ? json_real(rate) : json_null();
}

static json_t *format_json(const struct fr_format *format)
{
    char name[5];
    return json_pack("{s:s, s:i, s:i, s:s, s:i, s:{s:i, s:i, s:i, s:i}}", "fourcc",
                     fr_fourcc_name(format->fourcc, name), "width_px", (int)format->width_px,
                     "height_px", (int)format->height_px, "field_name",
                     describe_field(format->field), "field", (int)format->field, "colorimetry",
                     "primaries", format->colorimetry.primaries, "transfer",
                     format->colorimetry.transfer, "matrix", format->colorimetry.matrix, "range",
                     format->colorimetry.range);
}

static json_t *planes_json(const struct fr_geometry *geometry)
{
    json_t *planes = json_array();
    for (unsigned i = 0; i < geometry->n_planes && i < FR_PLANES_MAX; i++) {
        const struct fr_plane_layout *p = &geometry->planes[i];
        json_array_append_new(planes, json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind",
                                                describe_plane_kind(p->kind), "stride_bytes",
                                                number(p->stride_bytes), "rows", number(p->rows),
                                                "offset_bytes", number(p->offset_bytes),
                                                "size_bytes", number(p->size_bytes)));
    }
    return planes;
}

static json_t *rate_json(const struct info_look *look)
{
    const struct fr_format *format = &look->ring.geometry.format;
    double nominal =
        format->rate_num && format->rate_den ? (double)format->rate_num / format->rate_den : 0;
    double measured =
        look->rate.intervals ? (double)look->rate.intervals * 1e9 / (double)look->rate.span_ns : 0;
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "measured", rate_or_null(measured), "average",
                     rate_or_null(info_average_rate(look)), "nominal", rate_or_null(nominal),
                     "nominal_num", number(format->rate_num), "nominal_den",
                     number(format->rate_den));
}

static json_t *dropped_json(const struct fr_ring_info *ring)
{
    json_t *dropped = json_object();
    for (unsigned i = 0; i < FR_DROP_REASONS; i++)
        json_object_set_new(dropped, fr_drop_reason_name(i), number(ring->dropped[i]));
    return dropped;
}

static json_t *slots_json(const struct fr_ring_info *ring)
{
    json_t *slots = json_array();
    for (unsigned i = 0; i < ring->slots && i < FR_SLOTS_MAX; i++) {
        const struct fr_slot_info *s = &ring->slot[i];
        json_array_append_new(slots,
                              json_pack("{s:i, s:o, s:b, s:b, s:o, s:o}", "slot", (int)i, "frame",
                                        s->frame ? number(s->frame) : json_null(), "is_writers",
                                        s->is_writers, "is_withheld", s->is_withheld, "pins",
                                        ring->has_pins ? number(s->pins) : json_null(), "last_pid",
                                        s->last_pid ? json_integer(s->last_pid) : json_null()));
    }
    return slots;
}

static json_t *ring_json(const struct info_look *look)
{
    const struct fr_ring_info *ring = &look->ring;
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o, s:o, "
        "s:o, s:o, s:o, s:o}",
        "copy_path", fr_copy_path_name(ring->copy_path), "format",
        format_json(&ring->geometry.format), "planes", planes_json(&ring->geometry), "rate",
        rate_json(look), "frames", number(ring->frames), "dropped", dropped_json(ring),
        "dropped_total", number(describe_dropped(ring)), "withheld", number(ring->withheld),
        "mended", number(ring->mended), "gaps", number(ring->gaps), "restarts",
        number(ring->restarts), "readers", number(describe_readers(ring)), "slots",
        number(ring->slots), "hand", (int)ring->hand, "has_pins", ring->has_pins, "slot_bytes",
        number(ring->geometry.slot_bytes), "segment_bytes", number(ring->segment_bytes),
        "epoch_age_s", seconds(look->looked_mono_ns - ring->begun_mono_ns), "last_frame_age_s",
        ring->last_publish_mono_ns ? seconds(look->looked_mono_ns - ring->last_publish_mono_ns)
                                   : json_null(),
        "writer_pid", json_integer(ring->writer_pid), "slot", slots_json(ring));
}

int info_print_json(const struct info_look *look, FILE *out)
{
    const struct fr_ring_info *ring = &look->ring;
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:o}", "camera", ring->camera, "folder",
                               ring->folder, "state", describe_state(ring->state), "reason",
                               ring->reason, "epoch", number(ring->epoch));
    if (object && (ring->state == FR_RING_LIVE || ring->state == FR_RING_DEAD)) {
        json_t *more = ring_json(look);
        int rc = more ? json_object_update(object, more) : -1;
        json_decref(more);
        if (rc == 0)
            rc = json_object_update_new(
                object, json_pack("{s:i, s:i, s:i, s:o}", "shm_id", (int)ring->shm_id, "gates_id",
                                  (int)ring->gates_id, "pins_id", (int)ring->pins_id, "owner_uid",
                                  number(ring->owner_uid)));
        if (rc < 0) {
            json_decref(object);
            return -ENOMEM;
        }
    }
    if (!object)
        return -ENOMEM;
    int rc = json_dumpf(object, out, JSON_REAL_PRECISION(10));
    fputc('\n', out);
    json_decref(object);
    /* what stdout did not take is told when it is flushed */
    return rc < 0 && !ferror(out) ? -ENOMEM : 0;
}
