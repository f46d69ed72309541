/* framering info as a table. */
#include "monitor/describe.h"
#include "monitor/info.h"

#include <pwd.h>
#include <string.h>

double info_average_rate(const struct info_look *look)
{
    const struct fr_ring_info *ring = &look->ring;
    int64_t span_ns = ring->last_publish_mono_ns - ring->begun_mono_ns;
    return ring->frames < 2 || span_ns <= 0 ? 0
                                            : (double)(ring->frames - 1) * 1e9 / (double)span_ns;
}

static void print_picture(const struct fr_ring_info *ring, FILE *out)
{
    const struct fr_format *format = &ring->geometry.format;
    const char *range = describe_range(format->colorimetry.range);
    char name[5], bytes[32];

    fprintf(out, "  %-10s %ux%u %s, %s%s%s\n", "picture", format->width_px, format->height_px,
            fr_fourcc_name(format->fourcc, name), describe_field(format->field), *range ? ", " : "",
            range);
    for (unsigned i = 0; i < ring->geometry.n_planes && i < FR_PLANES_MAX; i++) {
        const struct fr_plane_layout *plane = &ring->geometry.planes[i];
        if (plane->kind == FR_PLANE_JPEG) {
            fprintf(out, "  %-10s %s: the camera's own at %llu, up to %s\n", i ? "" : "planes",
                    describe_plane_kind(plane->kind), (unsigned long long)plane->offset_bytes,
                    describe_bytes(plane->size_bytes, bytes, sizeof bytes));
            continue;
        }
        fprintf(out, "  %-10s %s: %u rows of %u bytes at %llu, %s\n", i ? "" : "planes",
                describe_plane_kind(plane->kind), plane->rows, plane->stride_bytes,
                (unsigned long long)plane->offset_bytes,
                describe_bytes(plane->size_bytes, bytes, sizeof bytes));
    }
}

static void print_rate(const struct info_look *look, FILE *out)
{
    const struct fr_ring_info *ring = &look->ring;
    char nominal[32];

    fprintf(out, "  %-10s ", "rate");
    if (look->rate.intervals)
        fprintf(out, "%.2f frames a second measured",
                (double)look->rate.intervals * 1e9 / (double)look->rate.span_ns);
    else
        fprintf(out, "not measured (fewer than two frames came)");
    if (info_average_rate(look) > 0)
        fprintf(out, ", %.2f since the epoch began", info_average_rate(look));
    fprintf(out, ", nominal %s\n",
            describe_rate(ring->geometry.format.rate_num, ring->geometry.format.rate_den, nominal,
                          sizeof nominal));
}

static void print_counters(const struct info_look *look, FILE *out)
{
    const struct fr_ring_info *ring = &look->ring;
    char age[32], since[32];

    describe_duration(look->looked_mono_ns - ring->begun_mono_ns, since, sizeof since);
    fprintf(out, "  %-10s %llu in epoch %llu, which began %s ago", "frames",
            (unsigned long long)ring->frames, (unsigned long long)ring->epoch, since);
    if (ring->last_publish_mono_ns)
        fprintf(
            out, "; the last %s ago",
            describe_duration(look->looked_mono_ns - ring->last_publish_mono_ns, age, sizeof age));
    fprintf(out, "\n  %-10s %llu", "dropped", (unsigned long long)describe_dropped(ring));
    for (unsigned i = 0, n = 0; i < FR_DROP_REASONS; i++)
        if (ring->dropped[i])
            fprintf(out, "%s%s %llu", n++ ? ", " : ": ", fr_drop_reason_name(i),
                    (unsigned long long)ring->dropped[i]);
    fprintf(out, "\n  %-10s %llu%s\n", "withheld", (unsigned long long)ring->withheld,
            ring->withheld ? " (could not be pinned: readers held every other slot)" : "");
    fprintf(out, "  %-10s %llu\n", "gaps", (unsigned long long)ring->gaps);
    if (ring->mended)
        fprintf(
            out,
            "  %-10s %llu slots taken back: their pins were tampered with, or held for too long\n",
            "mended", (unsigned long long)ring->mended);
    fprintf(out, "  %-10s %llu epochs before this one\n", "restarts",
            (unsigned long long)ring->restarts);
}

static void print_slots(const struct fr_ring_info *ring, FILE *out)
{
    fprintf(out, "\n  SLOT        FRAME  HELD BY WRITER   PINS  LAST PID\n");
    for (unsigned i = 0; i < ring->slots && i < FR_SLOTS_MAX; i++) {
        const struct fr_slot_info *slot = &ring->slot[i];
        char pins[16] = "-", pid[16] = "-", frame[24] = "-";
        if (ring->has_pins)
            snprintf(pins, sizeof pins, "%u", slot->pins);
        if (slot->last_pid)
            snprintf(pid, sizeof pid, "%d", (int)slot->last_pid);
        if (slot->frame)
            snprintf(frame, sizeof frame, "%llu", (unsigned long long)slot->frame);
        fprintf(out, "  %4u %12s  %-14s %6s %9s\n", i, frame,
                slot->is_withheld  ? "withheld"
                : slot->is_writers ? "yes"
                                   : "",
                pins, pid);
    }
}

void info_print_text(const struct info_look *look, FILE *out)
{
    const struct fr_ring_info *ring = &look->ring;
    char slot_bytes[32], segment_bytes[32];

    fprintf(out, "%s: %s\n", ring->camera, describe_state(ring->state));
    if (ring->reason[0])
        fprintf(out, "  %-10s %s\n", "because", ring->reason);
    fprintf(out, "  %-10s %s\n", "folder", ring->folder);
    if (ring->state != FR_RING_LIVE && ring->state != FR_RING_DEAD)
        return;
    fprintf(out, "  %-10s %s\n", "copy path", fr_copy_path_name(ring->copy_path));
    print_picture(ring, out);
    print_rate(look, out);
    print_counters(look, out);
    fprintf(out, "  %-10s %u attached\n", "readers", describe_readers(ring));
    const struct passwd *owner = getpwuid(ring->owner_uid);
    fprintf(out, "  %-10s pid %d, user %s (%u)\n", "writer", (int)ring->writer_pid,
            owner ? owner->pw_name : "without a name", ring->owner_uid);
    fprintf(out, "  %-10s %u slots of %s, %u of them in the writer's hand%s; %s in all\n", "ring",
            ring->slots, describe_bytes(ring->geometry.slot_bytes, slot_bytes, sizeof slot_bytes),
            ring->hand, ring->has_pins ? "" : ", no pins",
            describe_bytes(ring->segment_bytes, segment_bytes, sizeof segment_bytes));
    fprintf(out, "  %-10s segment %d, gates %d, pins %d (see ipcs)\n", "objects", ring->shm_id,
            ring->gates_id, ring->pins_id);
    print_slots(ring, out);
}
