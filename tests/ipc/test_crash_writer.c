/* A writer killed, and stopped, at each of its crash points. Rows S8, S10, S12 and N4 of FAULTS.md.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/ipc/crash.h"

#include <sys/sem.h>
#include <sys/shm.h>

#define SLOTS     8u
#define PIN_VALUE 32767

struct stage {
    struct company company;
    struct victim victim;
    bool is_last;          /* the successor closes its ring */
    uint64_t newest_epoch; /* begun by a writer of ours that lived to tell it */
};

/* ---------------------------------------------------------------- lives */

static void begun(struct stage *stage, struct camera *camera)
{
    must(camera->epoch > stage->newest_epoch, "epoch %" PRIu64 " after %" PRIu64, camera->epoch,
         stage->newest_epoch);
    stage->newest_epoch = camera->epoch;
    company_assembles(&stage->company, camera);
}

/* By -1 it must be; by +1 it may be that the writer has lost patience and set the value itself. */
static void change_pins(int pins_id, uint32_t slot, int by)
{
    struct sembuf op = {
        .sem_num = (uint16_t)slot, .sem_op = (int16_t)by, .sem_flg = IPC_NOWAIT | SEM_UNDO};
    must(semop(pins_id, &op, 1) == 0 || (by > 0 && errno == ERANGE), "slot %u by %d: %s", slot, by,
         strerror(errno));
}

/* As a reader that pins all it can: the frames between are withheld, as long as the writer is
 * patient. */
static void publish_all_pinned(struct stage *stage, struct camera *camera, unsigned n)
{
    struct fr_ring_info info = ring_info(stage->company.camera);
    uint32_t pinned = 0;
    for (uint32_t s = 0; s < info.slots; s++)
        if (semctl(info.pins_id, (int)s, GETVAL) == PIN_VALUE) {
            change_pins(info.pins_id, s, -1);
            pinned |= 1u << s;
        }
    publish_in_step(&stage->company, camera, n);
    for (uint32_t s = 0; s < info.slots; s++)
        if (pinned >> s & 1)
            change_pins(info.pins_id, s, 1);
}

/* As a reader that adds what is not its own: the writer has to mend. */
static void publish_mended(struct stage *stage, struct camera *camera)
{
    struct fr_ring_info info = ring_info(stage->company.camera);
    struct sembuf op = {.sem_op = 1, .sem_flg = IPC_NOWAIT};
    for (uint32_t s = 0; s < info.slots; s++) {
        op.sem_num = (uint16_t)s;
        if (semctl(info.pins_id, (int)s, GETVAL) == 0)
            must(semop(info.pins_id, &op, 1) == 0, "%s", strerror(errno));
    }
    publish_in_step(&stage->company, camera, SLOTS);
}

/* Two that are taken before either is published, as a driver has them. */
static void publish_pair(struct stage *stage, struct camera *camera)
{
    uint32_t slot[2];
    for (unsigned i = 0; i < 2; i++)
        must(fr_writer_take(camera->writer, &slot[i]) == 0, "slot %u", i);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t before[COMPANIONS];
        company_count(&stage->company, before);
        history_stamp(fr_writer_slot(camera->writer, slot[i]),
                      camera_stamp_bytes(&camera->options.geometry), camera->epoch,
                      ++camera->number);
        must(fr_writer_publish(camera->writer, slot[i], NULL) == 0, "frame %" PRIu64,
             camera->number);
        company_given(&stage->company, before);
    }
}

/* All that a writer does, with a dead one's left-overs before it. */
static void life(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;

    crash_arm(&stage->victim);
    camera_open(&camera, stage->company.camera, &options);
    begun(stage, &camera);
    publish_in_step(&stage->company, &camera, SLOTS + 2);
    publish_all_pinned(stage, &camera, 4);
    publish_in_step(&stage->company, &camera, 2);
    publish_mended(stage, &camera);
    publish_pair(stage, &camera);
    options = camera_options(128, 96);
    options.pin_patience_ns = 1;
    camera_begin(&camera, &options);
    begun(stage, &camera);
    publish_in_step(&stage->company, &camera, SLOTS);
    publish_all_pinned(stage, &camera, 4);
    fr_writer_close(camera.writer);
}

/* The one who comes after: clean, in an epoch of its own, with every slot there to be had. */
static void successor(void *arg)
{
    struct stage *stage = arg;
    struct fr_epoch_options options = camera_options(64, 48);
    struct fr_writer_counts counts;
    struct camera camera;

    unsigned fds = ipc_descriptors();
    camera_open(&camera, stage->company.camera, &options);
    begun(stage, &camera);
    publish_in_step(&stage->company, &camera, 3 * SLOTS);
    fr_writer_counts(camera.writer, &counts);
    must(counts.frames == 3 * SLOTS && counts.withheld == 0 && counts.mended == 0,
         "%" PRIu64 " withheld, %" PRIu64 " mended", counts.withheld, counts.mended);
    camera_verify_slots(&camera);
    if (stage->is_last) {
        atomic_store(&stage->company.stop, true);
        fr_writer_close(camera.writer);
        must(ipc_descriptors() == fds, "a descriptor has leaked");
        must(newest_epoch_mapped() == 0, "a segment is still attached");
    }
}

/* ---------------------------------------------------------------- the supervisor */

static struct stage *stage_new(const char *camera)
{
    struct stage *stage = shared_alloc(sizeof *stage);
    stage->company.camera = camera;
    return stage;
}

/* A successor that lives as long as it takes, and is then killed: something to sweep for the
 * next. */
static void succeed(struct stage *stage)
{
    child_ends_well(child_start(successor, stage));
    ck_assert_uint_eq(ipc_objects(), 3); /* a segment and two sets: its own */
    ck_assert_uint_eq(ipc_files(stage->company.camera), 2);
}

static void kill_here(void *arg)
{
    struct stage *stage = arg;
    stage->victim.signal = SIGKILL;
    dies_of_it(child_start(life, stage), &stage->victim);
    succeed(stage);
}

/* While it is stopped nobody takes its place; then it goes on as if nothing had been. */
static void stop_here(void *arg)
{
    struct stage *stage = arg;
    const char *name = crash_name(stage->victim.point);
    stage->victim.signal = SIGSTOP;
    pid_t writer = child_start(life, stage);
    stops_of_it(writer, &stage->victim);
    struct fr_writer *second = NULL;
    char reason[512];
    int r = fr_writer_open(stage->company.camera, NULL, &second, reason, sizeof reason);
    bool has_lock = strcmp(name, "lock.opened") != 0 && strcmp(name, "open.folder_made") != 0;
    ck_assert_msg(r == (has_lock ? -EBUSY : 0), "a second writer got %d %s", r,
                  crash_where(&stage->victim));
    fr_writer_close(second);
    kill(writer, SIGCONT);
    child_ends_well(writer);
    ipc_objects_become(0);                                  /* when the readers have left */
    ck_assert_uint_eq(ipc_files(stage->company.camera), 1); /* the lock */
    succeed(stage);
}

static void at_every_point(const char *camera, void (*act)(void *stage), bool every_pass)
{
    struct stage *stage = stage_new(camera);
    struct companion companion[COMPANIONS];
    pid_t pid[COMPANIONS];
    ck_assert_msg(ipc_objects() == 0, "an earlier test has left %u objects", ipc_objects());
    for (unsigned i = 0; i < COMPANIONS; i++) {
        companion[i] = (struct companion){&stage->company, i};
        pid[i] = child_start(companion_main, &companion[i]);
    }
    /* Only the very first makes the folder. */
    struct victim *victim = &stage->victim;
    victim->point = crash_find("open.folder_made");
    victim->pass = 1;
    act(stage);
    uint32_t folders_made = victim->passes[victim->point];
    /* A life that ends well shows what is passed, how often. */
    victim->pass = 0;
    child_ends_well(child_start(life, stage));
    victim->passes[victim->point] += folders_made;
    crash_all_passed(victim->passes, false);
    victim->passes[victim->point] -= folders_made;
    succeed(stage);
    unsigned n_acts = 1 + crash_at_each(victim, every_pass, act, stage);
    stage->is_last = true;
    child_ends_well(child_start(successor, stage));
    for (unsigned i = 0; i < COMPANIONS; i++)
        child_ends_well(pid[i]);
    ipc_objects_become(0);
    ck_assert_uint_eq(ipc_files(camera), 1);
    fprintf(stderr, "%s: %u times\n", camera, n_acts);
}

START_TEST(s8_n4_writer_killed_at_each_point_is_followed_by_a_clean_one_from_its_first_frame)
{
    at_every_point("s8-point", kill_here, true);
}
END_TEST

START_TEST(s12_writer_stopped_at_each_point_keeps_its_camera_and_goes_on)
{
    at_every_point("s12-point", stop_here, false);
}
END_TEST

/* ---------------------------------------------------------------- pins that nobody would know */

#ifndef SHM_DEST
#define SHM_DEST 01000
#endif

static bool is_named(int pins_id)
{
    struct shm_info info;
    struct shmid_ds ds;
    int last = shmctl(0, SHM_INFO, (void *)&info);
    bool is = false;
    for (int i = 0; i <= last && !is; i++) {
        int id = shmctl(i, SHM_STAT, &ds);
        const struct fr_layout_header *h = id < 0 ? (void *)-1 : shmat(id, NULL, SHM_RDONLY);
        if (h == (void *)-1)
            continue;
        is = h->magic == FR_LAYOUT_MAGIC && h->pins_id == pins_id &&
             !(ds.shm_perm.mode & SHM_DEST); /* which no sweep finds */
        shmdt(h);
    }
    return is;
}

static void pins_of_the_group_are_named(const char *point)
{
    union {
        struct seminfo info;
        struct semid_ds ds;
    } of;
    int last = semctl(0, 0, SEM_INFO, &of);
    must(last >= 0, "%s", strerror(errno));
    for (int i = 0; i <= last; i++) {
        int id = semctl(i, 0, SEM_STAT, &of);
        must(id < 0 || !(of.ds.sem_perm.mode & 0020) || is_named(id), "set %d at %s", id, point);
    }
}

static void live_and_leave_a_ring(void *arg)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;

    crash.also = pins_of_the_group_are_named;
    camera_open(&camera, arg, &options);
    camera_publish(&camera);
    options = camera_options(128, 96);
    camera_begin(&camera, &options);
    camera_publish(&camera);
}

static void live_and_end_well(void *arg)
{
    struct fr_epoch_options options = camera_options(64, 48);
    struct camera camera;

    crash.also = pins_of_the_group_are_named;
    camera_open(&camera, arg, &options);
    fr_writer_close(camera.writer);
}

/* What is written into them then does not matter: the next writer knows whose they are. */
START_TEST(s10_the_group_can_write_pins_at_no_point_at_which_no_segment_names_them)
{
    char camera[] = "s10-named";
    child_ends_well(child_start(live_and_leave_a_ring, camera));
    ck_assert_uint_eq(ipc_objects(), 3);
    child_ends_well(child_start(live_and_end_well, camera));
    ck_assert_uint_eq(ipc_objects(), 0);
}
END_TEST

IPC_MAIN("crash_writer", s10_the_group_can_write_pins_at_no_point_at_which_no_segment_names_them,
         s8_n4_writer_killed_at_each_point_is_followed_by_a_clean_one_from_its_first_frame,
         s12_writer_stopped_at_each_point_keeps_its_camera_and_goes_on)
