/* The writer: begins epochs, gives slots to the camera's driver or fills them itself, publishes,
 * ends; is killed and comes back. */
#include "tests/sim/actors.h"
#include "tests/sim/camera.h"
#include "tests/sim/world.h"

#include <errno.h>

static struct {
    unsigned lives_left;
    struct fr_writer *handle;
    uint32_t hand;
    unsigned out; /* slots taken, with the driver or here */
    bool copies;
} writer;

static void live(void *arg);

static void be_born(void)
{
    writer.lives_left--;
    struct process *p = process_begin(WRITER_ACTOR, "writer", live, NULL);
    oracle.writer = p;
    if (writer.lives_left > 0) {
        int32_t life = 1 + (int32_t)sim_below(sim_chance(2) ? 300 : 1500);
        sim_mortal(p->actor, life, sim_chance(4) ? 1 + (int32_t)sim_below(400) : SIM_FOREVER);
    }
}

void writer_begin(void)
{
    writer.lives_left = scenario.writer_lives;
    be_born();
}

static void epoch_over(void)
{
    struct epoch *e = oracle_newest();
    if (e)
        e->is_over = true;
}

void writer_killed(void)
{
    totals.writer_deaths++;
    epoch_over();
    process_end();
    be_born(); /* the last one is not killed */
}

/* ---------------------------------------------------------------- an epoch */

static bool is_removed(int rc)
{
    if (rc == 0)
        return false;
    sim_must(rc == -EIDRM && oracle.has_removals, "publishing gives %d", rc);
    return true;
}

static struct epoch *begin_epoch(void)
{
    struct fr_format format = {
        .fourcc = FR_FOURCC_GREY, .width_px = 64, .height_px = 1 + sim_below(4), .field = 1};
    struct fr_epoch_options options = {.hand = 2 + sim_below(2)};
    options.slots = options.hand + 2 + sim_below((uint32_t)MEMORY_SLOTS - 1 - options.hand);
    options.no_pins = sim_chance(16);
    options.pin_patience_ns = scenario.is_impatient ? 1 + (int64_t)sim_below(20000) : -1;
    epoch_over(); /* it ends the one before */
    int rc = fr_geometry_init(&format, &options.geometry);
    if (rc == 0)
        rc = fr_writer_begin(writer.handle, &options);
    sim_must(rc == 0, "fr_writer_begin gives %d", rc);
    struct epoch *e = oracle_newest();
    if (e->is_over) /* it was gone before it was known */
        return NULL;
    writer.hand = options.hand;
    writer.out = 0;
    totals.epochs++;
    return e;
}

/* The hand is whole: a slot can be taken as long as not all of it is out. */
static uint32_t take(const struct epoch *e)
{
    uint32_t slot_idx;
    int rc = fr_writer_take(writer.handle, &slot_idx);
    sim_must(rc == 0, "with %u of %u slots out, fr_writer_take gives %d", writer.out, e->hand, rc);
    writer.out++;
    return slot_idx;
}

static unsigned to_take(const struct epoch *e)
{
    return e->hand - writer.out - (e->head > 0 && oracle_is_withheld(e, e->head));
}

static int publish(struct epoch *e, uint32_t slot_idx, uint64_t picture_id)
{
    struct fr_frame_meta meta = {.source_sequence = (uint32_t)picture_id,
                                 .captured_mono_ns = sim.now_mono_ns,
                                 .flags = sim_chance(8) ? FR_FRAME_AFTER_GAP : 0};
    e->next_picture = picture_id;
    uint64_t before = e->head;
    int rc = fr_writer_publish(writer.handle, slot_idx, &meta);
    if (rc < 0)
        return rc;
    sim_must(e->head == before + 1, "published, and head is still %llu",
             (unsigned long long)e->head);
    writer.out--;
    oracle_published(e);
    totals.frames++;
    return 0;
}

/* One frame by way of the driver: it has all slots of the hand, and gives one back. */
static int drive_one(struct epoch *e)
{
    for (unsigned n = to_take(e); n > 0; n--)
        camera_queue(take(e));
    struct picture picture = camera_dequeue();
    if (!picture.is_bad)
        return publish(e, picture.slot_idx, picture.id);
    int rc = fr_writer_discard(writer.handle, picture.slot_idx, FR_DROP_CORRUPT);
    sim_must(rc == 0, "fr_writer_discard gives %d", rc);
    writer.out--;
    return 0;
}

/* One frame by copying. */
static int copy_one(struct epoch *e)
{
    static const bool never;
    uint32_t slot_idx = take(e);
    uint64_t id = camera_write(e->segment_idx, slot_idx, &never);
    if (!sim_chance(16))
        return publish(e, slot_idx, id);
    int rc = fr_writer_discard(writer.handle, slot_idx, FR_DROP_UNDECODABLE);
    sim_must(rc == 0, "fr_writer_discard gives %d", rc);
    writer.out--;
    return 0;
}

/* Until all others sleep. */
static void rest(struct epoch *e)
{
    sim_rest();
    oracle_quiet(e);
    readers_quiet(e);
}

static void run_epoch(void)
{
    struct epoch *e = begin_epoch();
    if (!e)
        return;
    bool copies = scenario.may_copy && sim_chance(2);
    while (!copies && camera_open(e->segment_idx) == -EBUSY)
        camera_wait();
    unsigned frames = 1 + sim_below(scenario.frames_max);
    for (unsigned i = 0; i < frames; i++) {
        if (is_removed(copies ? copy_one(e) : drive_one(e)) ||
            (oracle.has_removals && sim_chance(4) && is_removed(fr_writer_check(writer.handle))))
            break;
        if (sim_chance(16) && !oracle.has_removals) {
            rest(e);
        }
    }
    camera_close();
}

/* ---------------------------------------------------------------- a life */

static void live(void *arg)
{
    (void)arg;
    int rc = fr_writer_open(SIM_CAMERA, NULL, &writer.handle, NULL, 0);
    sim_must(rc == 0, "fr_writer_open gives %d", rc);
    for (unsigned n = 1 + sim_chance(3); n > 0; n--) {
        run_epoch();
        if (sim_chance(4)) {
            epoch_over();
            fr_writer_end(writer.handle);
        }
    }
    if (writer.lives_left == 0 && oracle.newest_epoch > 0 && !oracle_newest()->is_over &&
        !oracle.has_removals) {
        rest(oracle_newest());
    }
    struct fr_writer_counts counts;
    fr_writer_counts(writer.handle, &counts);
    totals.withheld += counts.withheld;
    totals.mended += counts.mended;
    sim_must(counts.mended == 0 || oracle.are_pins_loose,
             "a pin was mended that nobody had broken");
    epoch_over();
    fr_writer_close(writer.handle);
    for (unsigned i = 0; i < KERNEL_HEAP; i++)
        sim_must(!process_now()->heap[i], "the writer leaks memory");
    process_end();
    if (writer.lives_left > 0)
        be_born();
    else
        world_end();
}
