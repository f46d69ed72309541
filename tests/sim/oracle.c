/* See oracle.h. */
#include "tests/sim/oracle.h"
#include "tests/sim/camera.h"

#include "common/ring/protocol.h"

#include <string.h>

struct oracle oracle;

static struct epoch *by_segment[MEMORY_SEGMENTS];

void oracle_reset(void)
{
    for (unsigned i = 0; i < ORACLE_EPOCHS; i++)
        oracle.epochs[i].number = 0;
    oracle.newest_epoch = oracle.withheld = 0;
    oracle.writer = NULL;
    memset(by_segment, 0, sizeof by_segment);
}

struct epoch *oracle_epoch(uint64_t number)
{
    sim_must(number > 0 && number < ORACLE_EPOCHS && oracle.epochs[number].number == number,
             "there is no epoch %llu", (unsigned long long)number);
    return &oracle.epochs[number];
}

struct epoch *oracle_newest(void)
{
    return oracle.newest_epoch ? &oracle.epochs[oracle.newest_epoch] : NULL;
}

/* ---------------------------------------------------------------- memory as it is */

static struct fr_layout_slot *slot_at(const struct epoch *e, uint32_t slot_idx)
{
    uint8_t *base = kernel_memory(e->segment_idx);
    return (struct fr_layout_slot *)(void *)(base + 4096 + (8 * e->index_entries + 63) / 64 * 64) +
           slot_idx;
}

static uint64_t plain(const _Atomic uint64_t *word)
{
    return *(const volatile uint64_t *)(const volatile void *)word;
}

static struct fr_layout_frame frame_in(const struct epoch *e, uint32_t slot_idx)
{
    struct fr_layout_frame frame;
    memcpy(&frame, (void *)slot_at(e, slot_idx)->frame, sizeof frame);
    return frame;
}

static uint64_t index_word(const struct epoch *e, uint64_t n)
{
    const uint64_t *index = (void *)((uint8_t *)kernel_memory(e->segment_idx) + 4096);
    return index[n % e->index_entries];
}

static bool holds_picture(const struct epoch *e, uint32_t slot_idx, uint64_t picture_id)
{
    const uint64_t *pixels =
        (void *)((uint8_t *)kernel_memory(e->segment_idx) + (2 + slot_idx) * 4096);
    for (unsigned i = 0; i < MEMORY_PIXELS; i++)
        if (pixels[i] != camera_word(picture_id, i))
            return false;
    return true;
}

bool oracle_is_there(const struct epoch *e, uint64_t n, bool pinned)
{
    uint32_t slot_idx = e->slot_of[n];
    if (by_segment[e->segment_idx] != e || index_word(e, n) != fr_index_word(n, slot_idx) ||
        (plain(&slot_at(e, slot_idx)->sequence) & 1) || frame_in(e, slot_idx).number != n)
        return false;
    struct set *pins = kernel_set(e->pins_id);
    return !pinned || (pins && pins->value[slot_idx] > 0);
}

bool oracle_is_withheld(const struct epoch *e, uint64_t n)
{
    return frame_in(e, e->slot_of[n]).flags & FR_FRAME_WITHHELD;
}

/* ---------------------------------------------------------------- the writer's steps */

void oracle_segment_made(unsigned segment_idx)
{
    by_segment[segment_idx] = NULL;
}

void oracle_epoch_known(const struct fr_rendezvous *ring)
{
    sim_must(ring->epoch == oracle.newest_epoch + 1 ||
                 (ring->epoch > oracle.newest_epoch && ring->epoch < ORACLE_EPOCHS),
             "epoch %llu after %llu", (unsigned long long)ring->epoch,
             (unsigned long long)oracle.newest_epoch);
    int segment_idx = kernel_segment(ring->ids.shm_id);
    if (segment_idx < 0) { /* removed by somebody even before it was known */
        sim_must(oracle.has_removals, "the ring file names a segment that is not there");
        return;
    }
    const struct fr_layout_header *h = kernel_memory((unsigned)segment_idx);
    struct epoch *e = &oracle.epochs[ring->epoch];
    *e = (struct epoch){.number = ring->epoch,
                        .segment_idx = (unsigned)segment_idx,
                        .slots = h->slots,
                        .hand = h->hand,
                        .index_entries = h->index_entries,
                        .has_pins = h->has_pins,
                        .shm_id = ring->ids.shm_id,
                        .gates_id = ring->ids.gates_id,
                        .pins_id = ring->ids.pins_id};
    by_segment[segment_idx] = e;
    oracle.newest_epoch = ring->epoch;
}

static void check_head(struct epoch *e, uint64_t n)
{
    sim_must(n == e->head + 1 && n < ORACLE_FRAMES, "head goes from %llu to %llu",
             (unsigned long long)e->head, (unsigned long long)n);
    uint32_t slot_idx = (uint32_t)(index_word(e, n) & 0xff);
    sim_must(index_word(e, n) == fr_index_word(n, slot_idx) && slot_idx < e->slots,
             "head is %llu before the index has it", (unsigned long long)n);
    struct fr_layout_frame frame = frame_in(e, slot_idx);
    sim_must(!(plain(&slot_at(e, slot_idx)->sequence) & 1) && frame.number == n,
             "head is %llu before its slot holds it", (unsigned long long)n);
    sim_must(holds_picture(e, slot_idx, e->next_picture), "frame %llu has not its picture",
             (unsigned long long)n);
    struct set *gates = kernel_set(e->gates_id), *pins = kernel_set(e->pins_id);
    sim_must(!gates || gates->value[n % FR_GATES] == 1, "gate of frame %llu opened before head",
             (unsigned long long)n);
    sim_must(!gates || gates->value[(n + 1) % FR_GATES] == 1,
             "gate of frame %llu is open while head becomes %llu", (unsigned long long)n + 1,
             (unsigned long long)n);
    bool is_withheld = frame.flags & FR_FRAME_WITHHELD;
    sim_must(!is_withheld || e->has_pins, "frame %llu is withheld, and cannot be pinned anyway",
             (unsigned long long)n);
    sim_must(!pins || !e->has_pins || oracle.are_pins_loose ||
                 (pins->value[slot_idx] > 0) == !is_withheld,
             "frame %llu is %s, and its pin semaphore %d", (unsigned long long)n,
             is_withheld ? "withheld" : "not withheld", pins->value[slot_idx]);
    e->is_newest_withheld = is_withheld;
    oracle.withheld += is_withheld;
    e->head = n;
    e->picture[n] = e->next_picture;
    e->slot_of[n] = (uint8_t)slot_idx;
}

static void check_not_in_use(const struct epoch *e, uint32_t slot_idx)
{
    sim_must(e->head == 0 || slot_idx != e->slot_of[e->head], "the newest frame is written over");
    sim_must(e->held[slot_idx] == 0 || oracle.are_pins_loose,
             "slot %u is written while a reader has it pinned", slot_idx);
}

void oracle_before_store(unsigned segment_idx, uint32_t offset, uint64_t value)
{
    struct epoch *e = by_segment[segment_idx];
    if (!e)
        return;
    if (offset == offsetof(struct fr_layout_header, head)) {
        check_head(e, value);
        return;
    }
    if (offset < 4096)
        return;
    if (offset >= 2 * 4096) {
        uint32_t slot_idx = offset / 4096 - 2;
        sim_must(plain(&slot_at(e, slot_idx)->sequence) & 1,
                 "slot %u is written while it counts as whole", slot_idx);
        check_not_in_use(e, slot_idx);
        return;
    }
    uint8_t *at = (uint8_t *)kernel_memory(segment_idx) + offset;
    uint8_t *slots = (uint8_t *)slot_at(e, 0);
    if (at < slots)
        return;
    uint32_t slot_idx = (uint32_t)((size_t)(at - slots) / sizeof(struct fr_layout_slot));
    uint64_t old = plain(&slot_at(e, slot_idx)->sequence);
    if ((at - slots) % (ptrdiff_t)sizeof(struct fr_layout_slot) != 0) {
        sim_must(old & 1, "the descriptor of slot %u is written while it counts as whole",
                 slot_idx);
        return;
    }
    if (value & 1)
        check_not_in_use(e, slot_idx);
    sim_must(value == old + 1 || (value == old && (value & 1)),
             "the sequence word of slot %u goes from %llu to %llu", slot_idx,
             (unsigned long long)old, (unsigned long long)value);
}

/* ---------------------------------------------------------------- semaphores */

static struct epoch *epoch_of(const struct set *set, bool *ret_is_gates)
{
    for (uint64_t i = oracle.newest_epoch; i > 0; i--) {
        struct epoch *e = &oracle.epochs[i];
        if (e->number != 0 && (e->gates_id == set->id || e->pins_id == set->id)) {
            *ret_is_gates = e->gates_id == set->id;
            return e;
        }
    }
    return NULL;
}

/* Gates are closed once; every unit of a pin is with somebody. */
void oracle_after_change(const struct set *set)
{
    bool is_gates;
    struct epoch *e = epoch_of(set, &is_gates);
    if (!e)
        return;
    if (is_gates) {
        for (unsigned i = 0; i <= FR_GATE_ALIVE; i++)
            sim_must(set->value[i] <= 1, "gate %u is %d", i, set->value[i]);
        return;
    }
    for (unsigned i = 0; i < e->slots && !oracle.are_pins_loose; i++) {
        int sum = set->value[i] + set->units[i];
        sim_must(sum == FR_PIN_MAX || sum == 0, "pin %u is %d, and %d units are with readers", i,
                 set->value[i], set->units[i]);
    }
}

void oracle_before_sleep(struct process *process, const struct set *set)
{
    bool is_gates;
    struct epoch *e = epoch_of(set, &is_gates);
    sim_must(process != oracle.writer, "the writer waits");
    sim_must(e && is_gates, "%s waits for something else than a gate", process->name);
    process->head_then = e->head;
}

/* Who sleeps on the gates of this epoch. */
static bool sleeps_at(const struct process *process, const struct epoch *e)
{
    return process->set && process->set->id == e->gates_id;
}

void oracle_process_dies(const struct process *process)
{
    unsigned idx = (unsigned)(process - processes);
    for (uint64_t i = oracle.newest_epoch; i > 0; i--) {
        struct epoch *e = &oracle.epochs[i];
        for (unsigned j = 0; e->number > 0 && j < e->slots; j++) {
            e->held[j] = (uint8_t)(e->held[j] - e->held_by[idx][j]);
            e->held_by[idx][j] = 0;
        }
    }
}

void oracle_process_gone(const struct process *process)
{
    for (uint64_t i = oracle.newest_epoch; i > 0 && process == oracle.writer; i--)
        for (unsigned j = 0; j < KERNEL_PROCESSES; j++)
            sim_must(oracle.epochs[i].number == 0 || !sleeps_at(&processes[j], &oracle.epochs[i]),
                     "%s sleeps on, and the writer is dead", processes[j].name);
}

/* ---------------------------------------------------------------- after a publish, and at rest */

/* Just after: only the gate of the next frame is closed. Who still sleeps may have come too late
 * for this frame alone. */
void oracle_published(struct epoch *e)
{
    struct set *gates = kernel_set(e->gates_id);
    if (!gates)
        return;
    for (unsigned i = 0; i < FR_GATES; i++)
        sim_must(gates->value[i] == (i == (e->head + 1) % FR_GATES),
                 "gate %u is %d after frame %llu", i, gates->value[i], (unsigned long long)e->head);
    sim_must(gates->value[FR_GATE_ALIVE] == 1, "the writer lives, and is not said to");
    for (unsigned i = 0; i < KERNEL_PROCESSES; i++)
        sim_must(!sleeps_at(&processes[i], e) || e->head - processes[i].head_then <= 1,
                 "%s has slept since frame %llu, and %llu is out", processes[i].name,
                 (unsigned long long)processes[i].head_then, (unsigned long long)e->head);
}

void oracle_quiet(struct epoch *e)
{
    struct set *pins = kernel_set(e->pins_id);
    unsigned n_writers = 0;
    for (unsigned i = 0; i < e->slots; i++)
        n_writers += pins->value[i] + pins->units[i] == 0;
    sim_must(!e->has_pins || oracle.are_pins_loose || n_writers == e->hand ||
                 n_writers == e->hand + 1,
             "the writer has %u slots, and its hand is %u", n_writers, e->hand);
    for (unsigned i = 0; i < KERNEL_PROCESSES; i++) {
        struct process *p = &processes[i];
        /* Who was late by nearly a turn of the gates found one that was closed for a frame to
         * come. */
        bool is_late = p->set && p->head_then == e->head - 1 &&
                       p->operation->sem_num == (e->head + 1) % FR_GATES;
        sim_must(!sleeps_at(p, e) || p->head_then == e->head || is_late,
                 "%s sleeps since frame %llu, and %llu is out", p->name,
                 (unsigned long long)p->head_then, (unsigned long long)e->head);
        sim_must(!p->sleeps_for_folder || !e->has_pins, "%s has not found the ring of epoch %llu",
                 p->name, (unsigned long long)e->number);
    }
}

/* ---------------------------------------------------------------- readers */

void oracle_hold(struct epoch *e, uint32_t slot_idx, int by)
{
    unsigned idx = (unsigned)(process_now() - processes);
    e->held[slot_idx] = (uint8_t)(e->held[slot_idx] + by);
    e->held_by[idx][slot_idx] = (uint8_t)(e->held_by[idx][slot_idx] + by);
}

void oracle_check_pins_held(void)
{
    unsigned idx = (unsigned)(process_now() - processes);
    for (uint64_t i = oracle.newest_epoch; i > 0 && !oracle.are_pins_loose; i--) {
        struct epoch *e = &oracle.epochs[i];
        struct set *pins = e->number ? kernel_set(e->pins_id) : NULL;
        for (unsigned j = 0; pins && j < e->slots; j++)
            sim_must(pins->undo[idx][j] == e->held_by[idx][j],
                     "%s holds %u frames in slot %u, and %d pins on it", process_now()->name,
                     e->held_by[idx][j], j, pins->undo[idx][j]);
    }
}

void oracle_end(void)
{
    for (unsigned i = 0; i < KERNEL_PROCESSES; i++)
        sim_must(!processes[i].is_alive, "%s never ends", processes[i].name);
    sim_must(kernel_objects() == 0, "%u kernel objects are left", kernel_objects());
    sim_must(kernel_attached() == 0, "%u segments are still attached", kernel_attached());
}
